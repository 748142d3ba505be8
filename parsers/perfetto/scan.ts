/**
 * The first pass: over all packets of the file, in its order. Events are only counted on; where they lie is
 * noted for each CPU, and what was lost between them.
 */
import { BYTES, VARINT, WireReader } from '../base/protobuf.js';
import type { IssueLog } from '../events/issues.js';
import { UNKNOWN_CPU } from '../events/table.js';
import type { ReadOptions } from '../reader.js';
import { Clocks } from './clocks.js';
import type { Content, PacketCodec } from './content.js';
import { Descriptors } from './descriptors.js';
import { CpuBundles, LOST_BEFORE, TORN } from './bundles.js';
import { BUNDLE, PACKET, SYSTEM, TRACE_PACKET, UTSNAME } from './protos.js';
import { OwnPart } from './own.js';
import { packetSize } from './sniff.js';
import { Stats } from './stats.js';
import { ProcessTrees } from './threads.js';

/** Tag and length of a packet. */
const HEAD_BYTES = 20;
/** Packets between two looks at the cancel token. */
const POLL_PACKETS = 1 << 10;
const CPU_MAX = 65_534;
/** CPUs, each on every sequence and machine that has it. */
const STREAMS_MAX = 1 << 16;

/** What is known of one sequence of packets. */
interface Sequence {
  /** How often packets of it were dropped. */
  gaps: number;
  gapAt: number;
  /** Gaps of which was told. */
  said: number;
  hasEvents: boolean;
}

/** Where what of a packet lies. */
interface PacketParts {
  bundleStart: number;
  bundleEnd: number;
  treeStart: number;
  treeEnd: number;
  sequence: number;
  machine: number;
  isDropped: boolean;
  isFirst: boolean;
}

export class Scan {
  readonly cpus = new Map<string, CpuBundles>();
  readonly clocks = new Clocks();
  readonly descriptors = new Descriptors();
  readonly stats = new Stats();
  readonly trees = new ProcessTrees();
  readonly own = new OwnPart();
  kernel = '';
  producer = '';
  host = '';
  cpuCount = 0;
  /** Packets of any sequence that could not be read. */
  private gaps = 0;
  private readonly sequences = new Map<number, Sequence>();
  private readonly packet = new WireReader(new Uint8Array(0));
  private readonly inner = new WireReader(new Uint8Array(0));

  constructor(
    private readonly content: Content,
    private readonly issues: IssueLog,
    private readonly options: ReadOptions,
  ) {}

  /** True where packets were lost, of any sequence with events. */
  get hasGaps(): boolean {
    return this.gaps > 0 || [...this.sequences.values()].some((each) => each.hasEvents && each.gaps > 0);
  }

  run(): void {
    const { content, options, packet } = this;
    let at = 0;
    for (let n = 1; at < content.fileSize; n++) {
      const head = content.file(at, HEAD_BYTES);
      packet.reset(head, 0, head.length);
      const size = packetSize(packet);
      if (size < 0 || at + size > content.fileSize) {
        this.tornAt(at, size);
        break;
      }
      const bytes = content.file(at, size);
      this.onePacket(bytes, packet.at, bytes.length, at, 0);
      at += size;
      if (n % POLL_PACKETS === 0) {
        if (options.cancel.cancelled) break;
        options.progress?.(at / 2);
      }
    }
    if (this.stats.isUnfinished && !options.cancel.cancelled && this.gaps === 0) {
      this.issues.add('torn-tail', at, 0, 'what Perfetto writes last, its counts of events, is missing');
      this.gaps++;
    }
    this.finish();
  }

  /** The file's end, or a place where no packet begins: what follows cannot be found. */
  private tornAt(at: number, size: number): void {
    const isTorn = size > 0 || this.content.fileSize - at < HEAD_BYTES;
    if (isTorn && size > 0) this.cutPacket(at);
    this.issues.add(isTorn ? 'torn-tail' : 'bad-record', at, 0, isTorn ? '' : 'no packet begins here');
    this.gaps++;
  }

  /** The packet that the file ends in: what it holds before that is kept. */
  private cutPacket(at: number): void {
    const { packet, content } = this;
    const left = content.fileSize - at;
    const head = content.file(at, HEAD_BYTES);
    packet.reset(head, 0, head.length);
    packetSize(packet);
    const from = packet.at;
    if (from < left) this.cutBundle(content.file(at, left), from, left, at);
  }

  /** Of a packet that is cut only a bundle at its end is worth reading; whose it is stands behind that. */
  private cutBundle(bytes: Uint8Array, from: number, to: number, base: number): void {
    const reader = new WireReader(bytes, from, to);
    while (reader.next());
    if (!reader.isDamaged) return;
    const tag = new WireReader(bytes, reader.fieldAt, to);
    if (!tag.varint() || tag.number !== PACKET.ftraceEvents * 8 + BYTES || !tag.varint()) return;
    const sequence = this.lastSequence;
    this.bundle(bytes, tag.at, to, base, sequence, 0);
  }

  /** The sequence that events came on last: Perfetto has one for all CPUs. */
  private lastSequence = 0;

  private onePacket(bytes: Uint8Array, from: number, to: number, base: number, depth: number): void {
    const parts: PacketParts = {
      bundleStart: -1,
      bundleEnd: 0,
      treeStart: -1,
      treeEnd: 0,
      sequence: 0,
      machine: 0,
      isDropped: false,
      isFirst: false,
    };
    const reader = depth === 0 ? this.packet : new WireReader(bytes);
    reader.reset(bytes, from, to);
    while (reader.next()) this.field(reader, parts, base, depth);
    if (parts.isDropped && !parts.isFirst) this.dropped(parts.sequence, base + from);
    if (parts.treeStart >= 0)
      this.trees.add(new WireReader(bytes, parts.treeStart, parts.treeEnd), parts.machine);
    if (parts.bundleStart >= 0)
      this.bundle(bytes, parts.bundleStart, parts.bundleEnd, base, parts.sequence, parts.machine);
    if (reader.isDamaged) {
      this.issues.add('bad-record', base + reader.fieldAt, 0, 'a packet');
      this.gaps++;
    }
  }

  private field(reader: WireReader, parts: PacketParts, base: number, depth: number): void {
    if (reader.type === VARINT) {
      if (reader.field === PACKET.sequenceId) parts.sequence = reader.number;
      else if (reader.field === PACKET.machineId) parts.machine = reader.number;
      else if (reader.field === PACKET.previousPacketDropped) parts.isDropped = reader.number > 0;
      else if (reader.field === PACKET.firstOnSequence) parts.isFirst = reader.number > 0;
      return;
    }
    if (reader.type !== BYTES) return;
    switch (reader.field) {
      case PACKET.ftraceEvents:
        parts.bundleStart = reader.start;
        parts.bundleEnd = reader.end;
        return;
      case PACKET.processTree:
        parts.treeStart = reader.start;
        parts.treeEnd = reader.end;
        return;
      case PACKET.clockSnapshot:
        this.clocks.snapshot(reader.message());
        return;
      case PACKET.ftraceStats:
        this.stats.ftrace(reader.message());
        return;
      case PACKET.traceStats:
        this.stats.trace(reader.message());
        return;
      case PACKET.systemInfo:
        this.system(reader.message());
        return;
      case PACKET.compressed:
        this.compressed(reader, base, 'zlib', depth);
        return;
      case PACKET.zstdCompressed:
        this.compressed(reader, base, 'zstd', depth);
        return;
      case PACKET.shimtrace:
        this.own.add(reader.message(), base);
    }
  }

  private compressed(reader: WireReader, base: number, codec: PacketCodec, depth: number): void {
    const at = base + reader.start;
    if (depth > 0) {
      this.issues.add('bad-record', at, 0, 'compressed packets within compressed packets');
      this.gaps++;
      return;
    }
    const plain = this.content.add(reader.blob, at, codec, this.issues);
    if (!plain) {
      this.gaps++;
      return;
    }
    const packets = new WireReader(plain.bytes);
    while (packets.next())
      if (packets.field === TRACE_PACKET && packets.type === BYTES)
        this.onePacket(plain.bytes, packets.start, packets.end, plain.base, depth + 1);
    if (!packets.isDamaged) return;
    this.issues.add('bad-record', at, 0, `byte ${packets.fieldAt} of compressed packets`);
    this.gaps++;
  }

  private system(reader: WireReader): void {
    while (reader.next()) {
      if (reader.field === SYSTEM.cpus && reader.type === VARINT) this.cpuCount = reader.number;
      if (reader.type !== BYTES) continue;
      if (reader.field === SYSTEM.serviceVersion) this.producer = reader.text;
      else if (reader.field === SYSTEM.machineName) this.host = reader.text;
      else if (reader.field === SYSTEM.utsname) {
        const names = reader.message();
        while (names.next())
          if (names.field === UTSNAME.release && names.type === BYTES) this.kernel = names.text;
      }
    }
  }

  private sequence(id: number): Sequence {
    const known = this.sequences.get(id) ?? { gaps: 0, gapAt: 0, said: 0, hasEvents: false };
    this.sequences.set(id, known);
    return known;
  }

  /** The service marks the first packet of each sequence too, where it knows nothing of one before. */
  private dropped(id: number, at: number): void {
    const isKnown = this.sequences.has(id);
    const sequence = this.sequence(id);
    if (!isKnown) return;
    sequence.gaps++;
    sequence.gapAt = at;
  }

  private bundle(
    bytes: Uint8Array,
    from: number,
    to: number,
    base: number,
    sequenceId: number,
    machine: number,
  ): void {
    const { inner } = this;
    inner.reset(bytes, from, to);
    let cpu = UNKNOWN_CPU;
    let flags = 0;
    let compactAt = 0;
    let compactSize = 0;
    let clock = 0;
    let ftraceTime = 0n;
    let bootTime = 0n;
    let isLate = false;
    let hasEvents = false;
    while (inner.next()) {
      if (inner.type === BYTES) {
        if (inner.field === BUNDLE.event) hasEvents = true;
        else if (inner.field === BUNDLE.compactSched) {
          compactAt = base + inner.start;
          compactSize = inner.end - inner.start;
        } else if (inner.field === BUNDLE.descriptor) this.descriptors.add(inner.message(), sequenceId);
        else if (inner.field === BUNDLE.error) flags |= LOST_BEFORE | TORN;
        continue;
      }
      if (inner.type !== VARINT) continue;
      if (inner.field === BUNDLE.cpu) cpu = inner.number <= CPU_MAX ? inner.number : UNKNOWN_CPU;
      else if (inner.field === BUNDLE.lostEvents) flags |= inner.number > 0 ? LOST_BEFORE : 0;
      else if (inner.field === BUNDLE.ftraceClock) clock = inner.number;
      else if (inner.field === BUNDLE.ftraceTime) ftraceTime = inner.signed;
      else if (inner.field === BUNDLE.bootTime) bootTime = inner.signed;
      else if (inner.field === BUNDLE.previousEnd || inner.field === BUNDLE.lastRead)
        isLate = inner.number > 0;
    }
    if (inner.isDamaged) {
      this.issues.add('bad-record', base + inner.fieldAt, 0, `events of CPU ${cpu}`);
      flags |= TORN;
    }
    if (!hasEvents && compactSize === 0 && flags === 0) return;
    const cpuBundles = this.cpu(machine, sequenceId, cpu);
    if (!cpuBundles) {
      this.issues.add('bad-record', base + from, 0, `more than ${STREAMS_MAX} CPUs and sequences`);
      this.gaps++;
      return;
    }
    const first = cpuBundles.at.length === 0;
    if (first && isLate) cpuBundles.lostAtStart = true;
    const gaps = this.gaps + this.noteSequence(sequenceId);
    if (cpuBundles.gaps !== gaps) flags |= LOST_BEFORE;
    cpuBundles.gaps = gaps;
    cpuBundles.hasCompact ||= compactSize > 0;
    cpuBundles.compactAt.push(compactAt);
    cpuBundles.compactSize.push(compactSize);
    cpuBundles.at.push(base + from);
    cpuBundles.size.push(to - from);
    cpuBundles.flags.push(flags);
    cpuBundles.clock.push(clock);
    cpuBundles.shift.push(0n);
    this.clocks.bundle(clock, ftraceTime, bootTime);
    this.lastSequence = sequenceId;
  }

  /** How often packets of a sequence with events were dropped. */
  private noteSequence(id: number): number {
    const sequence = this.sequence(id);
    sequence.hasEvents = true;
    if (sequence.said < sequence.gaps)
      this.issues.add('lost-events', sequence.gapAt, 0, `packets of sequence ${id} were dropped`);
    sequence.said = sequence.gaps;
    return sequence.gaps;
  }

  /** Undefined where there are more of them than any recording has. */
  private cpu(machine: number, sequence: number, cpu: number): CpuBundles | undefined {
    const key = `${machine} ${sequence} ${cpu}`;
    const known = this.cpus.get(key) ?? new CpuBundles(machine, sequence, cpu);
    if (known.at.length === 0 && this.cpus.size >= STREAMS_MAX) return undefined;
    this.cpus.set(key, known);
    return known;
  }

  private finish(): void {
    for (const [id, sequence] of this.sequences) if (sequence.hasEvents) this.noteSequence(id);
    for (const each of this.cpus.values()) {
      const gaps = this.gaps + (this.sequences.get(each.sequence)?.gaps ?? 0);
      each.lostAtEnd = each.gaps !== gaps;
      if (this.stats.wasOverwritten) each.lostAtStart = true;
    }
  }
}

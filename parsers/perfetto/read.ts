/** The second pass: from the bundles of all CPUs to rows, merged by time. */
import { Ascii } from '../base/ascii.js';
import { BYTES, VARINT, WireReader } from '../base/protobuf.js';
import { KIND_GUEST, KIND_UNKNOWN } from '../events/kinds.js';
import { fillPayload, PlanBook as TextPlans, type EventPlan as TextPlan } from '../events/payload.js';
import { UNKNOWN_CPU, UNKNOWN_TID, type TableBuilder } from '../events/table.js';
import { RunHeap } from '../order/heap.js';
import type { ReadOptions } from '../reader.js';
import { CompactStream, SWITCHES, WAKINGS } from './compact.js';
import type { Content } from './content.js';
import { fillFields, NamedEvent } from './fill.js';
import { KERNEL_HIGH, TaskEvent, type EventPlan, type NamedPlan, type PlanBook } from './plans.js';
import type { CpuBundles } from './bundles.js';
import { GENERIC_EVENT, KPROBE_EVENT } from './protos.js';
import type { Scan } from './scan.js';
import { CpuState, EventStream, firstTime } from './streams.js';
import type { Threads } from './threads.js';

/** Rows between two looks at the cancel token. */
const POLL_ROWS = 1 << 16;
/** Of task_newtask's flags. */
const CLONE_THREAD = 0x10000;

type Stream = EventStream | CompactStream;

/** Numbers of the fields that tell of threads. */
const SWITCH = { prevComm: 1, prevPid: 2, nextComm: 5, nextPid: 6 };
const WAKING = { comm: 1, pid: 2 };
const NEW = { pid: 1, comm: 2, flags: 3 };
const RENAME = { pid: 1, comm: 3 };

/** The field of a marker's text, and its event. */
const MARKER = { name: 'ftrace:print', text: 2 };

export class Merge {
  readonly states: readonly CpuState[];
  private readonly streams: Stream[] = [];
  private readonly named: NamedEvent;
  private readonly texts: TextPlans;
  private readonly reader = new WireReader(new Uint8Array(0));
  private readonly other = new WireReader(new Uint8Array(0));

  /** `host` is the machine whose events are judged. */
  constructor(
    scan: Scan,
    content: Content,
    private readonly plans: PlanBook,
    private readonly threads: Threads,
    private readonly builder: TableBuilder,
    private readonly options: ReadOptions,
    host: number,
  ) {
    this.named = new NamedEvent(plans);
    this.texts = new TextPlans(builder.names);
    const all = [...scan.cpus.values()];
    const t0 = startOf(all, content);
    builder.meta.t0 = t0;
    const states = new Map<string, CpuState>();
    const onUneven = (at: number): void => builder.issues.add('bad-record', at, 0, 'compact events');
    for (const bundles of all) {
      const key = `${bundles.machine} ${bundles.cpu}`;
      const isGuest = bundles.machine !== host;
      const state = states.get(key) ?? new CpuState(isGuest ? UNKNOWN_CPU : bundles.cpu, isGuest);
      states.set(key, state);
      if (bundles.hasCompact)
        for (const columns of [WAKINGS, SWITCHES]) {
          const name = builder.names.internString(columns.name);
          this.streams.push(
            new CompactStream(bundles, state, columns, name, content, t0, builder.comms, onUneven),
          );
        }
      this.streams.push(new EventStream(bundles, state, content, t0, builder.issues));
    }
    this.states = [...states.values()];
  }

  /** Adds the rows of all streams in order, up to a limit. */
  run(size: number): void {
    this.builder.isLimited(this.options.cancel, () => this.merge(size));
  }

  private merge(size: number): void {
    const heap = new RunHeap(this.streams.filter((stream) => stream.advance() || this.endStream(stream)));
    let sincePoll = 0;
    for (let stream = heap.top; stream; stream = heap.top) {
      let more = true;
      do {
        if (stream instanceof EventStream) this.addEvent(stream);
        else this.addCompact(stream);
        more = stream.advance();
        if (++sincePoll >= POLL_ROWS) {
          sincePoll = 0;
          if (this.options.cancel.cancelled) return;
          this.options.progress?.(Math.floor((size + Math.min(size, stream.at)) / 2));
        }
      } while (more && heap.topStays);
      if (more) heap.settle();
      else {
        this.endStream(stream);
        heap.drop();
      }
    }
  }

  /** Events that are missing behind the last one of a CPU. Always false, so that it can end a filter. */
  private endStream(stream: Stream): false {
    if (stream instanceof EventStream && stream.isMissing) this.addMissing(stream, stream.base);
    return false;
  }

  private addMissing(stream: EventStream, at: number): void {
    stream.isMissing = false;
    if (stream.state.isGuest) return;
    const { cpu } = stream.state;
    stream.state.hasLoss = true;
    this.builder.addLoss(cpu === UNKNOWN_CPU ? -1 : cpu, 0, at, 0);
    this.builder.issues.add('lost-events', at, 0, cpu === UNKNOWN_CPU ? '' : `CPU ${cpu}`);
  }

  private addEvent(stream: EventStream): void {
    if (stream.isMissing) this.addMissing(stream, stream.at);
    const { bytes, start, end, id } = stream;
    const { sequence } = stream.bundles;
    let plan: EventPlan | undefined;
    let named: NamedPlan | undefined;
    if (id === GENERIC_EVENT) named = this.named.plan(bytes, start, end);
    else if (id === KPROBE_EVENT) named = this.named.kprobe(bytes, start, end);
    else {
      plan = this.plans.plan(sequence, id, stream.at);
      if (plan.placeField > 0) plan = this.atPlace(plan, stream);
      if (plan.task !== TaskEvent.None && !stream.state.isGuest) this.task(plan.task, stream);
    }
    const marker = plan?.name === MARKER.name ? this.marker(stream) : undefined;
    if (stream.tid !== stream.lastTid || this.threads.version !== stream.lastVersion) this.know(stream);
    const { isGuest } = stream.state;
    const kind = marker?.kind ?? plan?.kind ?? named!.kind;
    // The columns are filled here, and not by a call, which would box the time and the place.
    const segment = this.builder.room();
    const i = segment.length++;
    segment.ts[i] = stream.ts;
    segment.at[i] = stream.at;
    if (stream.ts < stream.lastTs) this.clockBack(stream);
    stream.lastTs = stream.ts;
    segment.cpu[i] = stream.state.cpu;
    segment.tid[i] = isGuest ? UNKNOWN_TID : stream.tid;
    segment.putTgid(i, isGuest ? -1 : stream.lastTgid);
    segment.comm[i] = stream.lastComm;
    segment.kind[i] = isGuest ? KIND_GUEST : kind;
    segment.name[i] = marker?.name ?? plan?.nameId ?? named!.nameId;
    if (stream.state.firstRow < 0) stream.state.firstRow = this.builder.length - 1;
    if (isGuest) return;
    if (marker) {
      fillPayload(this.builder, marker, bytes, this.markerStart, this.markerEnd);
      return;
    }
    const isWhole = plan
      ? fillFields(this.builder, plan, bytes, start, end)
      : id === KPROBE_EVENT || this.named.fill(this.builder, named!, bytes, start, end);
    if (id === KPROBE_EVENT && kind !== KIND_UNKNOWN) this.builder.noteUnread();
    if (!isWhole) this.builder.issues.add('bad-record', stream.at, 0, 'fields of an event');
  }

  private know(stream: EventStream): void {
    const { tid, state } = stream;
    stream.lastTid = tid;
    stream.lastVersion = this.threads.version;
    // Of another machine's threads, which may have the same numbers, no names are kept.
    stream.lastComm = this.threads.comm(state.isGuest ? UNKNOWN_TID : tid);
    stream.lastTgid = this.threads.tgid(tid);
  }

  private clockBack({ at, state }: Stream): void {
    this.builder.issues.add('clock-back', at, 0, `CPU ${state.cpu}`);
  }

  /** The plan of a probe by its place: a text, or an address, which may be a program's. */
  private atPlace(plan: EventPlan, stream: EventStream): EventPlan {
    const { reader } = this;
    reader.reset(stream.bytes, stream.start, stream.end);
    while (reader.next()) {
      if (reader.field !== plan.placeField) continue;
      if (reader.type === BYTES) return this.plans.placed(plan, stream.bytes, reader.start, reader.end);
      return reader.high < KERNEL_HIGH ? this.plans.ofProgram(plan) : plan;
    }
    return plan;
  }

  private markerStart = 0;
  private markerEnd = 0;

  /** QEMU's ftrace backend writes its events as texts: the plan of the one that a marker is. */
  private marker(stream: EventStream): TextPlan | undefined {
    const { reader } = this;
    const { bytes } = stream;
    reader.reset(bytes, stream.start, stream.end);
    while (reader.next()) {
      if (reader.field !== MARKER.text || reader.type !== BYTES) continue;
      let end = reader.start;
      while (end < reader.end && bytes[end] !== Ascii.Newline) end++;
      let nameEnd = reader.start;
      while (nameEnd < end && bytes[nameEnd] !== Ascii.Blank) nameEnd++;
      this.markerStart = Math.min(end, nameEnd + 1);
      this.markerEnd = end;
      return nameEnd > reader.start ? this.texts.qemuEvent(bytes, reader.start, nameEnd) : undefined;
    }
    return undefined;
  }

  /** What an event tells of threads holds from its own row on. */
  private task(task: TaskEvent, stream: EventStream): void {
    const { threads } = this;
    if (task === TaskEvent.Switch) {
      threads.call(this.number(stream, SWITCH.prevPid), this.comm(stream, SWITCH.prevComm));
      threads.call(this.number(stream, SWITCH.nextPid), this.comm(stream, SWITCH.nextComm));
    } else if (task === TaskEvent.Waking) {
      threads.call(this.number(stream, WAKING.pid), this.comm(stream, WAKING.comm));
    } else if (task === TaskEvent.Rename) {
      threads.call(this.number(stream, RENAME.pid), this.comm(stream, RENAME.comm));
    } else {
      const tid = this.number(stream, NEW.pid);
      threads.fork(tid, stream.tid, (this.number(stream, NEW.flags) & CLONE_THREAD) !== 0);
      threads.call(tid, this.comm(stream, NEW.comm));
    }
  }

  private number(stream: EventStream, field: number): number {
    const { other } = this;
    other.reset(stream.bytes, stream.start, stream.end);
    while (other.next()) if (other.field === field && other.type === VARINT) return other.low | 0;
    return -1;
  }

  /** The id of a name that an event has. */
  private comm(stream: EventStream, field: number): number {
    const { other } = this;
    other.reset(stream.bytes, stream.start, stream.end);
    while (other.next())
      if (other.field === field && other.type === BYTES)
        return this.builder.comms.intern(stream.bytes, other.start, other.end);
    return this.threads.comm(UNKNOWN_TID);
  }

  private addCompact(stream: CompactStream): void {
    const { state, columns } = stream;
    const known = this.threads;
    const tid = state.isGuest ? UNKNOWN_TID : state.running;
    const segment = this.builder.room();
    const i = segment.length++;
    segment.ts[i] = stream.ts;
    segment.at[i] = stream.at;
    if (stream.ts < stream.lastTs) this.clockBack(stream);
    stream.lastTs = stream.ts;
    segment.cpu[i] = state.cpu;
    segment.tid[i] = tid;
    segment.putTgid(i, known.tgid(tid));
    segment.comm[i] = known.comm(tid);
    segment.kind[i] = state.isGuest ? KIND_GUEST : KIND_UNKNOWN;
    segment.name[i] = stream.nameId;
    if (state.firstRow < 0) state.firstRow = this.builder.length - 1;
    if (!state.isGuest) known.call(stream.about, stream.comm);
    if (columns.isSwitch) state.running = stream.about;
  }
}

/** The earliest time that a CPU's bundles begin with. */
function startOf(cpus: readonly CpuBundles[], content: Content): bigint {
  let start: bigint | undefined;
  for (const bundles of cpus) {
    const time = firstTime(bundles, content);
    if (time !== undefined && (start === undefined || time < start)) start = time;
  }
  return start ?? 0n;
}

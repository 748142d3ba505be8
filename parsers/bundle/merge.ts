/**
 * Several traces of one run as one table: a stable merge on time, then the order of the files. Nothing is
 * sorted within a file. A row keeps its place in its own file: `at` is an offset there, `line` its line, or
 * its number in a binary trace.
 *
 * The parts' tables are used up: a segment whose rows were copied keeps only what it takes to describe them.
 * So the merge needs the memory of the merged table, and 17 bytes for each row of the parts besides.
 */
import { TableBuilder, UNKNOWN_CPU, UNKNOWN_TID, type EventTable } from '../events/table.js';
import { releaseSegment, SEGMENT_ROWS, SEGMENT_SHIFT, type Segment } from '../events/segment.js';
import { KIND_COUNT, KIND_GUEST, kindSlots } from '../events/kinds.js';
import { copyUnpacked, payloadWords } from '../events/slots.js';
import { earliest, runnerUp, type Run } from '../order/merge.js';
import { bundleOf, type Bundle } from './bundle.js';
import { Places } from './places.js';
import { vcpuNames, type Guest } from './guest.js';
import { describeMerged } from './meta.js';
import type { Part } from './part.js';

/** Words of a payload by kind. */
const SLOTS = Uint8Array.from({ length: KIND_COUNT }, (_, kind) => kindSlots(kind).length);

class PartRun implements Run {
  row = 0;
  ts = 0;
  readonly table: EventTable;
  private readonly shift: number;
  private readonly names: Uint32Array;
  private readonly comms: Uint32Array;
  private readonly commOfVcpu: Int32Array | undefined;
  private segment: Segment;
  private inSegment = 0;
  private nextLoss = 0;
  private nextUnread = 0;
  private nextStack = 0;

  constructor(
    private readonly part: Part,
    readonly index: number,
    private readonly builder: TableBuilder,
    vcpus: ReadonlyMap<number, string>,
  ) {
    this.table = part.open.table;
    this.shift = Number(this.table.meta.t0 + part.offsetNs - builder.meta.t0);
    const { guest } = part;
    const prefix = guest ? `${guest.name}:` : '';
    this.names = Uint32Array.from({ length: this.table.names.size }, (_, id) =>
      builder.names.internString(prefix + this.table.names.text(id)),
    );
    this.comms = Uint32Array.from({ length: this.table.comms.size }, (_, id) =>
      builder.comms.internString(this.table.comms.text(id)),
    );
    this.commOfVcpu =
      guest &&
      Int32Array.from({ length: Math.max(-1, ...guest.vcpuTids.keys()) + 2 }, (_, cpu) =>
        builder.comms.internString(vcpus.get(guest.vcpuTids.get(cpu) ?? -1) ?? guest.name),
      );
    this.segment = this.table.segments[0]!;
    this.point();
  }

  private point(): void {
    if (this.row < this.table.length) this.ts = this.segment.ts[this.inSegment]! + this.shift;
  }

  advance(): boolean {
    this.row++;
    this.inSegment++;
    if (this.inSegment === SEGMENT_ROWS) {
      // A guest's rows are described with what they were in the guest.
      if (!this.part.guest) releaseSegment(this.segment);
      this.inSegment = 0;
      this.segment = this.table.segments[this.row >>> SEGMENT_SHIFT] ?? this.segment;
    }
    this.point();
    return this.row < this.table.length;
  }

  /** Copies the current row, and the marks that stand before it. */
  copy(): void {
    this.marks(this.row);
    const { builder, segment, inSegment } = this;
    if (this.part.guest) {
      this.copyGuest(this.part.guest);
      return;
    }
    const kind = segment.kind[inSegment]!;
    copyRow(
      segment,
      inSegment,
      builder.room(),
      this.ts,
      this.comms[segment.comm[inSegment]!]!,
      this.names[segment.name[inSegment]!]!,
      this.row + 1,
    );
    this.inheritUnread();
    const from = segment.payload[inSegment]!;
    if (from !== 0) copyPayload(segment, from, SLOTS[kind]!, builder.current);
    const { stacks } = this.table;
    for (; this.nextStack < stacks.length && stacks[this.nextStack]!.row <= this.row; this.nextStack++) {
      builder.stacks.push({ ...stacks[this.nextStack]!, row: builder.length - 1 });
    }
  }

  /** What could not be read of the part is said of the merged table, at the same row. */
  private inheritUnread(): void {
    const { unread } = this.table;
    const first = unread[this.nextUnread];
    if (first?.row !== this.row) return;
    this.nextUnread++;
    const { segment, inSegment, builder } = this;
    builder.inheritUnread(this.names[segment.name[inSegment]!]!, first.kind, first.count);
  }

  /** A guest's CPU is no CPU of the host's, and its stacks are of another kernel's addresses. */
  private copyGuest(guest: Guest): void {
    const { builder, segment, inSegment } = this;
    const cpu = segment.cpu[inSegment]!;
    const comms = this.commOfVcpu!;
    builder.addRow(
      this.ts,
      UNKNOWN_CPU,
      guest.vcpuTids.get(cpu) ?? UNKNOWN_TID,
      UNKNOWN_TID,
      comms[Math.min(cpu, comms.length - 1)]!,
      KIND_GUEST,
      this.names[segment.name[inSegment]!]!,
      segment.atOf(inSegment),
      segment.lineOf(inSegment) || this.row + 1,
    );
  }

  /**
   * Losses before `row` of this file stand before the next row of all files. A guest's are none of the
   * host's.
   */
  marks(row: number): void {
    const { losses } = this.table;
    for (; this.nextLoss < losses.length && losses[this.nextLoss]!.row <= row; this.nextLoss++) {
      if (!this.part.guest) this.builder.losses.push({ ...losses[this.nextLoss]!, row: this.builder.length });
    }
  }

  /** After the last row. */
  end(): void {
    this.marks(this.table.length);
    if (!this.part.guest && this.table.length > 0) releaseSegment(this.segment);
  }
}

function copyRow(
  from: Segment,
  i: number,
  to: Segment,
  ts: number,
  comm: number,
  name: number,
  number: number,
): void {
  const k = to.length++;
  to.ts[k] = ts;
  to.at[k] = from.atOf(i);
  to.line[k] = from.lineOf(i) || number;
  to.tid[k] = from.tid[i]!;
  to.putTgid(k, from.tgid[i]!);
  to.comm[k] = comm;
  to.cpu[k] = from.cpu[i]!;
  to.kind[k] = from.kind[i]!;
  to.name[k] = name;
}

/** Copies a payload to the last row of `to`. */
function copyPayload(from: Segment, p: number, slotCount: number, to: Segment): void {
  const start = to.reserve(payloadWords(slotCount));
  copyUnpacked(from, p, slotCount, to.pool, start);
  to.payload[to.length - 1] = start;
}

/** Merges parts that have one unit of time. Their clocks must have been aligned: see align.ts. */
export function mergeTraces(parts: readonly Part[]): Bundle {
  const builder = new TableBuilder();
  describeMerged(parts, builder);
  const isText = parts.map((part) => part.open.table.hasLines);
  const hosts = parts.filter((part) => !part.guest).map((part) => part.open.table);
  const vcpus = vcpuNames(
    hosts,
    parts.flatMap((part) => part.guest ?? []),
  );
  const runs = parts.map((part, index) => new PartRun(part, index, builder, vcpus));
  const places = Places.ofLengths(parts.map((part) => part.open.table.length));
  const live = runs.filter((run) => run.table.length > 0);
  for (const run of runs) if (run.table.length === 0) run.marks(0);
  while (live.length > 0) {
    const chosen = earliest(live);
    const run = live[chosen]!;
    const next = runnerUp(live, chosen);
    const until = next < 0 ? Infinity : live[next]!.ts;
    let more = true;
    do {
      places.add(run.index, run.row);
      run.copy();
      more = run.advance();
    } while (more && (run.ts < until || (run.ts === until && next > chosen)));
    if (more) continue;
    run.end();
    live.splice(chosen, 1);
  }
  const table = builder.freeze();
  return bundleOf(
    table,
    places,
    parts.map(({ path, role, guest, open }, i) => ({
      path,
      role,
      isText: isText[i]!,
      open,
      ...(guest && { guest }),
    })),
  );
}

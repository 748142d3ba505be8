/**
 * The event table: one row per kernel event in final order, in segments (segment.ts).
 *
 * A row's payload is a run of words in its segment's pool: `[mask, lo0, hi0, lo1, hi1, …]`, one 64-bit value
 * per slot of the row's kind; see slots.ts, which reads it, packed or not. Signed values are two's
 * complement.
 */
import { firstIndex } from '../base/search.js';
import { assert } from '../base/assert.js';
import { Interner } from '../base/intern.js';
import type { CancelToken } from '../base/cancel.js';
import { LimitMet, limitMetBy } from '../base/limits.js';
import { IssueLog, type Issue, type LossMark } from './issues.js';
import { KIND_UNKNOWN, kindSlots } from './kinds.js';
import { Segment, SEGMENT_MASK, SEGMENT_ROWS, SEGMENT_SHIFT, TABLE_LIMIT } from './segment.js';
import { FAILED_SHIFT, READ_MASK, hasSlot, headOf, payloadWords, readBig, readSlot } from './slots.js';
import type { EventKind } from './vocabulary.js';

export const UNKNOWN_CPU = 0xffff;
export const UNKNOWN_TID = -1;

/** Room in a table of which nothing is known yet: most samples and pastes need no more. */
const FIRST_ROWS = 1 << 9;
const FIRST_POOL_WORDS = 1 << 12;

/** Pages of kernels that have KVM, and how their size is written. */
export const PAGE_SIZES = [
  { word: '4K', bytes: 4096 },
  { word: '16K', bytes: 16384 },
  { word: '64K', bytes: 65536 },
] as const;

/** Clocks that a trace may be recorded with, as trace_clock and the tools call them. */
export const CLOCKS = [
  'local',
  'global',
  'mono',
  'mono_raw',
  'boot',
  'tai',
  'uptime',
  'counter',
  'x86-tsc',
  'perf',
  'realtime',
] as const;

export type ClockName = (typeof CLOCKS)[number] | 'unknown';

/** A kind of which there is no event: whether it was recorded all the same, and so did not happen. */
export interface UnseenKind {
  readonly isRecorded: boolean;
  /** Why there is none, in words: `recorded: it did not happen`. */
  readonly why: string;
}

export interface TraceMeta {
  /** Format id, for example `ftrace-text`, `trace.dat`, `perf.data`. */
  format: string;
  /** `unknown` where the source does not say (ftrace text never does). */
  clock: ClockName;
  /** Unit of `ts`. `none` when the source has an order but no clock. */
  timeUnit: 'ns' | 'ticks' | 'none';
  /** Smallest step of `ts`: 1000 for microsecond text. */
  resolution: number;
  /** Absolute time of ts 0, in timeUnit. */
  t0: bigint;
  /** Number of CPUs, 0 when unknown. */
  cpus: number;
  /** Kernel release, '' when the source does not say. */
  kernel: string;
  /** Functions that probes sit on or return to, without compiler suffixes; undefined where none is named. */
  symbols?: ReadonlySet<string>;
  /** Command or producer, '' when unknown. */
  producer: string;
  /** True when the source prints thread groups. */
  hasTgid: boolean;
  /**
   * Fully qualified events (`system:name`) that the source says were enabled; undefined when it does not say.
   * An event absent from the table but listed here simply did not happen.
   */
  enabledEvents?: ReadonlySet<string>;
  /** Bytes of a page of the traced kernel; undefined where nobody says it. */
  pageBytes?: number;
  /** What a recorder says of kinds without an event; undefined where nobody says it. */
  unseen?: ReadonlyMap<EventKind, UnseenKind>;
  /** What the source's own headers prove of the recording, a sentence each; undefined for nothing. */
  said?: readonly string[];
  /** True where the source says that it recorded some tasks alone, or that it left none out. */
  onlyTasks?: true;
  allTasks?: true;
  /**
   * Nanoseconds from the table's times to the wall clock's, where the source says it (perf's CLOCK_DATA,
   * trace-cmd's --date).
   */
  wallOffsetNs?: bigint;
  /**
   * Nanoseconds that were added to what the clock read, by the source's own word (trace-cmd's --date and
   * --ts-offset).
   */
  addedNs?: bigint;
  /** Name of the machine, where the source says it. */
  host?: string;
  /** What a recording of a host together with its guests says of itself. */
  session?: Session;
}

/** A guest that was traced along with its host. */
export interface GuestInfo {
  readonly name: string;
  /** The session id of the guest's own trace. */
  readonly traceId: bigint;
  /** Host thread of each virtual CPU, by its number. */
  readonly vcpuTids: ReadonlyMap<number, number>;
}

/** What aligning a host's and a guest's trace of one session needs. */
export interface Session {
  readonly traceId: bigint | undefined;
  /** The trace that this one's times were brought to; undefined when its times are its own. */
  readonly peerTraceId: bigint | undefined;
  readonly guests: readonly GuestInfo[];
}

/** A stack that follows an event in the source. */
export interface StackMark {
  readonly row: number;
  readonly user: boolean;
  /** Byte range of the frames in a text source. */
  readonly offset: number;
  readonly endOffset: number;
  readonly line: number;
  /** Addresses, in a binary source; else empty. */
  readonly addresses: readonly bigint[];
}

/** Events of one name whose arguments could not be read, as far as their kind needs them. */
export interface UnreadEvents {
  readonly kind: number;
  readonly count: number;
  /** The first of them. */
  readonly row: number;
}

/** How a table goes on from the one that was read of the same file before. */
export interface TableGrowth {
  /** Rows that it begins with are the lasting ones of the table before. */
  readonly goesOn: boolean;
  /** Its segments: it may have got other marks since. */
  readonly segments: readonly Segment[];
  /** The rows that the next table begins with, should it go on; -1 where it will not. */
  readonly lastingRows: number;
}

export class EventTable {
  constructor(
    readonly length: number,
    readonly segments: readonly Segment[],
    readonly meta: Readonly<TraceMeta>,
    readonly names: Interner,
    readonly comms: Interner,
    readonly issues: readonly Issue[],
    readonly losses: readonly LossMark[],
    readonly stacks: readonly StackMark[],
    /** Known by their names, but not understood. */
    readonly unread: readonly UnreadEvents[] = [],
  ) {}

  /** Becomes another table, for all who have this one. */
  become(other: EventTable): void {
    Object.assign(this, other);
  }

  ts(row: number): number {
    return this.segments[row >>> SEGMENT_SHIFT]!.ts[row & SEGMENT_MASK]!;
  }
  at(row: number): number {
    return this.segments[row >>> SEGMENT_SHIFT]!.atOf(row & SEGMENT_MASK);
  }
  /** Bytes up to the next row; 0 where that does not lie behind this one. */
  toNext(row: number): number {
    return row + 1 < this.length ? Math.max(0, this.at(row + 1) - this.at(row)) : 0;
  }
  /** True for events of a text: those of a binary trace have no lines. */
  get hasLines(): boolean {
    return this.length > 0 && this.line(0) > 0;
  }
  line(row: number): number {
    return this.segments[row >>> SEGMENT_SHIFT]!.lineOf(row & SEGMENT_MASK);
  }
  /** See {@link Segment.timeAt}. */
  timeAt(row: number): number {
    return this.segments[row >>> SEGMENT_SHIFT]!.timeAtOf(row & SEGMENT_MASK);
  }
  /** Column of its line at which an event's own text starts, where that was kept; else -1. */
  columnAt(_row: number): number {
    return -1;
  }
  cpu(row: number): number {
    return this.segments[row >>> SEGMENT_SHIFT]!.cpu[row & SEGMENT_MASK]!;
  }
  tid(row: number): number {
    return this.segments[row >>> SEGMENT_SHIFT]!.tid[row & SEGMENT_MASK]!;
  }
  tgid(row: number): number {
    return this.segments[row >>> SEGMENT_SHIFT]!.tgid[row & SEGMENT_MASK]!;
  }
  kind(row: number): number {
    return this.segments[row >>> SEGMENT_SHIFT]!.kind[row & SEGMENT_MASK]!;
  }
  nameId(row: number): number {
    return this.segments[row >>> SEGMENT_SHIFT]!.name[row & SEGMENT_MASK]!;
  }
  name(row: number): string {
    return this.names.text(this.nameId(row));
  }
  commId(row: number): number {
    return this.segments[row >>> SEGMENT_SHIFT]!.comm[row & SEGMENT_MASK]!;
  }
  comm(row: number): string {
    return this.comms.text(this.commId(row));
  }

  /** Absolute time in meta.timeUnit. */
  absoluteTime(row: number): bigint {
    return this.meta.t0 + BigInt(this.ts(row));
  }

  has(row: number, slot: number): boolean {
    const seg = this.segments[row >>> SEGMENT_SHIFT]!;
    return hasSlot(seg, seg.payload[row & SEGMENT_MASK]!, slot);
  }

  /** Slot as an unsigned number, -1 when absent. Exact below 2^53. */
  num(row: number, slot: number): number {
    const seg = this.segments[row >>> SEGMENT_SHIFT]!;
    return readSlot(seg, seg.payload[row & SEGMENT_MASK]!, slot);
  }

  /** Slot as an exact unsigned 64-bit value, undefined when absent. */
  big(row: number, slot: number): bigint | undefined {
    const seg = this.segments[row >>> SEGMENT_SHIFT]!;
    return readBig(seg, seg.payload[row & SEGMENT_MASK]!, slot);
  }

  /**
   * First row at or after byte offset `at` in source order; `length` when none. Only for sources whose rows
   * are in byte order.
   */
  rowAtOffset(at: number): number {
    return firstIndex(this.length, (row) => this.at(row) >= at);
  }

  /** First row at or after a 1-based line of a text source; `length` when none. */
  rowAtLine(line: number): number {
    return firstIndex(this.length, (row) => this.line(row) >= line);
  }
}

/** The table with other issues, losses, stacks, or with more known of its source; rows are shared. */
export function withMarks(
  table: EventTable,
  marks: Partial<Pick<EventTable, 'segments' | 'issues' | 'losses' | 'stacks' | 'meta'>>,
): EventTable {
  const { segments, issues, losses, stacks, meta } = marks;
  return new EventTable(
    table.length,
    segments ?? table.segments,
    meta ?? table.meta,
    table.names,
    table.comms,
    issues ?? table.issues,
    losses ?? table.losses,
    stacks ?? table.stacks,
    table.unread,
  );
}

/** The table with one more issue, and with a loss after its last row where one is given; rows are shared. */
export function withIssue(
  table: EventTable,
  issue: Issue,
  loss?: Pick<LossMark, 'cpu' | 'count' | 'fromStart'>,
): EventTable {
  const losses =
    loss === undefined
      ? table.losses
      : [...table.losses, { ...loss, row: table.length, offset: issue.offset, line: issue.line }];
  return withMarks(table, { issues: [...table.issues, issue], losses });
}

/** Two CPUs may print their events and then their stacks: whoever looks one up does so by its row. */
function inRowOrder(stacks: StackMark[]): readonly StackMark[] {
  const isOrdered = stacks.every((stack, i) => i === 0 || stacks[i - 1]!.row <= stack.row);
  return isOrdered ? stacks : stacks.sort((a, b) => a.row - b.row);
}

/** Rows go in here in final order; {@link finish} freezes them. */
export class TableBuilder {
  readonly names = new Interner();
  readonly comms = new Interner();
  readonly issues = new IssueLog();
  readonly losses: LossMark[] = [];
  readonly stacks: StackMark[] = [];
  readonly meta: TraceMeta = {
    format: '',
    clock: 'unknown',
    timeUnit: 'ns',
    resolution: 1,
    t0: 0n,
    cpus: 0,
    kernel: '',
    producer: '',
    hasTgid: false,
  };
  /** By id of their name. */
  private readonly unread = new Map<number, { kind: number; count: number; row: number }>();
  /** The row that was last noted as unread. */
  private lastUnread = -1;
  /** How many rows were disowned. */
  disowned = 0;
  /** Whether rows so far, or what is missing before one of them, may say something else than they did. */
  wasReworked = false;
  private onFull: ((segments: readonly Segment[]) => void) | undefined;
  private readonly segments: Segment[];
  /** The segment that the next row goes into, or the one that holds the last row. */
  current: Segment;

  /**
   * `isNarrow`: rows are kept in less memory, their places by {@link Segment.putAt}, and payloads are packed
   * when they are filled.
   */
  constructor(private readonly isNarrow = false) {
    this.current = new Segment(FIRST_ROWS, FIRST_POOL_WORDS, isNarrow);
    this.segments = [this.current];
  }

  /** Calls `onFull` with all segments that are full whenever one is; threads share their memory. */
  handOver(onFull: (full: readonly Segment[]) => void): void {
    assert(this.length === 0, 'rows are handed over from the first one on');
    this.current = new Segment(FIRST_ROWS, FIRST_POOL_WORDS, this.isNarrow, this.isNarrow, true);
    this.segments[0] = this.current;
    this.onFull = onFull;
  }

  get length(): number {
    return (this.segments.length - 1) * SEGMENT_ROWS + this.current.length;
  }

  /** The rows so far, for what can be known of them only later. */
  segmentsSoFar(): readonly Segment[] {
    this.wasReworked = true;
    return this.segments;
  }

  /** What could not be read so far. */
  get unreadSoFar(): readonly UnreadEvents[] {
    return [...this.unread.values()];
  }

  /**
   * The segment that the next row goes into, to be asked for anew for each row. A hot loop may fill the
   * columns of the row at `length` by itself and count it, which spares its numbers the boxes of a call.
   */
  room(): Segment {
    const { current } = this;
    return current.length < current.rows ? current : this.more();
  }

  /** Room for a row where the current segment has none: only the first one begins small, and grows. */
  private more(): Segment {
    const { current, segments } = this;
    if (this.length >= TABLE_LIMIT.rows) throw new LimitMet(`a table takes ${TABLE_LIMIT.rows} events`);
    if (current.rows < SEGMENT_ROWS) {
      this.current = current.twiceAsLarge();
      segments[segments.length - 1] = this.current;
    } else {
      // Traces are much the same throughout: an eighth more than the last segment took spares most growing.
      const words = current.poolUsed + (current.poolUsed >>> 3);
      this.current = current.another(SEGMENT_ROWS, words);
      this.onFull?.(segments);
      segments.push(this.current);
    }
    return this.current;
  }

  /** Appends a row without payload and returns its index. */
  addRow(
    ts: number,
    cpu: number,
    tid: number,
    tgid: number,
    comm: number,
    kind: number,
    name: number,
    at: number,
    line: number,
  ): number {
    const seg = this.room();
    const i = seg.length++;
    seg.ts[i] = ts;
    seg.cpu[i] = cpu;
    seg.tid[i] = tid;
    seg.putTgid(i, tgid);
    if (comm > seg.idMax || name > seg.idMax) seg.widenIds();
    seg.comm[i] = comm;
    seg.kind[i] = kind;
    seg.name[i] = name;
    seg.putAt(i, at);
    seg.putLines(i, line);
    return (this.segments.length - 1) * SEGMENT_ROWS + i;
  }

  /**
   * Reserves the payload of the last row and returns its start in `current.pool` (zeroed; read `pool`
   * afterwards). Fill slot i with `pool[start] |= 1 << i; pool[start + 1 + 2 * i] = lo; pool[start + 2 + 2 *
   * i] = hi`.
   */
  payload(kind: number): number {
    const seg = this.current;
    assert(seg.length > 0, 'payload before any row');
    const start = seg.reserve(payloadWords(kindSlots(kind).length));
    seg.payload[seg.length - 1] = start;
    return start;
  }

  /** The payload of the last row is filled. */
  packPayload(): void {
    const seg = this.current;
    const start = seg.payload[seg.length - 1]!;
    if (start !== 0) seg.pack(start);
  }

  /** Says that arguments of the last row, or of another of its segment, could not be read as needed. */
  noteUnread(i = this.current.length - 1): void {
    const { current } = this;
    const name = current.name[i]!;
    const known = this.unread.get(name);
    const row = this.length - current.length + i;
    this.lastUnread = row;
    if (known) known.count++;
    else this.unread.set(name, { kind: current.kind[i]!, count: 1, row });
  }

  /** The same of rows that are taken over from another table, which has said so. */
  inheritUnread(name: number, kind: number, count: number): void {
    const known = this.unread.get(name);
    if (known) known.count += count;
    else this.unread.set(name, { kind, count, row: this.length - 1 });
  }

  /** An issue for each name of which events could not be read. */
  private sayUnread(): void {
    if (this.unread.size === 0) return;
    const totals = new Map<number, number>();
    const known = new Map<number, number>();
    for (const segment of this.segments)
      for (let i = 0; i < segment.length; i++) {
        const name = segment.name[i]!;
        totals.set(name, (totals.get(name) ?? 0) + 1);
        if (segment.kind[i] !== KIND_UNKNOWN) known.set(name, (known.get(name) ?? 0) + 1);
      }
    for (const [name, unread] of this.unread) {
      // One that was disowned later may have been counted: it is unknown, and not unread as well.
      unread.count = Math.min(unread.count, known.get(name) ?? 0);
      if (unread.count === 0) {
        this.unread.delete(name);
        continue;
      }
      const { count, row } = unread;
      const segment = this.segments[row >>> SEGMENT_SHIFT]!;
      const i = row & SEGMENT_MASK;
      const detail = `${count} of ${totals.get(name)!} ${this.names.text(name)}`;
      this.issues.add('unread-arguments', segment.atOf(i), segment.lineOf(i), detail);
    }
  }

  /** Takes back the last row, which turned out to be no event. */
  undoRow(): void {
    const { current } = this;
    assert(current.length > 0, 'no row to take back');
    if (this.lastUnread === this.length - 1) this.undoUnread(current.name[current.length - 1]!);
    current.length--;
    current.payload[current.length] = 0;
  }

  private undoUnread(name: number): void {
    this.lastUnread = -1;
    const known = this.unread.get(name)!;
    if (known.count === 1) this.unread.delete(name);
    else known.count--;
  }

  /**
   * Makes a row that turned out not to be what it says an event of which nothing is known. It must be the
   * first of its name, and no other but the last row may have that.
   */
  disown(row: number): void {
    const segment = this.segments[row >>> SEGMENT_SHIFT]!;
    const i = row & SEGMENT_MASK;
    const name = segment.name[i]!;
    const unread = this.unread.get(name);
    if (unread?.row === row) {
      if (unread.count === 1) this.unread.delete(name);
      else {
        unread.count--;
        unread.row = this.length - 1;
      }
    }
    segment.kind[i] = KIND_UNKNOWN;
    segment.payload[i] = 0;
    this.disowned++;
  }

  /**
   * What a copy of the builder has in common with it, as pairs of a part and what stands for it in the copy:
   * marks never change, nor do full segments unless a row of them is disowned.
   */
  sharedWithCopy(): readonly (readonly [object, object])[] {
    const { segments, losses, stacks } = this;
    return [
      ...segments.slice(0, -1).map((full) => [full, full] as const),
      [losses, [...losses]],
      [stacks, [...stacks]],
    ];
  }

  /** The slots that have a value on the last row's line, data or not. */
  lastMask(): number {
    const seg = this.current;
    const mask = headOf(seg, seg.payload[seg.length - 1]!);
    return (mask | (mask >>> FAILED_SHIFT)) & READ_MASK;
  }

  /** The next row behind `row` with this name; `length` where there is none. */
  nextNamed(name: number, row: number): number {
    let next = row + 1;
    while (next < this.length && this.segments[next >>> SEGMENT_SHIFT]!.name[next & SEGMENT_MASK] !== name)
      next++;
    return next;
  }

  /** Does a part of the reading up to a limit, which it says; returns whether one was met. */
  isLimited(cancel: CancelToken, read: () => void): boolean {
    const limit = limitMetBy(read) ?? (cancel.cancelled ? cancel.limit : undefined);
    if (limit !== undefined) this.limitMet(limit);
    return limit !== undefined;
  }

  /** Nothing more is read: a limit was met behind the last row. */
  limitMet(limit: string): void {
    const { current } = this;
    const last = current.length - 1;
    const [offset, line] = last < 0 ? [0, 0] : [current.atOf(last), current.lineOf(last)];
    this.issues.add('limit-met', offset, line, limit);
    this.addLoss(-1, 0, offset, line);
  }

  /** Marks events missing before the next row on `cpu` (-1: all CPUs). */
  addLoss(cpu: number, count: number, offset: number, line: number, fromStart = false): void {
    this.losses.push({ row: this.length, cpu, count, offset, line, fromStart });
  }

  /** The same before a row that is in the table already. */
  addLossAt(row: number, cpu: number, count: number, offset: number, line: number): void {
    const mark = { row, cpu, count, offset, line, fromStart: false };
    let i = this.losses.length;
    while (i > 0 && this.losses[i - 1]!.row > row) i--;
    if (i < this.losses.length) this.wasReworked = true;
    this.losses.splice(i, 0, mark);
  }

  finish(): EventTable {
    this.sayUnread();
    return this.freeze();
  }

  /** As {@link finish}, of rows that were taken over from tables which have said what could not be read. */
  freeze(): EventTable {
    return new EventTable(
      this.length,
      this.segments,
      this.meta,
      this.names,
      this.comms,
      this.issues.list,
      this.losses,
      inRowOrder(this.stacks),
      [...this.unread.values()],
    );
  }
}

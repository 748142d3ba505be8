/**
 * Where events are missing: from the loss marks of a trace, and where the times show that another recording
 * begins, or another part of a text that was put together out of order.
 */
import { firstIndex } from '../../parsers/base/search.js';
import { UNKNOWN_CPU, type EventTable } from '../../parsers/events/table.js';
import { SEGMENT_ROWS, type Segment } from '../../parsers/events/segment.js';
import { lateMax } from '../../parsers/events/stepBack.js';
import type { LossMark } from '../../parsers/events/issues.js';

/** Events are missing on some CPU at rows strictly between `after` and `before`. */
export interface Gap {
  /** Last row that is certainly whole, -1 when everything up to `before` may be missing. */
  readonly after: number;
  readonly before: number;
  readonly cpu: number;
  readonly line: number;
}

/** What a finder adds to. */
export interface FoundGaps {
  readonly gaps: Gap[];
  /**
   * Rows before which something else stands than what was recorded before them: where the times step back, on
   * one CPU, or between CPUs further than an event comes late; and the seams that belong to such a step.
   */
  readonly restarts: number[];
}

function inOrder({ losses }: EventTable): readonly LossMark[] {
  return [...losses].sort((a, b) => a.row - b.row);
}

/** True where the times of a segment's rows from `from` on never step back behind `high`, nor pass `most`. */
function isInOrder({ ts, length }: Segment, from: number, high: number, most: number): boolean {
  let before = high;
  for (let i = from; i < length; i++) {
    const now = ts[i]!;
    if (!(now >= before)) return false;
    before = now;
  }
  return before <= most;
}

/** CPUs that there is room for before more are seen. */
const FIRST_CPUS = 64;
/** Steps back that are looked at one by one. */
const STEPS_MAX = 1000;

/**
 * A gap runs from the last event of its CPU before the mark to the mark. At a joint of two recordings
 * everything between the two rows may be missing, on every CPU.
 */
export class GapFinder {
  private lastOnCpu = new Int32Array(FIRST_CPUS).fill(-1);
  private lastTs = new Float64Array(FIRST_CPUS).fill(-Infinity);
  private readonly firstOnCpu = new Map<number, number>();
  private losses: readonly LossMark[];
  /** How far a row may lie behind one that stands before it. */
  private readonly late: number;
  /** The greatest time since the last step back, on any CPU, and at the end of each segment since. */
  private high = -Infinity;
  private highs: number[] = [];
  /** The row of the last step back. */
  private restartRow = 0;
  /** The greatest time before the last step back: behind it goes on what stands before that step. */
  private resumes = Infinity;
  private steps = 0;
  private next = 0;

  constructor(private readonly table: EventTable) {
    this.late = lateMax(table.meta);
    this.losses = inOrder(table);
  }

  /** The table has more rows than the first `rows`, and may say otherwise what is missing behind these. */
  goOn(rows: number): void {
    this.losses = inOrder(this.table);
    this.next = firstIndex(this.losses.length, (i) => this.losses[i]!.row >= rows);
  }

  /** Looks at the rows of one segment, each in its turn, from row `from` of it on. */
  segment(seg: Segment, index: number, from: number, found: FoundGaps): void {
    const base = index * SEGMENT_ROWS;
    const isPlain = this.nextLossRow() >= base + seg.length && isInOrder(seg, from, this.high, this.resumes);
    if (isPlain) this.inOrder(seg, base, from);
    else this.eachRow(seg, base, from, found);
    this.highs[index] = this.high;
  }

  /** Of rows whose times never step back, and among which nothing is lost: the last of each CPU. */
  private inOrder(seg: Segment, base: number, from: number): void {
    const { cpu: cpus, ts, length } = seg;
    let { lastOnCpu } = this;
    // Most segments show no CPU for the first time: this only reads what it comes by.
    for (let i = from; i < length; i++) {
      const cpu = cpus[i]!;
      if (cpu < lastOnCpu.length && lastOnCpu[cpu] !== -1) continue;
      if (cpu >= lastOnCpu.length) this.makeRoomFor(cpu);
      ({ lastOnCpu } = this);
      lastOnCpu[cpu] = base + i;
      this.firstOnCpu.set(cpu, base + i);
    }
    if (length > from) this.high = ts[length - 1]!;
    let left = this.firstOnCpu.size;
    const isFound = new Uint8Array(lastOnCpu.length);
    for (let i = length - 1; i >= from && left > 0; i--) {
      const cpu = cpus[i]!;
      if (isFound[cpu] === 1) continue;
      isFound[cpu] = 1;
      left--;
      lastOnCpu[cpu] = base + i;
      if (cpu !== UNKNOWN_CPU) this.lastTs[cpu] = ts[i]!;
    }
  }

  private eachRow(seg: Segment, base: number, from: number, found: FoundGaps): void {
    const { late } = this;
    const { cpu: cpus, ts: times } = seg;
    let nextLoss = this.nextLossRow();
    // Fields of an object cost this loop more than all else.
    let { high, resumes, lastOnCpu, lastTs } = this;
    for (let i = from; i < seg.length; i++) {
      const row = base + i;
      if (nextLoss <= row) {
        this.close(row, found);
        nextLoss = this.nextLossRow();
      }
      const cpu = cpus[i]!;
      const ts = times[i]!;
      if (cpu >= lastOnCpu.length) {
        this.makeRoomFor(cpu);
        ({ lastOnCpu, lastTs } = this);
      }
      // A CPU's own buffer is in the order of its clock: who steps back there was moved.
      const goesBack = ts < high - late || (cpu !== UNKNOWN_CPU && ts < lastTs[cpu]!);
      if (goesBack || ts > resumes) {
        this.high = high;
        if (goesBack) this.restart(row, ts, found);
        else this.resume(row, found);
        ({ high, resumes } = this);
      }
      if (ts > high) high = ts;
      if (cpu !== UNKNOWN_CPU) lastTs[cpu] = ts;
      if (lastOnCpu[cpu] === -1) this.firstOnCpu.set(cpu, row);
      lastOnCpu[cpu] = row;
    }
    this.high = high;
  }

  private makeRoomFor(cpu: number): void {
    const { lastOnCpu, lastTs } = this;
    const cpus = Math.min(Math.max(2 * lastOnCpu.length, cpu + 1), UNKNOWN_CPU + 1);
    this.lastOnCpu = new Int32Array(cpus).fill(-1);
    this.lastOnCpu.set(lastOnCpu);
    this.lastTs = new Float64Array(cpus).fill(-Infinity);
    this.lastTs.set(lastTs);
  }

  /** Every CPU that was seen has an event at this row or behind it: of none can any be missing before. */
  get wholeUntil(): number {
    let row = this.table.length;
    for (const cpu of this.firstOnCpu.keys())
      if (cpu !== UNKNOWN_CPU) row = Math.min(row, this.lastOnCpu[cpu]!);
    return row;
  }

  /** To be called behind the last segment. */
  finish(found: FoundGaps): void {
    this.close(this.table.length, found);
    const overwritten = this.losses.find((l) => l.cpu < 0 && l.fromStart);
    if (!overwritten) return;
    for (const [cpu, row] of this.firstOnCpu)
      if (cpu !== UNKNOWN_CPU) found.gaps.push({ after: -1, before: row, cpu, line: overwritten.line });
  }

  private nextLossRow(): number {
    return this.losses[this.next]?.row ?? Infinity;
  }

  private close(row: number, found: FoundGaps): void {
    for (; this.next < this.losses.length && this.losses[this.next]!.row <= row; this.next++) {
      const loss = this.losses[this.next]!;
      if (loss.cpu < 0 && loss.fromStart) continue;
      found.gaps.push({ after: this.lastWhole(loss), before: loss.row, cpu: loss.cpu, line: loss.line });
    }
  }

  /** Last row before a loss of which it is certain that nothing is missing up to it. */
  private lastWhole(loss: LossMark): number {
    if (loss.fromStart) return -1;
    return loss.cpu < 0 ? loss.row - 1 : (this.lastOnCpu[loss.cpu] ?? -1);
  }

  /**
   * The times step back: here begins what was recorded before some of the rows above. It belongs in front of
   * the first of these, where as much is missing as here.
   */
  private restart(row: number, ts: number, found: FoundGaps): void {
    this.steps++;
    // What begins before all of them is a recording of its own, or cannot be told from one.
    const isOwn = ts <= this.table.ts(this.restartRow) || this.steps > STEPS_MAX;
    const from = isOwn ? this.restartRow : this.firstLater(row, ts);
    if (this.steps === STEPS_MAX) found.gaps.push(this.everywhere());
    if (from > this.restartRow) this.breakAt(from, found);
    this.breakAt(row, found);
    this.lastTs.fill(-Infinity);
    this.resumes = Math.max(this.high, this.resumes === Infinity ? -Infinity : this.resumes);
    this.high = ts;
    this.restartRow = row;
  }

  /** The times go on behind the rows that stand before the last step back. */
  private resume(row: number, found: FoundGaps): void {
    this.resumes = Infinity;
    this.breakAt(row, found);
  }

  private breakAt(row: number, found: FoundGaps): void {
    found.restarts.push(row);
    found.gaps.push({ after: row - 1, before: row, cpu: -1, line: this.table.line(row) });
  }

  /** The first row since the last step back whose time is greater; `row` where none is. */
  private firstLater(row: number, ts: number): number {
    const { segments } = this.table;
    let s = Math.floor(this.restartRow / SEGMENT_ROWS);
    while (s < Math.floor(row / SEGMENT_ROWS) && this.highs[s]! <= ts) s++;
    for (let r = Math.max(this.restartRow, s * SEGMENT_ROWS); r < row; r++)
      if (segments[s]!.ts[r - s * SEGMENT_ROWS]! > ts) return r;
    return row;
  }

  /** A text whose times step back so often has no order that anything could be decided by. */
  private everywhere(): Gap {
    return { after: -1, before: this.table.length, cpu: -1, line: this.table.line(0) };
  }
}

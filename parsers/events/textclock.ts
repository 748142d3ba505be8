/**
 * Times printed by user-space tools, `seconds.fraction`, to the table's `ts`: relative to the first row. Such
 * output is sorted by time, so that a time which goes back tells one of two things. Where the first was zero,
 * the tool printed each time as the difference to the line before (`perf script --deltatime`, `trace-cmd
 * report --ts-diff`): the rows so far are summed up then. Else several recordings were joined.
 */
import { NANO_DIGITS, NS_PER_SECOND } from '../base/units.js';
import type { TableBuilder } from './table.js';
import { SEGMENT_ROWS, type Segment } from './segment.js';

export class TextClock {
  private started = false;
  private seconds = 0;
  private nanos = 0;
  private decimals = 0;
  private last = 0;
  /** Seconds only, or ticks, which have no fraction. */
  private isTicks = false;
  isDelta = false;

  constructor(private readonly builder: TableBuilder) {}

  /** Time of the next row from its printed parts; `decimals` 0 where the line has no time. */
  time(seconds: number, nanos: number, decimals: number, at: number, line: number): number {
    if (decimals === 0) return this.started ? this.last : this.builder.length;
    if (!this.started) {
      this.started = true;
      this.decimals = decimals;
      this.seconds = seconds;
      this.nanos = nanos;
      if (seconds === 0 && nanos === 0) this.builder.issues.add('relative-time', at, line);
    }
    const time = (seconds - this.seconds) * NS_PER_SECOND + (nanos - this.nanos);
    if (!this.isDelta && time < this.last) this.wentBack(at, line);
    this.last = this.isDelta ? this.last + time : time;
    return this.last;
  }

  /** Ticks of a counter or TSC: the printed number, split at a billion. */
  ticks(high: number, low: number, at: number, line: number): number {
    this.isTicks = true;
    return this.time(high, low, NANO_DIGITS, at, line);
  }

  private wentBack(at: number, line: number): void {
    const { builder } = this;
    if (this.seconds === 0 && this.nanos === 0 && builder.length > 0 && !builder.issues.has('clock-back')) {
      this.isDelta = true;
      this.last = sumUp(builder.segmentsSoFar());
      builder.issues.add('relative-time', at, line, 'each time is the difference to the line before');
    } else {
      builder.issues.tally('clock-back', at, line);
    }
  }

  /** Says in the table's meta what the times are. */
  finish(): void {
    const { meta } = this.builder;
    if (!this.started) {
      meta.timeUnit = 'none';
      return;
    }
    meta.timeUnit = this.isTicks ? 'ticks' : 'ns';
    meta.t0 = BigInt(this.seconds) * BigInt(NS_PER_SECOND) + BigInt(this.nanos);
    meta.resolution = this.isTicks ? 1 : 10 ** (NANO_DIGITS - this.decimals);
  }
}

/** Turns differences into times; returns the last. */
function sumUp(segments: readonly Segment[]): number {
  let sum = 0;
  for (const { ts, length } of segments) {
    for (let i = 0; i < length && i < SEGMENT_ROWS; i++) {
      sum += ts[i]!;
      ts[i] = sum;
    }
  }
  return sum;
}

/**
 * From printed times to the table's `ts`: relative to the first row, in one unit, watching for jumps back.
 */
import { MICRO_DIGITS, NANO_DIGITS, NS_PER_SECOND } from '../base/units.js';
import { UNKNOWN_CPU, type TableBuilder, type TraceMeta } from '../events/table.js';
import { lateMax } from '../events/stepBack.js';
import { LAYOUT_LATENCY, UNIT_NONE, UNIT_NS, UNIT_TICKS, type LineContext } from './context.js';

const NEVER = -Infinity;
const CPUS_AT_FIRST = 64;

export class ClockTracker {
  private unit = -1;
  private high = 0;
  private low = 0;
  private last = 0;
  /** The greatest time since the order was last broken, and the CPU that it was of. */
  highest = NEVER;
  highestCpu = UNKNOWN_CPU;
  private decimals = 0;
  /** By CPU, the time of its last row; -Infinity before its first. */
  lastOfCpu = new Float64Array(CPUS_AT_FIRST).fill(NEVER);

  constructor(private readonly builder: TableBuilder) {}

  /**
   * Time of the next row. Without a clock it is the row's ordinal; in another unit than before, the last
   * row's time.
   */
  time(context: LineContext, at: number, line: number): number {
    if (this.unit < 0) this.start(context, at, line);
    if (this.unit === UNIT_NONE) return this.builder.length;
    if (context.unit !== this.unit) {
      if (context.unit !== UNIT_NONE)
        this.builder.issues.add('clock-back', at, line, 'the unit of time changes');
      return this.last;
    }
    const ts = (context.time[0]! - this.high) * NS_PER_SECOND + (context.time[1]! - this.low);
    const cpu = context.cpu;
    if (cpu !== UNKNOWN_CPU) {
      if (cpu >= this.lastOfCpu.length) this.grow(cpu);
      if (ts < this.lastOfCpu[cpu]!) {
        this.wentBack(`CPU ${cpu}`, this.lastOfCpu[cpu]! - ts, at, line);
        this.highest = NEVER;
      }
      this.lastOfCpu[cpu] = ts;
    }
    if (ts < this.highest) this.late(cpu, ts, at, line);
    else {
      this.highest = ts;
      this.highestCpu = cpu;
    }
    this.last = ts;
    return ts;
  }

  /** An event behind one of another CPU that is later: the kernel prints them so only by a little. */
  private late(cpu: number, ts: number, at: number, line: number): void {
    const by = this.highest - ts;
    if (by <= lateMax(this.builder.meta)) return;
    this.wentBack(`${cpuText(cpu)} behind ${cpuText(this.highestCpu)}`, by, at, line);
    this.highest = ts;
    this.highestCpu = cpu;
  }

  private wentBack(where: string, by: number, at: number, line: number): void {
    const unit = this.unit === UNIT_NS ? 'ns' : 'ticks';
    this.builder.issues.add('clock-back', at, line, `${where}, by ${by} ${unit}`);
  }

  /**
   * The first row's seconds, nanoseconds behind them, and decimals; undefined where times are none, so far or
   * at all.
   */
  get firstTime(): readonly [seconds: number, nanos: number, decimals: number] | undefined {
    return this.unit === UNIT_NS ? [this.high, this.low, this.decimals] : undefined;
  }

  /** Rows were timed elsewhere: the last one's time, and the greatest since the order was broken. */
  wentOn(last: number, highest: number, highestCpu: number): void {
    this.last = last;
    this.highest = highest;
    this.highestCpu = highestCpu;
  }

  /** The time of the last row that was timed elsewhere of a CPU. */
  sawCpu(cpu: number, ts: number): void {
    if (cpu >= this.lastOfCpu.length) this.grow(cpu);
    this.lastOfCpu[cpu] = ts;
  }

  private start(context: LineContext, at: number, line: number): void {
    this.unit = context.unit;
    this.high = context.time[0]!;
    this.low = context.time[1]!;
    this.decimals = context.decimals;
    if (context.layout === LAYOUT_LATENCY && context.unit !== UNIT_NONE)
      this.builder.issues.add('relative-time', at, line);
  }

  private grow(cpu: number): void {
    const bigger = new Float64Array(Math.max(cpu + 1, this.lastOfCpu.length * 2)).fill(NEVER);
    bigger.set(this.lastOfCpu);
    this.lastOfCpu = bigger;
  }

  /** The CPU that all rows were on, -1 where there are several or none. */
  get onlyCpu(): number {
    const seen = [...this.lastOfCpu.keys()].filter((cpu) => this.lastOfCpu[cpu] !== NEVER);
    return seen.length === 1 ? seen[0]! : -1;
  }

  /** Says in `meta` what the times are. */
  finish(meta: TraceMeta): void {
    if (this.unit === UNIT_NS || this.unit === UNIT_TICKS) {
      meta.timeUnit = this.unit === UNIT_NS ? 'ns' : 'ticks';
      meta.t0 = BigInt(this.high) * BigInt(NS_PER_SECOND) + BigInt(this.low);
      meta.resolution =
        this.unit === UNIT_TICKS
          ? 1
          : 10 ** (NANO_DIGITS - (this.decimals === 0 ? MICRO_DIGITS : this.decimals));
    } else {
      meta.timeUnit = 'none';
    }
  }
}

function cpuText(cpu: number): string {
  return cpu === UNKNOWN_CPU ? 'an unknown CPU' : `CPU ${cpu}`;
}

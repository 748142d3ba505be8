/**
 * From ring-buffer ticks to what is shown: a guest's corrections towards its host, a TSC's conversion to
 * nanoseconds, and fixed offsets, as trace-cmd applies them (lib/trace-cmd/trace-input.c).
 */
import type { TimeShift, TraceOptions } from './model.js';

const FLAG_INTERPOLATE = 1;
const U64 = 64;

export class TickClock {
  /** Absolute time of the base tick, offsets included. */
  readonly t0: bigint;
  /** True when a row's time is its ticks since the base. */
  readonly isIdentity: boolean;
  /** Latest base of the fast path: ticks and time at the last exact conversion. */
  private nearTicks = NaN;
  private nearTime = 0;
  private nearRest = 0;

  /** `base` is the tick that streams count from. */
  constructor(
    private readonly base: bigint,
    private readonly options: TraceOptions,
  ) {
    this.isIdentity = options.tsc2nsec === undefined && options.timeShifts.length === 0;
    this.t0 = this.isIdentity ? base + options.offsetNs : this.absolute(base, 0);
  }

  /** Time since t0 of a tick `ticks` after the base on `cpu`. */
  convert(ticks: number, cpu: number): number {
    if (this.isIdentity) return ticks;
    const tsc = this.options.tsc2nsec;
    if (tsc && this.options.timeShifts.length === 0) {
      // Near the last exact conversion the product fits a double exactly.
      const product = (ticks - this.nearTicks) * Number(tsc.mult) + this.nearRest;
      if (product >= 0 && product < Number.MAX_SAFE_INTEGER)
        return this.nearTime + Math.floor(product / 2 ** Number(tsc.shift));
      const exact = (this.base + toBigInt(ticks)) * tsc.mult;
      this.nearTicks = ticks;
      this.nearTime = Number((exact >> tsc.shift) + this.options.offsetNs - this.t0);
      this.nearRest = Number(exact & ((1n << tsc.shift) - 1n));
      return this.nearTime;
    }
    return Number(this.absolute(this.base + toBigInt(ticks), cpu) - this.t0);
  }

  private absolute(tick: bigint, cpu: number): bigint {
    let time = tick;
    const shift = this.options.timeShifts[cpu];
    if (shift && shift.times.length > 0)
      time = corrected(time, shift, (this.options.timeShiftFlags & FLAG_INTERPOLATE) !== 0);
    const tsc = this.options.tsc2nsec;
    // The stored offset of the TSC belongs to the host's own start of time; the tools do not add it.
    if (tsc) time = (time * tsc.mult) >> tsc.shift;
    return time + this.options.offsetNs;
  }
}

/** Ticks of damaged pages may be beyond exact integers, but are never fractions. */
function toBigInt(ticks: number): bigint {
  return BigInt(Math.trunc(ticks));
}

/** A guest's time as its host's: the correction of the samples around it, and their scaling. */
function corrected(time: bigint, shift: TimeShift, interpolate: boolean): bigint {
  const { times, offsets, scalings, fractions } = shift;
  const n = times.length;
  if (n === 1) return BigInt.asUintN(U64, time + offsets[0]!);
  let low = 0;
  if (n > 2) {
    let high = n - 2;
    while (low < high) {
      const mid = (low + high + 1) >>> 1;
      if (times[mid]! <= time) low = mid;
      else high = mid - 1;
    }
  }
  let offset = offsets[low]!;
  const span = times[low + 1]! - times[low]!;
  if (interpolate && span > 0n) {
    offset += ((time - times[low]!) * (offsets[low + 1]! - offset) + span / 2n) / span;
  }
  const scaled = BigInt.asUintN(U64, time * scalings[low]!) >> fractions[low]!;
  return BigInt.asUintN(U64, scaled + offset);
}

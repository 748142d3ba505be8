/**
 * How the clocks of two hosts stand to each other. Where one is a guest of the other, by the processor's
 * counter, which both read: the host tells what the guest's is ahead by. Everywhere by asking each of them
 * again and again: a clock is read at some time between the question and the answer, both by our own clock.
 */
import type { TickReading, VmTicks } from '../../recorder/control.js';

/** A clock less ours, in nanoseconds: at least `low`, at most `high`. */
export interface ClockReading {
  readonly low: bigint;
  readonly high: bigint;
}

/** What to add to a clock to be on another, and how much that may be wrong either way. */
export interface ClockOffset {
  readonly offsetNs: bigint;
  readonly errorNs: bigint;
}

/** By the processor's counter, or by asking both. */
export type OffsetSource = 'counter' | 'exchange';

/** What is known of one host's clock. */
export interface HostClock {
  readonly readings: readonly ClockReading[];
  /** Before the recording and behind it. */
  readonly ticks: readonly TickReading[];
}

/** Clocks drift: the best readings at the beginning and at the end are taken, of so many each. */
const AT_AN_END = 12;
const COUNTER_BITS = 64;

/**
 * What to add to a guest's clock to be on its host's, and how that is known; undefined where a clock was
 * never read. The counter is believed of a VM whose clock would be where the answers say that the guest's is,
 * and of one alone: others may run beside it.
 */
export function guestOffset(
  host: HostClock & { readonly vms: readonly VmTicks[] },
  guest: HostClock,
): (ClockOffset & { readonly by: OffsetSource }) | undefined {
  const asked = offsetOf(host.readings, guest.readings);
  if (asked === undefined) return undefined;
  const fitting = distinct(host.vms)
    .map((vm) => offsetByTicks(host.ticks, guest.ticks, vm))
    .filter((offset) => offset !== undefined)
    .filter(({ offsetNs, errorNs }) => distance(offsetNs, asked.offsetNs) <= errorNs + asked.errorNs);
  const [only] = fitting;
  return only !== undefined && fitting.length === 1 && only.errorNs < asked.errorNs
    ? { ...only, by: 'counter' }
    : { ...asked, by: 'exchange' };
}

const distance = (a: bigint, b: bigint): bigint => (a < b ? b - a : a - b);

/** A VM is told twice; several that began at once may have one counter. */
function distinct(vms: readonly VmTicks[]): readonly VmTicks[] {
  return [...new Map(vms.map((vm) => [`${vm.ahead} ${vm.ratio} ${vm.bits}`, vm])).values()];
}

/**
 * What to add to the clock of a guest whose counter is `vm`, by readings of both counters; undefined where
 * one was not read twice. Between its readings a clock is taken to go evenly, beyond them no faster or slower
 * than they allow.
 */
export function offsetByTicks(
  host: readonly TickReading[],
  guest: readonly TickReading[],
  vm: VmTicks,
): ClockOffset | undefined {
  const [first, last] = [host[0], host.at(-1)];
  if (
    first === undefined ||
    last === undefined ||
    last.ticks <= first.ticks ||
    guest.length < 2 ||
    vm.ratio === 0n
  )
    return undefined;
  const offsets = guest.map(({ before, ticks, after }) => {
    const there = clockAt(first, last, hostTicks(ticks, vm, first.ticks));
    return { low: there.low - after, high: there.high - before };
  });
  return spanOf(offsets);
}

/** The host's counter when a VM's was at `ticks`; the counters wrap, so that it may be before `near`. */
function hostTicks(ticks: bigint, { ahead, ratio, bits }: VmTicks, near: bigint): bigint {
  const scaled = (near * ratio) >> BigInt(bits);
  const since = BigInt.asIntN(COUNTER_BITS, ticks - ahead - scaled);
  return near + (since << BigInt(bits)) / ratio;
}

/** The clock when the counter is at `ticks`: at least `low`, at most `high`. */
function clockAt(first: TickReading, last: TickReading, ticks: bigint): ClockReading {
  const span = last.ticks - first.ticks;
  const slowest = last.before - first.after;
  const fastest = last.after - first.before;
  const from = (edge: bigint, run: bigint, since: bigint): bigint => edge + (run * since) / span;
  if (ticks < first.ticks) {
    const since = ticks - first.ticks;
    return { low: from(first.before, fastest, since), high: from(first.after, slowest, since) };
  }
  if (ticks > last.ticks) {
    const since = ticks - last.ticks;
    return { low: from(last.before, slowest, since), high: from(last.after, fastest, since) };
  }
  const since = ticks - first.ticks;
  return {
    low: from(first.before, last.before - first.before, since),
    high: from(first.after, last.after - first.after, since),
  };
}

/** What to add to the second clock to be on the first; undefined where one of them was never read. */
export function offsetOf(
  first: readonly ClockReading[],
  second: readonly ClockReading[],
): ClockOffset | undefined {
  if (first.length === 0 || second.length === 0) return undefined;
  const ends = [
    between(best(first.slice(0, AT_AN_END)), best(second.slice(0, AT_AN_END))),
    between(best(first.slice(-AT_AN_END)), best(second.slice(-AT_AN_END))),
  ];
  const { offsetNs, errorNs } = spanOf(ends);
  // What they drift before the first and behind the last of those that were taken.
  const beyond = (2n * errorNs) / BigInt(Math.max(1, Math.floor(first.length / AT_AN_END)));
  return { offsetNs, errorNs: errorNs + (first.length > 2 * AT_AN_END ? beyond : 0n) };
}

/** The middle of all that the readings allow, and how far it is to the ends. */
function spanOf(readings: readonly ClockReading[]): ClockOffset {
  const bounds = readings.flatMap(({ low, high }) => [low, high]).sort((a, b) => Number(a - b));
  const [low, high] = [bounds[0]!, bounds.at(-1)!];
  return { offsetNs: (low + high) / 2n, errorNs: (high - low + 1n) / 2n };
}

/** The narrowest: the answer that came soonest. */
function best(readings: readonly ClockReading[]): ClockReading {
  return readings.reduce((least, one) => (one.high - one.low < least.high - least.low ? one : least));
}

function between(first: ClockReading, second: ClockReading): ClockReading {
  return { low: first.low - second.high, high: first.high - second.low };
}

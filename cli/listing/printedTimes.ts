/** Times of a listing as bytes. */
import { startOf, textOfTime, type TimeMeta } from '../../model/findings/report.js';
import { Ascii } from '../../parsers/base/ascii.js';
import { MICRO_DIGITS, NS_PER_SECOND, NS_PER_US, secondDigits } from '../../parsers/base/units.js';

/** More than a time takes. */
export const TIME_BYTES = 64;
const BETWEEN = ': ';
const encoder = new TextEncoder();

/** `12.345678: ` as bytes: the seconds are kept from event to event. */
export class PrintedTimes {
  private readonly digits: number;
  /** Nanoseconds of the first event's time behind its second; NaN where times are printed by the slow way. */
  private readonly rest: number;
  private readonly firstSecond: number;
  private second = -1;
  private secondBytes = new Uint8Array(0);

  constructor(private readonly meta: TimeMeta) {
    const { seconds, rest } = startOf(meta);
    this.rest = meta.timeUnit === 'ns' ? rest : NaN;
    this.firstSecond = seconds;
    this.digits = secondDigits(meta.resolution);
  }

  /** Writes a time since the trace's t0, and what parts it from the event; returns the position behind it. */
  write(ts: number, into: Uint8Array, start: number): number {
    const rest = this.rest + ts;
    if (!(rest >= 0 && Number.isSafeInteger(rest))) return this.writeSlowly(ts, into, start);
    const second = Math.floor(rest / NS_PER_SECOND);
    if (second !== this.second) {
      this.second = second;
      this.secondBytes = encoder.encode(`${this.firstSecond + second}.`);
    }
    const { secondBytes, digits } = this;
    let p = start;
    for (let i = 0; i < secondBytes.length; i++) into[p++] = secondBytes[i]!;
    // Less than a second: whole numbers of 32 bits are divided sooner.
    let fraction = (rest - second * NS_PER_SECOND) | 0;
    if (digits === MICRO_DIGITS) fraction = (fraction / NS_PER_US) | 0;
    for (let q = p + digits - 1; q >= p; q--) {
      const tenth = (fraction / 10) | 0;
      into[q] = Ascii.Digit0 + fraction - tenth * 10;
      fraction = tenth;
    }
    p += digits;
    into[p] = Ascii.Colon;
    into[p + 1] = Ascii.Blank;
    return p + 2;
  }

  private writeSlowly(ts: number, into: Uint8Array, start: number): number {
    const time = textOfTime(this.meta, ts);
    const bytes = encoder.encode(time === '' ? '' : `${time}${BETWEEN}`);
    into.set(bytes, start);
    return start + bytes.length;
  }
}

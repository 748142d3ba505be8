/** The texts of events where they stand in the source, for listings that copy them. */
import { Ascii } from '../base/ascii.js';
import type { ByteSource } from '../base/source.js';
import { startOfDigits } from '../base/text.js';
import { LineWindow } from '../base/textSource.js';
import { NS_PER_SECOND, secondDigits } from '../base/units.js';
import type { EventTable } from '../events/table.js';
import type { TextInPlace } from '../reader.js';
import { LAYOUT_NORMAL, LineContext, UNIT_NS, parseContext } from './context.js';
import { EVENT_NAMED, EVENT_SYSCALL_ENTER, EVENT_SYSCALL_EXIT, EventSpan, splitEvent } from './event.js';
import { isMarker } from './plan.js';

const COLON_AND_BLANK = ': '.length;

export class TextsInPlace {
  private readonly window: LineWindow;
  private readonly context = new LineContext();
  private readonly span = new EventSpan();
  private readonly found = { bytes: new Uint8Array(0) as Uint8Array, start: 0, end: 0, isTimed: false };
  /** Digits behind a second that are printed, -1 where times are others; and the first event's time. */
  private readonly digits: number;
  private readonly firstSecond: number;
  private readonly firstNanos: number;

  constructor(
    source: ByteSource,
    private readonly table: EventTable,
  ) {
    this.window = new LineWindow(source);
    const { timeUnit, t0, resolution } = table.meta;
    const isPlain = timeUnit === 'ns' && t0 >= 0n;
    this.digits = isPlain ? secondDigits(resolution) : -1;
    this.firstSecond = isPlain ? Number(t0 / BigInt(NS_PER_SECOND)) : 0;
    this.firstNanos = isPlain ? Number(t0 % BigInt(NS_PER_SECOND)) : 0;
  }

  /** The text of a row whose line begins with its context; of others nothing is said. */
  of(row: number): TextInPlace | undefined {
    const { window, context, span } = this;
    if (!window.find(this.table.at(row))) return undefined;
    const { bytes, end } = window;
    const timeAt = this.table.timeAt(row);
    if (timeAt > 0) return this.tell(bytes, window.start + timeAt, end, true);
    const event = parseContext(bytes, window.start, end, context);
    if (event < 0) return undefined;
    const kind = splitEvent(bytes, event, end, span);
    const isSyscall = kind === EVENT_SYSCALL_ENTER || kind === EVENT_SYSCALL_EXIT;
    // What QEMU writes into the marker is an event of its own within the text.
    if (!isSyscall && (kind !== EVENT_NAMED || isMarker(bytes, span.nameStart, span.nameEnd)))
      return undefined;
    if (isSyscall) return this.tell(bytes, span.nameStart, end, false);
    const timeStart = this.timeStart(row, bytes, event);
    return this.tell(bytes, timeStart < 0 ? span.start : timeStart, span.end, timeStart >= 0);
  }

  private tell(bytes: Uint8Array, start: number, end: number, isTimed: boolean): TextInPlace {
    const { found } = this;
    found.bytes = bytes;
    found.start = start;
    found.end = end;
    found.isTimed = isTimed;
    return found;
  }

  /** Where in the window the time before `event` begins; -1 where the row is printed otherwise. */
  private timeStart(row: number, bytes: Uint8Array, event: number): number {
    const { context, span, table, digits } = this;
    if (context.layout !== LAYOUT_NORMAL || context.unit !== UNIT_NS || context.decimals !== digits)
      return -1;
    if (span.nameStart !== event || span.start !== span.nameEnd + COLON_AND_BLANK) return -1;
    if (!table.names.equals(table.nameId(row), bytes, span.nameStart, span.nameEnd)) return -1;
    const [seconds, nanos] = [context.time[0]!, context.time[1]!];
    const time = (seconds - this.firstSecond) * NS_PER_SECOND + (nanos - this.firstNanos);
    if (seconds < this.firstSecond || time !== table.ts(row) || !Number.isSafeInteger(time)) return -1;
    const point = event - COLON_AND_BLANK - digits - 1;
    const start = startOfDigits(bytes, this.window.start, point);
    // Seconds are printed without zeroes before them.
    return bytes[start] === Ascii.Digit0 && start < point - 1 ? -1 : start;
  }
}

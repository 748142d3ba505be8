/** From a split event to its decode plan. */
import { endOfToken, isText } from '../base/text.js';
import { PayloadStyle, type EventPlan, type PlanBook } from '../events/payload.js';
import { EVENT_NAMED, EVENT_SYSCALL_ENTER, EVENT_SYSCALL_EXIT, type EventSpan } from './event.js';

const MARKER = 'tracing_mark_write';

/**
 * Plan of the event in `span`, or undefined for text without an event name. A trace_marker text that begins
 * with a QEMU event's name becomes that event: then `span.start` moves to the QEMU event's payload.
 */
export function planOf(book: PlanBook, bytes: Uint8Array, span: EventSpan): EventPlan | undefined {
  const { nameStart, nameEnd, start, end } = span;
  if (span.kind === EVENT_SYSCALL_ENTER)
    return book.syscall(bytes, nameStart, nameEnd, PayloadStyle.SyscallEnter);
  if (span.kind === EVENT_SYSCALL_EXIT)
    return book.syscall(bytes, nameStart, nameEnd, PayloadStyle.SyscallExit);
  if (span.kind !== EVENT_NAMED) return undefined;
  if (isMarker(bytes, nameStart, nameEnd)) {
    const p = endOfToken(bytes, start, end);
    const nested = p > start ? book.qemuEvent(bytes, start, p) : undefined;
    if (nested) {
      span.start = Math.min(end, p + 1);
      return nested;
    }
  }
  return book.event(bytes, nameStart, nameEnd, start, end);
}

/** True for the name of what user space writes into the trace. */
export function isMarker(bytes: Uint8Array, nameStart: number, nameEnd: number): boolean {
  return isText(bytes, nameStart, nameEnd, MARKER);
}

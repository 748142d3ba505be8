/**
 * What follows a line's context: which syntax the event has and where its name and payload are.
 *
 *   `name: payload`                  a tracepoint, a probe, trace_printk or trace_marker
 *   `sys_ioctl(fd: 6, …)`, `sys_ioctl -> 0x0`     syscall tracepoints
 *   `<stack trace>`, `<user stack trace>`         belongs to the event before it
 *   `func <-caller`                  the function tracer
 */
import { isText, skipBlanks } from '../base/text.js';
import { endsWord } from '../events/number.js';

export const EVENT_NAMED = 1;
export const EVENT_SYSCALL_ENTER = 2;
export const EVENT_SYSCALL_EXIT = 3;
export const EVENT_STACK = 4;
export const EVENT_USER_STACK = 5;
export const EVENT_FUNCTION = 6;
/** Text that has no event name: kept as a row whose name is `print`. */
export const EVENT_UNNAMED = 7;
export const EVENT_NONE = 0;

const STACK = '<stack trace>';
const USER_STACK = '<user stack trace>';
/** An event's name is an identifier; a symbol before trace_printk text may be longer, but not by much. */
const MAX_NAME_BYTES = 200;

/** Where an event's parts are; reused for every line. */
export class EventSpan {
  kind = EVENT_NONE;
  nameStart = 0;
  nameEnd = 0;
  /** The payload, for a syscall without its parentheses or arrow. */
  start = 0;
  end = 0;
}

/** Splits the event at bytes[start, end) into `out` and returns its kind. */
export function splitEvent(bytes: Uint8Array, start: number, end: number, out: EventSpan): number {
  const nameStart = skipBlanks(bytes, start, end);
  let p = nameStart;
  out.nameStart = nameStart;
  while (p < end && !endsWord(bytes, p, end)) p++;
  out.nameEnd = p;
  if (p >= end) return (out.kind = EVENT_NONE);
  if (p > nameStart) {
    const c = bytes[p]!;
    if (c === 0x3a && (p + 1 >= end || bytes[p + 1] === 0x20)) return named(bytes, p, end, out);
    if (c === 0x28 && isSyscallName(bytes, nameStart, p) && bytes[end - 1] === 0x29) {
      out.start = p + 1;
      out.end = end - 1;
      return (out.kind = EVENT_SYSCALL_ENTER);
    }
    if (c === 0x20 && bytes[p + 1] === 0x2d && bytes[p + 2] === 0x3e && bytes[p + 3] === 0x20) {
      out.start = p + 4;
      out.end = end;
      return (out.kind = EVENT_SYSCALL_EXIT);
    }
  }
  return (out.kind = splitOther(bytes, nameStart, end, out));
}

function named(bytes: Uint8Array, colon: number, end: number, out: EventSpan): number {
  out.start = skipBlanks(bytes, colon + 1, end);
  out.end = end;
  return (out.kind = EVENT_NAMED);
}

/** `sys_` at the start: other names before a parenthesis are functions with their arguments. */
function isSyscallName(bytes: Uint8Array, start: number, end: number): boolean {
  return (
    end - start > 4 &&
    bytes[start] === 0x73 &&
    bytes[start + 1] === 0x79 &&
    bytes[start + 2] === 0x73 &&
    bytes[start + 3] === 0x5f
  );
}

function splitOther(bytes: Uint8Array, start: number, end: number, out: EventSpan): number {
  if (isText(bytes, start, end, STACK)) return EVENT_STACK;
  if (isText(bytes, start, end, USER_STACK)) return EVENT_USER_STACK;
  out.start = start;
  out.end = end;
  out.nameEnd = start;
  const limit = Math.min(end, start + MAX_NAME_BYTES);
  for (let p = start; p + 1 < limit; p++) {
    const c = bytes[p]!;
    if (c === 0x3a && bytes[p + 1] === 0x20 && p > start) {
      out.nameEnd = p;
      return named(bytes, p, end, out);
    }
    if (c === 0x20) break;
  }
  for (let p = start; p + 2 < end; p++) {
    if (bytes[p] === 0x20 && bytes[p + 1] === 0x3c && bytes[p + 2] === 0x2d) return EVENT_FUNCTION;
  }
  return EVENT_UNNAMED;
}

/**
 * What follows a line's context: which syntax the event has and where its name and payload are.
 *
 *   `name: payload`                  a tracepoint, a probe, trace_printk or trace_marker
 *   `sys_ioctl(fd: 6, …)`, `sys_ioctl -> 0x0`     syscall tracepoints
 *   `<stack trace>`, `<user stack trace>`         belongs to the event before it
 *   `func <-caller`                  the function tracer
 */
import { Ascii } from '../base/ascii.js';
import { hasText, isText, skipBlanks } from '../base/text.js';
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

const SYSCALL_PREFIX = 'sys_';
const RETURNS = ' -> ';
const CALLED_BY = ' <-';
/** A return probe's place, which a function's line does not have. */
const RETURNED_TO = ' <- ';
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
  const kind = split(bytes, start, end, out);
  out.kind = kind;
  return kind;
}

function split(bytes: Uint8Array, start: number, end: number, out: EventSpan): number {
  const nameStart = skipBlanks(bytes, start, end);
  let p = nameStart;
  out.nameStart = nameStart;
  while (p < end && !endsWord(bytes, p, end)) p++;
  out.nameEnd = p;
  if (p >= end) return EVENT_NONE;
  if (p > nameStart) {
    const c = bytes[p]!;
    if (c === Ascii.Colon && (p + 1 >= end || bytes[p + 1] === Ascii.Blank)) return named(bytes, p, end, out);
    if (isSyscallName(bytes, nameStart, p)) {
      if (c === Ascii.OpenParen && bytes[end - 1] === Ascii.CloseParen) {
        out.start = p + 1;
        out.end = end - 1;
        return EVENT_SYSCALL_ENTER;
      }
      if (c === Ascii.Blank && hasText(bytes, p, end, RETURNS)) {
        out.start = p + RETURNS.length;
        out.end = end;
        return EVENT_SYSCALL_EXIT;
      }
    }
  }
  return splitOther(bytes, nameStart, end, out);
}

function named(bytes: Uint8Array, colon: number, end: number, out: EventSpan): number {
  out.start = skipBlanks(bytes, colon + 1, end);
  out.end = end;
  return EVENT_NAMED;
}

/**
 * `sys_` at the start, as every kernel prints it: other names before a parenthesis are functions with their
 * arguments, and before an arrow no event's.
 */
function isSyscallName(bytes: Uint8Array, start: number, end: number): boolean {
  return end - start > SYSCALL_PREFIX.length && hasText(bytes, start, end, SYSCALL_PREFIX);
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
    if (c === Ascii.Colon && bytes[p + 1] === Ascii.Blank && p > start) {
      out.nameEnd = p;
      return named(bytes, p, end, out);
    }
    if (c === Ascii.Blank || c === Ascii.OpenParen) break;
  }
  for (let p = start; p < end; p++) {
    if (bytes[p] !== Ascii.Blank || !hasText(bytes, p, end, CALLED_BY)) continue;
    return hasText(bytes, p, end, RETURNED_TO) ? EVENT_UNNAMED : EVENT_FUNCTION;
  }
  return EVENT_UNNAMED;
}

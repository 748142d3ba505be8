/** What a line's event looks like, where it is not known by its name alone. */
import { Ascii } from '../base/ascii.js';
import { hasText, skipBlanks } from '../base/text.js';
import { KIND_UNKNOWN } from '../events/kinds.js';
import { matchesForm, type EventPlan } from '../events/payload.js';
import { holdsHead } from '../events/textHeads.js';
import { isStackName } from '../events/textstacks.js';
import { EVENT_NAMED, EVENT_SYSCALL_ENTER, type EventSpan } from './event.js';

const MODULE_TEXT = /^ *[\w.$]+ \[\w+\]: /;
/** What begins so is a system call, which ends with its parenthesis. */
const SYSCALL = 'sys_';
/** Who copies a stack may leave out the blank before its first frame, or all of them. */
const FRAME = '=> ';
const SHORT_TEXT = 300;
/** An event's name, of which a header's words have other signs: `entries-in-buffer/entries-written`. */
const NAME = /^[a-zA-Z_][\w.]*$/;
/** A word of a header that looks like one, where it was broken behind its `#`. */
const TRACER = 'tracer';
/** What ends the line of a header that counts entries. */
const CPUS = /#P:\d/;
const decoder = new TextDecoder();

/** True for a line of a stack. */
export function isFrame(bytes: Uint8Array, start: number, end: number): boolean {
  return hasText(bytes, bytes[start] === Ascii.Blank ? start + 1 : start, end, FRAME);
}

/** True for the names of the events that carry a stack. */
export function isStackEvent(bytes: Uint8Array, { kind, nameStart, nameEnd }: EventSpan): boolean {
  return kind === EVENT_NAMED && isStackName(bytes, nameStart, nameEnd);
}

/** `do_something [kvm]: `: what trace_printk() in a module wrote. */
export function isOfModule(bytes: Uint8Array, start: number, end: number): boolean {
  return MODULE_TEXT.test(decoder.decode(bytes.subarray(start, Math.min(end, start + SHORT_TEXT))));
}

/** True when text without an event's name has a line's head in it, or is a system call that does not end. */
export function holdsPart(bytes: Uint8Array, start: number, end: number): boolean {
  return holdsHead(bytes, start, end) || hasText(bytes, skipBlanks(bytes, start, end), end, SYSCALL);
}

/**
 * True when a line without context can be the first event of a text: it shows a probe's place, or a known
 * event's form, or stands right behind the header.
 */
export function mayBegin(
  plan: EventPlan,
  bytes: Uint8Array,
  span: EventSpan,
  isBehindHeader: boolean,
): boolean {
  if (plan.place.length > 0 || (isBehindHeader && isNameOfEvent(bytes, span))) return true;
  return (
    plan.kind !== KIND_UNKNOWN &&
    (span.kind === EVENT_SYSCALL_ENTER || matchesForm(plan, bytes, span.start, span.end))
  );
}

/** True for a name that an event may have, not one that only a header's line has that was broken. */
function isNameOfEvent(bytes: Uint8Array, { kind, nameStart, nameEnd, end }: EventSpan): boolean {
  if (kind !== EVENT_NAMED) return true;
  if (CPUS.test(decoder.decode(bytes.subarray(nameEnd, Math.min(end, nameEnd + SHORT_TEXT))))) return false;
  const name = decoder.decode(bytes.subarray(nameStart, nameEnd));
  return NAME.test(name) && name !== TRACER;
}

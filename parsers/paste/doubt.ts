/**
 * Events whose values may not be whole: the rest of one stands below the event or behind a blank, and nothing
 * tells that it belongs there. A value that is read in part is another value, so such an event is taken out.
 */
import type { PlacedLines } from '../mail/lines.js';
import { qemuEventAt } from './columns.js';
import { FREE_TEXT } from './ends.js';
import { FAMILIES, isBrokenHead, isEventStart, isProse, standsAlone } from './shapes.js';

/** Stands in place of such an event: readers know it for a mark of something left out. */
const CUT = '[cut]';
const TAIL = 120;

/** A number, or what one begins with, at the end of an event; behind `=3D` in the source of a mail. */
const NUMBER_LAST = /(?:(?:[=\s(:]|=3D)(?:0x[\da-f]*|[\da-f]*\d[\da-f]*)|=)$/;
/** What a number that was broken goes on with: digits before another field, or alone. */
const NUMBER_RESTS =
  /^\s*x?[\da-f]+(?=\s+\w+[=:]|\s*$)|^\s*x[\da-f]+\b|^\s*[\da-f]*\d[\da-f]*(?=\s)|^\s*D(?:0x|-?\d)/;
/** A probe's place that is not closed, and its end. */
const PLACE_LAST = /: \([^()]{0,80}$/;
const PLACE_RESTS = /^[^()]{0,80}\)/;
/** A field at the beginning of a line: of the event above it. */
const FIELD_FIRST = /^\s*[a-z]\w*=\S/;
/** Digits behind a value, with a blank between, before another field or the end; or one within `0x`. */
const IN_TWO =
  /=0x[\da-f]*(?:\s+[\da-f]+)+(?=\s+\w+=|\s*(?:\*\/)?\s*$)|=\d[\da-f]*(?:\s+(?=[\da-f]*\d)[\da-f]+)+(?=\s+\w+=|\s*(?:\*\/)?\s*$)|[\s=(:]0(?:x\s|\s+x)[\da-f]|=\s+-\s*\d|=-\s+\d/;
/** The virtual CPU of an entry, or the place of an exit, in two; its two info words made one or three. */
const INFO_IN_TWO =
  /_entry: vcpu \d+\s+\d|_exit: .*(?:\brip 0x[\da-f]+\s+(?!info)|\binfo [\da-f]{1,16}(?:\s*$|(?:\s+[\da-f]{1,16}){2}))/;
/** Something that stood before a rest, within a value, or between a field and its value. */
const FOREIGN_WITHIN =
  /[=\s(]0x(?![\da-f]*new_size=)[\da-f]*[g-wyzG-Z_>#|]|\w[:+>|*]=|\W\s=(?:0x|-?\d)|=x[\da-f]|=\d+\s+\d*:\d|\b3\s*D(?:0x|-?\d)|=(?:0x[\da-f]+|\d+)\s{0,8}\t|\s\d{1,6}\t(?:=|x[\da-f])|(?<!dev|ino)=-?(?:0x[\da-f]+|\d+):(?:x|\d)/;

/** A field's name in two: a word that is no value and has none, between fields. */
const FIELD_IN_TWO = /=[^\s"]{1,80}\s{1,80}[a-z_]\w{0,24}\s{1,80}\w{1,40}=/;
/** An event's name in two, with a blank between: `try_grab_foli o: (`. */
const NAME_IN_TWO = /\d:\s+[a-z]\w*\s+\w*:\s/;
/** A value and the next field's name, or an event's name and its text, with no blank between. */
const GLUED =
  /=(?!\w+new_size=)(?:0x[\da-f]+|-?\d+)[a-z_]\w*=|\d: +[a-z]\w*:(?!\w*:)[^\s:]|[a-z)]0x[\da-f]|\)[a-z]\w*=/;
/** A probe's place in two: `(ff ffffff8154c110)`, `(ffffffff8129f980 <- fffffff f81247dce)`. */
const PLACE_IN_TWO =
  /: +\((?:[0-9a-f]{16} <- )?[0-9a-f]{1,15} +[0-9a-f]{1,15}\)|: +\([0-9a-f]{16} <[^-]|: +\([\w.+/]+(?: <- [\w.+/]*)? +(?!<-)[\w.]*[+/]?0?x[\da-f]+(?:\/0x[\da-f]+)?\)/;
/** The name of a field that was broken off its value, where one of an event may stand. */
const FIELD_AS_NAME = /^\s*[a-z]\w*_\w+\s+(?:\d+\s+)?=/;
/**
 * A date and a time of day behind something: what a log put before the rest of an event. QEMU's own, before
 * another event, is looked at by the reader of its log.
 */
const DATE_WITHIN = /^\s*\S+\s.*\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?!\.\d{6}Z [a-z]\w*_)/;
/** What a mail's source has in place of `=`: its breaks are within values, too. */
const ESCAPED = /\w=3D|[a-z]3D(?:0x|-?\d)/;
/** The sign with which a mail's source breaks lines, behind a value: its rest is on the next one. */
const SOFT_BREAK = /=\w{1,20}=(?:\s|$)/;
/** True for a line with such a sign. */
export function isSoftBroken(line: string): boolean {
  return SOFT_BREAK.test(line.slice(0, EVENT_MAX));
}
/** No event that is put together is longer. */
const EVENT_MAX = 4000;
/** A mark that stood before a rest, within an event; and a field's name behind the last digits of a value. */
const MARK_WITHIN = /=[^\s"]{1,80}\s{1,80}[#>|*]{1,3}\s|\s\d\w{0,40}=/;
const BROKEN: readonly RegExp[] = [
  IN_TWO,
  INFO_IN_TWO,
  FOREIGN_WITHIN,
  FIELD_IN_TWO,
  NAME_IN_TWO,
  PLACE_IN_TWO,
  GLUED,
  MARK_WITHIN,
];
/** An event's name and nothing behind it. */
const NAME_ALONE = /\d:\s+[\w:.-]+:\s*$|_exit: .*\srip\s*$/;
/** The beginning of a name at the end, and its end at the beginning. */
const NAME_BEGUN = /\d:\s+[a-z]\w*$/;
const NAME_ENDS = /^\s*\w*:(?:\s|$)/;

/** A time and a name behind it, on a line that begins as no event: it has lost its head. */
const BEHEADED = /\d\.\d{6,9}:(?:\s|&nbsp;)+[\w.:-]+:(?:\s|&nbsp;|$)/;
const LOOK_LENGTH = 400;

/** The lines with a mark for each event that may not be whole; the same lines where all are. */
export function undoubted(lines: PlacedLines, isEvent: (text: string) => boolean): PlacedLines {
  let out: string[] | undefined;
  lines.texts.forEach((text, i) => {
    if (FREE_TEXT.test(text)) return;
    const isLost = isEvent(text)
      ? isInTwo(lines, i) ||
        isSoftBroken(text) ||
        ESCAPED.test(text.slice(0, EVENT_MAX)) ||
        FIELD_AS_NAME.test(text.slice(0, EVENT_MAX)) ||
        DATE_WITHIN.test(text.slice(0, EVENT_MAX)) ||
        isLeftOver(text, lines.texts[i + 1] ?? '', isEvent) ||
        isBehindHead(text, lines.texts[i - 1] ?? '')
      : isBeheaded(text) || (qemuEventAt(text.slice(0, LOOK_LENGTH)) >= 0 && isSoftBroken(text));
    if (!isLost) return;
    out ??= [...lines.texts];
    out[i] = CUT;
  });
  return out ? { texts: out, lines: lines.lines } : lines;
}

/** True for an event without a task where the line before ends within such columns: it is of that line. */
function isBehindHead(event: string, before: string): boolean {
  if (!isBrokenHead('ftrace', before) && !isBrokenHead('perf', before)) return false;
  return !isEventStart('ftrace', event) && !isEventStart('perf', event);
}

function isBeheaded(text: string): boolean {
  if (!BEHEADED.test(text.slice(0, LOOK_LENGTH)) || standsAlone(text) || isProse(text)) return false;
  return !FAMILIES.some((family) => isEventStart(family, text));
}

/** True where an event that was put together has a value with a blank within. */
function isInTwo({ texts, lines }: PlacedLines, i: number): boolean {
  const isJoined = i + 1 === lines.length || lines[i + 1]! - lines[i]! > 1;
  return isJoined && mayBeInTwo(texts[i]!);
}

/** True for an event that has a blank or a sign where none stands in one: something in it may be in two. */
export function mayBeInTwo(event: string): boolean {
  return BROKEN.some((one) => one.test(event.slice(0, EVENT_MAX)));
}

/** True where the next line has the rest of an event. */
function isLeftOver(event: string, next: string, isEvent: (text: string) => boolean): boolean {
  const head = next.slice(0, TAIL);
  const tail = event.slice(-TAIL);
  const isRest =
    FIELD_FIRST.test(head) ||
    (NUMBER_LAST.test(tail) && NUMBER_RESTS.test(head)) ||
    (NAME_BEGUN.test(tail) && NAME_ENDS.test(head)) ||
    (PLACE_LAST.test(tail) && PLACE_RESTS.test(head));
  if (isEvent(next) || standsAlone(next) || next.trim() === '') return false;
  return NAME_ALONE.test(tail) || (isRest && !isProse(next));
}

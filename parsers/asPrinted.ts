/**
 * Whether the first lines of a text are all as the kernel prints them: known headers, then events in their
 * own columns, of plain words. Of such a text it is certain that no other format reads it, no other tool
 * printed it, and nobody pasted it, so that nothing of that has to be looked for. What may be another text is
 * told apart by looking; this only ever says no too often.
 */
import { Ascii } from './base/ascii.js';
import { mayBeInTwo } from './paste/doubt.js';

/** A header, its ruler and its columns' names. */
const HEADER =
  /^#(?:| tracer: \w+| clock: [\w-]+| entries-in-buffer\/entries-written: \d+\/\d+ +#P:\d+|[ |]+(?:_-+=> [\w /-]+|\/ _-+=> [\w /-]+|[|/]+ (?:\/ _-+=> [\w /-]+|\/ +delay| +delay)|TASK-PID +(?:TGID +)?CPU# +\|+ +TIMESTAMP +FUNCTION|\|[ |]*))$/;
/** Blanks and a task's name up to its number and what stands behind it. */
const TASK = String.raw`(?= {1,15}(?:<idle>|<\.\.\.>|kworker\/[\w:+-]{1,7}|[a-zA-Z][\w/ -]{0,14})-\d{1,7} +[([])`;
/** The number behind a column of 16, the thread group, the CPU, flags, and a time of five digits or more. */
const COLUMNS = String.raw`.{16}-\d{1,7} +(?:\( *(?:\d+|-+)\) +)?\[\d{3}\] [.\w#]{4,6} (?=[ \d]{5,}\.) *\d+\.\d{6}: `;
/** A word, where none is a time, a date, or what a mail wrote in place of a sign. */
const WORD = String.raw`(?:(?!3D|\/\/|\d:(?: |$)|\w:\w+:(?: |$)|\d{4}-\d\d-\d\d|=\w{1,20}=)[\w=:,.+/-]|(?<=\w)#(?=\d))+`;
/** Where a probe sits and who called, or what stands in brackets of any word. */
const BRACKETS = String.raw`\((?:\[unknown\/kretprobe'd\]|${WORD})?(?: \[[a-z]\w*\]| <-| ${WORD})*\)[.,:]?`;
/** Words with one blank between. */
const WORDS = String.raw`[a-z_]\w*:(?: (?:(?:${WORD})?${BRACKETS}|${WORD}|\[0x[\da-f]+\](?= ?$)))+`;
/** A system call with numbers alone, and what it returned. */
const ARGUMENT = String.raw`\w+: (?:0x)?[\da-f]+`;
const CALL = String.raw`sys_\w+(?:\((?:${ARGUMENT}(?:, ${ARGUMENT})*)?\)| -> 0x[\da-f]+)`;
const EVENT = new RegExp(`^${TASK}${COLUMNS}(?:${CALL}|${WORDS}) ?$`);
/** A probe with fields alone, or what a call returned: nothing of it can be in two. */
const SURELY_WHOLE =
  /: (?:sys_\w+ -> 0x[\da-f]+|[a-z_]\w*: \(\w+\+0x[\da-f]+\/0x[\da-f]+(?: \[\w+\])?(?: <- \w+)?\)(?: [a-z_]\w*=(?:0x[\da-f]+|-?\d+))*)$/;
/** Digits that are not by themselves: there, something was joined or left out. */
const ODD_HEX = /[a-z_]0x|0x[\da-f]*[g-wyz_]/;
/** What the kernel prints where it lost events. */
const LOST = /^CPU:\d+ \[LOST \d+ EVENTS\]$/;
/** As lines end; few with a blank. */
const ENDS = /[\w)\]] ?$/;

/** A longer line is not looked at. */
const LINE_MAX = 1000;
/** Of fewer, each might be torn. */
const EVENTS_MIN = 3;
/** Of the lines, the share that must be events, unless there is no more than the head. */
const EVENTS_SHARE = 0.8;
/** Where so many events, and such a share of the lines, end in the last column, they may have been broken. */
const CUT_MIN = 3;
const CUT_SHARE = 0.4;
/** So many events with a blank at the end may have been filled up, or marked. */
const BLANKS_SHARE = 0.5;

const decoder = new TextDecoder('latin1');

/** True where all whole lines of a head are so; `isAll`: there is nothing behind it. */
export function isAsPrinted(head: Uint8Array, isAll: boolean): boolean {
  const end = head.lastIndexOf(Ascii.Newline);
  // The rest of a line would be another one's.
  if (end < 0 || (isAll && end + 1 < head.length) || head[0] === Ascii.Newline) return false;
  const lines = decoder.decode(head.subarray(0, end)).split('\n');
  let events = 0;
  let column = 0;
  let inColumn = 0;
  let blanks = 0;
  for (const line of lines) {
    if (line.charCodeAt(0) === Ascii.Hash) {
      if (events > 0 || !HEADER.test(line)) return false;
      continue;
    }
    if (events > 0 && LOST.test(line)) continue;
    if (line.length > LINE_MAX || !ENDS.test(line) || !EVENT.test(line) || ODD_HEX.test(line)) return false;
    events++;
    if (line.endsWith(' ')) blanks++;
    if (line.length > column) {
      column = line.length;
      inColumn = 0;
    }
    if (line.length === column) inColumn++;
  }
  const last = lines[lines.length - 1]!;
  const isWhole = SURELY_WHOLE.test(last) || !mayBeInTwo(last);
  const few = (count: number, share: number): boolean => count < lines.length * share;
  const isCut = inColumn >= CUT_MIN && !few(inColumn, CUT_SHARE);
  if (events < EVENTS_MIN || isCut || blanks >= events * BLANKS_SHARE || !isWhole) return false;
  return isAll || !few(events, EVENTS_SHARE);
}

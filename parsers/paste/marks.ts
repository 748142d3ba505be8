/**
 * What notes, loggers and grep put in front of lines: list marks, fences, numbers, file names, dates.
 * What stands before every line of a text goes at once; what stands before events alone (they were wrapped
 * afterwards) goes when they are whole again.
 */
import { mapLines, type PlacedLines } from '../mail/lines.js';

/** Of the lines that are not blank, the share that must have a mark for it to be the text's. */
const NEARLY_ALL = 0.9;
/** Marks in front of one another, at most. */
const MARKS_MAX = 6;

/**
 * Lines without the blanks that were put before all of them: frames and comments show how many, for recorders
 * print these in columns of their own.
 */
export function dedent(whole: PlacedLines): PlacedLines {
  const areInTab = whole.texts.every((text) => text.startsWith('\t') || text.trim() === '');
  const lines = areInTab ? mapLines(whole, (text) => text.slice(1)) : whole;
  let indent = Infinity;
  for (const text of lines.texts) {
    const blanks = IN_COLUMN.exec(text)?.groups;
    if (blanks) indent = Math.min(indent, (blanks['tab'] ?? blanks['arrow'] ?? blanks['mark'])!.length);
  }
  if (indent === 0 || indent === Infinity) return lines;
  const blanksOfAll = lines.texts.filter((text) => text.trim() !== '').map((text) => text.search(/[^ ]/));
  const indented = blanksOfAll.filter((blanks) => blanks >= indent).length;
  if (indented < blanksOfAll.length * INDENTED_SHARE) indent = Math.min(...blanksOfAll.slice(0, LOOKED_AT));
  const before = ' '.repeat(indent);
  return mapLines(lines, (text) => (text.startsWith(before) ? text.slice(indent) : text));
}
/** Frames of perf behind their tab, of ftrace behind their blank, comments, and marks of a diff or a list. */
const IN_COLUMN = /^(?:(?<tab> *)\t\s*[0-9a-f]{1,16}\s|(?<arrow> *) => \S|(?<mark> *)(?:#\s|[+-]\s*\S))/;
const INDENTED_SHARE = 0.8;
const LOOKED_AT = 1000;

const FENCE = /^[ \t]*(?:```|~~~)[\w+-]{0,20}[ \t]*$/;
/** What opens and closes code in other markups: BBCode, Jira, Trac, LaTeX, Org, roff, comments of C. */
const WRAPPER =
  /^\s*(?:\[\/?(?:code|quote|pre|noparse)(?:=[^\]]{0,80})?\]|\{(?:noformat|code|quote|panel)(?::[^}]{0,200})?\}|\{\{\{|\}\}\}|#!text|\\(?:begin|end)\{\w{1,20}\}|#\+(?:begin|end)_\w{1,20}.{0,40}|\.(?:nf|fi)|\.\. [\w-]{1,20}::.{0,40}|\/\*+|[{}])\s*$/i;
/** The end of a comment of C, where one was opened in the same way; else it is the end of a broken line. */
const COMMENT_END = /^\s*\*+\/\s*$/;
const COMMENT_START = /^\s*\/\*+\s*$/;
const OPENS =
  /^\s*(?:(?:```|~~~)(?!\w{1,20}\s*$)|\[(?:code|quote|pre|noparse)(?:=[^\]]{0,80})?\]|\{(?:noformat|code|quote)(?::[^}]{0,200})?\})/i;
const CLOSES = /(?:```|~~~|\[\/(?:code|quote|pre|noparse)\]|\{(?:noformat|code|quote)\})\s*$/i;
/** A longer line is no such mark. */
const LONGEST_WRAPPER = 240;

/**
 * Fences of Markdown and of other markups become blank lines, and go where a line of the trace stands behind
 * or before them; a line in single backquotes loses them.
 */
export function unfence(lines: PlacedLines): PlacedLines {
  const isEscaped = lines.texts.filter((text) => /\w\\_\w/.test(text)).length * 2 > lines.texts.length;
  const hasComment = lines.texts.some((text) => text.length < LONGEST_WRAPPER && COMMENT_START.test(text));
  const isWrapper = (text: string): boolean => WRAPPER.test(text) || (hasComment && COMMENT_END.test(text));
  return mapLines(lines, (text) => {
    if (FENCE.test(text) || (text.length < LONGEST_WRAPPER && isWrapper(text))) return '';
    const bare = text.replace(OPENS, '');
    const closed = bare.slice(0, -CLOSE_MAX) + bare.slice(-CLOSE_MAX).replace(CLOSES, '');
    const line = /^\s*`[^`]*`\s*$/.test(closed) ? closed.trim().slice(1, -1) : closed;
    return isEscaped ? line.replace(/\\([_*[\]<>#`.()~-])/g, '$1') : line;
  });
}
const CLOSE_MAX = 40;

/** Marks that may stand before a line, each with what ends it. Tried in this order, one after another. */
export const MARKS = {
  // 2021-12-12 16:11:10.214139 and ISO 8601, with the stream that GitLab names behind it
  date: /^\s*(?!\d{4}-\d\d-\d\dT[\d:]+\.\d{6}Z [a-z]+_)\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?(?:\s\d\d[OE]\+?)?(?:\s|$)/,
  // Nov 22 10:00:00 host kernel:
  daemon: /^\s{0,16}[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?:\.\d+)? \S{1,64} [\w.()/-]{1,64}(?:\[\d+\])?: ?/,
  service: /^\S{1,64} [\w.()/-]{1,64}(?:\[\d+\])?: (?=.*\[\d{3,}\])/,
  // Nov 22 10:00:00 of ts(1)
  stamp: /^\s{0,16}[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?:\.\d+)?(?:\s|$)/,
  // [   12.345678] and [    T1]
  printk: /^\s{0,16}(?:<\d+>)?\[\s*\d+\.\d{3,9}\]\s?(?:\[\s*[TC]\d+\]\s?)?/,
  // [  +0.123456] and [Nov29 10:00] of dmesg -e
  since: /^\s{0,16}\[(?:[A-Z][a-z]{2}[ \d]\d \d\d:\d\d|\s*\+\d+\.\d{6})\]\s?/,
  clock: /^\s{0,16}\[?\d\d:\d\d:\d\d(?:[.,]\d+)?\]?(?:\s|$)/,
  // trace.txt:12: of grep -Hn, trace.txt: of grep -H; not host.dat: of trace-cmd, nor
  // 4563@1763815297.025958: of QEMU, nor the tasks kworker/0:1-mm_
  file: /^\s{0,8}(?![+-]|kworker\/)(?=[^:]*[a-zA-Z/])(?!\d+@|\d{4}-\d\d-)[\w./+@~-]{1,200}(?::\d+[:-]|\.(?!dat)[a-z]\w{0,7}[:-](?:\d+[:-])?)/,
  // 12: of grep -n, 12- of its context, `     12<tab>` of cat -n
  number: /^\s{0,16}\d{1,8}(?:[:\t-]|\s{2})/,
  // INFO:root: of Python's logging
  level: /^(?:DEBUG|INFO|NOTICE|WARN(?:ING)?|ERROR|CRITICAL):[\w.-]{1,64}:/,
  list: /^\s{0,8}(?:[-*•](?:\s|$)|\d{1,4}(?:\.\s|\)\s(?=[^\s|]))|[a-zA-Z]\)\s)/,
  // The border of a pager that numbers lines.
  border: /^\s{0,8}[│┃](?:\s|$)/,
  // What points at one line, or makes it bold; not what stands before a frame of a stack: a function, an
  // address, a file.
  pointer:
    /^\s{0,8}(?!=> +(?:[\w.$]+(?:\+0x|\s*$|\s+[(<[])|<[\da-f]{8,16}>|\?\?|\/\S+(?:\s*$|\s+<)))(?:\*\*|[-=]{1,4}>|»|>{2,4}(?= ))\s?/,
  // Not the names of files, +++ b/trace.txt, nor a number below zero.
  diff: /^(?:\+|-(?!\d+(?:\s+\w+=|\s*$)))(?![+-]{2}(?:\s\S|[+-]))/,
} as const satisfies Readonly<Record<string, RegExp>>;
type Mark = keyof typeof MARKS;
const NAMES = Object.keys(MARKS) as Mark[];

/** Takes off what nearly every line of the text has in front, as often as there is something. */
export function unmark(lines: PlacedLines): PlacedLines {
  let now = undiff(lines);
  for (let turn = 0; turn < MARKS_MAX; turn++) {
    const mark = markOfNearlyAll(now.texts);
    if (mark === undefined) return now;
    if (mark === 'number') now = unnumbered(now);
    else if (mark === 'service') now = withoutService(now);
    else if (mark === 'diff') now = withoutSigns(now);
    else now = mapLines(now, (text) => text.replace(MARKS[mark], ''));
  }
  return now;
}

/** Where every line has a diff's mark, dashes behind it are the text's own. */
const DIFF_OF_ALL = /^(?!(?:\+{3}|-{3})\s\S)[+-]/;

/** Of the lines with a mark, the share that must be added for dashes to be no marks. */
const ADDED_SHARE = 0.8;

/** The lines without the marks of a diff; where nearly all were added, a dash is the text's own. */
function withoutSigns(lines: PlacedLines): PlacedLines {
  const signed = lines.texts.filter((text) => DIFF_OF_ALL.test(text));
  const areAdded = signed.filter((text) => text.startsWith('+')).length >= signed.length * ADDED_SHARE;
  const sign = areAdded ? /^\+(?!\+{2}\s\S)/ : DIFF_OF_ALL;
  return mapLines(lines, (text) => text.replace(sign, ''));
}

/** The lines without a host and a service in front, which lines of no event have too: marks of a cut do. */
function withoutService(lines: PlacedLines): PlacedLines {
  const first = lines.texts.find((text) => MARKS.service.test(text));
  const service = MARKS.service.exec(first ?? '')![0].trimEnd();
  return mapLines(lines, (text) => {
    if (!text.startsWith(service)) return text.replace(MARKS.service, '');
    return text.slice(service.length).replace(/^ /, '');
  });
}

/** The lines without numbers in front, of which a blank line has one and nothing else. */
function unnumbered(lines: PlacedLines): PlacedLines {
  let number = -1;
  return mapLines(lines, (text) => {
    const now = Number(/^\s{0,16}(\d{1,8})(?=[:\t-]|\s|$)/.exec(text)?.[1] ?? NaN);
    const isNext = now === number + 1;
    if (MARKS.number.test(text)) number = now;
    else if (isNext && /^[\s\d]+$/.test(text)) {
      number = now;
      return '';
    }
    return text.replace(MARKS.number, '');
  });
}

/** The mark that most lines have, if nearly all have it; the first of equals. */
function markOfNearlyAll(texts: readonly string[]): Mark | undefined {
  let best: Mark | undefined;
  let most = 0;
  for (const name of NAMES) {
    const having = nearlyAllHave(texts, name);
    if (having > most) {
      best = name;
      most = having;
    }
  }
  return best;
}

/** A diff without its first column, where every line of a hunk has one. */
function undiff(lines: PlacedLines): PlacedLines {
  if (!lines.texts.some((text) => /^@@ -\d/.test(text))) return lines;
  return mapLines(lines, (text) => text.replace(/^[+ -]/, ''));
}

/** How many lines have a mark; 0 where that is not nearly all. */
function nearlyAllHave(texts: readonly string[], mark: Mark): number {
  const few = texts.length * (1 - NEARLY_ALL);
  let all = 0;
  let having = 0;
  let before = -1;
  for (const text of texts) {
    if (text.trim() === '' || text === '--') continue;
    // Of most marks it shows soon that not nearly all lines have them.
    if (all++ - having > few) return 0;
    if (!MARKS[mark].test(text)) continue;
    if (mark === 'number') {
      // Numbers of lines grow, or fall by one up to where the cursor is; other numbers in front do not.
      const value = Number(/\d+/.exec(text)![0]);
      if (value <= before && value !== before - 1) continue;
      before = value;
    }
    having++;
  }
  return all >= 3 && having >= all * NEARLY_ALL ? having : 0;
}

/** Marks that the lines of a log have, of which one may tell where a line began that was broken. */
const OF_LINES: readonly Mark[] = [
  'date',
  'daemon',
  'stamp',
  'printk',
  'since',
  'clock',
  'file',
  'number',
  'diff',
];
/** Of the lines, the share that must have one: an event is broken into few. */
const BEGIN_SHARE = 0.2;
/** Numbers of lines grow by less than this. */
const NUMBERS_APART = 100;

/**
 * Which lines have a mark of a log, where many do and many do not: these were broken from them. Undefined
 * where no mark tells.
 */
export function beginsByMarks(texts: readonly string[]): Uint8Array | undefined {
  for (const name of OF_LINES) {
    if (hasNoneOfMany(texts, name)) continue;
    let number = -1;
    let count = 0;
    const begins = Uint8Array.from(texts, (text) => {
      if (!MARKS[name].test(text)) return 0;
      if (name === 'number') {
        const now = Number(/\d+/.exec(text)![0]);
        if (number >= 0 && (now <= number || now > number + NUMBERS_APART)) return 0;
        number = now;
      }
      count++;
      return 1;
    });
    if (count >= 3 && count >= texts.length * BEGIN_SHARE && count < texts.length) return begins;
  }
  return undefined;
}

/** True where none of many lines, apart from one another, has a mark that a fifth of all must have. */
function hasNoneOfMany(texts: readonly string[], mark: Mark): boolean {
  const step = Math.floor(texts.length / MANY);
  if (step < 2) return false;
  // An odd step comes upon first and last lines of events of two, too.
  for (let i = 0; i < texts.length; i += step | 1) if (MARKS[mark].test(texts[i]!)) return false;
  return true;
}
const MANY = 1000;

/** Of the lines that begin an event behind marks, the share that must have a mark for it to be taken off. */
const MOST = 0.5;

/**
 * Takes marks off lines that are events behind them; a mark that few of these have is part of a task's
 * name.
 */
export function unmarkEvents(
  lines: PlacedLines,
  isEvent: (text: string, isMarked: boolean) => boolean,
): PlacedLines {
  const found = lines.texts.map((text) => marksBefore(text, isEvent));
  const counts = new Map<Mark, number>();
  let events = 0;
  for (const marks of found) {
    if (!marks) continue;
    events++;
    for (const mark of new Set(marks)) counts.set(mark, (counts.get(mark) ?? 0) + 1);
  }
  const kept = new Set(
    NAMES.filter((mark) => ONE_LINE_HAS.includes(mark) || (counts.get(mark) ?? 0) >= events * MOST),
  );
  if (kept.size === 0) return lines;
  return mapLines(lines, (text, i) => {
    let rest = text;
    for (const mark of found[i] ?? []) {
      if (!kept.has(mark)) break;
      rest = rest.replace(MARKS[mark], '');
      if (mark === 'pointer') rest = inTaskColumn(rest.replace(/\*\*\s*$/, ''));
    }
    return rest;
  });
}

/** A line whose mark stood where a kernel prints blanks before a task's name. */
function inTaskColumn(text: string): string {
  return text.replace(/^\s*(\S.{0,14}?)(?=-\d{1,7}\s)/, (_, comm: string) => comm.padStart(COMM_COLUMN));
}
const COMM_COLUMN = 16;

/** Marks that one line of a text may have. */
const ONE_LINE_HAS: readonly Mark[] = ['list', 'pointer'];

/**
 * The marks before the event of a line, most first; none for an event without, undefined for a line that is
 * no event.
 */
function marksBefore(
  text: string,
  isEvent: (text: string, isMarked: boolean) => boolean,
): Mark[] | undefined {
  let rest = text;
  let best: Mark[] | undefined = isEvent(text, false) ? [] : undefined;
  const marks: Mark[] = [];
  for (let turn = 0; turn < MARKS_MAX; turn++) {
    const mark = NAMES.find((name) => MARKS[name].test(rest));
    if (mark === undefined) break;
    rest = rest.replace(MARKS[mark], '');
    marks.push(mark);
    if (isEvent(rest, true)) best = [...marks];
  }
  return best;
}

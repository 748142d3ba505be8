/**
 * What some program or person put in front of every line, whatever it is: a host and a unit, a logger's
 * columns, a nick, initials, the opening of a string. It is learned from the lines of events: what they all
 * begin with, but for digits, and what is too much for a task's name.
 */
import { mapLines, type PlacedLines } from '../mail/lines.js';
import { MARKS } from './marks.js';
import { isNamedByQemu, isUnmarkedLayout, standsAlone } from './shapes.js';
import { eventAt, hasColumnsOrName, qemuEventAt } from './columns.js';

/** Longest name of a task that a kernel prints. */
const COMM_MAX = 15;
/** A mark in front is not longer. */
const PREFIX_MAX = 160;
/** So many lines of events are looked at to learn what they begin with. */
const LEARNED_FROM = 2000;
/** Of these, the share that must begin so. */
const NEARLY_ALL = 0.9;

/** Where a task's name ends: before its number, its CPU and its time. */
const TASK_END =
  /-\d{1,7}\s+(?:\(\s*(?:\d+|-+)\)\s+)?\[\d{3,}\](?:-0x[\da-f]{1,4})?\s+(?:[.\w#]{4,8}\s+)?\d+(?:\.\d{6,9})?:(?:\s|$)|\s-?\d+(?:\/\d+)?\s+(?:[.\w]{4,8}\s+)?\[\d{3,}\]\s+(?:[.\w]{4,8}\s+)?\d+\.\d{6,9}:(?:\s|$)/;
/** The same of the latency format, which cuts names to eight bytes. */
const LATENCY_TASK_END = /-\d{1,7}\s+\d+[.\w#]{4,8}\s+\d+(?:\.\d+)?(?:us.?)?:(?:\s|$)/;
const LATENCY_COMM_MAX = 8;
/** The columns of the function graph. */
const GRAPH_AT = /(?<=\s)\d{1,4}\)\s[^|]{0,60}\|(?=\s)/;
/** The same of the verbose latency format. */
const VERBOSE_TASK_END = /\s\d{1,7}\s+\d+ \d+ [0-9a-f]{8} [0-9a-f]{8} \[[0-9a-f]+\]\s+\d+\.\d+ms/;
const VERBOSE_RESTS = /^\s*\[[0-9a-f]{8,16}\] -?\d+(?:\.\d+ms)? \(\+/;
const QEMU_STAMP = /(?:\d+@\d+\.\d+:|\d{4}-\d\d-\d\dT[\d:]+\.\d{6}Z )[a-z]\w*_\w+\s/;

/** `2026-11-29T10:00:07.123456Z `. */
const QEMU_TIME = /\d{4}-\d\d-\d\dT[\d:]+\.\d{6}Z $/;

/** A line of an event: what is before the part that every recorder prints, and whether that may stay. */
interface Front {
  readonly text: string;
  /** Whether what is behind a prefix of this length is what a recorder prints. */
  readonly fits: (length: number) => boolean;
  /** Whether it ends with a task's name, of which every recorder fills the column with blanks. */
  readonly isTask: boolean;
}

function frontOf(line: string): Front | undefined {
  // Layouts whose columns look like marks, and the rest of one.
  if (isUnmarkedLayout(line) || VERBOSE_RESTS.test(line))
    return { text: '', fits: () => true, isTask: false };
  const head = line.slice(0, PREFIX_MAX * 2);
  const task = TASK_END.exec(head);
  if (task) return frontOfTask(head.slice(0, task.index), COMM_MAX);
  const latency = LATENCY_TASK_END.exec(head);
  if (latency) return frontOfTask(head.slice(0, latency.index), LATENCY_COMM_MAX);
  const verbose = VERBOSE_TASK_END.exec(head);
  if (verbose) return frontOfTask(head.slice(0, verbose.index), COMM_MAX);
  const graph = GRAPH_AT.exec(head);
  if (graph) {
    const fits = (length: number): boolean => isUnmarkedLayout(line.slice(length));
    return { text: head.slice(0, graph.index), fits, isTask: false };
  }
  const stamp = QEMU_STAMP.exec(head)?.index ?? -1;
  const event = stamp >= 0 ? stamp : eventAt(head);
  const at = event >= 0 ? event : qemuEventAt(head);
  if (at < 0) return undefined;
  // With `-msg timestamp=on`, QEMU itself prints a time before the name.
  const text = head.slice(0, at).replace(QEMU_TIME, '');
  return {
    text,
    fits: (length) => {
      const rest = line.slice(length);
      return text.slice(length).trim() === '' || hasColumnsOrName(rest);
    },
    isTask: false,
  };
}

/** The name of a buffer, which trace-cmd prints before the task. */
const BUFFER = /^\s*[\w.-]{1,64}:\s{2,}/;

function frontOfTask(text: string, longest: number): Front {
  return {
    text,
    fits: (length) => {
      const name = text.slice(length).replace(BUFFER, '').trim();
      return name !== '' && name.length <= longest;
    },
    isTask: true,
  };
}

/** A text up to some place, with every number as `0`: what two lines of one logger have in common. */
interface Begin {
  readonly shape: string;
  readonly length: number;
  /** Whether it ends with a mark that no task's name ends with, and not just with a blank. */
  readonly isMark: boolean;
}

const PIECE = /[0-9a-f]{7,40}(?![\w])|\d+|\s+|[\s\S]/g;
/** Signs that stand within dates, numbers and names. */
const WITHIN_NUMBERS = /^[:,+#%]$/;
const MARK = /^[>|:\])}"'`#*+,;$%=~•→│»]$/;

/** The end of a thread's group that was broken: no program begins a line so. */
const CLOSING = /^\s*\)/;

/** The places at which a prefix of the text may end; with `anywhere`, behind signs within numbers too. */
function beginsOf(text: string, anywhere = false): Begin[] {
  const pieces = text.slice(0, PREFIX_MAX).match(PIECE) ?? [];
  const begins: Begin[] = [];
  let shape = '';
  let length = 0;
  let isMark = false;
  pieces.forEach((piece, i) => {
    length += piece.length;
    const next = pieces[i + 1];
    if (/^\s/.test(piece)) {
      shape += ' ';
      begins.push({ shape, length, isMark });
      isMark = false;
      return;
    }
    const isNumber = piece.length >= 7 || /^\d/.test(piece);
    shape += isNumber ? '0' : piece;
    const isLast = next === undefined || /^\s/.test(next);
    isMark = MARK.test(piece) || (/^[-/]$/.test(piece) && isLast);
    // No blank must follow; but the colon of `10:00`, or of a task's `u8:1`, ends nothing.
    const isWithin = !anywhere && !isLast && /^\d/.test(next) && WITHIN_NUMBERS.test(piece);
    const endsText = next === undefined && MARK.test(piece);
    // Where a blank follows, others may have none.
    if (endsText || (isMark && !isWithin)) begins.push({ shape, length, isMark });
  });
  return begins;
}

/** What a probe's place goes on with where it was broken before its offset: no mark of a diff. */
const OFFSET = /^\+0x/;

/** The lines without what they all have in front; the same lines where that is nothing. */
export function unprefix(lines: PlacedLines): PlacedLines {
  const shape = shapeOfPrefix(lines.texts);
  if (shape === undefined) return lines;
  const bare = shape.trimEnd();
  const isNumber = /^[ 0]+$/.test(shape);
  const ends = lines.texts.map((text) => {
    const begin = beginsOf(`${text} `, true).find(({ shape }) => {
      // An editor puts the number of the cursor's line at the left.
      return isNumber ? shape.trim() === bare.trim() : shape.trimEnd() === bare;
    });
    if (begin === undefined || OFFSET.test(text.slice(begin.length - 1))) return undefined;
    // Behind a date stands the stream that GitLab names.
    const date = MARKS.date.exec(text)?.[0].length ?? 0;
    return text.slice(0, Math.max(begin.length, date)).trimEnd().length;
  });
  const blanks = blanksBehind(lines.texts, ends);
  const isOfLine = isNumber ? numbersOfLines(lines.texts, ends) : undefined;
  return mapLines(lines, (text, i) => {
    const end = ends[i];
    if (end === undefined || isOfLine?.[i] === 0) return text;
    const behind = text.slice(end);
    return behind.slice(Math.min(blanks, behind.length - behind.trimStart().length));
  });
}

/**
 * Which lines have a number in front that is one of lines, or of times that they came: it stands before an
 * event, or what a recorder prints on a line of its own, or is one more than the number before or one less
 * than that behind. A number alone may as well be what a broken line goes on with.
 */
function numbersOfLines(texts: readonly string[], ends: readonly (number | undefined)[]): Uint8Array {
  const numbers = texts.map((text, i) =>
    Number(/^\s*(\d+)\s*$/.exec(text.slice(0, ends[i] ?? 0))?.[1] ?? NaN),
  );
  const areOf = new Uint8Array(texts.length);
  const areAll = numbers.filter((now) => !Number.isNaN(now)).length >= texts.length * NEARLY_ALL;
  const column = columnOfNumbers(texts, ends);
  let before = NaN;
  let last = -1;
  numbers.forEach((now, i) => {
    if (Number.isNaN(now)) return;
    const behind = texts[i]!.slice(ends[i]);
    // No program that numbers some lines fills their numbers up with zeros.
    if (!areAll && /^\s*0\d/.test(texts[i]!)) return;
    // The last digits of a value that was broken, under the number of its own line.
    if (behind.trim() === '' && (now === before || (column !== undefined && ends[i] !== column))) return;
    // Above the cursor an editor may count them from it.
    const isRow = now === before + 1 || now === before - 1;
    if (isRow) areOf[last] = 1;
    const isWhole = standsAlone(behind) || isNamedByQemu(behind) || (areAll && behind.trim() === '');
    areOf[i] = isRow || isWhole || frontOf(texts[i]!) ? 1 : 0;
    before = now;
    last = i;
  });
  return areOf;
}

/** The column in which the numbers before events end, where it is one for all. */
function columnOfNumbers(
  texts: readonly string[],
  ends: readonly (number | undefined)[],
): number | undefined {
  const columns = new Set(ends.filter((end, i) => end !== undefined && frontOf(texts[i]!)));
  return columns.size === 1 ? [...columns][0] : undefined;
}

/** Blanks that stand behind the prefix of every event: more are the line's own, as the tab before a frame. */
function blanksBehind(texts: readonly string[], ends: readonly (number | undefined)[]): number {
  let least = Infinity;
  texts.forEach((text, i) => {
    const end = ends[i];
    if (end === undefined || !frontOf(text)) return;
    least = Math.min(least, text.length - end - text.slice(end).trimStart().length);
  });
  return least;
}

/** The fronts to learn from. An event's name at the left, where others have a task, begins a rest. */
function frontsOf(texts: readonly string[]): readonly Front[] {
  const fronts: Front[] = [];
  for (const text of texts) {
    const front = frontOf(text);
    if (!front) continue;
    fronts.push(front);
    if (fronts.length === LEARNED_FROM) break;
  }
  const isTask = fronts.some((front) => front.isTask);
  return isTask ? fronts.filter(({ text }) => text.trim() !== '') : fronts;
}

function shapeOfPrefix(texts: readonly string[]): string | undefined {
  const fronts = frontsOf(texts);
  const fitting = fronts.filter((front) => front.fits(0)).length;
  const enough = fronts.length * NEARLY_ALL;
  // Lines that fit as they are may still have a short mark, which then stands where a recorder has a blank.
  const areWell = fitting >= enough;
  if (fronts.length === 0 || (areWell && !fronts.every(({ isTask, text }) => isTask && /^\S/.test(text))))
    return undefined;
  const counts = new Map<string, { readonly isMark: boolean; count: number }>();
  for (const front of fronts) {
    for (const { shape, length, isMark } of beginsOf(front.text)) {
      if (!front.fits(length)) continue;
      const seen = counts.get(shape);
      if (seen) seen.count++;
      else counts.set(shape, { isMark, count: 1 });
    }
  }
  const common = [...counts].filter(
    ([shape, { isMark, count }]) =>
      count >= enough &&
      !CLOSING.test(shape) &&
      (!areWell || (isMark && (shape.endsWith(' ') || isOfAll(texts, shape)))),
  );
  // What has columns of an event behind it is no part of a prefix.
  const isTask = fronts.some((front) => front.isTask);
  const marks = common.filter(([, { isMark }]) => isMark).map(([shape]) => shape);
  if (marks.length > 0) return isTask ? longest(marks) : shortest(marks);
  return shortest(common.map(([shape]) => shape));
}

/** Lines of no event that begin so, at least, and of all lines the share that must. */
const OTHERS_MIN = 3;
const OF_ALL_SHARE = 0.98;

/** True for what lines of events and nearly all others begin with: no task's name, which only events have. */
function isOfAll(texts: readonly string[], shape: string): boolean {
  let all = 0;
  let having = 0;
  let others = 0;
  for (const text of texts.slice(0, LEARNED_FROM)) {
    if (text.trim() === '') continue;
    all++;
    if (!beginsOf(`${text} `, true).some((begin) => begin.shape.trimEnd() === shape.trimEnd())) continue;
    having++;
    if (!frontOf(text)) others++;
  }
  return others >= OTHERS_MIN && having >= all * OF_ALL_SHARE;
}

const longest = (all: readonly string[]): string => all.reduce((a, b) => (b.length > a.length ? b : a));
const shortest = (all: readonly string[]): string | undefined =>
  all.length === 0 ? undefined : all.reduce((a, b) => (b.length < a.length ? b : a));

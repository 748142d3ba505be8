/**
 * Events that stand one behind another in a paragraph, because a form or a mail client took the line ends
 * away, and perhaps broke the paragraph elsewhere.
 */
import type { PlacedLines } from '../mail/lines.js';
import { QEMU_ARGUMENTS, qemuNames } from './columns.js';
import { FREE_TEXT } from './ends.js';
import { framesApart } from './reflowFrames.js';

const COLUMNS = String.raw`\[\d{3,}\](?:-0x[\da-f]{1,4})?\s+(?:[.\w#]{4,8}\s+)?\d+\.\d{6,9}:\s`;
const LATENCY = String.raw`\d+[.\w#]{4,8}\s+\d+(?:\.\d+)?us.?:\s`;
const TASK = String.raw`(?:CPU \d{1,4}\/KVM|\S{1,15})(?:-\d{1,7}\s+(?:\(\s*(?:\d+|-+)\)\s+)?|\s+\d+(?:\/\d+)?\s+)`;
const QEMU_TIME = String.raw`\d{4}-\d\d-\d\dT[\d:]+\.\d{6}Z `;
/** Has an underscore, which is looked for once: where any may be it, a long name takes time by its square. */
const QEMU_NAME = String.raw`[a-z](?=[^\W_]*_\w)\w+`;
const QEMU_STAMPED = String.raw`\d+@\d+\.\d+:${QEMU_NAME}(?=\s|$)|${QEMU_TIME}${QEMU_NAME}(?=\s|$)`;
const QEMU_BARE = new RegExp(String.raw`(?<=^|\s)${QEMU_NAME}${QEMU_ARGUMENTS}`, 'g');
/** Words of QEMU's events that look like a name of one. */
const NO_NAMES: ReadonlySet<string> = new Set(['shared_to_private', 'private_to_shared']);
/** What is not longer than this may be the beginning of a task's name. */
const COMM_MAX = 16;
/** Of the events, the share that must begin within a line. */
const WITHIN_SHARE = 1 / 3;

/** What an event begins with. */
type Starts = (whole: string) => readonly Start[];
interface Start {
  readonly index: number;
  readonly head: string;
}

/** A task of ftrace or perf, or a stamp or name of QEMU. */
const STARTS: readonly Starts[] = [
  (whole) => withWholeNames(whole, matches(whole, TASKS)),
  (whole) => matches(whole, STAMPED),
  bareStarts,
];
const TASKS = new RegExp(String.raw`(?<=^|\s)${TASK}${COLUMNS}|(?<=^|\s)\S{1,8}-\d{1,7}\s+${LATENCY}`, 'g');
const STAMPED = new RegExp(String.raw`(?<=^|\s)(?:${QEMU_STAMPED})`, 'g');

function matches(whole: string, start: RegExp): Start[] {
  return [...whole.matchAll(start)].map(({ 0: head, index }) => ({ index, head }));
}

/** Events of QEMU's log without a stamp, where some are known. */
function bareStarts(whole: string): readonly Start[] {
  const found = matches(whole, QEMU_BARE).filter(({ head }) => !NO_NAMES.has(head));
  // A list of names is none of events, which have arguments.
  const isBare = ({ head, index }: Start, i: number): boolean =>
    i + 1 < found.length && whole.slice(index + head.length, found[i + 1]!.index).trim() === '';
  const isList = found.filter(isBare).length * 2 > found.length;
  return !isList && found.some(({ head }) => qemuNames.has(head)) ? found : [];
}

/** A word of a task's name, as no event ends in one. */
const NAME_WORD = /^(?![\d.]+$|0x|[0-9a-f]{8,}$)[^\s=()<>[\]{},;"']+:?$/;
const WORDS_MAX = 3;
const TASK_AND_NUMBER = /^\S+?(?:-|\s+)\d{1,7}(?:\/\d{1,7})?(?=\s)/;

/** Where a name ends. */
const NAME_END = /(?:-|\s+)\d{1,7}(?:\/\d{1,7})?\s/;

/** The starts with names of tasks that have blanks: words that stand before every event of one task. */
function withWholeNames(whole: string, starts: Start[]): readonly Start[] {
  const words = starts.map(({ index }, i) => {
    const from = Math.max(i > 0 ? starts[i - 1]!.index + starts[i - 1]!.head.length : 0, index - COMM_MAX);
    const before = whole.slice(from, index).trimEnd().split(/\s+/);
    if (from > 0 && !/\s/.test(whole[from - 1]!)) before.shift();
    return before.reverse();
  });
  const common = new Map<string, readonly string[]>();
  const seen = new Map<string, number>();
  starts.forEach(({ head }, i) => {
    const task = TASK_AND_NUMBER.exec(head)?.[0] ?? '';
    const mine = words[i]!;
    const shared = common.get(task) ?? mine.slice(0, WORDS_MAX);
    const differs = shared.findIndex((word, k) => word !== mine[k] || !NAME_WORD.test(word));
    common.set(task, differs < 0 ? shared : shared.slice(0, differs));
    seen.set(task, (seen.get(task) ?? 0) + 1);
  });
  return starts.map(({ index, head }) => {
    const task = TASK_AND_NUMBER.exec(head)?.[0] ?? '';
    let from = index;
    if (seen.get(task)! > 1) {
      for (const word of common.get(task)!) {
        const at = whole.lastIndexOf(word, from - 1);
        if (index - at + head.search(NAME_END) >= COMM_MAX) break;
        from = at;
      }
    }
    return { index: from, head: whole.slice(from, index) + head };
  });
}

/** Lines without a blank one between, put into one. */
interface Paragraph {
  readonly whole: string;
  /** Its first line. */
  readonly from: number;
  /** Where in the whole each line begins. */
  readonly starts: readonly number[];
}

function paragraphsOf(texts: readonly string[]): Paragraph[] {
  const paragraphs: Paragraph[] = [];
  let pieces: string[] = [];
  let starts: number[] = [];
  let length = 0;
  const flush = (end: number): void => {
    if (pieces.length > 0) paragraphs.push({ whole: pieces.join(' '), from: end - pieces.length, starts });
    pieces = [];
    starts = [];
    length = 0;
  };
  texts.forEach((text, i) => {
    const piece = text.trim();
    if (piece === '') {
      flush(i);
      return;
    }
    pieces.push(piece);
    starts.push(length);
    length += piece.length + 1;
  });
  flush(texts.length);
  return paragraphs;
}

/** The paragraphs cut before each event; undefined where events begin lines. */
export function reflow(lines: PlacedLines): PlacedLines | undefined {
  const paragraphs = paragraphsOf(lines.texts);
  for (const starts of STARTS) {
    const found = paragraphs.map(({ whole }) => starts(whole));
    if (found.every(({ length }) => length === 0)) continue;
    if (!areWithin(paragraphs, found)) return undefined;
    const out: PlacedLines = { texts: [], lines: [] };
    paragraphs.forEach((paragraph, i) => void cutParagraph(paragraph, found[i]!, lines.lines, out));
    return out;
  }
  return undefined;
}

/** Longest text before an event that is looked at, and the share of events that must have it. */
const FRONT_MAX = 160;
const FRONT_SHARE = 0.9;

/** True where many events begin within lines, and none of them in what somebody wrote into a trace. */
function areWithin(paragraphs: readonly Paragraph[], found: readonly (readonly Start[])[]): boolean {
  let within = 0;
  let all = 0;
  /** What stands before events on their lines, by how many have it: all the same is a logger's. */
  const fronts = new Map<string, number>();
  for (const [i, { whole, starts }] of paragraphs.entries()) {
    let line = 0;
    let before = 0;
    for (const { head, index } of found[i]!) {
      all++;
      while (line + 1 < starts.length && starts[line + 1]! <= index) line++;
      const front = whole.slice(starts[line]!, index).slice(0, FRONT_MAX).replace(/\d+/g, '0');
      fronts.set(front, (fronts.get(front) ?? 0) + 1);
      const isFirst = index <= starts[line]! + COMM_MAX || beginsNext(head, index, starts[line + 1]);
      if (!isFirst && FREE_TEXT.test(whole.slice(before, index))) return false;
      if (!isFirst) within++;
      before = index;
    }
  }
  const first = [...fronts][0];
  if (first && /\S/.test(first[0]) && first[1] >= all * FRONT_SHARE) return false;
  return within >= 2 && within >= all * WITHIN_SHARE;
}

/** True where the next line begins with a task's number: the word before it is the end of another event. */
function beginsNext(head: string, index: number, next: number | undefined): boolean {
  return (
    next !== undefined && next < index + head.length && /^\d+(?:\/\d+)?\s/.test(head.slice(next - index))
  );
}

function cutParagraph(
  { whole, from, starts }: Paragraph,
  found: readonly Start[],
  lines: readonly number[],
  out: PlacedLines,
): void {
  const cuts = [0, ...found.map(({ index }) => index), whole.length];
  let line = 0;
  for (let c = 0; c + 1 < cuts.length; c++) {
    let at = cuts[c]!;
    for (const piece of framesApart(whole.slice(at, cuts[c + 1]!))) {
      while (line + 1 < starts.length && starts[line + 1]! <= at) line++;
      at += piece.length;
      if (piece.trim() === '') continue;
      out.texts.push(/^\s/.test(piece) ? piece.trimEnd() : piece.trim());
      out.lines.push(lines[from + line]!);
    }
  }
}

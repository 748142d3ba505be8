/**
 * Events that stand one behind another in a paragraph, because a form or a mail client took the line ends
 * away, and perhaps broke the paragraph elsewhere.
 */
import type { PlacedLines } from '../mail/lines.js';
import { QEMU_ARGUMENTS, qemuNames } from './columns.js';
import { FREE_TEXT } from './ends.js';

const COLUMNS = String.raw`\[\d{3,}\]\s+(?:[.\w#]{4,8}\s+)?\d+\.\d{6,9}:\s`;
const TASK = String.raw`(?:CPU \d{1,4}\/KVM|\S{1,15})(?:-\d{1,7}\s+(?:\(\s*(?:\d+|-+)\)\s+)?|\s+\d+(?:\/\d+)?\s+)`;
const QEMU_TIME = String.raw`\d{4}-\d\d-\d\dT[\d:.]+Z `;
const QEMU_NAMES = [...qemuNames].join('|');
/** Has an underscore, which is looked for once: where any may be it, a long name takes time by its square. */
const QEMU_NAME = String.raw`[a-z](?=[^\W_]*_\w)\w+`;
const QEMU = String.raw`\d+@\d+\.\d+:${QEMU_NAME}(?=\s|$)|(?:${QEMU_TIME})?(?:${QEMU_NAMES})${QEMU_ARGUMENTS}`;
/** What an event begins with: a task of ftrace or perf, or a stamp or name of QEMU. */
const STARTS = [`${TASK}${COLUMNS}`, QEMU].map((start) => new RegExp(String.raw`(?<=^|\s)(?:${start})`, 'g'));
/** What is not longer than this may be the beginning of a task's name. */
const COMM_MAX = 16;
/** Of the events, the share that must begin within a line. */
const WITHIN_SHARE = 1 / 3;

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
  const start = STARTS.find((each) => paragraphs.some(({ whole }) => whole.search(each) >= 0));
  if (!start || !areWithin(paragraphs, start)) return undefined;
  const out: PlacedLines = { texts: [], lines: [] };
  for (const paragraph of paragraphs) cutParagraph(paragraph, start, lines.lines, out);
  return out;
}

/** True where many events begin within lines, and none of them in what somebody wrote into a trace. */
function areWithin(paragraphs: readonly Paragraph[], start: RegExp): boolean {
  let within = 0;
  let all = 0;
  for (const { whole, starts } of paragraphs) {
    let line = 0;
    let before = 0;
    for (const { 0: head, index } of whole.matchAll(start)) {
      all++;
      while (line + 1 < starts.length && starts[line + 1]! <= index) line++;
      const isFirst = index <= starts[line]! + COMM_MAX || beginsNext(head, index, starts[line + 1]);
      if (!isFirst && FREE_TEXT.test(whole.slice(before, index))) return false;
      if (!isFirst) within++;
      before = index;
    }
  }
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
  start: RegExp,
  lines: readonly number[],
  out: PlacedLines,
): void {
  const cuts = [0, ...[...whole.matchAll(start)].map(({ index }) => index), whole.length];
  let line = 0;
  for (let c = 0; c + 1 < cuts.length; c++) {
    const text = whole.slice(cuts[c]!, cuts[c + 1]!).trim();
    while (line + 1 < starts.length && starts[line + 1]! <= cuts[c]!) line++;
    if (text === '') continue;
    out.texts.push(text);
    out.lines.push(lines[from + line]!);
  }
}

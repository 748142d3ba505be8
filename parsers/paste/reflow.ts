/**
 * Events that stand one behind another in a paragraph, because a form or a mail client took the line ends
 * away, and perhaps broke the paragraph elsewhere.
 */
import type { PlacedLines } from '../mail/lines.js';
import { FREE_TEXT } from './ends.js';

const COLUMNS = String.raw`\[\d{3,}\]\s+(?:[.\w#]{4,8}\s+)?\d+\.\d{6,9}:\s`;
const START = new RegExp(
  String.raw`(?<=^|\s)(?:CPU \d{1,4}\/KVM|\S{1,15})(?:-\d{1,7}\s+(?:\(\s*(?:\d+|-+)\)\s+)?|\s+\d+(?:\/\d+)?\s+)${COLUMNS}`,
  'g',
);
/** What is not longer than this may be the beginning of a task's name. */
const COMM_MAX = 16;
/** Of the events, the share that must begin within a line. */
const WITHIN_SHARE = 1 / 3;

/** The paragraphs cut before each event; undefined where events begin lines. */
export function reflow(lines: PlacedLines): PlacedLines | undefined {
  let within = 0;
  let all = 0;
  for (const text of lines.texts) {
    const first = text.length - text.trimStart().length;
    const free = FREE_TEXT.exec(text);
    const freeEnd = free === null ? Infinity : free.index + free[0].length;
    for (const { index } of text.matchAll(START)) {
      all++;
      if (index <= first + COMM_MAX) continue;
      // What somebody wrote into a trace is no event of it.
      if (freeEnd <= index) return undefined;
      within++;
    }
  }
  if (within < 2 || within < all * WITHIN_SHARE) return undefined;
  const out: PlacedLines = { texts: [], lines: [] };
  for (let i = 0; i < lines.texts.length; ) {
    let end = i;
    while (end < lines.texts.length && lines.texts[end]!.trim() !== '') end++;
    cutParagraph(lines, i, end, out);
    i = end + 1;
  }
  return out;
}

function cutParagraph({ texts, lines }: PlacedLines, from: number, end: number, out: PlacedLines): void {
  const pieces = texts.slice(from, end);
  const whole = pieces.map((text) => text.trim()).join(' ');
  const cuts = [0, ...[...whole.matchAll(START)].map(({ index }) => index), whole.length];
  /** Where in the whole the line `line` ends. */
  let line = from;
  let lineEnd = (pieces[0] ?? '').trim().length;
  for (let c = 0; c + 1 < cuts.length; c++) {
    const text = whole.slice(cuts[c]!, cuts[c + 1]!).trim();
    while (line + 1 < end && cuts[c]! > lineEnd) lineEnd += texts[++line]!.trim().length + 1;
    if (text === '') continue;
    out.texts.push(text);
    out.lines.push(lines[line]!);
  }
}

/** What stands behind every line: blanks, the `$` of `cat -A`, a backslash, a border, the end of a string. */
import { mapLines, type PlacedLines } from '../mail/lines.js';

/** Of the lines that are not blank, the share that must end so. */
const NEARLY_ALL = 0.9;
/** Ends behind one another, at most. */
const TURNS = 4;
/** Longest end that is looked at. */
const TAIL = 400;

interface End {
  readonly is: RegExp;
  /** What the same program wrote in place of other characters. */
  readonly restore?: (text: string) => string;
}

const ENDS: readonly End[] = [
  { is: /[ \t]+$/ },
  { is: /\$$/, restore: (text) => text.replace(/\^I/g, '\t') },
  { is: /\\$/ },
  { is: /[│┃|]$/ },
  // The end of code in Org and other markups.
  { is: /[~=*`]$/ },
  // The end of a string of C, Python or JSON, perhaps with other fields behind it.
  {
    is: /(?:\\[nr])*["'](?:,\s{0,2}"\w{1,40}":\s{0,2}(?:"[^"]{0,80}"|[\w.-]{1,40}))*\s?[\]})]{0,40}[,;]?$/,
    restore: unescaped,
  },
  { is: /\\par\}?$/, restore: (text) => text.replace(/\\tab /g, '\t').replace(/\\([\\{}])/g, '$1') },
];

/** The ends that the source of a mail may have had put behind its lines: `=` is its own. */
export const ENDS_OF_SOURCE: readonly End[] = [...ENDS.filter(({ is }) => !is.test('=')), { is: /`$/ }];

/** A string's characters that were written with a backslash. */
function unescaped(text: string): string {
  return text
    .replace(/\\(["'\\/])/g, '$1')
    .replace(/\\t/g, '\t')
    .replace(/\\u([0-9a-f]{4})/gi, (_, code: string) => String.fromCharCode(parseInt(code, 16)));
}

/** The lines without the blanks that fill those up which are shorter than a column. */
export function unfill(lines: PlacedLines): PlacedLines {
  const filled = lines.texts.filter((text) => /\S[ ]{2,}$/.test(text.slice(-TAIL)));
  const column = filled[0]?.length;
  if (filled.length < FILLED_MIN || filled.length < lines.texts.length * FILLED_SHARE) return lines;
  if (!filled.every(({ length }) => length === column)) return lines;
  return mapLines(lines, (text) => (text.length === column ? text.trimEnd() : text));
}
const FILLED_MIN = 3;
/** Of all lines, the share that must be filled up. */
const FILLED_SHARE = 0.05;

/** Takes off what nearly every line ends with, as often as there is something. */
export function unmarkEnds(lines: PlacedLines, ends: readonly End[] = ENDS): PlacedLines {
  let now = lines;
  for (let turn = 0; turn < TURNS; turn++) {
    const end = ends.find(({ is }) => nearlyAllEnd(now.texts, is));
    if (end === undefined) return now;
    now = mapLines(now, (text) => {
      const from = Math.max(0, text.length - TAIL);
      const cut = text.slice(from).search(end.is);
      if (cut < 0) return text;
      const kept = text.slice(0, from + cut);
      return end.restore ? end.restore(kept) : kept;
    });
  }
  return now;
}

function nearlyAllEnd(texts: readonly string[], end: RegExp): boolean {
  let all = 0;
  let having = 0;
  for (const text of texts) {
    if (text === '') continue;
    all++;
    if (end.test(text.slice(-TAIL))) having++;
  }
  return all >= 3 && having >= all * NEARLY_ALL;
}

/** What stands between lines in a string that was printed, and in a list of strings. */
const LINE_ENDS = /(?:\\r)?\\n|",\s{0,4}"|',\s{0,4}'/;
/** So many lines in one are a string, or a list. */
const STRING_LINES = 3;
/** The opening of a string, with the names before it: `ok: [host] => {"stdout": "`. */
const OPENING = /^(?:[^"']|"\w{1,40}": ?){0,200}["']/;
/** The name of a string, behind the end of the one before. */
const NAMED = /^\w{1,40}":\s?"/;
const CLOSING = /["']\s?[\]})]{0,40}[,;]?$/;

/** A text of JSON, and the end that one has; where it was cut off, its last line is none. */
const BEGINS_STRING = /^\s{0,8}[[{]?\s{0,8}"/;
const ENDS_STRING = /["\]},]\s{0,8}$/;
/** Stands in place of a line that is not whole: readers know it for a mark of something left out. */
const CUT = '[cut]';

/** Lines whose ends were written as `\n`, or that are the strings of a list on one line. */
export function splitEscaped(lines: PlacedLines): PlacedLines {
  const isString = (text: string): boolean =>
    text.length > 1 && text.split(LINE_ENDS, STRING_LINES).length === STRING_LINES;
  if (!lines.texts.some(isString)) return lines;
  const out: PlacedLines = { texts: [], lines: [] };
  lines.texts.forEach((text, i) => {
    const pieces = isString(text) ? text.split(LINE_ENDS) : [text];
    if (pieces.length > 1) {
      const isWhole = !BEGINS_STRING.test(text) || ENDS_STRING.test(text);
      pieces[0] = pieces[0]!.replace(OPENING, '');
      const last = pieces.pop()!.replace(CLOSING, '');
      if (last !== '') pieces.push(isWhole ? last : CUT);
    }
    for (const piece of pieces) {
      out.texts.push(pieces.length > 1 ? unescaped(piece.replace(NAMED, '')) : piece);
      out.lines.push(lines.lines[i]!);
    }
  });
  return out;
}

/** What people write behind a line to point at it: `<=== here`, `// wrong`, `# wrong`. */
const REMARK = /\s+(?:<=+|<-+|\/\/|#)(?:\s+[^<>=()]{0,200})?$/;
/** Events whose text is anything that somebody wrote; and calls, which trace-cmd joins by an arrow. */
export const FREE_TEXT = /(?:mark_write|print|puts|function):/;

/** An event's line without what somebody wrote behind it. */
export function unremark(text: string): string {
  if (!REMARK.test(text.slice(-TAIL)) || FREE_TEXT.test(text)) return text;
  const from = Math.max(0, text.length - TAIL);
  return text.slice(0, from + text.slice(from).search(REMARK));
}

/** The rest of a line begins with it where a pager or an editor has broken the line. */
const CONTINUES = /^\s{0,4}(?:[>↪⏎»…+\\]|->)\s?/;

/**
 * Lines broken by a program that marks it: a backslash at the end of each piece, or a sign before what
 * follows. `isRest` tells the lines that go on from the one before.
 */
export function uncontinue(lines: PlacedLines, isRest: (index: number) => boolean): PlacedLines {
  let rests = 0;
  let signed = 0;
  let slashed = 0;
  lines.texts.forEach((text, i) => {
    if (i === 0 || !isRest(i)) return;
    rests++;
    if (CONTINUES.test(text) && !lines.texts[i - 1]!.endsWith('-')) signed++;
    if (lines.texts[i - 1]!.endsWith('\\')) slashed++;
  });
  const areSigned = rests > 0 && signed >= rests * NEARLY_ALL;
  const areSlashed = rests > 0 && slashed >= rests * NEARLY_ALL;
  if (!areSigned && !areSlashed) return lines;
  return mapLines(lines, (text, i) => {
    const rest = areSigned && i > 0 && isRest(i) ? text.replace(CONTINUES, '') : text;
    return areSlashed && i + 1 < lines.texts.length && isRest(i + 1) ? rest.replace(/\\$/, '') : rest;
  });
}

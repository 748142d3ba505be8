/** Lines of a log with names for its fields: an object of JSON a line, a list of strings, or `MESSAGE=`. */
import { mapLines, type PlacedLines } from '../mail/lines.js';

/** Of the lines that are not blank, the share that must be of this kind. */
const NEARLY_ALL = 0.9;
const OBJECT = /^\s{0,8}(?:- )?\{\s{0,8}".*\}\s{0,8},?$/;
const RECORD = /^\[\d+(?:\.\d+)?, ?"[a-z]", ?".*"\]$/;
/** Names under which loggers put a line's text. */
const TEXTS = ['MESSAGE', 'message', 'msg', 'log', 'line', 'text', '_raw', 'textPayload'];

/** journalctl -o verbose, -o export: a field a line, behind a line with the time. */
const MESSAGE = /^\s{0,8}MESSAGE=/;
const FIELD = /^\s{0,8}[A-Z_][A-Z0-9_]*=|^[A-Z][a-z]{2} \d{4}-\d\d-\d\d .* \[s=/;
const MESSAGES_MIN = 3;

/** The texts of such a log; other lines as they are. */
export function unjson(lines: PlacedLines): PlacedLines {
  if (areMost(lines.texts, OBJECT)) return textsOf(lines, (text) => (OBJECT.test(text) ? textIn(text) : []));
  if (areMost(lines.texts, RECORD)) return unrecord(lines);
  const messages = lines.texts.filter((text) => MESSAGE.test(text)).length;
  if (messages >= MESSAGES_MIN && areMost(lines.texts, FIELD))
    return mapLines(lines, (text) => (MESSAGE.test(text) ? text.replace(MESSAGE, '') : undefined));
  // The list's opening would make its first line another than the rest.
  if (areMost(lines.texts, /^\s{0,8}\[?\s{0,8}"/))
    return mapLines(lines, (text) => text.replace(/^\s{0,8}\[?\s{0,8}"/, ''));
  return lines;
}

function areMost(texts: readonly string[], kind: RegExp): boolean {
  const all = texts.filter((text) => text.trim() !== '');
  return all.length > 0 && all.filter((text) => kind.test(text)).length >= all.length * NEARLY_ALL;
}

/** Lines with others in place of each; with itself where there are none. */
function textsOf(lines: PlacedLines, textsIn: (text: string) => readonly string[]): PlacedLines {
  const out: PlacedLines = { texts: [], lines: [] };
  lines.texts.forEach((text, i) => {
    const own = textsIn(text);
    for (const one of own.length > 0 ? own : [text]) {
      out.texts.push(one);
      out.lines.push(lines.lines[i]!);
    }
  });
  return out;
}

/** The lines of the text that an object of a log holds; none where it holds none. */
function textIn(line: string): readonly string[] {
  const object = parsed(line.replace(/,\s*$/, '').replace(/^\s*- /, '')) as
    | Readonly<Record<string, unknown>>
    | undefined;
  const text = TEXTS.map((name) => object?.[name]).find((value) => typeof value === 'string');
  return typeof text === 'string' ? text.replace(/[\r\n]+$/, '').split(/[\r\n]+/) : [];
}

/** What a terminal printed, in pieces that need not be lines (asciinema): `[1.25, "o", "text\r\n"]`. */
function unrecord(lines: PlacedLines): PlacedLines {
  const out: PlacedLines = { texts: [], lines: [] };
  let isOpen = false;
  lines.texts.forEach((text, i) => {
    const record = RECORD.test(text) ? parsed(text) : undefined;
    const printed = Array.isArray(record) && record[1] === 'o' ? String(record[2]) : undefined;
    if (printed === undefined) return;
    printed.split('\n').forEach((piece, k) => {
      const bare = piece.replace(/\r+$/, '');
      if (k === 0 && isOpen) out.texts[out.texts.length - 1] += bare;
      else if (k > 0 || bare !== '') {
        out.texts.push(bare);
        out.lines.push(lines.lines[i]!);
      }
    });
    isOpen = !printed.endsWith('\n');
    if (!isOpen && out.texts[out.texts.length - 1] === '') {
      out.texts.pop();
      out.lines.pop();
    }
  });
  return out;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

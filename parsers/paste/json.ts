/** Lines of a log in JSON: one object a line, or a list of strings. */
import { mapLines, type PlacedLines } from '../mail/lines.js';

/** Of the lines that are not blank, the share that must be of this kind. */
const NEARLY_ALL = 0.9;
const OBJECT = /^\s{0,8}\{\s{0,8}".*\}\s{0,8},?$/;
/** Names under which loggers put a line's text. */
const TEXTS = ['MESSAGE', 'message', 'msg', 'log', 'line', 'text', '_raw', 'textPayload'];

/** The texts of such a log; other lines as they are. */
export function unjson(lines: PlacedLines): PlacedLines {
  if (areMost(lines.texts, OBJECT)) {
    return mapLines(lines, (text) => (OBJECT.test(text) ? (textIn(text) ?? text) : text));
  }
  // The list's opening would make its first line another than the rest.
  if (areMost(lines.texts, /^\s{0,8}\[?\s{0,8}"/))
    return mapLines(lines, (text) => text.replace(/^\s{0,8}\[(?=\s{0,8}")/, ''));
  return lines;
}

function areMost(texts: readonly string[], kind: RegExp): boolean {
  const all = texts.filter((text) => text.trim() !== '');
  return all.length > 0 && all.filter((text) => kind.test(text)).length >= all.length * NEARLY_ALL;
}

function textIn(line: string): string | undefined {
  try {
    const object = JSON.parse(line.replace(/,\s*$/, '')) as Readonly<Record<string, unknown>>;
    const text = TEXTS.map((name) => object[name]).find((value) => typeof value === 'string');
    return typeof text === 'string' ? text.replace(/[\r\n]+$/, '').replace(/[\r\n]+/g, ' ') : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

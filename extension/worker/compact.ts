/**
 * A text without its padding, line by line, so that an event's name stands near the left edge. Lines keep
 * their numbers.
 */
import type { ByteSource } from '../../parsers/base/source.js';

const READ_BYTES = 1 << 20;
const LF = 10;

/**
 * A line without blanks in front and with one for each run of them. What is a comment stays: headers draw
 * with blanks; so do blanks between quotes.
 */
export function compactLine(line: string): string {
  if (line.startsWith('#')) return line;
  return line
    .trim()
    .replace(/("[^"]*")|[ \t]{2,}/g, (_run, quoted: string | undefined) => quoted ?? ' ')
    .replace(/\( (\d+\)|-+\))/, '($1');
}

/** The lines `first` to `last`, both from 1. */
export function compactText(source: ByteSource, first: number, last: number): string {
  const decoder = new TextDecoder('utf-8');
  let text = '';
  let line = 1;
  for (let at = 0; line <= last; ) {
    const bytes = source.read(at, READ_BYTES);
    if (bytes.length === 0) break;
    at += bytes.length;
    let from = line >= first ? 0 : -1;
    let to = 0;
    for (let lf = bytes.indexOf(LF); lf >= 0 && line <= last; lf = bytes.indexOf(LF, lf + 1)) {
      line++;
      if (line === first) from = lf + 1;
      to = lf + 1;
    }
    const end = line > last ? to : bytes.length;
    if (from >= 0) text += decoder.decode(bytes.subarray(from, end), { stream: true });
  }
  const lines = text.split(/\r?\n/);
  if (text.endsWith('\n')) lines.pop();
  return lines.map(compactLine).join('\n');
}

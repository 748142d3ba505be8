/** The lines of a file with patches: characters decoded line by line, line ends as the patch has them. */
import { decodeText, encodingOf } from '../mail/decode.js';
import type { PlacedLines } from '../mail/lines.js';

/** Lines of the file, and whether any of them was no UTF-8 and was read as Latin-1. */
export interface FileLines {
  readonly lines: PlacedLines;
  readonly isLatin1: boolean;
}

export function linesOf(bytes: Uint8Array): FileLines {
  if (encodingOf(bytes) !== 'utf-8') return { lines: placed(decodeText(bytes)), isLatin1: false };
  try {
    return { lines: placed(new TextDecoder('utf-8', { fatal: true }).decode(bytes)), isLatin1: false };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return { lines: placed(decodedByLine(bytes)), isLatin1: true };
  }
}

/** A mailbox has mails of several character sets: each line is read by itself. */
function decodedByLine(bytes: Uint8Array): string {
  const utf8 = new TextDecoder('utf-8', { fatal: true });
  const latin1 = new TextDecoder('latin1');
  const texts: string[] = [];
  for (let start = 0; start <= bytes.length; ) {
    const newline = bytes.indexOf(0x0a, start);
    const line = bytes.subarray(start, newline < 0 ? bytes.length : newline);
    try {
      texts.push(utf8.decode(line));
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      texts.push(latin1.decode(line));
    }
    start = newline < 0 ? bytes.length + 1 : newline + 1;
  }
  return texts.join('\n');
}

function placed(text: string): PlacedLines {
  const texts = text.split('\n');
  if (texts[texts.length - 1] === '') texts.pop();
  return withoutReturns({ texts, lines: texts.map((_, i) => i + 1) });
}

/** Carriage returns go where every line has one; else they are the patched file's own. */
export function withoutReturns(lines: PlacedLines): PlacedLines {
  const { texts } = lines;
  if (texts.length === 0 || !texts.every((text) => text.endsWith('\r'))) return lines;
  return { texts: texts.map((text) => text.slice(0, -1)), lines: lines.lines };
}

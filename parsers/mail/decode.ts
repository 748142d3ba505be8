/**
 * The characters of a file that may not be UTF-8: UTF-16 with or without its mark, and what terminals and
 * editors leave.
 */
import { mapLines, type PlacedLines } from './lines.js';

/** Bytes looked at to tell UTF-16 without a mark. */
const LOOK_BYTES = 4096;
/** Of the bytes at odd (or even) places, the share that is zero in UTF-16 of a Latin text. */
const ZERO_SHARE = 0.7;

type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be';

/** Which encoding the bytes are in, by their mark or by where their zeros are. */
export function encodingOf(bytes: Uint8Array): Encoding {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  const end = Math.min(bytes.length, LOOK_BYTES) & ~1;
  if (end < 16) return 'utf-8';
  let even = 0;
  let odd = 0;
  for (let i = 0; i < end; i += 2) {
    if (bytes[i] === 0) even++;
    if (bytes[i + 1] === 0) odd++;
  }
  const pairs = end / 2;
  if (odd > pairs * ZERO_SHARE && even === 0) return 'utf-16le';
  if (even > pairs * ZERO_SHARE && odd === 0) return 'utf-16be';
  return 'utf-8';
}

/** The text of the bytes, without a byte order mark. Bytes that are no characters become U+FFFD. */
export function decodeText(bytes: Uint8Array): string {
  const encoding = encodingOf(bytes);
  if (encoding !== 'utf-16be') return new TextDecoder(encoding).decode(bytes);
  const swapped = new Uint8Array(bytes.length & ~1);
  for (let i = 0; i < swapped.length; i += 2) {
    swapped[i] = bytes[i + 1]!;
    swapped[i + 1] = bytes[i]!;
  }
  return new TextDecoder('utf-16le').decode(swapped);
}

/** A decoder of the character set that a mail names; of UTF-8 where nobody knows it. */
export function decoderOf(charset: string): TextDecoder {
  try {
    return new TextDecoder(charset.trim().toLowerCase());
  } catch (error) {
    if (error instanceof RangeError) return new TextDecoder();
    throw error;
  }
}

const ENCODED_WORD = /=\?([\w.:-]{1,40})(?:\*[\w-]{1,20})?\?([bq])\?([^?\s]{0,500})\?=/gi;

/** A header's text with its encoded words (RFC 2047) read. */
export function decodeWords(text: string): string {
  // Blanks between two encoded words are not part of the text.
  const joined = text.replace(/\?=\s{1,20}=\?/g, '?==?');
  return joined.replace(ENCODED_WORD, (_, charset: string, how: string, word: string) => {
    const bytes = how.toLowerCase() === 'b' ? bytesOfBase64(word) : bytesOfQ(word);
    return decoderOf(charset).decode(bytes);
  });
}

/** The `Q` encoding: `_` is a blank, `=XX` a byte. */
function bytesOfQ(word: string): Uint8Array {
  const plain = word
    .replace(/_/g, ' ')
    .replace(/=([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  return Uint8Array.from(plain, (c) => c.charCodeAt(0));
}

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const SEXTETS = new Int8Array(128).fill(-1);
[...BASE64].forEach((c, i) => {
  SEXTETS[c.charCodeAt(0)] = i;
});

/** Base64 that comes in pieces, as in lines; characters of no value are passed over. */
export class Base64Reader {
  private readonly out: Uint8Array;
  private bits = 0;
  private held = 0;
  /** Bytes that were read so far. */
  length = 0;

  /** `characters`: of all pieces together, at most. */
  constructor(characters: number) {
    this.out = new Uint8Array(Math.ceil((characters * 3) / 4));
  }

  add(text: string): void {
    for (let i = 0; i < text.length; i++) {
      const sextet = SEXTETS[text.charCodeAt(i)] ?? -1;
      if (sextet < 0) continue;
      this.held = ((this.held << 6) | sextet) & 0xffffff;
      this.bits += 6;
      if (this.bits < 8) continue;
      this.bits -= 8;
      this.out[this.length++] = (this.held >>> this.bits) & 0xff;
    }
  }

  get bytes(): Uint8Array {
    return this.out.subarray(0, this.length);
  }
}

function bytesOfBase64(word: string): Uint8Array {
  const reader = new Base64Reader(word.length);
  reader.add(word);
  return reader.bytes;
}

/** Colours and cursor moves of a terminal (CSI), its titles (OSC), and single escapes. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it begins with ESC and may end with BEL
const ESCAPES = /\x1b(?:\[[0-9;:?]*[ -/]*[@-~]|\][^\x07\x1b]{0,1000}(?:\x07|\x1b\\)|[@-Z\\-_])/g;
const ODD_BLANKS = /[\u00a0\u2000-\u200a\u202f\u205f\u3000]/g;
const NO_WIDTH = /[\u00ad\u200b-\u200f\u2060\ufeff]/g;
/** What programs that beautify text put in place of a trace's characters. */
const BEAUTIFIED: Readonly<Record<string, string>> = {
  '\u2010': '-',
  '\u2011': '-',
  '\u2212': '-',
  '\u2013': '--',
  '\u2014': '--',
  '\u2192': '->',
  '\u2190': '<-',
  '\u21d2': '=>',
  '\u2018': "'",
  '\u2019': "'",
  '\u201c': '"',
  '\u201d': '"',
  '\u2026': '...',
  '\ufb00': 'ff',
  '\ufb01': 'fi',
  '\ufb02': 'fl',
  '\ufb03': 'ffi',
  '\ufb04': 'ffl',
};
const ANY_BEAUTIFIED =
  /[\u2010\u2011\u2013\u2014\u2018\u2019\u201c\u201d\u2026\u2190\u2192\u21d2\u2212\ufb00-\ufb04]/g;
const ANY_ODD =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape that begins them all
  /[\x1b\u00a0\u00ad\u2000-\u202f\u205f\u2060\u2190\u2192\u21d2\u2212\u3000\ufb00-\ufb04\ufeff]/;

/** A dash where every recorder prints a hyphen: before a task's number, or in an arrow. */
const DASH_FOR_HYPHEN =
  /[\w>.]\u2013\d{1,7}\s+(?:\(\s*[\d\u2013-]+\)\s+)?\[?\d|<\u2013|\u2013>|\d{4}\u2013\d\d\u2013\d\d/;

/** A text's lines without a terminal's escapes, with plain characters for those that others put in. */
export function plainLines(lines: PlacedLines): PlacedLines {
  const isHyphen = lines.texts.some((text) => DASH_FOR_HYPHEN.test(text));
  return mapLines(lines, (text) => plainCharacters(isHyphen ? text.replace(/\u2013/g, '-') : text));
}

/** A line without a terminal's escapes, with plain blanks for those of other kinds. */
function plainCharacters(text: string): string {
  if (!ANY_ODD.test(text)) return text;
  return text
    .replace(ESCAPES, '')
    .replace(ODD_BLANKS, ' ')
    .replace(NO_WIDTH, '')
    .replace(ANY_BEAUTIFIED, (one) => BEAUTIFIED[one]!);
}

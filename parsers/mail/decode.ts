/**
 * The characters of a file that may not be UTF-8: UTF-16 with or without its mark, and what terminals and
 * editors leave.
 */

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

/** Value of a character of base64, -1 for any other. */
export function sextetOf(code: number): number {
  return SEXTETS[code] ?? -1;
}

function bytesOfBase64(word: string): Uint8Array {
  const out: number[] = [];
  let bits = 0;
  let held = 0;
  for (let i = 0; i < word.length; i++) {
    const sextet = sextetOf(word.charCodeAt(i));
    if (sextet < 0) continue;
    held = ((held << 6) | sextet) & 0xffffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    out.push((held >>> bits) & 0xff);
  }
  return Uint8Array.from(out);
}

/** Colours and cursor moves of a terminal (CSI), its titles (OSC), and single escapes. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it begins with ESC and may end with BEL
const ESCAPES = /\x1b(?:\[[0-9;:?]*[ -/]*[@-~]|\][^\x07\x1b]{0,1000}(?:\x07|\x1b\\)|[@-Z\\-_])/g;
const ODD_BLANKS = /[\u00a0\u2000-\u200a\u202f\u205f\u3000]/g;
const NO_WIDTH = /[\u200b-\u200d\u2060\ufeff]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape that begins them all
const ANY_ODD = /[\x1b\u00a0\u2000-\u200d\u202f\u205f\u2060\u3000\ufeff]/;

/** A line without a terminal's escapes, with plain blanks for those of other kinds. */
export function plainCharacters(text: string): string {
  if (!ANY_ODD.test(text)) return text;
  return text.replace(ESCAPES, '').replace(ODD_BLANKS, ' ').replace(NO_WIDTH, '');
}

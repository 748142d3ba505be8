/**
 * Compression in the block format of Snappy, quick, and known to every reader of Parquet
 * (https://github.com/google/snappy/blob/1.2.2/format_description.txt).
 */
import type { Bytes } from './bytes.js';

/** Matches lie within a block, so that their distance fits in two bytes. */
const BLOCK_BYTES = 1 << 16;
const HASH_BITS = 13;
const HASH_FACTOR = 0x1e35_a7bd;
const MATCH_MIN = 4;
const MATCH_MAX = 64;
/** Where so much in a row matched nothing, steps grow. */
const SKIP_SHIFT = 5;
const SHORT_LITERAL_MAX = 60;
const COPY_2 = 2;

const table = new Uint16Array(1 << HASH_BITS);

/** Appends the compressed bytes. */
export function snappy(bytes: Uint8Array, out: Bytes): void {
  out.varint(bytes.length);
  for (let from = 0; from < bytes.length; from += BLOCK_BYTES)
    block(bytes, from, Math.min(bytes.length, from + BLOCK_BYTES), out);
}

function wordAt(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

function block(bytes: Uint8Array, from: number, until: number, out: Bytes): void {
  table.fill(0);
  const last = until - MATCH_MIN;
  let literal = from;
  let at = from + 1;
  let missed = 1 << SKIP_SHIFT;
  while (at <= last) {
    const word = wordAt(bytes, at);
    const hash = Math.imul(word, HASH_FACTOR) >>> (32 - HASH_BITS);
    const before = from + table[hash]!;
    table[hash] = at - from;
    if (before >= at || wordAt(bytes, before) !== word) {
      at += missed++ >>> SKIP_SHIFT;
      continue;
    }
    let end = at + MATCH_MIN;
    for (let match = before + MATCH_MIN; end < until && bytes[end] === bytes[match]; match++) end++;
    putLiteral(bytes, literal, at, out);
    putCopies(at - before, end - at, out);
    literal = end;
    at = end;
    missed = 1 << SKIP_SHIFT;
  }
  putLiteral(bytes, literal, until, out);
}

function putLiteral(bytes: Uint8Array, from: number, until: number, out: Bytes): void {
  const length = until - from;
  if (length === 0) return;
  if (length <= SHORT_LITERAL_MAX) out.byte((length - 1) << 2);
  else if (length <= 256) {
    out.byte(60 << 2);
    out.byte(length - 1);
  } else {
    out.byte(61 << 2);
    out.byte((length - 1) & 0xff);
    out.byte((length - 1) >>> 8);
  }
  out.append(bytes.subarray(from, until));
}

function putCopies(distance: number, length: number, out: Bytes): void {
  while (length > 0) {
    const part = Math.min(length, MATCH_MAX);
    out.byte(((part - 1) << 2) | COPY_2);
    out.byte(distance & 0xff);
    out.byte(distance >>> 8);
    length -= part;
  }
}

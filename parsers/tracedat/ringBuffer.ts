/**
 * What the words of a sub-buffer mean. A record begins with a word that has its type in 5 bits
 * (the low ones on little endian) and the time since the record before in 27. Types up to 28
 * are data of as many words; of type 0 the length stands in a word of its own. A page's commit
 * has the length of its data in its low bits, and flags above.
 *
 * Producer: kernel/trace/ring_buffer.c and include/linux/ring_buffer.h, Linux 7.2.
 */

const TYPE_BITS = 5;
const TYPE_MASK = (1 << TYPE_BITS) - 1;
const DELTA_BITS = 27;
const DELTA_MASK = (1 << DELTA_BITS) - 1;

/**
 * The rest of the page is empty where the delta is 0; else a record
 * that was discarded, with its length in a word.
 */
export const TYPE_PADDING = 29;
export const TYPE_TIME_EXTEND = 30;
export const TYPE_TIME_STAMP = 31;
/** Time that the second word of a time extend counts. */
export const EXTEND_SCALE = 1 << DELTA_BITS;

/** Bits of a page's commit that are the length of its data. */
export const COMMIT_LENGTH_MASK = (1 << 27) - 1;
/** Events are missing before this page. */
export const MISSING_EVENTS = 0x80000000;
/** Their number is stored behind the data. */
export const MISSING_STORED = 0x40000000;

export function typeOfWord(word: number, little: boolean): number {
  return little ? word & TYPE_MASK : word >>> DELTA_BITS;
}

export function deltaOfWord(word: number, little: boolean): number {
  return little ? word >>> TYPE_BITS : word & DELTA_MASK;
}

/** Bytes of `length` with the padding to whole words. */
export function wholeWords(length: number): number {
  return (length + 3) & ~3;
}

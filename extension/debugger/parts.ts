/**
 * How the listing of a trace is cut: what is small is one document, what is large is parts of equal size, so
 * that each line stands in one document and any part opens at once. Lines are counted from 1, parts from 0.
 */

/** A listing of up to this many lines is one document: all of the editor's features work on it. */
export const WHOLE_LINES = 20_000;
export const PART_LINES = 4000;

/** The part that a line stands in, of a listing of `total` lines. */
export function partOf(line: number, total: number): number {
  return total <= WHOLE_LINES ? 0 : Math.floor((Math.max(1, Math.min(line, total)) - 1) / PART_LINES);
}

/** First line of a part. */
export function firstOf(part: number): number {
  return part * PART_LINES + 1;
}

/** Last line of a part. */
export function lastOf(part: number, total: number): number {
  return total <= WHOLE_LINES ? total : Math.min(total, (part + 1) * PART_LINES);
}

export function partCount(total: number): number {
  return partOf(total, total) + 1;
}

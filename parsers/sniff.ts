/** Which format a source has, by its content alone: a file's name says nothing. */
import type { TraceFormat } from './reader.js';

/** Bytes of a source's head that formats look at. */
export const SNIFF_BYTES = 1 << 16;

/**
 * The format that is surest of these bytes, or undefined when none knows them. The first of equals wins, and
 * of those that are certain (1).
 */
export function sniffFormat(head: Uint8Array, formats: readonly TraceFormat[]): TraceFormat | undefined {
  return sniffFormats(head, formats).format;
}

/** The same with how sure it is, which compares between parts of one text. */
export function sniffFormats(
  head: Uint8Array,
  formats: readonly TraceFormat[],
): { readonly format: TraceFormat | undefined; readonly sure: number } {
  let best: TraceFormat | undefined;
  let bestSure = 0;
  for (const format of formats) {
    if (bestSure === 1) break;
    const sure = format.sniff(head);
    if (sure > bestSure) {
      best = format;
      bestSure = sure;
    }
  }
  return { format: best, sure: bestSure };
}

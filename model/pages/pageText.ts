/** How pages are written everywhere: `gfn 0x10`, and of several `gfns 0x10..0x1f`, the last one included. */
import { hex } from './state.js';

/** So many pages from the first on. */
export function rangeText(unit: 'gfn' | 'page', first: number, count: number): string {
  return count === 1 ? `${unit} ${hex(first)}` : `${unit}s ${hex(first)}..${hex(first + count - 1)}`;
}

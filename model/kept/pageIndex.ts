/** The index of operations by page, as bytes that can be written down and read back. */
import type { Analysis } from '../analysis.js';
import { giveIndex } from '../pages/intervals.js';
import { isIndex, OpIndex, type IndexColumns } from '../pages/opindex.js';

/** Its columns, by their names, with the form of each. */
export const INDEX_FORMS = {
  keys: Float64Array,
  slots: Int32Array,
  starts: Uint32Array,
  entries: Uint32Array,
  losses: Uint32Array,
} as const;
export const INDEX_COLUMNS = Object.keys(INDEX_FORMS) as readonly (keyof IndexColumns)[];

/** Lets the index of an analysis be read at the first question; it is made anew where it is damaged. */
export function giveKeptIndex(
  analysis: Analysis,
  read: (name: keyof IndexColumns) => ArrayBuffer | undefined,
): void {
  giveIndex(analysis, () => {
    const columns: Record<string, unknown> = {};
    for (const name of INDEX_COLUMNS) {
      const bytes = read(name);
      const form = INDEX_FORMS[name];
      if (!bytes || bytes.byteLength % form.BYTES_PER_ELEMENT !== 0) return undefined;
      columns[name] = new form(bytes);
    }
    const index = columns as unknown as IndexColumns;
    return isIndex(index, analysis.ops.length) ? new OpIndex(analysis, index) : undefined;
  });
}

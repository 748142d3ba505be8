/** The index of operations by page, as bytes that can be written down and read back. */
import { allSteps } from '../../parsers/base/steps.js';
import type { Pieces } from '../../parsers/base/pieces.js';
import type { Analysis } from '../analysis.js';
import { giveIndex, indexOf } from '../pages/intervals.js';
import { buildIndex, isIndexInSteps, type IndexColumns } from '../pages/opindex.js';
import { KeptIndex, type KeptColumns } from './keptIndex.js';

/** Its columns, by their names, with the form of each. */
export const INDEX_FORMS = {
  keys: Float64Array,
  slots: Int32Array,
  starts: Uint32Array,
  entries: Uint32Array,
  losses: Uint32Array,
} as const;
export const INDEX_COLUMNS = Object.keys(INDEX_FORMS) as readonly (keyof IndexColumns)[];

/** Where the index of an analysis is kept. */
export interface KeptPlaces extends Pick<KeptColumns, 'records' | 'give'> {
  /** A column as a whole; undefined where it is damaged. */
  bytes(name: keyof IndexColumns): ArrayBuffer | undefined;
  pieces(name: keyof IndexColumns): Pieces;
  bytesOf(name: keyof IndexColumns): number;
}

/**
 * Lets the index of an analysis be looked up where it lies, and read as a whole by who asks for more; it is
 * made anew where it is damaged.
 */
export function giveKeptIndex(analysis: Analysis, places: KeptPlaces): void {
  const opened = new Map<keyof IndexColumns, Pieces>();
  const kept: KeptColumns = {
    pieces(name) {
      const known = opened.get(name) ?? places.pieces(name);
      opened.set(name, known);
      return known;
    },
    length: (name) => places.bytesOf(name) / INDEX_FORMS[name].BYTES_PER_ELEMENT,
    records: (part) => places.records(part),
    give: (row, facts) => places.give(row, facts),
  };
  giveIndex(
    analysis,
    () => new KeptIndex(analysis, kept, () => allSteps(wholeIndex(analysis, places)) ?? buildIndex(analysis)),
  );
}

/** Reads the columns of such an index, in steps, where nobody has yet; `ahead` reads the bytes of one. */
export function* fillIndex(
  analysis: Analysis,
  places: Pick<KeptPlaces, 'bytes'>,
  ahead: (name: keyof IndexColumns) => Generator<undefined, void>,
): Generator<undefined, void> {
  const index = indexOf(analysis);
  if (!(index instanceof KeptIndex) || index.isWhole) return;
  for (const name of INDEX_COLUMNS) yield* ahead(name);
  const columns = yield* wholeIndex(analysis, places);
  if (columns) index.fill(columns);
}

/** Undefined where they are damaged. */
function* wholeIndex(
  analysis: Analysis,
  places: Pick<KeptPlaces, 'bytes'>,
): Generator<undefined, IndexColumns | undefined> {
  const columns: Record<string, unknown> = {};
  for (const name of INDEX_COLUMNS) {
    const bytes = places.bytes(name);
    const form = INDEX_FORMS[name];
    if (!bytes || bytes.byteLength % form.BYTES_PER_ELEMENT !== 0) return undefined;
    columns[name] = new form(bytes);
  }
  const index = columns as unknown as IndexColumns;
  const isOne = yield* isIndexInSteps(index, analysis.ops.length);
  return isOne ? index : undefined;
}

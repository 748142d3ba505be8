/** Which rows are in a part of a trace. */
import type { EventTable } from '../../parsers/events/table.js';
import type { Analysis } from '../analysis.js';
import { pagesOfRow } from '../pages/query.js';
import { NoSuchPart, PART_NAMES, pageSpan, placeOf, type AskedPart, type PageSpan } from './part.js';

/** True for a row that is meant. */
export type RowFilter = (row: number) => boolean;

/** Rows from a place on, or up to it, itself included. Throws as {@link placeOf}. */
export function placeFilter(table: EventTable, text: string, end: 'from' | 'to'): RowFilter {
  const isFrom = end === 'from';
  const place = placeOf(text);
  if ('line' in place) {
    const { line } = place;
    const at = table.hasLines ? (row: number) => table.line(row) : (row: number) => row + 1;
    return isFrom ? (row) => at(row) >= line : (row) => at(row) <= line;
  }
  const ts = Number(place.time - table.meta.t0);
  return isFrom ? (row) => table.ts(row) >= ts : (row) => table.ts(row) <= ts;
}

/** Rows about some guest frames of any VM, which only the model knows. */
export function frameFilter(table: EventTable, analysis: Analysis, { first, count }: PageSpan): RowFilter {
  return (row) =>
    pagesOfRow(analysis, table, row).some(
      (pages) => pages.unit === 'gfn' && pages.first < first + count && first < pages.first + pages.count,
    );
}

/** Rows of a part; undefined for the whole trace. Throws {@link NoSuchPart}, which names the wrong one. */
export function partFilter(table: EventTable, analysis: Analysis, asked: AskedPart): RowFilter | undefined {
  const filters = PART_NAMES.flatMap((name) => {
    const text = asked[name];
    return text === undefined ? [] : [named(name, () => filterOf(table, analysis, name, text))];
  });
  return filters.length === 0 ? undefined : (row) => filters.every((filter) => filter(row));
}

function filterOf(table: EventTable, analysis: Analysis, name: keyof AskedPart, text: string): RowFilter {
  return name === 'gfn' ? frameFilter(table, analysis, pageSpan(text)) : placeFilter(table, text, name);
}

/** Makes something of what is written under a name, or says by that name what is wrong with it. */
function named<T>(name: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw error instanceof NoSuchPart ? new NoSuchPart(`${name} takes ${error.message}`) : error;
  }
}

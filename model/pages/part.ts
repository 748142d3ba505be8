/** A part of a trace as people write it: the events between two places, those about some guest frames. */
import type { EventTable } from '../../parsers/events/table.js';
import type { Analysis } from '../analysis.js';
import { pagesOfRow } from './query.js';

/** True for a row that is meant. */
export type RowFilter = (row: number) => boolean;

/** What is written; all of it must hold. Where nothing is, the whole trace is meant. */
export interface AskedPart {
  /** A line of a text trace or the number of an event; a time in seconds with a fraction; `@` and ticks. */
  readonly from?: string;
  /** The same; what is there belongs to the part. */
  readonly to?: string;
  /** `A`, `A-B` (both included) or `A+N`, in hex with 0x or decimal. */
  readonly gfn?: string;
}

/** The names of what is written, in the order in which it is said. */
export const PART_NAMES = ['from', 'to', 'gfn'] as const satisfies readonly (keyof AskedPart)[];

/** What is written names no part of any trace. */
export class NoSuchPart extends Error {
  override readonly name = 'NoSuchPart';
}

/** Pages from the first on. */
export interface PageSpan {
  readonly first: number;
  readonly count: number;
}

const NUMBER = '(0x[0-9a-fA-F]+|\\d+)';
const RANGE = new RegExp(`^${NUMBER}(?:(-|\\+)${NUMBER})?$`);
const NS_PER_SECOND = 1_000_000_000n;
/** Digits of a second's fraction. */
const NS_DIGITS = 9;

/** `A`, `A-B` or `A+N` as a range of pages. Throws {@link NoSuchPart} with what is expected. */
export function pageSpan(text: string): PageSpan {
  const match = RANGE.exec(text);
  const first = Number(match?.[1] ?? NaN);
  const count = countOf(first, match?.[2], match?.[3]);
  if (!Number.isSafeInteger(first) || !Number.isSafeInteger(count) || count < 1) {
    const forms = 'a page number such as 0x100000, a range 0x100000-0x10000f or a count 0x100000+16';
    throw new NoSuchPart(`${forms}; not '${text}'`);
  }
  return { first, count };
}

/** Pages from `first` on: by the count behind a `+`, or up to the last page behind a `-`. */
function countOf(first: number, sign: string | undefined, second: string | undefined): number {
  if (second === undefined) return 1;
  return sign === '+' ? Number(second) : Number(second) - first + 1;
}

/** Where something stands: a line or the number of an event, or an instant in nanoseconds or ticks. */
type Place = { readonly line: number } | { readonly time: bigint };

/** A line, a time in seconds, or ticks. Throws {@link NoSuchPart} with what is expected. */
export function placeOf(text: string): Place {
  if (/^\d+$/.test(text)) return { line: Number(text) };
  const ticks = /^@(\d+)$/.exec(text);
  if (ticks) return { time: BigInt(ticks[1]!) };
  const seconds = /^(\d+)\.(\d{1,9})$/.exec(text);
  if (!seconds)
    throw new NoSuchPart(`a line, a time such as 12.345678 or ticks such as @123456, not '${text}'`);
  return { time: BigInt(seconds[1]!) * NS_PER_SECOND + BigInt(seconds[2]!.padEnd(NS_DIGITS, '0')) };
}

/** Rows from a place on, or up to it, itself included. Throws as {@link placeOf}. */
export function placeFilter(table: EventTable, text: string, end: 'from' | 'to'): RowFilter {
  const isFrom = end === 'from';
  const place = placeOf(text);
  if ('line' in place) {
    const { line } = place;
    const at =
      table.length > 0 && table.line(0) > 0 ? (row: number) => table.line(row) : (row: number) => row + 1;
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

/** The rows of a part; undefined for the whole trace. Throws {@link NoSuchPart}, which names what is wrong. */
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

/** A part in words, as it was written; '' for the whole trace. */
export function partText(asked: AskedPart): string {
  return PART_NAMES.flatMap((name) => (asked[name] === undefined ? [] : [`${name} ${asked[name]}`])).join(
    ', ',
  );
}

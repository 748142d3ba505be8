/** Ranges of the state as lists that are read in pages. */
import { makeObject, type ExprList, type Item, type Value } from '../expr/value.js';
import type { MapKindCode } from '../cursor/mapRegistry.js';
import type { StepMap } from '../cursor/stepMap.js';
import type { Moment } from './moment.js';

/** `0x100` for one page, `0x100..0x1ff` for more, the last one included. */
export function rangeText(first: number, count: number): string {
  return count === 1
    ? `0x${first.toString(16)}`
    : `0x${first.toString(16)}..0x${(first + count - 1).toString(16)}`;
}

/** `4K`, `2M`, `64G`: a count of pages of so many bytes as a size. */
export function sizeText(pageCount: number, pageBytes: number): string {
  let size = pageCount * (pageBytes / 1024);
  let unit = 0;
  while (size >= 1024 && size % 1024 === 0 && unit < 3) {
    size /= 1024;
    unit++;
  }
  return `${size}${'KMGT'[unit]!}`;
}

/** Absence of evidence: the trace shows none, which does not mean that there is none. */
export const NONE_SEEN = 'none seen';

/** The ranges of one map of a VM or a file, in order; `show` says what a range means. */
export function rangeList(
  moment: Moment,
  list: string,
  kind: MapKindCode,
  subject: number,
  show: MapPart['show'],
): ExprList {
  const map = moment.state.find(kind, subject);
  return joinLists(moment, list, map ? [{ map, show }] : []);
}

export interface MapPart {
  readonly map: StepMap;
  readonly show: (value: number, first: number) => Value;
}

/** The ranges of several maps, one after the other. */
export function joinLists(moment: Moment, list: string, parts: readonly MapPart[]): ExprList {
  const { pageBytes } = moment.index.analysis;
  const full = parts.filter(({ map }) => map.ranges > 0);
  const length = full.reduce((sum, { map }) => sum + map.ranges, 0);
  return {
    list,
    length,
    emptyText: NONE_SEEN,
    items: (start, count) => {
      const items: Item[] = [];
      let skipped = 0;
      for (const { map, show } of full) {
        const from = Math.max(0, start - skipped);
        if (from < map.ranges && items.length < count) {
          map.visitPage(from, count - items.length, (first, end, value) => {
            items.push({
              name: rangeText(first, end - first),
              value: rangeObject(first, end - first, pageBytes, show(value, first)),
            });
          });
        }
        skipped += map.ranges;
      }
      return items;
    },
  };
}

/** What holds in a range, in one line; '' for a list. */
function rangeSummary(value: Value): string {
  if (typeof value !== 'object') return String(value);
  return 'summary' in value ? value.summary() : '';
}

function rangeObject(first: number, count: number, pageBytes: number, value: Value): Value {
  return makeObject('range', () => rangeSummary(value), {
    first: { doc: 'First page', format: 'hex', get: () => first },
    count: { doc: 'How many pages', get: () => count },
    size: { doc: 'How many bytes', get: () => sizeText(count, pageBytes) },
    value: { doc: 'What holds there', get: () => value },
  });
}

/** Pages with the guest's faults and what followed, for the list beside the trace. */
import { faultsOf, REPEATS_MIN, type FaultList, type PageFaults } from '../../model/faults/faults.js';
import { faultFacts, pageName, patternOf } from '../../model/faults/text.js';
import {
  faultPart,
  type FaultGroup,
  type FaultGroups,
  type FaultRow,
  ROWS_AT_ONCE,
  type Wanted,
} from '../protocol/shapes.js';
import { spotOf } from './place.js';
import type { Judged } from './judged.js';

/** So many pages are looked at for one text. */
const LOOKED_AT_MAX = 20000;
/** Fewest faults or installs of a page of each group. */
const GROUPS: readonly (readonly [FaultGroup, min: number])[] = [
  ['repeated', REPEATS_MIN],
  ['all', 1],
];

export function faultGroups(judged: Judged, { filter = '', shown = {} }: Partial<Wanted>): FaultGroups {
  const list = faultsOf(judged.analysis, judged.trace.table);
  const wanted = filter.toLowerCase();
  const groups = GROUPS.map(([group, min]) => {
    const limit = shown[faultPart(group)] ?? ROWS_AT_ONCE;
    const { pages, total } = list.select({ min, limit: wanted === '' ? limit : LOOKED_AT_MAX });
    const matching =
      wanted === '' ? pages : pages.filter((page) => searchText(judged, list, page).includes(wanted));
    return {
      group,
      total: wanted === '' ? total : matching.length,
      rows: matching.slice(0, limit).map((page) => faultRow(judged, list, page)),
    };
  });
  return { groups, total: list.pages, matching: groups.at(-1)!.total };
}

/** What an entry says, without a look at the file. */
function searchText({ trace: { table }, analysis }: Judged, list: FaultList, page: PageFaults): string {
  const facts = faultFacts(list, table, page).join(' ');
  return `${pageName(analysis, page)} ${patternOf(list, page)} ${facts}`.toLowerCase();
}

function faultRow(judged: Judged, list: FaultList, page: PageFaults): FaultRow {
  const { table } = judged.trace;
  const { firstFaultRow, lastFaultRow, firstInstallRow, lastInstallRow } = page;
  const places = [
    ['first fault', firstFaultRow],
    ['last fault', lastFaultRow],
    ['first install', firstInstallRow],
    ['last install', lastInstallRow],
  ] as const;
  const seen = places.filter(
    ([, row], i) => row >= 0 && places.findIndex(([, other]) => other === row) === i,
  );
  const pattern = patternOf(list, page);
  return {
    key: `${page.vm} ${page.first} ${page.count}`,
    label: pageName(judged.analysis, page),
    pattern: pattern === 'few' ? '' : pattern,
    faults: page.faults,
    installs: page.installs,
    atLeast: list.atLeast,
    facts: faultFacts(list, table, page),
    spot: spotOf(judged, Math.min(...seen.map(([, row]) => row))),
    places: seen.map(([name, row]) => ({ name, spot: spotOf(judged, row) })),
  };
}

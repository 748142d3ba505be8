/** Whether pages are mapped by the user when an attribute is stored, asked by several rules. */
import type { Pgoff } from '../../parsers/base/units.js';
import type { MapRec } from '../world/filePages.js';
import type { Conv, Inode } from '../world/state.js';
import { missingOf } from './common.js';
import type { RuleRun } from './rule.js';

export type MapState =
  | { readonly is: 'mapped'; readonly pgoff: Pgoff; readonly rec: MapRec }
  | { readonly is: 'empty' }
  | {
      readonly is: 'unknown';
      readonly why: 'not-recorded' | 'lost' | 'unknown-start';
      readonly pgoff: Pgoff;
    };

/**
 * Whether any page of [first, end) has a user mapping now, at `row`. Of several the first page is told; a
 * mapping since which events are missing may be gone.
 */
export function mappingsAt(run: RuleRun, inode: Inode, first: Pgoff, end: Pgoff, row: number): MapState {
  const { w } = run;
  if (!run.recorded('RmapAdd') || !run.recorded('RmapRemove'))
    return { is: 'unknown', why: 'not-recorded', pgoff: first };
  let lost: Pgoff | undefined;
  let found: { pgoff: Pgoff; rec: MapRec } | undefined;
  inode.maps.within(first, end, (pgoff, rec) => {
    if (w.gapBetween(rec.since, row)) lost = pgoff;
    else found ??= { pgoff, rec };
  });
  if (found) return { is: 'mapped', ...found };
  if (lost !== undefined) return { is: 'unknown', why: 'lost', pgoff: lost };
  if (!inode.fresh) return { is: 'unknown', why: 'unknown-start', pgoff: first };
  if (w.gapBetween(inode.firstRow, row)) return { is: 'unknown', why: 'lost', pgoff: first };
  return { is: 'empty' };
}

/**
 * True when the mapping certainly was there at the store: added before it, or before the whole call when only
 * the call is known.
 */
export function mappedBeforeStore(
  run: RuleRun,
  state: MapState & { is: 'mapped' },
  conv: Conv,
  row: number,
): boolean {
  if (!conv.storeExact)
    return (
      conv.callRow >= 0 && state.rec.lastAdd < conv.callRow && run.w.ordered(state.rec.lastAdd, conv.callRow)
    );
  return run.w.ordered(state.rec.lastAdd, row);
}

/** Counts a check as undecided because the user mappings are not known, with the reason. */
export function undecidedMapping(
  run: RuleRun,
  state: MapState & { is: 'unknown' },
  conv: Conv,
  row: number,
): void {
  const pages = run.pagesOfConv(conv);
  if (state.why === 'not-recorded') {
    run.notRecorded(
      row,
      'User mappings are not recorded, so whether the pages are mapped is unknown.',
      missingOf(run, ['RmapAdd', 'RmapRemove']),
      pages,
    );
  } else if (state.why === 'lost')
    run.undecided('lost', row, 'Events are missing since the pages were mapped.', [], pages);
  else
    run.undecided(
      'unknown-start',
      row,
      'The trace begins after the file was made: older user mappings are unknown.',
      [],
      pages,
    );
}

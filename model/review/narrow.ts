/** A review of only some of a series: patches, functions or hunks that somebody asks for. */
import type { Series } from '../../parsers/patch/patch.js';
import type { HunkPlace, TouchedSeries } from './touched.js';

export interface Wanted {
  /** Indexes of patches; all where there are none. */
  readonly patches: readonly number[];
  /** Names; all where there are none. */
  readonly functions: readonly string[];
  /** Indexes of hunks, counted through the files of one patch; all where there are none. */
  readonly hunks: readonly number[];
}

/** The touched functions and hunks that are wanted; what else the series does is not told. */
export function narrowed(touched: TouchedSeries, series: Series, wanted: Wanted): TouchedSeries {
  const { patches, functions, hunks } = wanted;
  const isWanted = (place: HunkPlace): boolean =>
    (patches.length === 0 || patches.includes(place.patch)) &&
    (hunks.length === 0 || hunks.includes(ordinalOf(series, place)));
  const kept = touched.functions.flatMap((f) => {
    if (functions.length > 0 && !functions.includes(f.name)) return [];
    const own = f.hunks.filter(isWanted);
    return own.length === 0 ? [] : [{ ...f, hunks: own }];
  });
  return {
    functions: kept,
    owners: touched.owners,
    outside: functions.length > 0 ? [] : touched.outside.filter(isWanted),
    ...(patches.length > 0 && { patches }),
  };
}

/** Number of hunks before this one in its patch. */
function ordinalOf({ patches }: Series, { patch, file, hunk }: HunkPlace): number {
  const before = patches[patch]!.files.slice(0, file);
  return before.reduce((sum, each) => sum + each.hunks.length, hunk);
}

/**
 * Conversions of a judged trace, sorted into what is worth a look. What takes a pass over all of them is
 * worked out once for each analysis; text is made only for those that are shown.
 */
import type { Analysis, Conversion } from '../../model/analysis.js';
import { conversionText, phaseName, phasesSeen } from '../../model/objects/conversion.js';
import { rangeText } from '../../model/objects/lists.js';
import { Phase } from '../../model/ops/oplog.js';
import { durationText } from '../../parsers/base/duration.js';
import { errnoName } from '../../parsers/events/errno.js';
import { spotOf } from './place.js';
import {
  type ConversionGroup,
  type ConversionGroups,
  type ConversionRow,
  ROWS_AT_ONCE,
  type Wanted,
} from '../protocol/shapes.js';
import type { Judged } from './judged.js';

/** A conversion that takes this many times as long as half of them do is slow. */
const SLOW_TIMES_MEDIAN = 10;
/**
 * Symbols, folds and lenses of one document:
 * more than this slows the editor down, and nobody scrolls through them.
 */
const IN_DOCUMENT_MAX = 2000;

/** One entry for each conversion, by its index. */
interface Facts {
  readonly states: readonly ConversionRow['state'][];
  /** -1 where it is not known. */
  readonly durationsNs: Float64Array;
  /** How many of the same pages in the same direction failed before it. */
  readonly retries: Uint32Array;
  readonly groups: Readonly<Record<ConversionGroup, readonly Conversion[]>>;
}

const known = new WeakMap<Analysis, Facts>();

function factsOf({ trace, analysis }: Judged): Facts {
  const found = known.get(analysis);
  if (found) return found;
  const { table } = trace;
  const all = analysis.conversions;
  const states = all.map(stateOf);
  const inNs = table.meta.timeUnit === 'ns';
  const durationsNs = Float64Array.from(all, ({ fromRow, untilRow }) =>
    untilRow >= 0 && inNs ? table.ts(untilRow) - table.ts(fromRow) : -1,
  );
  const retries = retriesOf(all);
  const ended = durationsNs.filter((ns) => ns >= 0).sort();
  const medianNs = ended[ended.length >> 1] ?? Infinity;
  const slowNs = SLOW_TIMES_MEDIAN * medianNs;
  const groups = {
    'in flight': all.filter((_, i) => states[i] === 'in flight'),
    failed: all.filter((_, i) => states[i] === 'failed'),
    slow: all
      .filter((_, i) => durationsNs[i]! > slowNs)
      .sort((a, b) => durationsNs[b.index]! - durationsNs[a.index]!),
    repeated: all.filter((_, i) => retries[i]! > 0),
    all,
  };
  const facts = { states, durationsNs, retries, groups };
  known.set(analysis, facts);
  return facts;
}

function stateOf({ result, untilRow, phaseRows }: Conversion): ConversionRow['state'] {
  if (result !== undefined) return result < 0 ? 'failed' : 'done';
  if (phaseRows[Phase.Failed]! >= 0) return 'failed';
  if (phaseRows[Phase.Done]! >= 0) return 'done';
  return untilRow < 0 ? 'in flight' : 'unknown';
}

function retriesOf(all: readonly Conversion[]): Uint32Array {
  const failures = new Map<string, number>();
  return Uint32Array.from(all, ({ scope, vm, inode, first, count, toPrivate, result }) => {
    const key = `${scope} ${vm} ${inode} ${first} ${count} ${toPrivate}`;
    const before = failures.get(key) ?? 0;
    if (result !== undefined && result < 0) failures.set(key, before + 1);
    else failures.delete(key);
    return before;
  });
}

export function conversionGroups(
  judged: Judged,
  { filter = '', shown = {} }: Partial<Wanted>,
): ConversionGroups {
  const facts = factsOf(judged);
  const wanted = filter.toLowerCase();
  const holds = (conversion: Conversion): boolean => searchText(judged, facts, conversion).includes(wanted);
  const matching = wanted === '' ? undefined : new Set(facts.groups.all.filter(holds));
  const groups = (Object.keys(facts.groups) as ConversionGroup[]).map((group) => {
    const members = matching
      ? facts.groups[group].filter((conversion) => matching.has(conversion))
      : facts.groups[group];
    const rows = members
      .slice(0, shown[group] ?? ROWS_AT_ONCE)
      .map((conversion) => conversionRow(judged, facts, conversion));
    return { group, total: members.length, rows };
  });
  return { groups, total: facts.groups.all.length, matching: matching?.size ?? facts.groups.all.length };
}

/** What an entry says, its phases included, without a look at the file. */
function searchText(
  { trace: { table }, analysis }: Judged,
  { states, durationsNs }: Facts,
  conversion: Conversion,
): string {
  const { index, fromRow, result } = conversion;
  const phases = phasesSeen(conversion)
    .map(({ phase }) => phaseName(phase))
    .join(' ');
  const ns = durationsNs[index]!;
  const duration = ns < 0 ? '' : durationText(ns);
  const outcome = `${states[index]!} ${failedWith(result)} ${duration}`;
  const place = `line ${table.line(fromRow)}`;
  return `${conversionText(analysis, conversion)} ${outcome} ${place} ${phases}`.toLowerCase();
}

/** `EAGAIN` for a conversion that failed, else ''. */
function failedWith(result: number | undefined): string {
  return result !== undefined && result < 0 ? errnoName(result) : '';
}

export function conversionsIn(
  judged: Judged,
  fromLine: number,
  toLine: number,
): { rows: readonly ConversionRow[]; total: number } {
  const {
    trace: { table },
    analysis,
  } = judged;
  const facts = factsOf(judged);
  const inside = analysis.conversions.filter(({ fromRow }) => {
    const line = table.line(fromRow);
    return line >= fromLine && line <= toLine;
  });
  return {
    rows: inside.slice(0, IN_DOCUMENT_MAX).map((conversion) => conversionRow(judged, facts, conversion)),
    total: inside.length,
  };
}

/** What an entry begins with, short enough for a side bar. */
function pagesOf(
  { vms, inodes }: Analysis,
  { scope, vm, inode, first, count }: Conversion,
): { readonly pages: string; readonly owner: string } {
  const ofVm = scope === 'vm';
  const isOnlyOne = (ofVm ? vms : inodes).length < 2;
  const owner = ofVm ? vms[vm]?.label : inodes[inode]?.label;
  return {
    pages: `${ofVm ? 'gfn' : 'page'}${count === 1 ? '' : 's'} ${rangeText(first, count)}`,
    owner: isOnlyOne ? '' : (owner ?? ''),
  };
}

function conversionRow(judged: Judged, facts: Facts, conversion: Conversion): ConversionRow {
  const { table } = judged.trace;
  const { index, fromRow, untilRow, result, toPrivate, count } = conversion;
  const durationNs = facts.durationsNs[index]!;
  return {
    index,
    label: conversionText(judged.analysis, conversion),
    toPrivate,
    ...pagesOf(judged.analysis, conversion),
    state: facts.states[index]!,
    errno: failedWith(result),
    durationNs,
    duration: durationNs < 0 ? '' : durationText(durationNs),
    retries: facts.retries[index]!,
    spot: spotOf(judged, fromRow),
    lastLine: untilRow < 0 ? 0 : table.line(untilRow),
    pageCount: count,
    phases: phasesSeen(conversion).map(({ phase, row }) => ({
      name: phaseName(phase),
      spot: spotOf(judged, row),
    })),
  };
}

/** What a set of recordings had to do: two sets can be compared as far as they had to do the same. */
import { kindId } from '../../parsers/events/kinds.js';
import { plural } from '../../parsers/base/plural.js';
import { NS_PER_SECOND } from '../../parsers/base/units.js';
import type { EventTable } from '../../parsers/events/table.js';
import type { Analysis } from '../analysis.js';

export interface Workload {
  readonly conversions: number;
  /** Guest page faults that KVM handled. */
  readonly faults: number;
  readonly vms: number;
  /** Of all recordings together; 0 where their times are no times. */
  readonly seconds: number;
}

interface Recording {
  readonly table: EventTable;
  readonly analysis: Analysis;
}

const PAGE_FAULT = kindId('KvmPageFault');

export function workloadOf(recordings: readonly Recording[]): Workload {
  const sum = (of: (each: Recording) => number): number =>
    recordings.reduce((total, each) => total + of(each), 0);
  return {
    conversions: sum(({ analysis }) => analysis.conversions.length),
    faults: sum(({ table }) => countOf(table, PAGE_FAULT)),
    vms: sum(({ analysis }) => analysis.vms.length),
    seconds: sum(({ table }) => secondsOf(table)),
  };
}

function countOf({ segments }: EventTable, wanted: number): number {
  let count = 0;
  for (const { kind, length } of segments) for (let i = 0; i < length; i++) if (kind[i] === wanted) count++;
  return count;
}

function secondsOf(table: EventTable): number {
  if (table.meta.timeUnit !== 'ns' || table.length === 0) return 0;
  return Math.max(0, table.ts(table.length - 1) - table.ts(0)) / NS_PER_SECOND;
}

/** From this ratio on, two numbers are no longer about the same. */
const ALIKE_MAX = 2;

/**
 * One sentence where the sets had other things to do, or at another rate; undefined where they are alike.
 * `where` is what the second of them is called, `with the patch`.
 */
export function workloadDifference(before: Workload, after: Workload, where: string): string | undefined {
  const isAlike =
    before.vms === after.vms &&
    areAlike(before.conversions, after.conversions) &&
    areAlike(before.faults, after.faults) &&
    areAlike(rate(before), rate(after));
  if (isAlike) return undefined;
  const without = `${workloadText(before)} without the patch`;
  return `The workloads differ: ${without}; ${workloadText(after)} ${where}.`;
}

function areAlike(a: number, b: number): boolean {
  if (a === 0 || b === 0) return a === b;
  return Math.max(a, b) < ALIKE_MAX * Math.min(a, b);
}

/** Conversions in a second; 0 where nobody knows. */
function rate({ conversions, seconds }: Workload): number {
  return seconds > 0 ? conversions / seconds : 0;
}

/** Rates below this have a decimal. */
const EXACT_BELOW = 10;

/** `5 conversions (2.5 a second), 40 page faults, 1 VM`. */
function workloadText(workload: Workload): string {
  const { conversions, faults, vms } = workload;
  const perSecond = rate(workload);
  const often = perSecond > 0 ? ` (${perSecond.toFixed(perSecond < EXACT_BELOW ? 1 : 0)} a second)` : '';
  const counts = [plural(conversions, 'conversion') + often, plural(faults, 'page fault'), plural(vms, 'VM')];
  return counts.join(', ');
}

/** What is told of a page's faults and installs, in words. */
import { durationText } from '../../parsers/base/duration.js';
import { NS_PER_SECOND } from '../../parsers/base/units.js';
import { plural } from '../../parsers/base/plural.js';
import type { EventTable } from '../../parsers/events/table.js';
import { hex } from '../pages/state.js';
import { REPEATS_MIN, type FaultList, type PageFaults } from './faults.js';

const DIGITS = 3;

/** What goes on, in two words: what is told first of a page. */
export type Pattern =
  | 'no install'
  | 'comes and goes'
  | 'mapped already'
  | 'installed again'
  | 'repeated'
  | 'few';

export function patternOf(list: FaultList, page: PageFaults): Pattern {
  if (list.installsRecorded && page.unserved >= REPEATS_MIN) return 'no install';
  if (page.installs >= REPEATS_MIN && page.zaps >= REPEATS_MIN) return 'comes and goes';
  if (page.whileMapped >= REPEATS_MIN) return 'mapped already';
  if (page.sameFrame >= REPEATS_MIN) return 'installed again';
  return Math.max(page.faults, page.installs) >= REPEATS_MIN ? 'repeated' : 'few';
}

/**
 * `gfn 0x100000`, `gfns 0x800..0x9ff`: the page first, for narrow lists; its VM behind, and only where the
 * trace has others: `gfn 0x100000 of tgid:493`.
 */
export function pageName(
  { vms }: { readonly vms: readonly { readonly label: string }[] },
  { vm, first, count }: PageFaults,
): string {
  const page = count === 1 ? `gfn ${hex(first)}` : `gfns ${hex(first)}..${hex(first + count - 1)}`;
  const owner = vms[vm]?.label ?? 'vm?';
  const isTheOnlyVm = vms.length === 0 || (vms.length === 1 && vm === 0);
  return isTheOnlyVm ? page : `${page} of ${owner}`;
}

/** `12 faults`; where events were lost, `at least 12 faults`. */
function counted({ atLeast }: FaultList, count: number, noun: string): string {
  return `${atLeast ? 'at least ' : ''}${plural(count, noun)}`;
}

/** Facts of a page, one clause each, the weightiest first. */
export function faultFacts(list: FaultList, table: EventTable, page: PageFaults): string[] {
  const facts = [faultsText(list, table, page), installsText(list, page), servedText(page)];
  if (page.whileMapped > 0)
    facts.push(`${plural(page.whileMapped, 'fault')} while it was mapped: spurious, or for more rights`);
  if (page.unserved > 0 && list.installsRecorded)
    facts.push(`${plural(page.unserved, 'fault')} that no install follows, up to the end`);
  if (page.conversions > 0) facts.push(`${plural(page.conversions, 'conversion')} of it in this trace`);
  if (page.losses > 0) facts.push(`events were lost ${plural(page.losses, 'time')} in between`);
  return facts.filter((fact) => fact !== '');
}

function faultsText(list: FaultList, table: EventTable, page: PageFaults): string {
  if (page.faults === 0) return list.faultsRecorded ? 'no fault is seen' : 'faults are not recorded';
  if (page.count > 1) return `${counted(list, page.faults, 'fault')} on frames of it`;
  const code = page.errorCode < 0 ? '' : ` with error code ${hex(page.errorCode)}`;
  const codes = page.errorCodesDiffer ? ' with several error codes' : code;
  const by = page.vcpus > 0 ? ` by ${plural(page.vcpus, 'vCPU')}` : '';
  return `${counted(list, page.faults, 'fault')}${codes}${by}${rateText(table, page)}`;
}

/** `, over 1.2 s (10 a second)`; '' for one fault, or where there are no times. */
function rateText(table: EventTable, { faults, firstFaultRow, lastFaultRow }: PageFaults): string {
  if (faults < 2 || table.meta.timeUnit !== 'ns') return '';
  const ns = table.ts(lastFaultRow) - table.ts(firstFaultRow);
  if (ns <= 0) return '';
  const rate = Number((((faults - 1) * NS_PER_SECOND) / ns).toPrecision(DIGITS));
  return `, over ${durationText(ns)} (${rate} a second)`;
}

function installsText(list: FaultList, { installs, sameFrame, zaps }: PageFaults): string {
  if (installs === 0) return list.installsRecorded ? 'no install is seen' : 'installs are not recorded';
  const same = sameFrame > 0 ? `, ${sameFrame} of them of the frame that was there before` : '';
  const gone = zaps > 0 ? `, ${plural(zaps, 'zap')}` : '';
  return `${counted(list, installs, 'install')}${same}${gone}`;
}

function servedText({ served, servedByOther, leastNs, meanNs, mostNs }: PageFaults): string {
  if (served === 0) return '';
  const other = servedByOther > 0 ? `, ${servedByOther} of them by another thread than had faulted` : '';
  if (leastNs < 0) return `${plural(served, 'time')} an install followed${other}`;
  const mean = Number(meanNs.toPrecision(DIGITS));
  const span =
    served === 1
      ? durationText(mostNs)
      : `${durationText(leastNs)} to ${durationText(mostNs)}, ${durationText(mean)} on average`;
  return `from fault to install ${span}, ${plural(served, 'time')}${other}`;
}

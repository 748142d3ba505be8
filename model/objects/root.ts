/**
 * The names that an expression starts from: event, page, conversion, shim, vm, rules, and what leads to
 * others.
 */
import { asGfn, asPgoff } from '../../parsers/base/units.js';
import { UNKNOWN_CPU } from '../../parsers/events/table.js';
import { ExprError } from '../expr/error.js';
import { absentObject, makeList, makeObject, scalarOf, type ExprObject, type Value } from '../expr/value.js';
import { inFlight, type Moment } from './moment.js';
import type { Conversion } from '../analysis.js';
import { conversionObject } from './conversion.js';
import { eventObject, timeFormat, timeOf } from './event.js';
import { pageOfFile, pageOfGfn, type PageRef } from './focus.js';
import { ABSENT } from '../cursor/stepMap.js';
import { pageMappings, pageObject, pageRefs } from './page.js';
import { MapKind } from '../cursor/mapRegistry.js';
import { findingsHere, rulesObject } from './rules.js';
import { shimObject } from './shim.js';
import { vmObject } from './vm.js';

/** A whole number below 2^51, or an error that names the function. */
function wholeArg(args: readonly Value[], i: number, what: string, fallback?: number): number {
  const value = scalarOf(args[i]);
  if (value === undefined && args.length <= i && fallback !== undefined) return fallback;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value >= 2 ** 51)
    throw new ExprError(`${what} takes a whole number`, 0);
  return value;
}

function indexArg(args: readonly Value[], what: string, count: number): number {
  const i = wholeArg(args, 0, what);
  if (i >= count)
    throw new ExprError(count === 0 ? `this trace has no ${what}` : `${what} goes from 0 to ${count - 1}`, 0);
  return i;
}

function callable(name: string, doc: string, call: (args: readonly Value[]) => Value): ExprObject {
  return makeObject(name, () => doc, {}, { call });
}

const NO_PAGE: PageRef = { vm: -1, gfn: asGfn(-1), inode: -1, pgoff: asPgoff(-1) };
const NO_CONVERSION: Conversion = {
  index: -1,
  scope: 'vm',
  vm: -1,
  inode: -1,
  first: 0,
  count: 0,
  toPrivate: false,
  tid: -1,
  fromRow: -1,
  untilRow: -1,
  result: undefined,
  phaseRows: [],
  parts: [],
};

export interface Focus {
  readonly page: PageRef | undefined;
  /** Indexes, -1 for none. */
  readonly vm: number;
  readonly inode: number;
}

/**
 * The page, VM and file that the event at the cursor is about; with only one of a sort in the trace, that
 * one.
 */
export function focusOf(moment: Moment): Focus {
  const page = moment.page();
  const { vms, inodes } = moment.index.analysis;
  const conversion = moment.conversion();
  const ofEvent = moment.row < 0 ? -1 : moment.index.vmOf(moment.row);
  const vm =
    [page?.vm ?? -1, ofEvent, conversion?.vm ?? -1, vms.length === 1 ? 0 : -1].find((i) => i >= 0) ?? -1;
  const inode =
    [page?.inode ?? -1, conversion?.inode ?? -1, inodes.length === 1 ? 0 : -1].find((i) => i >= 0) ?? -1;
  return { page, vm, inode };
}

/** The root object over a moment. It stays valid when the cursor moves: everything is read when asked. */
export function rootObject(moment: Moment): ExprObject {
  const { index } = moment;
  const { analysis, table } = index;
  const focus = (): Focus => focusOf(moment);
  const pageCall = (args: readonly Value[]): Value => pageObject(moment, pageArg(moment, args), pageCall);
  const vmCall = (args: readonly Value[]): Value =>
    vmObject(moment, indexArg(args, 'vm', analysis.vms.length), vmCall);
  const inodeCall = (args: readonly Value[]): Value =>
    shimObject(moment, indexArg(args, 'inode', analysis.inodes.length), inodeCall);
  const conversionCall = (args: readonly Value[]): Value =>
    conversionObject(
      moment,
      analysis.conversions[indexArg(args, 'conversion', analysis.conversions.length)]!,
      conversionCall,
    );
  const here = (read: (row: number) => Value): Value => (moment.row < 0 ? undefined : read(moment.row));
  return makeObject('state', () => index.place(moment.row), {
    event: { doc: 'The event at the cursor', get: () => eventObject(moment) },
    page: {
      doc: 'The page that the event is about; page(gfn) or page(gfn, vm) for another',
      get: () => {
        const { page } = focus();
        return page
          ? pageObject(moment, page, pageCall)
          : absentObject(pageObject(moment, NO_PAGE, pageCall), 'no page seen yet');
      },
    },
    conversion: {
      doc: 'The conversion that the event belongs to; conversion(number) for another',
      get: () => {
        const found = moment.conversion();
        return found
          ? conversionObject(moment, found, conversionCall)
          : absentObject(conversionObject(moment, NO_CONVERSION, conversionCall), 'none in flight');
      },
    },
    shim: {
      doc: 'The guest_memfd file of the page; inode(number) for another',
      get: () => {
        const { inode } = focus();
        return inode < 0 ? absentObject(shimObject(moment, -1), 'not known') : shimObject(moment, inode);
      },
    },
    vm: {
      doc: 'The VM of the event; vm(number) for another',
      get: () => {
        const { vm } = focus();
        return vm < 0
          ? absentObject(vmObject(moment, -1, vmCall), 'not known')
          : vmObject(moment, vm, vmCall);
      },
    },
    rules: { doc: 'The rules and what they have said so far', get: () => rulesObject(moment) },
    findings: { doc: 'Findings at this event', get: () => findingsHere(moment) },
    conversions: {
      doc: 'Conversions in flight',
      get: () =>
        makeList(
          'conversions',
          inFlight(moment).map((c) => ({ name: String(c.index), value: conversionObject(moment, c) })),
        ),
    },
    gfn: {
      doc: 'Guest frame of the page',
      format: 'hex',
      get: () => {
        const p = focus().page;
        return p && p.gfn >= 0 ? p.gfn : undefined;
      },
    },
    pgoff: {
      doc: 'Page of the file',
      format: 'hex',
      get: () => {
        const p = focus().page;
        return p && p.pgoff >= 0 ? p.pgoff : undefined;
      },
    },
    refs: {
      doc: 'refs(gfn) or refs(gfn, vm): references to a page',
      get: () => callable('refs', 'refs(gfn)', (args) => pageRefs(moment, pageArg(moment, args))),
    },
    mappings: {
      doc: 'mappings(gfn): who maps a page in user space',
      get: () => callable('mappings', 'mappings(gfn)', (args) => pageMappings(moment, pageArg(moment, args))),
    },
    filePage: {
      doc: 'filePage(pgoff) or filePage(pgoff, inode): a page by its place in the file',
      get: () =>
        callable('filePage', 'filePage(pgoff)', (args) => pageObject(moment, filePageArg(moment, args))),
    },
    inode: {
      doc: 'inode(number): a guest_memfd file',
      get: () => callable('inode', 'inode(number)', inodeCall),
    },
    known: {
      doc: 'known(x): true when x is not unknown',
      get: () =>
        callable(
          'known',
          'known(x)',
          (args) => scalarOf(args[0]) !== undefined || typeof args[0] === 'object',
        ),
    },
    row: { doc: 'Number of the event, from 0', get: () => here((row) => row) },
    line: {
      doc: 'Line of the event in a text trace',
      get: () => here((row) => (table.line(row) > 0 ? table.line(row) : undefined)),
    },
    time: {
      doc: 'Time of the event in seconds (or ticks)',
      format: timeFormat(moment),
      get: () => here((row) => timeOf(moment, row)),
    },
    cpu: {
      doc: 'CPU of the event',
      get: () => here((row) => (table.cpu(row) === UNKNOWN_CPU ? undefined : table.cpu(row))),
    },
    tid: {
      doc: 'Thread of the event',
      get: () => here((row) => (table.tid(row) < 0 ? undefined : table.tid(row))),
    },
    comm: { doc: 'Command of the thread', get: () => here((row) => table.comm(row)) },
    lost: {
      doc: 'How many times events were lost so far: what was known before is unknown',
      get: () => Math.max(0, lossCount(moment)),
    },
  });
}

function lossCount(moment: Moment): number {
  const count = moment.state.value(MapKind.Loss, -1, 1);
  return count === ABSENT ? 0 : count;
}

function pageArg(moment: Moment, args: readonly Value[]): PageRef {
  const gfn = asGfn(wholeArg(args, 0, 'page'));
  const { vm } = focusOf(moment);
  const owner = wholeArg(args, 1, 'page', Math.max(0, vm));
  return pageOfGfn(moment.index, owner, gfn, Math.max(0, moment.row));
}

function filePageArg(moment: Moment, args: readonly Value[]): PageRef {
  const pgoff = asPgoff(wholeArg(args, 0, 'filePage'));
  const owner = wholeArg(args, 1, 'filePage', Math.max(0, focusOf(moment).inode));
  return pageOfFile(moment.index, owner, pgoff, Math.max(0, moment.row));
}

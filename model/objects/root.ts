/**
 * The names that an expression starts from: event, page, conversion, shim, vm, rules, and what leads to
 * others.
 */
import { asGfn, asPgoff } from '../../parsers/base/units.js';
import { UNKNOWN_CPU } from '../../parsers/events/table.js';
import { ExprError } from '../expr/error.js';
import { absentObject, makeList, makeObject, scalarOf, type ExprObject, type Value } from '../expr/value.js';
import { inFlight, type StateView } from './stateView.js';
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
export function focusOf(view: StateView): Focus {
  const page = view.page();
  const { vms, inodes } = view.index.analysis;
  const conversion = view.conversion();
  const ofEvent = view.row < 0 ? -1 : view.index.vmOf(view.row);
  const vm =
    [page?.vm ?? -1, ofEvent, conversion?.vm ?? -1, vms.length === 1 ? 0 : -1].find((i) => i >= 0) ?? -1;
  const inode =
    [page?.inode ?? -1, conversion?.inode ?? -1, inodes.length === 1 ? 0 : -1].find((i) => i >= 0) ?? -1;
  return { page, vm, inode };
}

/** The root object over a state view. It stays valid when the cursor moves: everything is read when asked. */
export function rootObject(view: StateView): ExprObject {
  const { index } = view;
  const { analysis, table } = index;
  const focus = (): Focus => focusOf(view);
  const pageCall = (args: readonly Value[]): Value => pageObject(view, pageArg(view, args), pageCall);
  const vmCall = (args: readonly Value[]): Value =>
    vmObject(view, indexArg(args, 'vm', analysis.vms.length), vmCall);
  const inodeCall = (args: readonly Value[]): Value =>
    shimObject(view, indexArg(args, 'inode', analysis.inodes.length), inodeCall);
  const conversionCall = (args: readonly Value[]): Value =>
    conversionObject(
      view,
      analysis.conversions[indexArg(args, 'conversion', analysis.conversions.length)]!,
      conversionCall,
    );
  const here = (read: (row: number) => Value): Value => (view.row < 0 ? undefined : read(view.row));
  return makeObject('state', () => index.place(view.row), {
    event: { doc: 'The event at the cursor', get: () => eventObject(view) },
    page: {
      doc: 'The page that the event is about; page(gfn) or page(gfn, vm) for another',
      get: () => {
        const { page } = focus();
        return page
          ? pageObject(view, page, pageCall)
          : absentObject(pageObject(view, NO_PAGE, pageCall), 'no page seen yet');
      },
    },
    conversion: {
      doc: 'The conversion that the event belongs to; conversion(number) for another',
      get: () => {
        const found = view.conversion();
        return found
          ? conversionObject(view, found, conversionCall)
          : absentObject(conversionObject(view, NO_CONVERSION, conversionCall), 'none in flight');
      },
    },
    shim: {
      doc: 'The guest_memfd file of the page; inode(number) for another',
      get: () => {
        const { inode } = focus();
        return inode < 0 ? absentObject(shimObject(view, -1), 'not known') : shimObject(view, inode);
      },
    },
    vm: {
      doc: 'The VM of the event; vm(number) for another',
      get: () => {
        const { vm } = focus();
        return vm < 0 ? absentObject(vmObject(view, -1, vmCall), 'not known') : vmObject(view, vm, vmCall);
      },
    },
    rules: { doc: 'The rules and what they have said so far', get: () => rulesObject(view) },
    findings: { doc: 'Findings at this event', get: () => findingsHere(view) },
    conversions: {
      doc: 'Conversions in flight',
      get: () =>
        makeList(
          'conversions',
          inFlight(view).map((c) => ({ name: String(c.index), value: conversionObject(view, c) })),
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
      get: () => callable('refs', 'refs(gfn)', (args) => pageRefs(view, pageArg(view, args))),
    },
    mappings: {
      doc: 'mappings(gfn): who maps a page in user space',
      get: () => callable('mappings', 'mappings(gfn)', (args) => pageMappings(view, pageArg(view, args))),
    },
    filePage: {
      doc: 'filePage(pgoff) or filePage(pgoff, inode): a page by its place in the file',
      get: () => callable('filePage', 'filePage(pgoff)', (args) => pageObject(view, filePageArg(view, args))),
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
      format: timeFormat(view),
      get: () => here((row) => timeOf(view, row)),
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
      get: () => Math.max(0, lossCount(view)),
    },
  });
}

function lossCount(view: StateView): number {
  const count = view.state.value(MapKind.Loss, -1, 1);
  return count === ABSENT ? 0 : count;
}

function pageArg(view: StateView, args: readonly Value[]): PageRef {
  const gfn = asGfn(wholeArg(args, 0, 'page'));
  const { vm } = focusOf(view);
  const owner = wholeArg(args, 1, 'page', Math.max(0, vm));
  return pageOfGfn(view.index, owner, gfn, Math.max(0, view.row));
}

function filePageArg(view: StateView, args: readonly Value[]): PageRef {
  const pgoff = asPgoff(wholeArg(args, 0, 'filePage'));
  const owner = wholeArg(args, 1, 'filePage', Math.max(0, focusOf(view).inode));
  return pageOfFile(view.index, owner, pgoff, Math.max(0, view.row));
}

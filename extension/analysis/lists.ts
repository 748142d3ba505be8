/** Conversions, pages and references of a judged trace, for the lists beside it. */
import type { Analysis, Conversion, SlotInfo } from '../../model/analysis.js';
import { conversionText, phasesSeen, phaseName } from '../../model/shim/view_conversion.js';
import { rangeText } from '../../model/shim/view_lists.js';
import { intervalAtRow, rangePieces, type RangePiece } from '../../model/timeline/query.js';
import type { PageId, PageInterval } from '../../model/timeline/intervals.js';
import { Op, Phase } from '../../model/timeline/oplog.js';
import { describeState, type PageState, type Reference } from '../../model/timeline/state.js';
import { durationText, errnoName } from './format.js';
import { spotOf } from './place.js';
import type { ConversionRow, HolderView, Lists, PageRun, SlotView } from './views.js';
import type { Judged } from './worker.js';

/** No list is longer than this. */
const CONVERSIONS_SHOWN = 1000;
const RUNS_SHOWN = 300;
const HOLDERS_SHOWN = 300;

/** Everything at a row; -1 for the end of the trace. */
export function listsAt(judged: Judged, row: number): Lists {
  const { trace, analysis } = judged;
  const at = row < 0 ? trace.table.length - 1 : row;
  const blocks = blocksAt(analysis, at);
  const pieces = blocks.map((block) => ({ block, states: statesOf(analysis, block, at) }));
  return {
    conversions: conversionRows(judged), conversionsTotal: analysis.conversions.length,
    slots: pieces.map(({ block, states }) => slotView(judged, block, states)),
    holders: holdersOf(judged, pieces, at),
    at: row < 0 ? 'at the end of the trace' : `at line ${trace.table.line(row)}`,
  };
}

export function conversionRows(judged: Judged): readonly ConversionRow[] {
  const failures = new Map<string, number>();
  return judged.analysis.conversions.slice(0, CONVERSIONS_SHOWN).map((conversion) => {
    const key = `${conversion.scope} ${conversion.vm} ${conversion.inode} ${conversion.first} ${conversion.count} ${conversion.toPrivate}`;
    const retries = failures.get(key) ?? 0;
    if (conversion.result !== undefined && conversion.result < 0) failures.set(key, retries + 1);
    else failures.delete(key);
    return conversionRow(judged, conversion, retries);
  });
}

function conversionRow(judged: Judged, conversion: Conversion, retries: number): ConversionRow {
  const { table } = judged.trace;
  const { fromRow, untilRow, result } = conversion;
  const ended = untilRow >= 0 && table.meta.timeUnit === 'ns';
  const durationNs = ended ? table.ts(untilRow) - table.ts(fromRow) : -1;
  return {
    index: conversion.index, label: conversionText(judged.analysis, conversion), toPrivate: conversion.toPrivate,
    state: stateOf(conversion), errno: result !== undefined && result < 0 ? errnoName(result) : '',
    durationNs, duration: durationNs < 0 ? '' : durationText(durationNs), retries, spot: spotOf(judged, fromRow),
    lastLine: untilRow < 0 ? 0 : table.line(untilRow), pageCount: conversion.count,
    phases: phasesSeen(conversion).map(({ phase, row }) => ({ name: phaseName(phase), spot: spotOf(judged, row) })),
  };
}

function stateOf({ result, untilRow, phaseRows }: Conversion): ConversionRow['state'] {
  if (result !== undefined) return result < 0 ? 'failed' : 'done';
  if (phaseRows[Phase.Failed]! >= 0) return 'failed';
  if (phaseRows[Phase.Done]! >= 0) return 'done';
  return untilRow < 0 ? 'in flight' : 'unknown';
}

/** A run of pages that is looked at as one thing: a memslot, or a file or VM that no slot shows. */
interface Block {
  readonly page: PageId;
  readonly count: number;
  readonly vm: string;
  readonly label: string;
}

function blocksAt(analysis: Analysis, row: number): Block[] {
  const live = analysis.slots.filter((slot) => slot.fromRow <= row && row < slot.untilRow);
  const blocks = live.map((slot) => slotBlock(analysis, slot));
  analysis.inodes.forEach((inode, subject) => {
    if (live.some((slot) => slot.inode === subject)) return;
    const span = inode.pageCount > 0 ? { first: 0, count: inode.pageCount } : touched(analysis, 'pgoff', subject);
    if (span) blocks.push({ page: { unit: 'pgoff', subject, page: span.first }, count: span.count, vm: 'no memslot', label: `pages ${rangeText(span.first, span.count)} of ${inode.label}` });
  });
  analysis.vms.forEach((vm, subject) => {
    const span = live.some((slot) => slot.vm === subject) ? undefined : touched(analysis, 'gfn', subject);
    if (span) blocks.push({ page: { unit: 'gfn', subject, page: span.first }, count: span.count, vm: vm.label, label: `gfns ${rangeText(span.first, span.count)}` });
  });
  return blocks;
}

function slotBlock(analysis: Analysis, slot: SlotInfo): Block {
  const file = analysis.inodes[slot.inode]?.label;
  return {
    page: { unit: 'gfn', subject: slot.vm, page: slot.baseGfn }, count: slot.pageCount, vm: analysis.vms[slot.vm]?.label ?? 'vm?',
    label: `slot ${slot.slot}: gfns ${rangeText(slot.baseGfn, slot.pageCount)}${file === undefined ? '' : ` of ${file}`}`,
  };
}

/** Operations that say something of pages of a VM or of a file. */
const GFN_OPS: ReadonlySet<number> = new Set([Op.GfnAttr, Op.SpteSet, Op.SpteZap]);
const FILE_OPS: ReadonlySet<number> = new Set([Op.PageAttr, Op.MapAdd, Op.MapRemove, Op.RefGet, Op.RefPut, Op.Alloc, Op.Free]);
/** A hull wider than this is not a piece of memory that somebody looks at. */
const HULL_MAX = 2 ** 32;

/** The hull of the pages that operations touch; undefined when none does. */
function touched(analysis: Analysis, unit: 'gfn' | 'pgoff', subject: number): RangePiece | undefined {
  const wanted = unit === 'gfn' ? GFN_OPS : FILE_OPS;
  const { ops } = analysis;
  let first = Infinity;
  let end = 0;
  for (let i = 0; i < ops.length; i++) {
    if (ops.subject(i) !== subject || !wanted.has(ops.op(i)) || ops.count(i) > HULL_MAX) continue;
    first = Math.min(first, ops.first(i));
    end = Math.max(end, ops.first(i) + ops.count(i));
  }
  return first < end ? { first, count: end - first } : undefined;
}

interface Piece extends RangePiece {
  readonly interval: PageInterval;
}

function statesOf(analysis: Analysis, block: Block, row: number): Piece[] {
  return rangePieces(analysis, block.page, block.count).slice(0, RUNS_SHOWN * 4).map(({ first, count }) => ({
    first, count, interval: intervalAtRow(analysis, { ...block.page, page: first }, row),
  }));
}

function kindOf(state: PageState): PageRun['kind'] {
  return state.conversions.length > 0 ? 'converting' : state.attribute;
}

function slotView(judged: Judged, block: Block, pieces: readonly Piece[]): SlotView {
  const runs: { first: number; count: number; interval: PageInterval; state: string }[] = [];
  for (const { first, count, interval } of pieces) {
    const state = describeState(interval.state);
    const last = runs[runs.length - 1];
    if (last && plain(last.state) === plain(state) && last.first + last.count === first) last.count += count;
    else runs.push({ first, count, interval, state });
  }
  return {
    vm: block.vm, label: block.label, more: Math.max(0, runs.length - RUNS_SHOWN),
    runs: runs.slice(0, RUNS_SHOWN).map((run) => ({
      label: rangeText(run.first, run.count), kind: kindOf(run.interval.state), state: run.state, count: run.count,
      since: spotOf(judged, run.interval.fromRow),
    })),
  };
}

/** A state without its frame: neighbours that differ in that alone are one run. */
function plain(state: string): string {
  return state.replace(/ ?pfn 0x[0-9a-f]+/g, '');
}

function holdersOf(judged: Judged, blocks: readonly { block: Block; states: readonly Piece[] }[], row: number): HolderView[] {
  const seen = new Map<string, { reference: Reference; block: Block; first: number; count: number }>();
  for (const { block, states } of blocks) {
    for (const { first, count, interval } of states) {
      for (const reference of interval.state.references) {
        const key = `${reference.row} ${reference.kind} ${reference.tid}`;
        const known = seen.get(key);
        if (known?.block === block && known.first + known.count === first) known.count += count;
        else if (!known) seen.set(key, { reference, block, first, count });
      }
    }
  }
  const held = [...seen.values()].sort((a, b) => a.reference.row - b.reference.row).slice(0, HOLDERS_SHOWN);
  return held.map(({ reference, block, first, count }) => holderView(judged, { ...block.page, page: first }, count, reference, row));
}

function holderView(judged: Judged, page: PageId, count: number, { kind, tid, row }: Reference, now: number): HolderView {
  const { table } = judged.trace;
  const unit = page.unit === 'gfn' ? 'gfn' : 'page';
  const comm = row >= 0 && table.tid(row) === tid ? table.comm(row) : '';
  return {
    pages: `${unit}${count === 1 ? '' : 's'} ${rangeText(page.page, count)}`, kind: kind === 'gup' ? 'GUP reference' : kind === 'pin' ? 'pin' : 'get_pfn reference',
    holder: tid < 0 ? 'unknown' : comm === '' ? `tid ${tid}` : `${comm}-${tid}`,
    age: row >= 0 && table.meta.timeUnit === 'ns' ? durationText(table.ts(now) - table.ts(row)) : '',
    outlived: outlived(judged.analysis, page, row, now), spot: spotOf(judged, row),
  };
}

/** Conversions over a page that failed between two rows. */
function outlived(analysis: Analysis, page: PageId, fromRow: number, untilRow: number): number {
  return analysis.conversions.filter((c) => c.result !== undefined && c.result < 0 && c.fromRow >= fromRow && c.untilRow <= untilRow && covers(analysis, c, page)).length;
}

function covers(analysis: Analysis, conversion: Conversion, page: PageId): boolean {
  if (conversion.scope === 'vm') return page.unit === 'gfn' && page.subject === conversion.vm && within(page.page, conversion);
  if (page.unit === 'pgoff') return page.subject === conversion.inode && within(page.page, conversion);
  return analysis.slots.some((s) => s.vm === page.subject && s.inode === conversion.inode && page.page >= s.baseGfn
    && page.page < s.baseGfn + s.pageCount && within(s.pgoff + page.page - s.baseGfn, conversion));
}

function within(page: number, { first, count }: RangePiece): boolean {
  return page >= first && page < first + count;
}

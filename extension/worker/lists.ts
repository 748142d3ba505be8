/** Pages and references of a judged trace at one instant, for the lists beside it. */
import type { Analysis, Conversion, SlotInfo } from '../../model/analysis.js';
import { rangeText } from '../../model/objects/lists.js';
import { rangePieces, type RangePiece } from '../../model/pages/query.js';
import { pageInstant, type PageId, type PageInstant } from '../../model/pages/intervals.js';
import { Op } from '../../model/ops/oplog.js';
import { describeState, type PageState, type Reference } from '../../model/pages/state.js';
import { durationText } from '../../parsers/base/duration.js';
import { spotOf } from './place.js';
import {
  type HolderRow,
  HOLDERS,
  type Lists,
  type PageKind,
  type PageRun,
  ROWS_AT_ONCE,
  type SlotRow,
  type Wanted,
} from '../protocol/shapes.js';
import type { Judged } from './judged.js';

/** So many stretches of pages with lives of their own are looked at for one answer. */
const LOOKED_AT_MAX = 20000;

/** Everything at a row; -1 for the end of the trace. */
export function listsAt(judged: Judged, row: number, { filter = '', shown = {} }: Partial<Wanted>): Lists {
  const { trace, analysis } = judged;
  const at = row < 0 ? trace.table.length - 1 : row;
  const wanted = filter.toLowerCase();
  let left = LOOKED_AT_MAX;
  const looked = blocksAt(analysis, at).map((block) => {
    const states = statesOf(analysis, block, at, left);
    left -= states.length;
    return { block, states };
  });
  const slots = looked.map(({ block, states }) =>
    slotRow(judged, { block, states }, wanted, shown[keyOf(block)] ?? ROWS_AT_ONCE),
  );
  const held = holdersOf(looked);
  const matching =
    wanted === '' ? held : held.filter((holder) => holderText(judged, holder, at).includes(wanted));
  return {
    slots: slots.map(({ slot }) => slot),
    holders: matching.slice(0, shown[HOLDERS] ?? ROWS_AT_ONCE).map((holder) => holderRow(judged, holder, at)),
    holdersMatching: matching.length,
    holdersTotal: held.length,
    runsMatching: slots.reduce((sum, { slot }) => sum + slot.total, 0),
    runsTotal: slots.reduce((sum, { all }) => sum + all, 0),
    at: row < 0 ? 'at the end of the trace' : `at line ${trace.table.line(row)}`,
  };
}

/** A run of pages that is looked at as one thing: a memslot, or a file or VM that no slot shows. */
interface Block {
  readonly page: PageId;
  readonly count: number;
  readonly vm: string;
  readonly label: string;
}

/** What takes a pass over all operations, worked out once for each analysis. */
interface Memory {
  readonly pieces: Map<string, readonly RangePiece[]>;
  readonly hulls: Map<string, RangePiece | undefined>;
}

const memories = new WeakMap<Analysis, Memory>();

function memoryOf(analysis: Analysis): Memory {
  const known = memories.get(analysis);
  if (known) return known;
  const made = { pieces: new Map(), hulls: new Map() };
  memories.set(analysis, made);
  return made;
}

/** What `make` gives, kept under a key. */
function kept<T>(map: Map<string, T>, key: string, make: () => T): T {
  if (!map.has(key)) map.set(key, make());
  return map.get(key)!;
}

function keyOf({ page, count, label }: Block): string {
  return `${page.unit} ${page.subject} ${page.page} ${count} ${label}`;
}

function blocksAt(analysis: Analysis, row: number): Block[] {
  const live = analysis.slots.filter((slot) => slot.fromRow <= row && row < slot.untilRow);
  const blocks = live.map((slot) => slotBlock(analysis, slot));
  analysis.inodes.forEach((inode, subject) => {
    if (live.some((slot) => slot.inode === subject)) return;
    const whole = inode.pageCount > 0 ? { first: 0, count: inode.pageCount } : undefined;
    const span = whole ?? touched(analysis, 'pgoff', subject);
    if (!span) return;
    blocks.push({
      page: { unit: 'pgoff', subject, page: span.first },
      count: span.count,
      vm: 'no memslot',
      label: `pages ${rangeText(span.first, span.count)} of ${inode.label}`,
    });
  });
  analysis.vms.forEach((vm, subject) => {
    if (live.some((slot) => slot.vm === subject)) return;
    const span = touched(analysis, 'gfn', subject);
    if (!span) return;
    blocks.push({
      page: { unit: 'gfn', subject, page: span.first },
      count: span.count,
      vm: vm.label,
      label: `gfns ${rangeText(span.first, span.count)}`,
    });
  });
  return blocks;
}

function slotBlock(analysis: Analysis, slot: SlotInfo): Block {
  const file = analysis.inodes[slot.inode]?.label;
  const ofFile = file === undefined ? '' : ` of ${file}`;
  return {
    page: { unit: 'gfn', subject: slot.vm, page: slot.baseGfn },
    count: slot.pageCount,
    vm: analysis.vms[slot.vm]?.label ?? 'vm?',
    label: `slot ${slot.slot}: gfns ${rangeText(slot.baseGfn, slot.pageCount)}${ofFile}`,
  };
}

/** Operations that say something of pages of a VM or of a file. */
const GFN_OPS: ReadonlySet<number> = new Set([Op.GfnAttr, Op.SpteSet, Op.SpteZap]);
const FILE_OPS: ReadonlySet<number> = new Set([
  Op.PageAttr,
  Op.MapAdd,
  Op.MapRemove,
  Op.RefGet,
  Op.RefPut,
  Op.Alloc,
  Op.Free,
]);
/** An operation on more pages is on no piece of memory that somebody looks at, and widens no hull. */
const HULL_MAX = 2 ** 32;

/** The hull of the pages that operations touch; undefined when none does. */
function touched(analysis: Analysis, unit: 'gfn' | 'pgoff', subject: number): RangePiece | undefined {
  return kept(memoryOf(analysis).hulls, `${unit} ${subject}`, () => hullOf(analysis, unit, subject));
}

function hullOf(analysis: Analysis, unit: 'gfn' | 'pgoff', subject: number): RangePiece | undefined {
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
  readonly interval: PageInstant;
}

/** A block, and as many of its stretches as were looked at. */
interface LookedAt {
  readonly block: Block;
  readonly states: readonly Piece[];
}

/** At most `limit` stretches of a block, each with its state. */
function statesOf(analysis: Analysis, block: Block, row: number, limit: number): Piece[] {
  const pieces = kept(memoryOf(analysis).pieces, keyOf(block), () =>
    rangePieces(analysis, block.page, block.count),
  );
  return pieces.slice(0, limit).map(({ first, count }) => ({
    first,
    count,
    interval: pageInstant(analysis, { ...block.page, page: first }, row),
  }));
}

function kindOf(state: PageState): PageKind {
  return state.conversions.length > 0 ? 'converting' : state.attribute;
}

interface Run extends Piece {
  count: number;
  readonly state: string;
}

/** Neighbours with one state as one run. */
function runsOf(pieces: readonly Piece[]): Run[] {
  const runs: Run[] = [];
  for (const { first, count, interval } of pieces) {
    const state = describeState(interval.state);
    const last = runs[runs.length - 1];
    if (last && plain(last.state) === plain(state) && last.first + last.count === first) last.count += count;
    else runs.push({ first, count, interval, state });
  }
  return runs;
}

/** A block with the runs that hold a text; `all` is how many there are without it. */
function slotRow(
  judged: Judged,
  { block, states }: LookedAt,
  wanted: string,
  shown: number,
): { slot: SlotRow; all: number } {
  const runs = runsOf(states);
  const counts: Partial<Record<PageKind, number>> = {};
  for (const { interval, count } of runs)
    counts[kindOf(interval.state)] = (counts[kindOf(interval.state)] ?? 0) + count;
  const looked = runs.reduce((sum, { count }) => sum + count, 0);
  const ofBlock = `${block.vm} ${block.label}`.toLowerCase();
  const holds = ({ first, count, state }: Run): boolean =>
    ofBlock.includes(wanted) || `${rangeText(first, count)} ${state}`.toLowerCase().includes(wanted);
  const matching = wanted === '' ? runs : runs.filter(holds);
  const slot: SlotRow = {
    key: keyOf(block),
    vm: block.vm,
    label: block.label,
    counts,
    total: matching.length,
    leftOut: block.count - looked,
    runs: matching.slice(0, shown).map(
      (run): PageRun => ({
        label: rangeText(run.first, run.count),
        kind: kindOf(run.interval.state),
        state: run.state,
        count: run.count,
        since: spotOf(judged, run.interval.fromRow),
      }),
    ),
  };
  return { slot, all: runs.length };
}

/** A state without its frame: neighbours that differ in that alone are one run. */
function plain(state: string): string {
  return state.replace(/ ?pfn 0x[0-9a-f]+/g, '');
}

/** One reference, with the pages that it holds. */
interface Holder {
  readonly reference: Reference;
  readonly block: Block;
  readonly first: number;
  count: number;
}

/** References that the blocks' pages have, the oldest first. */
function holdersOf(blocks: readonly LookedAt[]): Holder[] {
  const seen = new Map<string, Holder>();
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
  return [...seen.values()].sort((a, b) => a.reference.row - b.reference.row);
}

function holderName({ trace: { table } }: Judged, { tid, row }: Reference): string {
  if (tid < 0) return 'unknown';
  const comm = row >= 0 && table.tid(row) === tid ? table.comm(row) : '';
  return comm === '' ? `tid ${tid}` : `${comm}-${tid}`;
}

const KIND_NAMES: Readonly<Record<Reference['kind'], string>> = {
  gup: 'GUP reference',
  pin: 'pin',
  get_pfn: 'get_pfn reference',
};

function holderPages({ block, first, count }: Holder): string {
  return `${block.page.unit === 'gfn' ? 'gfn' : 'page'}${count === 1 ? '' : 's'} ${rangeText(first, count)}`;
}

function holderAge({ trace: { table } }: Judged, { row }: Reference, now: number): string {
  return row >= 0 && table.meta.timeUnit === 'ns' ? durationText(table.ts(now) - table.ts(row)) : '';
}

/** What an entry says, for the filter. */
function holderText(judged: Judged, holder: Holder, now: number): string {
  const { reference } = holder;
  const who = `${KIND_NAMES[reference.kind]} by ${holderName(judged, reference)}`;
  const line = reference.row < 0 ? '' : ` line ${judged.trace.table.line(reference.row)}`;
  return `${holderPages(holder)}: ${who} ${holderAge(judged, reference, now)}${line}`.toLowerCase();
}

function holderRow(judged: Judged, holder: Holder, now: number): HolderRow {
  const { reference, block, first } = holder;
  return {
    pages: holderPages(holder),
    kind: KIND_NAMES[reference.kind],
    holder: holderName(judged, reference),
    age: holderAge(judged, reference, now),
    outlived: outlived(judged.analysis, { ...block.page, page: first }, reference.row, now),
    spot: spotOf(judged, reference.row),
  };
}

/** Conversions over a page that failed between two rows. */
function outlived(analysis: Analysis, page: PageId, fromRow: number, untilRow: number): number {
  const failedMeanwhile = (c: Conversion): boolean =>
    c.result !== undefined && c.result < 0 && c.fromRow >= fromRow && c.untilRow <= untilRow;
  return analysis.conversions.filter((c) => failedMeanwhile(c) && covers(analysis, c, page)).length;
}

function covers(analysis: Analysis, conversion: Conversion, page: PageId): boolean {
  if (conversion.scope === 'vm')
    return page.unit === 'gfn' && page.subject === conversion.vm && within(page.page, conversion);
  if (page.unit === 'pgoff') return page.subject === conversion.inode && within(page.page, conversion);
  return analysis.slots.some(({ vm, inode, baseGfn, pageCount, pgoff }) => {
    const binds = vm === page.subject && inode === conversion.inode;
    const holdsPage = within(page.page, { first: baseGfn, count: pageCount });
    return binds && holdsPage && within(pgoff + page.page - baseGfn, conversion);
  });
}

function within(page: number, { first, count }: RangePiece): boolean {
  return page >= first && page < first + count;
}

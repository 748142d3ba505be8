/** Pages and references of a judged trace at one instant, for the lists beside it. */
import type { Analysis, Conversion, SlotInfo } from '../../model/analysis.js';
import { rangeText } from '../../model/objects/lists.js';
import { pageInstant, type PageId } from '../../model/pages/intervals.js';
import { firstPieces, type RangePiece } from '../../model/pages/query.js';
import { RangeStates } from '../../model/pages/rangeStates.js';
import { Op } from '../../model/ops/oplog.js';
import { describeState, readsAlike, type PageState, type Reference } from '../../model/pages/state.js';
import { durationText } from '../../parsers/base/duration.js';
import { endsStep } from '../../parsers/base/steps.js';
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

/** Everything at a row, in steps; -1 for the end of the trace. */
export function* listsAt(
  judged: Judged,
  row: number,
  { filter = '', shown = {} }: Partial<Wanted>,
): Generator<undefined, Lists> {
  const { trace, analysis } = judged;
  const at = row < 0 ? trace.table.length - 1 : row;
  const wanted = filter.toLowerCase();
  let left = LOOKED_AT_MAX;
  const looked: LookedAt[] = [];
  for (const block of yield* blocksAt(analysis, at)) {
    const states = yield* statesOf(analysis, block, at, left);
    left -= states.length;
    looked.push({ block, states });
    yield;
  }
  const slots: { readonly slot: SlotRow; readonly all: number }[] = [];
  for (const each of looked)
    slots.push(yield* slotRow(judged, each, { at, wanted, shown: shown[keyOf(each.block)] ?? ROWS_AT_ONCE }));
  const held = yield* holdersOf(looked);
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

/** Pages of VMs and of files that operations touch, by their subjects. */
type Hulls = Readonly<Record<'gfn' | 'pgoff', readonly (RangePiece | undefined)[]>>;

/** What takes a pass over all operations, worked out once for each analysis. */
interface Memory {
  readonly pieces: Map<string, readonly RangePiece[]>;
  hulls: Hulls | undefined;
  /** What was looked at last, the latest at the end. */
  readonly states: Map<string, RangeStates>;
  /** How many stretches these are of. */
  stretches: number;
}

const memories = new WeakMap<Analysis, Memory>();

function memoryOf(analysis: Analysis): Memory {
  const known = memories.get(analysis);
  if (known) return known;
  const made: Memory = { pieces: new Map(), hulls: undefined, states: new Map(), stretches: 0 };
  memories.set(analysis, made);
  return made;
}

function keyOf({ page, count, label }: Block): string {
  return `${page.unit} ${page.subject} ${page.page} ${count} ${label}`;
}

function* blocksAt(analysis: Analysis, row: number): Generator<undefined, Block[]> {
  const live = analysis.slots.filter((slot) => slot.fromRow <= row && row < slot.untilRow);
  const blocks = live.map((slot) => slotBlock(analysis, slot));
  const bound = new Set(live.map(({ inode }) => inode));
  const withSlots = new Set(live.map(({ vm }) => vm));
  for (const [subject, inode] of analysis.inodes.entries()) {
    if (bound.has(subject)) continue;
    const whole = inode.pageCount > 0 ? { first: 0, count: inode.pageCount } : undefined;
    const span = whole ?? (yield* touched(analysis, 'pgoff', subject));
    if (!span) continue;
    blocks.push({
      page: { unit: 'pgoff', subject, page: span.first },
      count: span.count,
      vm: 'no memslot',
      label: `pages ${rangeText(span.first, span.count)} of ${inode.label}`,
    });
  }
  for (const [subject, vm] of analysis.vms.entries()) {
    if (withSlots.has(subject)) continue;
    const span = yield* touched(analysis, 'gfn', subject);
    if (!span) continue;
    blocks.push({
      page: { unit: 'gfn', subject, page: span.first },
      count: span.count,
      vm: vm.label,
      label: `gfns ${rangeText(span.first, span.count)}`,
    });
  }
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
function* touched(
  analysis: Analysis,
  unit: 'gfn' | 'pgoff',
  subject: number,
): Generator<undefined, RangePiece | undefined> {
  const memory = memoryOf(analysis);
  memory.hulls ??= yield* hullsOf(analysis);
  const hull = memory.hulls[unit][subject];
  return hull && hull.count > 0 ? hull : undefined;
}

/** Of all VMs and files, in one pass. */
function* hullsOf({ ops }: Analysis): Generator<undefined, Hulls> {
  const hulls: Record<'gfn' | 'pgoff', RangePiece[]> = { gfn: [], pgoff: [] };
  for (let i = 0; i < ops.length; i++) {
    if (endsStep(i)) yield;
    const op = ops.op(i);
    const subject = ops.subject(i);
    const isOfFrames = GFN_OPS.has(op);
    if (!isOfFrames && !FILE_OPS.has(op)) continue;
    if (subject < 0 || ops.count(i) > HULL_MAX) continue;
    const of = isOfFrames ? hulls.gfn : hulls.pgoff;
    const first = ops.first(i);
    const end = first + ops.count(i);
    const known = of[subject];
    if (known && first >= known.first && end <= known.first + known.count) continue;
    const from = Math.min(first, known?.first ?? first);
    of[subject] = { first: from, count: Math.max(end, known ? known.first + known.count : end) - from };
  }
  return hulls;
}

interface Piece extends RangePiece {
  readonly state: PageState;
}

/** A block, and as many of its stretches as were looked at. */
interface LookedAt {
  readonly block: Block;
  readonly states: readonly Piece[];
}

/** At most `limit` stretches of a block, each with its state. */
function* statesOf(
  analysis: Analysis,
  block: Block,
  row: number,
  limit: number,
): Generator<undefined, Piece[]> {
  if (limit === 0) return [];
  const { pieces: known } = memoryOf(analysis);
  const all =
    known.get(keyOf(block)) ?? (yield* firstPieces(analysis, block.page, block.count, LOOKED_AT_MAX));
  known.set(keyOf(block), all);
  const pieces = all.slice(0, limit);
  yield;
  const states = yield* replayOf(analysis, block, pieces).at(row);
  return pieces.map(({ first, count }, i) => ({ first, count, state: states[i]! }));
}

/** What goes on from row to row; a few are kept, of about as many stretches as two answers look at. */
function replayOf(analysis: Analysis, block: Block, pieces: readonly RangePiece[]): RangeStates {
  const memory = memoryOf(analysis);
  const { states } = memory;
  const key = keyOf(block);
  const known = states.get(key);
  const here =
    known?.length === pieces.length
      ? known
      : new RangeStates(
          analysis,
          block.page,
          pieces.map(({ first }) => first),
        );
  states.delete(key);
  states.set(key, here);
  memory.stretches += here.length - (known?.length ?? 0);
  for (const [oldest, { length }] of states) {
    if (memory.stretches <= 2 * LOOKED_AT_MAX) break;
    states.delete(oldest);
    memory.stretches -= length;
  }
  return here;
}

function kindOf(state: PageState): PageKind {
  return state.conversions.length > 0 ? 'converting' : state.attribute;
}

interface Run extends Piece {
  count: number;
  readonly text: string;
}

/** Steps of about a millisecond. */
const PIECES_A_STEP = 1024;

/** Neighbours with one state as one run. */
function* runsOf(pieces: readonly Piece[]): Generator<undefined, Run[]> {
  const runs: Run[] = [];
  let before: PageState | undefined;
  for (const [i, { first, count, state }] of pieces.entries()) {
    if (i % PIECES_A_STEP === PIECES_A_STEP - 1) yield;
    const last = runs[runs.length - 1];
    const isNext = last !== undefined && last.first + last.count === first;
    const isAlike = isNext && readsAlike(before!, state);
    before = state;
    if (isAlike) {
      last.count += count;
      continue;
    }
    const text = describeState(state);
    if (isNext && plain(last.text) === plain(text)) last.count += count;
    else runs.push({ first, count, state, text });
  }
  return runs;
}

/** Which runs of a block are asked for. */
interface Asked {
  readonly at: number;
  readonly wanted: string;
  readonly shown: number;
}

/** A block with the runs that hold a text; `all` is how many there are without it. */
function* slotRow(
  judged: Judged,
  { block, states }: LookedAt,
  { at, wanted, shown }: Asked,
): Generator<undefined, { slot: SlotRow; all: number }> {
  const runs = yield* runsOf(states);
  const counts: Partial<Record<PageKind, number>> = {};
  for (const { state, count } of runs) counts[kindOf(state)] = (counts[kindOf(state)] ?? 0) + count;
  const looked = runs.reduce((sum, { count }) => sum + count, 0);
  const ofBlock = `${block.vm} ${block.label}`.toLowerCase();
  const holds = ({ first, count, text }: Run): boolean =>
    ofBlock.includes(wanted) || `${rangeText(first, count)} ${text}`.toLowerCase().includes(wanted);
  const matching = wanted === '' ? runs : runs.filter(holds);
  const slot: SlotRow = {
    key: keyOf(block),
    vm: block.vm,
    label: block.label,
    counts,
    total: matching.length,
    leftOut: block.count - looked,
    runs: matching.slice(0, shown).map((run) => runRow(judged, block, run, at)),
  };
  return { slot, all: runs.length };
}

function runRow(judged: Judged, { page }: Block, { first, count, state, text }: Run, at: number): PageRun {
  const { fromRow } = pageInstant(judged.analysis, { ...page, page: first }, at);
  return {
    label: rangeText(first, count),
    kind: kindOf(state),
    state: text,
    count,
    since: spotOf(judged, fromRow),
  };
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
function* holdersOf(blocks: readonly LookedAt[]): Generator<undefined, Holder[]> {
  const seen = new Map<string, Holder>();
  for (const { block, states } of blocks) {
    for (const [i, { first, count, state }] of states.entries()) {
      if (i % PIECES_A_STEP === PIECES_A_STEP - 1) yield;
      for (const reference of state.references) {
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

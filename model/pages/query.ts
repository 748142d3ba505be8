/**
 * Questions about pages that every shell asks: the state of a page at a row, the pages that an event touches,
 * and a range of pages cut into pieces whose life is the same.
 */
import { NumberList } from '../../parsers/base/numberList.js';
import { allSteps, endsStep } from '../../parsers/base/steps.js';
import type { EventTable } from '../../parsers/events/table.js';
import { kindName, kindSlots } from '../../parsers/events/kinds.js';
import type { Analysis } from '../analysis.js';
import type { PageRange } from '../findings/finding.js';
import { aliasesOf, indexOf, intervalAtRow, slotsOf, type PageId, type PageInterval } from './intervals.js';
import { inodeNamed, vmNamed } from './names.js';
import { opSpace, opSubject, type Space } from './space.js';

export { intervalAtRow };

/** The `offset`-th page of a range, undefined when its VM or inode is not known. */
export function pageOf(range: PageRange, offset = 0): PageId | undefined {
  const subject = range.unit === 'gfn' ? range.vm : range.inode;
  return subject < 0 ? undefined : { unit: range.unit, subject, page: range.first + offset };
}

/** State of a page after the event `row`; ask for `row - 1` to get the state before it. */
export function stateAtRow(analysis: Analysis, page: PageId, row: number): PageInterval['state'] {
  return intervalAtRow(analysis, page, row).state;
}

/**
 * The page under its other name at `row`: a gfn's file page or a file page's first gfn; undefined when no
 * slot binds it then.
 */
export function translate(analysis: Analysis, page: PageId, row: number): PageId | undefined {
  for (const alias of aliasesOf(analysis, page)) {
    if (alias.fromRow <= Math.max(row, 0) && row < alias.untilRow)
      return { unit: alias.unit, subject: alias.subject, page: alias.page };
  }
  return undefined;
}

/**
 * The pages that event `row` touches: those of its page operations, else what its own gfn, gpa or pgoff
 * arguments name. Empty when the event names no page. Ranges are in the order of the operations, without
 * repeats.
 */
export function pagesOfRow(analysis: Analysis, table: EventTable, row: number): readonly PageRange[] {
  const out: PageRange[] = [];
  const ops = analysis.ops;
  for (let i = ops.firstAtRow(row); i < ops.length && ops.row(i) === row; i++) {
    const space = opSpace(analysis, ops, i);
    if (space === undefined || !(ops.count(i) > 0)) continue;
    addRange(out, rangeOf(space, opSubject(analysis, ops, i), ops.first(i), ops.count(i)));
  }
  if (out.length > 0) return out;
  const own = pagesOfArguments(analysis, table, row);
  return own ? [own] : [];
}

function rangeOf(unit: Space, subject: number, first: number, count: number): PageRange {
  return { vm: unit === 'gfn' ? subject : -1, inode: unit === 'pgoff' ? subject : -1, unit, first, count };
}

function addRange(out: PageRange[], range: PageRange): void {
  const same = (r: PageRange): boolean =>
    r.unit === range.unit &&
    r.vm === range.vm &&
    r.inode === range.inode &&
    r.first === range.first &&
    r.count === range.count;
  if (!out.some(same)) out.push(range);
}

/** Kinds whose `start` and `end` arguments are guest frames, end exclusive. */
const GFN_RANGE_KINDS: ReadonlySet<string> = new Set([
  'SetAttrRequest',
  'PreSetAttr',
  'PostSetAttr',
  'VmSetAttr',
  'InvRange',
  'UnmapGfnRange',
]);
/** Arguments that are guest physical addresses in bytes, by kind. */
const GPA_SLOTS: Readonly<Record<string, string>> = {
  KvmPageFault: 'address',
  RmpFault: 'gpa',
  ArmGuestFault: 'ipa',
  QemuMemoryFault: 'start',
  QemuConvert: 'start',
  QemuSetUserMemory: 'gpa',
};

function pagesOfArguments(analysis: Analysis, table: EventTable, row: number): PageRange | undefined {
  const kind = kindName(table.kind(row));
  const slots = kindSlots(table.kind(row));
  const value = (slot: string): number => {
    const at = slots.indexOf(slot);
    return at < 0 ? -1 : table.num(row, at);
  };
  const gpaSlot = GPA_SLOTS[kind];
  if (gpaSlot !== undefined && value(gpaSlot) >= 0) {
    return rangeOf('gfn', vmOfRow(analysis, table, row), Math.floor(value(gpaSlot) / analysis.pageBytes), 1);
  }
  if (GFN_RANGE_KINDS.has(kind) && value('start') >= 0 && value('end') > value('start')) {
    return rangeOf('gfn', vmOfRow(analysis, table, row), value('start'), value('end') - value('start'));
  }
  if (value('gfn') >= 0) return rangeOf('gfn', vmOfRow(analysis, table, row), value('gfn'), 1);
  const inode = inodeNamed(analysis, value('ino'), row);
  if (inode >= 0 && value('pgoff') >= 0) return rangeOf('pgoff', inode, value('pgoff'), 1);
  return undefined;
}

/**
 * VM of an event by its `kvm` argument, else by its thread group when that has only one, else the only VM; -1
 * unknown.
 */
export function vmOfRow(analysis: Analysis, table: EventTable, row: number): number {
  const at = kindSlots(table.kind(row)).indexOf('kvm');
  const kvm = at < 0 ? undefined : table.big(row, at);
  if (kvm !== undefined) {
    const vm = vmNamed(analysis, kvm, row);
    if (vm >= 0) return vm;
  }
  const tgid = table.tgid(row);
  const ofGroup = analysis.vms.flatMap((v, i) => (tgid >= 0 && v.tgid === tgid ? [i] : []));
  if (ofGroup.length === 1) return ofGroup[0]!;
  return analysis.vms.length === 1 ? 0 : -1;
}

/** Pages `first .. first + count` of one life. */
export interface RangePiece {
  readonly first: number;
  readonly count: number;
}

/**
 * Cuts a range of pages at every page where some operation or slot begins or ends, so that all pages of a
 * piece have the same history: ask pageHistory for the first page of each. Pieces tile the range; their
 * number is bounded by the operations on it, not by its pages.
 */
export function rangePieces(analysis: Analysis, range: PageId, count: number): readonly RangePiece[] {
  return [...eachPiece(analysis, range, count)];
}

/** The pieces of {@link rangePieces} one after another: a guest's may be more than an array should hold. */
export function* eachPiece(analysis: Analysis, range: PageId, count: number): Generator<RangePiece> {
  const cuts = allSteps(cutsIn(analysis, range, count, Infinity));
  yield* piecesBetween(cuts, range.page, range.page + count);
}

/** The first of them, at most so many, in steps. */
export function* firstPieces(
  analysis: Analysis,
  range: PageId,
  count: number,
  most: number,
): Generator<undefined, readonly RangePiece[]> {
  const cuts = yield* cutsIn(analysis, range, count, most);
  const pieces: RangePiece[] = [];
  for (const piece of piecesBetween(cuts, range.page, range.page + count))
    if (pieces.push(piece) >= most) break;
  return pieces;
}

function* piecesBetween(cuts: Float64Array, from: number, end: number): Generator<RangePiece> {
  let first = from;
  for (const next of cuts) {
    if (next === first) continue;
    yield { first, count: next - first };
    first = next;
  }
  yield { first, count: end - first };
}

/** Where lives differ within a range, in order; perhaps not those behind the first `most`. */
function* cutsIn(
  analysis: Analysis,
  range: PageId,
  count: number,
  most: number,
): Generator<undefined, Float64Array> {
  const cuts = new Cuts(range.page, range.page + count, most);
  const index = indexOf(analysis);
  yield* index.sortBySubject();
  const { ops } = analysis;
  const spaces = rangeSpaces(analysis, range, count);
  // A slot may have come again and again: what it shows is passed over once.
  const each = new Map(spaces.map((space) => [`${space.unit} ${space.subject} ${space.shift}`, space]));
  for (const { unit, subject, shift } of each.values()) {
    const mine = index.ofSubject(unit, subject);
    for (let k = 0; k < mine.length; k++) {
      if (endsStep(k)) yield;
      const first = ops.first(mine[k]!) - shift;
      cuts.add(first);
      cuts.add(first + ops.count(mine[k]!));
    }
  }
  for (const s of spaces) {
    cuts.add(s.first);
    cuts.add(s.first + s.count);
  }
  return cuts.inOrder();
}

/** Pages at which a range is cut. */
class Cuts {
  private list = new NumberList();
  private seen = new Set<number>();
  /** Nobody asks for cuts from here on. */
  private end: number;

  constructor(
    private readonly from: number,
    end: number,
    private readonly most: number,
  ) {
    this.end = end;
  }

  add(page: number): void {
    // Most operations begin where the one before ended, or where it began.
    if (page <= this.from || page >= this.end || page === this.list.last) return;
    // All of a guest's would be more than a set may have.
    if (this.most < Infinity) {
      if (this.seen.has(page)) return;
      this.seen.add(page);
    }
    this.list.add(page);
    if (this.list.length >= 2 * this.most) this.keepFirst();
  }

  /** Of twice as many as are asked for, those that are. */
  private keepFirst(): void {
    const kept = this.list.values().sort().slice(0, this.most);
    // From the last of them on, each is there or is not asked for.
    this.end = kept.at(-1)!;
    this.list = new NumberList();
    for (const page of kept) this.list.add(page);
    this.seen = new Set(kept);
  }

  inOrder(): Float64Array {
    return this.list.values().sort();
  }
}

/**
 * Spaces in which operations touch the range: its own, and through each slot the other one; `shift` maps
 * back.
 */
function rangeSpaces(
  analysis: Analysis,
  range: PageId,
  count: number,
): { unit: Space; subject: number; shift: number; first: number; count: number }[] {
  const out = [{ unit: range.unit, subject: range.subject, shift: 0, first: range.page, count }];
  for (const slot of slotsOf(analysis, range.unit, range.subject)) {
    if (slot.inode < 0 || slot.pgoff < 0) continue;
    if (range.unit === 'gfn' && slot.vm === range.subject) {
      out.push({
        unit: 'pgoff',
        subject: slot.inode,
        shift: slot.pgoff - slot.baseGfn,
        first: slot.baseGfn,
        count: slot.pageCount,
      });
    }
    if (range.unit === 'pgoff' && slot.inode === range.subject) {
      out.push({
        unit: 'gfn',
        subject: slot.vm,
        shift: slot.baseGfn - slot.pgoff,
        first: slot.pgoff,
        count: slot.pageCount,
      });
    }
  }
  return out;
}

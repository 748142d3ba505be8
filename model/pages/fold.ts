/**
 * Operations become the state of pages: the one place that says which facts an operation changes, and how.
 * The facts themselves are kept by others, each in the form that its questions need: as the lists of one page
 * (tracks.ts), as ranges that can be undone (cursor/shimState.ts), as rectangles to be drawn
 * (timeline/layerFacts.ts).
 */
import { Op, type OpCode, type OpLog } from '../ops/oplog.js';
import type { Space } from './space.js';

/** What is known of pages [first, end) of a VM or an inode, and what can happen to it. */
interface SharedFacts {
  /** `value` is one of Attr; with Attr.Unknown nothing is known any more. */
  setAttribute(space: Space, subject: number, first: number, end: number, value: number, row: number): void;
  /** A conversion over pages enters a phase; Done and Failed end it. */
  enterPhase(conversion: number, phase: number, row: number): void;
  /** Events are missing before this row: nothing that could have changed meanwhile is known any more. */
  lose(row: number): void;
}

/** What is known of guest frames. */
export interface FrameFacts extends SharedFacts {
  /** A leaf SPTE maps frames of a VM. What else was known to map one of them does so no more. */
  setSpte(vm: number, first: number, end: number, pfn: number, level: number, row: number): void;
  /**
   * The leaf SPTE that maps frame `pfn` (-1: whichever) at `first` goes. One that maps another frame stays.
   */
  zapSpte(vm: number, first: number, end: number, pfn: number, row: number): void;
  /** Leaf SPTEs of these frames may have gone, unseen. */
  doubtSptes(vm: number, first: number, end: number, row: number): void;
}

/** What is known of pages of a file. */
export interface FileFacts extends SharedFacts {
  /**
   * `holder` is a thread group or thread, `address` that of its VMA, 0 not known. A second one of the same
   * VMA (see {@link isSureMapping}) means that the first has gone, unseen.
   */
  addMapping(inode: number, first: number, end: number, holder: number, address: number, row: number): void;
  /** Takes one mapping from each page that has any: the one that fits best, see {@link mappingFit}. */
  removeMapping(
    inode: number,
    first: number,
    end: number,
    holder: number,
    address: number,
    row: number,
  ): void;
  clearMappings(inode: number, first: number, end: number, row: number): void;
  /** `kind` is one of RefKind. */
  addReference(inode: number, first: number, end: number, kind: number, tid: number, row: number): void;
  /** Takes one reference from each page that has one of the kind: see {@link referenceFit}. */
  removeReference(inode: number, first: number, end: number, kind: number, tid: number, row: number): void;
  clearReferences(inode: number, first: number, end: number, row: number): void;
  /** The page cache has pages from frame `pfn` on (-1 not known). */
  enterCache(inode: number, first: number, end: number, pfn: number): void;
  leaveCache(inode: number, first: number, end: number): void;
  setPoison(inode: number, first: number, end: number, poisoned: boolean): void;
}

export type PageFacts = FrameFacts & FileFacts;

/** Operations that change a fact, beside a loss, which changes all: for who keeps some facts only. */
export const FACT_OPS = {
  attribute: [Op.GfnAttr, Op.PageAttr],
  spte: [Op.SpteSet, Op.SpteZap, Op.SpteDoubt],
  mappings: [Op.MapAdd, Op.MapRemove, Op.Alloc],
  references: [Op.RefGet, Op.RefPut, Op.Alloc],
} as const satisfies Readonly<Record<string, readonly OpCode[]>>;

/**
 * True for the mapping of a VMA that is known, by thread group (or thread) and address: such a one maps a
 * page once.
 */
export function isSureMapping(holder: number, address: number): boolean {
  return holder >= 0 && address > 0;
}

/**
 * How well a mapping fits the one that a removal names. An event takes a mapping from somebody, but names who
 * does it: a thread that converts removes other processes' mappings too. Of those that fit alike the one that
 * {@link comesFirst} goes.
 */
export function mappingFit(
  holder: number,
  address: number,
  namedHolder: number,
  namedAddress: number,
): number {
  if (holder === namedHolder && address === namedAddress) return EXACT_FIT;
  const addressOpen = namedAddress <= 0 || address <= 0;
  if (holder === namedHolder && holder >= 0 && addressOpen) return 2;
  return namedAddress > 0 && address === namedAddress ? 1 : 0;
}

/**
 * Of mappings that fit alike nothing says which one goes: the first by number does, wherever that is asked.
 */
export function comesFirst(holder: number, address: number, other: number, otherAddress: number): boolean {
  return holder !== other ? holder < other : address < otherAddress;
}

/**
 * How well a reference fits the one that a put names: it is of its kind, and may have been taken by another
 * thread than puts it, as by a completion interrupt. Of those that fit alike the oldest goes.
 */
export function referenceFit(kind: number, tid: number, namedKind: number, namedTid: number): number {
  if (kind !== namedKind) return NO_FIT;
  return tid === namedTid ? EXACT_FIT : 0;
}

/** The very one that is named. */
export const EXACT_FIT = 3;
/** None that an event could mean. */
export const NO_FIT = -1;

/** A frame number of an operation; frame 0 is no guest's. */
function frameOf(value: number): number {
  return value < 1 ? -1 : value;
}

/**
 * Changes the facts of pages [first, end) by one operation; the other arguments are those of the operation
 * log. Operations that change none are let pass: faults, holes and unmap calls are events, not facts that
 * last, and what they change comes as operations of its own; slots, VMAs and invalidations are around pages.
 */
export function fold(
  facts: PageFacts,
  op: OpCode,
  subject: number,
  first: number,
  end: number,
  row: number,
  value: number,
  aux: number,
): void {
  if (foldShared(facts, op, subject, row, value) || !(first < end)) return;
  foldFrames(facts, op, subject, first, end, row, value, aux);
  foldPages(facts, op, subject, first, end, row, value, aux);
}

/** Operation `i` of a log, where the facts are those of guest frames. */
export function foldFrameOp(facts: FrameFacts, ops: OpLog, i: number): void {
  const [op, subject, row, value] = [ops.op(i), ops.subject(i), ops.row(i), ops.value(i)];
  if (foldShared(facts, op, subject, row, value)) return;
  const first = ops.first(i);
  foldFrames(facts, op, subject, first, first + ops.count(i), row, value, ops.aux(i));
}

/** Operation `i` of a log, where the facts are those of pages of a file. */
export function foldFileOp(facts: FileFacts, ops: OpLog, i: number): void {
  const [op, subject, row, value] = [ops.op(i), ops.subject(i), ops.row(i), ops.value(i)];
  if (foldShared(facts, op, subject, row, value)) return;
  const first = ops.first(i);
  foldPages(facts, op, subject, first, first + ops.count(i), row, value, ops.aux(i));
}

/** Operations that are about no pages of their own: true for one of them. */
function foldShared(facts: SharedFacts, op: OpCode, subject: number, row: number, value: number): boolean {
  if (op === Op.Phase) facts.enterPhase(subject, value, row);
  else if (op === Op.Loss) facts.lose(row);
  else return false;
  return true;
}

function foldFrames(
  facts: FrameFacts,
  op: OpCode,
  vm: number,
  first: number,
  end: number,
  row: number,
  value: number,
  aux: number,
): void {
  switch (op) {
    case Op.GfnAttr:
      facts.setAttribute('gfn', vm, first, end, value, row);
      break;
    case Op.SpteSet:
      facts.setSpte(vm, first, end, frameOf(value), aux, row);
      break;
    case Op.SpteZap:
      facts.zapSpte(vm, first, end, frameOf(value), row);
      break;
    case Op.SpteDoubt:
      facts.doubtSptes(vm, first, end, row);
      break;
    default:
      break;
  }
}

function foldPages(
  facts: FileFacts,
  op: OpCode,
  inode: number,
  first: number,
  end: number,
  row: number,
  value: number,
  aux: number,
): void {
  switch (op) {
    case Op.PageAttr:
      facts.setAttribute('pgoff', inode, first, end, value, row);
      break;
    case Op.MapAdd:
      facts.addMapping(inode, first, end, value, aux, row);
      break;
    case Op.MapRemove:
      facts.removeMapping(inode, first, end, value, aux, row);
      break;
    case Op.RefGet:
      facts.addReference(inode, first, end, value, aux, row);
      break;
    case Op.RefPut:
      facts.removeReference(inode, first, end, value, aux, row);
      break;
    case Op.Alloc:
      // A new folio: nobody maps or holds it yet, whoever had the one before it, and it is sound.
      facts.clearMappings(inode, first, end, row);
      facts.clearReferences(inode, first, end, row);
      facts.setPoison(inode, first, end, false);
      facts.enterCache(inode, first, end, frameOf(value));
      break;
    case Op.Free:
      facts.leaveCache(inode, first, end);
      break;
    case Op.Poison:
      facts.setPoison(inode, first, end, true);
      break;
    default:
      break;
  }
}

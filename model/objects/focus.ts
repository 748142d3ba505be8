/** Which page an event is about. */
import { kindName, kindSlots } from '../../parsers/events/kinds.js';
import { asGfn, asPgoff, type Gfn, type Pgoff } from '../../parsers/base/units.js';
import { gfnAt, pgoffAt } from '../world/memslots.js';
import { inodeNamed } from '../pages/names.js';
import { Op, type OpCode, type OpLog } from '../ops/oplog.js';
import type { TraceIndex } from '../cursor/traceIndex.js';

/** A page by its guest frame, its place in the file, or both; -1 where not known. */
export interface PageRef {
  readonly vm: number;
  readonly gfn: Gfn;
  readonly inode: number;
  readonly pgoff: Pgoff;
}

const OF_VM: ReadonlySet<OpCode> = new Set([
  Op.GfnAttr,
  Op.SpteSet,
  Op.SpteZap,
  Op.SpteDoubt,
  Op.InvRange,
  Op.GuestFault,
  Op.InvStart,
]);
const OF_INODE: ReadonlySet<OpCode> = new Set([
  Op.PageAttr,
  Op.MapAdd,
  Op.MapRemove,
  Op.RefGet,
  Op.RefPut,
  Op.Alloc,
  Op.Free,
  Op.Poison,
  Op.UserFault,
  Op.Punch,
  Op.Unmap,
]);
/** How many operations before an event without a page are looked at. */
const LOOK_BACK_OPS = 4096;

/** The page of a guest frame, joined with its file page through the slot that is bound there. */
export function pageOfGfn(index: TraceIndex, vm: number, gfn: Gfn, row: number): PageRef {
  const slot = index.slotOfGfn(vm, gfn, row);
  if (!slot || slot.inode < 0 || slot.pgoff < 0) return { vm, gfn, inode: -1, pgoff: asPgoff(-1) };
  return { vm, gfn, inode: slot.inode, pgoff: pgoffAt(slot, gfn) };
}

/** The page of a file, joined with the first guest frame that a slot gives it. */
export function pageOfFile(index: TraceIndex, inode: number, pgoff: Pgoff, row: number): PageRef {
  for (const slot of index.slotsOfInode(inode, row)) {
    if (slot.pgoff < 0 || pgoff < slot.pgoff || pgoff >= slot.pgoff + slot.pageCount) continue;
    return { vm: slot.vm, gfn: gfnAt(slot, pgoff), inode, pgoff };
  }
  return { vm: -1, gfn: asGfn(-1), inode, pgoff };
}

/** The page that the event at a row is about, else that of the last operation before it. */
export function pageOfRow(index: TraceIndex, ops: OpLog, row: number): PageRef | undefined {
  if (row < 0) return undefined;
  const first = ops.firstAtRow(row);
  for (let i = first; i < ops.length && ops.row(i) === row; i++) {
    const page = pageOfOp(index, ops, i, row);
    if (page) return page;
  }
  const own = pageOfPayload(index, row);
  if (own) return own;
  for (let i = first - 1; i >= 0 && i >= first - LOOK_BACK_OPS; i--) {
    const page = pageOfOp(index, ops, i, row);
    if (page) return page;
  }
  return undefined;
}

function pageOfOp(index: TraceIndex, ops: OpLog, i: number, row: number): PageRef | undefined {
  const op = ops.op(i);
  const subject = ops.subject(i);
  if (!(ops.count(i) > 0) || subject < 0) return undefined;
  if (OF_VM.has(op)) return pageOfGfn(index, subject, asGfn(ops.first(i)), row);
  if (OF_INODE.has(op)) return pageOfFile(index, subject, asPgoff(ops.first(i)), row);
  const conversion = op === Op.Phase ? index.analysis.conversions[subject] : undefined;
  if (!conversion) return undefined;
  return conversion.scope === 'vm'
    ? pageOfGfn(index, conversion.vm, asGfn(conversion.first), row)
    : pageOfFile(index, conversion.inode, asPgoff(conversion.first), row);
}

/** The first guest frame that an event of a kind names in its arguments, negative when none. */
function gfnOfPayload(kind: string, pageBytes: number, read: (slot: string) => number): number {
  switch (kind) {
    case 'KvmPageFault':
      return Math.floor(read('address') / pageBytes);
    case 'SetAttrRequest':
      return read('start');
    default:
      return read('gfn');
  }
}

/** Events that change nothing still name a page: a guest fault, a request. */
function pageOfPayload(index: TraceIndex, row: number): PageRef | undefined {
  const { table, analysis } = index;
  const kind = table.kind(row);
  const slots = kindSlots(kind);
  const read = (name: string): number => {
    const slot = slots.indexOf(name);
    return slot < 0 ? -1 : table.num(row, slot);
  };
  const gfn = gfnOfPayload(kindName(kind), analysis.pageBytes, read);
  if (gfn >= 0) return pageOfGfn(index, index.vmOf(row), asGfn(gfn), row);
  const pgoff = asPgoff(read('pgoff'));
  const ino = read('ino');
  const inode = inodeNamed(analysis, ino, row);
  return pgoff >= 0 && inode >= 0 ? pageOfFile(index, inode, pgoff, row) : undefined;
}

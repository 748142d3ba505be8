/** Which pages operations are about: frames of a VM or pages of a file, and whose. */
import type { Analysis, Conversion } from '../analysis.js';
import { Op, type OpCode, type OpLog } from '../ops/oplog.js';

/** What pages are counted in: guest frames of a VM, or pages of an inode. */
export type Space = 'gfn' | 'pgoff';

/** Space of an operation's range; a phase's is that of its conversion, and a loss is about every page. */
const SPACE_OF: Readonly<Record<keyof typeof Op, Space | undefined>> = {
  GfnAttr: 'gfn',
  PageAttr: 'pgoff',
  Phase: undefined,
  MapAdd: 'pgoff',
  MapRemove: 'pgoff',
  SpteSet: 'gfn',
  SpteZap: 'gfn',
  RefGet: 'pgoff',
  RefPut: 'pgoff',
  Alloc: 'pgoff',
  Free: 'pgoff',
  InvStart: 'gfn',
  InvRange: 'gfn',
  InvEnd: 'gfn',
  SlotAdd: 'gfn',
  SlotRemove: 'gfn',
  VmaAdd: 'pgoff',
  VmaRemove: 'pgoff',
  Poison: 'pgoff',
  Loss: undefined,
  UserFault: 'pgoff',
  GuestFault: 'gfn',
  Punch: 'pgoff',
  Unmap: 'pgoff',
  SpteDoubt: 'gfn',
};
/** By operation code, for loops over all operations. */
const SPACES: (Space | undefined)[] = [];
for (const name of Object.keys(SPACE_OF) as (keyof typeof Op)[]) SPACES[Op[name]] = SPACE_OF[name];

/** What is under a page rather than of it: no part of its history. */
const AROUND_PAGES: ReadonlySet<OpCode> = new Set([
  Op.InvStart,
  Op.InvEnd,
  Op.SlotAdd,
  Op.SlotRemove,
  Op.VmaAdd,
  Op.VmaRemove,
]);

/** Space of the pages whose history an operation is part of, by its code; a phase's is its conversion's. */
export const HISTORY_SPACES: readonly (Space | undefined)[] = SPACES.map((space, op) =>
  AROUND_PAGES.has(op as OpCode) ? undefined : space,
);

/** Space of an operation's range, undefined when it has none. */
export function rangeSpace(analysis: Analysis, op: OpCode, subject: number): Space | undefined {
  if (op !== Op.Phase) return SPACES[op];
  const conversion = analysis.conversions[subject];
  return conversion && spaceOf(conversion);
}

/** VM or inode of an operation's range, -1 when it is not known. */
export function rangeOwner(analysis: Analysis, op: OpCode, subject: number): number {
  if (op !== Op.Phase) return subject;
  const conversion = analysis.conversions[subject];
  return conversion ? ownerOf(conversion) : -1;
}

/** What a conversion's range is counted in. */
export function spaceOf(conversion: Conversion): Space {
  return conversion.scope === 'vm' ? 'gfn' : 'pgoff';
}

/** The VM or the inode that a conversion's range belongs to. */
export function ownerOf(conversion: Conversion): number {
  return conversion.scope === 'vm' ? conversion.vm : conversion.inode;
}

/** Space of operation `i`'s range, undefined when it has none that a page's history shows. */
export function opSpace(analysis: Analysis, ops: OpLog, i: number): Space | undefined {
  const op = ops.op(i);
  return AROUND_PAGES.has(op) ? undefined : rangeSpace(analysis, op, ops.subject(i));
}

/** VM or inode index of operation `i`; for a phase, that of its conversion. */
export function opSubject(analysis: Analysis, ops: OpLog, i: number): number {
  return rangeOwner(analysis, ops.op(i), ops.subject(i));
}

/**
 * The page operations of a trace: every change of the model's state, in trace order, each with the event that
 * caused it. This is what the timeline is built from and what a cursor steps over. Ranges have a first page
 * and a count: converting 64 GiB is one operation.
 */
import { firstIndex } from '../../parsers/base/search.js';
import { assert } from '../../parsers/base/assert.js';

/** What changed. The comments say what subject, first and count (their unit), value and aux mean. */
export const Op = {
  /**
   * Attribute of guest frames: subject VM, gfns, value Attr, aux index of the conversion, NO_CONVERSION for
   * none.
   */
  GfnAttr: 1,
  /** Attribute of file pages: subject inode, pgoffs, value Attr, aux as above. */
  PageAttr: 2,
  /**
   * A conversion enters a phase: subject its index, gfns or pgoffs, value Phase, aux index of its VM or
   * inode.
   */
  Phase: 3,
  /**
   * A user mapping of pages: subject inode, pgoffs, value tgid (or tid when no tgid is known), aux address of
   * the VMA.
   */
  MapAdd: 4,
  MapRemove: 5,
  /** A leaf SPTE becomes present: subject VM, gfns it covers, value pfn, aux level. */
  SpteSet: 6,
  /** A leaf SPTE goes: subject VM, gfns it covered, value pfn it had, aux level. */
  SpteZap: 7,
  /** A reference: subject inode, pgoffs, value RefKind, aux tid of the holder. */
  RefGet: 8,
  RefPut: 9,
  /** The page cache gains or loses pages: subject inode, pgoffs, value pfn. */
  Alloc: 10,
  Free: 11,
  /** Invalidation bracket: subject VM, gfns for InvRange, value in-progress count after it, aux tid. */
  InvStart: 12,
  InvRange: 13,
  InvEnd: 14,
  /** Memslot: subject VM, gfns, value slot id, aux inode index (-1 unknown). */
  SlotAdd: 15,
  SlotRemove: 16,
  /**
   * A VMA of the file: subject inode, pgoffs, value as of MapAdd (-2 a forked child's), aux start address.
   */
  VmaAdd: 17,
  VmaRemove: 18,
  /** Memory failed: subject inode, pgoff. */
  Poison: 19,
  /** Events are missing: everything known becomes unknown. subject -1; value CPU or -1, aux how many. */
  Loss: 20,
  /** A user fault on a page: subject inode, pgoff, value VM_FAULT return (-1 at entry), aux tid. */
  UserFault: 21,
  /** A guest fault: subject VM, gfn, value error code low bits, aux tid. */
  GuestFault: 22,
  /** A hole is being punched: subject inode, pgoffs, aux tid. */
  Punch: 23,
  /** unmap_mapping_*: subject inode, pgoffs (count -1: to the end of the file), aux tid. */
  Unmap: 24,
  /** Whether a leaf SPTE maps frames is not known any more: subject VM, gfns. */
  SpteDoubt: 25,
} as const;
export type OpCode = (typeof Op)[keyof typeof Op];

/** In place of a conversion's index. */
export const NO_CONVERSION = -1;

export const Attr = { Shared: 0, Private: 1, Unknown: 2 } as const;
export const RefKind = { GetPfn: 0, Gup: 1, Pin: 2 } as const;
/** Phases of a conversion, in order. */
export const Phase = {
  Requested: 0,
  Blocked: 1,
  Unmapped: 2,
  RefsOk: 3,
  InvOpen: 4,
  Zapped: 5,
  Stored: 6,
  InvClosed: 7,
  Done: 8,
  Failed: 9,
} as const;
export const PHASE_NAMES = [
  'Requested',
  'Blocked',
  'Unmapped',
  'RefsOk',
  'InvOpen',
  'Zapped',
  'Stored',
  'InvClosed',
  'Done',
  'Failed',
] as const;
/** The same for people. */
export const PHASE_WORDS = [
  'requested',
  'faults blocked',
  'unmapped',
  'references checked',
  'bracket open',
  'zapped',
  'stored',
  'bracket closed',
  'done',
  'failed',
] as const;

/** Operation i is at column index `i & (OP_BLOCK_LENGTH - 1)` of block `i >>> OP_BLOCK_SHIFT`. */
export const OP_BLOCK_SHIFT = 14;
export const OP_BLOCK_LENGTH = 1 << OP_BLOCK_SHIFT;
const IN_BLOCK = OP_BLOCK_LENGTH - 1;

/**
 * The columns of a run of operations, for loops that pass over all of them. Numbers have two or four bytes
 * where all of their column fit: of ten million operations this saves 220 MB.
 */
export interface OpBlock {
  readonly op: Uint8Array;
  readonly subject: Int16Array | Int32Array;
  readonly row: Uint32Array;
  readonly first: Uint32Array | Float64Array;
  readonly count: Uint16Array | Uint32Array | Float64Array;
  readonly value: Int32Array | Float64Array;
  readonly aux: Int16Array | Int32Array | Float64Array;
}

/** A block that is filled. */
type Filling = { -readonly [Name in keyof OpBlock]: OpBlock[Name] };

function emptyBlock(): Filling {
  return {
    op: new Uint8Array(OP_BLOCK_LENGTH),
    subject: new Int16Array(OP_BLOCK_LENGTH),
    row: new Uint32Array(OP_BLOCK_LENGTH),
    first: new Uint32Array(OP_BLOCK_LENGTH),
    count: new Uint16Array(OP_BLOCK_LENGTH),
    value: new Int32Array(OP_BLOCK_LENGTH),
    aux: new Int16Array(OP_BLOCK_LENGTH),
  };
}

/** A column with room for a number at `i` that it was too narrow for; those before it are kept. */
function withSigned(
  column: Int16Array | Int32Array | Float64Array,
  i: number,
  number: number,
): Int32Array | Float64Array {
  const hasRoom = column instanceof Int16Array && (number | 0) === number;
  const wider = hasRoom ? new Int32Array(column.length) : new Float64Array(column.length);
  wider.set(column.subarray(0, i));
  wider[i] = number;
  return wider;
}

function withUnsigned(
  column: Uint16Array | Uint32Array | Float64Array,
  i: number,
  number: number,
): Uint32Array | Float64Array {
  const hasRoom = column instanceof Uint16Array && number >>> 0 === number;
  const wider = hasRoom ? new Uint32Array(column.length) : new Float64Array(column.length);
  wider.set(column.subarray(0, i));
  wider[i] = number;
  return wider;
}

/** Append-only columns in blocks; index i is operation i. */
export class OpLog {
  protected readonly list: OpBlock[] = [];
  /** The last block of the list, which is filled. */
  private last: Filling | undefined;
  length = 0;

  /** A log of blocks that were written down; nothing is appended to it. */
  static ofBlocks(length: number, blocks: readonly OpBlock[]): OpLog {
    const log = new OpLog();
    log.list.push(...blocks);
    log.length = length;
    return log;
  }

  push(
    op: OpCode,
    subject: number,
    row: number,
    first: number,
    count: number,
    value: number,
    aux: number,
  ): void {
    const i = this.length & IN_BLOCK;
    if (i === 0) {
      this.last = emptyBlock();
      this.list.push(this.last);
    }
    const c = this.last!;
    c.op[i] = op;
    c.row[i] = row;
    // What does not come back as it was put needs a wider column: few do in each block.
    c.subject[i] = subject;
    if (c.subject[i] !== subject) this.widenSubject(c, i, subject);
    c.first[i] = first;
    if (c.first[i] !== first) c.first = withUnsigned(c.first, i, first);
    c.count[i] = count;
    if (c.count[i] !== count) c.count = withUnsigned(c.count, i, count);
    c.value[i] = value;
    if (c.value[i] !== value) c.value = withSigned(c.value, i, value);
    c.aux[i] = aux;
    if (c.aux[i] !== aux) c.aux = withSigned(c.aux, i, aux);
    this.length++;
  }

  private widenSubject(c: Filling, i: number, subject: number): void {
    const wider = new Int32Array(OP_BLOCK_LENGTH);
    wider.set(c.subject.subarray(0, i));
    c.subject = wider;
    c.subject[i] = subject;
  }

  /** Blocks in order; the last one may be partly filled (see length). */
  get blocks(): readonly OpBlock[] {
    return this.list;
  }

  private block(i: number): OpBlock {
    // The message is built only on failure: this is the hot path of every index over the log.
    if (!(i >= 0 && i < this.length)) assert(false, `operation ${i} of ${this.length}`);
    return this.list[i >>> OP_BLOCK_SHIFT]!;
  }
  op(i: number): OpCode {
    return this.block(i).op[i & IN_BLOCK] as OpCode;
  }
  subject(i: number): number {
    return this.block(i).subject[i & IN_BLOCK]!;
  }
  row(i: number): number {
    return this.block(i).row[i & IN_BLOCK]!;
  }
  first(i: number): number {
    return this.block(i).first[i & IN_BLOCK]!;
  }
  count(i: number): number {
    return this.block(i).count[i & IN_BLOCK]!;
  }
  value(i: number): number {
    return this.block(i).value[i & IN_BLOCK]!;
  }
  aux(i: number): number {
    return this.block(i).aux[i & IN_BLOCK]!;
  }

  /** Index of the first operation whose row is at or after `row`. */
  firstAtRow(row: number): number {
    return firstIndex(this.length, (i) => this.row(i) >= row);
  }
}

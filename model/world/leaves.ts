/**
 * The present leaf SPTEs of a VM, by address space, level and gfn; several records where several roots hold
 * the frame. In columns: a guest of 256 GiB has 67 million of them.
 */
import { BlockTable } from '../../parsers/base/blockTable.js';
import { asGfn, asPfn, type Gfn, PAGES_PER_LEVEL, type Pfn } from '../../parsers/base/units.js';
import type { Install, SpteRec, SpteWaiter } from './spte.js';
import { SpteChecks } from './spteChecks.js';

/** Room for the levels of paging, 1 to 5: a power of two, so that a wrong level stays within the table. */
const LEVELS = 8;
/** Room for the address spaces, a power of two for the same reason. */
const ADDRESS_SPACES = 8;
/** Address spaces that x86 has: the normal one, and that of system management mode. */
const USED_ADDRESS_SPACES = 2;
const FIRST_RECORDS = 64;
/**
 * Records that one leaf has at most: a VM has fewer roots. Where more are installed, zaps went unseen, so
 * that the leaf stays, in doubt, whatever is zapped from then on.
 */
const RECORDS_OF_LEAF = 16;

/** Bits of `flags`: side and root are two bits each, one more than their value. */
const SIDE_SHIFT = 0;
const ROOT_SHIFT = 2;
const TRI_MASK = 3;
const VM_SURE = 1 << 4;
const DOUBTFUL = 1 << 5;
/** Zaps do not end it: see RECORDS_OF_LEAF. */
const STAYS = 1 << 6;

/** The first gfn of the leaf of a level that covers one. */
function leafAt(gfn: Gfn, level: number): Gfn {
  const pages = PAGES_PER_LEVEL[level]!;
  return asGfn(Math.floor(gfn / pages) * pages);
}

/** True where a leaf of a level that maps frames from `own` on maps one of `count` frames from `pfn` on. */
function isWithin(own: number, level: number, pfn: Pfn, count: number): boolean {
  return own < pfn + count && pfn < own + PAGES_PER_LEVEL[level]!;
}

/** Where the table of an address space and level stands. */
function tableIndex(asId: number, level: number): number {
  return (asId & (ADDRESS_SPACES - 1)) * LEVELS + (level & (LEVELS - 1));
}

export class Leaves {
  /** One table per address space and level, of the oldest record of each leaf. */
  private readonly tables = new Array<BlockTable<Gfn> | undefined>(LEVELS * ADDRESS_SPACES).fill(undefined);
  /** Leaves by level, to skip levels in range look-ups. */
  private readonly levelCounts = new Int32Array(LEVELS);
  private pfns = new Float64Array(FIRST_RECORDS);
  private rows = new Uint32Array(FIRST_RECORDS);
  private flags = new Uint8Array(FIRST_RECORDS);
  /** The next record of the same leaf, or of those that are free; 0 for none. */
  private nexts = new Int32Array(FIRST_RECORDS);
  private readonly checks = new SpteChecks();
  /** Record 0 stands for none. */
  private used = 1;
  private free = 0;
  /** Records of all leaves. */
  count = 0;

  /** The oldest record of a leaf; `next` leads to the others. */
  first(asId: number, level: number, gfn: Gfn): SpteRec | undefined {
    return this.view(this.tables[tableIndex(asId, level)]?.get(gfn) ?? 0, asId, level, gfn);
  }

  /** Adds a record behind those of the same leaf, and returns it. */
  add(install: Install): SpteRec {
    const { asId, level, gfn } = install;
    const table = this.tableOf(asId, level);
    const oldest = table.get(gfn);
    let flags = install.vmSure ? VM_SURE : 0;
    flags |= (install.side + 1) << SIDE_SHIFT;
    flags |= (install.root + 1) << ROOT_SHIFT;
    let last = 0;
    let records = 0;
    for (let before = oldest; before !== 0; before = this.nexts[before]!) {
      last = before;
      records++;
    }
    if (records === RECORDS_OF_LEAF) {
      this.crowd(table, install, oldest);
      flags |= STAYS;
    }
    const at = this.allot();
    this.pfns[at] = install.pfn;
    this.rows[at] = install.row;
    this.flags[at] = flags;
    this.nexts[at] = 0;
    this.count++;
    this.levelCounts[level]!++;
    if (last === 0) table.set(gfn, at);
    else this.nexts[last] = at;
    return this.recordOf(at, asId, level, gfn);
  }

  /** True where no other record stands beside one, which must be there. */
  isAlone({ asId, level, gfn, row }: SpteRec): boolean {
    const at = this.tables[tableIndex(asId, level)]!.get(gfn);
    return this.nexts[at] === 0 && this.rows[at] === row;
  }

  /**
   * The number of the record that a zap of this frame ends, 0 for none. A certain one goes first: a doubtful
   * one that stays is never taken for proof.
   */
  zappedBy(asId: number, level: number, gfn: Gfn, pfn: Pfn): number {
    const oldest = this.tables[tableIndex(asId, level)]?.get(gfn) ?? 0;
    let samePfn = 0;
    for (let at = oldest; at !== 0; at = this.nexts[at]!) {
      if (this.pfns[at] !== pfn) continue;
      if (!this.isDoubtful(at)) return at;
      if (samePfn === 0) samePfn = at;
    }
    return samePfn || oldest;
  }

  pfnOf(at: number): Pfn {
    return asPfn(this.pfns[at]!);
  }

  /** Makes room behind the records of a leaf: the oldest goes, and only the next to come stays. */
  private crowd(table: BlockTable<Gfn>, { gfn, level }: Install, oldest: number): void {
    for (let at = oldest; at !== 0; at = this.nexts[at]!) this.flags[at]! &= ~STAYS;
    this.unlink(table, gfn, oldest);
    this.drop(oldest, level);
  }

  /** Takes a record out, which must be there; the last word on a leaf of too many records stays, in doubt. */
  remove({ asId, level, gfn, row }: SpteRec): void {
    let at = this.tables[tableIndex(asId, level)]!.get(gfn);
    while (this.rows[at] !== row) at = this.nexts[at]!;
    this.removeAt(at, asId, level, gfn);
  }

  /** The same by its number. */
  removeAt(at: number, asId: number, level: number, gfn: Gfn): void {
    if ((this.flags[at]! & STAYS) !== 0) {
      this.flags[at]! |= DOUBTFUL;
      this.checks.drop(at);
      return;
    }
    this.unlink(this.tables[tableIndex(asId, level)]!, gfn, at);
    this.drop(at, level);
  }

  clear(): void {
    this.tables.fill(undefined);
    this.levelCounts.fill(0);
    this.checks.clear();
    this.used = 1;
    this.free = 0;
    this.count = 0;
  }

  /** Calls `visit` with all records, by address space and level, the oldest of a leaf first. */
  all(visit: (rec: SpteRec) => void): void {
    this.tables.forEach((table, i) => {
      const asId = Math.floor(i / LEVELS);
      const level = i % LEVELS;
      table?.all((head, gfn) => this.chain(head, asId, level, gfn, visit));
    });
  }

  /** All that is there may be another's, or gone. */
  doubtAll(): void {
    for (let at = 1; at < this.used; at++) this.flags[at]! |= DOUBTFUL;
  }

  /**
   * Puts the records of leaves that cover a gfn of [first, end) into `found`, emptied before, by level and
   * gfn, and returns it. Costs no more than the smaller of the range and the VM.
   */
  covering(first: Gfn, end: Gfn, found: SpteRec[]): SpteRec[] {
    found.length = 0;
    if (this.count === 0 || end <= first) return found;
    const keep = (rec: SpteRec): void => void found.push(rec);
    for (let level = 1; level < PAGES_PER_LEVEL.length; level++) {
      if (this.levelCounts[level]! <= 0) continue;
      for (let asId = 0; asId < USED_ADDRESS_SPACES; asId++) {
        const table = this.tables[tableIndex(asId, level)];
        if (table === undefined) continue;
        table.within(first, end, (head, gfn) => this.chain(head, asId, level, gfn, keep));
      }
    }
    return found;
  }

  /**
   * The first of {@link covering} that was made before a row and maps one of `count` frames from `pfn` on;
   * undefined where none does. Asked for each page that is deleted, mostly in vain: nothing is made for it.
   */
  mapping(first: Gfn, end: Gfn, pfn: Pfn, count: number, row: number): SpteRec | undefined {
    if (this.count === 0 || end <= first) return undefined;
    // Most ranges are of one page, which one leaf of a level covers at most.
    if (end - first > 1)
      return this.covering(first, end, []).find(
        (rec) => rec.row < row && isWithin(rec.pfn, rec.level, pfn, count),
      );
    for (let level = 1; level < PAGES_PER_LEVEL.length; level++) {
      if (this.levelCounts[level]! <= 0) continue;
      for (let asId = 0; asId < USED_ADDRESS_SPACES; asId++) {
        const head = this.tables[tableIndex(asId, level)]?.get(first) ?? 0;
        for (let at = head; at !== 0; at = this.nexts[at]!)
          if (this.rows[at]! < row && isWithin(this.pfns[at]!, level, pfn, count))
            return this.recordOf(at, asId, level, leafAt(first, level));
      }
    }
    return undefined;
  }

  /** What can change of a record, by its number. */
  isDoubtful(at: number): boolean {
    return (this.flags[at]! & DOUBTFUL) !== 0;
  }

  setDoubtful(at: number, isDoubtful: boolean): void {
    this.flags[at] = isDoubtful ? this.flags[at]! | DOUBTFUL : this.flags[at]! & ~DOUBTFUL;
  }

  rootOf(at: number): number {
    return ((this.flags[at]! >>> ROOT_SHIFT) & TRI_MASK) - 1;
  }

  setRoot(at: number, root: number): void {
    this.flags[at] = (this.flags[at]! & ~(TRI_MASK << ROOT_SHIFT)) | ((root + 1) << ROOT_SHIFT);
  }

  /** A check waits for what comes of a record. */
  await(at: number, waiter: SpteWaiter, check: number): void {
    this.checks.add(at, waiter, check);
  }

  /** Tells those that wait for it that a record was present until `row`, or may not have been. */
  settle(at: number, wasPresent: boolean, row: number): void {
    if (this.checks.has(at)) this.checks.settle(at, wasPresent, row);
  }

  /** The record behind one of the same leaf. */
  after(at: number, { asId, level, gfn }: Install): SpteRec | undefined {
    return this.view(this.nexts[at]!, asId, level, gfn);
  }

  private view(at: number, asId: number, level: number, gfn: Gfn): SpteRec | undefined {
    return at === 0 ? undefined : this.recordOf(at, asId, level, gfn);
  }

  /** A record by its number and the leaf that it is of. */
  recordOf(at: number, asId: number, level: number, gfn: Gfn): SpteRec {
    const flags = this.flags[at]!;
    const side = ((flags >>> SIDE_SHIFT) & TRI_MASK) - 1;
    const vmSure = (flags & VM_SURE) !== 0;
    return new StoredSpte(this, at, gfn, level, asId, this.pfnOf(at), this.rows[at]!, side, vmSure);
  }

  private chain(head: number, asId: number, level: number, gfn: Gfn, visit: (rec: SpteRec) => void): void {
    for (let at = head; at !== 0; at = this.nexts[at]!) visit(this.recordOf(at, asId, level, gfn));
  }

  /** Takes a record out of its leaf. */
  private unlink(table: BlockTable<Gfn>, gfn: Gfn, at: number): void {
    const head = table.get(gfn);
    if (head === at) {
      table.set(gfn, this.nexts[at]!);
      return;
    }
    let before = head;
    while (this.nexts[before] !== at) before = this.nexts[before]!;
    this.nexts[before] = this.nexts[at]!;
  }

  /** Gives a record's place back. */
  private drop(at: number, level: number): void {
    this.count--;
    this.levelCounts[level]!--;
    if (this.checks.has(at)) this.checks.drop(at);
    this.nexts[at] = this.free;
    this.free = at;
  }

  private allot(): number {
    const at = this.free;
    if (at !== 0) {
      this.free = this.nexts[at]!;
      return at;
    }
    if (this.used === this.rows.length) this.grow();
    return this.used++;
  }

  private grow(): void {
    const size = 2 * this.rows.length;
    this.pfns = copied(this.pfns, new Float64Array(size));
    this.rows = copied(this.rows, new Uint32Array(size));
    this.flags = copied(this.flags, new Uint8Array(size));
    this.nexts = copied(this.nexts, new Int32Array(size));
  }

  private tableOf(asId: number, level: number): BlockTable<Gfn> {
    const at = tableIndex(asId, level);
    const known = this.tables[at];
    if (known) return known;
    const table = new BlockTable<Gfn>(PAGES_PER_LEVEL[level]!);
    this.tables[at] = table;
    return table;
  }
}

function copied<T extends { set(from: T): void }>(from: T, to: T): T {
  to.set(from);
  return to;
}

/** A record that lies in columns. */
class StoredSpte implements SpteRec {
  constructor(
    private readonly leaves: Leaves,
    private readonly at: number,
    readonly gfn: Gfn,
    readonly level: number,
    readonly asId: number,
    readonly pfn: Pfn,
    readonly row: number,
    readonly side: number,
    readonly vmSure: boolean,
  ) {}

  get root(): number {
    return this.leaves.rootOf(this.at);
  }

  set root(root: number) {
    this.leaves.setRoot(this.at, root);
  }

  get doubtful(): boolean {
    return this.leaves.isDoubtful(this.at);
  }

  set doubtful(isDoubtful: boolean) {
    this.leaves.setDoubtful(this.at, isDoubtful);
  }

  await(waiter: SpteWaiter, check: number): void {
    this.leaves.await(this.at, waiter, check);
  }

  settle(wasPresent: boolean, row: number): void {
    this.leaves.settle(this.at, wasPresent, row);
  }

  get next(): SpteRec | undefined {
    return this.leaves.after(this.at, this);
  }
}

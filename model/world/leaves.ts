/**
 * The present leaf SPTEs of a VM, by address space, level and gfn; several records where several roots hold
 * the frame.
 */
import { type Gfn, PAGES_PER_LEVEL, plus } from '../../parsers/base/units.js';
import type { SpteRec } from './spte.js';

/** Room for the levels of paging, 1 to 5: a power of two, so that a wrong level stays within the table. */
const LEVELS = 8;
/** Room for the address spaces, a power of two for the same reason. */
const ADDRESS_SPACES = 8;
/** Address spaces that x86 has: the normal one, and that of system management mode. */
const USED_ADDRESS_SPACES = 2;

/** Where the map of an address space and level stands. */
function mapIndex(asId: number, level: number): number {
  return (asId & (ADDRESS_SPACES - 1)) * LEVELS + (level & (LEVELS - 1));
}

export class Leaves {
  /**
   * One map per address space and level: a gfn alone is a small integer, which a map finds several times as
   * fast as a key that holds all three. Records of one leaf are linked, the oldest first.
   */
  private readonly maps: (Map<Gfn, SpteRec> | undefined)[] = new Array<Map<Gfn, SpteRec> | undefined>(
    LEVELS * ADDRESS_SPACES,
  ).fill(undefined);
  /** Leaves by level, to skip levels in range look-ups. */
  private readonly levelCounts = new Int32Array(LEVELS);
  /** Records of all leaves. */
  count = 0;

  /** The oldest record of a leaf; `next` leads to the others. */
  first(asId: number, level: number, gfn: Gfn): SpteRec | undefined {
    return this.maps[mapIndex(asId, level)]?.get(gfn);
  }

  /** Adds a record behind those of the same leaf. */
  add(rec: SpteRec): void {
    const map = this.mapOf(rec.asId, rec.level);
    this.count++;
    this.levelCounts[rec.level]!++;
    let last = map.get(rec.gfn);
    if (!last) {
      map.set(rec.gfn, rec);
      return;
    }
    while (last.next) last = last.next;
    last.next = rec;
  }

  /** Takes a record out, which must be there. */
  remove(rec: SpteRec): void {
    const map = this.maps[mapIndex(rec.asId, rec.level)]!;
    const head = map.get(rec.gfn)!;
    this.count--;
    this.levelCounts[rec.level]!--;
    if (head === rec) {
      if (rec.next) map.set(rec.gfn, rec.next);
      else map.delete(rec.gfn);
    } else {
      let before = head;
      while (before.next !== rec) before = before.next!;
      before.next = rec.next;
    }
    rec.next = undefined;
  }

  private mapOf(asId: number, level: number): Map<Gfn, SpteRec> {
    const at = mapIndex(asId, level);
    const known = this.maps[at];
    if (known) return known;
    const map = new Map<Gfn, SpteRec>();
    this.maps[at] = map;
    return map;
  }

  clear(): void {
    this.maps.fill(undefined);
    this.levelCounts.fill(0);
    this.count = 0;
  }

  /** All records, by address space and level, the oldest of a leaf first. */
  *all(): Generator<SpteRec> {
    for (const map of this.maps)
      for (const head of map?.values() ?? [])
        for (let rec: SpteRec | undefined = head; rec; rec = rec.next) yield rec;
  }

  /**
   * Puts the records of leaves that cover a gfn of [first, end) into `found`, emptied before, by level, and
   * returns it. Costs no more than the smaller of the range and the VM.
   */
  covering(first: Gfn, end: Gfn, found: SpteRec[]): SpteRec[] {
    found.length = 0;
    if (this.count === 0 || end <= first) return found;
    for (let level = 1; level < PAGES_PER_LEVEL.length; level++) {
      if (this.levelCounts[level]! <= 0) continue;
      for (let asId = 0; asId < USED_ADDRESS_SPACES; asId++) {
        const map = this.maps[mapIndex(asId, level)];
        if (map && map.size > 0) addCovering(map, PAGES_PER_LEVEL[level]!, first, end, found);
      }
    }
    return found;
  }
}

function addCovering(
  map: ReadonlyMap<Gfn, SpteRec>,
  span: number,
  first: Gfn,
  end: Gfn,
  found: SpteRec[],
): void {
  const firstTable = plus(first, -(first % span));
  if ((end - firstTable) / span > map.size) {
    for (const head of map.values()) {
      if (head.gfn < end && head.gfn + span > first)
        for (let rec: SpteRec | undefined = head; rec; rec = rec.next) found.push(rec);
    }
    return;
  }
  for (let gfn = firstTable; gfn < end; gfn = plus(gfn, span))
    for (let rec = map.get(gfn); rec; rec = rec.next) found.push(rec);
}

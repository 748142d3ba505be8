/**
 * Memslots as a VMM asks for them, by KVM_SET_USER_MEMORY_REGION(2): what the kernel took, and which of them
 * stands in the way of one that it refused.
 */
import type { Region, Vm } from './state.js';

/** What two memslots cannot both have. */
export type Clash = 'file' | 'memory' | 'gfns';

/** A memslot that stands in the way of another. */
export interface Holder {
  readonly region: Region;
  /**
   * `file`: pages of the same guest_memfd; `memory`: the same memory of the VMM, where pages of the file are
   * not known; `gfns`: the same guest frames.
   */
  readonly clash: Clash;
}

/** A memslot that the kernel refused. */
export interface Refusal {
  readonly vm: Vm;
  readonly region: Region;
  /** Negative. */
  readonly errno: number;
  readonly row: number;
  readonly holder: Holder | undefined;
}

/** Address spaces of a VM have memslots of their own with the same numbers. */
const IDS = 1 << 16;

export function regionKey({ id, asId }: Region): number {
  return asId * IDS + id;
}

/** That of some memslots beside which another one cannot stand; undefined where none is seen. */
export function holderOf(others: Iterable<Region>, asked: Region, pageBytes: number): Holder | undefined {
  let found: Holder | undefined;
  for (const region of others) {
    if (regionKey(region) === regionKey(asked)) continue;
    const clash = clashOf(region, asked, pageBytes);
    if (clash === 'file') return { region, clash };
    if (clash && (!found || found.clash === 'gfns')) found = { region, clash };
  }
  return found;
}

function clashOf(a: Region, b: Region, pageBytes: number): Clash | undefined {
  if (a.isOfFile && b.isOfFile) {
    const isSameFile = a.inode && b.inode ? a.inode === b.inode : a.fd >= 0 && a.fd === b.fd;
    const isPlaced = a.pgoff >= 0 && b.pgoff >= 0;
    if (isSameFile && isPlaced && meet(a.pgoff, b.pgoff, a.npages, b.npages)) return 'file';
    const isOpen = !isPlaced || (!(a.inode && b.inode) && (a.fd < 0 || b.fd < 0));
    if (isOpen && a.ua > 0 && b.ua > 0 && meet(a.ua, b.ua, a.npages * pageBytes, b.npages * pageBytes))
      return 'memory';
  }
  return a.asId === b.asId && meet(a.baseGfn, b.baseGfn, a.npages, b.npages) ? 'gfns' : undefined;
}

function meet(first: number, other: number, count: number, otherCount: number): boolean {
  return first < other + otherCount && other < first + count;
}

/**
 * Names the maps that make up the shim's state: one per kind of fact, VM or inode, and holder. The registry
 * only grows and is shared by every cursor over one trace, so that a checkpoint of one can be taken by
 * another.
 */

/** Kinds of maps. The comments say what the subject and the keys are, and how values are to be read. */
export const MapKind = {
  /** VM, gfns: Attr. */
  GfnAttr: 0,
  /** Inode, pgoffs: Attr. */
  PageAttr: 1,
  /** VM, gfns: see {@link packFrame}, extra = level. */
  Spte: 2,
  /** Inode, pgoffs: see {@link packFrame}; the page cache. */
  Cache: 3,
  /** Inode, pgoffs: 1. */
  Poison: 4,
  /** VM, gfns: see {@link packSlot}. */
  Slot: 5,
  /** VM, gfns: 1 inside the ranges of the invalidations in progress. */
  InvRange: 6,
  /** Inode, holder (tgid, address), pgoffs: how many; more than 1 only where the address is not known. */
  Mapping: 7,
  /** Inode, holder (RefKind, tid), pgoffs: how many. */
  Ref: 8,
  /** Inode, holder (tgid, start address), pgoffs: 1. */
  Vma: 9,
  /** Keys are VMs: invalidations in progress. */
  InvCount: 10,
  /** Keys are VMs: invalidations that ended, as far as the trace shows. */
  InvSeq: 11,
  /** Keys are conversions: Phase. */
  Phase: 12,
  /** Key 0: row of the last loss of events; key 1: how many losses. */
  Loss: 13,
} as const;
export type MapKindCode = (typeof MapKind)[keyof typeof MapKind];
const KINDS = 14;

/** Who holds a mapping or a reference: (tgid, address) or (RefKind, tid). */
export interface Holder {
  readonly a: number;
  readonly b: number;
}

export interface MapName {
  readonly kind: MapKindCode;
  /** VM or inode, -1 where there is none. */
  readonly subject: number;
  /** Index for {@link MapRegistry.holder}, -1 where there is none. */
  readonly holder: number;
}

/** More holders than any trace has: a key holds a subject and a holder. */
const HOLDER_SPAN = 2 ** 26;

export class MapRegistry {
  readonly names: MapName[] = [];
  private readonly holders: Holder[] = [];
  private readonly holderIds = new Map<number, Map<number, number>>();
  private readonly ids: Map<number, number>[] = Array.from(
    { length: KINDS },
    () => new Map<number, number>(),
  );
  private readonly bySubject: Map<number, number[]>[] = Array.from(
    { length: KINDS },
    () => new Map<number, number[]>(),
  );
  private readonly byKind: number[][] = Array.from({ length: KINDS }, () => []);

  /** Id of a map, made when it is new. */
  id(kind: MapKindCode, subject: number, holder = -1): number {
    const key = (subject + 1) * HOLDER_SPAN + holder + 1;
    const known = this.ids[kind]!.get(key);
    if (known !== undefined) return known;
    const id = this.names.length;
    this.names.push({ kind, subject, holder });
    this.ids[kind]!.set(key, id);
    this.byKind[kind]!.push(id);
    const list = this.bySubject[kind]!.get(subject);
    if (list) list.push(id);
    else this.bySubject[kind]!.set(subject, [id]);
    return id;
  }

  /** Ids of every map of a kind and subject, oldest first. */
  ofSubject(kind: MapKindCode, subject: number): readonly number[] {
    return this.bySubject[kind]!.get(subject) ?? [];
  }

  ofKind(kind: MapKindCode): readonly number[] {
    return this.byKind[kind]!;
  }

  holderId(a: number, b: number): number {
    let inner = this.holderIds.get(a);
    if (!inner) {
      inner = new Map();
      this.holderIds.set(a, inner);
    }
    let id = inner.get(b);
    if (id === undefined) {
      id = this.holders.length;
      this.holders.push({ a, b });
      inner.set(b, id);
    }
    return id;
  }

  holder(id: number): Holder {
    return this.holders[id]!;
  }
}

/** Extras that a packed frame has room for, 0 included. */
const EXTRAS = 8;
/** Greater than any packed distance between a page and its frame. */
const NO_FRAME = 2 ** 50;

/**
 * A frame number as its distance from the page it belongs to, so that a physically contiguous run is one
 * range. `extra` is below {@link EXTRAS}; pfn below 1 means not known.
 */
export function packFrame(pfn: number, page: number, extra: number): number {
  return (pfn < 1 ? NO_FRAME : (pfn - page) * EXTRAS) + extra;
}

/** The frame number at `page`, -1 when not known. */
export function frameAt(packed: number, page: number): number {
  return packed >= NO_FRAME ? -1 : Math.floor(packed / EXTRAS) + page;
}

export function frameExtra(packed: number): number {
  return packed - Math.floor(packed / EXTRAS) * EXTRAS;
}

/** More inodes than any trace has: a packed slot holds its id and an inode. */
const SLOT_SPAN = 2 ** 24;

/** A memslot id and the index of the inode behind it (-1 not known). */
export function packSlot(slot: number, inode: number): number {
  return slot * SLOT_SPAN + inode + 1;
}

export function slotOf(packed: number): number {
  return Math.floor(packed / SLOT_SPAN);
}

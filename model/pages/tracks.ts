/**
 * The two halves of a page's state: the guest frame (attribute of the VM, SPTE) and the file page (attribute
 * of the inode, user mappings, references, page cache). Memslots join them. What operations do to them is in
 * fold.ts; here they are kept as the lists of a {@link PageState}.
 */
import { PAGE_SIZE } from '../../parsers/base/units.js';
import type { Conversion, Shown } from '../analysis.js';
import { Phase, type OpLog } from '../ops/oplog.js';
import {
  comesFirst,
  isSureMapping,
  mappingFit,
  NO_FIT,
  referenceFit,
  foldFileOp,
  foldFrameOp,
  type FileFacts,
  type FrameFacts,
} from './fold.js';
import {
  referenceKind,
  type Attribute,
  type PhaseState,
  type Reference,
  type Spte,
  type UserMapping,
} from './state.js';
import type { Space } from './space.js';

const ATTRIBUTES: readonly Attribute[] = ['shared', 'private', 'unknown'];

/** What both halves have: an attribute, and the conversions in flight. */
abstract class Track {
  abstract readonly space: Space;
  attribute: Attribute = 'unknown';
  /** Row that set the attribute, -1 while unknown. */
  attributeRow = -1;
  /** Conversions in flight, the one that entered its phase last at the end. */
  conversions: readonly PhaseState[] = [];

  /** `subject` is an index into Analysis.vms or Analysis.inodes. */
  constructor(
    private readonly all: readonly Conversion[],
    readonly subject: number,
    readonly page: number,
  ) {}

  setAttribute(
    _space: Space,
    _subject: number,
    _first: number,
    _end: number,
    value: number,
    row: number,
  ): void {
    this.attribute = ATTRIBUTES[value] ?? 'unknown';
    this.attributeRow = this.attribute === 'unknown' ? -1 : row;
  }

  enterPhase(conversion: number, phase: number, row: number): void {
    const others = this.conversions.filter((c) => c.conversion !== conversion);
    const ended = phase === Phase.Done || phase === Phase.Failed;
    const toPrivate = this.all[conversion]?.toPrivate ?? false;
    this.conversions = ended ? others : [...others, { conversion, phase, toPrivate, row }];
  }

  /** As before the first event. */
  reset(): void {
    this.lose();
  }

  /** False where a loss, or a {@link reset}, would change nothing. */
  get knowsAnything(): boolean {
    return this.attribute !== 'unknown' || this.conversions.length > 0;
  }

  /** Knows what another track knew: no list is ever changed in place. */
  take(other: Track): void {
    this.attribute = other.attribute;
    this.attributeRow = other.attributeRow;
    this.conversions = other.conversions;
  }

  /** Folds operation `i`, which touches this track's page or is a loss. */
  abstract apply(ops: OpLog, i: number): void;

  lose(): void {
    this.attribute = 'unknown';
    this.attributeRow = -1;
    this.conversions = [];
  }
}

/** A guest frame of a VM. */
export class GfnTrack extends Track implements FrameFacts {
  readonly space = 'gfn';
  sptes: readonly Spte[] = [];
  sptesKnown = false;

  constructor(
    all: readonly Conversion[],
    subject: number,
    page: number,
    private readonly pageBytes: number = PAGE_SIZE,
  ) {
    super(all, subject, page);
  }

  apply(ops: OpLog, i: number): void {
    foldFrameOp(this, ops, i);
  }

  setSpte(vm: number, first: number, _end: number, pfn: number, level: number, row: number): void {
    const large = this.pageBytes === PAGE_SIZE ? {} : { pageBytes: this.pageBytes };
    this.sptes = [{ vm, gfn: first, level, ...large, pfn: frameAt(this.page, first, pfn), row }];
    this.sptesKnown = true;
  }

  zapSpte(_vm: number, first: number, _end: number, pfn: number): void {
    const frame = frameAt(this.page, first, pfn);
    this.sptesKnown = true;
    // Nearly always there is none, and no list need be made of it.
    if (this.sptes.length === 0) return;
    this.sptes = this.sptes.filter((s) => frame >= 0 && s.pfn >= 0 && s.pfn !== frame);
  }

  doubtSptes(): void {
    this.sptes = [];
    this.sptesKnown = false;
  }

  override get knowsAnything(): boolean {
    return super.knowsAnything || this.sptesKnown || this.sptes.length > 0;
  }

  override take(other: GfnTrack): void {
    super.take(other);
    this.sptes = other.sptes;
    this.sptesKnown = other.sptesKnown;
  }

  override lose(): void {
    super.lose();
    this.doubtSptes();
  }
}

/** A page of a guest_memfd (or restricted memfd) inode. */
export class FileTrack extends Track implements FileFacts {
  readonly space = 'pgoff';
  mappings: readonly UserMapping[] = [];
  mappingsKnown = false;
  references: readonly Reference[] = [];
  referencesKnown = false;
  pfn = -1;
  pfnKnown = false;
  poisoned = false;

  constructor(
    conversions: readonly Conversion[],
    subject: number,
    page: number,
    private readonly shows: Shown,
  ) {
    super(conversions, subject, page);
  }

  apply(ops: OpLog, i: number): void {
    foldFileOp(this, ops, i);
  }

  addMapping(
    _inode: number,
    _first: number,
    _end: number,
    holder: number,
    address: number,
    row: number,
  ): void {
    const again =
      isSureMapping(holder, address) &&
      this.mappings.some((m) => m.holder === holder && m.address === address);
    if (!again) this.mappings = [...this.mappings, { holder, address, row }];
  }

  removeMapping(_inode: number, _first: number, _end: number, holder: number, address: number): void {
    this.mappings = withoutBest(
      this.mappings,
      (m) => mappingFit(m.holder, m.address, holder, address),
      (m, other) => comesFirst(m.holder, m.address, other.holder, other.address),
    );
  }

  clearMappings(): void {
    this.mappings = [];
  }

  addReference(_inode: number, _first: number, _end: number, kind: number, tid: number, row: number): void {
    this.references = [...this.references, { kind: referenceKind(kind), tid, row }];
  }

  removeReference(_inode: number, _first: number, _end: number, kind: number, tid: number): void {
    const wanted = referenceKind(kind);
    this.references = withoutBest(
      this.references,
      (r) => (r.kind === wanted ? referenceFit(kind, r.tid, kind, tid) : NO_FIT),
      () => false,
    );
  }

  clearReferences(): void {
    this.references = [];
  }

  /**
   * A page that enters the page cache has neither mapping nor holder: from here on those are known that the
   * trace shows when they are made.
   */
  enterCache(_inode: number, first: number, _end: number, pfn: number): void {
    this.pfn = frameAt(this.page, first, pfn);
    this.pfnKnown = pfn >= 0;
    this.mappingsKnown = this.shows.mappings;
    this.referencesKnown = this.shows.references;
  }

  /** One that leaves it is mapped no more, but where that was seen. It may be held by who took it unseen. */
  leaveCache(): void {
    this.pfn = -1;
    this.pfnKnown = true;
    this.mappingsKnown ||= this.shows.mappings && this.mappings.length === 0;
  }

  setPoison(_inode: number, _first: number, _end: number, poisoned: boolean): void {
    this.poisoned = poisoned;
  }

  override reset(): void {
    super.reset();
    this.poisoned = false;
  }

  override get knowsAnything(): boolean {
    const { mappings, mappingsKnown, references, referencesKnown, pfnKnown, poisoned } = this;
    const isHeld = mappings.length > 0 || references.length > 0;
    return (
      super.knowsAnything ||
      isHeld ||
      mappingsKnown ||
      referencesKnown ||
      pfnKnown ||
      this.pfn >= 0 ||
      poisoned
    );
  }

  override take(other: FileTrack): void {
    super.take(other);
    this.mappings = other.mappings;
    this.mappingsKnown = other.mappingsKnown;
    this.references = other.references;
    this.referencesKnown = other.referencesKnown;
    this.pfn = other.pfn;
    this.pfnKnown = other.pfnKnown;
    this.poisoned = other.poisoned;
  }

  override lose(): void {
    super.lose();
    this.mappings = [];
    this.mappingsKnown = false;
    this.references = [];
    this.referencesKnown = false;
    this.pfn = -1;
    this.pfnKnown = false;
  }
}

/** The frame of a page within a huge leaf or a large folio that begins at `first` with frame `pfn`. */
function frameAt(page: number, first: number, pfn: number): number {
  return pfn < 0 ? -1 : pfn + (page - first);
}

/**
 * The list without the element that fits best; of those that fit alike the first, or one that goes before it.
 */
function withoutBest<T>(
  list: readonly T[],
  fitOf: (t: T) => number,
  goesBefore: (t: T, other: T) => boolean,
): readonly T[] {
  let best = -1;
  let bestFit = NO_FIT;
  list.forEach((t, i) => {
    const fit = fitOf(t);
    const better = fit > bestFit || (fit === bestFit && best >= 0 && goesBefore(t, list[best]!));
    if (fit === NO_FIT || !better) return;
    best = i;
    bestFit = fit;
  });
  return best < 0 ? list : list.filter((_, i) => i !== best);
}

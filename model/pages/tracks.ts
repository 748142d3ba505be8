/**
 * The two halves of a page's state, each folded from its own operations: the guest frame (attribute of the
 * VM, SPTEs) and the file page (attribute of the inode, user mappings, references, page cache). Memslots join
 * them.
 */
import type { Analysis, Conversion } from '../analysis.js';
import { Op, Phase, type OpLog } from '../ops/oplog.js';
import {
  referenceKind,
  type Attribute,
  type PhaseState,
  type Reference,
  type Spte,
  type UserMapping,
} from './state.js';
import type { Space } from './opindex.js';

export interface Track {
  readonly space: Space;
  /** Index into Analysis.vms or Analysis.inodes. */
  readonly subject: number;
  readonly page: number;
  /** Folds operation `i`, which touches this track's page or is a loss. */
  apply(ops: OpLog, i: number): void;
}

const ATTRIBUTES: readonly Attribute[] = ['shared', 'private', 'unknown'];

function attributeOf(value: number): Attribute {
  return ATTRIBUTES[value] ?? 'unknown';
}

/** Conversions in flight over one page, kept by both tracks. */
class PhaseTrack {
  open: PhaseState[] = [];

  constructor(private readonly conversions: readonly Conversion[]) {}

  apply(ops: OpLog, i: number): void {
    const conversion = ops.subject(i);
    const phase = ops.value(i);
    this.open = this.open.filter((c) => c.conversion !== conversion);
    if (phase === Phase.Done || phase === Phase.Failed) return;
    const toPrivate = this.conversions[conversion]?.toPrivate ?? false;
    this.open = [...this.open, { conversion, phase, toPrivate, row: ops.row(i) }];
  }
}

/** A guest frame of a VM. */
export class GfnTrack implements Track {
  readonly space = 'gfn';
  attribute: Attribute = 'unknown';
  attributeRow = -1;
  sptes: Spte[] = [];
  sptesKnown = false;
  readonly phases: PhaseTrack;

  constructor(
    analysis: Analysis,
    readonly subject: number,
    readonly page: number,
  ) {
    this.phases = new PhaseTrack(analysis.conversions);
  }

  apply(ops: OpLog, i: number): void {
    switch (ops.op(i)) {
      case Op.GfnAttr:
        this.attribute = attributeOf(ops.value(i));
        this.attributeRow = this.attribute === 'unknown' ? -1 : ops.row(i);
        break;
      case Op.SpteSet:
        this.dropSpte(ops.first(i), ops.aux(i));
        this.sptes = [
          ...this.sptes,
          {
            vm: this.subject,
            gfn: ops.first(i),
            level: ops.aux(i),
            pfn: this.pfnHere(ops, i),
            row: ops.row(i),
          },
        ];
        this.sptesKnown = true;
        break;
      case Op.SpteZap:
        this.dropSpte(ops.first(i), ops.aux(i));
        this.sptesKnown = true;
        break;
      case Op.Phase:
        this.phases.apply(ops, i);
        break;
      case Op.Loss:
        this.attribute = 'unknown';
        this.attributeRow = -1;
        this.sptes = [];
        this.sptesKnown = false;
        this.phases.open = [];
        break;
      default:
        break;
    }
  }

  /** Within a huge leaf the frame of this very page is the leaf's plus the distance. */
  private pfnHere(ops: OpLog, i: number): number {
    const pfn = ops.value(i);
    return pfn < 0 ? -1 : pfn + (this.page - ops.first(i));
  }

  private dropSpte(gfn: number, level: number): void {
    this.sptes = this.sptes.filter((s) => s.gfn !== gfn || s.level !== level);
  }
}

/** A page of a guest_memfd (or restricted memfd) inode. */
export class FileTrack implements Track {
  readonly space = 'pgoff';
  attribute: Attribute = 'unknown';
  attributeRow = -1;
  mappings: UserMapping[] = [];
  mappingsKnown = false;
  references: Reference[] = [];
  referencesKnown = false;
  pfn = -1;
  pfnKnown = false;
  poisoned = false;
  readonly phases: PhaseTrack;

  constructor(
    analysis: Analysis,
    readonly subject: number,
    readonly page: number,
  ) {
    this.phases = new PhaseTrack(analysis.conversions);
  }

  apply(ops: OpLog, i: number): void {
    switch (ops.op(i)) {
      case Op.PageAttr:
        this.attribute = attributeOf(ops.value(i));
        this.attributeRow = this.attribute === 'unknown' ? -1 : ops.row(i);
        break;
      case Op.MapAdd:
        this.mappings = [...this.mappings, { holder: ops.value(i), address: ops.aux(i), row: ops.row(i) }];
        break;
      case Op.MapRemove:
        // The event names who removes, which for an unmap of the whole file need not be who had it.
        this.mappings = without(
          this.mappings,
          (m) => m.holder === ops.value(i) && m.address === ops.aux(i),
          (m) => m.address === ops.aux(i),
          () => true,
        );
        break;
      case Op.RefGet:
        this.references = [
          ...this.references,
          { kind: referenceKind(ops.value(i)), tid: ops.aux(i), row: ops.row(i) },
        ];
        break;
      case Op.RefPut: {
        const kind = referenceKind(ops.value(i));
        // A pin is often dropped by another thread than its holder, or in an interrupt.
        this.references = without(
          this.references,
          (r) => r.kind === kind && r.tid === ops.aux(i),
          (r) => r.kind === kind,
        );
        break;
      }
      case Op.Alloc:
      case Op.Free:
        this.cache(ops, i);
        break;
      case Op.Poison:
        this.poisoned = true;
        break;
      case Op.Phase:
        this.phases.apply(ops, i);
        break;
      case Op.Loss:
        this.forget();
        break;
      default:
        break;
    }
  }

  /**
   * A page that enters or leaves the page cache has neither mapping nor holder: from here on both are known.
   */
  private cache(ops: OpLog, i: number): void {
    const alloc = ops.op(i) === Op.Alloc;
    this.pfn = alloc && ops.value(i) >= 0 ? ops.value(i) : -1;
    this.pfnKnown = !alloc || this.pfn >= 0;
    if (alloc) {
      this.mappings = [];
      this.references = [];
      this.poisoned = false;
    }
    this.mappingsKnown = this.mappings.length === 0 || this.mappingsKnown;
    this.referencesKnown = this.references.length === 0 || this.referencesKnown;
  }

  private forget(): void {
    this.attribute = 'unknown';
    this.attributeRow = -1;
    this.mappings = [];
    this.mappingsKnown = false;
    this.references = [];
    this.referencesKnown = false;
    this.pfn = -1;
    this.pfnKnown = false;
    this.phases.open = [];
  }
}

/** The list without the first element that fits the first test that any fits. */
function without<T>(list: readonly T[], ...tests: readonly ((t: T) => boolean)[]): T[] {
  for (const test of tests) {
    const at = list.findIndex(test);
    if (at >= 0) return [...list.slice(0, at), ...list.slice(at + 1)];
  }
  return [...list];
}

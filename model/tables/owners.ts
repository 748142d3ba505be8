/** What the tables call VMs and files, and which VM an event is of. */
import { kindSlots } from '../../parsers/events/kinds.js';
import { hasSlot, highWord, lowWord } from '../../parsers/events/slots.js';
import type { Segment } from '../../parsers/events/segment.js';
import type { Analysis } from '../analysis.js';
import { vmNamed } from '../pages/names.js';
import type { Space } from '../pages/space.js';
import type { Batch } from './batch.js';

/** Fills `unit`, `vm`, `ino`, `first` and `count` of a row, as far as the table has them. */
export function putPages(
  analysis: Analysis,
  batch: Batch,
  at: number,
  pages: {
    readonly unit: Space;
    readonly vm: number;
    readonly inode: number;
    readonly first: number;
    readonly count: number;
  },
): void {
  const { unit, vm, inode, first, count } = pages;
  if (unit === 'gfn' && vm >= 0) batch.column('vm').text(at, analysis.vms[vm]!.label);
  if (unit === 'pgoff') putInode(analysis, batch, at, inode);
  batch.column('first').whole(at, first);
  batch.column('count').whole(at, count);
}

export function putInode(analysis: Analysis, batch: Batch, at: number, inode: number): void {
  const ino = analysis.inodes[inode]?.ino ?? -1;
  if (ino >= 0) batch.column('ino').whole(at, ino);
}

/**
 * The VM of each event: by its `kvm` argument, else by its thread group when that has only one, else the only
 * VM. The same as vmOfRow of model/pages, for a loop over millions of events.
 */
export class VmOfEvents {
  /** Where a kind has its kvm pointer, -1 for none. */
  private readonly slots: number[] = [];
  /** Index by thread group, -1 where it has several. */
  private readonly groups = new Map<number, number>();
  private readonly only: number;
  private readonly isReused: boolean;
  private low = -1;
  private high = -1;
  private last = -1;

  constructor(private readonly analysis: Analysis) {
    const { vms } = analysis;
    this.only = vms.length === 1 ? 0 : -1;
    vms.forEach(({ tgid }, i) => {
      if (tgid >= 0) this.groups.set(tgid, this.groups.has(tgid) ? -1 : i);
    });
    this.isReused = new Set(vms.map(({ kvm }) => kvm)).size < vms.length;
  }

  /** Index of the VM of row `i` of a segment, which is `row` of the table; -1 where it is not known. */
  of(segment: Segment, i: number, row: number): number {
    const named = this.byPointer(segment, i, row);
    if (named >= 0) return named;
    const group = this.groups.get(segment.tgid[i]!) ?? -1;
    return group >= 0 ? group : this.only;
  }

  private byPointer(segment: Segment, i: number, row: number): number {
    const at = segment.payload[i]!;
    if (at === 0) return -1;
    const slot = this.slotOf(segment.kind[i]!);
    if (slot < 0 || !hasSlot(segment, at, slot)) return -1;
    const [low, high] = [lowWord(segment, at, slot), highWord(segment, at, slot)];
    if (low !== this.low || high !== this.high || this.isReused) {
      this.last = vmNamed(this.analysis, (BigInt(high) << 32n) | BigInt(low), row);
      this.low = low;
      this.high = high;
    }
    return this.last;
  }

  private slotOf(kind: number): number {
    this.slots[kind] ??= kindSlots(kind).indexOf('kvm');
    return this.slots[kind];
  }
}

/** Line of an event in a text, number of its record in a binary trace. */
export function lineOf(segment: Segment, i: number, row: number): number {
  const line = segment.lineOf(i);
  return line > 0 ? line : row + 1;
}

/** Facts of pages as the rectangles of one layer. Pages are atoms here, and the sweep knows what they are. */
import { Attr } from '../ops/oplog.js';
import type { PageFacts } from '../pages/fold.js';
import type { Space } from '../pages/space.js';
import type { BandSweep } from './bands.js';

/** Levels of SPTEs that are told apart. */
const LEVEL_MAX = 5;

/**
 * The facts of whichever layer the sweep is for: it is folded the operations of that layer alone, see
 * FACT_OPS of pages/fold.ts. A rectangle has one number, so it is not known which frame an SPTE maps, nor
 * whose a mapping or reference is: a zap ends what is there, and mappings and references are counted.
 */
export class LayerFacts implements PageFacts {
  constructor(private readonly sweep: BandSweep) {}

  setAttribute(_space: Space, _owner: number, a0: number, a1: number, value: number, row: number): void {
    if (value === Attr.Unknown) this.sweep.carve(a0, a1, row);
    else this.sweep.assign(a0, a1, value, row);
  }

  setSpte(_vm: number, a0: number, a1: number, _pfn: number, level: number, row: number): void {
    this.sweep.assign(a0, a1, Math.max(1, Math.min(LEVEL_MAX, level)), row);
  }

  zapSpte(_vm: number, a0: number, a1: number, _pfn: number, row: number): void {
    this.sweep.carve(a0, a1, row);
  }

  doubtSptes(_vm: number, a0: number, a1: number, row: number): void {
    this.sweep.carve(a0, a1, row);
  }

  addMapping(_inode: number, a0: number, a1: number, _holder: number, _address: number, row: number): void {
    this.sweep.add(a0, a1, 1, row);
  }

  removeMapping(
    _inode: number,
    a0: number,
    a1: number,
    _holder: number,
    _address: number,
    row: number,
  ): void {
    this.sweep.add(a0, a1, -1, row);
  }

  clearMappings(_inode: number, a0: number, a1: number, row: number): void {
    this.sweep.carve(a0, a1, row);
  }

  addReference(_inode: number, a0: number, a1: number, _kind: number, _tid: number, row: number): void {
    this.sweep.add(a0, a1, 1, row);
  }

  removeReference(_inode: number, a0: number, a1: number, _kind: number, _tid: number, row: number): void {
    this.sweep.add(a0, a1, -1, row);
  }

  clearReferences(_inode: number, a0: number, a1: number, row: number): void {
    this.sweep.carve(a0, a1, row);
  }

  lose(row: number): void {
    this.sweep.clearAll(row);
  }

  // No layer shows the page cache or poison, and conversions have rectangles of their own.
  enterCache(): void {}
  leaveCache(): void {}
  setPoison(): void {}
  enterPhase(): void {}
}

/** Leaf SPTEs of a VM that events told of, without one that shows them change: by their first gfn. */
import { layoutOf, PageTable } from '../../parsers/base/pageTable.js';
import type { Gfn, Pfn } from '../../parsers/base/units.js';
import type { ToldSpte } from './spte.js';

const TOLD = layoutOf((rows) => ({ pfn: new Float64Array(rows), level: new Uint8Array(rows) }));

export class ToldLeaves {
  private readonly leaves = new PageTable<Gfn, (typeof TOLD)['none']>(TOLD);

  get size(): number {
    return this.leaves.size;
  }

  set({ gfn, level, pfn }: ToldSpte): void {
    const at = this.leaves.rowOf(gfn);
    this.leaves.columns.pfn[at] = pfn;
    this.leaves.columns.level[at] = level;
  }

  clear(): void {
    this.leaves.clear();
  }

  /** In the order in which they came. */
  *[Symbol.iterator](): IterableIterator<ToldSpte> {
    const { leaves } = this;
    for (let at = leaves.next(0); at !== 0; at = leaves.next(at)) {
      const { pfn, level } = leaves.columns;
      yield { gfn: leaves.pageOf(at), level: level[at]!, pfn: pfn[at] as Pfn };
    }
  }
}

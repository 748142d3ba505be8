/** How many conversions are over a guest frame, whichever they are of: the VM's, or its files'. */
import { firstAbove } from '../../parsers/base/search.js';
import type { Analysis } from '../analysis.js';

/** First frames of all ranges and the frames past their last ones, each sorted. */
interface Ends {
  readonly firsts: Float64Array;
  readonly pasts: Float64Array;
}

export class ConversionCounts {
  private readonly ofVm = new Map<number, Ends>();

  constructor(private readonly analysis: Analysis) {}

  over(vm: number, gfn: number): number {
    const known = this.ofVm.get(vm) ?? this.endsOf(vm);
    this.ofVm.set(vm, known);
    return firstAbove(known.firsts, gfn) - firstAbove(known.pasts, gfn);
  }

  private endsOf(vm: number): Ends {
    const firsts: number[] = [];
    const pasts: number[] = [];
    const add = (first: number, count: number): void => {
      if (count <= 0) return;
      firsts.push(first);
      pasts.push(first + count);
    };
    const slots = this.analysis.slots.filter((slot) => slot.vm === vm && slot.inode >= 0 && slot.pgoff >= 0);
    for (const { scope, vm: owner, inode, first, count, fromRow } of this.analysis.conversions) {
      if (scope === 'vm') {
        if (owner === vm) add(first, count);
        continue;
      }
      for (const slot of slots) {
        if (slot.inode !== inode || fromRow < slot.fromRow || fromRow >= slot.untilRow) continue;
        const from = Math.max(first, slot.pgoff);
        const until = Math.min(first + count, slot.pgoff + slot.pageCount);
        add(slot.baseGfn + (from - slot.pgoff), until - from);
      }
    }
    return { firsts: Float64Array.from(firsts).sort(), pasts: Float64Array.from(pasts).sort() };
  }
}

/** Why a memslot was refused, in words. */
import type { RefusedSlot } from '../analysis.js';

type Holder = NonNullable<RefusedSlot['holder']>;

const CLASHES: Readonly<Record<Holder['clash'], string>> = {
  file: 'these pages of the file',
  memory: 'this memory of the VMM, and so these pages of its file',
  gfns: 'these guest frames',
};

/** `slot 3 has these guest frames`: what is in the way of a memslot, undefined where that is not seen. */
export function inTheWayText(holder: Pick<Holder, 'slot' | 'clash'> | undefined): string {
  return holder ? `slot ${holder.slot} has ${CLASHES[holder.clash]}` : 'what stands in its way is not seen';
}

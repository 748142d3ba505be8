/** Whether no row of a trace has a lesser line than the one before it. */
import { truth } from '../base/shape.js';
import { OfAllRows } from './ofAllRows.js';

export const LINES_IN_ORDER = new OfAllRows<boolean>({
  begin() {
    let isInOrder = true;
    let last = 0;
    return {
      take(segment) {
        for (let i = 0; i < segment.length && isInOrder; i++) {
          const line = segment.lineOf(i);
          isInOrder = line >= last;
          last = line;
        }
      },
      end: () => isInOrder,
    };
  },
  shape: () => truth,
  isOf: () => true,
});

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Holding } from './holding.js';

const held = fc
  .tuple(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 6 }))
  .map(([fromRow, rows]) => ({ fromRow, untilRow: fromRow + rows }));

describe('what holds at a row', () => {
  it('is told in its order, whether or not all begin in it', () => {
    fc.assert(
      fc.property(fc.array(held, { maxLength: 400 }), fc.boolean(), (any, isInOrder) => {
        const all = isInOrder ? [...any].sort((a, b) => a.fromRow - b.fromRow) : any;
        const holding = new Holding(all);
        for (let row = -1; row < 20; row += 3) {
          const told: number[] = [];
          holding.at(row, (_, i) => told.push(i));
          const wanted = all.flatMap(({ fromRow, untilRow }, i) =>
            fromRow <= Math.max(row, 0) && row < untilRow ? [i] : [],
          );
          assert.deepEqual(told, wanted);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('takes a look at few of those that are over, also where one holds all the time', () => {
    let looks = 0;
    const all = Array.from({ length: 100_000 }, (_, i) => ({
      get fromRow(): number {
        looks++;
        return i * 2;
      },
      untilRow: i === 0 ? Infinity : i * 2 + 1,
    }));
    const holding = new Holding(all);
    looks = 0;
    const told: number[] = [];
    holding.at(180_000, (_, i) => told.push(i));
    assert.deepEqual(told, [0, 90_000]);
    assert.ok(looks < 100, `${looks}`);
  });
});

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { firstAbove, firstIndex } from './search.js';

/** What a search says, by looking at every value. */
function slow(count: number, holds: (i: number) => boolean): number {
  for (let i = 0; i < count; i++) if (holds(i)) return i;
  return count;
}

describe('search', () => {
  const ascending = fc
    .array(fc.integer({ min: -5, max: 20 }), { maxLength: 40 })
    .map((values) => values.sort((a, b) => a - b));

  it('finds what looking at every value finds', () => {
    fc.assert(
      fc.property(ascending, fc.integer({ min: -6, max: 21 }), (values, key) => {
        assert.equal(
          firstAbove(values, key),
          slow(values.length, (i) => values[i]! > key),
        );
        assert.equal(firstAbove(Float64Array.from(values), key), firstAbove(values, key));
        assert.equal(
          firstIndex(values.length, (i) => values[i]! >= key),
          slow(values.length, (i) => values[i]! >= key),
        );
      }),
    );
  });

  it('stays in its range', () => {
    assert.deepEqual([firstAbove([1, 2, 3, 4], 0, 1, 3), firstAbove([1, 2, 3, 4], 9, 1, 3)], [1, 3]);
    assert.equal(
      firstIndex(0, () => true),
      0,
    );
  });
});

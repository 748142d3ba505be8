import assert from 'node:assert/strict';
import { groupedBy } from './grouped.js';
import { onceOf } from './onceOf.js';

describe('what is worked out of an object', () => {
  it('is so once, also where it is nothing', () => {
    const asked: object[] = [];
    const of = onceOf((one: { readonly n: number | undefined }) => {
      asked.push(one);
      return one.n;
    });
    const [one, none, like] = [{ n: 1 }, { n: undefined }, { n: 1 }];
    assert.deepEqual([of(one), of(none), of(one), of(none), of(like)], [1, undefined, 1, undefined, 1]);
    assert.deepEqual(asked, [one, none, like]);
  });
});

describe('groups', () => {
  it('are in the order in which they were met, as are those in each', () => {
    const groups = groupedBy([3, 8, 5, 2, 7].values(), (n) => (n % 2 === 0 ? 'even' : undefined));
    assert.deepEqual(
      [...groups],
      [
        [undefined, [3, 5, 7]],
        ['even', [8, 2]],
      ],
    );
  });
});

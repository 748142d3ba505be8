import assert from 'node:assert/strict';
import fc from 'fast-check';
import { IntervalMap } from './intervalMap.js';

const SIZE = 40;
const INITIAL = 9;

const anySet = fc.record({ first: fc.nat(SIZE), length: fc.nat(SIZE), value: fc.nat(3) });

describe('IntervalMap', () => {
  it('equals a plain map of single keys', () => {
    fc.assert(
      fc.property(
        fc.array(anySet, { maxLength: 30 }),
        fc.nat(SIZE),
        fc.nat(SIZE),
        fc.integer({ min: 1, max: 6 }),
        (sets, a, b, length) => {
          const map = new IntervalMap(INITIAL, -1, length);
          const plain = new Map<number, { value: number; row: number }>();
          sets.forEach(({ first, length, value }, row) => {
            map.set(first, first + length, value, row);
            for (let at = first; at < first + length; at++) plain.set(at, { value, row });
            // What was asked before a change is asked again behind the next.
            for (const at of [a, b]) assert.equal(map.get(at), plain.get(at)?.value ?? INITIAL);
          });
          for (let at = 0; at < 2 * SIZE; at++) {
            assert.equal(map.get(at), plain.get(at)?.value ?? INITIAL, `value at ${at}`);
            assert.equal(map.rowOf(at), plain.get(at)?.row ?? -1, `row at ${at}`);
          }
          let pieces = 0;
          map.visit(0, 2 * SIZE, (_from, _to, _value, row) => (pieces += Number(row >= 0)));
          assert.equal(map.size, pieces);
          const [first, end] = [Math.min(a, b), Math.max(a, b)];
          let at = first;
          map.visit(first, end, (from, to, value, row) => {
            assert.equal(from, at, 'pieces follow each other');
            assert.ok(to > from, 'no piece is empty');
            for (let key = from; key < to; key++)
              assert.deepEqual({ value, row }, plain.get(key) ?? { value: INITIAL, row: -1 });
            at = to;
          });
          assert.equal(at, end, 'the pieces cover the query');
        },
      ),
    );
  });

  it('keeps a whole guest in few intervals, and forgets them on reset', () => {
    const map = new IntervalMap(0, -1);
    map.set(0, 2 ** 40, 1, 5);
    map.set(2 ** 20, 2 ** 20 + 1, 0, 6);
    assert.equal(map.size, 3);
    assert.deepEqual([map.get(2 ** 39), map.get(2 ** 20), map.rowOf(2 ** 20 + 1)], [1, 0, 5]);
    map.reset(2, 7);
    assert.deepEqual([map.size, map.get(3), map.rowOf(3)], [0, 2, 7]);
  });

  it('takes an empty range for nothing', () => {
    const map = new IntervalMap(0, -1);
    map.set(5, 5, 1, 0);
    map.set(6, 4, 1, 0);
    assert.equal(map.size, 0);
    map.visit(3, 3, () => assert.fail('an empty query has no pieces'));
  });
});

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Places } from './places.js';

describe('numbers by numbers', () => {
  it('are told apart in all their 53 bits', () => {
    const far = fc.tuple(fc.nat(2 ** 21 - 1), fc.nat(300)).map(([high, low]) => high * 2 ** 32 + low);
    const key = fc.oneof(far, fc.nat(300), fc.maxSafeNat());
    fc.assert(
      fc.property(fc.uniqueArray(key, { maxLength: 200 }), key, (keys, other) => {
        const places = new Places();
        for (const [i, each] of keys.entries()) places.add(each, i);
        assert.equal(places.size, keys.length);
        for (const [i, each] of keys.entries()) assert.equal(places.get(each), i);
        assert.equal(places.get(other), keys.indexOf(other));
      }),
    );
  });

  it('are found at once, too, where they lie far apart by powers of two', () => {
    for (const step of [2 ** 12, 2 ** 20, 2 ** 32, 2 ** 33 + 2 ** 12]) {
      const places = new Places();
      const started = process.cpuUsage();
      for (let i = 0; i < 20_000; i++) places.add(i * step, i);
      for (let i = 0; i < 20_000; i++) assert.equal(places.get(i * step), i);
      // With all in one row of slots it takes seconds.
      assert.ok(process.cpuUsage(started).user < 300_000, `${step} apart`);
    }
  });

  it('are none where nothing was put, nor for what is no number', () => {
    const places = new Places();
    for (const key of [0, 1, Number.NaN, Infinity]) assert.equal(places.get(key), -1);
    places.add(0, 7);
    assert.deepEqual([places.get(0), places.get(1), places.get(Number.NaN)], [7, -1, -1]);
  });
});

import assert from 'node:assert/strict';
import { NumberList } from './numberList.js';

describe('list of numbers', () => {
  it('keeps them in their order beyond what it had room for', () => {
    const list = new NumberList();
    assert.equal(list.last, undefined);
    const numbers = Array.from({ length: 1000 }, (_, i) => i * 2 ** 33);
    for (const number of numbers) list.add(number);
    assert.deepEqual([...list.values()], numbers);
    assert.equal(list.last, numbers.at(-1));
    assert.equal(list.length, numbers.length);
  });
});

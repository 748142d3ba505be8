import assert from 'node:assert/strict';
import { Pointers } from './pointers.js';

describe('pointers', () => {
  it('are told apart in all their 48 bits', () => {
    const pointers = new Pointers<string>();
    const keys = [0xea0004000040, 0xea0004000080, 0xea0104000040, 0xffffffffffff, 0x40];
    for (const key of keys) pointers.set(key, key.toString(16));
    assert.deepEqual(
      keys.map((key) => pointers.get(key)),
      keys.map((key) => key.toString(16)),
    );
    assert.deepEqual(
      [pointers.has(0xea0004000041), pointers.has(0xea0104000080), pointers.has(-1)],
      [false, false, false],
    );
    assert.equal(pointers.has(0xea0104000040), true);
    pointers.set(0x40, 'again');
    assert.equal(pointers.get(0x40), 'again');
  });
});

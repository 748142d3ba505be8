import assert from 'node:assert/strict';
import { MemorySource } from './source.js';

describe('a source in memory', () => {
  it('is read by range, up to its end', () => {
    const source = new MemorySource(Uint8Array.of(1, 2, 3, 4).subarray(1));
    assert.equal(source.size, 3);
    assert.deepEqual([...source.read(1, 5)], [3, 4]);
    assert.equal(source.read(3, 1).length, 0);
  });

  it('gives what can be copied, also of a Buffer, whose own slice is no copy', () => {
    const source = new MemorySource(Buffer.from([1, 2, 3, 4]));
    source.read(1, 2).slice().fill(9);
    assert.deepEqual([...source.read(0, 4)], [1, 2, 3, 4]);
  });
});

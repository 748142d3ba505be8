import assert from 'node:assert/strict';
import { ByteReader, bytesHex, joinBytes, textUntilNul } from './bytes.js';

const BYTES = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 0x68, 0x69, 0, 9);

describe('byte reader', () => {
  it('reads numbers of either byte order', () => {
    const little = new ByteReader(BYTES, false);
    assert.deepEqual([little.u8(), little.u16(), little.u32()], [1, 0x0302, 0x07060504]);
    const big = new ByteReader(BYTES, true);
    assert.deepEqual([big.u8(), big.u16(), big.u32()], [1, 0x0203, 0x04050607]);
    assert.equal(new ByteReader(BYTES, true).u64(), 0x0102030405060708n);
  });

  it('never reads past the end', () => {
    const reader = new ByteReader(BYTES, false, 10);
    assert.equal(reader.u32(), 0);
    assert.equal(reader.ok, false);
    assert.equal(reader.slice(Infinity).length, 0);
    assert.equal(reader.slice(-1).length, 0);
    assert.deepEqual([...new ByteReader(BYTES, false).slice(2)], [1, 2]);
  });

  it('gives lengths that no source has as Infinity', () => {
    assert.equal(new ByteReader(new Uint8Array(8).fill(255), false).size64(), Infinity);
  });

  it('reads text up to a NUL, and says when there is none', () => {
    const reader = new ByteReader(BYTES, false, 8);
    assert.equal(reader.cstring(), 'hi');
    assert.equal(reader.pos, 11);
    assert.equal(reader.cstring(), '');
    assert.equal(reader.ok, false);
    assert.equal(textUntilNul(BYTES, 8, 12), 'hi');
    assert.equal(textUntilNul(BYTES, 8, 9), 'h');
  });
});

describe('bytes', () => {
  it('are joined in their order, empty parts too', () => {
    const parts = [Uint8Array.of(1, 2), new Uint8Array(0), Uint8Array.of(3)];
    assert.deepEqual(joinBytes(parts), Uint8Array.of(1, 2, 3));
    assert.equal(joinBytes([]).length, 0);
  });

  it('are written as two digits each', () => {
    assert.equal(bytesHex(Uint8Array.of(0, 0xab)), '00ab');
    assert.equal(bytesHex(Uint8Array.of(0, 0xab), ', '), '00, ab');
  });
});

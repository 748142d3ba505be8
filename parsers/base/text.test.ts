import assert from 'node:assert/strict';
import {
  allDigits,
  decimal,
  endOfDigits,
  endOfToken,
  hasShape,
  hasText,
  isText,
  skipBlanks,
  startOfDigits,
  startOfToken,
  trimRight,
} from './text.js';

const bytes = new TextEncoder().encode('  ab 123  [004]4567');
const all = bytes.length;

describe('text: bytes of a line', () => {
  it('finds blanks and what stands between them', () => {
    assert.deepEqual(
      [skipBlanks(bytes, 0, all), skipBlanks(bytes, 2, all), skipBlanks(bytes, 0, 1)],
      [2, 2, 1],
    );
    assert.deepEqual([trimRight(bytes, 0, 10), trimRight(bytes, 0, 8), trimRight(bytes, 1, 2)], [8, 8, 1]);
    assert.deepEqual(
      [endOfToken(bytes, 2, all), endOfToken(bytes, 10, all), endOfToken(bytes, 0, all)],
      [4, all, 0],
    );
    assert.deepEqual(
      [startOfToken(bytes, 0, 8), startOfToken(bytes, 3, 4), startOfToken(bytes, 0, 2)],
      [5, 3, 2],
    );
  });

  it('finds digits, never beyond its bounds', () => {
    assert.deepEqual(
      [endOfDigits(bytes, 5, all), endOfDigits(bytes, 5, 7), endOfDigits(bytes, 4, all)],
      [8, 7, 4],
    );
    assert.deepEqual(
      [startOfDigits(bytes, 0, all), startOfDigits(bytes, 17, all), startOfDigits(bytes, 0, 4)],
      [15, 17, 4],
    );
    assert.deepEqual(
      [allDigits(bytes, 5, 8), allDigits(bytes, 5, 5), allDigits(bytes, 4, 8)],
      [true, false, false],
    );
    assert.equal(decimal(bytes, 11, 14), 4);
    assert.equal(decimal(bytes, 15, all), 4567);
  });

  it('compares with a text', () => {
    assert.deepEqual(
      [hasText(bytes, 2, all, 'ab'), hasText(bytes, 2, 3, 'ab'), hasText(bytes, 3, all, 'ab')],
      [true, false, false],
    );
    assert.deepEqual([isText(bytes, 2, 4, 'ab'), isText(bytes, 2, 5, 'ab')], [true, false]);
  });

  it('compares with a shape, whose zeroes are digits', () => {
    assert.deepEqual(
      ['ab 000', 'ab 200', 'ab 0000', 'ab'].map((shape) => hasShape(bytes, 2, all, shape)),
      [true, false, false, true],
    );
    assert.equal(hasShape(bytes, 2, 7, 'ab 000'), false);
  });
});

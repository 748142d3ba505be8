import assert from 'node:assert/strict';
import { durationText } from '../../parsers/base/duration.js';
import { errnoName } from './errno.js';

describe('numbers as people say them', () => {
  for (const [ns, text] of [
    [0, '0 ns'],
    [999, '999 ns'],
    [1000, '1 µs'],
    [1234, '1.23 µs'],
    [999_999, '1000 µs'],
    [1_000_000, '1 ms'],
    [20_560_000, '20.6 ms'],
    [1_000_000_000, '1 s'],
    [123_456_000_000, '123 s'],
  ] as const)
    it(`${ns} ns are ${text}`, () => assert.equal(durationText(ns), text));

  for (const [result, text] of [
    [-11, 'EAGAIN'],
    [-12, 'ENOMEM'],
    [-133, 'EHWPOISON'],
    [-4000, '-4000'],
  ] as const)
    it(`${result} is ${text}`, () => assert.equal(errnoName(result), text));
});

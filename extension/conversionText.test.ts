import assert from 'node:assert/strict';
import { conversionText, violationLines } from './conversionText.js';
import type { ReportedFinding } from './protocol/report.js';
import type { ConversionRow } from './protocol/shapes.js';

const finding = (line: number, verdict = 'violation'): ReportedFinding =>
  ({ verdict, at: { line } }) as unknown as ReportedFinding;

const row = (first: number, lastLine: number): ConversionRow =>
  ({
    ...{ spot: { row: first, line: first, column: 0 }, lastLine, pageCount: 2, toPrivate: true },
    ...{ duration: '553 µs', errno: '', state: 'done' },
  }) as unknown as ConversionRow;

describe('a conversion in a few words', () => {
  // Of several files, lines come in no order.
  const lines = violationLines([finding(30), finding(10), finding(20), finding(15, 'suspicious')]);
  const tail = (first: number, last: number): string =>
    conversionText(row(first, last), lines).replace('2 pages to private, 553 µs, done, ', '');

  it('counts the violations on its lines, both ends among them', () => {
    assert.equal(tail(10, 20), '2 violations');
    assert.equal(tail(11, 20), '1 violation');
    assert.equal(tail(11, 19), 'no violation seen');
  });

  it('counts all that follow where no end is seen', () => {
    assert.equal(tail(20, 0), '2 violations');
    assert.equal(tail(31, 0), 'no violation seen');
  });
});

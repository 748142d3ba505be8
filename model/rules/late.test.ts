import assert from 'node:assert/strict';
import type { Survey } from '../world/survey.js';
import { Late } from './late.js';

describe('what a rule sees near the end of a trace that grows', () => {
  /** A survey that is sure of all rows up to one. */
  function until(settled: { row: number }): Survey {
    return { isSettled: (row: number) => row <= settled.row } as Survey;
  }

  it('is taken at once where it is settled what is missing', () => {
    const taken: number[] = [];
    const late = new Late<{ readonly row: number }>(until({ row: 9 }), ({ row }) => taken.push(row));
    for (const row of [3, 5, 9]) late.see({ row });
    assert.deepEqual([taken, late.all], [[3, 5, 9], []]);
  });

  it('waits, and is taken in its order once that is so', () => {
    const taken: number[] = [];
    const settled = { row: 4 };
    const late = new Late<{ readonly row: number }>(until(settled), ({ row }) => taken.push(row));
    for (const row of [3, 5, 6, 8]) late.see({ row });
    assert.deepEqual([taken, late.all.map(({ row }) => row)], [[3], [5, 6, 8]]);
    settled.row = 7;
    late.see({ row: 9 });
    assert.deepEqual(
      [taken, late.all.map(({ row }) => row)],
      [
        [3, 5, 6],
        [8, 9],
      ],
    );
    settled.row = 20;
    late.see({ row: 20 });
    assert.deepEqual([taken, late.all], [[3, 5, 6, 8, 9, 20], []]);
  });
});

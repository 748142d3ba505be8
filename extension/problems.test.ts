import assert from 'node:assert/strict';
import { problemsOf } from './problems.js';
import type { EventPlace } from './protocol/place.js';
import type { ReportedFinding } from './protocol/report.js';

const RULES = [{ id: 'G5', name: 'bracket' }] as unknown as Parameters<typeof problemsOf>[0]['rules'];

function found(row: number): ReportedFinding {
  const place = { row, line: row + 1, offset: 0, startColumn: 0, endColumn: 9 };
  const at: EventPlace = { ...place, time: '1.0', cpu: 0, tid: 1, comm: 'qemu', event: 'e' };
  const message = 'an end without a start';
  return {
    ...{ id: `G5@${row + 1}`, rule: 'G5', profile: 'guest-memfd', verdict: 'violation', severity: 2 },
    ...{ title: 'bracket ended without a start', message, at, evidence: [] },
  };
}

/** The rows of the other events that each problem names. */
function othersOf(times: number): number[][] {
  const findings = Array.from({ length: times }, (_, row) => found(row));
  return problemsOf({ rules: RULES }, findings).map(({ others }) => others.map(({ at }) => at.row));
}

describe('a fault that is seen again', () => {
  it('names its other events', () => {
    assert.deepEqual(othersOf(3), [
      [1, 2],
      [0, 2],
      [0, 1],
    ]);
  });

  it('names all of them up to twenty others', () => {
    assert.deepEqual(
      othersOf(21).map((rows) => rows.length),
      Array.from({ length: 21 }, () => 20),
    );
  });

  it('names the nearest of very many: what all name together grows as their number', () => {
    const others = othersOf(5000);
    assert.deepEqual(
      others.map((rows) => rows.length),
      Array.from({ length: 5000 }, () => 20),
    );
    const around = (from: number, at: number): number[] =>
      Array.from({ length: 21 }, (_, i) => from + i).filter((row) => row !== at);
    assert.deepEqual(others[0], around(0, 0));
    assert.deepEqual(others[2500], around(2490, 2500));
    assert.deepEqual(others[4999], around(4979, 4999));
  });
});

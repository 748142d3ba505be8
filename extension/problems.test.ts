import assert from 'node:assert/strict';
import { entriesOf, problemsOf, unlistedMessage } from './problems.js';
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
  return problemsOf({ rules: RULES }, entriesOf(findings)).listed.map(({ others }) =>
    others.map(({ at }) => at.row),
  );
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

  it('names the nearest of very many', () => {
    const others = othersOf(900);
    const around = (from: number, at: number): number[] =>
      Array.from({ length: 21 }, (_, i) => from + i).filter((row) => row !== at);
    assert.deepEqual(others[0], around(0, 0));
    assert.deepEqual(others[500], around(490, 500));
    assert.deepEqual(others[899], around(879, 899));
  });
});

describe('the problems of a file', () => {
  it('are all listed up to 999', () => {
    const findings = Array.from({ length: 999 }, (_, row) => found(row));
    const { listed, unlisted } = problemsOf({ rules: RULES }, entriesOf(findings));
    assert.deepEqual([listed.length, unlisted], [999, 0]);
  });

  it('are the worst of very many, in the order of the trace, and the others are counted', () => {
    const findings = Array.from({ length: 5000 }, (_, row): ReportedFinding => {
      const verdict = row % 10 === 9 ? 'violation' : 'suspicious';
      return { ...found(row), verdict };
    });
    const { listed, unlisted } = problemsOf({ rules: RULES }, entriesOf(findings));
    assert.deepEqual([listed.length, unlisted], [999, 4001]);
    assert.equal(listed.filter(({ lead }) => lead.verdict === 'violation').length, 500);
    const rows = listed.map(({ lead }) => lead.at.row);
    assert.deepEqual(
      rows,
      [...rows].sort((a, b) => a - b),
    );
    assert.equal(listed.at(-1)!.lead.at.row, 4999);
    assert.match(unlistedMessage(unlisted), /^4001 more events with findings, not listed here/);
  });
});

import assert from 'node:assert/strict';
import { RULE_IDS } from '../rules/registry.js';
import { defectOf } from './defects.js';
import { faultsOf, type Groupable } from './fault.js';
import type { Severity, Verdict } from './finding.js';

interface Told {
  readonly rule: string;
  readonly row: number;
  readonly message?: string;
  readonly verdict?: Verdict;
  readonly severity?: Severity;
  readonly causeRows?: readonly number[];
}

const MAPPED = 'page 0x4 of inode 268 became private while page 0x4 is mapped by the host';
const UNSAFE = "pages 0x4..0x5 of inode 268 became private although the kernel's own check found it unsafe";

describe('faults', () => {
  /** `G1@2139 G9@2139 | G1@3000`: the findings of each time that it was seen. */
  const check = (title: string, findings: readonly Told[], expected: readonly string[]): void => {
    it(title, () => {
      const all = findings.map(
        ({ rule, row, message = '', verdict = 'violation', severity = 1, causeRows = [] }): Groupable => ({
          id: `${rule}@${row}`,
          ...{ rule, row, message, verdict, severity, causeRows },
        }),
      );
      const faults = faultsOf(all, (one) => one);
      const shown = faults.map(({ sights }) =>
        sights.map((sight) => sight.findings.map(({ id }) => id).join(' ')).join(' | '),
      );
      assert.deepEqual(shown, expected);
      for (const { id, sights } of faults) assert.equal(id, sights[0]!.findings[0]!.id);
      const kept = faults.flatMap(({ sights }) => sights.flatMap((sight) => sight.findings));
      assert.equal(kept.length, all.filter(({ verdict }) => verdict !== 'undecidable').length);
    });
  };

  check('none', [], []);
  check(
    'two rules that say the same at one event are one',
    [
      { rule: 'G1', row: 9, message: MAPPED },
      { rule: 'G9', row: 9, message: MAPPED },
    ],
    ['G1@9 G9@9'],
  );
  check(
    'the same defect at four events is one, seen four times',
    [3, 5, 7, 9].map((row) => ({ rule: 'G3', row })),
    ['G3@3 | G3@5 | G3@7 | G3@9'],
  );
  check(
    'two defects at one event are two',
    [
      { rule: 'G3', row: 9 },
      { rule: 'G9', row: 9, message: 'pages 0x4..0x5 of inode 268 became private while page 0x4 is pinned' },
    ],
    ['G3@9', 'G9@9'],
  );
  check(
    'one omission that makes two defects of one event is one',
    [
      {
        rule: 'G6',
        row: 4,
        message: 'page 0x8 of inode 7 deleted while the SPTE of gfn 0x8 maps its pfn 0x1',
      },
      { rule: 'G6b', row: 4, severity: 2 },
      { rule: 'G6b', row: 6, severity: 2 },
    ],
    ['G6@4 G6b@4 | G6b@6'],
  );
  check(
    'but not where two events show them',
    [
      { rule: 'G2', row: 4 },
      { rule: 'G2b', row: 5 },
    ],
    ['G2@4', 'G2b@5'],
  );
  check(
    'an effect belongs to its cause',
    [
      { rule: 'G9', row: 4, message: UNSAFE },
      { rule: 'G9b', row: 6, severity: 2, causeRows: [4] },
      { rule: 'G9b', row: 9, severity: 2, causeRows: [8] },
    ],
    ['G9@4 G9b@6 | G9b@9'],
  );
  check(
    'a suspicion is not one with a violation, and what is undecided is no fault',
    [
      { rule: 'G9', row: 4, message: UNSAFE },
      { rule: 'G9', row: 5, message: UNSAFE, verdict: 'suspicious' },
      { rule: 'G9', row: 6, message: UNSAFE, verdict: 'undecidable' },
    ],
    ['G9@4', 'G9@5'],
  );
  check(
    'the worst leads at its event, whatever comes first',
    [
      { rule: 'G6b', row: 4, severity: 2 },
      {
        rule: 'G6',
        row: 4,
        message: 'page 0x8 of inode 7 deleted while the SPTE of gfn 0x8 maps its pfn 0x1',
      },
    ],
    ['G6@4 G6b@4'],
  );

  it('every rule has words for what it finds, short enough for a narrow side bar', () => {
    for (const rule of RULE_IDS) {
      const words = defectOf({ rule, verdict: 'violation', message: '' });
      assert.notEqual(words, 'rule broken', `${rule} has no words in defects.ts`);
      assert.ok(words.length <= 36, `${rule}: ${words}`);
    }
  });

  it('a hundred thousand findings take no square of time', () => {
    const many = Array.from({ length: 100_000 }, (_, row): Groupable => {
      const rule = row % 2 === 0 ? 'G1' : 'G9';
      return {
        id: `${rule}@${row}`,
        rule,
        row: row >> 1,
        message: MAPPED,
        verdict: 'violation',
        severity: 1,
        causeRows: [],
      };
    });
    assert.equal(faultsOf(many, (one) => one)[0]!.sights.length, 50_000);
  });
});

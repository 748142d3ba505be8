/**
 * Any text trace, mangled as people hand it on, gives what the original gives, on the mangled file's own
 * lines.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import fc from 'fast-check';
import type { EventTable } from '../../parsers/events/table.js';
import { NEVER_CANCELLED } from '../../parsers/base/cancel.js';
import { MemorySource } from '../../parsers/base/source.js';
import { readTrace } from '../../parsers/index.js';
import { looksPasted } from '../../parsers/paste/open.js';
import { PROFILES } from '../../model/findings/finding.js';
import { analyze } from '../../model/index.js';
import { filesBelow } from '../support/files.js';
import { mangle, mangling, quote, wrapAtBlanks, type Step } from '../support/mangle.js';
import { eventTexts } from '../support/tables.js';
import { isThorough, tries } from '../support/tries.js';

/** Manglings tried of each trace. */
const RUNS = tries('PASTES', 2, 100);
/** The same manglings every time: a rare failure in a run of somebody else's change helps nobody. */
const SEED = 20221;
/** Lines of each trace whose events are compared. */
const LINES = 300;
/** Manglings for which the verdicts of all lines are compared; each trace has its turn with one of them. */
const OF_VERDICTS: readonly (readonly Step[])[] = [[wrapAtBlanks(76)], [wrapAtBlanks(72, 2), quote('> ')]];

const CORPUS = filesBelow('sample-traces/labelled').filter((file) => file.endsWith('.txt'));
const textOf = (file: string): string => fs.readFileSync(file, 'utf8');
const read = (text: string): EventTable =>
  readTrace(new MemorySource(new TextEncoder().encode(text)), { cancel: NEVER_CANCELLED }).table;

/** Verdicts by row, in words. */
function verdictsOf(table: EventTable): string[] {
  const { findings, rules } = analyze(table, { profiles: PROFILES });
  return [
    ...findings.map((f) => `${f.verdict} ${f.rule}: ${f.message} ${f.evidence.map((e) => e.row).join(',')}`),
    ...rules.map((rule) => `${rule.id} ${rule.status} ${rule.checks}`),
  ];
}

const names = (steps: readonly Step[]): string => steps.map((step) => step.name).join(' + ');

describe('pasted traces', () => {
  it('are labelled ones, of every tree', () => assert.ok(CORPUS.length >= 15, `${CORPUS.length} files`));

  for (const [i, file] of CORPUS.entries()) {
    it(`has the events of ${file}, however it was handed on`, () => {
      const text = `${textOf(file).split('\n').slice(0, LINES).join('\n')}\n`;
      const expected = eventTexts(read(text));
      assert.ok(expected.length > 50);
      fc.assert(
        fc.property(mangling, (steps) => {
          assert.deepEqual(eventTexts(read(mangle(text, steps))), expected, names(steps));
        }),
        { numRuns: RUNS, seed: SEED },
      );
    });

    it(`has the verdicts of ${file}, wrapped and quoted`, () => {
      const text = textOf(file);
      const expected = verdictsOf(read(text));
      const tried = isThorough() ? OF_VERDICTS : [OF_VERDICTS[i % OF_VERDICTS.length]!];
      for (const steps of tried)
        assert.deepEqual(verdictsOf(read(mangle(text, steps))), expected, names(steps));
    });
  }

  it('stand on the lines on which their events begin', () => {
    const text = textOf('sample-traces/labelled/inplace/M2.p.txt');
    const mangled = mangle(text, [wrapAtBlanks(72, 2), quote('> ')]);
    const lines = mangled.split('\n');
    const table = read(mangled);
    assert.ok(table.length > 1000);
    for (let row = 0; row < table.length; row++) {
      const line = lines[table.line(row) - 1]!;
      assert.ok(
        line.includes(`${table.comm(row)}-${table.tid(row)}`),
        `row ${row}, line ${table.line(row)}: ${line}`,
      );
      assert.ok(row === 0 || table.line(row) > table.line(row - 1), `row ${row}`);
    }
  });

  it('are not seen in what a recorder printed', () => {
    const clean = filesBelow('sample-traces').filter(
      (file) =>
        /\.(?:txt|log)$/.test(file) && !/\.expect\.|\/broken\/|\/public\/|report-N-t|\/pastes\//.test(file),
    );
    assert.ok(clean.length > 100, `${clean.length} files`);
    assert.deepEqual(
      clean.filter((file) => looksPasted(fs.readFileSync(file).subarray(0, 1 << 16))),
      [],
    );
  });
});

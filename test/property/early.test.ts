/**
 * A trace that is judged while it is read: whatever it was looked at meanwhile, the whole of it is told as a
 * fresh run tells it. EARLY=n tries as many, SEED=n others.
 */
import assert from 'node:assert/strict';
import { Random } from '../fuzz/harness.js';
import { PROFILES } from '../../model/findings/finding.js';
import type { Analysis } from '../../model/analysis.js';
import { analyze } from '../../model/index.js';
import { NEVER_CANCELLED } from '../../parsers/base/cancel.js';
import { MemorySource } from '../../parsers/base/source.js';
import { withMarks, type EventTable } from '../../parsers/events/table.js';
import { readTrace } from '../../parsers/index.js';
import { EarlyJudging } from '../../shell/earlyJudging.js';
import { recordings, type Recording } from '../support/cuts.js';
import { firstRows, torn } from '../support/growth.js';
import { meaningText } from '../support/operations.js';
import { patience, tries } from '../support/tries.js';
import { loadZstd } from '../support/zstd.js';

const EARLY = tries('EARLY', 40, 4000);
const STRIDE = 7;
const SEED = Number(process.env['SEED'] ?? 20261201);
const OPTIONS = { profiles: PROFILES };
const LOOKS_MAX = 6;
/** Rows that wait for the next look, in half of the cases. */
const WAITING_MAX = 100;

/** All that is said of a trace, to the last operation. */
function told(table: EventTable, analysis: Analysis): string {
  const { ops, ...said } = analysis;
  const text = JSON.stringify(said, (_key, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  );
  return [text, String(ops.length), meaningText({ table, analysis })].join('\n');
}

/** The first rows as a reader has them: what it says of the whole recording may come in the end. */
function soFar(table: EventTable, rows: number, isEarlyMeta: boolean): EventTable {
  const first = firstRows(table, rows);
  const meta = { ...table.meta, t0: 0n, cpus: 0, resolution: 1 };
  return isEarlyMeta ? first : withMarks(first, { meta: structuredClone(meta) });
}

describe('a trace that is judged while it is read', function () {
  this.timeout(patience(60_000));
  let all: readonly Recording[];
  before(async () => {
    await loadZstd();
    all = recordings();
  });

  it(`${EARLY} times tells what a fresh run does, and is mostly judged on`, () => {
    const random = new Random(SEED);
    let judgedOn = 0;
    for (let i = 0; i < EARLY; i++) {
      const { name, bytes } = all[(i * STRIDE) % all.length]!;
      const { table } = readTrace(new MemorySource(torn(bytes, random)), { cancel: NEVER_CANCELLED });
      const looks = Array.from({ length: random.below(LOOKS_MAX) + 1 }, () => random.below(table.length));
      const early = new EarlyJudging(OPTIONS, {
        waiting: random.below(2) * random.below(WAITING_MAX),
        // Small recordings have many tasks for their rows.
        extentMax: Infinity,
      });
      for (const rows of [...new Set(looks)].sort((a, b) => a - b)) {
        if (rows === 0 || !early.wants(rows)) continue;
        const now = soFar(table, rows, random.below(2) === 0);
        early.rows(now, { goesOn: true, segments: now.segments, lastingRows: rows });
      }
      const isReworked = random.below(8) === 0;
      early.end({ goesOn: !isReworked, segments: table.segments, lastingRows: -1 });
      const analysis = early.analyze(table, OPTIONS);
      if (early.judgedFrom > 0) judgedOn++;
      const what = `${name}, looked at ${looks.join(', ')} of ${table.length} rows, SEED=${SEED}, try ${i}`;
      assert.equal(told(table, analysis), told(table, analyze(table, OPTIONS)), what);
    }
    if (process.env['SAY'] === '1') console.log(`${judgedOn} of ${EARLY} judged on`);
    assert.ok(judgedOn > EARLY / 3, `${judgedOn} of ${EARLY}`);
  });
});

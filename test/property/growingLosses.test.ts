/**
 * A recording of hours, of which events are lost now and then on one CPU or another: what a look costs is in
 * proportion to what came, and each tells what a fresh run tells. GROWN=n looks as often, SEED=n elsewhere.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { PROFILES } from '../../model/findings/finding.js';
import { analyze, GrowingAnalysis } from '../../model/index.js';
import { NEVER_CANCELLED } from '../../parsers/base/cancel.js';
import { MemorySource } from '../../parsers/base/source.js';
import type { LossMark } from '../../parsers/events/issues.js';
import { withMarks, type EventTable } from '../../parsers/events/table.js';
import { readTrace } from '../../parsers/index.js';
import { Random } from '../fuzz/harness.js';
import { bytesOf, SHIPPED } from '../labelled/labels.js';
import { firstRows } from '../support/growth.js';
import { oneAfterAnother } from '../support/joined.js';
import { patience, tries } from '../support/tries.js';
import { verdictText } from '../support/verdicts.js';

const SEED = Number(process.env['SEED'] ?? 20261201);
/** Their vCPUs fault on both CPUs, one of which is quiet for a while now and then. */
const RECORDINGS = ['inplace/M3.a.nofault.txt', 'inplace/M9.w.txt'];
/** So often the recording is followed by itself. */
const LIVES = 8;
const PAUSE_NS = 2e9;
const LOOKS = tries('GROWN', 30, 200);
/** Rows between two losses. */
const WHOLE_ROWS = 400;
/** Rows judged for each that came: one look of twenty may judge all. */
const JUDGED_MAX = 1 + LOOKS / 20;

/** The recording again and again, and losses on CPUs that were quiet for a while, or not. */
function lossy(file: string, random: Random): EventTable {
  const { table } = readTrace(new MemorySource(bytesOf(join(SHIPPED, file))), { cancel: NEVER_CANCELLED });
  const span = table.ts(table.length - 1) - table.ts(0) + PAUSE_NS;
  const whole = oneAfterAnother(Array.from({ length: LIVES }, (_, i) => ({ table, shift: i * span })));
  const losses: LossMark[] = [];
  for (let i = Math.floor(whole.length / WHOLE_ROWS); i > 0; i--) {
    const row = 1 + random.below(whole.length - 1);
    const cpu = whole.cpu(random.below(whole.length));
    losses.push({ row, cpu, count: 3, fromStart: false, offset: whole.at(row), line: whole.line(row) });
  }
  return withMarks(whole, { losses: losses.sort((a, b) => a.row - b.row) });
}

describe('a recording of which events are lost now and then', function () {
  this.timeout(patience(60_000));

  for (const file of RECORDINGS)
    it(`${file} is judged in proportion to what came, and tells what a fresh run does`, () => {
      const table = lossy(file, new Random(SEED));
      const judging = new GrowingAnalysis();
      let judged = 0;
      for (let look = 1; look <= LOOKS; look++) {
        const now = firstRows(table, Math.floor((table.length * look) / LOOKS));
        const growth = { goesOn: look > 1, segments: now.segments, lastingRows: now.length };
        const told = verdictText(now, judging.analyze(now, growth, { profiles: PROFILES }));
        assert.equal(
          told,
          verdictText(now, analyze(now, { profiles: PROFILES })),
          `look ${look}, SEED=${SEED}`,
        );
        judged += now.length - judging.from.row;
      }
      if (process.env['SAY'] === '1') console.log(file, judged / table.length);
      assert.ok(judged < JUDGED_MAX * table.length, `${judged} rows judged of ${table.length}`);
    });
});

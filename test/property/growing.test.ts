/**
 * A text that grows, looked at now and then: each look tells what a fresh run over the same bytes tells, to
 * the last field. GROWN=n grows as often, SEED=n elsewhere.
 */
import assert from 'node:assert/strict';
import { Random } from '../fuzz/harness.js';
import { PROFILES } from '../../model/findings/finding.js';
import { renderJson } from '../../model/findings/json.js';
import { analyze, RULES } from '../../model/index.js';
import { NEVER_CANCELLED } from '../../parsers/base/cancel.js';
import { MemorySource } from '../../parsers/base/source.js';
import { Growing, readTrace, type OpenTrace } from '../../parsers/index.js';
import { recordings, type Recording } from '../support/cuts.js';
import { ChangingFile, lengthsOf, torn } from '../support/growth.js';
import { tableText } from '../support/tables.js';
import { patience, tries } from '../support/tries.js';
import { loadZstd } from '../support/zstd.js';

const SLOW_MS = patience(120_000);
const GROWN = tries('GROWN', 16, 20_000);
const SEED = Number(process.env['SEED'] ?? 20261130);

/** All that is said of a trace. */
function told({ table }: OpenTrace): string {
  const analysis = analyze(table, { profiles: PROFILES });
  const json = [...renderJson([{ path: 'growing.txt', table, analysis, rules: RULES }])].join('');
  return `${tableText(table)}\n${JSON.stringify(table.unread)}\n${json}`;
}

describe('a text that grows', function () {
  this.timeout(SLOW_MS);
  let all: readonly Recording[];
  before(async () => {
    await loadZstd();
    all = recordings();
  });

  it(`${GROWN} times tells what a fresh run does at each look, and seldom reads all of it again`, () => {
    const random = new Random(SEED);
    let looks = 0;
    let wholes = 0;
    for (let i = 0; i < GROWN; i++) {
      const { name, bytes } = all[i % all.length]!;
      const text = torn(bytes, random);
      const file = new ChangingFile();
      const grown = new Growing();
      for (const length of lengthsOf(text, random)) {
        file.bytes = text.slice(0, length);
        const what = `${name}, ${length} of ${text.length} bytes, SEED=${SEED}, try ${i}`;
        const open = readTrace(file.source(), { cancel: NEVER_CANCELLED, grown });
        const fresh = readTrace(new MemorySource(file.bytes), { cancel: NEVER_CANCELLED });
        assert.equal(told(open), told(fresh), what);
        looks++;
        if (grown.from.offset === 0) wholes++;
      }
    }
    assert.ok(wholes <= GROWN + looks / 20, `${wholes} of ${looks} looks read all`);
  });
});

/** Any split of the input into chunks gives the same verdicts, and judging twice gives the same result. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { analyze } from '../../model/index.js';
import { FtraceTextReader } from '../../parsers/ftrace/reader.js';
import { digest, judgeText, type Judged } from './judge.js';
import { samplesIn, type Sample } from './samples.js';

const RUNS_PER_SAMPLE = 8;
const SLOW_MS = 120_000;
const SEED = Number(process.env['SEED'] ?? 20261122);

function judgeInChunks(bytes: Uint8Array, sizes: readonly number[], sample: Sample): Judged {
  const reader = new FtraceTextReader();
  let offset = 0;
  for (let i = 0; offset < bytes.length; i++) {
    const size = sizes[i % sizes.length]!;
    reader.push(bytes.slice(offset, offset + size));
    offset += size;
  }
  const table = reader.finish();
  return { table, analysis: analyze(table, { profiles: sample.expect.profiles }) };
}

describe('any chunking gives the same verdicts', function () {
  this.timeout(SLOW_MS);
  const sizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 8, max: 5000 })), {
    minLength: 1,
    maxLength: 6,
  });
  for (const sample of samplesIn('scenarios')) {
    it(sample.name, () => {
      const bytes = new TextEncoder().encode(sample.text);
      const whole = digest(judgeText(sample.text, sample.expect.profiles));
      assert.equal(digest(judgeText(sample.text, sample.expect.profiles)), whole, 'judged twice');
      const property = fc.property(sizes, (split) => {
        assert.equal(digest(judgeInChunks(bytes, split, sample)), whole);
      });
      fc.assert(property, { seed: SEED, numRuns: RUNS_PER_SAMPLE });
    });
  }
});

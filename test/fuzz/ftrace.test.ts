/** Fuzzes the ftrace text reader. SEED=n starts elsewhere, FUZZ=n runs longer. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { readFtrace } from '../support/tables.js';
import { fuzzText } from './harness.js';
import { patience, tries } from '../support/tries.js';

const FOLDER = 'sample-traces/ftrace/7.2.13';
const SEED = Number(process.env['SEED'] ?? 1);
const COUNT = tries('FUZZ', 300, 5000);
const texts = fs
  .readdirSync(FOLDER)
  .filter((name) => name.endsWith('.txt') && !name.endsWith('.expect.txt'))
  .sort()
  .map((name) => new Uint8Array(fs.readFileSync(path.join(FOLDER, name))));

describe('fuzzing ftrace text', function () {
  this.timeout(patience(120_000));

  it(`finds nothing in ${COUNT} damaged texts from seed ${SEED} on`, () => {
    const failure = fuzzText(readFtrace, texts, SEED, COUNT);
    assert.equal(failure, undefined, failure && `SEED=${failure.seed} FUZZ=1: ${String(failure.error)}`);
  });

  describe('canary: the harness finds', () => {
    it('a reader that throws on some content', () => {
      const failure = fuzzText(
        (bytes, chunk) => {
          assert.ok(!bytes.includes(0xff), 'cannot take this byte');
          return readFtrace(bytes, chunk);
        },
        texts,
        SEED,
        COUNT,
      );
      assert.ok(failure);
    });
    it('a reader that forgets what crosses a seam', () => {
      const failure = fuzzText(
        (bytes, chunk) =>
          chunk < bytes.length
            ? readFtrace(bytes.subarray(0, bytes.length - (bytes.length % chunk)), chunk)
            : readFtrace(bytes),
        texts,
        SEED,
        COUNT,
      );
      assert.ok(failure);
    });
    it('a reader that invents a row', () => {
      const failure = fuzzText(
        (bytes, chunk) => {
          const table = readFtrace(bytes, chunk);
          if (table.length > 1) table.segments[0]!.at[1] = table.segments[0]!.at[0]!;
          return table;
        },
        texts,
        SEED,
        COUNT,
      );
      assert.ok(failure);
    });
  });
});

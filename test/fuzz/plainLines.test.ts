/**
 * The kernel of plain lines against the reader that it takes them for: whatever a text is like, the tables
 * are the same. SEED=n starts elsewhere, PLAIN=n runs longer.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import type { EventTable } from '../../parsers/events/table.js';
import { SEGMENT_ROWS } from '../../parsers/events/segment.js';
import { kernelOf } from '../../shell/lineKernel.js';
import { builtKernel, difference, nearlyPlain, readIn } from '../support/plainLines.js';
import { patience, tries } from '../support/tries.js';
import { Random, damaged } from './harness.js';

const SEED = Number(process.env['SEED'] ?? 1);
const COUNT = tries('PLAIN', 100, 30_000);
const FOLDERS = ['sample-traces/ftrace/7.2.13', 'sample-traces/scenarios', 'sample-traces/stock'];
const MORE = ['sample-traces/labelled/inplace/M2.p.txt'];
const BYTES_MAX = 200_000;

const files = [
  ...FOLDERS.flatMap((folder) => fs.readdirSync(folder).map((name) => `${folder}/${name}`)),
  ...MORE,
]
  .filter((file) => file.endsWith('.txt') && !file.endsWith('.expect.txt'))
  .filter((file) => fs.statSync(file).size < BYTES_MAX);
const samples = files.map((file) => fs.readFileSync(file));
const texts = samples.map((bytes) => bytes.toString('utf8'));

/** The first input on which the two differ, and how; undefined where they never do. */
function hunt(make: (random: Random) => Uint8Array, change: (table: EventTable) => void): string | undefined {
  const kernel = builtKernel();
  for (let seed = SEED; seed < SEED + COUNT; seed++) {
    const random = new Random(seed);
    const bytes = make(random);
    const chunk = random.next() < 0.5 ? (): number => bytes.length : (): number => 1 + random.below(3000);
    const { table } = readIn(bytes, chunk, kernel);
    change(table);
    const what = difference(readIn(bytes, () => bytes.length).table, table);
    if (what !== '') return `SEED=${seed} PLAIN=1: ${what}`;
  }
  return undefined;
}

const asItIs = (): void => undefined;

describe('plain lines by the kernel', function () {
  this.timeout(patience(60_000));

  it('are rows that the reader would have made, of every sample', () => {
    const kernel = builtKernel();
    let [lines, rows] = [0, 0];
    samples.forEach((bytes, i) => {
      const { table } = readIn(bytes, () => bytes.length);
      const byKernel = readIn(bytes, () => bytes.length, kernel);
      assert.equal(difference(table, byKernel.table), '', files[i]);
      lines += byKernel.lines;
      rows += table.length;
    });
    // Samples are short, and of every layout.
    assert.ok(lines > rows / 4 && rows > 5000, `${lines} of ${rows} rows`);
  });

  it('are nearly all lines of a recording that is longer than a segment', () => {
    const text = fs.readFileSync('sample-traces/labelled/inplace/M2.p.txt', 'latin1');
    const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    const run = (i: number): string =>
      lines
        .map((line) => line.replace(/ (\d+)(\.\d{6}: )/, (_, s, us) => ` ${Number(s) + 10 * i}${us}`))
        .join('\n');
    const count = Math.ceil((1.2 * SEGMENT_ROWS) / lines.length);
    const bytes = Buffer.from(`${Array.from({ length: count }, (_, i) => run(i)).join('\n')}\n`, 'latin1');
    const { table } = readIn(bytes, () => bytes.length);
    const byKernel = readIn(bytes, () => 1 << 20, builtKernel());
    assert.equal(difference(table, byKernel.table), '');
    assert.ok(table.segments.length > 1 && byKernel.lines > 0.85 * table.length, `${byKernel.lines} lines`);
  });

  it(`differ in none of ${COUNT} texts that are nearly plain, from seed ${SEED} on`, () => {
    assert.equal(
      hunt((random) => nearlyPlain(texts, random), asItIs),
      undefined,
    );
  });

  it(`differ in none of ${COUNT} damaged texts`, () => {
    assert.equal(
      hunt((random) => damaged(samples, random), asItIs),
      undefined,
    );
  });

  it('are the reader’s where the host has no vectors', () => {
    assert.equal(kernelOf(Uint8Array.of(0, 0x61, 0x73, 0x6d, 2, 0, 0, 0)), undefined);
  });

  describe('canary: it is found', () => {
    const change = (edit: (segment: EventTable['segments'][number], row: number) => void) =>
      hunt(
        (random) => nearlyPlain(texts, random),
        (table) => {
          const last = table.segments.at(-1)!;
          if (last.length > 0) edit(last, last.length - 1);
        },
      );
    it('that a number is another one', () => {
      const found = change(({ payload, pool }, row) => {
        if (payload[row]! > 0) pool[payload[row]! + 1]! ^= 1;
      });
      assert.match(found ?? '', /row/);
    });
    it('that a task has another name, and that a time is another one', () => {
      assert.match(change(({ comm }, row) => (comm[row] = 0)) ?? '', /commId/);
      assert.match(change(({ ts }, row) => ts[row]!++) ?? '', /ts/);
    });
  });
});

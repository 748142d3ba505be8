import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { TraceCache, type CacheSettings } from '../../shell/cache/traceCache.node.js';
import type { ByteSource } from '../../parsers/base/source.js';
import type { Report } from '../protocol/report.js';
import { type AskedWorker, SAMPLE, workerOn } from '../test/askWorker.js';
import { openSpool } from '../../shell/spool.node.js';
import { nodeCodecs } from '../../shell/codecs.node.js';
import { keptTraces } from './keptTraces.node.js';

const TRACES = [
  SAMPLE,
  'sample-traces/perf/7.2.13/M2.p.perf.data',
  'sample-traces/perf/7.2.13/conv_small.zstd.perf.data',
  'sample-traces/tracecmd/conv_small.v7-stack.dat',
  'sample-traces/scenarios/20-pin-with-loss.txt',
  'sample-traces/compressed/M2.p.txt.zst',
  'sample-traces/compressed/M2.p.txt.xz',
  'sample-traces/compressed/M2.p.txt.gz',
];

const sumOf = (source: ByteSource): string =>
  createHash('sha256').update(source.read(0, source.size)).digest('hex');

describe('a trace that a worker takes from what is kept', () => {
  let folder = '';
  let settings: CacheSettings;
  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'shimtrace-'));
    settings = { folder: path.join(folder, 'kept'), build: 'one', leastBytes: 0, youngMs: -1000 };
  });
  afterEach(() => fs.rmSync(folder, { recursive: true }));

  const worker = async (file: string, sum = sumOf, spools = true): Promise<AskedWorker> =>
    workerOn(file, {
      kept: keptTraces(new TraceCache(settings), file, await nodeCodecs()),
      ...(spools && { spool: () => openSpool(settings.folder, 0, 0) }),
      digest: sum,
      *digestInSteps(source) {
        yield;
        return sum(source);
      },
    });
  const entries = (): readonly string[] =>
    fs.existsSync(settings.folder)
      ? fs.readdirSync(settings.folder).filter((name) => name.endsWith('.kept'))
      : [];

  /** The entry of a trace, which a worker has kept behind its answer. */
  async function keep(file: string): Promise<string> {
    const first = await worker(file);
    assert.equal(first.ask('kept', {}), null);
    first.ask('check', {});
    return until(() => entries()[0]);
  }

  async function until<T>(is: () => T | undefined | false): Promise<T> {
    for (let i = 0; i < 2000; i++) {
      const found = is();
      if (found !== undefined && found !== false) return found;
      await new Promise((done) => setTimeout(done, 2));
    }
    throw new Error('it never came');
  }

  /** What is asked of it while somebody looks at a trace, as one text. */
  function answers(of: AskedWorker, report: Report): string {
    const line = report.findings[0]?.at.line ?? 1;
    const told = [
      { ...report, tookMs: 0 },
      of.ask('lists', {}),
      of.ask('eventAtLine', { line }),
      of.ask('life', { line }),
      of.ask('hints', { fromLine: line - 5, toLine: line + 5 }),
      of.ask('origin', { line }),
      of.ask('listing', { first: 1, last: 20 }),
      of.ask('faultGroups', {}),
      of.ask('conversionGroups', {}),
      of.ask('conversions', {}),
      of.ask('stacks', {}),
      of.ask('recipe', {}),
      report.findings.map(({ id }) => of.ask('explain', { finding: id })),
    ];
    return JSON.stringify(told);
  }

  for (const file of TRACES)
    it(`answers as if it had read ${path.basename(file)}`, async () => {
      const fresh = await workerOn(file, { digest: sumOf });
      const wanted = answers(fresh, fresh.ask('check', {}));
      await keep(file);
      const second = await worker(file);
      assert.equal(answers(second, second.ask('kept', {})!), wanted);
      // By other profiles, and by the same ones once more: its rows are all there.
      assert.deepEqual(
        second.ask('check', { profiles: ['luto-2022'] }).rules,
        fresh.ask('check', { profiles: ['luto-2022'] }).rules,
      );
      assert.equal(answers(second, second.ask('check', {})), wanted);
      assert.ok(!second.isStale);
    });

  it('reads what is damaged in it, part by part', async () => {
    const fresh = await workerOn(SAMPLE, { digest: sumOf });
    const wanted = answers(fresh, fresh.ask('check', {}));
    const entry = await keep(SAMPLE);
    const file = path.join(settings.folder, entry);
    const whole = fs.readFileSync(file);
    let taken = 0;
    for (let at = 16; at < whole.length; at += Math.floor(whole.length / 9)) {
      const damaged = Buffer.from(whole);
      damaged[at]! ^= 0x55;
      fs.writeFileSync(file, damaged);
      const second = await worker(SAMPLE);
      const report = second.ask('kept', {});
      if (report) taken++;
      assert.equal(answers(second, report ?? second.ask('check', {})), wanted, `byte ${at}`);
    }
    assert.ok(taken > 2, `${taken} taken`);
  });

  it('says so where the file turns out to be another one, and keeps it no longer', async () => {
    await keep(SAMPLE);
    const second = await worker(SAMPLE, () => 'another');
    assert.ok(second.ask('kept', {}));
    await until(() => second.isStale);
    assert.deepEqual(entries(), []);
  });

  it('is not taken with other options, and not kept of a compressed text that can be put nowhere', async () => {
    await keep(SAMPLE);
    assert.equal((await worker(SAMPLE)).ask('kept', { skewNs: 7 }), null);
    const packed = await worker('sample-traces/compressed/M2.p.txt.zst', sumOf, false);
    assert.equal(packed.ask('kept', {}), null);
    packed.ask('check', {});
    await new Promise((done) => setTimeout(done, 50));
    assert.equal(entries().length, 1);
  });
});

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { TraceCache, type CacheSettings } from '../../shell/cache/traceCache.node.js';
import type { ByteSource } from '../../parsers/base/source.js';
import type { Report } from '../protocol/report.js';
import { type AskedWorker, SAMPLE, workerOn, workerOnRun } from '../test/askWorker.js';
import { openSpool } from '../../shell/spool.node.js';
import { nodeCodecs } from '../../shell/codecs.node.js';
import { spotsIn } from '../protocol/place.js';
import { rewritten } from '../../test/support/packs.js';
import type { WorkerTools } from './judged.js';
import { FileSource } from './fileSource.node.js';
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
  'sample-traces/pastes/P01-thp-crosses-private-wrapped.txt',
  'sample-traces/pastes/P08-double-bind-mail-qp.eml',
];
const RUNS: readonly { readonly files: readonly string[]; readonly offsetNs?: bigint }[] = [
  { files: ['sample-traces/session/host.dat', 'sample-traces/session/guest.dat'] },
  {
    files: ['sample-traces/perf/7.2.13/conv_small.zstd.perf.data', 'sample-traces/compressed/M2.p.txt.zst'],
    offsetNs: 0n,
  },
  // Nothing says how their clocks stand to each other.
  { files: ['sample-traces/perf/7.2.13/M2.p.perf.data', SAMPLE] },
  { files: ['sample-traces/compressed/M2.p.txt.zst'] },
  { files: [TRACES[3]!, 'sample-traces/pastes/P01-thp-crosses-private-wrapped.txt'], offsetNs: 0n },
];

/** Parts of an entry by which texts, files and conversions are found. */
const OF_TEXTS =
  /^(texts|lines|content|order|run|run\.rows|note|conversions|requests|places\.\d+|file\.\d\..*)$/;

const sumOf = (source: ByteSource): string =>
  createHash('sha256').update(source.read(0, source.size)).digest('hex');

describe('a trace that a worker takes from what is kept', () => {
  let folder = '';
  let settings: CacheSettings;
  /** How often a trace was read although it was kept. */
  let readAgain = 0;
  beforeEach(() => {
    readAgain = 0;
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'shimtrace-'));
    settings = { folder: path.join(folder, 'kept'), build: 'one', leastBytes: 0, youngMs: -1000 };
  });
  afterEach(() => fs.rmSync(folder, { recursive: true }));

  async function tools(files: readonly string[], sum = sumOf, spools = true): Promise<Partial<WorkerTools>> {
    const kept = keptTraces(new TraceCache(settings), files, await nodeCodecs());
    return {
      kept: {
        ...kept,
        find: (sources, asked, reread, digests) => {
          const counted: typeof reread = () => {
            readAgain++;
            return reread();
          };
          return kept.find(sources, asked, counted, digests);
        },
      },
      ...(spools && { spool: () => openSpool(settings.folder, 0, 0) }),
      digest: sum,
      *digestInSteps(source) {
        yield;
        return sum(source);
      },
    };
  }
  const worker = async (file: string, sum = sumOf, spools = true): Promise<AskedWorker> =>
    workerOn(file, await tools([file], sum, spools));
  const entries = (): readonly string[] =>
    fs.existsSync(settings.folder)
      ? fs.readdirSync(settings.folder).filter((name) => name.endsWith('.kept'))
      : [];

  /** The entry of a trace, which a worker has kept behind its answer. */
  async function keep(file: string): Promise<string> {
    return keepIn(await worker(file));
  }

  async function keepIn(first: AskedWorker): Promise<string> {
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
    const at = report.findings[0]?.at;
    const line = at?.line ?? 1;
    const places = [
      { line, ...(at?.file !== undefined && { file: at.file }) },
      ...(report.files ?? []).flatMap(({ uri, lines }) =>
        [1, 2, lines >> 1].map((l) => ({ line: l, file: uri })),
      ),
    ];
    const told = [
      { ...report, tookMs: 0 },
      of.ask('lists', {}),
      of.ask('hints', { fromLine: line - 5, toLine: line + 5 }),
      places.map((place) => [of.ask('eventAtLine', place), of.ask('life', place), of.ask('origin', place)]),
      of.ask('window', { line, lines: 20 }),
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
      assert.equal(readAgain, 0);
      // By other profiles, and by the same ones once more: its rows are all there.
      assert.deepEqual(
        second.ask('check', { profiles: ['luto-2022'] }).rules,
        fresh.ask('check', { profiles: ['luto-2022'] }).rules,
      );
      assert.equal(answers(second, second.ask('check', {})), wanted);
      assert.ok(!second.isStale);
    });

  const namesOf = (files: readonly string[]): string =>
    files.map((file) => path.basename(file)).join(' and ');
  for (const { files, ...more } of RUNS)
    it(`answers as if it had read ${namesOf(files)} as one run`, async () => {
      const on = async (): Promise<AskedWorker> => workerOnRun(files, { ...(await tools(files)), ...more });
      const fresh = await workerOnRun(files, { digest: sumOf, ...more });
      const wanted = answers(fresh, fresh.ask('check', {}));
      await keepIn(await on());
      const second = await on();
      assert.equal(answers(second, second.ask('kept', {})!), wanted);
      assert.equal(readAgain, 0);
      assert.equal(answers(second, second.ask('check', {})), wanted);
      await new Promise((done) => setTimeout(done, 30));
      assert.ok(!second.isStale);
      assert.equal(
        (await workerOnRun(files, { ...(await tools(files)), offsetNs: 5n })).ask('kept', {}),
        null,
      );
    });

  it('answers as if it had read a binary trace that is compressed', async () => {
    const file = path.join(folder, 'trace.dat.gz');
    fs.writeFileSync(file, gzipSync(fs.readFileSync('sample-traces/tracecmd/conv_small.v7-stack.dat')));
    const fresh = await workerOn(file, { digest: sumOf });
    const wanted = answers(fresh, fresh.ask('check', {}));
    await keep(file);
    const second = await worker(file);
    assert.equal(answers(second, second.ask('kept', {})!), wanted);
  });

  it('is not kept where it has no events, and is beside a file that has none', async () => {
    const [empty, other] = ['empty.txt', 'other.txt'].map((name) => path.join(folder, name)) as [
      string,
      string,
    ];
    fs.writeFileSync(empty, '# tracer: nop\n#\n# entries-in-buffer/entries-written: 0/0   #P:4\n#\n');
    fs.copyFileSync(SAMPLE, other);
    const steps: (() => void)[] = [];
    const later = { later: (next: () => void) => void steps.push(next) };
    for (const files of [[empty], [empty, empty], [other, empty]]) {
      const first = files[1]
        ? await workerOnRun(files, { ...(await tools(files)), ...later, offsetNs: 0n })
        : await workerOn(files[0]!, { ...(await tools(files)), ...later });
      assert.equal(first.ask('kept', {}), null);
      assert.equal(first.ask('check', {}).findings.length > 0, files[0] === other);
      for (let next = steps.shift(); next; next = steps.shift()) next();
      assert.equal(entries().length, files[0] === other ? 1 : 0);
    }
  });

  const DAMAGED: readonly {
    readonly name: string;
    readonly files: readonly string[];
    readonly isRun?: true;
  }[] = [
    { name: 'it', files: [SAMPLE] },
    { name: 'that of a paste', files: ['sample-traces/pastes/P01-thp-crosses-private-wrapped.txt'] },
    { name: 'that of a run', files: RUNS[0]!.files, isRun: true },
  ];
  for (const { name, files, isRun } of DAMAGED)
    it(`reads what is damaged in ${name}, part by part`, async () => {
      const on = async (): Promise<AskedWorker> =>
        isRun ? workerOnRun(files, await tools(files)) : worker(files[0]!);
      const fresh = isRun
        ? await workerOnRun(files, { digest: sumOf })
        : await workerOn(files[0]!, { digest: sumOf });
      const wanted = answers(fresh, fresh.ask('check', {}));
      const file = path.join(settings.folder, await keepIn(await on()));
      const whole = fs.readFileSync(file);
      let taken = 0;
      for (let at = 16; at < whole.length; at += Math.floor(whole.length / 9)) {
        const damaged = Buffer.from(whole);
        damaged[at]! ^= 0x55;
        fs.writeFileSync(file, damaged);
        const second = await on();
        const report = second.ask('kept', {});
        if (report) taken++;
        assert.equal(answers(second, report ?? second.ask('check', {})), wanted, `byte ${at}`);
      }
      assert.ok(taken > 2, `${taken} taken`);
    });

  it('is told of or read again, whatever somebody writes into it with the right checksums', async () => {
    let taken = 0;
    for (const { files, isRun } of DAMAGED.slice(1)) {
      const on = async (): Promise<AskedWorker> =>
        isRun ? workerOnRun(files, await tools(files)) : worker(files[0]!);
      const file = path.join(settings.folder, await keepIn(await on()));
      const whole = new Uint8Array(fs.readFileSync(file));
      const changed: string[] = [];
      rewritten(whole, (name, part) => {
        if (OF_TEXTS.test(name)) changed.push(name);
        return part;
      });
      assert.ok(changed.length > 5, changed.join());
      for (const name of changed)
        for (const [i, wrong] of [0xff, 0x39, 0].entries()) {
          const spoilt = (part: Uint8Array): Uint8Array => {
            // One number of a text, or a third of a column.
            const digit = part.findIndex((byte, k) => k > i * 20 && byte >= 0x30 && byte < 0x39);
            const isText = part[0] === 0x5b || part[0] === 0x7b;
            return isText
              ? part.fill(0x39, digit, digit + 1)
              : part.fill(wrong, 0, Math.ceil(part.length / 3));
          };
          fs.writeFileSync(
            file,
            rewritten(whole, (of, part) => (of === name ? spoilt(part) : part)),
          );
          const second = await on();
          const report = second.ask('kept', {});
          if (report) taken++;
          const told = report ?? second.ask('check', {});
          for (const place of told.files ?? [{ uri: undefined, lines: told.lines }])
            for (const line of [1, 2, place.lines >> 1]) {
              const at = { line, ...(place.uri !== undefined && { file: place.uri }) };
              for (const asked of ['eventAtLine', 'life', 'origin'] as const) second.ask(asked, at);
            }
          second.ask('listing', { first: 1, last: 9 });
        }
      fs.rmSync(file, { force: true });
    }
    assert.ok(taken > 10, `${taken} were taken`);
  });

  it('says so where the file turns out to be another one, and keeps it no longer', async () => {
    await keep(SAMPLE);
    const second = await worker(SAMPLE, () => 'another');
    assert.ok(second.ask('kept', {}));
    await until(() => second.isStale);
    assert.deepEqual(entries(), []);
  });

  it('is taken of a copy, and of a file that was only touched, by its digest', async () => {
    const file = path.join(folder, 'trace.txt');
    fs.copyFileSync(SAMPLE, file);
    await keep(file);
    const [entry] = entries();
    fs.utimesSync(file, 1, 1);
    const touched = await worker(file);
    const report = touched.ask('kept', {})!;
    const fresh = await workerOn(SAMPLE, { digest: sumOf });
    assert.equal(answers(touched, report), answers(fresh, fresh.ask('check', {})));
    const copy = path.join(folder, 'copy.txt');
    fs.copyFileSync(file, copy);
    assert.ok((await worker(copy)).ask('kept', {}));
    assert.equal((await worker(copy)).ask('digest', {}), '', 'the editor keeps no report besides');
    assert.deepEqual(entries(), [entry]);
    // The blocks by which it is known stay as they are.
    const keyOf = (of: string): string | undefined =>
      new TraceCache(settings).sight({ name: '', files: [of], asked: '' })?.key;
    const bytes = fs.readFileSync(file);
    let at = 0;
    do {
      at += 997;
      fs.writeFileSync(copy, bytes.fill(bytes[at]! ^ 1, at, at + 1));
      if (keyOf(copy) !== keyOf(file)) bytes[at]! ^= 1;
    } while (keyOf(copy) !== keyOf(file));
    assert.equal((await worker(copy)).ask('kept', {}), null);
  });

  it('is kept of a file whose times prove nothing, where it has one digest before and after', async () => {
    settings = { ...settings, youngMs: 60_000 };
    const file = path.join(folder, 'trace.txt');
    fs.copyFileSync(SAMPLE, file);
    let made = 0;
    const changing = (): string => `${made++}`;
    const first = await worker(file, changing);
    assert.equal(first.ask('kept', {}), null);
    first.ask('check', {});
    await new Promise((done) => setTimeout(done, 100));
    assert.deepEqual(entries(), []);
    await keep(file);
    const [entry] = entries();
    assert.ok((await worker(file)).ask('kept', {}));
    // Once its times could prove something, those of then still do not.
    settings = { ...settings, youngMs: -1000 };
    assert.equal((await worker(file, () => 'another')).ask('kept', {}), null);
    assert.ok(entry !== undefined && !entries().includes(entry));
  });

  it('says so where its files are no longer one run', async () => {
    const files = ['host.dat', 'guest.dat'].map((name) => path.join(folder, name));
    for (const file of files) fs.copyFileSync(`sample-traces/session/${path.basename(file)}`, file);
    const run = files.map((file) => ({
      uri: `file://${file}`,
      path: file,
      name: path.basename(file),
      role: undefined,
      offsetNs: undefined,
      traceEvents: undefined,
      beside: undefined,
      open: () => new FileSource(file),
    }));
    const on = async (): Promise<AskedWorker> => workerOnRun(files, { ...(await tools(files)), run });
    const entry = path.join(settings.folder, await keepIn(await on()));
    const isRead = (of: string, part: Uint8Array): Uint8Array =>
      of === 'file.1.texts' ? Buffer.from(Buffer.from(part).toString().replace('records', 'reading')) : part;
    fs.writeFileSync(entry, rewritten(new Uint8Array(fs.readFileSync(entry)), isRead));
    const second = await on();
    const report = second.ask('kept', {})!;
    const { uri } = report.files![1]!;
    // It is written while it is open.
    fs.writeFileSync(files[1]!, fs.readFileSync(files[0]!));
    assert.throws(
      () => second.ask('eventAtLine', { line: 1, file: uri }),
      /io: The files have changed since they were judged/,
    );
    await until(() => second.isStale);
    assert.deepEqual(entries(), []);
  });

  it('is not taken with other options', async () => {
    await keep(SAMPLE);
    assert.equal((await worker(SAMPLE)).ask('kept', { skewNs: 7 }), null);
  });

  it('tells lives without a look at the text', async () => {
    const file = 'sample-traces/compressed/M2.p.txt.zst';
    await keep(file);
    const codecs = await nodeCodecs();
    let decompressed = 0;
    const zstd = (pieces: Iterable<Uint8Array>): Iterable<Uint8Array> => {
      decompressed++;
      return codecs.decompress!.zstd!(pieces);
    };
    const counted = { ...codecs, decompress: { ...codecs.decompress, zstd } };
    const fresh = await workerOn(file, { digest: sumOf });
    const kept = keptTraces(new TraceCache(settings), [file], counted);
    const second = await workerOn(file, { ...(await tools([file])), kept });
    const report = second.ask('kept', {})!;
    decompressed = 0;
    let spots = 0;
    for (let line = 300; line < report.lines; line += 40) {
      const life = spotsIn(second.ask('life', { line }));
      assert.deepEqual(life, spotsIn(fresh.ask('life', { line })));
      spots += life.length;
    }
    assert.ok(spots > 50, `${spots} spots`);
    assert.equal(decompressed, 0);
  });

  it('is kept of a compressed text that can be put nowhere', async () => {
    const file = 'sample-traces/compressed/M2.p.txt.zst';
    const fresh = await workerOn(file, { digest: sumOf });
    const wanted = answers(fresh, fresh.ask('check', {}));
    await keepIn(await worker(file, sumOf, false));
    const second = await worker(file, sumOf, false);
    assert.equal(answers(second, second.ask('kept', {})!), wanted);
  });
});

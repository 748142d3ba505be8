import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { withIssue } from '../parsers/events/table.js';
import { filesBelow } from '../test/support/files.js';
import { TraceCache, type CacheSettings } from '../shell/cache/traceCache.node.js';
import { prepareCodecs } from './codecs.js';
import { counting, goingOn, type Output } from './output.js';
import { dapHost } from './dap.js';
import { judgedRun, openGroup, type BundleFile } from './bundle.js';
import { keepReport, keptReports, sightOf } from './keptReport.js';
import type { LoadedTrace } from './load.js';
import { run } from './run.js';
import { withoutSuppressed } from './suppressions.js';

const PINNED = 'sample-traces/scenarios/05-stored-while-pinned.txt';
const SILENT: Output = { out: () => undefined, err: () => undefined, progress: () => undefined };
const JUDGED = { profiles: undefined, clock: undefined, skewNs: undefined };

const groupOf = (...paths: readonly string[]): readonly BundleFile[] =>
  paths.map((name) => ({ path: name, role: undefined, offsetNs: undefined, traceEvents: undefined }));

/** Files that this process holds open, where the system says it. */
function openFiles(): number {
  return fs.existsSync('/proc/self/fd') ? fs.readdirSync('/proc/self/fd').length : 0;
}

describe('reports of traces that were read before', () => {
  it('are what a fresh check prints of every sample, by the command line', async function () {
    this.timeout(3_600_000);
    const all = filesBelow('sample-traces').filter((file) => !/\.(json|md|expect\.txt)$/.test(file));
    // All of them, in every form, by `npm run test:thorough`.
    const isThorough = process.env['THOROUGH'] === '1';
    const files = all.filter((_, i) => isThorough || i % 40 === 7);
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'shimtrace-'));
    const cache = { folder, build: 'one', leastBytes: 0, youngMs: -1000 };
    let taken = 0;
    const check = async (file: string, format: string, settings?: typeof cache): Promise<unknown[]> => {
      let [out, err] = ['', ''];
      const code = await run(['check', '-v', file, '--format', format], {
        ...SILENT,
        out: (text) => (out += text),
        err: (line) => {
          if (line.includes('was judged before')) taken++;
          else err += `${line}\n`;
        },
        ...(settings && { cache: settings }),
      });
      return [code, out, err];
    };
    try {
      for (const file of files) {
        for (const format of isThorough ? ['text', 'json', 'sarif', 'junit'] : ['json']) {
          const fresh = await check(file, format);
          assert.deepEqual(await check(file, format, cache), fresh, `${file}: read, or taken, as ${format}`);
          assert.deepEqual(await check(file, format, cache), fresh, `${file}: once more, as ${format}`);
        }
        // Many files are not one trace, or none: those are not kept.
        fs.rmSync(folder, { recursive: true, force: true });
      }
    } finally {
      fs.rmSync(folder, { recursive: true, force: true });
    }
    assert.ok(taken > files.length / 2, `${taken} reports were taken`);
  });

  describe('by the command line', () => {
    let folder = '';
    let trace = '';
    let build = 'one';
    beforeEach(() => {
      folder = fs.mkdtempSync(path.join(os.tmpdir(), 'shimtrace-'));
      trace = path.join(folder, 'trace.txt');
      fs.copyFileSync(PINNED, trace);
      build = 'one';
    });
    afterEach(() => fs.rmSync(folder, { recursive: true }));

    const settings = (): CacheSettings => ({
      folder: path.join(folder, 'kept'),
      build,
      leastBytes: 0,
      youngMs: -1000,
    });
    const entries = (): readonly string[] => {
      const kept = path.join(folder, 'kept');
      return fs.existsSync(kept) ? fs.readdirSync(kept) : [];
    };

    async function check(...argv: readonly string[]): Promise<{ out: string; err: string; code: number }> {
      let [out, err] = ['', ''];
      const code = await run(['check', '-v', ...argv], {
        ...SILENT,
        out: (text) => (out += text),
        err: (line) => (err += `${line}\n`),
        cache: settings(),
      });
      return { out, err, code };
    }

    /** What a second call prints; it must say what the first did, and whether it took it from the cache. */
    async function again(isTaken: boolean, ...argv: readonly string[]): Promise<void> {
      const plain = await check('--no-cache', ...argv);
      assert.equal(plain.err, '');
      const second = await check(...argv);
      assert.equal(second.out, plain.out);
      assert.equal(second.code, plain.code);
      assert.equal(second.err.includes('was judged before'), isTaken, second.err);
    }

    it('are taken where nothing has changed, and printed as they would be', async () => {
      for (const format of ['text', 'json', 'sarif', 'junit']) {
        await check(trace, '--format', format);
        await again(true, trace, '--format', format);
      }
      assert.equal(entries().length, 1, 'the form makes no difference');
      assert.equal(fs.statSync(path.join(folder, 'kept')).mode & 0o777, 0o700);
      assert.equal(fs.statSync(path.join(folder, 'kept', entries()[0]!)).mode & 0o777, 0o600);
    });

    it('are made anew where a byte is another one, at the same size and time', async () => {
      await check(trace);
      const { atime, mtime } = fs.statSync(trace);
      const bytes = fs.readFileSync(trace);
      bytes.write('0', bytes.lastIndexOf('1'));
      fs.writeFileSync(trace, bytes);
      fs.utimesSync(trace, atime, mtime);
      await again(false, trace);
      await again(true, trace);
    });

    it('are made anew with other options, what lies beside the trace, and another build', async () => {
      await check(trace);
      for (const option of [
        ['--rules', 'luto-2022'],
        ['--skew-us', '5'],
        ['--clock', 'mono'],
      ]) {
        await again(false, trace, ...option);
        await again(true, trace, ...option);
      }
      fs.writeFileSync(`${trace}.record.json`, '{}');
      await again(false, trace);
      await again(true, trace);
      build = 'another';
      await again(false, trace);
    });

    it('are not kept of a file that was just written, of standard input, and by --no-cache', async () => {
      await check(trace, '--no-cache');
      assert.ok(!fs.existsSync(path.join(folder, 'kept')));
      const out: string[] = [];
      const cache = { folder: path.join(folder, 'kept'), build, leastBytes: 0, youngMs: 60_000 };
      await run(['check', trace], { ...SILENT, out: (text) => out.push(text), cache });
      await run(['check', trace], {
        ...SILENT,
        out: (text) => out.push(text),
        cache: { ...cache, build: '' },
      });
      await run(['check', trace], {
        ...SILENT,
        out: (text) => out.push(text),
        cache: { ...cache, youngMs: -1000, leastBytes: 1 << 20 },
      });
      assert.ok(!fs.existsSync(path.join(folder, 'kept')));
      assert.equal(out.length, 3);
    });

    it('are made anew where an entry is damaged, cut or foreign', async () => {
      await check(trace);
      const file = path.join(folder, 'kept', entries()[0]!);
      const whole = fs.readFileSync(file);
      const damages: readonly ((bytes: Buffer) => Buffer)[] = [
        (bytes) => bytes.subarray(0, bytes.length / 2),
        (bytes) => Buffer.alloc(0, bytes),
        (bytes) => Buffer.from(bytes).fill(0, 16, 400),
        (bytes) => Buffer.concat([bytes, bytes]),
        () => Buffer.from('{}'),
      ];
      for (const damage of damages) {
        fs.writeFileSync(file, damage(whole));
        await again(false, trace);
        await again(true, trace);
      }
      fs.chmodSync(file, 0o666);
      await again(false, trace);
    });

    it('are made anew where something that is no file has the name of an entry', async function () {
      if (process.platform === 'win32') this.skip();
      await check(trace);
      const file = path.join(folder, 'kept', entries()[0]!);
      for (const put of [
        () => execFileSync('mkfifo', [file]),
        () => fs.symlinkSync('/dev/zero', file),
        () => fs.mkdirSync(file),
      ]) {
        fs.rmSync(file, { recursive: true });
        put();
        await again(false, trace);
      }
      assert.deepEqual(fs.readdirSync(path.dirname(file)), [path.basename(file)], 'and nothing else is left');
      await again(false, trace);
      fs.rmdirSync(file);
      await again(false, trace);
      await again(true, trace);
    });

    /** What a check by another process prints, which has loaded no decompressors; whether it needed them. */
    function elsewhere(format: string): readonly unknown[] {
      const cache = settings();
      const asked = [
        `import { run } from ${JSON.stringify(import.meta.resolve('./run.js'))};`,
        `import { lacksCodecs } from ${JSON.stringify(import.meta.resolve('./codecs.js'))};`,
        `let said = '';`,
        `const output = { out: (text) => (said += text), err: () => {}, progress: () => {}, cache: ${JSON.stringify(cache)} };`,
        `const code = await run(['check', '-v', '--format', '${format}', ${JSON.stringify(trace)}], output);`,
        `process.stdout.write(JSON.stringify([code, said, lacksCodecs(${JSON.stringify(trace)})]));`,
      ].join('\n');
      const told = execFileSync(process.execPath, ['--input-type=module', '-e', asked], { encoding: 'utf8' });
      return JSON.parse(told) as readonly unknown[];
    }

    it('need no decompressors, whatever is in the trace', async function () {
      this.timeout(20_000);
      trace = path.join(folder, 'trace.dat');
      fs.copyFileSync('sample-traces/tracecmd/conv_small.v7-stack.dat', trace);
      const fresh = await check(trace);
      assert.deepEqual(elsewhere('text'), [fresh.code, fresh.out, true]);
    });

    it('are kept of several files of one run, with what says that they are one', async () => {
      const [host, guest, other] = ['host.dat', 'guest.dat', 'other.txt'].map((name) =>
        path.join(folder, name),
      ) as [string, string, string];
      fs.copyFileSync('sample-traces/session/host.dat', host);
      fs.copyFileSync('sample-traces/session/guest.dat', guest);
      fs.copyFileSync('sample-traces/scenarios/20-pin-with-loss.txt', other);
      const calls = [
        [host, guest],
        [guest, host],
        ['--separate', trace, other],
      ];
      for (const files of calls)
        for (const format of ['text', 'json', 'sarif', 'junit']) {
          if (format === 'text') await check(...files);
          await again(true, ...files, '--format', format);
        }
      const kept = entries();
      // Two runs and who belongs together, in either order, and two files by themselves.
      assert.equal(kept.length, 6, kept.join('\n'));
      fs.writeFileSync(guest, fs.readFileSync(guest));
      await again(false, host, guest);
      await again(true, host, guest);
    });

    it('are kept of each trace that files fell apart into', async () => {
      const files = ['sample-traces/perf/7.2.13/M2.p.perf.data', 'sample-traces/session/host.dat', trace];
      for (const format of ['text', 'json', 'sarif', 'junit']) {
        if (format === 'text') await check('--merge', ...files);
        await again(true, '--merge', ...files, '--format', format);
      }
      const kept = entries();
      assert.equal(kept.length, 4, 'three, and how many there are');
      // One that is gone, or damaged, is made anew with the others.
      for (const entry of kept) {
        fs.rmSync(path.join(folder, 'kept', entry));
        await again(false, '--merge', ...files);
        await again(true, '--merge', ...files);
        const whole = fs.readFileSync(path.join(folder, 'kept', entry));
        whole[whole.length >> 1]! ^= 1;
        fs.writeFileSync(path.join(folder, 'kept', entry), whole);
        await check('--merge', ...files);
        await again(true, '--merge', ...files);
      }
      const suppress = ['suppress', '--offset', `${trace}=0`, ...files, 'G9', '--reason', 'a test'];
      const cache = settings();
      const errors: string[] = [];
      await check('--offset', `${trace}=0`, ...files);
      await run(suppress, { ...SILENT, err: (line) => errors.push(line), cache });
      await run(suppress, { ...SILENT, err: (line) => errors.push(line) });
      assert.match(errors[0]!, /cannot be shown as one trace/);
      assert.equal(errors[1], errors[0]);
    });

    it('say so where files have become other traces behind the report, and are kept no longer', async () => {
      const [host, other] = ['host.dat', 'other.dat'].map((name) => path.join(folder, name)) as [
        string,
        string,
      ];
      const group = groupOf(host, other);
      const options = { ...JUDGED, pageBytes: undefined };
      const alone = 'sample-traces/perf/7.2.13/M2.p.perf.data';
      const guest = 'sample-traces/session/guest.dat';
      fs.copyFileSync('sample-traces/session/host.dat', host);
      await prepareCodecs([alone, guest]);
      for (const [before, now, traces] of [
        [alone, guest, 2],
        [guest, alone, 1],
      ] as const) {
        fs.copyFileSync(before, other);
        await check('--merge', host, other);
        const kept = new TraceCache(settings());
        const held = openFiles();
        const known = keptReports(kept, sightOf(kept, group, options)!, group, options, SILENT)!;
        assert.equal(known.length, traces);
        fs.copyFileSync(now, other);
        for (const trace of known) {
          const left = entries().length;
          assert.throws(() => trace.open.describe(0), /host.dat \+ .*: changed since it was judged; run/);
          assert.equal(entries().length, left - 1);
        }
        for (const trace of known) trace.close();
        assert.equal(openFiles(), held, 'what was opened for it is closed');
      }
    });

    it('are kept of traces that files fell apart into only where all are', async () => {
      const files = ['sample-traces/perf/7.2.13/M2.p.perf.data', 'sample-traces/session/host.dat', trace];
      const kept = new TraceCache(settings());
      const options = { ...JUDGED, pageBytes: undefined };
      const group = groupOf(...files);
      await prepareCodecs(files);
      const sighting = sightOf(kept, group, options)!;
      for (const unkept of [0, 1, 2, 3]) {
        const runs = openGroup(group, SILENT);
        for (const [i, run] of runs.entries()) {
          const whole = judgedRun(run, options, SILENT);
          whole.close();
          const table = withIssue(whole.table, {
            code: 'limit-met',
            line: 0,
            offset: 0,
            count: 1,
            detail: '',
          });
          keepReport(kept, sighting, i === unkept ? { ...whole, table } : whole, group, runs);
        }
        // The first of them, and how many there are besides all.
        assert.equal(entries().length, unkept === 3 ? 4 : unkept);
        const known = keptReports(kept, sighting, group, options, SILENT);
        assert.equal(known?.length, unkept === 3 ? 3 : undefined);
        for (const one of known ?? []) one.close();
        assert.equal(entries().length, unkept === 3 ? 4 : unkept);
        fs.rmSync(path.join(folder, 'kept'), { recursive: true, force: true });
      }
    });

    it('are made anew where what is kept of several files is damaged', async () => {
      const run = ['host.dat', 'guest.dat'].map((name) => path.join(folder, name));
      for (const file of run) fs.copyFileSync(`sample-traces/session/${path.basename(file)}`, file);
      await check('--merge', ...run);
      const file = path.join(folder, 'kept', entries()[0]!);
      const whole = fs.readFileSync(file);
      const at = whole.indexOf('{"order":[');
      assert.ok(at > 0);
      const damaged = Buffer.from(whole);
      damaged[at + 10]! ^= 1;
      fs.writeFileSync(file, damaged);
      await again(false, '--merge', ...run);
      await again(true, '--merge', ...run);
    });

    it('are printed from where another printing of them ended', () => {
      let said = '';
      const to = { ...SILENT, out: (text: string) => (said += text) };
      const first = counting(to);
      first.output.out('abc');
      first.output.out('de');
      const rest = goingOn(to, first.printed());
      for (const text of ['ab', 'cdef', 'g']) rest.out(text);
      assert.equal(said, 'abcdefg');
    });

    it('are made anew without a word where they turn out to be damaged behind the first of them', async function () {
      this.timeout(20_000);
      trace = path.join(folder, 'trace.perf.data');
      fs.copyFileSync('sample-traces/perf/7.2.13/M2.p.perf.data', trace);
      const { out, code } = await check(trace, '--format', 'sarif');
      const file = path.join(folder, 'kept', entries()[0]!);
      // The operations come last but for their checksums; only the states of findings ask for them.
      const [bytes, end] = [fs.readFileSync(file), fs.statSync(file).size];
      const at = bytes.indexOf('{"about":', end - 8192) - 2048;
      bytes[at]! ^= 1;
      fs.writeFileSync(file, bytes);
      assert.deepEqual(elsewhere('sarif'), [code, out, false]);
      await again(true, trace);
    });

    it('are printed without the operations where findings are set aside', async () => {
      await check(trace);
      const [entry] = entries();
      let said = '';
      await run(['suppress', trace, 'G9', '--reason', 'a test'], {
        ...SILENT,
        out: (text) => (said += text),
        cache: settings(),
      });
      assert.match(said, /^set aside in .*G9/);
      assert.deepEqual(entries(), [entry], 'the report is enough for it');
      const kept = new TraceCache(settings());
      const options = { ...JUDGED, pageBytes: undefined };
      const group = groupOf(trace);
      const [known] = keptReports(kept, sightOf(kept, group, options)!, group, options, SILENT)! as [
        LoadedTrace,
      ];
      Object.defineProperty(known.analysis, 'ops', { enumerable: true, get: () => assert.fail('read') });
      const { suppressed, analysis } = withoutSuppressed(known, SILENT);
      assert.equal(suppressed?.length, 1);
      assert.equal(analysis.findings.length, known.analysis.findings.length - 1);
      known.close();
    });

    it('cost nothing but time where the folder cannot be used', async () => {
      fs.writeFileSync(path.join(folder, 'kept'), 'a file');
      await again(false, trace);
      await again(false, trace);
    });

    it('are kept whole for whoever looks into a trace, and serve its report too', async () => {
      const cache = settings();
      const told = async (argv: readonly string[], isKept: boolean): Promise<string> => {
        let out = '';
        const output = { ...SILENT, out: (text: string) => (out += text), ...(isKept && { cache }) };
        await run(argv, output);
        return out;
      };
      const questions = [
        ['explain', trace, 'G9'],
        ['timeline', trace],
        ['timeline', trace, '--format', 'json'],
        ['storms', trace],
        ['info', trace],
        ['info', trace, '--format', 'json'],
        ['life', trace, '--gfn', '0x100004'],
        ['export', trace, '--force', '--csv', path.join(folder, 'csv')],
      ];
      const tables = (): readonly string[] =>
        fs.readdirSync(path.join(folder, 'csv')).map((name) => read(path.join(folder, 'csv', name)));
      const read = (file: string): string => fs.readFileSync(file, 'utf8');
      const wanted = [];
      for (const argv of questions) wanted.push(await told(argv, false));
      const wantedTables = tables();
      fs.rmSync(path.join(folder, 'csv'), { recursive: true });
      await check(trace);
      const [report] = entries();
      await told(['life', trace, '--pfn', '0x1'], true);
      assert.deepEqual(entries(), [report], 'what needs no judging leaves a report as it is');
      fs.rmSync(path.join(folder, 'kept'), { recursive: true });
      await told(questions[0]!, true);
      const kept = path.join(folder, 'kept');
      while (!entries().some((name) => name.endsWith('.kept')))
        await new Promise((done) => setTimeout(done, 5));
      const [entry] = entries();
      const { ino } = fs.statSync(path.join(kept, entry!));
      for (const [i, argv] of questions.entries()) assert.equal(await told(argv, true), wanted[i]);
      assert.deepEqual(tables(), wantedTables);
      await again(true, trace);
      const replayed = await dapHost({ ...SILENT, cache }).openTrace(trace, [], []);
      const readAnew = await dapHost(SILENT).openTrace(trace, [], []);
      assert.deepEqual(replayed.analysis.findings, readAnew.analysis.findings);
      assert.deepEqual(replayed.analysis.ops.length, readAnew.analysis.ops.length);
      for (let row = 0; row < readAnew.open.table.length; row++)
        assert.deepEqual(replayed.open.describe(row), readAnew.open.describe(row));
      readAnew.close?.();
      replayed.close?.();
      assert.equal(fs.statSync(path.join(kept, entry!)).ino, ino, 'it was never written again');
    });

    const ALIKE: readonly {
      readonly name: string;
      readonly files: readonly string[];
      readonly more: string[];
    }[] = [
      { name: 'a compressed text', files: ['sample-traces/compressed/M2.p.txt.zst'], more: ['G9'] },
      { name: 'a paste', files: ['sample-traces/pastes/P01-thp-crosses-private-wrapped.txt'], more: [] },
      {
        name: 'a host and its guest',
        files: ['sample-traces/session/host.dat', 'sample-traces/session/guest.dat'],
        more: [],
      },
      {
        name: 'files that are put together',
        files: [
          'sample-traces/compressed/M2.p.txt.zst',
          'sample-traces/perf/7.2.13/conv_small.zstd.perf.data',
        ],
        more: ['G9'],
      },
    ];
    for (const { name, files, more } of ALIKE)
      it(`are kept whole of ${name}`, async () => {
        const cache = settings();
        const placed = files.length > 1 && more.length > 0 ? ['--offset', `${files[1]!}=0`] : [];
        const told = async (argv: readonly string[], isKept: boolean): Promise<readonly unknown[]> => {
          let [out, err] = ['', ''];
          const code = await run(argv, {
            ...SILENT,
            out: (text) => (out += text),
            err: (line) => (err += line),
            ...(isKept && { cache }),
          });
          return [code, out, err.replace(/^.*was judged before.*$/, '')];
        };
        const questions = [
          ['timeline', ...files, ...placed, '--format', 'json'],
          ['storms', ...files, ...placed],
          ['info', ...files, ...placed, '--format', 'json'],
          ['check', ...files, ...placed, '-v', '--format', 'json'],
          ...more.map((finding) => ['explain', ...files, ...placed, finding]),
          ['export', ...files, ...placed, '--force', '--csv', path.join(folder, 'csv')],
        ];
        const wanted = [];
        for (const argv of questions) wanted.push(await told(argv, false));
        assert.deepEqual(await told(questions[0]!, true), wanted[0]);
        for (let i = 0; i < 1000 && !entries().some((entry) => entry.endsWith('.kept')); i++)
          await new Promise((done) => setTimeout(done, 5));
        const [entry] = entries();
        const { ino } = fs.statSync(path.join(folder, 'kept', entry!));
        for (const [i, argv] of questions.entries()) assert.deepEqual(await told(argv, true), wanted[i]);
        assert.equal(fs.statSync(path.join(folder, 'kept', entry!)).ino, ino, 'it was never written again');
        const opened = async (output: Output): ReturnType<ReturnType<typeof dapHost>['openTrace']> =>
          dapHost(output).openTrace(files[0]!, [], files.slice(1));
        if (placed.length > 0) return;
        const [replayed, readAnew] = [await opened({ ...SILENT, cache }), await opened(SILENT)];
        for (let row = 0; row < readAnew.open.table.length; row++) {
          assert.deepEqual(replayed.open.describe(row), readAnew.open.describe(row));
          assert.deepEqual(replayed.files?.of(row), readAnew.files?.of(row));
        }
        readAnew.close?.();
        replayed.close?.();
      });

    it('are listed and removed', async () => {
      await check(trace);
      const told = async (...argv: readonly string[]): Promise<string> => {
        let out = '';
        const cache = { folder: path.join(folder, 'kept'), build };
        assert.equal(await run(['cache', ...argv], { ...SILENT, out: (text) => (out += text), cache }), 0);
        return out;
      };
      assert.match(
        await told(),
        /\/kept\n1 trace, \d\.\d MB; at most 200 traces and 4295 MB\n\n.* report {2}.*trace\.txt\n$/,
      );
      const [entry] = (
        JSON.parse(await told('info', '--format', 'json')) as {
          entries: { trace: string; traceBytes: number }[];
        }
      ).entries;
      assert.deepEqual([entry!.trace, entry!.traceBytes], [trace, fs.statSync(trace).size]);
      build = 'another';
      assert.match(await told('info'), /of another build/);
      fs.writeFileSync(path.join(folder, 'kept', entries()[0]!), 'x');
      assert.match(await told('info'), /damaged/);
      fs.writeFileSync(path.join(folder, 'kept', 'other'), 'of somebody else');
      assert.match(await told('clear'), /^1 trace removed/);
      assert.deepEqual(entries(), ['other']);
    });
  });
});

import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Ajv } from 'ajv';
import { Args } from './args.js';
import { BUNDLE_OPTIONS, groupsOf } from './bundle.js';
import type { Output } from './output.js';
import { run } from './run.js';

const WHOLE = 'sample-traces/labelled/inplace/M2.p.txt';
const BINARY = 'sample-traces/tracecmd/conv_small.v7-stack.dat';
const HOST = 'sample-traces/session/host.dat';
const GUEST = 'sample-traces/session/guest.dat';
const SHIFT_S = 5;

interface Event {
  readonly path?: string;
  readonly line: number;
  readonly event: string;
}
interface Trace {
  readonly path: string;
  readonly files?: readonly string[];
  readonly events: { readonly total: number };
  readonly issues: readonly { readonly code: string; readonly message: string }[];
  readonly findings: readonly {
    readonly rule: string;
    readonly verdict: string;
    readonly message: string;
    readonly at: Event;
    readonly evidence: readonly Event[];
  }[];
}

async function check(...argv: string[]): Promise<{
  readonly code: number;
  readonly out: string;
  readonly err: string;
  readonly traces: readonly Trace[];
}> {
  let out = '';
  let err = '';
  const code = await run(['check', ...argv], {
    out: (text) => (out += text),
    err: (line) => (err += `${line}\n`),
    progress: () => undefined,
  });
  return {
    code,
    out,
    err,
    traces: out.startsWith('{') ? (JSON.parse(out) as { traces: Trace[] }).traces : [],
  };
}

describe('several files as one trace', () => {
  let folder = '';
  let first = '';
  let second = '';
  /** Line of the whole file, by file and line of the parts. */
  const lineOf = new Map<string, number>();

  /**
   * The first thousand events, in turns of fifty, go to two files;
   * the second one's clock runs five seconds late.
   */
  before(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'shimtrace-'));
    [first, second] = [path.join(folder, 'a.txt'), path.join(folder, 'b.txt')];
    const parts: [string[], string[]] = [['# tracer: nop'], ['# tracer: nop']];
    let events = 0;
    fs.readFileSync(WHOLE, 'utf8')
      .split('\n')
      .forEach((line, i) => {
        if (line === '' || line.startsWith('#')) return;
        const which = Math.floor(events++ / 50) % 2;
        const text =
          which === 0
            ? line
            : line.replace(
                / (\d+)\.(\d{6}): /,
                (_, s: string, us: string) => ` ${Number(s) - SHIFT_S}.${us}: `,
              );
        parts[which]!.push(text);
        lineOf.set(`${which === 0 ? first : second}:${parts[which]!.length}`, i + 1);
      });
    fs.writeFileSync(first, `${parts[0].join('\n')}\n`);
    fs.writeFileSync(second, `${parts[1].join('\n')}\n`);
  });
  after(() => fs.rmSync(folder, { recursive: true }));

  const violations = (trace: Trace, at: (event: Event) => number): string[] =>
    trace.findings
      .filter((f) => f.verdict === 'violation')
      .map((f) => `${f.rule} ${at(f.at)} ${f.evidence.map(at).join(',')} ${f.message}`);

  it('finds in the parts what the whole shows, on their own lines', async () => {
    const whole = await check('--format', 'json', '--skew-us', '0', WHOLE);
    const merged = await check(
      '--format',
      'json',
      '--skew-us',
      '0',
      '--offset',
      `${first}=0`,
      '--offset',
      `${second}=${SHIFT_S}000000000`,
      first,
      second,
    );
    assert.equal(merged.code, 1, merged.err);
    assert.equal(merged.traces.length, 1);
    const [trace] = merged.traces;
    assert.deepEqual(trace!.files, [first, second]);
    assert.equal(trace!.events.total, whole.traces[0]!.events.total);
    const own = (event: Event): number => lineOf.get(`${event.path}:${event.line}`) ?? -1;
    assert.ok(violations(trace!, own).length > 0);
    assert.deepEqual(
      violations(trace!, own),
      violations(whole.traces[0]!, (event) => event.line),
    );
    const validate = new Ajv({ strict: true, strictRequired: false }).compile(
      JSON.parse(fs.readFileSync('docs/check.schema.json', 'utf8')) as object,
    );
    assert.ok(validate(JSON.parse(merged.out)), JSON.stringify(validate.errors));
    const text = await check(
      '--offset',
      `${first}=0`,
      '--offset',
      `${second}=${SHIFT_S}000000000`,
      first,
      second,
    );
    for (const line of text.out.split('\n').filter((l) => l.includes(': error: ')))
      assert.ok(line.startsWith(`${first}:`) || line.startsWith(`${second}:`), line);
  });

  it('takes files and offsets from a .shimtrace.json', async () => {
    const project = path.join(folder, 'run.shimtrace.json');
    fs.writeFileSync(
      project,
      JSON.stringify({
        trace: [
          { path: 'a.txt', role: 'host', clockOffsetNs: 0 },
          { path: 'b.txt', clockOffsetNs: `${SHIFT_S}000000000` },
        ],
        suppress: [],
        other: 1,
      }),
    );
    const { traces, code } = await check('--format', 'json', project);
    assert.equal(code, 1);
    assert.deepEqual(
      traces.map((trace) => trace.files),
      [[first, second]],
    );
  });

  it('says why clocks cannot be aligned, and judges the files by themselves', async () => {
    const { traces } = await check('--format', 'json', '--merge', first, second);
    assert.equal(traces.length, 2);
    for (const trace of traces)
      assert.match(
        trace.issues.find((issue) => issue.code === 'unaligned-clocks')!.message,
        /a\.txt does not say a clock/,
      );
    const other = await check('--format', 'json', '--merge', BINARY, first);
    assert.equal(other.traces.length, 2);
  });

  it('does not take the same events twice: says so, and judges the files by themselves', async () => {
    const recorded = 'sample-traces/perf/7.2.13/M2.p.perf.data';
    const copy = path.join(folder, 'copy.perf.data');
    fs.copyFileSync(recorded, copy);
    const once = await check('--format', 'json', recorded);
    const [alone] = once.traces;
    assert.ok(violations(alone!, ({ line }) => line).length > 0);
    const project = path.join(folder, 'twice.shimtrace.json');
    fs.writeFileSync(project, JSON.stringify({ trace: [path.resolve(recorded), copy] }));
    for (const argv of [['--merge', recorded, copy], ['--offset', `${copy}=0`, recorded, copy], [project]]) {
      const { traces, code } = await check('--format', 'json', ...argv);
      assert.equal(code, once.code);
      assert.equal(traces.length, 2);
      for (const trace of traces) {
        assert.match(
          trace.issues.find((issue) => issue.code === 'same-events')!.message,
          /^Two of these files hold the same events, .*copy\.perf\.data holds events of .*M2\.p\.perf\.data/,
        );
        assert.equal(trace.events.total, alone!.events.total);
        assert.deepEqual(
          violations(trace, ({ line }) => line),
          violations(alone!, ({ line }) => line),
        );
      }
    }
    let err = '';
    const code = await run(['events', recorded, copy], {
      out: () => undefined,
      err: (line) => (err += line),
      progress: () => undefined,
    });
    assert.equal(code, 2);
    assert.match(
      err,
      /cannot be shown as one trace: .*copy\.perf\.data holds events of .*M2\.p\.perf\.data, and each would count twice; give one of the two$/,
    );
  });

  it('never merges what nobody says is one run', async () => {
    const several = await check('--format', 'json', first, second);
    assert.equal(several.traces.length, 2);
    assert.match(several.err, /judged one by one/);
    assert.equal((await check('--separate', first, second)).err, '');
  });

  it('says what is wrong with its arguments', async () => {
    const project = path.join(folder, 'bad.shimtrace.json');
    const bad: readonly (readonly [argv: readonly string[], content: string, message: RegExp])[] = [
      [['--merge', '--separate', first], '', /contradict/],
      [['--offset', 'x', first], '', /FILE=NANOSECONDS/],
      [['--offset', 'x=1', first], '', /not one of the files/],
      [[project], '{', /bad\.shimtrace\.json: /],
      [[project], '{"suppress": []}', /expected "trace"/],
      [[project], '{"trace": [{"path": "a.txt", "role": "vm"}]}', /role is one of host, guest, qemu/],
      [[project], '{"trace": [{"path": "a.txt", "clockOffsetNs": "soon"}]}', /nanoseconds/],
    ];
    for (const [argv, content, message] of bad) {
      fs.writeFileSync(project, content);
      const { code, err } = await check(...argv);
      assert.equal(code, 2);
      assert.match(err, message);
    }
  });

  it('are one trace without a word where their sessions say so, beside what does not meet them', async () => {
    const log = 'sample-traces/qemu/11.1.3/pc-anon.log';
    const { traces, err } = await check('--format', 'json', HOST, log, GUEST);
    assert.deepEqual(
      traces.map((trace) => trace.files ?? [trace.path]),
      [[HOST, GUEST], [log]],
    );
    assert.match(err, /2 traces were judged one by one/);
    assert.match(
      traces[1]!.issues.find((issue) => issue.code === 'unaligned-clocks')!.message,
      /nothing says that it is one run with sample-traces\/session\/host\.dat/,
    );
    assert.ok(!traces[0]!.issues.some((issue) => issue.code === 'unaligned-clocks'));
    const apart = await check('--format', 'json', '--separate', HOST, log, GUEST);
    assert.equal(apart.traces.length, 3);
    const said = await check('--format', 'json', '--merge', log, HOST, GUEST);
    assert.deepEqual(
      said.traces.map((trace) => trace.files ?? [trace.path]),
      [[log], [HOST, GUEST]],
    );
    for (const trace of said.traces)
      assert.match(
        trace.issues.find((issue) => issue.code === 'unaligned-clocks')!.message,
        /pc-anon\.log has no times/,
      );
  });

  it('are in the order in which trace-cmd report prints them', async () => {
    let out = '';
    await run(['events', GUEST, HOST], {
      out: (text) => (out += text),
      err: () => undefined,
      progress: () => undefined,
    });
    const ours = [
      ...out.matchAll(/^sample-traces\/session\/(\S+): .*? (\d+\.\d{9}): (?:vm1:)?\w+:(\w+):/gm),
    ].map(([, ...parts]) => parts);
    const report = fs
      .readFileSync('sample-traces/session/report-N-t.txt', 'utf8')
      .replace(/^(.*EVENTS DROPPED\])\n/gm, 'guest.dat: ');
    const theirs = [...report.matchAll(/^ *(\S+): .*? (\d+\.\d{9}): (\w+):/gm)].map(([, ...parts]) => parts);
    assert.equal(ours.length, 7);
    assert.deepEqual(ours, theirs);
  });

  it('are never one trace where two recordings only look alike', () => {
    const output: Output = { out: () => undefined, err: () => undefined, progress: () => undefined };
    const files = fs
      .readdirSync('sample-traces', { recursive: true, encoding: 'utf8' })
      .map((name) => path.join('sample-traces', name))
      .filter((name) => fs.statSync(name).isFile() && !/\.(json|md)$/.test(name));
    assert.ok(files.length > 200);
    const groups = groupsOf(new Args(files, {}, BUNDLE_OPTIONS), output).filter((group) => group.length > 1);
    assert.deepEqual(
      groups.map((group) => group.map((file) => file.path).sort()),
      [[GUEST, HOST]],
    );
  });

  it("finds in a host's trace the same beside a guest's and beside QEMU's", async () => {
    const first = async (name: string): Promise<number> => {
      let out = '';
      await run(['info', '--format', 'json', name], {
        out: (text) => (out += text),
        err: () => undefined,
        progress: () => undefined,
      });
      return Math.round(Number((JSON.parse(out) as { from: string }).from) * 1e9);
    };
    const other = 'sample-traces/labelled/inplace/M8.p.txt';
    const log = 'sample-traces/qemu/11.1.3/q35-seabios.log';
    const findings = (trace: Trace, file: string): readonly string[] =>
      trace.findings.map((finding) => {
        assert.ok(
          (finding.at.path ?? file) === file &&
            finding.evidence.every((event) => (event.path ?? file) === file),
          "every event of it is the host's",
        );
        const { rule, verdict, at, evidence, message } = finding;
        return `${rule} ${verdict} ${at.line} ${evidence.map((event) => event.line).join(',')} ${message}`;
      });
    for (const host of [
      WHOLE,
      'sample-traces/labelled/inplace/N.p.txt',
      'sample-traces/labelled/inplace/M7.h.txt',
      'sample-traces/labelled/base/M10.va.txt',
    ]) {
      const alone = await check('--format', 'json', host);
      const start = await first(host);
      const merged = await check(
        '--format',
        'json',
        '--guest',
        other,
        '--offset',
        `${other}=${start - (await first(other))}`,
        '--offset',
        `${log}=${start - (await first(log))}`,
        host,
        other,
        log,
      );
      assert.deepEqual(
        merged.traces.map((trace) => trace.files),
        [[host, other, log]],
        merged.err,
      );
      assert.deepEqual(findings(merged.traces[0]!, host), findings(alone.traces[0]!, host), host);
      assert.equal(merged.code, alone.code);
    }
  });

  it('finds nothing in a QEMU and its host, which an offset in a .shimtrace.json joins', async () => {
    const { traces, code } = await check(
      '--format',
      'json',
      'sample-traces/qemu/11.1.3/q35-seabios.shimtrace.json',
    );
    assert.equal(code, 0);
    assert.deepEqual([traces[0]!.events.total, traces[0]!.findings.length], [1269, 0]);
  });

  it("takes QEMU's trace-events file for its simple backend", async () => {
    const bin = path.join(folder, 'trace.bin');
    const names = path.join(folder, 'trace-events-all');
    const words = [
      (1n << 64n) - 1n,
      0xf2b177cb0aa429b4n,
      3n,
      1n,
      7n,
      (4563n << 32n) | 48n,
      0x1000n,
      0x2000n,
      8n,
    ];
    fs.writeFileSync(bin, new Uint8Array(BigUint64Array.from(words).buffer));
    fs.writeFileSync(
      names,
      [
        'kvm_ioctl(unsigned long type, void *arg) "type 0x%lx, arg %p"\n',
        'kvm_memory_fault(uint64_t start, uint64_t size, uint64_t flags) ',
        '"start 0x%" PRIx64 " size 0x%" PRIx64 " flags 0x%" PRIx64\n',
      ].join(''),
    );
    const project = path.join(folder, 'simple.shimtrace.json');
    fs.writeFileSync(project, JSON.stringify({ traceEvents: 'trace-events-all', trace: ['trace.bin'] }));
    assert.match((await check(bin)).out, /numbers in place of its events' names.*--trace-events FILE/s);
    assert.doesNotMatch((await check('--trace-events', names, bin)).out, /numbers in place/);
    assert.doesNotMatch((await check(project)).out, /numbers in place/);
    const missing = await check('--trace-events', path.join(folder, 'gone'), bin);
    assert.deepEqual([missing.code, /gone.*trace-events-all/.test(missing.err)], [2, true]);
  });
});

describe('several files in every command', () => {
  async function shown(
    ...argv: string[]
  ): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
    let out = '';
    let err = '';
    const code = await run(argv, {
      out: (text) => (out += text),
      err: (line) => (err += `${line}\n`),
      progress: () => undefined,
    });
    return { code, out, err };
  }
  const project = 'sample-traces/qemu/11.1.3/q35-seabios.shimtrace.json';

  it("info names them, with a guest's virtual CPUs", async () => {
    const { out } = await shown('info', GUEST, HOST);
    assert.match(
      out,
      /file {4}sample-traces\/session\/guest\.dat: guest vm1, its CPU 0 is thread 100, its CPU 1 is thread 101\nfile {4}.*host\.dat: host/,
    );
    assert.match(out, /issue {3}sample-traces\/session\/guest\.dat: .*\[lost-events\]/);
    assert.match(out, /\nevents {2}7: 4 understood, 0 unknown, 3 of a guest\n/);
  });

  it('events prints them in one order, each with its file', async () => {
    const { out } = await shown('events', '--format', 'tsv', GUEST, HOST);
    assert.deepEqual(
      out
        .trim()
        .split('\n')
        .map((line) => line.split('\t'))
        .map((cells) => [cells[0], cells[4]!.split(':')[0], cells.at(-1)]),
      [
        ['10000000', 'kvm', `trace=${HOST}`],
        ['10500000', 'kvm', `trace=${HOST}`],
        ['11000000', 'kvmmmu', `trace=${HOST}`],
        ['12000000', 'vm1', `trace=${GUEST}`],
        ['12500000', 'vm1', `trace=${GUEST}`],
        ['13000000', 'vm1', `trace=${GUEST}`],
        ['15000000', 'kvmmmu', `trace=${HOST}`],
      ],
    );
    const own = await shown('events', '--event', 'kvm_tdp_mmu_spte_changed', GUEST, HOST);
    assert.equal(own.out.trim().split('\n').length, 2, "a guest's events have other names");
    const range = await shown('events', '--from', 'host.dat:3', '--to', 'guest.dat:2', GUEST, HOST);
    assert.deepEqual(
      range.out
        .trim()
        .split('\n')
        .map((line) => line.split(': ')[0]),
      [HOST, GUEST, GUEST],
      range.err,
    );
    assert.match(
      (await shown('events', '--from', '3', GUEST, HOST)).err,
      /FILE:LINE, with FILE one of guest\.dat, host\.dat/,
    );
  });

  it('timeline and explain take them, and a .shimtrace.json', async () => {
    const { out } = await shown('timeline', '--at', 'host.dat:3', GUEST, HOST);
    assert.match(out, /host\.dat:3 .* SPTE 4K pfn 0x123456/);
    assert.equal((await shown('timeline', project)).code, 0);
    const { out: csv } = await shown('timeline', '--format', 'csv', HOST, GUEST);
    assert.match(csv, /,host\.dat:3,/);
    const { err } = await shown('explain', project, 'G1');
    assert.match(err, /no finding 'G1' in .*q35-seabios\.ftrace\.txt \+ .*q35-seabios\.log; it has none/);
  });

  it("timeline goes to the end of all files: a guest's events are rows too", async () => {
    const fates = async (...files: string[]): Promise<string[]> =>
      (await shown('timeline', '--gfn', '0x100000', ...files)).out
        .trim()
        .split('\n')
        // The page's name, and what was before the first event.
        .slice(2)
        .map((line) => line.trim().split(/ {2,}/).at(-2)!);
    const alone = await fates(HOST);
    assert.match(alone.at(-1)!, /no SPTE/, 'the zap is the last event of the host');
    assert.deepEqual(await fates(HOST, GUEST), alone);
    const { out } = await shown('timeline', '--gfn', '0x100000', HOST, GUEST);
    assert.match(out, /\n *host\.dat:4 \.\. end .* no SPTE/);
  });

  it('says why files cannot be shown as one', async () => {
    for (const command of ['info', 'events', 'timeline']) {
      const { code, err } = await shown(command, HOST, 'sample-traces/qemu/11.1.3/pc-anon.log');
      assert.deepEqual(
        [code, /cannot be shown as one trace: .*pc-anon\.log has no times; give --offset FILE=NS/.test(err)],
        [2, true],
        err,
      );
    }
  });
});

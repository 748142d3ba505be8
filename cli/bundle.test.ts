import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Ajv } from 'ajv';
import { run } from './run.js';

const WHOLE = 'sample-traces/labelled/inplace/M2.p.txt';
const BINARY = 'sample-traces/tracecmd/conv_small.v7-stack.dat';
const SHIFT_S = 5;

interface Event { readonly path?: string; readonly line: number; readonly event: string }
interface Trace {
  readonly path: string;
  readonly files?: readonly string[];
  readonly events: { readonly total: number };
  readonly issues: readonly { readonly code: string; readonly message: string }[];
  readonly findings: readonly { readonly rule: string; readonly verdict: string; readonly message: string; readonly at: Event; readonly evidence: readonly Event[] }[];
}

async function check(...argv: string[]): Promise<{ readonly code: number; readonly out: string; readonly err: string; readonly traces: readonly Trace[] }> {
  let out = '';
  let err = '';
  const code = await run(['check', ...argv], { out: (text) => (out += text), err: (line) => (err += `${line}\n`), progress: () => undefined });
  return { code, out, err, traces: out.startsWith('{') ? (JSON.parse(out) as { traces: Trace[] }).traces : [] };
}

describe('several files as one trace', () => {
  let folder = '';
  let first = '';
  let second = '';
  /** Line of the whole file, by file and line of the parts. */
  const lineOf = new Map<string, number>();

  /** The first thousand events, in turns of fifty, go to two files; the second one's clock runs five seconds late. */
  before(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'shimtrace-'));
    [first, second] = [path.join(folder, 'a.txt'), path.join(folder, 'b.txt')];
    const parts: [string[], string[]] = [['# tracer: nop'], ['# tracer: nop']];
    let events = 0;
    fs.readFileSync(WHOLE, 'utf8').split('\n').forEach((line, i) => {
      if (line === '' || line.startsWith('#')) return;
      const which = Math.floor(events++ / 50) % 2;
      const text = which === 0 ? line : line.replace(/ (\d+)\.(\d{6}): /, (_, s: string, us: string) => ` ${Number(s) - SHIFT_S}.${us}: `);
      parts[which]!.push(text);
      lineOf.set(`${which === 0 ? first : second}:${parts[which]!.length}`, i + 1);
    });
    fs.writeFileSync(first, `${parts[0].join('\n')}\n`);
    fs.writeFileSync(second, `${parts[1].join('\n')}\n`);
  });
  after(() => fs.rmSync(folder, { recursive: true }));

  const violations = (trace: Trace, at: (event: Event) => number): string[] =>
    trace.findings.filter((f) => f.verdict === 'violation').map((f) => `${f.rule} ${at(f.at)} ${f.evidence.map(at).join(',')} ${f.message}`);

  it('finds in the parts what the whole shows, on their own lines', async () => {
    const whole = await check('--format', 'json', '--skew-us', '0', WHOLE);
    const merged = await check('--format', 'json', '--skew-us', '0', '--offset', `${first}=0`, '--offset', `${second}=${SHIFT_S}000000000`, first, second);
    assert.equal(merged.code, 1, merged.err);
    assert.equal(merged.traces.length, 1);
    const [trace] = merged.traces;
    assert.deepEqual(trace!.files, [first, second]);
    assert.equal(trace!.events.total, whole.traces[0]!.events.total);
    const own = (event: Event): number => lineOf.get(`${event.path}:${event.line}`) ?? -1;
    assert.ok(violations(trace!, own).length > 0);
    assert.deepEqual(violations(trace!, own), violations(whole.traces[0]!, (event) => event.line));
    const validate = new Ajv({ strict: true, strictRequired: false }).compile(JSON.parse(fs.readFileSync('docs/check.schema.json', 'utf8')) as object);
    assert.ok(validate(JSON.parse(merged.out)), JSON.stringify(validate.errors));
    const text = await check('--offset', `${first}=0`, '--offset', `${second}=${SHIFT_S}000000000`, first, second);
    for (const line of text.out.split('\n').filter((l) => l.includes(': error: '))) assert.ok(line.startsWith(`${first}:`) || line.startsWith(`${second}:`), line);
  });

  it('takes files and offsets from a .shimtrace.json', async () => {
    const project = path.join(folder, 'run.shimtrace.json');
    fs.writeFileSync(project, JSON.stringify({
      trace: [{ path: 'a.txt', role: 'host', clockOffsetNs: 0 }, { path: 'b.txt', clockOffsetNs: `${SHIFT_S}000000000` }], suppress: [], other: 1,
    }));
    const { traces, code } = await check('--format', 'json', project);
    assert.equal(code, 1);
    assert.deepEqual(traces.map((trace) => trace.files), [[first, second]]);
  });

  it('says why clocks cannot be aligned, and judges the files by themselves', async () => {
    const { traces } = await check('--format', 'json', '--merge', first, second);
    assert.equal(traces.length, 2);
    for (const trace of traces) assert.match(trace.issues.find((issue) => issue.code === 'unaligned-clocks')!.message, /a\.txt does not say a clock/);
    const other = await check('--format', 'json', '--merge', BINARY, first);
    assert.equal(other.traces.length, 2);
  });

  it('merges files that name the same clock, with the place of each', async () => {
    const once = await check('--format', 'json', BINARY);
    const twice = await check('--format', 'json', '--merge', BINARY, BINARY);
    const clocks = JSON.parse(once.out) as { traces: { clock: string }[] };
    if (clocks.traces[0]!.clock === 'local') assert.equal(twice.traces.length, 2);
    else assert.equal(twice.traces[0]!.events.total, 2 * once.traces[0]!.events.total);
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
});

/**
 * Where a limit is met, of memory or of what an engine's tables take: what was read before is kept and
 * judged, nothing is told of what follows, and the user reads which limit, where, and what to do.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Memory, MemoryWatch } from '../shell/memory.node.js';
import type { Output } from '../cli/output.js';
import { run } from '../cli/run.js';
import { analyze, withLimit } from '../model/index.js';
import { PROFILES } from '../model/findings/finding.js';
import { type CancelToken, NEVER_CANCELLED } from '../parsers/base/cancel.js';
import { LimitMet, limitMetBy, limitOf } from '../parsers/base/limits.js';
import { TABLE_LIMIT } from '../parsers/events/segment.js';
import type { EventTable } from '../parsers/events/table.js';
import { readTrace } from '../parsers/index.js';
import { nodeCodecs } from '../shell/codecs.node.js';
import { lineKernel } from '../shell/kernels.js';
import { ROOT } from './golden/samples.js';

const { SHAPES, piecesOf } = (await import(
  pathToFileURL(path.join(ROOT, 'bench', 'scale', 'shapes.mjs')).href
)) as {
  readonly SHAPES: Readonly<Record<string, object>>;
  readonly piecesOf: (shape: object, n: number) => Iterable<string>;
};
const textOf = (shape: string, n: number): string => [...piecesOf(SHAPES[shape]!, n)].join('');

/** Tables grow for the first time behind so many rows. */
const FEW = 512;
const codecs = await nodeCodecs();

function read(
  bytes: Uint8Array,
  more: { readonly cancel?: CancelToken; readonly isPlain?: boolean } = {},
): EventTable {
  const source = { size: bytes.length, read: (at: number, n: number) => bytes.subarray(at, at + n) };
  const { cancel = NEVER_CANCELLED, isPlain = false } = more;
  return readTrace(source, { cancel, ...codecs, ...(isPlain ? {} : { lineKernel }) }).table;
}

/** Does something while tables take FEW rows. */
async function withFewRows<T>(work: () => T | Promise<T>): Promise<T> {
  const usual = TABLE_LIMIT.rows;
  TABLE_LIMIT.rows = FEW;
  try {
    return await work();
  } finally {
    TABLE_LIMIT.rows = usual;
  }
}

/** Says after some looks that a limit was met. */
class After implements CancelToken {
  constructor(
    private looks: number,
    readonly limit: string | undefined,
  ) {}

  get cancelled(): boolean {
    return this.looks-- <= 0;
  }
}

describe('an error that says a limit was met', () => {
  const MET: Readonly<Record<string, () => void>> = {
    'an array that is too long': () => void new Uint8Array(2 ** 52),
    'memory that is not there': () => void new ArrayBuffer(2 ** 50),
    'a list that is too long': () => void new Array(2 ** 32),
    'a text that is too long': () => void 'x'.repeat(2 ** 30),
    'too much at once': () => void Math.max(...new Array<number>(2 ** 20).fill(0)),
    'a Map that is full': () => {
      throw new RangeError('Map maximum size exceeded');
    },
    'a limit of ours': () => {
      throw new LimitMet('a table takes 512 events');
    },
  };
  for (const [what, meet] of Object.entries(MET))
    it(`is told from a bug: ${what}`, () => assert.match(limitMetBy(meet) ?? '', /^(a|there) \w+/));

  it('canary: a bug is none', () => {
    for (const bug of [
      new TypeError('x is undefined'),
      new RangeError('Invalid typed array length: -1'),
      'text',
    ])
      assert.equal(limitOf(bug), undefined);
    assert.throws(() => limitMetBy(() => assert.fail('a bug')), /a bug/);
    assert.equal(
      limitMetBy(() => undefined),
      undefined,
    );
  });
});

describe('a table that is full', () => {
  const SAMPLES: Readonly<Record<string, string>> = {
    'text of the kernel': 'labelled/inplace/M2.p.txt',
    'trace.dat': 'tracecmd/conv.v6.cut.dat',
    'perf.data': 'perf/7.2.13/M2.p.perf.data',
    'perf.data, compressed': 'perf/7.2.13/conv_small.zstd.perf.data',
    'a Perfetto trace': 'perfetto/M2.p.pftrace',
  };
  const check = async (bytes: Uint8Array, isPlain = false): Promise<void> => {
    const whole = read(bytes, { isPlain });
    assert.ok(whole.length > FEW, `${whole.length} events`);
    const cut = await withFewRows(() => read(bytes, { isPlain }));
    assert.equal(cut.length, FEW);
    for (let row = 0; row < FEW; row++)
      assert.deepEqual(
        [cut.at(row), cut.name(row), cut.tid(row)],
        [whole.at(row), whole.name(row), whole.tid(row)],
      );
    const issue = cut.issues.find(({ code }) => code === 'limit-met')!;
    assert.deepEqual([issue.offset, issue.line], [cut.at(FEW - 1), cut.line(FEW - 1)]);
    assert.match(issue.detail, /512 events/);
    assert.equal(cut.losses.at(-1)?.row, FEW, 'what follows is missing');
    assert.deepEqual(
      cut.issues.filter(({ code }) => code === 'torn-tail' || code === 'fewer-entries'),
      [],
    );
  };
  for (const [what, file] of Object.entries(SAMPLES))
    it(`keeps what it has, and says where: ${what}`, () =>
      check(fs.readFileSync(path.join(ROOT, 'sample-traces', file))));

  it('keeps it of a text that is read by the kernel of plain lines, and of the same without', async () => {
    const bytes = Buffer.from(textOf('events', 4000));
    for (const isPlain of [false, true]) await check(bytes, isPlain);
  });

  it('is one that the shell ends, too, and not where somebody cancels', () => {
    const bytes = Buffer.from(textOf('events', 20_000));
    const ended = (limit?: string): EventTable => read(bytes, { cancel: new After(2, limit) });
    const codes = (table: EventTable): readonly string[] => table.issues.map(({ code }) => code);
    const limited = ended('it takes 9 of 10 MB');
    assert.ok(limited.length > 1000 && limited.length < 20_000, `${limited.length} events`);
    assert.deepEqual(codes(limited), ['limit-met']);
    assert.ok(!codes(ended()).includes('limit-met'));
  });
});

describe('judging that meets a limit', () => {
  it('decides nothing more, and keeps what was found', () => {
    const table = read(Buffer.from(textOf('findings', 2000)));
    const analysis = analyze(table, { profiles: PROFILES, mostFindings: 100 });
    const found = analysis.findings.filter(({ verdict }) => verdict === 'violation');
    assert.equal(found.length, 100);
    assert.match(analysis.limit!.what, /findings/);
    assert.deepEqual(
      analysis.rules.filter(({ status, reasons }) => status !== 'undecidable' && reasons.length === 0),
      [],
    );
    const issue = withLimit(table, analysis).issues.find(({ code }) => code === 'not-all-judged')!;
    assert.equal(issue.line, table.line(analysis.limit!.row));
    assert.equal(withLimit(table, analyze(table)), table);
  });

  it('tells nothing of the end of a trace that it has not come to', () => {
    // The SPTEs of what was deleted are taken to be there still at the end alone.
    const table = read(Buffer.from(textOf('deleted', 20_000)));
    const judged = (cancel: CancelToken): ReturnType<typeof analyze> =>
      analyze(table, { profiles: ['guest-memfd'], cancel });
    const violations = ({ findings }: ReturnType<typeof analyze>): number =>
      findings.filter(({ verdict }) => verdict === 'violation').length;
    assert.equal(violations(judged(NEVER_CANCELLED)), 20_000);
    const cut = judged(new After(2, 'it takes 9 of 10 MB'));
    assert.deepEqual([cut.limit?.row, violations(cut)], [1 << 15, 0]);
  });
});

describe('a watch on the memory', () => {
  const memory = (part: Partial<Memory>): (() => Memory) => {
    const all = { rss: 100e6, rssMax: 1000e6, heap: 50e6, heapMax: 400e6, ...part };
    return () => all;
  };
  const limit = (of: Partial<Memory>, collect = (): void => undefined): string | undefined => {
    const watch = new MemoryWatch('judging', memory(of), collect);
    return watch.cancelled ? watch.limit : undefined;
  };

  it('ends the work before there is none left, of either kind', () => {
    assert.equal(limit({}), undefined);
    assert.match(limit({ rss: 990e6 })!, /990 of 1000 MB of memory/);
    assert.match(limit({ heap: 390e6 })!, /390 of the 400 MB/);
  });

  it('has what nobody needs collected before it says so', () => {
    const all = { rss: 100e6, rssMax: 1000e6, heap: 390e6, heapMax: 400e6 };
    const watch = new MemoryWatch(
      'judging',
      () => all,
      () => (all.heap = 50e6),
    );
    assert.equal(watch.cancelled, false);
  });

  it('looks again when 20 ms have passed, however often it is asked, and later where there is room', () => {
    let looks = 0;
    let now = 0;
    const all = { rss: 800e6, rssMax: 1000e6, heap: 50e6, heapMax: 400e6 };
    const look = (): Memory => {
      looks++;
      return all;
    };
    const watch = new MemoryWatch(
      'judging',
      look,
      () => undefined,
      () => now,
    );
    for (; now < 200; now++) assert.equal(watch.cancelled, false);
    assert.equal(looks, 10);
    Object.assign(all, { rss: 100e6, rssMax: 8000e6, heapMax: 4000e6 });
    for (; now < 1200; now++) assert.equal(watch.cancelled, false);
    assert.equal(looks, 14);
    all.rss = 7990e6;
    now += 250;
    assert.equal(watch.cancelled, true);
  });
});

describe('a command that meets a limit', () => {
  let folder = '';
  before(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'shimtrace-limits-'))));
  after(() => fs.rmSync(folder, { recursive: true }));

  async function shimtrace(argv: readonly string[], out: Output['out']): Promise<readonly [number, string]> {
    const said: string[] = [];
    const code = await run(argv, { out, err: (line) => said.push(line), progress: () => undefined });
    return [code, said.join('\n')];
  }

  const clear = (said: string, line: number): void => {
    assert.match(said, new RegExp(`limits.txt:${line}: A limit was met`));
    assert.match(said, /Give less at once: a range .*a filter .*Parquet/);
    assert.doesNotMatch(said, /bug|\n +at |Error/);
  };

  const COMMANDS: Readonly<Record<string, (file: string) => readonly string[]>> = {
    check: (file) => ['check', file],
    'check as SARIF': (file) => ['check', '--format', 'sarif', file],
    events: (file) => ['events', file],
    info: (file) => ['info', file],
    timeline: (file) => ['timeline', '--gfn', '0x100000', file],
    export: (file) => ['export', '--csv', path.join(folder, 'tables'), file],
    storms: (file) => ['storms', file],
  };
  for (const [name, argv] of Object.entries(COMMANDS))
    it(`${name}: says which, at which line and what to do, and ends with 2`, async () => {
      const file = path.join(folder, 'limits.txt');
      fs.writeFileSync(file, textOf('findings', 2000));
      let printed = 0;
      const [code, said] = await withFewRows(() => shimtrace(argv(file), (text) => (printed += text.length)));
      assert.equal(code, 2);
      // Behind three lines of comments.
      clear(said, FEW + 3);
      if (name !== 'export') assert.ok(printed > 0, 'what was kept');
    });

  it('anywhere else: says what it did', async () => {
    const file = path.join(folder, 'limits.txt');
    fs.writeFileSync(file, textOf('findings', 10));
    const full = (): never => {
      throw new RangeError('Map maximum size exceeded');
    };
    const [code, said] = await shimtrace(['check', file], full);
    assert.equal(code, 2);
    assert.match(said, /limits\.txt: judging, at event 0 of 18: a limit was met: a table has 16\.7 million/);
    assert.doesNotMatch(said, /bug|\n +at /);
  });
});

import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Ajv } from 'ajv';
import { run } from './run.js';

const PINNED = 'sample-traces/labelled/inplace/M2.p.txt';

interface Document {
  readonly traces: readonly {
    readonly headline: { readonly text: string; readonly setAside: number };
    readonly findings: readonly { readonly id: string; readonly rule: string; readonly message: string }[];
    readonly suppressed?: readonly { readonly id: string; readonly reason: string }[];
    readonly staleSuppressions?: readonly { readonly about: string; readonly why: string }[];
  }[];
}

describe('suppressions on the command line', () => {
  let folder = '';
  let trace = '';
  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'shimtrace-'));
    fs.mkdirSync(path.join(folder, 'runs'));
    trace = path.join(folder, 'runs/pinned.txt');
    fs.copyFileSync(PINNED, trace);
    fs.writeFileSync(path.join(folder, '.shimtrace.json'), '{}');
  });
  afterEach(() => fs.rmSync(folder, { recursive: true }));

  const shimtrace = async (...argv: string[]): Promise<{ code: number; out: string; err: string }> => {
    let out = '';
    let err = '';
    const code = await run(argv, {
      out: (text) => (out += text),
      err: (line) => (err += `${line}\n`),
      progress: () => undefined,
    });
    return { code, out, err };
  };
  const check = (...more: string[]): ReturnType<typeof shimtrace> => shimtrace('check', ...more, trace);
  const json = async (...more: string[]): Promise<Document['traces'][number]> =>
    (JSON.parse((await check('--format', 'json', ...more)).out) as Document).traces[0]!;
  const suppress = (): ReturnType<typeof shimtrace> =>
    shimtrace('suppress', trace, 'G9', '--reason', 'known on this kernel');
  const project = (content: unknown): void =>
    fs.writeFileSync(
      path.join(folder, '.shimtrace.json'),
      typeof content === 'string' ? content : JSON.stringify(content),
    );
  /** Records anew under the old name: the same events a microsecond later, each in its line and row. */
  const recordAnew = (): void => {
    const text = fs.readFileSync(trace, 'utf8');
    fs.writeFileSync(trace, text.replace(/ 62\.(\d{6}): /g, ' 63.$1: '));
  };

  it('do not count, and are listed with their reason', async () => {
    const done = await suppress();
    assert.equal(done.code, 0);
    assert.match(done.out, /^set aside in .*\.shimtrace\.json: G9@702: .* is pinned \[G9 refs-safe\]\n$/);
    const text = await check();
    assert.equal(text.code, 0);
    assert.match(
      text.out,
      /:702:1: info: suppressed violation G9@702: .*\[G9 refs-safe\] \(reason: known on this kernel\)/,
    );
    const document = JSON.parse((await check('--format', 'json')).out) as Document;
    const [judged] = document.traces;
    assert.deepEqual(
      judged!.suppressed!.map(({ id, reason }) => `${id} ${reason}`),
      ['G9@702 known on this kernel'],
    );
    assert.deepEqual(judged!.staleSuppressions, []);
    assert.equal(judged!.headline.setAside, 1);
    assert.match(judged!.headline.text, /^no violation found, 1 set aside · /);
    const valid = new Ajv().compile(JSON.parse(fs.readFileSync('docs/check.schema.json', 'utf8')) as object);
    assert.ok(valid(document), JSON.stringify(valid.errors));
  });

  it('are bound to the recording, the rule, the pages, the message and the evidence', async () => {
    await suppress();
    const kept = JSON.parse(fs.readFileSync(path.join(folder, '.shimtrace.json'), 'utf8')) as object;
    assert.deepEqual(kept, {
      suppress: [
        {
          trace: 'runs/pinned.txt',
          recording: crypto.createHash('sha256').update(fs.readFileSync(PINNED)).digest('hex'),
          rule: 'G9',
          verdict: 'violation',
          pages: 'ino:268 pgoff 0x4',
          message: 'pages 0x4..0x5 of inode 268 became private while page 0x4 is pinned',
          evidence: [
            'state gup_longterm_ret',
            'related kvm_gmem_ioctl',
            'witness kvm_gmem_store_attributes',
            'confirms unpin_user_folio',
          ],
          reason: 'known on this kernel',
        },
      ],
    });
  });

  it('follow the recording where it is moved', async () => {
    await suppress();
    const moved = path.join(folder, 'moved.txt');
    fs.renameSync(trace, moved);
    const { code, out } = await shimtrace('check', moved);
    assert.equal(code, 0, out);
  });

  it('let the violation of another recording under the old name be seen, and are stale', async () => {
    await suppress();
    const before = await json();
    recordAnew();
    const { code, out } = await check();
    assert.equal(code, 1);
    assert.match(out, /:702:1: error: gfn 0x100004 private while pinned \[G9 refs-safe\]\n/);
    assert.match(
      out,
      /pinned\.txt:1:1: info: stale suppression G9: .* is pinned \(reason: known .*\): it was for another recording/,
    );
    const after = await json();
    assert.equal(after.findings[0]!.id, before.suppressed![0]!.id, 'the row is the same');
    assert.deepEqual(after.suppressed, []);
    assert.deepEqual(
      after.staleSuppressions!.map(({ why }) => why),
      ['other-recording'],
    );
    await suppress();
    assert.equal((await check()).code, 0);
    assert.deepEqual((await json()).staleSuppressions, [], 'the older entry is taken up');
  });

  it('of old, by a file and a row, set nothing aside and say what to do', async () => {
    const { findings } = await json();
    project({ suppress: [{ trace: 'runs/pinned.txt', finding: findings[0]!.id, reason: 'known once' }] });
    const { code, out, err } = await check();
    assert.equal(code, 1);
    assert.equal(err, '');
    assert.match(out, /info: stale suppression G9@702 \(reason: known once\): it names a file and a row/);
    assert.match(out, /set it aside anew/);
    await suppress();
    assert.deepEqual((await json()).staleSuppressions, []);
  });

  it('are not stale where their rule was not judged', async () => {
    await suppress();
    assert.deepEqual((await json('--rules', 'sean-2022')).staleSuppressions, []);
  });

  it('are bound to all files of a run', async () => {
    const run = [path.join(folder, 'host.dat'), path.join(folder, 'guest.dat')];
    for (const file of run) fs.copyFileSync(`sample-traces/session/${path.basename(file)}`, file);
    const listed = async (...files: string[]): Promise<Document['traces'][number]> =>
      (JSON.parse((await shimtrace('check', '--format', 'json', ...files)).out) as Document).traces[0]!;
    const { findings } = await listed(...run);
    await shimtrace('suppress', ...run, findings[0]!.id, '--reason', 'known');
    assert.equal((await listed(...run)).suppressed!.length, 1);
    const alone = await listed(run[0]!);
    assert.deepEqual(alone.suppressed, []);
    assert.deepEqual(
      alone.staleSuppressions!.map(({ why }) => why),
      ['other-recording'],
    );
  });

  it('are kept beside the trace where there is no file for them', async () => {
    fs.rmSync(path.join(folder, '.shimtrace.json'));
    await suppress();
    assert.ok(fs.existsSync(path.join(folder, 'runs/.shimtrace.json')));
    assert.equal((await check()).code, 0);
  });

  it('need a reason and a finding', async () => {
    for (const [argv, message] of [
      [['suppress', trace, 'G9'], /expected --reason TEXT/],
      [['suppress', trace, 'G9', '--reason', ' '], /expected --reason TEXT/],
      [['suppress', trace], /expected FILE\.\.\. FINDING/],
      [['suppress', trace, 'G1@5', '--reason', 'x'], /no finding 'G1@5' in .*; there are G9@702/],
    ] as const) {
      const { code, err } = await shimtrace(...argv);
      assert.equal(code, 2);
      assert.match(err, message);
    }
    assert.equal(fs.readFileSync(path.join(folder, '.shimtrace.json'), 'utf8'), '{}');
  });

  it('that cannot be read are said, and change nothing', async () => {
    project('{');
    const { code, err } = await check();
    assert.equal(code, 1);
    assert.match(err, /\.shimtrace\.json: is not JSON/);
    const refused = await suppress();
    assert.equal(refused.code, 2);
    assert.equal(fs.readFileSync(path.join(folder, '.shimtrace.json'), 'utf8'), '{', 'it is left as it was');
  });
});

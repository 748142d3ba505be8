import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { run } from './run.js';

const TEXT = 'sample-traces/labelled/inplace/M2.p.txt';
const BINARY = 'sample-traces/tracecmd/conv_small.v7-stack.dat';
const REPORT = 'sample-traces/tracecmd/conv_small.v7-stack.report.txt';

async function events(
  ...argv: string[]
): Promise<{ readonly code: number; readonly lines: readonly string[]; readonly err: string }> {
  let out = '';
  let err = '';
  const code = await run(['events', ...argv], {
    out: (text) => (out += text),
    err: (line) => (err += line),
    progress: () => undefined,
  });
  return { code, lines: out.split('\n').slice(0, -1), err };
}

const CODES = 'sample-traces/pastes/P28-error-code-question.txt';
const STACKS = 'sample-traces/pastes/P18-page-ref-report-stacks.txt';

describe('shimtrace events', () => {
  it('says what numbers mean, and prints stacks, below the events, in columns and as data', async () => {
    const said = 'guest write, no mapping present, linear address valid, at its final translation';
    const text = await events('--words', CODES);
    assert.deepEqual([text.lines.length, text.lines.at(-1)], [6, `      error_code 0x182: ${said}`]);
    const tsv = await events('--words', '--format', 'tsv', CODES);
    assert.ok(tsv.lines.at(-1)!.endsWith(`\twords.error_code=${said}`), tsv.lines.at(-1));
    const stacks = await events('--stacks', STACKS);
    assert.deepEqual(stacks.lines.slice(1, 3), [
      '      => get_page_from_freelist',
      '      => __alloc_pages_nodemask',
    ]);
    const json = await events('--stacks', '--words', '--format', 'json', BINARY);
    const document = JSON.parse(json.lines.join('\n')) as {
      events: { words: object; stacks: { user: boolean; frames: string[] }[] }[];
    };
    const first = document.events.find((event) => event.stacks.length > 0)!;
    assert.ok(first.stacks[0]!.frames.length > 3 && !first.stacks[0]!.user);
    assert.ok(document.events.some((event) => 'attrs' in event.words));
  });

  it('prints columns with tabs, then a field each', async () => {
    const { code, lines } = await events('--format', 'tsv', '--event', 'kvm_gmem_set_attributes', TEXT);
    assert.equal(code, 0);
    assert.match(
      lines[0]!,
      /^\d+000\t\d\t\d+\t[^\t]+\tkvm_gmem_set_attributes\t__probe_ip=__kvm_gmem_set_attributes\+0x0\/0x\w+\tino=\d+\tstart=0x\w+\tnr_pages=\d+\tattrs=0x8$/,
    );
  });

  it('prints the events of a binary trace as those of its text', async () => {
    const columns = (line: string): string => {
      const [, cpu, tid, comm, event] = line.split('\t');
      return [cpu, tid, comm, event!.replace(/^.*:/, '')].join(' ');
    };
    const binary = await events('--format', 'tsv', BINARY);
    const text = await events('--format', 'tsv', REPORT);
    assert.ok(binary.lines.length > 100);
    assert.deepEqual(binary.lines.map(columns), text.lines.map(columns));
    assert.ok(
      binary.lines.every((line) => /^[^\t]*(?:\t[^\t]*){3}\t\w+:\w+(?:\t[^\t=]+=[^\t]*)*$/.test(line)),
    );
  });

  it('prints a line each, and one document of data', async () => {
    const text = await events(TEXT);
    const json = await events('--format', 'json', TEXT);
    const document = JSON.parse(json.lines.join('\n')) as {
      schema: string;
      events: { line: number; event: string; fields: object }[];
    };
    assert.equal(document.schema, 'shimtrace.events/1');
    assert.equal(document.events.length, text.lines.length);
    assert.match(text.lines[0]!, /^\S+-\d+ \[\d{3}\] \d+\.\d{6}: \w+: /);
  });

  it('takes ranges by line, event and time, CPUs, threads, names and frames', async () => {
    const all = (await events('--format', 'tsv', TEXT)).lines;
    const some = async (...argv: string[]): Promise<readonly string[]> =>
      (await events('--format', 'tsv', ...argv, TEXT)).lines;
    const json = JSON.parse(
      (await events('--format', 'json', '--from', '100', '--to', '110', TEXT)).lines.join('\n'),
    ) as { events: { line: number }[] };
    assert.deepEqual(
      json.events.map((e) => e.line),
      Array.from({ length: 11 }, (_, i) => 100 + i),
    );
    const time = all[20]!.split('\t')[0]!;
    const seconds = `${time.slice(0, -9)}.${time.slice(-9)}`;
    assert.deepEqual(
      await some('--from', seconds, '--to', seconds),
      all.filter((line) => line.startsWith(`${time}\t`)),
    );
    assert.deepEqual(
      await some('--cpu', '1'),
      all.filter((line) => line.split('\t')[1] === '1'),
    );
    const tid = all[0]!.split('\t')[2]!;
    assert.deepEqual(
      await some('--tid', tid, '--cpu', '0'),
      all.filter((line) => line.split('\t')[2] === tid && line.split('\t')[1] === '0'),
    );
    assert.deepEqual(
      await some('--event', 'kvm_gmem_*'),
      all.filter((line) => line.split('\t')[4]!.startsWith('kvm_gmem_')),
    );
    const frames = await some('--gfn', '0x100001');
    assert.ok(frames.length > 0 && frames.length < all.length);
    assert.ok(frames.some((line) => line.includes('\tkvm_mmu_unmap_gfn_range\t')));
    assert.equal((await events('--format', 'tsv', '--from', '3', '--to', '5', BINARY)).lines.length, 3);
  });

  it('says what is wrong with its arguments', async () => {
    for (const argv of [
      ['--from', 'soon'],
      ['--cpu', 'x'],
      ['--format', 'xml'],
      ['--gfn', 'q'],
    ]) {
      const { code, err } = await events(...argv, TEXT);
      assert.equal(code, 2);
      assert.match(err, /^shimtrace: --/);
    }
  });

  it('ends quietly when its reader does', () => {
    const { status, stdout, stderr } = spawnSync(
      'sh',
      ['-c', `"${process.execPath}" out/cli/main.js events ${TEXT}; echo "code $?" >&2`],
      { encoding: 'utf8', maxBuffer: 1 << 26 },
    );
    assert.equal(status, 0);
    assert.ok(stdout.length > 0 && stderr === 'code 0\n');
    const cut = spawnSync(
      'sh',
      ['-c', `{ "${process.execPath}" out/cli/main.js events ${TEXT}; echo "code $?" >&2; } | head -1`],
      { encoding: 'utf8' },
    );
    assert.equal(cut.stderr, 'code 0\n');
  });
});

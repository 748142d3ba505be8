import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { evidenceLine, NO_NOTES, printNotes, withRemark } from '../model/review/notes.js';
import { readSeries } from '../parsers/patch/series.js';
import { run } from './run.js';
import { treeReader } from './review/tree.js';

const PATCH = 'test/review/in-use.patch';
const TREE = 'test/review/tree';
const PINNED = 'sample-traces/labelled/inplace/M2.p.txt';
const CORRECT = 'sample-traces/labelled/inplace/N.p.txt';
const LOST = 'sample-traces/labelled/inplace/M2.PhC.lost.txt';

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function review(...argv: string[]): Promise<Ran> {
  let out = '';
  const err: string[] = [];
  const code = await run(['review', ...argv], {
    out: (text) => (out += text),
    err: (line) => err.push(line),
    progress: () => undefined,
  });
  return { code, out, err: err.join('\n') };
}

describe('shimtrace review', () => {
  let folder = '';
  before(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'shimtrace-'))));
  after(() => fs.rmSync(folder, { recursive: true }));

  it('exits with 1 where a violation passes through the patch, or a claim is contradicted', async () => {
    assert.equal((await review(PATCH, '--tree', TREE, '--trace', PINNED)).code, 1);
    assert.equal((await review(PATCH, '--tree', TREE, '--trace', CORRECT)).code, 0);
    assert.equal((await review(PATCH, '--trace', CORRECT, '--expect', 'kvm_gmem_ioctl never runs')).code, 1);
    const mended = await review(PATCH, '--base', PINNED, '--trace', CORRECT, '--expect', 'G9 never');
    assert.equal(mended.code, 0);
    assert.match(mended.out, /Claim "G9 never": supported; broken in 1 of 1 checks without the patch/);
    assert.equal((await review(PATCH, '--trace', PINNED, '--format', 'b4-check')).code, 0);
  });

  it('with --strict takes neither lost events nor what cannot be told', async () => {
    assert.equal((await review(PATCH, '--trace', LOST)).code, 0);
    assert.equal((await review(PATCH, '--trace', LOST, '--strict')).code, 2);
    assert.equal((await review(PATCH, '--trace', CORRECT, '--expect', 'G9 never', '--strict')).code, 2);
  });

  it('prints a recipe without any trace, and less of it beside one', async () => {
    const all = await review(PATCH, '--tree', TREE, '--recipe');
    assert.equal(all.code, 0);
    assert.match(all.out, /^probe 'p:review\/kvm_gmem_is_safe_for_conversion /m);
    const rest = await review(PATCH, '--tree', TREE, '--recipe', '--trace', CORRECT);
    assert.doesNotMatch(rest.out, /^probe 'p:review\/kvm_gmem_is_safe_for_conversion /m);
    assert.ok(rest.out.length < all.out.length);
  });

  it('knows what did not run where somebody says what was recorded', async () => {
    const probes = path.join(folder, 'probes');
    fs.writeFileSync(probes, 'p:x gmem_record\n');
    const { out } = await review(PATCH, '--tree', TREE, '--trace', CORRECT, '--probes', probes);
    assert.match(out, /gmem_record\(\) was recorded and did not run/);
  });

  it('is of the patches, functions and hunks that are asked for', async () => {
    const of = async (...argv: string[]): Promise<string> =>
      (await review(PATCH, '--tree', TREE, '--trace', CORRECT, ...argv)).out;
    const all = await of();
    assert.match(all, /^__kvm_gmem_set_attributes\(\) ran/m);
    assert.match(all, /^kvm_gmem_is_safe_for_conversion\(\) ran/m);
    const one = await of('--function', 'kvm_gmem_is_safe_for_conversion');
    assert.doesNotMatch(one, /__kvm_gmem_set_attributes\(\) ran/);
    assert.match(one, /^kvm_gmem_is_safe_for_conversion\(\) ran/m);
    const withoutCommand = (text: string): string =>
      text.replace(/^ shimtrace review[\s\S]*?(?=^ the tree)/m, '');
    assert.equal(withoutCommand(await of('--hunk', '2')), withoutCommand(one));
    assert.match(await of('--patch', '1', '--hunk', '3'), /^__kvm_gmem_set_attributes\(\) ran/m);
    const recipe = await review(PATCH, '--tree', TREE, '--recipe', '--function', 'gmem_record');
    assert.match(recipe.out, /^# gmem_record /m);
    assert.doesNotMatch(recipe.out, /^# __kvm_gmem_set_attributes /m);
  });

  it('judges no trace for a recipe', async () => {
    const err: string[] = [];
    await run(['review', PATCH, '--recipe', '--trace', CORRECT], {
      out: () => undefined,
      err: () => undefined,
      progress: (text) => err.push(text),
    });
    assert.ok(!err.some((text) => text.includes('judging')));
  });

  it('takes files of one set together where their clocks are given', async () => {
    const second = path.join(folder, 'second.txt');
    fs.copyFileSync('sample-traces/labelled/inplace/N.w.txt', second);
    const argv = [PATCH, '--trace', CORRECT, '--trace', second, '--format', 'json'];
    const setsOf = (out: string): readonly { readonly traces: readonly object[] }[] =>
      (JSON.parse(out) as { sets: { traces: object[] }[] }).sets;
    assert.equal(setsOf((await review(...argv)).out)[0]!.traces.length, 2);
    const [set] = setsOf((await review(...argv, '--offset', `${second}=0`)).out);
    assert.equal(set!.traces.length, 1);
    assert.match(JSON.stringify(set), /"others":\[{"path":".*second.txt"/);
    const unknown = await review(...argv, '--guest', 'other.txt');
    assert.match(unknown.err, /--guest names 'other.txt'/);
    // Of a guest whose clock nobody knows nothing is said, nor is it taken for a recording of the patch.
    const apart = await review(...argv, '--guest', second);
    assert.equal(apart.code, 2);
    assert.match(
      apart.err,
      /cannot be taken as one run: .*second\.txt is of a guest, .*; give --offset FILE=NS/,
    );
    const guest = await review(...argv, '--guest', second, '--offset', `${second}=0`, '--format', 'text');
    const alone = await review(PATCH, '--trace', CORRECT);
    const runs = (out: string): readonly string[] => out.match(/\(\) ran .*/g) ?? [];
    assert.ok(runs(alone.out).length > 0);
    assert.deepEqual(runs(guest.out), runs(alone.out));
  });

  it('has a column for each version of a series', async () => {
    const { out } = await review(PATCH, '--trace', `v1=${PINNED}`, '--trace', `v2=${CORRECT}`);
    assert.match(out, /^ rule +v1 +v2$/m);
    assert.match(out, /^ G9 +broken 1\/1 +held 0\/1$/m);
    const claimed = await review(
      PATCH,
      '--trace',
      `v1=${PINNED}`,
      '--trace',
      `v2=${CORRECT}`,
      '--expect',
      'G9 never',
    );
    assert.equal(claimed.code, 0, 'the last version counts');
    assert.match(claimed.out, /Claim "G9 never", v1: contradicted/);
  });

  it('prints its command as a shell takes it, whatever is in a name or a claim', async () => {
    const spaced = path.join(folder, "it's after.txt");
    fs.copyFileSync(CORRECT, spaced);
    const claim = "G9 never in x';y";
    const { out } = await review(PATCH, '--trace', `new=${spaced}`, '--expect', claim);
    const command = /shimtrace review \S+ --trace [\s\S]*?in x'\S*/.exec(out)![0].replace(/\s+/g, ' ');
    const { stdout } = spawnSync('sh', ['-c', `shimtrace() { printf '%s\\n' "$@"; }; ${command}`], {
      encoding: 'utf8',
    });
    assert.deepEqual(stdout.trimEnd().split('\n'), [
      'review',
      'in-use.patch',
      '--trace',
      "new=it's after.txt",
      '--expect',
      claim,
    ]);
  });

  it('gives the same bytes for the same bytes', async () => {
    for (const format of ['text', 'mail', 'json', 'sarif', 'note', 'github', 'patchwork']) {
      const argv = [PATCH, '--tree', TREE, '--base', PINNED, '--trace', CORRECT, '--format', format];
      assert.equal((await review(...argv)).out, (await review(...argv)).out, format);
    }
  });

  it("writes b4's review files where it is told", async () => {
    const out = path.join(folder, 'b4');
    assert.equal((await review(PATCH, '--trace', CORRECT, '--format', 'b4-review', '--out', out)).code, 0);
    assert.deepEqual(fs.readdirSync(out).sort(), ['0001.txt', 'identity.txt', 'series.txt']);
  });

  it('says what is wrong with its arguments', async () => {
    for (const [argv, message] of [
      [[], /expected at least one PATCH/],
      [[PATCH], /expected --trace FILE, or --recipe/],
      [[PATCH, '--trace', CORRECT, '--expect', 'G9 sometimes'], /--expect takes 'G9 never'/],
      [[PATCH, '--trace', CORRECT, '--version', 'x'], /--version takes a number/],
      [[PATCH, '--trace', CORRECT, '--width', '3'], /--width takes/],
      [[PATCH, '--trace', CORRECT, '--patch', '2'], /--patch 2: there are 1 patches/],
      [[PATCH, '--trace', CORRECT, '--hunk', '9'], /the patch has 3 hunks/],
      [[PATCH, '--trace', CORRECT, '--hunk', 'x'], /--hunk takes a number/],
      [[PATCH, '--trace', CORRECT, '--function', 'f'], /--function f: no patch touches it/],
      [[PATCH, '--trace', CORRECT, '--tree', PATCH], /is no folder/],
      [[CORRECT, '--recipe'], /There is no diff in it/],
      [['nothing.patch', '--recipe'], /no such file/],
      [[PATCH, '--trace', CORRECT, '--format', 'b4-review'], /needs --out/],
    ] as const) {
      const { code, err } = await review(...argv);
      assert.equal(code, 2, argv.join(' '));
      assert.match(err, message);
    }
  });

  it('opens nothing outside of the tree, through a link either', () => {
    const tree = path.join(folder, 'tree');
    fs.mkdirSync(tree);
    fs.writeFileSync(path.join(folder, 'secret.c'), 'x');
    fs.writeFileSync(path.join(tree, 'own.c'), 'y');
    fs.symlinkSync(path.join(folder, 'secret.c'), path.join(tree, 'link.c'));
    const read = treeReader(tree, () => undefined);
    assert.deepEqual(
      ['own.c', 'link.c', '../secret.c', path.join(folder, 'secret.c'), 'none.c', 'own.c/x'].map(read),
      ['y', undefined, undefined, undefined, undefined, undefined],
    );
  });

  it('has the remarks of a .review file in the reply, with the lines of the recordings', async () => {
    const series = readSeries([fs.readFileSync(PATCH)]);
    const evidence = evidenceLine('M2.p.txt', 702, 'G9@702');
    const place = { patch: 0, file: 0, hunk: 1, line: 8 };
    const on = withRemark(
      withRemark(NO_NOTES, undefined, 'Hello Zoe,'),
      place,
      `Is this right?\n${evidence}`,
    );
    const remarks = path.join(folder, 'in-use.review');
    fs.writeFileSync(remarks, printNotes(on, series));
    const asked = [PATCH, '--tree', TREE, '--base', PINNED, '--trace', CORRECT, '--remarks', remarks];
    const { out, code } = await review(...asked, '--format', 'mail');
    assert.equal(code, 0);
    const line = ' CPU 0/KVM-275 [0] 62.292357 kvm_gmem_store_attributes:';
    assert.match(out, /wrote:\nHello Zoe,\n\n>/);
    assert.ok(out.includes(`> +\t\treturn -EAGAIN;\n\nIs this right?\n${line}`), out);
    // As a mailer shows it: the remark is on the line that it was written on.
    const [answer] = readSeries([fs.readFileSync(PATCH), Buffer.from(out)]).patches;
    const about = series.patches[0]!.files[0]!.hunks[1]!.lines[8]!.line;
    const back = answer!.remarks.find((each) => each.texts[0] === 'Is this right?');
    assert.equal(back?.about, about);
    await review(...asked, '--format', 'b4-review', '--out', folder);
    assert.ok(
      fs.readFileSync(path.join(folder, '0001.txt'), 'utf8').includes('return -EAGAIN;\n\nIs this right?'),
    );
  });

  it('says which remarks found no place, and refuses what holds none', async () => {
    const series = readSeries([fs.readFileSync(PATCH)]);
    const place = { patch: 0, file: 0, hunk: 1, line: 8 };
    const remarks = path.join(folder, 'old.review');
    const other = printNotes(withRemark(NO_NOTES, place, 'Why?'), series).replace(
      'return -EAGAIN',
      'return -EBUSY',
    );
    fs.writeFileSync(remarks, other);
    const { out, err } = await review(PATCH, '--trace', CORRECT, '--remarks', remarks, '--format', 'mail');
    assert.match(err, /old\.review: 1 remark found no place in this version/);
    assert.match(out, /wrote:\n> \+\t\treturn -EBUSY;\n\nWhy\?\n/);
    assert.equal((await review(PATCH, '--trace', CORRECT, '--remarks', PATCH)).code, 2);
  });

  it('leaves a line of a recording that is another now as it was written', async () => {
    const series = readSeries([fs.readFileSync(PATCH)]);
    const traces = [{ role: 'without' as const, name: 'M2.p.txt', digest: '0123456789ab' }];
    const notes = withRemark({ ...NO_NOTES, traces }, undefined, evidenceLine('M2.p.txt', 702, undefined));
    const remarks = path.join(folder, 'stale.review');
    fs.writeFileSync(remarks, printNotes(notes, series));
    const { out } = await review(PATCH, '--base', PINNED, '--trace', CORRECT, '--remarks', remarks);
    assert.ok(out.includes(' [M2.p.txt:702] (stale: the recording is another now)'), out);
  });
});

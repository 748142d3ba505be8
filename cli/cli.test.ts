import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { Ajv } from 'ajv';
import { run } from './run.js';
import { openSource } from './fileSource.js';
import { parseRange } from './select.js';
import { UsageError } from './errors.js';

const ESCAPE = '\u001b';
const PINNED = 'sample-traces/labelled/inplace/M2.p.txt';
const CORRECT = 'sample-traces/labelled/inplace/N.p.txt';
const LOST = 'sample-traces/scenarios/20-pin-with-loss.txt';
const SCENARIO = 'sample-traces/scenarios/05-stored-while-pinned.txt';

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: readonly string[];
}

/** Runs a command in this process; progress is refused, for it belongs on a terminal only. */
async function shimtrace(...argv: string[]): Promise<Ran> {
  let out = '';
  const err: string[] = [];
  const code = await run(argv, {
    out: (text) => (out += text),
    err: (line) => err.push(line),
    progress: () => undefined,
  });
  return { code, out, err };
}

/** Runs the program itself, as a shell would. */
function program(
  argv: readonly string[],
  input?: Buffer,
): { readonly code: number | null; readonly out: string; readonly err: string } {
  const result = spawnSync(process.execPath, ['out/cli/main.js', ...argv], {
    encoding: 'utf8',
    ...(input === undefined ? {} : { input }),
  });
  return { code: result.status, out: result.stdout, err: result.stderr };
}

describe('the command line', () => {
  let folder = '';
  before(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'shimtrace-'))));
  after(() => fs.rmSync(folder, { recursive: true }));

  /** A file of the test's own. */
  function file(name: string, content: string | Buffer): string {
    const at = path.join(folder, name);
    fs.writeFileSync(at, content);
    return at;
  }

  describe('check', () => {
    it('finds the pin, on its line, and exits with 1', async () => {
      const { code, out } = await shimtrace('check', PINNED);
      assert.equal(code, 1);
      assert.match(
        out,
        /^sample-traces\/labelled\/inplace\/M2\.p\.txt:702:1: error: gfn 0x100004 private while pinned \[G9 refs-safe\]\n {4}sample-traces\/\S+:702:1: note: pages .* is pinned\n {4}sample-traces\/\S+:662:1: note: /,
      );
      assert.match(out, /\n {4}fix: Unmap, drain [^\n]+\n {4}explain: G9@702\n\n/);
    });

    it('lists after the findings what was judged, and why what was not; every rule when asked', async () => {
      const { out } = await shimtrace('check', PINNED);
      const judged = out.indexOf(`\n${PINNED}: 1 violation · `);
      assert.ok(judged > out.indexOf('explain: G9@702'), out);
      assert.ok(out.indexOf('\nrule ') > judged, out);
      assert.match(out, /\nG6b unbracketed-truncate +guest-memfd +undecided +0 +0 +not-recorded: /);
      assert.doesNotMatch(out, /\nG9 refs-safe/);
      const { out: verbose } = await shimtrace('check', '--verbose', PINNED);
      assert.match(verbose, /\nG9 refs-safe +guest-memfd +broken +1 +1\n/);
      assert.match(verbose, /\nG2 no-install-during-invalidate +guest-memfd +held /);
    });

    it('prints colours when asked, and never into a pipe by itself', () => {
      const plain = program(['check', PINNED]).out;
      assert.ok(!plain.includes(ESCAPE));
      const coloured = program(['check', '--color', 'always', PINNED]).out;
      assert.ok(coloured.includes(`${ESCAPE}[1;31merror:${ESCAPE}[0m`), coloured);
      assert.equal(stripVTControlCharacters(coloured), plain);
    });

    it('lets no escape of a trace through with the colours', () => {
      const hostile = file(`host${ESCAPE}[31mile.txt`, fs.readFileSync(PINNED));
      const { out } = program(['check', '--color=always', hostile]);
      assert.match(out, /host\\x1b\[31mile\.txt/);
      assert.ok(!out.includes(`${ESCAPE}[31m`), out);
    });

    it('prints what is new while a file grows, and begins anew where it is another one', async () => {
      const whole = fs.readFileSync(PINNED, 'utf8').split('\n');
      const growing = file('growing.txt', `${whole.slice(0, 690).join('\n')}\n`);
      const rotated = file('rotated.txt', `${whole.slice(0, 695).join('\n')}\n`);
      const argv = ['out/cli/main.js', 'check', '--watch', '--verbose', growing];
      // Killed at the latest where the test itself has failed.
      const child = spawn(process.execPath, argv, { timeout: 30_000, killSignal: 'SIGKILL' });
      let out = '';
      let err = '';
      child.stderr.on('data', (text: Buffer) => {
        err += text.toString();
      });
      child.stdout.on('data', (text: Buffer) => {
        out += text.toString();
        if (
          out.includes('no violation found · ') &&
          fs.readFileSync(growing, 'utf8').split('\n').length < 700
        )
          fs.appendFileSync(growing, whole.slice(690).join('\n'));
        if (!out.includes(': 1 violation · ')) return;
        if (fs.existsSync(rotated)) fs.renameSync(rotated, growing);
        else if (out.lastIndexOf('no violation found · ') > out.indexOf(': 1 violation · '))
          child.kill('SIGINT');
      });
      const code = await new Promise((done) => child.on('close', done));
      assert.equal(code, 0);
      assert.equal(out.split(':702:1: error: ').length, 2, out);
      assert.match(out, /^\S+growing\.txt: .*no violation found · .*\n\S+growing\.txt:702:1: error: /);
      assert.equal(err.split('read whole (first), judged all (first)').length, 3, err);
    });

    it('watches files, and prints text', async () => {
      for (const argv of [['-'], [PINNED, '--format', 'json']])
        assert.match(
          (await shimtrace('check', '--watch', ...argv)).err[0]!,
          /--watch .*; see shimtrace check --help$/,
        );
    });

    it('exits with 0 on a correct kernel', async () => {
      assert.equal((await shimtrace('check', CORRECT)).code, 0);
    });

    it('judges by the profiles it is given', async () => {
      const { code, out } = await shimtrace(
        'check',
        '--rules',
        'luto-2022',
        '--rules',
        'sean-2022',
        '--format',
        'json',
        SCENARIO,
      );
      assert.equal(code, 1);
      const trace = (JSON.parse(out) as { traces: { profiles: string[]; rules: { profile: string }[] }[] })
        .traces[0]!;
      assert.deepEqual(trace.profiles, ['sean-2022', 'luto-2022']);
      assert.deepEqual([...new Set(trace.rules.map((r) => r.profile))].sort(), ['luto-2022', 'sean-2022']);
    });

    it('gives JSON of its schema for real traces', async () => {
      const check = new Ajv({ strict: true, strictRequired: false }).compile(
        JSON.parse(fs.readFileSync('docs/check.schema.json', 'utf8')) as object,
      );
      const { out } = await shimtrace(
        'check',
        '--format',
        'json',
        PINNED,
        CORRECT,
        LOST,
        'sample-traces/labelled/base/N.vf.txt',
      );
      assert.ok(check(JSON.parse(out)), JSON.stringify(check.errors));
      assert.equal((JSON.parse(out) as { traces: unknown[] }).traces.length, 4);
    });

    it('gives SARIF whose parts are those of 2.1.0 for real traces', async () => {
      const check = new Ajv({ strict: true, strictRequired: false, formats: { uri: true } }).compile(
        JSON.parse(fs.readFileSync('test/support/sarif-parts.schema.json', 'utf8')) as object,
      );
      const { out } = await shimtrace('check', '--format', 'sarif', PINNED, LOST);
      assert.ok(check(JSON.parse(out)), JSON.stringify(check.errors));
    });

    it('gives the same bytes for the same bytes', async () => {
      for (const format of ['text', 'json', 'sarif', 'junit']) {
        const first = await shimtrace('check', '--format', format, PINNED);
        assert.deepEqual(await shimtrace('check', '--format', format, PINNED), first);
      }
    });

    it('reads standard input as it reads the file', () => {
      const piped = program(['check', '-'], fs.readFileSync(PINNED));
      const read = program(['check', PINNED]);
      assert.equal(piped.code, 1);
      assert.equal(piped.out.replaceAll('<stdin>', PINNED), read.out);
    });

    it('fails on loss only with --strict', async () => {
      const loose = await shimtrace('check', LOST);
      const strict = await shimtrace('check', '--strict', LOST);
      assert.equal(loose.code, 0);
      assert.equal(strict.code, 2);
      assert.match(strict.err[0]!, /events were lost/);
      assert.equal(strict.out, loose.out);
    });

    it('gives no all-clear where nothing could be judged, and fails with --strict', async () => {
      const other = file(
        'other.txt',
        '            bash-77      [000] .....    12.000001: sched_switch: prev_comm=bash prev_pid=77\n',
      );
      const nothing = 'nothing could be judged: no event of KVM or guest_memfd';
      const loose = await shimtrace('check', other);
      assert.equal(loose.code, 0);
      assert.ok(loose.out.includes(`other.txt: ${nothing}; 1 event`), loose.out);
      const strict = await shimtrace('check', '--strict', other);
      assert.equal(strict.code, 2);
      assert.ok(strict.err[0]!.includes(nothing), strict.err.join());
      for (const format of ['json', 'sarif', 'junit'])
        assert.ok((await shimtrace('check', '--format', format, other)).out.includes(nothing), format);
    });

    it('fails where a rule that is required could not be judged', async () => {
      assert.equal((await shimtrace('check', '--require', 'G9,G4', CORRECT)).code, 0);
      assert.equal((await shimtrace('check', '--require', 'G9', PINNED)).code, 1);
      const { code, err } = await shimtrace('check', '--require', 'G4', '--require', 'G9,R1', LOST);
      assert.equal(code, 2);
      assert.match(err[0]!, /--require: G9 is undecided \(lost .*; R1 is no rule of profile/);
      const other = await shimtrace('check', '--require', 'G11', CORRECT);
      assert.equal(other.code, 2);
      assert.match(other.err[0]!, /--require: G11 is not applicable$/);
      assert.equal((await shimtrace('check', '--require', 'G99', CORRECT)).code, 2);
    });

    it('prints only the verdicts asked for, with the same exit code and headline', async () => {
      const { code, out } = await shimtrace('check', '--verdict', 'suspicious', PINNED);
      assert.equal(code, 1);
      assert.doesNotMatch(out, /: error: /);
      assert.match(out, /M2\.p\.txt: 1 violation · \d+ rules held/);
    });

    it('judges the usable files of several and exits with 2', async () => {
      const { code, out, err } = await shimtrace('check', path.join(folder, 'none.txt'), PINNED);
      assert.equal(code, 2);
      assert.match(err[0]!, /none\.txt: no such file/);
      assert.match(out, /\[G9 refs-safe\]/);
    });
  });

  describe('what cannot be used', () => {
    const bad: readonly (readonly [name: string, content: string | Buffer, message: RegExp])[] = [
      ['empty.txt', '', /empty\.txt: The input holds no event\./],
      ['prose.txt', 'Dear all,\nthis is no trace.\n', /prose\.txt: This is none of the formats/],
      [
        'noise.bin',
        Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 7919) & 0xff)),
        /noise\.bin: This is none of the formats/,
      ],
      ['long.txt', 'x'.repeat(3_000_000), /long\.txt(:1)?: /],
      [
        'header.txt',
        '# tracer: nop\n#\n# entries-in-buffer/entries-written: 0/0   #P:2\n#\n',
        /header\.txt.*: The input holds no event\./,
      ],
    ];
    for (const [name, content, message] of bad) {
      it(`says so of ${name}`, async () => {
        const { code, out, err } = await shimtrace('check', file(name, content));
        assert.equal(code, 2);
        assert.equal(out, '');
        assert.match(err.join('\n'), message);
      });
    }

    it('says so of a folder', async () => {
      const { code, err } = await shimtrace('check', folder);
      assert.equal(code, 2);
      assert.match(err[0]!, /is a directory, expected a trace file/);
    });

    it('says what to do with a folder of perf record --threads', async () => {
      const threads = path.join(folder, 'threads.data');
      fs.mkdirSync(threads);
      for (const name of ['data', 'data.0']) fs.writeFileSync(path.join(threads, name), 'PERFILE2');
      const { code, err } = await shimtrace('check', threads);
      assert.equal(code, 2);
      assert.match(err[0]!, /directory of perf record --threads.*perf script -i/);
    });

    it('says of a trace.dat that is cut off that it is, not that nothing was recorded', async () => {
      const whole = fs.readFileSync('sample-traces/tracecmd/conv_small.v7-stack.dat');
      const half = file('half.dat', whole.subarray(0, whole.length / 2));
      const { code, err } = await shimtrace('check', half);
      assert.equal(code, 2);
      assert.match(err.join(), /half\.dat.*: The input ends inside a record\./);
    });

    it('keeps what precedes a tear, and says that it is torn', async () => {
      const whole = fs.readFileSync(PINNED);
      const { code, out } = await shimtrace(
        'check',
        file('torn.txt', whole.subarray(0, whole.length - 70_000)),
      );
      assert.equal(code, 1);
      assert.match(out, /\[torn-tail\]/);
    });

    it('notices a file that grows or shrinks while it is read', () => {
      const at = file('growing.txt', 'a'.repeat(100));
      const source = openSource(at);
      assert.equal(source.changed(), undefined);
      fs.appendFileSync(at, 'b');
      assert.equal(source.read(0, 1000).length, 100);
      assert.match(source.changed()!, /grew from 100 to 101 bytes/);
      fs.truncateSync(at, 40);
      assert.equal(source.read(0, 1000).length, 40);
      assert.match(source.changed()!, /shrank from 100 to 40 bytes/);
      source.close();
    });

    it('goes on reading a file that was deleted after it was opened', () => {
      const at = file('gone.txt', 'abc');
      const source = openSource(at);
      fs.rmSync(at);
      assert.equal(Buffer.from(source.read(1, 5)).toString(), 'bc');
      source.close();
    });

    const usage: readonly (readonly [argv: readonly string[], message: RegExp])[] = [
      [[], /expected a command/],
      [['chek', 'x'], /no command 'chek'; there are check, /],
      [['check'], /expected at least one FILE/],
      [
        ['check', '--rules', 'linus', 'x'],
        /--rules takes sean-2022, luto-2022, guest-memfd, pkvm; not 'linus'/,
      ],
      [['check', '--format', 'yaml', 'x'], /--format takes text, json, sarif, junit; not 'yaml'/],
      [['check', '--frmat', 'json', 'x'], /Unknown option '--frmat'/],
      [['check', '--clock', 'sundial', PINNED], /--clock takes local, global, /],
      [['check', '--skew-us', '-1', PINNED], /--skew-us/],
      [['check', '--page-size', '8K', PINNED], /--page-size takes 4K, 16K, 64K; not '8K'/],
      [['explain', PINNED], /expected FILE\.\.\. FINDING/],
      [['explain', PINNED, 'G99'], /no finding 'G99' in .*; there are G9@/],
      [['timeline', PINNED, '--gfn', 'x'], /--gfn takes a page number/],
      [['timeline', PINNED, '--vm', 'x'], /no VM 'x' in this trace; it has kvm:0x/],
      [['timeline', PINNED, '--inode', '1'], /no inode 1 of guest_memfd in this trace; it has 268/],
      [['timeline', PINNED, '--at', 'noon'], /--at takes a line/],
    ];
    for (const [argv, message] of usage) {
      it(`refuses shimtrace ${argv.join(' ')}`, async () => {
        const { code, err } = await shimtrace(...argv);
        assert.equal(code, 2);
        assert.match(err.join('\n'), message);
      });
    }
  });

  describe('explain', () => {
    it('takes a line, the worst of it, and says what else is broken there', async () => {
      const both = 'sample-traces/rules/A3a/violation.txt';
      for (const line of ['131', ':131', 'G1@131']) {
        const { code, out } = await shimtrace('explain', both, line);
        assert.equal(code, 0, line);
        assert.match(out, /^sample-traces\S+:131:1: violation: gfn 0x100004 private while mapped\n/, line);
        assert.match(out, /\nalso {4}G9 refs-safe: page 0x4 of inode 7479 .* \(G9@131\)\n/, line);
      }
      const again = await shimtrace('explain', 'sample-traces/labelled/base/M10.va.txt', '1007');
      assert.match(again.out, /\nagain {3}\S+:852:1: .*\(G3@852\)\nagain {3}\S+:938:1: .*\n/);
      const none = await shimtrace('explain', both, '7');
      assert.equal(none.code, 2);
      assert.match(none.err.join(''), /no finding '7' in .*; there are G1@131, G9@131/);
    });

    it("tells the chain of a finding with the page's state after each event", async () => {
      const { code, out } = await shimtrace('explain', PINNED, 'G9');
      assert.equal(code, 0);
      assert.match(
        out,
        /M2\.p\.txt:662:1: 62\.291405 \[000\] CPU 0\/KVM-275 gup_longterm_ret: .* index0=0x4 ino0=268\n.*struct page of pfn 0x102a73\n.*\n {8}after: .*1 pin\n/,
      );
      assert.match(out, /\n=> \S+:702:1: .*kvm_gmem_store_attributes/);
    });

    it('knows a finding by its id', async () => {
      const id = /G9@\d+/.exec((await shimtrace('check', PINNED)).out)![0];
      const { out } = await shimtrace('explain', '--format', 'json', PINNED, id);
      assert.equal((JSON.parse(out) as { finding: { id: string } }).finding.id, id);
    });
  });

  describe('timeline', () => {
    it('prints the life of a page', async () => {
      const { out } = await shimtrace('timeline', PINNED, '--gfn', '0x100004');
      assert.match(out, /^kvm:0xffff8881009cc000 gfn 0x100004\n {5}start \.\. 357 /);
      assert.match(out, /private, .*1 pin.*<- kvm_gmem_store_attributes\n/);
    });

    it('prints the state at a line and at a time alike', async () => {
      const atLine = await shimtrace(
        'timeline',
        PINNED,
        '--inode',
        '268:4',
        '--at',
        '702',
        '--format',
        'csv',
      );
      const atTime = await shimtrace(
        'timeline',
        PINNED,
        '--inode',
        '268:4',
        '--at',
        '62.292357',
        '--format',
        'csv',
      );
      assert.equal(atLine.out, atTime.out);
      assert.match(atLine.out, /^unit,vm,.*\npgoff,,268,0x4,1,702,62\.292357,\d+,[\d.]+,private,/);
    });

    it('joins pages of one life in a range', async () => {
      const { out } = await shimtrace('timeline', PINNED, '--inode', '268:8-15', '--format', 'json');
      const { intervals } = JSON.parse(out) as { intervals: { first: number; count: number }[] };
      assert.ok(intervals.every((i) => i.first === 8 && i.count === 8));
    });

    it('reads ranges', () => {
      assert.deepEqual(parseRange('--gfn', '0x10'), { first: 16, count: 1 });
      assert.deepEqual(parseRange('--gfn', '0x10-0x1f'), { first: 16, count: 16 });
      assert.deepEqual(parseRange('--gfn', '16+4'), { first: 16, count: 4 });
      for (const text of ['', '-1', '0x', '5-4', '5+0', '1..2'])
        assert.throws(() => parseRange('--gfn', text), UsageError);
    });
  });

  describe('info, rules and help', () => {
    it('says what a trace holds and lacks', async () => {
      const { code, out } = await shimtrace('info', PINNED);
      assert.equal(code, 0);
      assert.match(
        out,
        /^slot {4}kvm:0xffff8881009cc000 slot 10: gfn 0x100000\.\.0x10000f, inode 268 from page 0x0$/m,
      );
      assert.match(out, /^ {2}GmemFallocate: p:guest_memfd\/kvm_gmem_fallocate /m);
    });

    it('writes a recipe of probes and tracepoints', async () => {
      const { out } = await shimtrace('info', '--recipe');
      assert.match(out, /^probe 'p:guest_memfd\/kvm_gmem_bind kvm_gmem_bind /m);
      assert.match(out, /^on x86_64 enable kvmmmu\/kvm_tdp_mmu_spte_changed$/m);
    });

    it('lists the rules', async () => {
      const { out } = await shimtrace('rules', '--rules', 'luto-2022', '--format', 'json');
      assert.deepEqual(
        (JSON.parse(out) as { rules: { id: string }[] }).rules.map((r) => r.id),
        ['A1', 'A2', 'A3a', 'A3b', 'A4a', 'A4b'],
      );
    });

    it('has help for every command', async () => {
      for (const name of ['check', 'timeline', 'explain', 'info', 'rules']) {
        const { code, out } = await shimtrace(name, '--help');
        assert.equal(code, 0);
        assert.match(out, new RegExp(`^usage: shimtrace ${name} `));
      }
      assert.match((await shimtrace('--help')).out, /^usage: shimtrace COMMAND/);
    });

    it('leaves quietly when the reader of a pipe has had enough', () => {
      const result = spawnSync(
        'sh',
        ['-c', `"$0" out/cli/main.js timeline ${PINNED} --format json | head -n 1`, process.execPath],
        { encoding: 'utf8' },
      );
      assert.equal(result.stdout, '{\n');
      assert.equal(result.stderr, '');
    });
  });
});

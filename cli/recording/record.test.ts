import assert from 'node:assert/strict';
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { FakeTracefs, statsText, type FakeHost } from '../../test/support/fakeTracefs.js';
import { exitRecord, USERSPACE_EXIT } from '../../test/support/tracedatSamples.js';
import { headerPage, PageWriter } from '../../test/support/tracedatWriter.js';
import { NEVER_CANCELLED } from '../../parsers/base/cancel.js';
import { MemorySource } from '../../parsers/base/source.js';
import { readTrace } from '../../parsers/index.js';
import { RULES } from '../../model/rules/registry.js';
import { planFor, type RecordPlan } from '../../recorder/plan.js';
import { hostScript } from '../../recorder/script.js';
import { parseSidecar, type Sidecar } from '../../recorder/sidecar.js';
import { run } from '../run.js';
import { Client, type Limits } from './client.js';
import { recordTo, type Asked } from './run.js';
import type { Told } from './watcher.js';
import { commandTransport, localTransport } from './transport.js';
import { PRODUCER } from '../version.js';

/** Two tracepoints cost nothing to arm. */
const plan: RecordPlan = { ...planFor(RULES, ['G8']), probes: [] };
const TRACEPOINTS = plan.tracepoints.map(({ path: name }) => name);
const EVENTS = [
  '     qemu-kvm-77      [000] .....   100.000001: kvm_userspace_exit: reason KVM_EXIT_MMIO (6)',
  '     qemu-kvm-77      [001] .....   100.000002: kvm_userspace_exit: reason KVM_EXIT_MMIO (6)',
];
const QUICK: Partial<Limits> = { connect: 4000, arm: 4000, finish: 4000, close: 500 };

interface Recorded {
  readonly hasTrace: boolean;
  readonly err: string;
  readonly text: string | undefined;
  readonly sidecar: Sidecar | undefined;
}

let folder = '';
before(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'shimtrace-'))));
after(() => fs.rmSync(folder, { recursive: true }));

let files = 0;
async function recorded(
  asked: Partial<Asked>,
  isBesideRead = true,
): Promise<Recorded & { readonly file: string }> {
  const file = path.join(folder, `${files++}.txt`);
  const err: string[] = [];
  const hasTrace = await recordTo(
    file,
    {
      plan,
      transport: localTransport(),
      options: { workload: '', seconds: 0, bufferKb: 64 },
      maxBytes: 1 << 20,
      limits: QUICK,
      ...asked,
    },
    {
      out: () => assert.fail('nothing is printed'),
      err: (line) => err.push(line),
      progress: () => undefined,
    },
  );
  const read = (name: string): string | undefined =>
    fs.existsSync(name) ? fs.readFileSync(name, 'utf8') : undefined;
  const json = isBesideRead ? read(`${file}.record.json`) : undefined;
  const sidecar = json === undefined ? undefined : parseSidecar(json);
  if (sidecar !== undefined && 'problem' in sidecar) assert.fail(sidecar.problem);
  return { hasTrace, err: err.join('\n'), text: read(file), sidecar, file };
}

async function on(
  host: Partial<FakeHost>,
  test: (fake: FakeTracefs, asked: Partial<Asked>) => Promise<void>,
): Promise<void> {
  const fake = new FakeTracefs({ tracepoints: TRACEPOINTS, ...host });
  const here = `sys=${fake.sys}; proc=${fake.proc}`;
  try {
    await test(fake, { change: (script) => fake.script(script.replace(/^sys=.*\nproc=.*$/m, here)) });
  } finally {
    fake.remove();
  }
}

const pipeOf = (fake: FakeTracefs): string => `"$(ls -d ${fake.tracefs}/instances/shimtrace_*/trace_pipe)"`;
const printing = (fake: FakeTracefs, lines: readonly string[]): string =>
  `printf '%s\\n' ${lines.map((line) => `'${line}'`).join(' ')} > ${pipeOf(fake)}`;
const options = (workload: string): Asked['options'] => ({ workload, seconds: 0, bufferKb: 64 });

describe('shimtrace record', () => {
  it('records, proves it, and the trace has its clock', async () => {
    await on({ readEvents: 2 }, async (fake, asked) => {
      const { text, sidecar, err, file } = await recorded({
        ...asked,
        options: options(printing(fake, EVENTS)),
      });
      assert.equal(text, `${EVENTS.join('\n')}\n`);
      assert.deepEqual(sidecar?.proof, { read: 2, received: 2, lost: 0, problems: [] });
      assert.equal(sidecar?.stoppedBy, 'workload');
      assert.match(err, /can be judged on this kernel: G8/);
      assert.match(err, /recording: complete, all 2 events/);
      assert.deepEqual(fake.leftovers(), []);
      assert.ok(fake.foreignIsUntouched());
      assert.match(await infoOf(file), /clock mono, kernel /);
    });
  });

  it('says that events are missing where fewer arrived than were read', async () => {
    await on({ readEvents: 3 }, async (fake, asked) => {
      const { err, file } = await recorded({ ...asked, options: options(printing(fake, EVENTS)) });
      assert.match(err, /3 events were read on the host, 2 have arrived/);
      const info = await infoOf(file);
      assert.match(info, /everything before may be missing events/);
      assert.match(info, /\[record-incomplete\]/);
    });
  });

  it('tells what did not happen from what was not recorded', async () => {
    await on({ readEvents: 2 }, async (fake, asked) => {
      const { file } = await recorded({ ...asked, options: options(printing(fake, EVENTS)) });
      const info = await infoOf(file);
      assert.match(info, /KvmPageFault: kvm:kvm_page_fault {2}\(recorded: it did not happen\)/);
      assert.match(info, /GmemCreate: .* {2}\(not recorded\)/);
    });
  });

  it('takes a sidecar for no other trace', async () => {
    await on({ readEvents: 2 }, async (fake, asked) => {
      const { file } = await recorded({ ...asked, options: options(printing(fake, EVENTS)) });
      fs.appendFileSync(file, `${EVENTS[1]}\n`);
      const info = await infoOf(file);
      assert.match(info, /clock unknown/);
      assert.match(info, /\[record-unusable\]/);
    });
  });

  it('takes the log of the script for the trace that it counted', async () => {
    const file = path.join(folder, 'hand.txt');
    const said = (read: number): string =>
      [
        'fact clock mono',
        `cpu cpu0 entries=0 overrun=0 commit-overrun=0 dropped=0 read=${read}`,
        'state complete',
      ]
        .map((line) => `@shimtrace ab12 ${line}\n`)
        .join('');
    fs.writeFileSync(file, `${EVENTS.join('\n')}\n`);
    fs.writeFileSync(`${file}.record.log`, said(2));
    const right = await infoOf(file);
    assert.match(right, /clock mono/);
    assert.match(right, /loss {4}none seen/);
    fs.writeFileSync(`${file}.record.log`, said(5));
    const wrong = await infoOf(file);
    assert.match(wrong, /clock unknown/);
    assert.match(wrong, /5 events were read on the host, 2 are here.*\[record-incomplete\]/);
  });

  it('records the pages of the ring buffers as a trace.dat', async () => {
    const page = new PageWriter(1_000_000n)
      .record(0, exitRecord(false, 77, 2, 0))
      .record(5, exitRecord(false, 77, 6, 0))
      .done();
    const formats = { 'kvm/kvm_userspace_exit': USERSPACE_EXIT };
    await on({ formats, headerPage: headerPage(8, 4096) }, async (fake, asked) => {
      const file = path.join(folder, 'page');
      fs.writeFileSync(file, page);
      fs.writeFileSync(`${file}.full`, statsText(0, 2));
      fs.writeFileSync(`${file}.empty`, statsText(2));
      // The kernel gives the page to whoever asks, and has none then.
      const cpu = `"$(ls -d ${fake.tracefs}/instances/shimtrace_*/per_cpu/cpu1)"`;
      const feed = `exec 9> trace_pipe_raw; cat ${file}.empty > stats; cat ${file} >&9`;
      const workload = `cd ${cpu}; mkfifo trace_pipe_raw; cat ${file}.full > stats; ( ${feed} ) > /dev/null 2>&1 &`;
      const {
        sidecar,
        hasTrace,
        file: trace,
      } = await recorded({
        ...asked,
        options: { ...options(workload), raw: true },
      });
      assert.ok(hasTrace);
      assert.deepEqual(sidecar?.proof, { read: 2, received: 2, lost: 0, problems: [] });
      const { table } = readTrace(new MemorySource(fs.readFileSync(trace)), { cancel: NEVER_CANCELLED });
      assert.deepEqual(
        [0, 1].map(
          (row) => `${table.absoluteTime(row)} [${table.cpu(row)}] ${table.comm(row)} ${table.name(row)}`,
        ),
        ['1000000 [1] qemu-kvm kvm:kvm_userspace_exit', '1000005 [1] qemu-kvm kvm:kvm_userspace_exit'],
      );
      const { format, clock, producer } = table.meta;
      assert.deepEqual([format, clock, producer], ['trace.dat', 'mono', PRODUCER]);
      assert.deepEqual(table.meta.said, ['complete: all 2 events that its ring buffers counted are here']);
      assert.deepEqual(
        fs.readdirSync(folder).filter((name) => name.endsWith('.pages')),
        [],
      );
      assert.deepEqual(fake.leftovers(), []);
    });
  });

  it('says where a kernel does not tell how its pages are laid out', async () => {
    await on({}, async (fake, asked) => {
      const { hasTrace, err } = await recorded({ ...asked, options: { ...options('true'), raw: true } });
      assert.equal(hasTrace, false);
      assert.match(err, /does not say how the pages of its ring buffers are laid out/);
      assert.deepEqual(fake.leftovers(), []);
    });
  });

  it('keeps the end alone of a text, where that is wanted, and says how much it let go of', async () => {
    await on({ readEvents: 1000 }, async (fake, asked) => {
      const line =
        '     qemu-kvm-77      [000] .....   100.%06d: kvm_userspace_exit: reason KVM_EXIT_MMIO (6)\\n';
      const workload = `awk 'BEGIN { for (i = 1; i <= 1000; i++) printf "${line}", i }' > ${pipeOf(fake)}`;
      const keepBytes = 8192;
      const { text, sidecar, err, file } = await recorded({
        ...asked,
        keepBytes,
        options: options(workload),
      });
      const lines = text!.trimEnd().split('\n');
      assert.ok(text!.length >= keepBytes && text!.length <= 2 * keepBytes + 65536, `${text!.length}`);
      assert.match(lines[0]!, /^ {5}qemu-kvm-77 /);
      assert.match(lines.at(-1)!, /100\.001000: /);
      const letGo = 1000 - lines.length;
      assert.ok(letGo > 0);
      assert.deepEqual(sidecar?.proof, { read: 1000, received: 1000, letGo, lost: 0, problems: [] });
      assert.match(err, new RegExp(`all events from the first one here on; ${letGo} older ones were let go`));
      assert.match(await infoOf(file), /loss {4}none seen/);
    });
  });

  it('says where events go by before anybody has looked at them', async () => {
    await on({ readEvents: 1000 }, async (fake, asked) => {
      const line =
        '     qemu-kvm-77      [000] .....   100.%06d: kvm_userspace_exit: reason KVM_EXIT_MMIO (6)\\n';
      const all = `awk 'BEGIN { for (i = 1; i <= 1000; i++) printf "${line}", i }' > ${pipeOf(fake)}`;
      const saidWith = async (until: readonly string[]): Promise<string> => {
        const keepBytes = 4096;
        return (await recorded({ ...asked, keepBytes, until, options: options(`${all}; sleep 1`) })).err;
      };
      assert.match(await saidWith(['G9']), /come faster than they are judged: some were let go of/);
      assert.doesNotMatch(await saidWith([]), /faster than they are judged/);
    });
  });

  it('does not begin where nothing of what was asked can be judged', async () => {
    await on({ tracepoints: [] }, async (fake, asked) => {
      const { hasTrace, err, text } = await recorded({ ...asked, options: options(printing(fake, EVENTS)) });
      assert.equal(hasTrace, false);
      assert.equal(text, undefined);
      assert.match(
        err,
        /G8 cannot be judged: UserspaceExit is not recorded \(kvm\/kvm_userspace_exit: this kernel has no such tracepoint\)/,
      );
      assert.match(err, /nothing of what was asked can be judged/);
      assert.deepEqual(fake.leftovers(), []);
    });
  });

  it('stops at the first interrupt with all that was recorded, the workload too', async () => {
    await on({ readEvents: 2 }, async (fake, asked) => {
      const marker = path.join(fake.root, 'ran');
      const workload = `exec 9> ${pipeOf(fake)}; printf '%s\\n' '${EVENTS[0]}' '${EVENTS[1]}' >&9; touch ${marker}; sleep 60`;
      const timer = setInterval(() => {
        if (!fs.existsSync(marker)) return;
        clearInterval(timer);
        process.emit('SIGINT');
      }, 50);
      const { text, sidecar } = await recorded({ ...asked, options: options(workload) });
      assert.equal(text, `${EVENTS.join('\n')}\n`);
      assert.equal(sidecar?.stoppedBy, 'stopped');
      assert.deepEqual(sidecar?.proof.problems, []);
      assert.deepEqual(fake.leftovers(), []);
    });
  });

  it('stops in time', async () => {
    await on({ readEvents: 2 }, async (fake, asked) => {
      const workload = `exec 9> ${pipeOf(fake)}; printf '%s\\n' '${EVENTS[0]}' '${EVENTS[1]}' >&9; sleep 60`;
      const { sidecar } = await recorded({ ...asked, options: { ...options(workload), seconds: 1 } });
      assert.equal(sidecar?.stoppedBy, 'seconds');
      assert.deepEqual(fake.leftovers(), []);
    });
  });

  it('judges as it records, and stops a moment after the violation that is waited for', async () => {
    const sample = fs.readFileSync('sample-traces/labelled/inplace/M2.p.txt', 'utf8');
    const file = path.join(folder, 'sample');
    fs.writeFileSync(file, sample.replace(/^#.*\n/gm, ''));
    await on({ readEvents: 1727 }, async (fake, asked) => {
      const workload = `exec 9> ${pipeOf(fake)}; cat ${file} >&9; sleep 60`;
      const { sidecar, err } = await recorded({ ...asked, options: options(workload), until: ['G9'] });
      assert.match(err, /so far, line \d+: .* \[G9\]/);
      assert.equal(sidecar?.stoppedBy, 'stopped');
      assert.deepEqual(sidecar?.proof.problems, []);
      assert.deepEqual(fake.leftovers(), []);
    });
  });

  it('takes a patch as what is asked for', async () => {
    const patch = path.join(folder, 'x.patch');
    const lines = [
      '--- a/virt/kvm/x.c',
      '+++ b/virt/kvm/x.c',
      '@@ -1,4 +1,4 @@ int kvm_foo(void)',
      ' int kvm_foo(void)',
    ];
    fs.writeFileSync(patch, [...lines, ' {', '-\treturn 0;', '+\treturn 1;', ' }', ''].join('\n'));
    const out: string[] = [];
    const output = { out: (text: string) => out.push(text), err: () => undefined, progress: () => undefined };
    assert.equal(await run(['record', '--plan', '--for-patch', patch], output), 0);
    assert.match(out.join(''), /probe {7}p:kvm_foo kvm_foo {2}\(patch:kvm_foo\)/);
    assert.match(out.join(''), /question {4}what x\.patch touches/);
  });

  for (const [what, kill] of [
    ['the process that records', 'kill -KILL "$PPID"'],
    [
      'the shell of the connection',
      `kill -KILL "$(ls -d INSTANCES/shimtrace_* | sed 's/.*shimtrace_\\([0-9]*\\)_.*/\\1/')"`,
    ],
  ] as const) {
    it(`leaves nothing where ${what} is killed`, async () => {
      await on({}, async (fake, asked) => {
        const instances = path.join(fake.tracefs, 'instances');
        const { sidecar, hasTrace } = await recorded({
          ...asked,
          options: options(`${printing(fake, EVENTS)}; ${kill.replace('INSTANCES', instances)}; sleep 60`),
        });
        assert.ok(!hasTrace || sidecar!.proof.problems.length > 0, 'a trace that broke off says so');
        await until(() => fake.leftovers().length === 0, 'the host is cleaned');
        assert.ok(fake.foreignIsUntouched());
      });
    });
  }

  it('is ended by a host that hears nothing of it, whatever the connection still says', async () => {
    await on({}, async (fake, asked) => {
      // All words until the recording begins, then none, and no end of them.
      const silent = `{ while IFS= read -r l; do printf '%s\\n' "$l"; case $l in go) break ;; esac; done; sleep 60; } | sh`;
      const { hasTrace, err } = await recorded({
        change: (script) => asked.change!(script).replace(/^patience=.*$/m, "patience='1'"),
        transport: commandTransport(silent),
        options: options('sleep 60'),
      });
      assert.equal(hasTrace, false);
      assert.match(err, /it was ended there, .* because nothing was heard from here/);
      assert.deepEqual(fake.leftovers(), []);
    });
  });

  it('keeps no more than was allowed, and ends', async () => {
    await on({}, async (fake, asked) => {
      const workload = `yes '${EVENTS[0]}' > ${pipeOf(fake)}`;
      const { text, err } = await recorded({ ...asked, options: options(workload), maxBytes: 100_000 });
      assert.ok(text!.length <= 200_000, `${text!.length} characters`);
      assert.match(err, /could not be kept: more than 100000 bytes/);
      assert.deepEqual(fake.leftovers(), []);
    });
  });

  it('keeps a full disk from hanging it, and judges nothing then', async () => {
    await on({ readEvents: 2 }, async (fake, asked) => {
      const workload = printing(fake, EVENTS);
      // What lies beside the trace has no room any more.
      fs.mkdirSync(path.join(folder, `${files}.txt.record.json`));
      const { hasTrace, err, text } = await recorded({ ...asked, options: options(workload) }, false);
      assert.equal(hasTrace, false);
      assert.equal(text, `${EVENTS.join('\n')}\n`, 'the trace is kept');
      assert.match(err, /could not be written beside the trace, which is not judged: EISDIR/);
      assert.deepEqual(fake.leftovers(), []);
    });
    await on({ readEvents: 2 }, async (fake, asked) => {
      const nonce = 'ab12';
      const script = hostScript(plan, {
        mode: 'run',
        nonce,
        leased: true,
        ...options(`${printing(fake, EVENTS)}; sleep 60`),
      });
      const full = (): never => {
        throw new Error('ENOSPC: no space left on device, write');
      };
      const client = new Client({
        transport: localTransport(),
        nonce,
        script: asked.change!(script),
        sink: { write: full },
        maxBytes: 1 << 20,
        goAhead: () => true,
        say: () => undefined,
        tick: () => undefined,
        limits: QUICK,
      });
      const { problems, log } = await client.run();
      assert.match(problems.join(), /could not be kept: ENOSPC/);
      assert.deepEqual([log.stoppedBy, log.left], ['stopped', 'nothing']);
      assert.deepEqual(fake.leftovers(), []);
    });
  });

  it('says which line of sudoers is missing, and asks for no password', async () => {
    const bin = fs.mkdtempSync(path.join(folder, 'bin-'));
    const tool = (name: string, text: string): void =>
      fs.writeFileSync(path.join(bin, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    tool('id', 'if [ "$1" = -u ]; then echo 1000; else echo me; fi');
    tool('sudo', 'echo "$*" >> "$(dirname "$0")/asked"; exit 1');
    const { hasTrace, err } = await recorded({ transport: commandTransport(`PATH=${bin}:$PATH sh`) });
    assert.equal(hasTrace, false);
    assert.match(err, /me is not root and sudo asks for a password: .*me ALL=\(root\) NOPASSWD: \/bin\/sh/);
    assert.match(fs.readFileSync(path.join(bin, 'asked'), 'utf8'), /^-n sh -c :$/m);
  });

  it('says that a kernel is locked down', async () => {
    await on({ lockdown: 'confidentiality' }, async (fake, asked) => {
      const { hasTrace, err } = await recorded(asked);
      assert.equal(hasTrace, false);
      assert.match(err, /makes no trace instance: .* \(lockdown: confidentiality\)/);
      assert.deepEqual(fake.leftovers(), []);
    });
  });

  it('records where a lockdown lets it', async () => {
    await on({ lockdown: 'integrity', readEvents: 2 }, async (fake, asked) => {
      const { hasTrace } = await recorded({ ...asked, options: options(printing(fake, EVENTS)) });
      assert.ok(hasTrace);
    });
  });

  it('writes over nothing', async () => {
    const file = path.join(folder, 'mine.txt');
    fs.writeFileSync(file, 'mine');
    const err: string[] = [];
    const code = await run(['record', '--local', '-o', file], {
      out: () => undefined,
      err: (line) => err.push(line),
      progress: () => undefined,
    });
    assert.equal(code, 2);
    assert.match(err.join(), /is there already/);
    assert.equal(fs.readFileSync(file, 'utf8'), 'mine');
  });
});

describe('a recording that a program watches', () => {
  const main = path.resolve('out/cli/main.js');
  const fakeHost = path.resolve('out/test/support/fakeHost.js');

  /** Starts one at a fake host whose kernel writes the events at once. */
  function watched(): {
    readonly child: ChildProcessWithoutNullStreams;
    readonly file: string;
    readonly at: string;
  } {
    const at = fs.mkdtempSync(path.join(folder, 'watched-'));
    const file = path.join(at, 'trace.txt');
    const events = path.join(at, 'events');
    fs.writeFileSync(events, `${EVENTS.join('\n')}\n`);
    const host = JSON.stringify({ tracepoints: TRACEPOINTS, readEvents: EVENTS.length });
    const pipe = `"$(ls -d $(cat ${at}/host)/sys/kernel/tracing/instances/shimtrace_*/trace_pipe)"`;
    const workload = `exec 9> ${pipe}; cat ${events} >&9; sleep 60`;
    const via = `${process.execPath} ${fakeHost} '${host}' ${at}`;
    const args = ['--for', 'G8', '--format', 'json', '--via', via, '-o', file, '--', workload];
    return { child: spawn(process.execPath, [main, 'record', ...args]), file, at };
  }

  async function lines(
    child: ChildProcessWithoutNullStreams,
    act: (said: Told) => void,
  ): Promise<readonly Told[]> {
    const all: Told[] = [];
    createInterface({ input: child.stdout }).on('line', (line) => {
      const told = JSON.parse(line) as Told;
      all.push(told);
      act(told);
    });
    await new Promise((closed) => child.once('close', closed));
    return all;
  }

  for (const [how, end] of [
    ['is told to stop', (child: ChildProcessWithoutNullStreams) => child.stdin.write('stop\n')],
    [
      'is told to stop and left alone',
      (child: ChildProcessWithoutNullStreams) => {
        child.stdout.destroy();
        child.stdin.end('stop\n');
      },
    ],
    [
      'is left alone by it',
      (child: ChildProcessWithoutNullStreams) => {
        child.stdout.destroy();
        child.stdin.end();
      },
    ],
  ] as const) {
    it(`ends in good order where it ${how}`, async () => {
      const { child, file, at } = watched();
      let isEnded = false;
      const said = await lines(child, (told) => {
        if (isEnded || told.said !== 'progress' || told.events < EVENTS.length) return;
        isEnded = true;
        end(child);
      });
      assert.equal(child.exitCode, 0);
      if (!child.stdout.destroyed) assert.deepEqual(said.at(-1), { said: 'end', trace: file });
      assert.ok(said.some((told) => told.said === 'plan' && told.outlook.join().includes('G8')));
      const sidecar = parseSidecar(fs.readFileSync(`${file}.record.json`, 'utf8'));
      assert.ok('proof' in sidecar);
      assert.deepEqual(sidecar.proof.problems, []);
      const root = fs.readFileSync(path.join(at, 'host'), 'utf8');
      assert.deepEqual(fs.readdirSync(path.join(root, 'sys/kernel/tracing/instances')), ['other']);
    });
  }
});

describe('a host that nobody vouches for', () => {
  const hostile = (title: string, command: string, says: RegExp): void => {
    it(title, async () => {
      const { hasTrace, err, text } = await recorded({
        transport: commandTransport(command),
        limits: { connect: 700, arm: 700, finish: 700, close: 200 },
      });
      assert.equal(hasTrace, false);
      assert.equal(text, undefined, 'no event is made up');
      assert.match(err, says);
      assert.doesNotMatch(err, /\p{Cc}(?<!\n)/u, 'nothing moves the cursor');
    });
  };
  hostile('that is not there', 'exit 255', /no shell answered|connection was lost/);
  hostile('whose command is not there', 'exec shimtrace-no-such-command', /no shell answered|not found/);
  hostile('that says nothing', 'sleep 60', /no shell answered/);
  hostile(
    'that mixes output and errors, as a serial line does',
    'exec sh 2>&1',
    /come as one, as on a terminal/,
  );
  hostile('that echoes what it is sent, as a console does', 'exec cat', /come as one, as on a terminal/);
  hostile('that sends garbage for ever', 'yes "$(printf "\\033[2J\\001")" >&2', /no shell answered/);
  hostile('that sends a trace before it is asked', `yes '${EVENTS[0]}'`, /no shell answered/);
  hostile('that sends one line without an end', 'tr "\\0" x < /dev/zero >&2', /no shell answered/);
  // It knows the nonce, and claims what is not so.
  const lies = (text: string): string =>
    `read -r l; n=$(printf %s "$l" | grep -o '[0-9a-f]\\{16\\}' | head -n 1); ${text}; sleep 60`;
  const say = (text: string): string => `printf '@shimtrace %s %s\\n' "$n" '${text}' >&2`;
  hostile('that stands still after the first word', lies(say('ready')), /the script stood still/);
  hostile(
    'that says it is done before it began',
    lies(`${say('ready')}; ${say('cleaned nothing')}`),
    /no event was recorded/,
  );
});

async function infoOf(file: string): Promise<string> {
  let out = '';
  const output = { out: (text: string) => (out += text), err: () => undefined, progress: () => undefined };
  assert.equal(await run(['info', file], output), 0);
  return out;
}

async function until(isSo: () => boolean, what: string): Promise<void> {
  for (let i = 0; i < 100 && !isSo(); i++) await new Promise((resolve) => setTimeout(resolve, 100));
  assert.ok(isSo(), what);
}

import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { FakeTracefs, type FakeHost } from '../../test/support/fakeTracefs.js';
import { RULES } from '../../model/rules/registry.js';
import { planForGuest } from '../../recorder/guestPlan.js';
import { planFor, type RecordPlan } from '../../recorder/plan.js';
import { parseSidecar } from '../../recorder/sidecar.js';
import type { Output } from '../output.js';
import { run } from '../run.js';
import type { Limits } from './client.js';
import { guestOffset, offsetByTicks, offsetOf, type ClockReading } from './clocks.js';
import { fetchFile } from './fetch.js';
import type { Asked } from './run.js';
import { recordTogether } from './together.js';
import { commandTransport, localTransport } from './transport.js';

const plan: RecordPlan = { ...planFor(RULES, ['G8']), probes: [] };
const GUEST_PLAN: RecordPlan = { ...planForGuest(), probes: [] };
const HOST_EVENT =
  '     qemu-kvm-77      [000] .....   100.000001: kvm_userspace_exit: reason KVM_EXIT_MMIO (6)';
const GUEST_EVENT =
  '             sh-9       [000] .....     7.000001: sched_process_exit: comm=sh pid=9 prio=120';
const HOST_NS = 100_000_000_000n;
const GUEST_NS = 7_000_000_000n;
const QUICK: Partial<Limits> = { connect: 4000, arm: 4000, finish: 4000, close: 500 };

let folder = '';
before(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'shimtrace-'))));
after(() => fs.rmSync(folder, { recursive: true }));

/** A host whose clock stands still, at what /proc/timer_list says. */
function fakeAt(now: bigint, host: Partial<FakeHost>): FakeTracefs {
  const fake = new FakeTracefs({ readEvents: 1, ...host });
  const text = `Timer List Version: v0.10\nHRTIMER_MAX_CLOCK_BASES: 8\nnow at ${now} nsecs\n`;
  fs.writeFileSync(
    path.join(fake.proc, 'timer_list'),
    `${text}\n clock 1:\n  .offset:     1700000000000000000 nsecs\n`,
  );
  return fake;
}

const pipeOf = (fake: FakeTracefs): string => `"$(ls -d ${fake.tracefs}/instances/shimtrace_*/trace_pipe)"`;

/** Run on one host: it writes an event, and goes on for so long. */
const writing = (fake: FakeTracefs, event: string, then: string): string =>
  `exec 9> ${pipeOf(fake)}; printf '%s\\n' '${event}' >&9; ${then}`;

function askedOn(fake: FakeTracefs, asked: RecordPlan, workload: string): Asked {
  const here = `sys=${fake.sys}; proc=${fake.proc}`;
  return {
    plan: asked,
    transport: localTransport(),
    options: { workload, seconds: 0, bufferKb: 64 },
    maxBytes: 1 << 20,
    limits: QUICK,
    change: (script) => fake.script(script.replace(/^sys=.*\nproc=.*$/m, here)),
  };
}

interface Both {
  readonly host: FakeTracefs;
  readonly guest: FakeTracefs;
  readonly project: string;
  record(workload: string, guestWorkload: string, change?: Partial<Asked>): Promise<string>;
}

let runs = 0;
async function onBoth(test: (both: Both) => Promise<void>, host: Partial<FakeHost> = {}): Promise<void> {
  const fakes = {
    host: fakeAt(HOST_NS, { tracepoints: plan.tracepoints.map(({ path: name }) => name), ...host }),
    guest: fakeAt(GUEST_NS, { tracepoints: GUEST_PLAN.tracepoints.map(({ path: name }) => name) }),
  };
  const project = path.join(folder, `${runs++}.shimtrace.json`);
  try {
    await test({
      ...fakes,
      project,
      record: async (workload, guestWorkload, change) => {
        const err: string[] = [];
        const output: Output = { out: assert.fail, err: (line) => err.push(line), progress: () => undefined };
        const host = askedOn(fakes.host, plan, workload);
        const guest = { ...askedOn(fakes.guest, GUEST_PLAN, guestWorkload), ...change };
        const named = await recordTogether(project, { host, guest, qemu: undefined }, output);
        return `${named ?? 'nothing'}\n${err.join('\n')}`;
      },
    });
    for (const fake of [fakes.host, fakes.guest]) {
      assert.deepEqual(fake.leftovers(), []);
      assert.ok(fake.foreignIsUntouched());
    }
  } finally {
    fakes.host.remove();
    fakes.guest.remove();
  }
}

interface Named {
  readonly trace: readonly {
    readonly path: string;
    readonly role: string;
    readonly clockOffsetNs?: string;
  }[];
}
const read = (project: string): Named => JSON.parse(fs.readFileSync(project, 'utf8')) as Named;

function sidecarOf(project: string, side: string) {
  const text = fs.readFileSync(project.replace('.shimtrace.json', `.${side}.txt.record.json`), 'utf8');
  const sidecar = parseSidecar(text);
  if ('problem' in sidecar) assert.fail(sidecar.problem);
  return sidecar;
}

async function infoOf(file: string): Promise<string> {
  let out = '';
  const output = { out: (text: string) => (out += text), err: () => undefined, progress: () => undefined };
  assert.equal(await run(['info', file], output), 0);
  return out;
}

describe('a host and its guest recorded together', () => {
  it('are one run, with the guest on its host’s clock; its recording ends with the host’s', async () => {
    await onBoth(async ({ host, guest, project, record }) => {
      const said = await record(
        writing(host, HOST_EVENT, 'sleep 0.2'),
        writing(guest, GUEST_EVENT, 'sleep 60'),
      );
      assert.match(said, /the guest's clock is put on the host's, to within \d+ us either way/);
      const { trace } = read(project);
      assert.deepEqual(
        trace.map(({ path: name, role }) => [name, role]),
        [
          [path.basename(project).replace('.shimtrace.json', '.host.txt'), 'host'],
          [path.basename(project).replace('.shimtrace.json', '.guest.txt'), 'guest'],
        ],
      );
      // Their clocks stand still while ours goes on.
      const off = BigInt(trace[1]!.clockOffsetNs!) - (HOST_NS - GUEST_NS);
      assert.ok(off < 5_000_000_000n && off > -5_000_000_000n, `${off}`);
      assert.equal(sidecarOf(project, 'host').stoppedBy, 'workload');
      assert.equal(sidecarOf(project, 'guest').stoppedBy, 'stopped');
      assert.equal(sidecarOf(project, 'host').wallOffsetNs, '1700000000000000000');
      const info = await infoOf(project);
      assert.match(info, /events {2}2: 1 understood, 0 unknown, 1 of a guest\n/);
      assert.match(info, /guest:sched_process_exit\n/);
    });
  });

  it('are not begun where the guest cannot be reached', async () => {
    await onBoth(async ({ host, project, record }) => {
      const said = await record(writing(host, HOST_EVENT, 'true'), '', {
        transport: commandTransport('exit 255'),
      });
      assert.match(said, /^nothing\n/);
      assert.match(said, /guest: exit 255: no shell answered|guest: The connection was lost/);
      assert.ok(!fs.existsSync(project));
      assert.deepEqual(
        fs
          .readdirSync(folder)
          .filter((name) => name.startsWith(`${path.basename(project, '.shimtrace.json')}.`)),
        [],
      );
    });
  });

  it('are not begun where the host can show nothing of what was asked', async () => {
    await onBoth(
      async ({ guest, record }) => {
        const said = await record('true', writing(guest, GUEST_EVENT, 'sleep 60'));
        assert.match(said, /^nothing\n/);
        assert.match(said, /host: nothing of what was asked can be judged/);
      },
      { tracepoints: [] },
    );
  });

  it('go on without a guest that is killed, and say so', async () => {
    await onBoth(async ({ host, guest, project, record }) => {
      const kill = `kill -KILL "$(ls -d ${guest.tracefs}/instances/shimtrace_* | sed 's/.*shimtrace_\\([0-9]*\\)_.*/\\1/')"`;
      const said = await record(
        writing(
          host,
          HOST_EVENT,
          `while [ -n "$(ls -d ${guest.tracefs}/instances/shim*)" ]; do sleep 0.1; done`,
        ),
        writing(guest, GUEST_EVENT, `sleep 0.3; ${kill}; sleep 60`),
      );
      assert.match(said, /the guest's recording has ended; the host's goes on/);
      assert.deepEqual(sidecarOf(project, 'host').proof.problems, []);
      assert.equal(sidecarOf(project, 'host').stoppedBy, 'workload');
      assert.equal(read(project).trace[0]!.role, 'host');
      // What came of it counts as a trace that broke off.
      if (read(project).trace.length > 1) assert.notDeepEqual(sidecarOf(project, 'guest').proof.problems, []);
    });
  });

  it('end at the first interrupt, both in good order', async () => {
    await onBoth(async ({ host, guest, project, record }) => {
      const marks = [host, guest].map((fake) => path.join(fake.root, 'ran'));
      const timer = setInterval(() => {
        if (!marks.every((mark) => fs.existsSync(mark))) return;
        clearInterval(timer);
        process.emit('SIGINT');
      }, 50);
      await record(
        writing(host, HOST_EVENT, `touch ${marks[0]}; sleep 60`),
        writing(guest, GUEST_EVENT, `touch ${marks[1]}; sleep 60`),
      );
      for (const side of ['host', 'guest']) {
        const { stoppedBy, proof } = sidecarOf(project, side);
        assert.deepEqual([side, stoppedBy, proof.problems], [side, 'stopped', []]);
      }
    });
  });

  it('write over nothing', async () => {
    await onBoth(async ({ project, record }) => {
      fs.writeFileSync(project.replace('.shimtrace.json', '.guest.txt'), 'mine');
      await assert.rejects(record('true', 'true'), /guest\.txt is there already/);
    });
  });
});

describe('the ways to a host and its guest', () => {
  const refused = async (args: readonly string[]): Promise<string> => {
    const err: string[] = [];
    const output = {
      out: assert.fail,
      err: (line: string) => void err.push(line),
      progress: () => undefined,
    };
    assert.equal(await run(['record', ...args], output), 2);
    return err.join();
  };
  it('are told apart by what stands before and behind --guest', async () => {
    assert.match(await refused(['--local', '--guest']), /--guest takes a --host or --via of the guest/);
    assert.match(await refused(['--guest', '--via', 'x']), /record takes --local, --host or --via/);
    assert.match(await refused(['--local', '--via', 'x']), /name one host/);
    assert.match(await refused(['--local', '--guest', '--via', 'x', '--host', 'y']), /name one host/);
  });
});

describe('two clocks', () => {
  /** A clock that is `ahead` of ours, asked at `at`: the question took `there`, the answer `back`. */
  const asked = (ahead: number, at: number, there: number, back: number): ClockReading => {
    const value = at + there + ahead;
    return { low: BigInt(value - (at + there + back)), high: BigInt(value - at) };
  };

  it('are told within the time that the best answers took', () => {
    const host = [asked(5000, 0, 40, 10), asked(5000, 100, 3, 2)];
    const guest = [asked(-900, 50, 7, 1), asked(-900, 150, 90, 70)];
    const { offsetNs, errorNs } = offsetOf(host, guest)!;
    assert.ok(offsetNs - errorNs <= 5900n && offsetNs + errorNs >= 5900n, `${offsetNs} ${errorNs}`);
    assert.ok(errorNs <= 7n, `${errorNs}`);
  });

  it('that drift are told with what they drifted', () => {
    const many = (ahead: (i: number) => number): ClockReading[] =>
      Array.from({ length: 100 }, (_, i) => asked(ahead(i), i * 1000, 1, 1));
    const { offsetNs, errorNs } = offsetOf(
      many(() => 0),
      many((i) => i),
    )!;
    for (const truth of [0n, -99n]) assert.ok(offsetNs - errorNs <= truth && offsetNs + errorNs >= truth);
    assert.ok(errorNs < 60n, `${errorNs}`);
  });

  it('of which one was never read are not told', () => {
    assert.equal(offsetOf([], [asked(0, 0, 1, 1)]), undefined);
  });
});

describe('the clock of a guest by the processor’s counter', () => {
  /** A host whose counter has 2.4 GHz, and a guest's: its clock is behind, and goes 3 ppm faster. */
  const HZ = 2_400_000_000n;
  const NS = 1_000_000_000n;
  const BEHIND = 90_000_000_000_000n;
  const vm = { ahead: -0x1234_5678_9abc_def0n, ratio: 3n << 31n, bits: 32 };
  const counterAt = (ns: bigint): bigint => (ns * HZ) / NS;
  const guestCounter = (counter: bigint): bigint =>
    BigInt.asUintN(64, ((counter * vm.ratio) >> 32n) + vm.ahead);
  const guestClock = (ns: bigint): bigint => ns - BEHIND + (ns * 3n) / 1_000_000n;
  const BOOT = 100_000_000_000_000n;
  const SECOND = NS;
  const hostAt = (s: number, early: bigint, late: bigint) => {
    const ns = BOOT + BigInt(s) * SECOND;
    return { before: ns - early, ticks: counterAt(ns), after: ns + late };
  };
  const guestAt = (s: number, early: bigint, late: bigint) => {
    const ns = BOOT + BigInt(s) * SECOND;
    return {
      before: guestClock(ns) - early,
      ticks: guestCounter(counterAt(ns)),
      after: guestClock(ns) + late,
    };
  };
  const offsetAt = (s: number): bigint => {
    const ns = BOOT + BigInt(s) * SECOND;
    return ns - guestClock(ns);
  };
  const host = [hostAt(0, 9000n, 400n), hostAt(20, 100n, 7000n)];

  it('is told to the readings and what it drifts, within them and beyond', () => {
    for (const [from, to] of [
      [2, 18],
      [-3, 25],
      [0, 20],
    ] as const) {
      const { offsetNs, errorNs } = offsetByTicks(
        host,
        [guestAt(from, 300n, 2000n), guestAt(to, 1n, 1n)],
        vm,
      )!;
      for (const at of [from, to]) {
        const off = offsetAt(at) - offsetNs;
        assert.ok(off <= errorNs && -off <= errorNs, `${from} to ${to}: ${off}, ${errorNs}`);
      }
      assert.ok(errorNs < 50_000n, `${errorNs}`);
    }
  });

  it('is not told where a counter was read once, or stands still', () => {
    assert.equal(offsetByTicks(host, [guestAt(2, 1n, 1n)], vm), undefined);
    assert.equal(offsetByTicks([host[0]!], [guestAt(2, 1n, 1n), guestAt(3, 1n, 1n)], vm), undefined);
    assert.equal(
      offsetByTicks([host[0]!, host[0]!], [guestAt(2, 1n, 1n), guestAt(3, 1n, 1n)], vm),
      undefined,
    );
    const still = { ...vm, ratio: 0n };
    assert.equal(offsetByTicks(host, [guestAt(2, 1n, 1n), guestAt(3, 1n, 1n)], still), undefined);
  });

  /** Answers that took twenty milliseconds each way, of clocks that are as above. */
  const answer = (clock: bigint): ClockReading => ({ low: clock - 20_000_000n, high: clock + 20_000_000n });
  const asked = { readings: [answer(0n)], ticks: [guestAt(2, 1n, 1n), guestAt(18, 1n, 1n)] };
  const ofHost = (vms: readonly (typeof vm)[]) => ({
    readings: [answer(offsetAt(10))],
    ticks: host,
    vms,
  });

  it('is taken of the one VM that agrees with the answers', () => {
    const other = { ...vm, ahead: vm.ahead + counterAt(70n * SECOND) };
    const found = guestOffset(ofHost([other, vm, other, vm]), asked)!;
    assert.equal(found.by, 'counter');
    assert.ok(found.errorNs < 50_000n, `${found.errorNs}`);
  });

  it('is by the answers where no VM agrees, or two do', () => {
    const other = { ...vm, ahead: vm.ahead + counterAt(70n * SECOND) };
    const close = { ...vm, ahead: vm.ahead + 1000n };
    for (const vms of [[], [other], [vm, close]])
      assert.equal(guestOffset(ofHost(vms), asked)!.by, 'exchange');
    assert.equal(guestOffset({ ...ofHost([vm]), readings: [] }, asked), undefined);
  });
});

describe('what QEMU writes on the host', () => {
  const to = (): string => path.join(folder, `qemu-${runs++}`);
  const says = async (from: string, at: string, transport = localTransport()): Promise<string> => {
    const err: string[] = [];
    const output = {
      out: assert.fail,
      err: (line: string) => void err.push(line),
      progress: () => undefined,
    };
    const isHere = await fetchFile(transport, from, at, output);
    return `${isHere}${err.join()}`;
  };

  it('is brought as it is, whatever the shell says first', async () => {
    const from = path.join(folder, "it's here");
    const bytes = Buffer.from([...Array(256).keys(), 10, 64]);
    fs.writeFileSync(from, bytes);
    const at = to();
    assert.equal(await says(from, at, commandTransport('echo welcome; exec sh')), 'true');
    assert.deepEqual(fs.readFileSync(at), bytes);
  });

  it('leaves no file where there is none, and says so', async () => {
    const at = to();
    assert.match(
      await says(path.join(folder, 'none'), at),
      /^false.*cannot be read there; it is not part of the run/,
    );
    fs.writeFileSync(path.join(folder, 'empty'), '');
    assert.match(await says(path.join(folder, 'empty'), at), /^false.*it is empty/);
    assert.ok(!fs.existsSync(at));
  });
});

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { FakeTracefs, type FakeHost } from '../test/support/fakeTracefs.js';
import { RULES } from '../model/rules/registry.js';
import { planFor } from './plan.js';
import { hostScript, type ScriptOptions } from './script.js';
import { quoted } from './shellWord.js';

const plan = planFor(RULES, []);
const SYMBOLS = [...new Set(plan.probes.map(({ definitions }) => definitions[0]!.symbol))];
const TRACEPOINTS = plan.tracepoints.map(({ path: name }) => name);
/** What costs nothing to arm, where probes are not what a test is about. */
const noProbes = { ...plan, probes: [] };
const NONCE = 'ab12';
/** A hang is a failure, and no test waits for one for long. */
const TIMEOUT_MS = 15_000;

/** The shells that hosts have. Two of them are enough: each run costs a second. */
const SHELLS = [['dash'], ['busybox', 'ash'], ['bash', '--posix']] as const;
const has = ([name]: readonly [string, ...string[]]): boolean =>
  spawnSync(name, name === 'busybox' ? ['true'] : ['-c', ':']).status === 0;
const shells = SHELLS.filter(has).slice(0, 2);

interface Ran {
  readonly status: number | null;
  readonly signal: string | null;
  readonly out: string;
  readonly log: readonly string[];
  readonly err: string;
}

function run(
  fake: FakeTracefs,
  shell: readonly string[],
  options: Partial<ScriptOptions> = {},
  workload = '',
  asked = plan,
): Ran {
  const text = hostScript(asked, {
    mode: 'run',
    nonce: NONCE,
    leased: false,
    workload: '',
    seconds: 0,
    bufferKb: 8192,
    sys: fake.sys,
    proc: fake.proc,
    ...options,
  });
  const script = path.join(fake.root, 'script.sh');
  const out = path.join(fake.root, 'out.txt');
  fs.writeFileSync(script, fake.script(text));
  const argv = [...shell.slice(1), script, out, ...(workload === '' ? [] : [workload])];
  const ran = spawnSync(shell[0]!, argv, { encoding: 'utf8', timeout: TIMEOUT_MS });
  const read = (file: string): string => (fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '');
  return {
    status: ran.status,
    signal: ran.signal,
    out: read(out),
    log: read(`${out}.record.log`)
      .split('\n')
      .map((line) => line.replace(`@shimtrace ${NONCE} `, '')),
    err: ran.stderr,
  };
}

/** What is said by a script that only looks. */
function look(fake: FakeTracefs): readonly string[] {
  const { err } = run(fake, shells[0]!, { mode: 'plan', leased: true });
  return err.split('\n').map((line) => line.replace(`@shimtrace ${NONCE} `, ''));
}

/** A workload that has the fake kernel write two events, and fails. */
const eventsInto = (fake: FakeTracefs): string =>
  `printf 'one\\ntwo\\n' > "$(ls -d ${fake.tracefs}/instances/shimtrace_*/trace_pipe)"; exit 3`;

function on(host: Partial<FakeHost>, test: (fake: FakeTracefs) => void): void {
  const fake = new FakeTracefs({ symbols: SYMBOLS, tracepoints: TRACEPOINTS, ...host });
  try {
    test(fake);
  } finally {
    fake.remove();
  }
}

describe('the script that records', () => {
  it('is tried by a shell', () => assert.ok(shells.length > 0));

  it('quotes what it is given', () => {
    const nasty = `it's "$(touch x)" \\ \`y\`\n#`;
    assert.equal(spawnSync('sh', ['-c', `printf %s ${quoted(nasty)}`], { encoding: 'utf8' }).stdout, nasty);
  });

  it('fits into one argument of a command, as a remote shell hands it on', () => {
    const longest = 128 * 1024;
    const text = hostScript(plan, {
      mode: 'run',
      nonce: NONCE,
      leased: true,
      workload: '',
      seconds: 0,
      bufferKb: 1,
    });
    assert.ok(text.length < longest / 2, `${text.length} characters`);
    assert.doesNotMatch(text, /\0/);
  });

  for (const shell of shells) {
    describe(`by ${shell.join(' ')}`, () => {
      it('records, says what it installed, and leaves only what is not its own', () => {
        on({ readEvents: 2 }, (fake) => {
          const { status, out, log } = run(fake, shell, {}, eventsInto(fake));
          assert.equal(status, 0);
          assert.equal(out, 'one\ntwo\n');
          for (const line of [
            'state recording',
            'state stopped workload',
            'workload 3',
            'state complete',
            'cleaned nothing',
          ])
            assert.ok(log.includes(line), `${line} in ${log.slice(-12).join('\n')}`);
          assert.ok(log.includes('cpu cpu0 entries=0 overrun=0 commit-overrun=0 dropped=0 read=2'));
          assert.ok(
            log.some((line) =>
              line.startsWith('probe InvStart p kvm_mmu_invalidate_start kvm_mmu_invalidate_start '),
            ),
          );
          // Without the address of kvm_gmem_aops other files' pages cannot be told.
          assert.ok(log.some((line) => /^probe \w+ p folio_add_file_rmap_ptes .*\|m != 0$/.test(line)));
          assert.ok(log.includes('tracepoint SpteChanged kvmmmu/kvm_tdp_mmu_spte_changed'));
          assert.ok(log.includes('rule G2 yes'));
          assert.ok(
            log.includes('hits kvm_mmu_invalidate_start 0 0'),
            'only hits between start and stop count',
          );
          assert.deepEqual(fake.leftovers(), []);
          assert.ok(fake.foreignIsUntouched());
          const writes = fs.readFileSync(path.join(fake.root, 'writes'), 'utf8').trim().split('\n');
          for (const line of writes) assert.match(line, /^[-pr]:shimtrace_\d+_ab12\//);
        });
      });

      it('takes older names, copies only at their return, and tells why the rest is refused', () => {
        const gone = [
          'kvm_mmu_invalidate_start',
          'kvm_gmem_bind',
          '__kvm_set_memory_region',
          'kvm_gmem_fault_user_mapping',
          '__kvm_gmem_set_attributes',
        ];
        const symbols = [
          ...SYMBOLS.filter((name) => !gone.includes(name)),
          'kvm_mmu_invalidate_begin',
          'kvm_gmem_bind.isra.0',
          'kvm_gmem_fault_user_mapping.constprop.0',
          'kvm_gmem_aops',
        ];
        on({ symbols, refused: ['kvm_gmem_create'] }, (fake) => {
          const { log } = run(fake, shell, {}, eventsInto(fake));
          const found = (pattern: RegExp): boolean => log.some((line) => pattern.test(line));
          assert.ok(found(/^probe InvStart p kvm_mmu_invalidate_begin kvm_mmu_invalidate_begin /));
          assert.ok(
            found(
              /^refused GmemBind kvm_gmem_bind only copies that the compiler made, .* kvm_gmem_bind\.isra\.0 *$/,
            ),
          );
          assert.ok(found(/^refused UserFault kvm_gmem_fault_user_mapping only copies /));
          assert.ok(
            found(/^probe UserFaultRet r \S+ kvm_gmem_fault_user_mapping\.constprop\.0 ret=\$retval:x32\|$/),
          );
          assert.ok(
            found(/^refused GmemCreate kvm_gmem_create Invalid argument name$/),
            'the reason in error_log',
          );
          assert.ok(
            found(/^refused ConvertEnter __kvm_gmem_set_attributes this kernel has no such function$/),
          );
          assert.ok(
            found(/^probe \w+ p folio_add_file_rmap_ptes .* aops=\S+\|m != 0 && aops == 0xffffffff81000000$/),
          );
          assert.ok(found(/^rule G13 no ;GmemBind SetMemoryRegion$/));
          assert.deepEqual(fake.leftovers(), []);
          assert.ok(fake.foreignIsUntouched());
        });
      });

      it('looks and changes nothing for a plan', () => {
        on({}, (fake) => {
          const { status, log, err } = run(fake, shell, { mode: 'plan' });
          assert.equal(status, 0);
          assert.deepEqual(log, ['']);
          assert.match(err, /^shimtrace: rule G12 no ;GmemPrepare$/m);
          assert.ok(!fs.existsSync(path.join(fake.root, 'writes')));
          assert.deepEqual(fake.leftovers(), []);
        });
      });

      it('cleans up after dead recordings alone', () => {
        on({}, (fake) => {
          const instances = path.join(fake.tracefs, 'instances');
          fs.mkdirSync(path.join(fake.proc, '77'));
          for (const name of ['shimtrace_66_aa', 'shimtrace_77_bb', 'shimtrace_88_cc', 'shimtrace_mine'])
            fs.mkdirSync(path.join(instances, name));
          fs.writeFileSync(path.join(instances, 'shimtrace_88_cc/busy'), '');
          fs.appendFileSync(
            path.join(fake.tracefs, 'dynamic_events'),
            'p:shimtrace_66_aa/e f a=$arg1:x64\nr4:shimtrace_55_dd/e f\np:shimtrace_77_bb/e f\n',
          );
          const { status, err } = run(fake, shell, { mode: 'clean' });
          assert.equal(status, 0);
          for (const line of ['66_aa removed', '55_dd removed', '77_bb running', '88_cc busy'])
            assert.match(err, new RegExp(`^shimtrace: leftover shimtrace_${line}$`, 'm'));
          assert.deepEqual(fake.leftovers(), [
            'shimtrace_77_bb',
            'shimtrace_88_cc',
            'shimtrace_mine',
            'p:shimtrace_77_bb/e f',
          ]);
          assert.ok(fake.foreignIsUntouched());
        });
      });
    });
  }

  it('bounds its buffers by free memory over all CPUs', () => {
    for (const [cpus, memAvailableKb, expected] of [
      [128, 1 << 20, 409],
      [2, 1000, 64],
    ] as const) {
      on({ cpus, memAvailableKb, tracepoints: [] }, (fake) => {
        const { log } = run(fake, shells[0]!, {}, eventsInto(fake), noProbes);
        assert.ok(log.includes(`fact cpus ${cpus}`));
        assert.ok(log.includes(`fact buffer-kb ${expected}`), log.filter((l) => l.includes('buffer')).join());
      });
    }
  });

  it('records tracepoints where a kernel has no probes, and says what that leaves undecided', () => {
    on({ hasProbes: false }, (fake) => {
      const { log, out } = run(fake, shells[0]!, {}, eventsInto(fake));
      assert.equal(out, 'one\ntwo\n');
      assert.ok(log.includes('fact no-kprobes yes'));
      assert.ok(log.some((line) => /^refused InvStart \S+ this kernel has no probes/.test(line)));
      assert.ok(log.includes('rule G5 no ;InvStart;InvEnd'));
      assert.ok(log.includes('rule G8 yes'));
      assert.deepEqual(fake.leftovers(), []);
    });
  });

  it('tells how its counter stands, and those of VMs whose vCPUs have one; takes markers where it may', () => {
    const vmTicks = { '12-5/vcpu0': '-77', '12-5/vcpu1': '-77', '13-5/vcpu0': '1', '13-5/vcpu1': '2' };
    const asked = { tellsTicks: true, takesMarkers: true };
    on({ vmTicks, tracepoints: [] }, (fake) => {
      const { log } = run(fake, shells.at(-1)!, asked, eventsInto(fake), noProbes);
      const told = log.filter((line) => /^(?:ticks|vm-ticks|fact clock) /.test(line));
      const once = ['ticks 7000 18446744073709551000 7000', 'vm-ticks -77 1 0'];
      assert.deepEqual(told, [...once, 'fact clock mono', ...once]);
      assert.ok(log.includes('fact markers yes'));
    });
    on({ tracepoints: [] }, (fake) => {
      fs.rmSync(path.join(fake.root, 'template/options'), { recursive: true });
      const { log } = run(fake, shells[0]!, asked, eventsInto(fake), noProbes);
      assert.ok(!log.some((line) => line.includes('ticks')));
      assert.ok(log.includes('fact markers no'));
    });
  });

  it('falls back to arguments by number where a kernel has no BTF, and says of the rest that it has none', () => {
    on({ hasBtf: false }, (fake) => {
      const { log } = run(fake, shells[0]!, {}, eventsInto(fake));
      const told = (pattern: RegExp): number => log.filter((line) => pattern.test(line)).length;
      assert.ok(told(/^probe \w+ p \S+ \S+ .*=\$arg1/) > 5);
      assert.ok(log.includes('fact btf '));
      assert.equal(told(/^probe .*=[a-z_]+(?:->|:)/), 0);
      assert.ok(told(/^refused \w+ \S+ BTF is not available or not supported$/) > 0);
      assert.ok(log.includes('rule G5 yes'));
      assert.deepEqual(fake.leftovers(), []);
      assert.ok(fake.foreignIsUntouched());
      // Who only looks is told the same of each rule.
      const judged = (lines: readonly string[]) => lines.filter((line) => line.startsWith('rule '));
      assert.deepEqual(judged(look(fake)), judged(log));
    });
  });

  it('says of every rule that it cannot be judged where KVM is not loaded', () => {
    const tracepoints = TRACEPOINTS.filter((name) => !name.startsWith('kvm'));
    on({ hasKvm: false, tracepoints }, (fake) => {
      const { log } = run(fake, shells[0]!, {}, eventsInto(fake), noProbes);
      assert.ok(log.includes('refused SysExitIoctl KVM it is not loaded there'));
      const judged = log.filter((line) => line.startsWith('rule '));
      assert.ok(judged.length > 20 && judged.every((line) => / no ;\w/.test(line)), judged.join('\n'));
    });
  });

  it('says before anything is done that nothing can be', () => {
    on({ isReadOnly: true }, (fake) => {
      assert.ok(look(fake).includes('error read-only none'));
      assert.match(run(fake, shells[0]!, {}, '', noProbes).err, /^shimtrace: error read-only none$/m);
    });
    on({ lockdown: 'confidentiality' }, (fake) =>
      assert.ok(look(fake).includes('error no-instance confidentiality')),
    );
  });

  it('says in a word what a host lacks, and ends', () => {
    on({}, (fake) => {
      fs.rmSync(path.join(fake.root, 'sys'), { recursive: true });
      assert.match(run(fake, shells[0]!).err, /^shimtrace: error (?:no-tracefs|not-root)/m);
    });
    on({}, (fake) => {
      fs.rmSync(path.join(fake.tracefs, 'instances'), { recursive: true });
      const { err, log } = run(fake, shells[0]!, {}, '', noProbes);
      assert.match(err, /^shimtrace: error (?:read-only|not-root)/m);
      assert.ok(log.includes('cleaned nothing'));
    });
  });

  it('says what it could not remove', () => {
    on({ givesProbesBack: false }, (fake) => {
      const oneProbe = { ...plan, probes: plan.probes.slice(0, 1) };
      const { log } = run(fake, shells[0]!, {}, eventsInto(fake), oneProbe);
      assert.ok(log.includes('cleaned probes'), log.slice(-3).join());
    });
  });

  it('does not write over a trace that is there', () => {
    on({}, (fake) => {
      fs.writeFileSync(path.join(fake.root, 'out.txt'), 'mine');
      const { status, out } = run(fake, shells[0]!, {}, 'true');
      assert.equal(status, 2);
      assert.equal(out, 'mine');
    });
  });
});

import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import zlib from 'node:zlib';
import { moduleOf } from '../../test/support/elfSamples.js';
import { FakeTracefs } from '../../test/support/fakeTracefs.js';
import { RULES } from '../../model/rules/registry.js';
import { planFor, type RecordPlan } from '../../recorder/plan.js';
import { parseSidecar } from '../../recorder/sidecar.js';
import type { Output } from '../output.js';
import { lookAt, recordTo, type Asked } from './run.js';
import { localTransport } from './transport.js';

const whole = planFor(RULES, ['G4']);
const plan: RecordPlan = {
  ...whole,
  probes: whole.probes.filter(({ kind }) => kind === 'InvStart'),
  rules: [{ id: 'G4', needs: [['InvStart']] }],
  tracepoints: [],
};
const NAMES = ['kvm_mmu_invalidate_begin', 'kvm_vm_ioctl.local', 'kvm_zap_gfn_range'];
const MODULE = moduleOf(NAMES, [['kvm_zap_gfn_range', 'kvm_mmu_invalidate_begin']]);
const SAID = /InvStart is not seen in kvm_vm_ioctl: kvm\.ko has copies of kvm_mmu_invalidate_begin there/;

let folder = '';
before(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'shimtrace-'))));
after(() => fs.rmSync(folder, { recursive: true }));

/** A host with a module of that name and content. */
async function on(
  name: string,
  module: Uint8Array,
  test: (asked: Asked, output: Output, said: string[]) => Promise<void>,
): Promise<void> {
  const fake = new FakeTracefs({ symbols: ['kvm_mmu_invalidate_begin'], readEvents: 1 });
  const at = path.join(fake.root, 'lib/modules', os.release(), 'kernel/arch/x86/kvm');
  fs.mkdirSync(at, { recursive: true });
  fs.writeFileSync(path.join(at, name), module);
  const said: string[] = [];
  const line = (text: string): void => void said.push(text);
  const here = `sys=${fake.sys}; proc=${fake.proc}`;
  const pipe = `"$(ls -d ${fake.tracefs}/instances/shimtrace_*/trace_pipe)"`;
  const asked: Asked = {
    plan,
    transport: localTransport(),
    options: { workload: `echo ' x-1 [000] ..... 1.000001: y: z' > ${pipe}`, seconds: 0, bufferKb: 64 },
    maxBytes: 1 << 20,
    change: (script) => fake.script(script.replace(/^sys=.*\nproc=.*$/m, here)),
  };
  try {
    await test(asked, { out: line, err: line, progress: () => undefined }, said);
    assert.deepEqual(fake.leftovers(), []);
  } finally {
    fake.remove();
  }
}

describe('the KVM of a host that is recorded', () => {
  it('tells before the recording which callers have copies, and the sidecar keeps it', async () => {
    await on('kvm.ko.gz', zlib.gzipSync(MODULE), async (asked, output, said) => {
      const file = path.join(folder, 'told.txt');
      assert.equal(await recordTo(file, asked, output), true);
      const first = said.findIndex((line) => SAID.test(line));
      assert.ok(
        first >= 0 && first < said.findIndex((line) => line.includes('recording; Ctrl-C')),
        said.join('\n'),
      );
      assert.match(fs.readFileSync(file, 'utf8'), /^ x-1 .*\n$/, 'the module is no part of the trace');
      const sidecar = parseSidecar(fs.readFileSync(`${file}.record.json`, 'utf8'));
      if ('problem' in sidecar) assert.fail(sidecar.problem);
      assert.deepEqual(sidecar.inlined, [
        { kind: 'InvStart', symbol: 'kvm_mmu_invalidate_begin', callers: ['kvm_vm_ioctl'] },
      ]);
    });
  });

  it('tells it of a plan, too', async () => {
    await on('kvm.ko', MODULE, async (asked, output, said) => {
      assert.equal(await lookAt(asked, output), 0);
      assert.match(said.join(), SAID);
    });
  });

  it('keeps nothing from being recorded where it cannot be read', async () => {
    await on('kvm.ko.xz', Buffer.from('damaged'), async (asked, output, said) => {
      const file = path.join(folder, 'damaged.txt');
      assert.equal(await recordTo(file, asked, output), true);
      assert.doesNotMatch(said.join(), /not seen in/);
    });
  });
});

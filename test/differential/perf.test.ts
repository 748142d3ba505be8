/**
 * perf.data against what `perf script` printed of it. The recordings in sample-traces/ always; a larger
 * set, laid out as the pairs below, where SHIMTRACE_TRACES names its folder; and these against a live
 * perf, where SHIMTRACE_PERF is the command of one that can read them. What may differ is listed, with
 * its reason, here and in docs/FORMATS.md.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { NEVER_CANCELLED } from '../../parsers/base/cancel.js';
import { MemorySource } from '../../parsers/base/source.js';
import { perfData } from '../../parsers/perf/format.js';
import { perfScript } from '../../parsers/perf/script/format.js';
import type { OpenTrace, TraceFormat } from '../../parsers/reader.js';
import { differences, type Allowed } from '../support/sameTables.js';
import { loadZstd, readMaybeZstd, unzstdStream } from '../support/zstd.js';

const SHIPPED = 'sample-traces/perf/7.2.13';
const SHIPPED_PAIRS: readonly (readonly [string, string])[] = [
  ['conv.restrictedmem.perf.data', 'conv.restrictedmem.perf-script.txt'],
  ['conv_small.zstd.perf.data', 'conv_small.zstd.perf-script.txt.zst'],
  ['shared.g.perf.data', 'shared.g.perf-script.txt.zst'],
  ['shared.g.perf.data', 'shared.g.perf-script.header-tasks.txt.zst'],
  ['shared.g.perf.data', 'shared.g.perf-script.pid-flags.txt.zst'],
  ['shared.g.perf.data', 'shared.g.perf-script.symoff-dso.txt.zst'],
  ['M2.p.perf.data', 'M2.p.perf-script.txt.zst'],
];
const LARGE_PAIRS: readonly (readonly [string, string])[] = [
  ['base/perf/conv.perf.data', 'base/perf/conv.script.txt'],
  ['base/perf/conv.perf.data', 'base/perf/conv.script.plus-pid-period.txt.zst'],
  ['base/perf/conv_small.zstd.perf.data', 'base/perf/conv_small.zstd.script.txt'],
  ['base/perf/shared.g.perf.data', 'base/perf/shared.g.script.nocallgraph.txt'],
  ['base/lost/conv.lost.perf.data', 'base/lost/conv.lost.perf-script.txt.zst'],
  ['base/dyn/conv.restrictedmem.perf.data', 'base/dyn/conv.restrictedmem.perf-script.txt'],
  ['inplace/inplace.g.perf.data', 'inplace/inplace.g.script.txt'],
  ['inplace/twovms/inplace.twovms.perf.data', 'inplace/twovms/inplace.twovms.script.txt'],
  ['inplace/twovms/inplace.twovms.perf.data', 'inplace/twovms/inplace.twovms.script.pidtid.txt'],
  ['labelled/inplace/M1.a.perf.data', 'labelled/inplace/M1.a.perf-script.txt'],
  ['labelled/inplace/M2.p.perf.data', 'labelled/inplace/M2.p.perf-script.txt'],
  ['labelled/inplace/M4.au.perf.data', 'labelled/inplace/M4.au.perf-script.txt'],
];

const ALLOWED: Allowed = {
  text: new Set([
    // perf has plugins of its own for these, which print other words than the kernel's print format.
    'kvm:kvm_exit',
    'kvm:kvm_entry',
    'kvm:kvm_emulate_insn',
    'kvm:kvm_userspace_exit',
    'kvm:kvm_apicv_inhibit_changed',
    'kvmmmu:kvm_mmu_get_page',
    'kvmmmu:kvm_mmu_prepare_zap_page',
    'tlb:tlb_flush',
    // perf knows the symbols of the machine it ran on; a perf.data does not hold them.
    'exceptions:page_fault_kernel',
    'restrictedmem:restrictedmem_fallocate',
    // perf prints an array of a probe as zeros, and ends a line at a NUL.
    'restrictedmem:unmap_gfn_range',
  ]),
  slots: new Set([
    // The text has what the print format makes of a field, the record the field itself.
    ...['dev', 'dev_major', 'dev_minor', 'ofs', 'pgoff'].flatMap((slot) => [
      `filemap:mm_filemap_add_to_page_cache ${slot}`,
      `filemap:mm_filemap_delete_from_page_cache ${slot}`,
    ]),
    // perf's plugins leave these out.
    'kvm:kvm_exit vcpu',
    'kvm:kvm_userspace_exit errno',
    ...['gen', 'gfn', 'role', 'level'].flatMap((slot) => [
      `kvmmmu:kvm_mmu_get_page ${slot}`,
      `kvmmmu:kvm_mmu_prepare_zap_page ${slot}`,
    ]),
  ]),
};

function open(format: TraceFormat, file: string): OpenTrace {
  const bytes = readMaybeZstd(file);
  assert.ok(format.sniff(bytes.subarray(0, 1 << 16)) > 0, `${file} is not recognised`);
  return format.read(new MemorySource(bytes), { cancel: NEVER_CANCELLED, unzstdStream });
}

function compareAll(folder: string, pairs: readonly (readonly [string, string])[]): void {
  for (const [data, text] of pairs) {
    it(`${data} is what ${text} says`, () => {
      const binary = open(perfData, path.join(folder, data));
      const script = open(perfScript, path.join(folder, text));
      assert.ok(binary.table.length > 100);
      assert.deepEqual(differences(binary, script, ALLOWED), []);
      if (script.table.stacks.length > 0)
        assert.equal(binary.table.stacks.length, script.table.stacks.length);
      assert.deepEqual(
        binary.table.losses
          .filter((loss) => loss.row < binary.table.length)
          .map((loss) => [loss.row, loss.cpu, loss.count]),
        script.table.losses.map((loss) => [loss.row, loss.cpu, loss.count]),
      );
    });
  }
}

describe('perf.data against perf script', () => {
  before(loadZstd);
  compareAll(SHIPPED, SHIPPED_PAIRS);

  it('notices a difference', () => {
    const binary = open(perfData, path.join(SHIPPED, 'conv.restrictedmem.perf.data'));
    const text = fs
      .readFileSync(path.join(SHIPPED, 'conv.restrictedmem.perf-script.txt'), 'latin1')
      .replace('kvm=0xffff88810830e000', 'kvm=0xffff88810830e001');
    const script = perfScript.read(new MemorySource(Uint8Array.from(Buffer.from(text, 'latin1'))), {
      cancel: NEVER_CANCELLED,
    });
    assert.equal(differences(binary, script, ALLOWED).length, 2, 'the slot and the payload');
  });

  const large = process.env['SHIMTRACE_TRACES'];
  if (large !== undefined) compareAll(large, LARGE_PAIRS);

  const perf = process.env['SHIMTRACE_PERF']?.split(' ');
  if (large !== undefined && perf !== undefined) {
    for (const data of new Set(LARGE_PAIRS.map(([file]) => file))) {
      it(`${data} is what the installed perf prints of it`, () => {
        const args = [
          ...perf.slice(1),
          'script',
          '--ns',
          '-F',
          'comm,pid,tid,cpu,time,event,trace',
          '-i',
          path.join(large, data),
        ];
        const { status, stdout } = spawnSync(perf[0]!, args, { maxBuffer: 1 << 30 });
        assert.equal(status, 0, `${perf.join(' ')} does not read it`);
        const script = perfScript.read(new MemorySource(new Uint8Array(stdout)), { cancel: NEVER_CANCELLED });
        assert.deepEqual(differences(open(perfData, path.join(large, data)), script, ALLOWED), []);
      });
    }
  }
});

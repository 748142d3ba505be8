/**
 * The text of `trace-cmd report` against the trace.dat that it was printed from: the same events, times,
 * tasks and slots, whatever the options. More of them where SHIMTRACE_TRACES names the folder of recordings.
 */
import assert from 'node:assert/strict';
import path from 'node:path';
import { NEVER_CANCELLED } from '../../parsers/base/cancel.js';
import { MemorySource } from '../../parsers/base/source.js';
import { FORMATS, readTrace, sniffFormat } from '../../parsers/index.js';
import type { OpenTrace } from '../../parsers/reader.js';
import { traceCmdReport } from '../../parsers/tracecmdtext/format.js';
import { nodeCodecs, type Codecs } from '../../shell/codecs.node.js';
import { differences, type Allowed } from '../support/sameTables.js';
import { loadZstd, readMaybeZstd } from '../support/zstd.js';

const FILEMAP = ['dev', 'dev_major', 'dev_minor', 'ofs', 'pgoff'].flatMap((slot) => [
  `filemap:mm_filemap_add_to_page_cache ${slot}`,
  `filemap:mm_filemap_delete_from_page_cache ${slot}`,
]);
const PLAIN: Allowed = {
  rounds: true,
  text: new Set([
    // trace-cmd's plugins print other words than the kernel's print format.
    'kvm:kvm_exit',
    'kvm:kvm_entry',
    'kvm:kvm_emulate_insn',
    'kvmmmu:kvm_mmu_get_page',
    'kvmmmu:kvm_mmu_prepare_zap_page',
    'tlb:tlb_flush',
    // trace-cmd compares a signed errno as unsigned, takes an unknown enumerator for
    // zero, and prints a probe's array as zeros.
    'kvm:kvm_userspace_exit',
    'kvm:kvm_apicv_inhibit_changed',
    'restrictedmem:unmap_gfn_range',
    // The frames stand on lines of their own.
    'ftrace:kernel_stack',
    'ftrace:user_stack',
  ]),
  // Named otherwise than what they probe, and the report has bare addresses.
  kinds: new Set([
    'restrictedmem:unmap_gfn_range',
    'tprobes:set_attr',
    'restrictedmem:restrictedmem_invalidate_start',
    'restrictedmem:restrictedmem_invalidate_end',
  ]),
  slots: new Set([
    // The text has what the print format makes of a field, the record the field itself.
    ...FILEMAP,
    // The plugins leave these out, or print the role as they understand it.
    'kvm:kvm_exit vcpu',
    'kvm:kvm_userspace_exit errno',
    ...['gen', 'gfn', 'role', 'level'].flatMap((slot) => [
      `kvmmmu:kvm_mmu_get_page ${slot}`,
      `kvmmmu:kvm_mmu_prepare_zap_page ${slot}`,
    ]),
  ]),
};
/** -R prints fields, and every slot is the same. */
const RAW: Allowed = { rounds: true, noText: true, text: new Set(), slots: new Set() };

type Pairs = readonly (readonly [string, string, Allowed])[];
const SHIPPED: Pairs = [
  ['conv_small.v7-stack.dat', 'conv_small.v7-stack.report.txt', PLAIN],
  ['conv.restrictedmem.dat', 'conv.restrictedmem.report.txt', PLAIN],
  ['multibuf.dat', 'multibuf.report.txt.zst', PLAIN],
  ['conv.v6.cut.dat', 'conv.v6.cut.report.txt.zst', PLAIN],
  ['conv.v6.cut.dat', 'conv.v6.cut.report-R.txt.zst', RAW],
];
const LARGE: Pairs = [
  ['base/tracecmd/conv.v6.dat', 'base/tracecmd/conv.v6.report.txt', PLAIN],
  ['base/tracecmd/conv.v7-default.dat', 'base/tracecmd/conv.v7-default.report.txt', PLAIN],
  ['base/tracecmd/conv.v7-default.dat', 'base/tracecmd/conv.v7-default.report-R.txt', RAW],
  ['base/tracecmd/conv.v7-default.dat', 'base/tracecmd/conv.v7-default.report-t.txt.zst', PLAIN],
  ['base/tracecmd/conv.v7-default.dat', 'base/tracecmd/conv.v7-default.report-l.txt.zst', PLAIN],
  ['base/tracecmd/conv_small.v7-mono.dat', 'base/tracecmd/conv_small.v7-mono.report.txt', PLAIN],
  ['base/tracecmd/shared.v7-default.dat', 'base/tracecmd/shared.v7-default.report.txt', PLAIN],
  ['base/tracecmd/shared.v7-default.dat', 'base/tracecmd/shared.v7-default.report-R.txt', RAW],
  ['inplace/convtest.v7.dat', 'inplace/convtest.v7.report.txt.zst', PLAIN],
  ['inplace/inplace.v7.dat', 'inplace/inplace.v7.report.txt', PLAIN],
  ['inplace/inplace.v7.dat', 'inplace/inplace.v7.report-R.txt', RAW],
  ['inplace/inplace.v7.dat', 'inplace/inplace.v7.report-t.txt.zst', PLAIN],
  ['inplace/inplace.v7.dat', 'inplace/inplace.v7.report-l.txt.zst', PLAIN],
  ['inplace/twovms/inplace.twovms.dat', 'inplace/twovms/inplace.twovms.report.txt', PLAIN],
];

let codecs: Codecs;

function open(file: string): OpenTrace {
  return readTrace(new MemorySource(readMaybeZstd(file)), { cancel: NEVER_CANCELLED, ...codecs });
}

function compareAll(folder: string, pairs: Pairs): void {
  for (const [data, text, allowed] of pairs) {
    it(`${text} says what ${data} holds`, () => {
      const report = open(path.join(folder, text));
      assert.equal(report.table.meta.format, traceCmdReport.id);
      assert.ok(report.table.length > 100);
      assert.deepEqual(differences(open(path.join(folder, data)), report, allowed), []);
      assert.deepEqual(
        report.table.issues.filter((issue) => issue.code === 'foreign-lines' || issue.code === 'bad-line'),
        [],
      );
    });
  }
}

describe('trace-cmd report against trace.dat', () => {
  before(async () => {
    await loadZstd();
    codecs = await nodeCodecs();
  });
  compareAll('sample-traces/tracecmd', SHIPPED);

  it('knows a report by its lines where its header is cut off', () => {
    for (const [, text] of SHIPPED) {
      const bytes = readMaybeZstd(path.join('sample-traces/tracecmd', text));
      const cut = bytes.subarray(bytes.indexOf(10, 200) + 1);
      if (!text.includes('stack'))
        assert.equal(sniffFormat(cut.subarray(0, 1 << 16), FORMATS), traceCmdReport, text);
    }
  });

  const large = process.env['SHIMTRACE_TRACES'];
  if (large !== undefined) compareAll(large, LARGE);
});

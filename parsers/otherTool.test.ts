/** What people give in place of a trace, named. */
import assert from 'node:assert/strict';
import { NEVER_CANCELLED } from './base/cancel.js';
import { MemorySource } from './base/source.js';
import { readTrace } from './index.js';

const TEXTS: readonly (readonly [code: string, detail: string, text: string])[] = [
  [
    'other-tool',
    'perf trace',
    '     0.198 ( 0.010 ms): qemu/2787 ioctl(fd: 4, cmd: KVM_CHECK_EXTENSION, arg: 0x42) = 1024\n' +
      '     0.391 (         ): qemu/2787 ioctl(fd: 4, cmd: KVM_CREATE_VM, arg: 0x1) ...\n' +
      '     0.415 qemu/2787 kvm:kvm_exit(exit_reason: 48, guest_rip: 1)\n',
  ],
  ['other-tool', 'bpftrace', 'Attaching 2 probes...\nkvm_page_fault: gfn 0x100\nkvm_entry: vcpu 0\n'],
  ['other-tool', 'bpftrace', '@faults[0x100]: 12\n@faults[0x101]: 3\n\n@ns:\n[2, 4)   12 |@@@@@@      |\n'],
  [
    'other-tool',
    'strace',
    '[pid  4711] ioctl(9, KVM_RUN, 0) = 0\n10:00:07.123 mmap(NULL, 4096, PROT_READ) = 0x7f0000000000\n',
  ],
  ['counts', 'perf stat', "\n Performance counter stats for 'qemu':\n\n   12  kvm:kvm_entry\n"],
  ['counts', 'perf report', '# Samples: 12\n# Overhead  Command\n   12.00%  qemu\n'],
  [
    'counts',
    'kvm_stat',
    'kvm statistics - summary\n Event                Total %Total CurAvg/s\n kvm_entry 12\n',
  ],
  ['event-list', '', 'kvm:kvm_entry\nkvm:kvm_exit\nkvm:kvm_page_fault\n'],
  ['event-list', '', 'p:g/kvm_gmem_get_pfn kvm_gmem_get_pfn gfn=$arg3\nr:g/x kvm_gmem_get_pfn ret=$retval\n'],
  ['event-list', '', 'kvm:kvm_entry: type: 2 (software), size: 136\nkvm:kvm_exit: type: 2, size: 136\n'],
];

describe('what is no trace', () => {
  for (const [code, detail, text] of TEXTS)
    for (const mark of ['', '> '])
      it(`is called ${code} ${detail}: ${JSON.stringify(mark + text.slice(0, 40))}`, () => {
        const bytes = new TextEncoder().encode(text.replace(/^/gm, mark));
        const { table } = readTrace(new MemorySource(bytes), { cancel: NEVER_CANCELLED });
        assert.deepEqual(
          [table.length, table.issues.map((issue) => [issue.code, issue.detail])],
          [0, [[code, detail]]],
        );
      });
});

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { judge, type Judged } from '../../test/golden/judge.js';
import { judgeAll } from '../../test/support/oneTrace.js';

const PASTES = 'sample-traces/pastes';

function paste(name: string): Judged {
  return judge(new Uint8Array(fs.readFileSync(`${PASTES}/${name}`)), ['guest-memfd']);
}

/** `slot 3: -22, file of slot 0`: what was refused, and what stands in its way. */
function refusals({ analysis, table }: Judged): string[] {
  return analysis.refusedSlots.map(({ slot, errno, row, holder }) => {
    const by = holder ? `, ${holder.clash} of slot ${holder.slot} in line ${table.line(holder.row)}` : '';
    return `line ${table.line(row)}: slot ${slot}: ${errno}${by}`;
  });
}

const KVM = 'kvm=0xffff888101c58000';
/** The kernel's events of a memslot that is asked for. */
const asked = (slot: number, baseGfn: string, offset: string, ret: number, fd = 8): string[] => [
  'sys_ioctl(fd: 4, cmd: 0x40a0ae49, arg: 0x172bf1d0)',
  `kvm_set_memory_region: (kvm_set_memory_region+0x0/0x5b0) slot=${slot} flags=0x4 gpa=0x${baseGfn}000 size=0x4000 hva=0x7f73744a5000 gmem_fd=${fd} gmem_offset=${offset}`,
  `kvm_gmem_bind: (kvm_gmem_bind+0x0/0x190) ${KVM} slot=${slot} base_gfn=0x${baseGfn} npages=4 fd=${fd} offset=${offset}`,
  `kvm_gmem_bind_ret: (kvm_set_memory_region+0x34c/0x5b0 <- kvm_gmem_bind) ret=${ret} slot=${slot}`,
  `sys_ioctl -> ${ret < 0 ? `0x${(2n ** 64n + BigInt(ret)).toString(16)}` : '0x0'}`,
];

describe('memslots that the kernel refuses', () => {
  it('in a log of QEMU, with the one that holds its file range in the same boot', () => {
    assert.deepEqual(refusals(paste('P08-double-bind-mail-qp.eml')), [
      'line 49: slot 3: -22, file of slot 0 in line 40',
    ]);
  });

  it('in a log that does not print the file, by the memory of the VMM', () => {
    const judged = paste('P09-exclusive-bind-einval.log');
    assert.deepEqual(refusals(judged), ['line 3: slot 2: -22, memory of slot 0 in line 1']);
    assert.deepEqual(
      judged.analysis.slots.map(({ slot, baseGfn, pageCount }) => [slot, baseGfn, pageCount]),
      [
        [0, 0, 0x80000],
        [1, 0xffc00, 0x400],
      ],
    );
  });

  it('by the events of the kernel, once each', () => {
    assert.deepEqual(refusals(judgeAll([...asked(1, '100', '0x0', 0), ...asked(2, '200', '0x2000', -17)])), [
      'line 13: slot 2: -17, file of slot 1 in line 7',
    ]);
  });

  it('for the guest frames of another one', () => {
    assert.deepEqual(
      refusals(judgeAll([...asked(1, '100', '0x0', 0), ...asked(2, '102', '0x8000', -17, 9)])),
      ['line 13: slot 2: -17, gfns of slot 1 in line 7'],
    );
  });

  it('for nothing that is seen', () => {
    assert.deepEqual(refusals(judgeAll(asked(2, '200', '0x2000', -22))), ['line 8: slot 2: -22']);
    assert.deepEqual(refusals(judgeAll([...asked(1, '100', '0x0', 0), ...asked(2, '200', '0x8000', -22)])), [
      'line 13: slot 2: -22',
    ]);
  });

  it('are none where the call did what was asked, or where its end is not seen', () => {
    assert.deepEqual(refusals(judgeAll([...asked(1, '100', '0x0', 0), ...asked(2, '200', '0x8000', 0)])), []);
    assert.deepEqual(refusals(judgeAll(asked(2, '200', '0x2000', -22).slice(0, 3))), []);
  });

  it('are suspicious, and no violation', () => {
    const { analysis } = paste('P08-double-bind-mail-qp.eml');
    assert.deepEqual(
      analysis.findings.map(({ rule, verdict, message }) => [rule, verdict, message]),
      [
        [
          'S7',
          'suspicious',
          'memslot 3 (gfns 0xfeda0..0xfedbf) with pages 0xa0..0xbf of fd 15 was refused with EINVAL: slot 0 has these pages of the file',
        ],
      ],
    );
  });

  it('are not explained by a memslot that may have gone where events were lost', () => {
    const lost = [...asked(1, '100', '0x0', 0), 'CPU:0 [LOST 3 EVENTS]', ...asked(2, '200', '0x2000', -17)];
    const [finding] = judgeAll(lost, ['guest-memfd']).analysis.findings.filter(({ rule }) => rule === 'S7');
    assert.match(finding!.message, /: what stands in its way is not seen$/);
  });
});

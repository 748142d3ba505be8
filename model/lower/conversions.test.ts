import assert from 'node:assert/strict';
import { MemorySource } from '../../parsers/base/source.js';
import { NEVER_CANCELLED } from '../../parsers/base/cancel.js';
import { readTrace } from '../../parsers/index.js';
import { analyze } from '../index.js';
import { conversionText } from '../objects/conversion.js';
import { judgeAll, type Said } from '../../test/support/oneTrace.js';
import { operationLines } from '../../test/support/operations.js';

/**
 * `perf script` lines of one thread, a microsecond apart. Without returns: perf is seldom asked for sys_exit.
 */
function script(...payloads: readonly string[]): string {
  return payloads.map((payload, i) => `CPU 0/KVM  555/556  [000]   370.60000${i}: ${payload}\n`).join('');
}

const KVM = 'kvm=0xffff88811b4da000';
const request = (attrs: string): string =>
  `kvm:kvm_vm_set_mem_attributes: 0x00000000100000 -- 0x00000000100200 [${attrs}]`;
const post = (attrs: string): string =>
  `guest_memfd:kvm_arch_post_set_memory_attributes: (ffffffff812a8e30) ${KVM} slot=10 start=0x100000 end=0x100200 attributes=${attrs}`;
const SHARED_FAULT = [
  'kvm:kvm_page_fault: vcpu 0 rip 0x403f70 address 0x0000000100000000 error_code 0x100000004',
  'guest_memfd:kvm_mmu_faultin_pfn: (ffffffff8129adb0) gfn=0x100000 addr=0x100000000 error_code=0x100000004',
  'kvmmmu:kvm_tdp_mmu_spte_changed: as id 0 gfn 100000 level 1 old_spte 8000000000000000 new_spte 120d8de67',
];

/** Verdicts of G7, which compares a fault with its gfn's attribute. */
function mismatches(text: string): string[] {
  const { table } = readTrace(new MemorySource(new TextEncoder().encode(text)), { cancel: NEVER_CANCELLED });
  assert.equal(table.meta.format, 'perf-script');
  return analyze(table, { profiles: ['guest-memfd'] })
    .findings.filter((f) => f.rule === 'G7')
    .map((f) => f.verdict);
}

describe('conversions whose return is not recorded', () => {
  it('end where the thread asks for the same range back', () => {
    assert.deepEqual(
      mismatches(script(request('0x8'), post('0x8'), request('0x0'), post('0x0'), ...SHARED_FAULT)),
      [],
    );
  });

  it('still show a shared install on private memory, which the conversion that never ended may excuse', () => {
    assert.deepEqual(
      mismatches(script(request('0x0'), post('0x0'), request('0x8'), post('0x8'), ...SHARED_FAULT)),
      ['undecidable'],
    );
  });
});

describe('a request that the kernel prints in parts', () => {
  const part = (first: number, count: number, more: boolean): string => {
    const range = `0x${first.toString(16)} -- 0x${(first + count).toString(16)}`;
    return `kvm:kvm_vm_set_mem_attributes: ${more ? '. ' : ''}${range} [0x8]`;
  };
  const conversionsOf = (...payloads: readonly string[]): string[] => {
    const source = new MemorySource(new TextEncoder().encode(script(...payloads)));
    const analysis = analyze(readTrace(source, { cancel: NEVER_CANCELLED }).table);
    return analysis.conversions.map((conversion) =>
      conversionText(analysis, conversion).replace(/ of tgid:555/, ''),
    );
  };

  it('is one with what follows it', () => {
    assert.deepEqual(
      conversionsOf(
        part(0, 0x10, false),
        part(0x100, 0x80, true),
        part(0x180, 0x80, true),
        part(0x200, 0x10, false),
        part(0x210, 0x10, false),
      ),
      [
        'gfns 0x0..0xf to private',
        'gfns 0x100..0x17f to private, part 1 of 3 of the request for 0x100..0x20f',
        'gfns 0x180..0x1ff to private, part 2 of 3 of the request for 0x100..0x20f',
        'gfns 0x200..0x20f to private, part 3 of 3 of the request for 0x100..0x20f',
        'gfns 0x210..0x21f to private',
      ],
    );
  });

  it('is not told of where its end is not in the trace', () => {
    assert.deepEqual(conversionsOf(part(0x100, 0x80, true), part(0x180, 0x80, true)), [
      'gfns 0x100..0x17f to private',
      'gfns 0x180..0x1ff to private',
    ]);
  });

  it('is not one with what follows lost events', () => {
    const [first, second] = [part(0x100, 0x80, true), part(0x180, 0x80, false)];
    assert.deepEqual(conversionsOf(first, 'kvm:kvm_fpu: load\n[snip]', second), [
      'gfns 0x100..0x17f to private',
      'gfns 0x180..0x1ff to private',
    ]);
  });

  it('is not one with a request for other pages', () => {
    assert.deepEqual(conversionsOf(part(0x100, 0x80, true), part(0x300, 0x80, false)), [
      'gfns 0x100..0x17f to private',
      'gfns 0x300..0x37f to private',
    ]);
  });
});

const KVM_OF_TEXT = 'kvm=0xffff888100aa0000';
const VM_REQUEST = 'kvm_vm_set_mem_attributes: 0x00000000001000 -- 0x00000000001002 [0x8]';
const vmPost = (first: string, end: string, attrs = '0x8'): string =>
  `kvm_arch_post_set_memory_attributes: (kvm_arch_post_set_memory_attributes+0x0/0x250) ${KVM_OF_TEXT} slot=1 start=${first} end=${end} attributes=${attrs}`;
const vmReturn = (ret: number): string =>
  `kvm_vm_ioctl_set_mem_attributes_ret: (kvm_vm_ioctl+0x4a0/0x1000 <- kvm_vm_ioctl_set_mem_attributes) ret=${ret}`;
/** A post of another range, so that the trace shows that posts are recorded. */
const OTHER_POST = vmPost('0x2000', '0x2001');

const ENTER_70 =
  'kvm_gmem_set_attributes: (__kvm_gmem_set_attributes+0x0/0x440) ino=70 start=0x4 nr_pages=2 attrs=0x8';
const inodeReturn = (ret: number): string =>
  `kvm_gmem_set_attributes_ret: (kvm_gmem_ioctl+0x109/0x170 <- __kvm_gmem_set_attributes) ino=70 start=0x4 nr_pages=2 attrs=0x8 ret=${ret}`;
const store = (index: string, last: string): string =>
  `kvm_gmem_store_attributes: (kvm_gmem_store_attributes+0x0/0x20) ino=70 index=${index} last=${last} attrs=0x8`;

/** The changes of attributes that the events mean, with the conversion that made each, -1 for none. */
const attributes = (...events: readonly (string | Said)[]): string[] =>
  operationLines(judgeAll(events), 'GfnAttr', 'PageAttr');

describe('what a conversion does to attributes', () => {
  it('is seen where the store or post is', () => {
    assert.deepEqual(attributes(VM_REQUEST, vmPost('0x1000', '0x1002'), 'sys_ioctl -> 0x0'), [
      'GfnAttr 0 0x1000+2 Private 0',
    ]);
    assert.deepEqual(attributes(ENTER_70, store('0x4', '0x5'), inodeReturn(0)), [
      'PageAttr 0 0x4+2 Private 0',
    ]);
  });

  it('is what a return of 0 says where no store is recorded', () => {
    assert.deepEqual(attributes(VM_REQUEST, vmReturn(0)), ['GfnAttr 0 0x1000+2 Private 0']);
    assert.deepEqual(attributes(ENTER_70, inodeReturn(0)), ['PageAttr 0 0x4+2 Private 0']);
  });

  it('is nothing where it failed', () => {
    assert.deepEqual(attributes(VM_REQUEST, vmReturn(-12)), []);
    assert.deepEqual(attributes(ENTER_70, inodeReturn(-11)), []);
  });

  it('is unknown where its end is not in the trace: the old attribute is forgotten', () => {
    // The next call of the thread shows that the first one is over.
    const next = 'sys_munmap(addr: 0x7f0000000000, len: 0x2000)';
    assert.deepEqual(attributes(ENTER_70, inodeReturn(0), ENTER_70, next), [
      'PageAttr 0 0x4+2 Private 0',
      'PageAttr 0 0x4+2 Unknown -1',
    ]);
    assert.deepEqual(attributes(VM_REQUEST, vmReturn(0), VM_REQUEST, next), [
      'GfnAttr 0 0x1000+2 Private 0',
      'GfnAttr 0 0x1000+2 Unknown -1',
    ]);
  });

  it('is unknown at once where nothing in the trace ever shows how a conversion ends', () => {
    assert.deepEqual(attributes(VM_REQUEST), ['GfnAttr 0 0x1000+2 Unknown -1']);
  });

  it('is nothing where its end is not in the trace, but stores are recorded and none is seen', () => {
    const next = 'sys_munmap(addr: 0x7f0000000000, len: 0x2000)';
    assert.deepEqual(attributes(OTHER_POST, VM_REQUEST, next), ['GfnAttr 0 0x2000+1 Private 0']);
    assert.deepEqual(attributes(store('0x8', '0x8'), ENTER_70, next), ['PageAttr 0 0x8+1 Private 0']);
  });

  it('is unknown where it succeeded, stores are recorded, and this one is not', () => {
    const shared = VM_REQUEST.replace('0x8', '0x0');
    assert.deepEqual(
      attributes(shared, vmPost('0x1000', '0x1002', '0x0'), 'sys_ioctl -> 0x0', VM_REQUEST, vmReturn(0)),
      ['GfnAttr 0 0x1000+2 Shared 0', 'GfnAttr 0 0x1000+2 Unknown -1'],
    );
  });

  it('is anything where the ioctl alone is seen', () => {
    assert.deepEqual(
      attributes(ENTER_70, inodeReturn(0), 'sys_ioctl(fd: 9, cmd: 0x4020aed2, arg: 0)', 'sys_ioctl -> 0x0'),
      ['PageAttr 0 0x4+2 Private 0', 'PageAttr 0 0x0+4294967296 Unknown -1'],
    );
  });
});

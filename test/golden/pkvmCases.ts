/** Small traces of protected VMs of pKVM, whose teardown is recorded by its begin and its end. */
import type { Cases } from '../support/oneTrace.js';
import { bind, elsewhere, KVM, OTHER_KVM, p, r } from '../support/probes.js';

const PAGE_TABLE = 'pgt=0xfff000000402fec0';
const OTHER_PAGE_TABLE = 'pgt=0xfff000000402f000';
const PAGE = '0xffffc1ffc009d0c0';

const made = (kvm: string): string[] => [
  'sys_ioctl(fd: 3, cmd: 0xae01, arg: 0x80000000)',
  p('pkvm_init_host_vm', `${kvm} type=0x80000000`),
  'sys_ioctl -> 0x4',
];
const mapped = (gfn: string, pfn: string, table = PAGE_TABLE): string[] => [
  p('pkvm_pgtable_stage2_map', `${table} addr=0x${gfn}000 size=0x1000 phys=0x${pfn}000 prot=0xf`),
  r('pkvm_pgtable_stage2_map', 'ret=0'),
];
/** A fault of the guest, for which a page is pinned and donated. */
const donated = (gfn: string, pfn: string): string[] => [
  p('kvm_handle_guest_abort', KVM),
  `kvm_guest_fault: ipa 0x${gfn}000, hsr 0x93c18007`,
  r('pin_user_pages', `ret=1 start=0x7f0000000000 gup_flags=0x141 page0=${PAGE}`),
  ...mapped(gfn, pfn),
  'kvm_entry: PC: 0x0000000040000008',
];
const UNPINNED = p('unpin_user_pages_dirty_lock', `npages=1 page0=${PAGE} make_dirty=1`);
const BEGINS = p('kvm_free_stage2_pgd', PAGE_TABLE);
const ends = (left = ' left=0x0'): string => p('pkvm_pgtable_stage2_destroy_pgd', `${PAGE_TABLE}${left}`);
const DESTROYED = p('pkvm_destroy_hyp_vm', KVM);
const VM = [...made(KVM), ...donated('1003', '11a200')];
/** A protected VM whose memory is a private file. */
const FILE_VM = [
  ...made(KVM),
  p('kvm_gmem_create', `${KVM} size=0x10000 flags=0x1`),
  ...bind(1, '0x1000', 16, '0x0', 70),
];
const GIVEN = [
  p('kvm_handle_guest_abort', KVM),
  'kvm_guest_fault: ipa 0x1003000, hsr 0x93c18007',
  ...mapped('1003', '11a200'),
];
const rmap = (name: string, index: number): string =>
  p(name, `folio=${PAGE} ino=70 index=0x${index} page=${PAGE} nr_pages=1 vm_start=0x7f0000000000`);
const ADDED = rmap('folio_add_file_rmap_ptes', 3);
const REMOVED = rmap('folio_remove_rmap_ptes', 3);
const OTHERS = rmap('folio_add_file_rmap_ptes', 7);
const SHARED = [
  p('__kvm_gmem_set_attributes', 'ino=70 start=0x3 nr_pages=1 attrs=0x0'),
  p('kvm_gmem_store_attributes', 'ino=70 index=0x3 last=0x3 attrs=0x0'),
  r('__kvm_gmem_set_attributes', 'ino=70 start=0x3 nr_pages=1 attrs=0x0 ret=0'),
];
/** Another VM, which gets the frame that the first one had. */
const TAKEN_OVER = [...made(OTHER_KVM), ...mapped('2000', '11a200', OTHER_PAGE_TABLE)].map(elsewhere);

export const PKVM_RULE_CASES: Readonly<Record<string, Cases>> = {
  P1: {
    'a frame of a VM that is torn down later': [...VM, ...TAKEN_OVER, BEGINS, ends(), DESTROYED],
    'a frame of a VM that is being torn down': [...VM, BEGINS, ...TAKEN_OVER, ends(), DESTROYED],
    'a frame of a VM that was torn down': [...VM, BEGINS, ends(), ...TAKEN_OVER, DESTROYED],
    'a teardown of which only the end is recorded': [...VM, ...TAKEN_OVER, ends(), DESTROYED],
  },
  P2: {
    'a page that GUP takes before the teardown': [
      ...VM,
      r('pin_user_pages', `ret=1 start=0x7f0000000000 gup_flags=0x1 page0=${PAGE}`),
      BEGINS,
      ends(),
      DESTROYED,
    ],
    'a page that GUP takes within the teardown': [
      ...VM,
      BEGINS,
      r('pin_user_pages', `ret=1 start=0x7f0000000000 gup_flags=0x1 page0=${PAGE}`),
      ends(),
      DESTROYED,
    ],
    'a page of a private file that is mapped after it is donated': [
      ...FILE_VM,
      ...GIVEN,
      ADDED,
      BEGINS,
      ends(),
    ],
    'a page of a private file that is mapped while it is donated': [...FILE_VM, ADDED, ...GIVEN, REMOVED],
    'a page of a private file that was mapped before': [...FILE_VM, ADDED, REMOVED, ...GIVEN, BEGINS, ends()],
    'a page of a private file that may be mapped still': [...FILE_VM, ADDED, ...GIVEN, BEGINS, ends()],
    'a page of a private file that nobody maps': [...FILE_VM, OTHERS, ...GIVEN, BEGINS, ends()],
    'a page of a file that is shared again': [...FILE_VM, ...GIVEN, ...SHARED, ADDED, BEGINS, ends()],
    'a page of a file of which nothing shows whether it is shared': [
      ...made(KVM),
      ...bind(1, '0x1000', 16, '0x0', 70),
      ...GIVEN,
      ADDED,
      BEGINS,
      ends(),
    ],
    'a page of a private file that is mapped after it was returned': [
      ...FILE_VM,
      ...GIVEN,
      BEGINS,
      ends(),
      ADDED,
    ],
    'a page of a private file that is mapped in a teardown': [...FILE_VM, ...GIVEN, BEGINS, ADDED, ends()],
    'a page of a private file that is mapped behind lost events': [
      ...FILE_VM,
      ...GIVEN,
      'CPU:0 [LOST 2 EVENTS]',
      ADDED,
      BEGINS,
      ends(),
    ],
  },
  P4: {
    'a teardown that leaves nothing': [...VM, BEGINS, ends(), DESTROYED],
    'a teardown that leaves something': [...VM, BEGINS, ends(' left=0xfff0000006543210'), DESTROYED],
    'a teardown that leaves one of two': [
      ...VM,
      ...donated('1004', '11a300'),
      BEGINS,
      ends(' left=0xfff0000006543210'),
      DESTROYED,
    ],
    'a teardown whose end does not say what it leaves': [...VM, BEGINS, ends(''), DESTROYED],
    'a teardown of which nothing is recorded': [...VM, DESTROYED],
  },
  P8: {
    'a page unpinned before the teardown': [...VM, UNPINNED, BEGINS, ends(), DESTROYED],
    'a page unpinned within the teardown': [...VM, BEGINS, UNPINNED, ends(), DESTROYED],
    'pins without what would show their end': [...VM, BEGINS, ends(), DESTROYED],
  },
};

export const TEARDOWNS: Cases = {
  'a protected VM is torn down': [...VM, BEGINS, ends(), DESTROYED],
  'a protected VM is torn down, and something is left': [...VM, BEGINS, ends(' left=0x1'), DESTROYED],
  'a VM of a host without pKVM is torn down': [
    p('kvm_handle_guest_abort', KVM),
    'kvm_guest_fault: ipa 0x1003000, hsr 0x93c18007',
    p('kvm_pgtable_stage2_map', `${PAGE_TABLE} addr=0x1003000 size=0x1000 phys=0x11a200000 prot=0xf`),
    r('kvm_pgtable_stage2_map', 'ret=0'),
    BEGINS,
    p('kvm_pgtable_stage2_destroy_pgd', PAGE_TABLE),
  ],
};

/** Small traces of one case each, by the rule that is asked about them. */
import type { Said } from '../support/oneTrace.js';
import { bind, create, KVM, mmap, p, peer, r } from '../support/probes.js';

export type Cases = Readonly<Record<string, readonly (string | Said)[]>>;

/** Put behind a title where no two CPUs are to be ordered. */
export const UNORDERED = ', in no order';

/** A file of sixteen pages at gfn 0x1000. */
const FILE = [...create, ...bind(1, '0x1000', 16, '0x0', 70)];

const enter = (start: string, pages: number, attrs = '0x8'): string =>
  p('__kvm_gmem_set_attributes', `ino=70 start=${start} nr_pages=${pages} attrs=${attrs}`);
const store = (index: string, last: string, attrs = '0x8'): string =>
  p('kvm_gmem_store_attributes', `ino=70 index=${index} last=${last} attrs=${attrs}`);
const left = (start: string, pages: number, attrs = '0x8', ret = 'ret=0'): string =>
  r('__kvm_gmem_set_attributes', `ino=70 start=${start} nr_pages=${pages} attrs=${attrs} ${ret}`);
/** Pages 4 and 5 of the file become private in place, or shared. */
const convert = (attrs = '0x8'): string[] => [
  enter('0x4', 2, attrs),
  store('0x4', '0x5', attrs),
  left('0x4', 2, attrs),
];

const fault = (pgoff: string): string =>
  p('kvm_gmem_fault_user_mapping', `ino=70 pgoff=${pgoff} addr=0x7f0000004000 flags=0xa55`);
const faulted = (ret = '0x200'): string => r('kvm_gmem_fault_user_mapping', `ret=${ret}`);
const rmapAdd = (index: string): string =>
  p(
    'folio_add_file_rmap_ptes',
    `folio=0xffffea0000100000 ino=70 index=${index} page=0xffffea0000100000 nr_pages=1 vm_start=0x7f0000000000`,
  );
const rmapRemove = (index: string): string =>
  p(
    'folio_remove_rmap_ptes',
    `folio=0xffffea0000100000 ino=70 index=${index} page=0xffffea0000100000 nr_pages=1 vm_start=0x7f0000000000`,
  );

const gup = (start: string, flags: string, pages = 1): string =>
  p('gup_fast_fallback', `start=${start} nr_pages=${pages} gup_flags=${flags}`);
const gupRet = (start: string, flags: string, index = '0x4', ret = 1): string =>
  r(
    'gup_fast_fallback',
    `ret=${ret} start=${start} gup_flags=${flags} page0=0xffffea0000100000 index0=${index} ino0=70`,
  );
const unpin = (index = '0x4'): string =>
  p('unpin_user_page', `page=0xffffea0000100000 index=${index} ino=70`);
const MAPPED = mmap(70, '0x7f0000000000', '0x7f0000010000');
/** A pin of page 9, and its release: the trace shows what GUP takes and what is given back. */
const PINS_SHOW = [
  gup('0x7f0000009000', '0x80001'),
  gupRet('0x7f0000009000', '0x80001', '0x9'),
  unpin('0x9'),
];
/** So do mappings. */
const MAPPINGS_SHOW = [rmapAdd('0x9'), rmapRemove('0x9')];

const guestFault = (gfn: string, priv: number): string[] => [
  p(
    'kvm_mmu_faultin_pfn',
    `gfn=0x${gfn} addr=0x${gfn}000 error_code=${priv ? '0x2000100000006' : '0x100000006'}`,
  ),
  p('kvm_gmem_get_pfn', `${KVM} slot=1 gfn=0x${gfn} base_gfn=0x1000 pgoff=0x0 ino=70`),
  r('kvm_gmem_get_pfn', `gfn=0x${gfn} ret=0`),
];
const tdpMap = (gfn: string, pfn: string, priv: number, seqs = 'fault_seq=8 seq=8'): string =>
  p('kvm_tdp_mmu_map', `${KVM} gfn=0x${gfn} pfn=0x${pfn} ${seqs} inprog=0 hs=0x0 he=0x0 priv=${priv}`);
const spte = (gfn: string, level: number, old: string, now: string): string =>
  `kvm_tdp_mmu_spte_changed: as id 0 gfn ${gfn} level ${level} old_spte ${old} new_spte ${now}`;
const NONE = '8000000000000000';
const install = (gfn: string, pfn: string, level = 1): string =>
  spte(gfn, level, NONE, `${pfn}${level > 1 ? 'ee7' : 'e67'}`);
const served = (gfn: string, pfn: string, priv: number): string[] => [
  ...guestFault(gfn, priv),
  tdpMap(gfn, pfn, priv),
  install(gfn, pfn),
];

const invStart = (count = 'inprog=0 seq=8'): string => p('kvm_mmu_invalidate_start', `${KVM} ${count}`);
const invRange = (start: string, end: string): string =>
  p('kvm_mmu_invalidate_range_add', `${KVM} start=${start} end=${end}`);
const invEnd = (count = 'inprog=1 seq=8'): string => p('kvm_mmu_invalidate_end', `${KVM} ${count}`);
const cached = (what: 'add_to' | 'delete_from', pfn: string, page: number): string =>
  `mm_filemap_${what}_page_cache: dev 0:9 ino 46 pfn=0x${pfn} ofs=${page * 4096} order=0`;
const punch = (page: number): string =>
  p('kvm_gmem_fallocate', `ino=70 mode=0x3 offset=0x${page.toString(16)}000 len=0x1000`);
const PUNCHED = r('kvm_gmem_fallocate', 'ret=0');

function getPage(page: number, ret = 0): string[] {
  return [
    p('restrictedmem_get_page', `ino=70 pgoff=0x${page}`),
    r('restrictedmem_get_page', `ino=70 pgoff=0x${page} ret=${ret}`),
  ];
}

/** Two notifiers of a file. */
function notified(): string[] {
  return [1, 2].flatMap((id) => [
    p('restrictedmem_bind', `ino=70 start=0x0 end=0x10 notifier=0xffff88810648d0${id}0`),
    r('restrictedmem_bind', `notifier=0xffff88810648d0${id}0 id=${id}`),
  ]);
}

const told = (what: string, id: number): string =>
  p(`restrictedmem_notifier_mmap_${what}`, `notifier=0xffff88810648d0${id}0 id=${id} start=0x0 end=0x10`);

/** The file is mapped: both notifiers are started, and the first is told how it ends. */
function mappedBy(ret: string, lost: readonly string[] = []): string[] {
  return [
    p('restrictedmem_mmap', 'ino=70 start=0x7f0000000000 end=0x7f0000010000 pgoff=0x0'),
    ...[1, 2].flatMap((id) => [
      told('start', id),
      r('restrictedmem_notifier_mmap_start', `notifier=0xffff88810648d0${id}0 ret=0`),
    ]),
    ...lost,
    r('restrictedmem_mmap', `ino=70 start=0x7f0000000000 end=0x7f0000010000 pgoff=0x0 ${ret}`),
  ];
}

/** An mmap that fails, and one that succeeds: all of what notifiers are told shows. */
function endsShow(): string[] {
  const whole = (end: string, ret: string): string[] => [
    ...mappedBy(ret).slice(0, -1),
    told(end, 1),
    told(end, 2),
    ...mappedBy(ret).slice(-1),
  ];
  return [...notified(), ...whole('abort', 'ret=-12'), ...whole('end', 'ret=0')];
}

/** A conversion with a bracket of the VM, with what is inside it. */
function bracketed(inside: readonly string[]): string[] {
  return [enter('0x4', 2), invStart(), ...inside, store('0x4', '0x5'), invEnd(), left('0x4', 2)];
}

/** A file of 512 pages, all of them private. */
function bigFile(): string[] {
  return [
    ...create,
    ...bind(1, '0x1000', 512, '0x0', 70),
    enter('0x0', 512),
    store('0x0', '0x1ff'),
    left('0x0', 512),
  ];
}

function refusals(times: number): string[] {
  return Array.from({ length: times }, () => [enter('0x4', 2), left('0x4', 2, '0x8', 'ret=-11')]).flat();
}

export const RULE_CASES: Readonly<Record<string, Cases>> = {
  R1: {
    'mapped twice, and nothing shows unmaps': [
      ...create,
      ...MAPPED,
      ...mmap(70, '0x7f1000000000', '0x7f1000010000'),
    ],
    'mapped twice, and munmap is recorded': [
      ...create,
      ...MAPPED,
      ...mmap(70, '0x7f1000000000', '0x7f1000010000'),
      'sys_munmap(addr: 0x7f1000000000, len: 0x10000)',
      'sys_munmap -> 0x0',
    ],
    'mapped twice, and of munmap only the calls are recorded': [
      ...create,
      ...MAPPED,
      ...mmap(70, '0x7f1000000000', '0x7f1000010000'),
      'sys_munmap(addr: 0x7f1000000000, len: 0x10000)',
    ],
    'mapped twice, events are missing in between': [
      ...create,
      ...MAPPED,
      'CPU:0 [LOST 3 EVENTS]',
      ...mmap(70, '0x7f1000000000', '0x7f1000010000'),
      'sys_munmap(addr: 0x7f1000000000, len: 0x10000)',
      'sys_munmap -> 0x0',
    ],
    'part of it, of a size that is not known': [
      p('restrictedmem_mmap', 'ino=70 start=0x7f0000000000 end=0x7f0000004000 pgoff=0x2'),
      r('restrictedmem_mmap', 'ret=0'),
    ],
    'all of it or not, of a size that is not known': [
      p('restrictedmem_mmap', 'ino=70 start=0x7f0000000000 end=0x7f0000004000 pgoff=0x0'),
      r('restrictedmem_mmap', 'ret=0'),
    ],
    'by the return alone': [
      r('restrictedmem_mmap', 'ino=70 start=0x7f0000000000 end=0x7f0000010000 pgoff=0x0 ret=0'),
    ],
    refused: [
      p('kvm_gmem_mmap', 'ino=70 start=0x7f0000000000 end=0x7f0000010000 pgoff=0x0 size=0x10000'),
      r('kvm_gmem_mmap', 'ret=-22'),
    ],
  },
  R2: {
    'a page of a mapped file, and nothing shows unmaps': [...create, ...MAPPED, ...getPage(1)],
    'a page of a mapped file': [
      ...create,
      ...MAPPED,
      ...getPage(1),
      'sys_munmap(addr: 0x10000, len: 0x1000)',
      'sys_munmap -> 0x0',
    ],
    [`a page of a file that another thread maps${UNORDERED}`]: [
      ...create,
      ...MAPPED,
      ...peer(...getPage(1), 'sys_munmap(addr: 0x10000, len: 0x1000)', 'sys_munmap -> 0x0'),
    ],
    'a page after events are missing': [...create, ...MAPPED, 'CPU:0 [LOST 3 EVENTS]', ...getPage(1)],
    refused: [...create, ...MAPPED, ...getPage(1, -16)],
  },
  R3c: {
    'a started notifier that is not told of a success': [
      ...notified(),
      'restrictedmem_notifier_mmap_abort: (restrictedmem_notifier_mmap_abort+0x0/0x10) notifier=0xffff888106480000 id=9',
      ...mappedBy('ret=0'),
    ],
    'a started notifier that is not told of a failure': [
      ...notified(),
      'restrictedmem_notifier_mmap_end: (restrictedmem_notifier_mmap_end+0x0/0x10) notifier=0xffff888106480000 id=9',
      ...mappedBy('ret=-12'),
    ],
    'a started notifier, ends and aborts recorded, success': [...endsShow(), ...mappedBy('ret=0')],
    'a started notifier, ends and aborts recorded, failure': [...endsShow(), ...mappedBy('ret=-12')],
    'a started notifier, and events are missing since': [
      ...endsShow(),
      ...mappedBy('ret=0', ['CPU:0 [LOST 2 EVENTS]']),
    ],
  },
  R6: {
    'mapped while a page is private': [...create, store('0x4', '0x5'), ...MAPPED],
    [`mapped by another thread while a page is private${UNORDERED}`]: [
      ...create,
      store('0x4', '0x5'),
      ...peer(...MAPPED),
    ],
    'mapped after events are missing since a page became private': [
      ...create,
      store('0x4', '0x5'),
      'CPU:0 [LOST 2 EVENTS]',
      ...MAPPED,
    ],
    'mapped while a conversion blocks': [
      ...create,
      p('restrictedmem_switch_begin', 'ino=70 start=0x2 end=0x4'),
      ...peer(...MAPPED),
      r('restrictedmem_convert', 'ino=70 start=0x2 end=0x4 to_private=0 ret=0'),
    ],
    [`mapped while a conversion blocks${UNORDERED}`]: [
      ...create,
      p('restrictedmem_switch_begin', 'ino=70 start=0x2 end=0x4'),
      ...peer(...MAPPED),
      r('restrictedmem_convert', 'ino=70 start=0x2 end=0x4 to_private=0 ret=0'),
    ],
    'mapped while a conversion blocks, and events are missing since': [
      ...create,
      p('restrictedmem_switch_begin', 'ino=70 start=0x2 end=0x4'),
      'CPU:0 [LOST 2 EVENTS]',
      ...peer(...MAPPED),
      r('restrictedmem_convert', 'ino=70 start=0x2 end=0x4 to_private=0 ret=0'),
    ],
    'mapped while a conversion blocks, whose end is not recorded': [
      ...create.slice(-1),
      p('restrictedmem_switch_begin', 'ino=70 start=0x2 end=0x4'),
      ...peer(...MAPPED),
      p('restrictedmem_store_attr', 'ino=70 start=0x2 end=0x4 to_private=0'),
    ],
    'mapped after a conversion to shared has stored': [
      ...create,
      p('restrictedmem_switch_begin', 'ino=70 start=0x2 end=0x4'),
      p('restrictedmem_store_attr', 'ino=70 start=0x2 end=0x4 to_private=0'),
      ...peer(...MAPPED),
      r('restrictedmem_convert', 'ino=70 start=0x2 end=0x4 to_private=0 ret=0'),
    ],
    'mapped before anything is known of its pages': [...MAPPED, store('0x4', '0x5', '0x0')],
    refused: [
      ...create,
      store('0x4', '0x5'),
      p('kvm_gmem_mmap', 'ino=70 start=0x0 end=0x10000 pgoff=0x0 size=0x10000'),
      r('kvm_gmem_mmap', 'ret=-16'),
    ],
  },
  A1: {
    'a GUP of a shared page that did not return': [
      ...create,
      ...MAPPED,
      ...PINS_SHOW,
      gup('0x7f0000004000', '0x1'),
      'sys_munmap(addr: 0x10000, len: 0x1000)',
    ],
    'a GUP of a private page that did not return': [
      ...create,
      ...MAPPED,
      ...PINS_SHOW,
      store('0x4', '0x5'),
      gup('0x7f0000004000', '0x1'),
      'sys_munmap(addr: 0x10000, len: 0x1000)',
    ],
    'a GUP of other memory that did not return': [
      ...create,
      ...MAPPED,
      ...PINS_SHOW,
      gup('0x7e0000004000', '0x1'),
      'sys_munmap(addr: 0x10000, len: 0x1000)',
    ],
    'a GUP after events are missing since the mapping': [
      ...create,
      ...MAPPED,
      'CPU:0 [LOST 2 EVENTS]',
      gupRet('0x7f0000004000', '0x1'),
    ],
  },
  A2: {
    'a fault in a page whose conversion blocks, and no end of conversions is recorded': [
      ...create.slice(-1),
      ...MAPPED,
      enter('0x4', 2),
      p('restrictedmem_switch_begin', 'ino=70 start=0x4 end=0x6'),
      ...peer(fault('0x4'), faulted(), rmapAdd('0x4'), rmapRemove('0x4')),
      store('0x4', '0x5'),
    ],
    'a fault in a page while a conversion begins': [
      ...FILE,
      enter('0x4', 2),
      ...peer(fault('0x4'), faulted()),
      store('0x4', '0x5'),
      left('0x4', 2),
    ],
    'a fault whose result is not recorded, in a page that is private': [...FILE, ...convert(), fault('0x4')],
    'a fault whose result is not recorded, in a page that is not private': [
      ...FILE,
      ...convert(),
      fault('0x6'),
    ],
    'a fault whose result is not recorded, in a page whose conversion blocks': [
      ...FILE,
      enter('0x4', 2),
      p('restrictedmem_switch_begin', 'ino=70 start=0x4 end=0x6'),
      ...peer(fault('0x4'), fault('0x6')),
      store('0x4', '0x5'),
      left('0x4', 2),
    ],
    'a fault in a private page': [...FILE, ...convert(), fault('0x4'), faulted(), rmapAdd('0x4')],
    'a fault in the page behind the range': [...FILE, ...convert(), fault('0x6'), faulted()],
    'a fault that is refused in a private page': [...FILE, ...convert(), fault('0x4'), faulted('0x2')],
    'a fault in a private page since which events are missing': [
      ...FILE,
      ...convert(),
      'CPU:0 [LOST 2 EVENTS]',
      fault('0x4'),
      faulted(),
    ],
    [`a fault of another thread in a private page${UNORDERED}`]: [
      ...FILE,
      ...convert(),
      ...peer(fault('0x4'), faulted()),
    ],
    'a fault that began before the block and is mapped at the store': [
      ...FILE,
      ...peer(fault('0x4')),
      enter('0x4', 2),
      p('restrictedmem_switch_begin', 'ino=70 start=0x4 end=0x6'),
      ...peer(faulted(), rmapAdd('0x4')),
      store('0x4', '0x5'),
      left('0x4', 2),
      rmapRemove('0x4'),
    ],
    'a fault that began before the block and is unmapped before the store': [
      ...FILE,
      ...peer(fault('0x4')),
      enter('0x4', 2),
      p('restrictedmem_switch_begin', 'ino=70 start=0x4 end=0x6'),
      ...peer(faulted(), rmapAdd('0x4'), rmapRemove('0x4')),
      store('0x4', '0x5'),
      left('0x4', 2),
    ],
    'a fault that began before the block of a conversion that fails': [
      ...FILE,
      ...peer(fault('0x4')),
      enter('0x4', 2),
      p('restrictedmem_switch_begin', 'ino=70 start=0x4 end=0x6'),
      ...peer(faulted(), rmapAdd('0x4')),
      left('0x4', 2, '0x8', 'ret=-11'),
      ...convert('0x0'),
      rmapRemove('0x4'),
    ],
    'a mapping added in a private page, by a fault that is not seen': [
      ...FILE,
      ...convert(),
      fault('0x9'),
      rmapAdd('0x4'),
    ],
  },
  A4b: {
    'a forced GUP that did not return': [
      ...create,
      ...MAPPED,
      ...PINS_SHOW,
      ...MAPPINGS_SHOW,
      fault('0x9'),
      faulted(),
      gup('0x7f0000004000', '0x8'),
      'sys_munmap(addr: 0x10000, len: 0x1000)',
    ],
    'a remote GUP that did not return': [
      ...create,
      ...MAPPED,
      ...PINS_SHOW,
      ...MAPPINGS_SHOW,
      fault('0x9'),
      faulted(),
      gup('0x7f0000004000', '0x40000'),
      'sys_munmap(addr: 0x10000, len: 0x1000)',
    ],
    'a GUP of which no flags are seen, and that did not return': [
      ...create,
      ...MAPPED,
      ...PINS_SHOW,
      ...MAPPINGS_SHOW,
      fault('0x9'),
      faulted(),
      gup('0x7f0000004000', '(fault)'),
      'sys_munmap(addr: 0x10000, len: 0x1000)',
    ],
    'an ordinary GUP that did not return': [
      ...create,
      ...MAPPED,
      ...PINS_SHOW,
      ...MAPPINGS_SHOW,
      fault('0x9'),
      faulted(),
      gup('0x7f0000004000', '0x1'),
      'sys_munmap(addr: 0x10000, len: 0x1000)',
    ],
    'a mapping without a fault': [...create, ...MAPPED, fault('0x9'), faulted(), rmapAdd('0x4')],
    'a mapping without a fault, after events are missing': [
      ...create,
      ...MAPPED,
      fault('0x9'),
      faulted(),
      'CPU:0 [LOST 2 EVENTS]',
      rmapAdd('0x4'),
    ],
    'a mapping without a fault, in a file from before the trace': [
      ...MAPPED,
      fault('0x9'),
      faulted(),
      rmapAdd('0x4'),
    ],
    'a mapping by its fault': [...create, ...MAPPED, fault('0x4'), faulted(), rmapAdd('0x4')],
  },
  G1: {
    [`a mapping by another thread at the store${UNORDERED}`]: [
      ...FILE,
      ...MAPPINGS_SHOW,
      ...peer(rmapAdd('0x4')),
      ...convert(),
    ],
    'a mapping that is there at the store': [...FILE, ...MAPPINGS_SHOW, rmapAdd('0x4'), ...convert()],
    'a mapping of the page behind the range': [...FILE, ...MAPPINGS_SHOW, rmapAdd('0x6'), ...convert()],
    'a mapping added during a call whose store is not recorded': [
      ...FILE,
      ...MAPPINGS_SHOW,
      enter('0x4', 2),
      ...peer(rmapAdd('0x4')),
      left('0x4', 2),
    ],
    'a mapping from before a call whose store is not recorded': [
      ...FILE,
      ...MAPPINGS_SHOW,
      rmapAdd('0x4'),
      enter('0x4', 2),
      left('0x4', 2),
    ],
    'a fault that began before the page became private': [
      ...FILE,
      ...peer(fault('0x4')),
      ...convert(),
      ...peer(faulted()),
    ],
    'a fault whose beginning is not seen': [
      ...FILE,
      ...convert(),
      r('kvm_gmem_fault_user_mapping', 'ret=0x200 ino=70 pgoff=0x4'),
    ],
    [`a fault of another thread after the page became private${UNORDERED}`]: [
      ...FILE,
      ...convert(),
      ...peer(fault('0x4'), faulted()),
    ],
    'a fault after the page became private': [...FILE, ...convert(), fault('0x4'), faulted(), rmapAdd('0x4')],
    'a fault that is refused': [...FILE, ...convert(), fault('0x4'), faulted('0x2')],
    'a fault since which events are missing': [
      ...FILE,
      ...convert(),
      'CPU:0 [LOST 2 EVENTS]',
      fault('0x4'),
      faulted(),
    ],
    'a mapping after the page became private': [...FILE, ...convert(), rmapAdd('0x4')],
    [`a mapping by another thread after the page became private${UNORDERED}`]: [
      ...FILE,
      ...convert(),
      ...peer(rmapAdd('0x4')),
    ],
    'a fault of which only the beginning is recorded': [...FILE, ...convert(), fault('0x4'), fault('0x6')],
  },
  G2b: {
    'an invalidation since get_pfn, without sequence numbers': [
      ...FILE,
      ...guestFault('1004', 1),
      ...peer(invStart(), invRange('0x1004', '0x1005'), invEnd()),
      install('1004', '1067a4'),
    ],
    [`an invalidation since get_pfn, without sequence numbers${UNORDERED}`]: [
      ...FILE,
      ...guestFault('1004', 1),
      ...peer(invStart(), invRange('0x1004', '0x1005'), invEnd()),
      install('1004', '1067a4'),
    ],
    'an invalidation of the gfn beside since get_pfn': [
      ...FILE,
      ...guestFault('1004', 1),
      ...peer(invStart(), invRange('0x1005', '0x1006'), invEnd()),
      install('1004', '1067a4'),
    ],
    'an invalidation that ended before get_pfn': [
      ...FILE,
      ...peer(invStart(), invRange('0x1004', '0x1005'), invEnd()),
      ...guestFault('1004', 1),
      install('1004', '1067a4'),
    ],
    'an invalidation that began before get_pfn': [
      ...FILE,
      ...peer(invStart(), invRange('0x1004', '0x1005')),
      ...guestFault('1004', 1),
      ...peer(invEnd()),
      install('1004', '1067a4'),
    ],
    'an invalidation since get_pfn, with events missing': [
      ...FILE,
      ...guestFault('1004', 1),
      ...peer(invStart(), invRange('0x1004', '0x1005'), invEnd()),
      'CPU:0 [LOST 2 EVENTS]',
      install('1004', '1067a4'),
    ],
    'an invalidation since get_pfn, where no event of the fault names the VM, of which the process has two': [
      ...FILE,
      `kvm_flush_remote_tlbs: (kvm_flush_remote_tlbs+0x0/0x30) kvm=0xffff888199990000`,
      p('kvm_mmu_faultin_pfn', 'gfn=0x1004 addr=0x1004000 error_code=0x100000006'),
      p('kvm_gmem_get_pfn', 'slot=1 gfn=0x1004 base_gfn=0x1000 pgoff=0x0 ino=70'),
      r('kvm_gmem_get_pfn', 'gfn=0x1004 ret=0'),
      ...peer(invStart(), invRange('0x1004', '0x1005'), invEnd()),
      install('1004', '1067a4'),
    ],
    'neither numbers nor brackets': [...FILE, ...guestFault('1004', 1), install('1004', '1067a4')],
    'a fault whose look-up is not recorded': [
      ...FILE,
      invStart(),
      invRange('0x1004', '0x1005'),
      invEnd(),
      p('kvm_mmu_faultin_pfn', 'gfn=0x1004 addr=0x1004000 error_code=0x100000006'),
      install('1004', '1067a4'),
    ],
    'a fault with another number than the VM': [
      ...FILE,
      ...guestFault('1004', 1),
      tdpMap('1004', '1067a4', 1, 'fault_seq=8 seq=9'),
      install('1004', '1067a4'),
    ],
  },
  G3: {
    'an install while the bracket may be open': [
      ...FILE,
      ...served('1004', '1067a4', 0),
      p('kvm_vm_set_mem_attributes', `${KVM} start=0x1004 end=0x1006 attributes=0x8`),
      invStart(),
      invRange('0x1004', '0x1006'),
      spte('1004', 1, '1067a4e67', NONE),
      ...peer(...served('1005', '1067a5', 0)),
      p('kvm_arch_post_set_memory_attributes', `${KVM} slot=1 start=0x1004 end=0x1006 attributes=0x8`),
      r('kvm_vm_set_mem_attributes', 'ret=0'),
    ],
    'an SPTE of the old side, and only a store that is merged shows the range': [
      ...FILE,
      ...served('1004', '1067a4', 0),
      store('0x0', '0x7'),
    ],
    'an SPTE of the old side at the store': [...FILE, ...served('1004', '1067a4', 0), ...convert()],
    'an SPTE of the page behind the range': [...FILE, ...served('1006', '1067a6', 0), ...convert()],
    'pages beyond every memslot': [
      ...create,
      ...bind(1, '0x1000', 5, '0x0', 70),
      ...served('1000', '1067a0', 0),
      spte('1000', 1, '1067a0e67', NONE),
      ...convert(),
    ],
    'pages in two memslots': [
      ...create,
      ...bind(1, '0x1000', 5, '0x0', 70),
      ...bind(2, '0x2000', 11, '0x5000', 70).map((event) => event.replace('pgoff=0x0', 'pgoff=0x5')),
      ...served('1000', '1067a0', 0),
      spte('1000', 1, '1067a0e67', NONE),
      ...convert(),
    ],
    'pages of which no gfns are known': [
      p('kvm_gmem_create', `${KVM} size=0x10000 flags=0x3`),
      install('1004', '1067a4'),
      ...convert(),
    ],
  },
  G5: {
    'an end without a range, where others of its kind have one': [
      ...FILE,
      ...bracketed([invRange('0x1004', '0x1006')]),
      ...bracketed([]),
    ],
    'an end without a range, since whose start events are missing': [
      ...FILE,
      ...bracketed([invRange('0x1004', '0x1006')]),
      ...bracketed(['CPU:0 [LOST 2 EVENTS]']),
    ],
    'an end without a range, where no other has one': [...FILE, ...bracketed([])],
    'an end without a range in a notifier': [
      ...FILE,
      'kvm_unmap_hva_range: mmu notifier unmap range: 0x007f0000004000 -- 0x007f0000005000',
      invStart(),
      invRange('0x1004', '0x1005'),
      invEnd(),
      'kvm_unmap_hva_range: mmu notifier unmap range: 0x007f0000004000 -- 0x007f0000005000',
      invStart(),
      invEnd(),
    ],
    'an end at a count of 0': [
      ...FILE,
      ...bracketed([invRange('0x1004', '0x1006')]),
      invEnd('inprog=0 seq=9'),
    ],
    'a bracket that a conversion leaves open': [
      ...FILE,
      ...bracketed([invRange('0x1004', '0x1006')]),
      enter('0x4', 2),
      invStart(),
      invRange('0x1004', '0x1006'),
      store('0x4', '0x5'),
      left('0x4', 2),
    ],
  },
  G6: {
    'a page deleted under a huge SPTE': [
      ...create,
      ...bind(1, '0x1000', 512, '0x0', 70),
      fault('0x4'),
      cached('add_to', '106404', 4),
      faulted(),
      ...guestFault('1000', 0),
      install('1000', '106400', 2),
      punch(4),
      cached('delete_from', '106404', 4),
      PUNCHED,
    ],
    'a page deleted under a huge SPTE of frames behind it': [
      ...create,
      ...bind(1, '0x1000', 512, '0x0', 70),
      fault('0x4'),
      cached('add_to', '106004', 4),
      faulted(),
      ...guestFault('1000', 0),
      install('1000', '106400', 2),
      punch(4),
      cached('delete_from', '106004', 4),
      PUNCHED,
    ],
    'a page deleted under a huge SPTE of frames before it': [
      ...create,
      ...bind(1, '0x1000', 512, '0x0', 70),
      fault('0x4'),
      cached('add_to', '106604', 4),
      faulted(),
      ...guestFault('1000', 0),
      install('1000', '106400', 2),
      punch(4),
      cached('delete_from', '106604', 4),
      PUNCHED,
    ],
    'a page installed after it was deleted': [
      ...FILE,
      ...guestFault('1004', 1),
      cached('add_to', '1067a4', 4),
      ...peer(punch(4), cached('delete_from', '1067a4', 4), PUNCHED),
      install('1004', '1067a4'),
    ],
    'a page installed after it was deleted and found again': [
      ...FILE,
      ...guestFault('1004', 1),
      cached('add_to', '1067a4', 4),
      ...peer(punch(4), cached('delete_from', '1067a4', 4), PUNCHED),
      ...guestFault('1004', 1),
      install('1004', '1067a4'),
    ],
    'two leaves for one gfn': [
      ...FILE,
      ...guestFault('1004', 1),
      cached('add_to', '1067a4', 4),
      install('1004', '1067a4'),
      install('1004', '1067a4'),
      punch(4),
      cached('delete_from', '1067a4', 4),
      PUNCHED,
    ],
    'a page of a file of which no memslot is known': [
      install('1004', '1067a4'),
      p('kvm_gmem_create', `${KVM} size=0x10000 flags=0x3`),
      punch(4),
      cached('delete_from', '1067a4', 4),
      PUNCHED,
    ],
  },
  G6b: {
    'deleted without a bracket, and no bracket of the file is recorded': [
      ...FILE,
      fault('0x4'),
      cached('add_to', '1067a4', 4),
      faulted(),
      invStart(),
      invRange('0x1009', '0x100a'),
      invEnd(),
      punch(4),
      cached('delete_from', '1067a4', 4),
      PUNCHED,
    ],
    'deleted inside a bracket of the VM': [
      ...FILE,
      fault('0x4'),
      cached('add_to', '1067a4', 4),
      faulted(),
      punch(4),
      invStart(),
      invRange('0x1004', '0x1005'),
      cached('delete_from', '1067a4', 4),
      invEnd(),
      PUNCHED,
    ],
    'deleted without a bracket, and some starts escape the probes': [
      ...FILE,
      fault('0x4'),
      cached('add_to', '1067a4', 4),
      faulted(),
      invEnd(),
      invStart(),
      invEnd(),
      punch(4),
      cached('delete_from', '1067a4', 4),
      PUNCHED,
    ],
    'deleted from a file whose memslot is gone': [
      ...FILE,
      fault('0x4'),
      cached('add_to', '1067a4', 4),
      faulted(),
      invStart(),
      invEnd(),
      p('kvm_gmem_unbind', 'slot=1 base_gfn=0x1000 npages=16 pgoff=0x0'),
      punch(4),
      cached('delete_from', '1067a4', 4),
      PUNCHED,
    ],
    'deleted from a file of which no memslot is known': [
      fault('0x4'),
      cached('add_to', '1067a4', 4),
      faulted(),
      invStart(),
      invEnd(),
      punch(4),
      cached('delete_from', '1067a4', 4),
      PUNCHED,
    ],
    'deleted, nobody knows why': [
      ...FILE,
      fault('0x4'),
      cached('add_to', '1067a4', 4),
      faulted(),
      invStart(),
      invEnd(),
      cached('delete_from', '1067a4', 4),
    ],
  },
  G7: {
    'a fault of the other side while its page is converted': [
      ...FILE,
      ...convert(),
      enter('0x4', 2, '0x0'),
      ...peer(...served('1004', '1067a4', 0)),
      store('0x4', '0x5', '0x0'),
      left('0x4', 2, '0x0'),
    ],
    'a fault of the other side while a page elsewhere is converted for the VM': [
      ...FILE,
      p('kvm_vm_set_mem_attributes', `${KVM} start=0x1004 end=0x1006 attributes=0x8`),
      p('kvm_arch_post_set_memory_attributes', `${KVM} slot=1 start=0x1004 end=0x1006 attributes=0x8`),
      r('kvm_vm_set_mem_attributes', 'ret=0'),
      p('kvm_vm_set_mem_attributes', `${KVM} start=0x1008 end=0x100a attributes=0x8`),
      ...peer(...served('1005', '1067a5', 0)),
    ],
    'a fault of the other side while the VM converts its page': [
      ...FILE,
      p('kvm_vm_set_mem_attributes', `${KVM} start=0x1004 end=0x1006 attributes=0x8`),
      p('kvm_arch_post_set_memory_attributes', `${KVM} slot=1 start=0x1004 end=0x1006 attributes=0x8`),
      r('kvm_vm_set_mem_attributes', 'ret=0'),
      p('kvm_vm_set_mem_attributes', `${KVM} start=0x1004 end=0x1006 attributes=0x0`),
      ...peer(...served('1005', '1067a5', 0)),
    ],
    'a fault of the other side': [...FILE, ...convert(), ...served('1004', '1067a4', 0)],
    'a fault of the page behind': [...FILE, ...convert(), ...served('1006', '1067a6', 0)],
    'a fault of the other side after events are missing': [
      ...FILE,
      ...convert(),
      'CPU:0 [LOST 2 EVENTS]',
      ...served('1004', '1067a4', 0),
    ],
    'a fault whose side is not recorded': [
      ...FILE,
      ...convert(),
      p('kvm_mmu_faultin_pfn', `gfn=0x1004 addr=0x1004000`),
      install('1004', '1067a4'),
    ],
    'a private fault before any attribute is known': [
      ...bind(1, '0x1000', 16, '0x0', 70),
      ...served('1004', '1067a4', 1),
      ...convert(),
    ],
  },
  G9: {
    'a GUP to pin that did not return before the store': [
      ...FILE,
      ...MAPPED,
      ...PINS_SHOW,
      ...MAPPINGS_SHOW,
      ...peer(gup('0x7f0000004000', '0x80001')),
      ...convert(),
    ],
    'a GUP to pin from the page before, that did not return': [
      ...FILE,
      ...MAPPED,
      ...PINS_SHOW,
      ...MAPPINGS_SHOW,
      ...peer(gup('0x7f0000003000', '0x80001', 2)),
      ...convert(),
    ],
    'a GUP to pin of the page before, that did not return': [
      ...FILE,
      ...MAPPED,
      ...PINS_SHOW,
      ...MAPPINGS_SHOW,
      ...peer(gup('0x7f0000003000', '0x80001', 1)),
      ...convert(),
    ],
    'a GUP to pin of the page behind, that did not return': [
      ...FILE,
      ...MAPPED,
      ...PINS_SHOW,
      ...MAPPINGS_SHOW,
      ...peer(gup('0x7f0000006000', '0x80001')),
      ...convert(),
    ],
    'a GUP that pins nothing, and did not return': [
      ...FILE,
      ...MAPPED,
      ...PINS_SHOW,
      ...MAPPINGS_SHOW,
      ...peer(gup('0x7f0000004000', '0x1')),
      ...convert(),
    ],
    'a GUP of unknown flags that did not return': [
      ...FILE,
      ...MAPPED,
      ...PINS_SHOW,
      ...MAPPINGS_SHOW,
      ...peer(gup('0x7f0000004000', '(fault)')),
      ...convert(),
    ],
    'a GUP to pin of another process, that did not return': [
      ...FILE,
      ...MAPPED,
      ...PINS_SHOW,
      ...MAPPINGS_SHOW,
      { event: gup('0x7f0000004000', '0x80001'), tid: 300, tgid: 300, cpu: 1 },
      ...convert(),
    ],
    'a GUP to pin whose return was lost': [
      ...FILE,
      ...MAPPED,
      ...PINS_SHOW,
      ...MAPPINGS_SHOW,
      gup('0x7f0000004000', '0x80001'),
      'sys_munmap(addr: 0x10000, len: 0x1000)',
      ...convert(),
    ],
    'a GUP that pins nothing, whose return was lost': [
      ...FILE,
      ...MAPPED,
      ...PINS_SHOW,
      ...MAPPINGS_SHOW,
      gup('0x7f0000004000', '0x1'),
      'sys_munmap(addr: 0x10000, len: 0x1000)',
      ...convert(),
    ],
    'a GUP of unknown flags whose return was lost': [
      ...FILE,
      ...MAPPED,
      ...PINS_SHOW,
      ...MAPPINGS_SHOW,
      gup('0x7f0000004000', '(fault)'),
      'sys_munmap(addr: 0x10000, len: 0x1000)',
      ...convert(),
    ],
    'a pin that is held': [
      ...FILE,
      ...MAPPED,
      ...PINS_SHOW,
      ...MAPPINGS_SHOW,
      gupRet('0x7f0000004000', '0x80001'),
      ...convert(),
      unpin(),
    ],
    'a pin that is given back before': [
      ...FILE,
      ...MAPPED,
      ...PINS_SHOW,
      ...MAPPINGS_SHOW,
      gupRet('0x7f0000004000', '0x80001'),
      unpin(),
      ...convert(),
    ],
    'a pin whose release is never seen': [
      ...FILE,
      ...MAPPED,
      ...PINS_SHOW,
      ...MAPPINGS_SHOW,
      gupRet('0x7f0000004000', '0x80001'),
      ...convert(),
    ],
    'a pin that is taken again': [
      ...FILE,
      ...MAPPED,
      ...PINS_SHOW,
      ...MAPPINGS_SHOW,
      gupRet('0x7f0000004000', '0x80001'),
      ...convert(),
      gupRet('0x7f0000004000', '0x80001'),
      unpin(),
    ],
    'a pin where no releases are recorded': [
      ...FILE,
      ...MAPPED,
      ...MAPPINGS_SHOW,
      gupRet('0x7f0000004000', '0x80001'),
      ...convert(),
    ],
    [`a pin of another thread${UNORDERED}`]: [
      ...FILE,
      ...MAPPED,
      ...PINS_SHOW,
      ...MAPPINGS_SHOW,
      ...peer(gupRet('0x7f0000004000', '0x80001')),
      ...convert(),
      ...peer(unpin()),
    ],
    'a release whose pin is not in the trace': [
      ...FILE,
      ...MAPPED,
      ...PINS_SHOW,
      ...MAPPINGS_SHOW,
      ...convert(),
      p('unpin_user_page', 'page=0xffffea0000100000 index=0x7 ino=70'),
    ],
    'a pin that is held, after events are missing': [
      ...FILE,
      ...MAPPED,
      ...PINS_SHOW,
      ...MAPPINGS_SHOW,
      gupRet('0x7f0000004000', '0x80001'),
      'CPU:0 [LOST 2 EVENTS]',
      ...convert(),
      unpin(),
    ],
    'two pins, of which the later page was pinned first': [
      ...FILE,
      ...MAPPED,
      ...PINS_SHOW,
      ...MAPPINGS_SHOW,
      gupRet('0x7f0000005000', '0x80001', '0x5'),
      gupRet('0x7f0000004000', '0x80001', '0x4'),
      ...convert(),
      unpin('0x5'),
      unpin('0x4'),
    ],
    'a file from before the trace, pinned unseen': [...PINS_SHOW, ...MAPPINGS_SHOW, ...convert(), unpin()],
    'found unsafe by the kernel': [
      ...FILE,
      ...PINS_SHOW,
      ...MAPPINGS_SHOW,
      enter('0x4', 2),
      r('kvm_gmem_is_safe_for_conversion', 'safe=0'),
      store('0x4', '0x5'),
      left('0x4', 2),
    ],
    'found safe by the kernel, and pinned': [
      ...FILE,
      ...MAPPED,
      ...PINS_SHOW,
      ...MAPPINGS_SHOW,
      gupRet('0x7f0000004000', '0x80001'),
      enter('0x4', 2),
      r('kvm_gmem_is_safe_for_conversion', 'safe=1'),
      store('0x4', '0x5'),
      left('0x4', 2),
    ],
    [`mapped by another thread${UNORDERED}`]: [
      ...FILE,
      ...PINS_SHOW,
      ...MAPPINGS_SHOW,
      ...peer(rmapAdd('0x4')),
      ...convert(),
    ],
  },
  G9b: {
    'an offset inside the range': [...FILE, enter('0x4', 2), left('0x4', 2, '0x8', 'ret=-11 err_index=0x5')],
    'an offset behind the range': [...FILE, enter('0x4', 2), left('0x4', 2, '0x8', 'ret=-11 err_index=0x6')],
    'an offset before the range': [...FILE, enter('0x4', 2), left('0x4', 2, '0x8', 'ret=-11 err_index=0x3')],
  },
  G12: {
    'installed in a VM from before the trace': [
      p('kvm_gmem_bind', `${KVM} slot=1 base_gfn=0x1000 npages=16 fd=8 offset=0x0`),
      p('sev_gmem_prepare', `${KVM} pfn=0x1067a9 gfn=0x1009`),
      ...served('1004', '1067a4', 1),
    ],
    'installed without being prepared': [
      ...FILE,
      p('sev_gmem_prepare', `${KVM} pfn=0x1067a9 gfn=0x1009`),
      ...served('1004', '1067a4', 1),
    ],
    'installed as it was prepared': [
      ...FILE,
      p('sev_gmem_prepare', `${KVM} pfn=0x1067a4 gfn=0x1004`),
      ...served('1004', '1067a4', 1),
    ],
    'installed as shared': [
      ...FILE,
      p('sev_gmem_prepare', `${KVM} pfn=0x1067a9 gfn=0x1009`),
      ...served('1004', '1067a4', 0),
    ],
    'gfn 0': [
      ...create,
      ...bind(1, '0x0', 16, '0x0', 70),
      p('sev_gmem_prepare', `${KVM} pfn=0x1067a4 gfn=0x0`),
      ...served('0', '1067a4', 1),
    ],
  },
  S8: {
    'a huge page of private and shared pages of the file': [
      ...bigFile(),
      ...convert('0x0'),
      ...guestFault('1000', 1),
      install('1000', '106400', 2),
    ],
    'a huge page of private pages of the file': [
      ...bigFile(),
      ...guestFault('1000', 1),
      install('1000', '106400', 2),
    ],
    'a huge page of which some are not known': [
      ...create,
      ...bind(1, '0x1000', 512, '0x0', 70),
      ...convert(),
      ...guestFault('1000', 1),
      install('1000', '106400', 2),
    ],
    'a huge page beside the memslot': [
      ...bigFile(),
      ...convert('0x0'),
      ...guestFault('1200', 1),
      install('1200', '106600', 2),
    ],
    'a huge page that begins before the memslot': [
      ...create,
      ...bind(1, '0x1100', 512, '0x0', 70),
      enter('0x0', 512),
      store('0x0', '0x1ff'),
      left('0x0', 512),
      enter('0xff', 2, '0x0'),
      store('0xff', '0x100', '0x0'),
      left('0xff', 2, '0x0'),
      ...guestFault('1000', 1),
      install('1000', '106400', 2),
    ],
    'a huge page whose memslot is gone': [
      ...bigFile(),
      ...convert('0x0'),
      p('kvm_gmem_unbind', 'slot=1 base_gfn=0x1000 npages=512 pgoff=0x0'),
      ...guestFault('1000', 1),
      install('1000', '106400', 2),
    ],
    [`a huge page that another thread installs${UNORDERED}`]: [
      ...bigFile(),
      ...convert('0x0'),
      ...peer(...guestFault('1000', 1), install('1000', '106400', 2)),
    ],
    'a huge page after events are missing': [
      ...bigFile(),
      ...convert('0x0'),
      'CPU:0 [LOST 2 EVENTS]',
      ...guestFault('1000', 1),
      install('1000', '106400', 2),
    ],
    'a huge page over small ones': [
      ...bigFile(),
      ...convert('0x0'),
      ...served('1007', '106407', 1),
      ...guestFault('1000', 1),
      install('1000', '106400', 2),
    ],
    'a huge page by an SPTE that names no VM, of which the process has two': [
      ...bigFile(),
      ...convert('0x0'),
      `kvm_flush_remote_tlbs: (kvm_flush_remote_tlbs+0x0/0x30) kvm=0xffff888199990000`,
      p('kvm_mmu_faultin_pfn', 'gfn=0x1000 addr=0x1000000 error_code=0x2000100000006'),
      install('1000', '106400', 2),
    ],
  },
  S9: {
    'refused for a page that the kernel names and that is pinned': [
      ...FILE,
      ...MAPPED,
      gupRet('0x7f0000005000', '0x80001', '0x5'),
      enter('0x4', 2),
      left('0x4', 2, '0x8', 'ret=-22 err_index=0x5'),
    ],
    'refused for a page that the kernel names and nobody holds': [
      ...FILE,
      enter('0x4', 2),
      left('0x4', 2, '0x8', 'ret=-22 err_index=0x5'),
    ],
    'refused, and a page of the range is pinned': [
      ...FILE,
      ...MAPPED,
      gupRet('0x7f0000005000', '0x80001', '0x5'),
      enter('0x4', 2),
      left('0x4', 2, '0x8', 'ret=-22'),
    ],
    'refused, and the page behind the range is pinned': [
      ...FILE,
      ...MAPPED,
      gupRet('0x7f0000006000', '0x80001', '0x6'),
      enter('0x4', 2),
      left('0x4', 2, '0x8', 'ret=-22'),
    ],
    'refused, and a page of the range is mapped': [
      ...FILE,
      rmapAdd('0x5'),
      enter('0x4', 2),
      left('0x4', 2, '0x8', 'ret=-22'),
    ],
    'refused eight times as busy': [...FILE, ...refusals(8)],
    'refused nine times as busy': [...FILE, ...refusals(9)],
    'refused seven times as busy, then done, then refused again': [
      ...FILE,
      ...refusals(7),
      ...convert(),
      ...refusals(1),
    ],
    'refused eight times as busy, with events missing': [
      ...FILE,
      ...refusals(4),
      'CPU:0 [LOST 2 EVENTS]',
      ...refusals(4),
    ],
    interrupted: [...FILE, enter('0x4', 2), left('0x4', 2, '0x8', 'ret=-4')],
  },
};

/**
 * What happens in the cases of rules: a file of sixteen pages with inode number 70, at gfn 0x1000 where it is
 * bound.
 */
import { bind, create, KVM, mmap, p, r } from './probes.js';

/** A file of sixteen pages at gfn 0x1000. */
export const FILE = [...create, ...bind(1, '0x1000', 16, '0x0', 70)];

export const enter = (start: string, pages: number, attrs = '0x8'): string =>
  p('__kvm_gmem_set_attributes', `ino=70 start=${start} nr_pages=${pages} attrs=${attrs}`);
export const store = (index: string, last: string, attrs = '0x8'): string =>
  p('kvm_gmem_store_attributes', `ino=70 index=${index} last=${last} attrs=${attrs}`);
export const left = (start: string, pages: number, attrs = '0x8', ret = 'ret=0'): string =>
  r('__kvm_gmem_set_attributes', `ino=70 start=${start} nr_pages=${pages} attrs=${attrs} ${ret}`);
/** Pages 4 and 5 of the file become private in place, or shared. */
export const convert = (attrs = '0x8'): string[] => [
  enter('0x4', 2, attrs),
  store('0x4', '0x5', attrs),
  left('0x4', 2, attrs),
];

export const fault = (pgoff: string): string =>
  p('kvm_gmem_fault_user_mapping', `ino=70 pgoff=${pgoff} addr=0x7f0000004000 flags=0xa55`);
export const faulted = (ret = '0x200'): string => r('kvm_gmem_fault_user_mapping', `ret=${ret}`);
export const rmapAdd = (index: string): string =>
  p(
    'folio_add_file_rmap_ptes',
    `folio=0xffffea0000100000 ino=70 index=${index} page=0xffffea0000100000 nr_pages=1 vm_start=0x7f0000000000`,
  );
export const rmapRemove = (index: string): string =>
  p(
    'folio_remove_rmap_ptes',
    `folio=0xffffea0000100000 ino=70 index=${index} page=0xffffea0000100000 nr_pages=1 vm_start=0x7f0000000000`,
  );

export const gup = (start: string, flags: string, pages = 1): string =>
  p('gup_fast_fallback', `start=${start} nr_pages=${pages} gup_flags=${flags}`);
export const gupRet = (start: string, flags: string, index = '0x4', ret = 1): string =>
  r(
    'gup_fast_fallback',
    `ret=${ret} start=${start} gup_flags=${flags} page0=0xffffea0000100000 index0=${index} ino0=70`,
  );
export const unpin = (index = '0x4'): string =>
  p('unpin_user_page', `page=0xffffea0000100000 index=${index} ino=70`);
export const MAPPED = mmap(70, '0x7f0000000000', '0x7f0000010000');
/** A pin of page 9, and its release: the trace shows what GUP takes and what is given back. */
export const PINS_SHOW = [
  gup('0x7f0000009000', '0x80001'),
  gupRet('0x7f0000009000', '0x80001', '0x9'),
  unpin('0x9'),
];
/** So do mappings. */
export const MAPPINGS_SHOW = [rmapAdd('0x9'), rmapRemove('0x9')];

export const guestFault = (gfn: string, priv: number): string[] => [
  p(
    'kvm_mmu_faultin_pfn',
    `gfn=0x${gfn} addr=0x${gfn}000 error_code=${priv ? '0x2000100000006' : '0x100000006'}`,
  ),
  p('kvm_gmem_get_pfn', `${KVM} slot=1 gfn=0x${gfn} base_gfn=0x1000 pgoff=0x0 ino=70`),
  r('kvm_gmem_get_pfn', `gfn=0x${gfn} ret=0`),
];
export const tdpMap = (gfn: string, pfn: string, priv: number, seqs = 'fault_seq=8 seq=8'): string =>
  p('kvm_tdp_mmu_map', `${KVM} gfn=0x${gfn} pfn=0x${pfn} ${seqs} inprog=0 hs=0x0 he=0x0 priv=${priv}`);
export const spte = (gfn: string, level: number, old: string, now: string): string =>
  `kvm_tdp_mmu_spte_changed: as id 0 gfn ${gfn} level ${level} old_spte ${old} new_spte ${now}`;
export const NONE = '8000000000000000';
export const install = (gfn: string, pfn: string, level = 1): string =>
  spte(gfn, level, NONE, `${pfn}${level > 1 ? 'ee7' : 'e67'}`);
export const served = (gfn: string, pfn: string, priv: number): string[] => [
  ...guestFault(gfn, priv),
  tdpMap(gfn, pfn, priv),
  install(gfn, pfn),
];

export const invStart = (count = 'inprog=0 seq=8'): string =>
  p('kvm_mmu_invalidate_start', `${KVM} ${count}`);
export const invRange = (start: string, end: string): string =>
  p('kvm_mmu_invalidate_range_add', `${KVM} start=${start} end=${end}`);
export const invEnd = (count = 'inprog=1 seq=8'): string => p('kvm_mmu_invalidate_end', `${KVM} ${count}`);
export const cached = (what: 'add_to' | 'delete_from', pfn: string, page: number): string =>
  `mm_filemap_${what}_page_cache: dev 0:9 ino 46 pfn=0x${pfn} ofs=${page * 4096} order=0`;
export const punch = (page: number): string =>
  p('kvm_gmem_fallocate', `ino=70 mode=0x3 offset=0x${page.toString(16)}000 len=0x1000`);
export const PUNCHED = r('kvm_gmem_fallocate', 'ret=0');

export function getPage(page: number, ret = 0): string[] {
  return [
    p('restrictedmem_get_page', `ino=70 pgoff=0x${page}`),
    r('restrictedmem_get_page', `ino=70 pgoff=0x${page} ret=${ret}`),
  ];
}

/** Two notifiers of a file. */
export function notified(): string[] {
  return [1, 2].flatMap((id) => [
    p('restrictedmem_bind', `ino=70 start=0x0 end=0x10 notifier=0xffff88810648d0${id}0`),
    r('restrictedmem_bind', `notifier=0xffff88810648d0${id}0 id=${id}`),
  ]);
}

const told = (what: string, id: number): string =>
  p(`restrictedmem_notifier_mmap_${what}`, `notifier=0xffff88810648d0${id}0 id=${id} start=0x0 end=0x10`);

/** The file is mapped: both notifiers are started, and the first is told how it ends. */
export function mappedBy(ret: string, lost: readonly string[] = []): string[] {
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
export function endsShow(): string[] {
  const whole = (end: string, ret: string): string[] => [
    ...mappedBy(ret).slice(0, -1),
    told(end, 1),
    told(end, 2),
    ...mappedBy(ret).slice(-1),
  ];
  return [...notified(), ...whole('abort', 'ret=-12'), ...whole('end', 'ret=0')];
}

/** A conversion with a bracket of the VM, with what is inside it. */
export function bracketed(inside: readonly string[]): string[] {
  return [enter('0x4', 2), invStart(), ...inside, store('0x4', '0x5'), invEnd(), left('0x4', 2)];
}

/** A file of 512 pages, all of them private. */
export function bigFile(pages = 512): string[] {
  return [
    ...create,
    ...bind(1, '0x1000', pages, '0x0', 70),
    enter('0x0', pages),
    store('0x0', `0x${(pages - 1).toString(16)}`),
    left('0x0', pages),
  ];
}

/** A leaf of the stage 2 of arm64 for gfn 0x1000, of pages of so many bytes. */
export const block = (bytes: number, pageBytes = 4096): string[] => [
  p(
    'kvm_pgtable_stage2_map',
    `pgt=0xfff000000402fec0 addr=0x${(0x1000 * pageBytes).toString(16)} size=0x${bytes.toString(16)} phys=0x140000000 prot=0xf`,
  ),
  r('kvm_pgtable_stage2_map', 'ret=0'),
];

const PAGE_TABLE = 'pgt=0xfff000000402fec0';
/** A fault of arm64's guest, a page for it, and what the stage 2 then maps and unmaps. */
export const armFault = (gfn: string): string[] => [
  p('kvm_handle_guest_abort', KVM),
  `kvm_guest_fault: ipa 0x${gfn}008, hsr 0x93c18007, hxfar 0x0, pc 0x40000008`,
  p('kvm_gmem_get_pfn', `${KVM} slot=1 gfn=0x${gfn} base_gfn=0x1000 pgoff=0x0 ino=70`),
  r('kvm_gmem_get_pfn', `gfn=0x${gfn} ret=0`),
];
export const armMap = (gfn: string, pfn: string): string[] => [
  p('kvm_pgtable_stage2_map', `${PAGE_TABLE} addr=0x${gfn}000 size=0x1000 phys=0x${pfn}000 prot=0xf`),
  r('kvm_pgtable_stage2_map', 'ret=0'),
];
export const armUnmap = (gfn: string): string =>
  p('kvm_pgtable_stage2_unmap', `${PAGE_TABLE} addr=0x${gfn}000 size=0x1000 may_block=1`);

export function refusals(times: number): string[] {
  return Array.from({ length: times }, () => [enter('0x4', 2), left('0x4', 2, '0x8', 'ret=-11')]).flat();
}

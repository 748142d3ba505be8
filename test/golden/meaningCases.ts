/** Small traces of one case each, by families of events: what they mean, and what they tell the rules. */
import type { Said } from '../support/oneTrace.js';
import { bind, create, KVM, mmap, p, r } from '../support/probes.js';

/** Traces of one case each, by their titles. */
export type Cases = Readonly<Record<string, readonly (string | Said)[]>>;

/** The other VM of some cases: another kvm pointer, of another process. */
const OTHER_KVM = 'kvm=0xffff888100bb0000';
/** A task whose thread group the trace does not say. */
const ofNoGroup = (event: string): Said => ({ event, tid: 300, tgid: -1, cpu: 1 });
const elsewhere = (event: string): Said => ({ event, tid: 200, tgid: 200, cpu: 1 });

const CONVERSIONS: Cases = {
  'KVM_SET_MEMORY_ATTRIBUTES with its arguments': [
    p('kvm_vm_ioctl', `${KVM} ioctl=0x4020aed2 address=0x1000000 size=0x3000 attributes=0x8`),
    r('kvm_vm_ioctl', 'ret=0'),
  ],
  'another ioctl of the VM': [
    p('kvm_vm_ioctl', `${KVM} ioctl=0x4020aed3 address=0x1000000 size=0x3000 attributes=0x8`),
    r('kvm_vm_ioctl', 'ret=0'),
  ],
  'KVM_SET_MEMORY_ATTRIBUTES without a size': [
    p('kvm_vm_ioctl', `${KVM} ioctl=0x4020aed2 address=0x1000000 size=0x0 attributes=0x8`),
    r('kvm_vm_ioctl', 'ret=0'),
  ],
  'VM set attr by probe': [
    p('kvm_vm_set_mem_attributes', `${KVM} start=0x1000 end=0x1002 attributes=0x8`),
    r('kvm_vm_set_mem_attributes', 'ret=0'),
  ],
  'VM set attr twice same': [
    p('kvm_vm_set_mem_attributes', `${KVM} start=0x1000 end=0x1002 attributes=0x8`, 'set_attributes'),
    'kvm_vm_set_mem_attributes: 0x00000000001000 -- 0x00000000001002 [0x8]',
    r('kvm_vm_set_mem_attributes', 'ret=0'),
  ],
  'VM set attr other direction': [
    p('kvm_vm_set_mem_attributes', `${KVM} start=0x1000 end=0x1002 attributes=0x8`),
    p('kvm_vm_set_mem_attributes', `${KVM} start=0x1000 end=0x1002 attributes=0x0`),
    r('kvm_vm_set_mem_attributes', 'ret=0'),
  ],
  'VM set attr other first': [
    p('kvm_vm_set_mem_attributes', `${KVM} start=0x1000 end=0x1002 attributes=0x8`),
    p('kvm_vm_set_mem_attributes', `${KVM} start=0x1001 end=0x1002 attributes=0x8`),
    r('kvm_vm_set_mem_attributes', 'ret=0'),
  ],
  'VM set attr other end': [
    p('kvm_vm_set_mem_attributes', `${KVM} start=0x1000 end=0x1002 attributes=0x8`),
    p('kvm_vm_set_mem_attributes', `${KVM} start=0x1000 end=0x1003 attributes=0x8`),
    r('kvm_vm_set_mem_attributes', 'ret=0'),
  ],
  'Pre and post': [
    p('kvm_arch_pre_set_memory_attributes', `${KVM} slot=1 start=0x1000 end=0x1002 attributes=0x8`),
    p('kvm_arch_post_set_memory_attributes', `${KVM} slot=1 start=0x1000 end=0x1002 attributes=0x8`),
    'sys_ioctl -> 0x0',
  ],
  'Post twice ranges': [
    p('kvm_arch_post_set_memory_attributes', `${KVM} slot=1 start=0x1000 end=0x1002 attributes=0x8`),
    p('kvm_arch_post_set_memory_attributes', `${KVM} slot=2 start=0x1002 end=0x1004 attributes=0x8`),
    'sys_ioctl -> 0x0',
  ],
  'Post without attributes': [
    p('kvm_arch_post_set_memory_attributes', `${KVM} slot=1 start=0x1000 end=0x1002`),
    'sys_ioctl -> 0x0',
  ],
  'Post empty': [
    p('kvm_arch_post_set_memory_attributes', `${KVM} slot=1 start=0x1000 end=0x1000 attributes=0x8`),
    'sys_ioctl -> 0x0',
  ],
  'Noop request': [
    p('kvm_vm_set_mem_attributes', `${KVM} start=0x1000 end=0x1002 attributes=0x8`),
    r('kvm_vm_set_mem_attributes', 'ret=0'),
    p('kvm_vm_set_mem_attributes', `${KVM} start=0x1000 end=0x1002 attributes=0x8`),
    r('kvm_vm_set_mem_attributes', 'ret=0'),
  ],
  'gmem ioctl alone': [
    p('kvm_gmem_ioctl', 'ino=70 ioctl=0xc040aed6 offset=0x4000 size=0x2000 attributes=0x8'),
    r('kvm_gmem_ioctl', 'ret=0'),
  ],
  'gmem ioctl failed': [
    p('kvm_gmem_ioctl', 'ino=70 ioctl=0xc040aed6 offset=0x4000 size=0x2000 attributes=0x8'),
    r('kvm_gmem_ioctl', 'ret=-11'),
  ],
  'gmem ioctl no range': [p('kvm_gmem_ioctl', 'ino=70 ioctl=0xc040aed6'), r('kvm_gmem_ioctl', 'ret=0')],
  'gmem ioctl other': [
    p('kvm_gmem_ioctl', 'ino=70 ioctl=0x1 offset=0x4000 size=0x2000 attributes=0x8'),
    r('kvm_gmem_ioctl', 'ret=0'),
  ],
  'convert blocked names range': [
    p('restrictedmem_switch_begin', 'ino=70 start=0x2 end=0x4'),
    p('restrictedmem_store_attr', 'ino=70 start=0x2 end=0x4 to_private=0'),
    r('restrictedmem_convert', 'ino=70 start=0x2 end=0x4 to_private=0 ret=0'),
  ],
  'convert blocked alone': [
    p('restrictedmem_switch_begin', 'ino=70 start=0x2 end=0x4'),
    r('restrictedmem_convert', 'ino=70 start=0x2 end=0x4 to_private=0 ret=0'),
  ],
  'convert store part': [
    p('__kvm_gmem_set_attributes', 'ino=70 start=0x0 nr_pages=8 attrs=0x8'),
    p('kvm_gmem_store_attributes', 'ino=70 index=0x2 last=0x3 attrs=0x8'),
    r('__kvm_gmem_set_attributes', 'ino=70 start=0x0 nr_pages=8 attrs=0x8 ret=0'),
  ],
  'convert store merged': [
    p('__kvm_gmem_set_attributes', 'ino=70 start=0x2 nr_pages=2 attrs=0x8'),
    p('kvm_gmem_store_attributes', 'ino=70 index=0x0 last=0x7 attrs=0x8'),
    r('__kvm_gmem_set_attributes', 'ino=70 start=0x2 nr_pages=2 attrs=0x8 ret=0'),
  ],
  'store without direction': [p('kvm_gmem_store_attributes', 'ino=70 index=0x0 last=0x7')],
  'stores of two': [
    p('kvm_gmem_store_attributes', 'ino=70 index=0x0 last=0x1 attrs=0x8'),
    p('kvm_gmem_store_attributes', 'ino=70 index=0x4 last=0x5 attrs=0x8'),
  ],
  'safe and refs': [
    p('__kvm_gmem_set_attributes', 'ino=70 start=0x2 nr_pages=2 attrs=0x8'),
    r('kvm_gmem_is_safe_for_conversion', 'ret=0', 'kvm_gmem_is_safe_for_conversion_ret'),
    r('kvm_gmem_is_safe_for_conversion', 'ret=1', 'kvm_gmem_is_safe_for_conversion_ret'),
    r('__kvm_gmem_set_attributes', 'ino=70 start=0x2 nr_pages=2 attrs=0x8 ret=-11 err_index=0x3'),
  ],
  'second enter closes': [
    p('__kvm_gmem_set_attributes', 'ino=70 start=0x2 nr_pages=2 attrs=0x8'),
    p('__kvm_gmem_set_attributes', 'ino=70 start=0x4 nr_pages=2 attrs=0x8'),
    r('__kvm_gmem_set_attributes', 'ino=70 start=0x4 nr_pages=2 attrs=0x8 ret=0'),
  ],
  'vm conversion closes inode one': [
    p('__kvm_gmem_set_attributes', 'ino=70 start=0x2 nr_pages=2 attrs=0x8'),
    'kvm_vm_set_mem_attributes: 0x00000000001000 -- 0x00000000001002 [0x8]',
    'sys_ioctl -> 0x0',
  ],
};

const FILES: Cases = {
  'two binds of one id': [...create, ...bind(1, '0x1000', 4, '0x0', 70), ...bind(1, '0x2000', 4, '0x0', 70)],
  'bind failed': [
    ...create,
    p('kvm_gmem_bind', `${KVM} slot=1 base_gfn=0x1000 npages=4 fd=8 offset=0x0`),
    r('kvm_gmem_bind', 'ret=-22 slot=1 ino=70 pgoff=0x0', 'kvm_gmem_bind_ret2'),
  ],
  'bind without return': [
    ...create,
    p('kvm_gmem_bind', `${KVM} slot=1 base_gfn=0x1000 npages=4 fd=8 offset=0x3000 ino=70`),
  ],
  'bind pgoff by return': [
    ...create,
    p('kvm_gmem_bind', `${KVM} slot=1 base_gfn=0x1000 npages=4 fd=8`),
    r('kvm_gmem_bind', 'ret=0 slot=1 ino=70 pgoff=0x5', 'kvm_gmem_bind_ret2'),
  ],
  unbind: [
    ...create,
    ...bind(1, '0x1000', 4, '0x0', 70),
    p('kvm_gmem_unbind', 'slot=1 base_gfn=0x1001 npages=4 pgoff=0x0'),
    p('kvm_gmem_unbind', 'slot=2 base_gfn=0x1000 npages=4 pgoff=0x0'),
    p('kvm_gmem_unbind', 'slot=1 base_gfn=0x1000 npages=4 pgoff=0x0'),
    p('kvm_gmem_unbind', 'slot=1 base_gfn=0x1000 npages=4 pgoff=0x0'),
  ],
  release: [
    ...create,
    ...bind(1, '0x1000', 4, '0x0', 70),
    ...mmap(70, '0x7f0000000000', '0x7f0000004000'),
    p('kvm_gmem_release', 'ino=70 size=0x10000'),
  ],
  punch: [
    p('kvm_gmem_fallocate', 'ino=70 mode=0x3 offset=0x2000 len=0x2001'),
    r('kvm_gmem_fallocate', 'ret=0'),
  ],
  allocate: [
    p('kvm_gmem_fallocate', 'ino=70 mode=0x1 offset=0x2000 len=0x2001'),
    r('kvm_gmem_fallocate', 'ret=0'),
  ],
  'error folio and memory failure': [
    p('kvm_gmem_error_folio', 'ino=70 index=0x3'),
    'mm_filemap_add_to_page_cache: dev 0:9 ino 46 pfn=0x11a200 ofs=8192 order=1',
    'memory_failure_event: pfn 0x11a201: recovery action for clean LRU page: Recovered',
    'memory_failure_event: pfn 0x11a202: recovery action for clean LRU page: Recovered',
  ],
  cache: [
    p('kvm_gmem_fault_user_mapping', 'ino=70 pgoff=0x1 addr=0x7f0000000000 flags=0xa55'),
    'mm_filemap_add_to_page_cache: dev 0:9 ino 46 pfn=0x11a200 ofs=4096 order=0',
    'mm_filemap_add_to_page_cache: dev 0:9 ino 99 pfn=0x11a300 ofs=4096 order=0',
    'mm_filemap_delete_from_page_cache: dev 0:9 ino 46 pfn=0x11a200 ofs=4096 order=0',
  ],
};

const REFERENCES: Cases = {
  'gup pins': [
    p('kvm_gmem_fault_user_mapping', 'ino=70 pgoff=0x1 addr=0x7f0000000000 flags=0xa55'),
    r(
      'gup_fast_fallback',
      'ret=2 start=0x7f0000000000 gup_flags=0x80101 page0=0xffffea0000100000 index0=0x3 ino0=70',
    ),
    p('unpin_user_page', 'page=0xffffea0000100000 index=0x3 ino=70'),
    p('unpin_user_pages', 'npages=1 page0=0xffffea0000100000'),
    p('unpin_user_folio', 'folio=0xffffea0000100000 npages=2 ino=70 index=0x3'),
  ],
  'gup get': [
    p('kvm_gmem_fault_user_mapping', 'ino=70 pgoff=0x1 addr=0x7f0000000000 flags=0xa55'),
    r(
      'gup_fast_fallback',
      'ret=1 start=0x7f0000000000 gup_flags=0x1 page0=0xffffea0000100000 index0=0x3 ino0=70',
    ),
  ],
  'gup refused': [
    ...mmap(70, '0x7f0000000000', '0x7f0000004000'),
    r('gup_fast_fallback', 'ret=-14 start=0x7f0000000000 gup_flags=0x80101'),
  ],
  'gup by address': [
    ...mmap(70, '0x7f0000000000', '0x7f0000004000', '0x2'),
    r('gup_fast_fallback', 'ret=2 start=0x7f0000001000 gup_flags=0x80101'),
  ],
  'gup nested counts once': [
    ...mmap(70, '0x7f0000000000', '0x7f0000004000', '0x2'),
    p('gup_fast_fallback', 'start=0x7f0000001000 nr_pages=1 gup_flags=0x80001'),
    p('__gup_longterm_locked', 'start=0x7f0000001000 nr_pages=1 gup_flags=0x80101', 'gup_longterm'),
    r('__gup_longterm_locked', 'ret=1 start=0x7f0000001000 gup_flags=0x80101', 'gup_longterm_ret'),
    r('gup_fast_fallback', 'ret=1 start=0x7f0000001000 gup_flags=0x80101'),
  ],
  'grabs where no return': [
    p('kvm_gmem_fault_user_mapping', 'ino=70 pgoff=0x1 addr=0x7f0000000000 flags=0xa55'),
    p('try_grab_folio', 'folio=0xffffea0000100000 flags=0x80000 ino=70 index=0x3'),
    p('try_grab_folio', 'folio=0xffffea0000200000 flags=0x1 ino=70 index=0x4'),
    p('gup_put_folio', 'folio=0xffffea0000100000 flags=0x80000 ino=70 index=0x3'),
  ],
  'a release of a page that cannot be named': [
    p('kvm_gmem_fault_user_mapping', 'ino=70 pgoff=0x1 addr=0x7f0000000000 flags=0xa55'),
    r(
      'gup_fast_fallback',
      'ret=1 start=0x7f0000000000 gup_flags=0x80001 page0=0xffffea0000100000 index0=0x3 ino0=70',
    ),
    p('unpin_user_page', 'page=0xffffea0000900000'),
  ],
  'a release whose file could not be fetched': [
    p('kvm_gmem_fault_user_mapping', 'ino=70 pgoff=0x1 addr=0x7f0000000000 flags=0xa55'),
    r(
      'gup_fast_fallback',
      'ret=1 start=0x7f0000000000 gup_flags=0x80001 page0=0xffffea0000100000 index0=0x3 ino0=70',
    ),
    p('unpin_user_page', 'page=0xffffea0000100000 index=(fault) ino=(fault)'),
    p('unpin_user_folio', 'folio=0xffffea0000100000 npages=1 index=(fault) ino=(fault)'),
  ],
  'a range that is released': [
    p('kvm_gmem_fault_user_mapping', 'ino=70 pgoff=0x1 addr=0x7f0000000000 flags=0xa55'),
    r(
      'gup_fast_fallback',
      'ret=3 start=0x7f0000000000 gup_flags=0x80001 page0=0xffffea0000100000 index0=0x3 ino0=70',
    ),
    p('unpin_user_page_range_dirty_lock', 'page=0xffffea0000100000 npages=3'),
  ],
  'a GUP whose page is of another file': [
    ...mmap(70, '0x7f0000000000', '0x7f0000004000', '0x2'),
    r(
      'gup_fast_fallback',
      'ret=1 start=0x7f0000001000 gup_flags=0x80101 page0=0xffffea0000100000 index0=0x3 ino0=99',
    ),
  ],
  'a GUP whose page could not be fetched': [
    ...mmap(70, '0x7f0000000000', '0x7f0000004000', '0x2'),
    r(
      'gup_fast_fallback',
      'ret=1 start=0x7f0000001000 gup_flags=0x80101 page0=0xffffea0000100000 index0=(fault) ino0=(fault)',
    ),
  ],
  'a remote GUP': [
    ...mmap(70, '0x7f0000000000', '0x7f0000004000', '0x2'),
    p('pin_user_pages_remote', 'start=0x7f0000001000 nr_pages=1 gup_flags=0x80000'),
    r('pin_user_pages_remote', 'ret=1 start=0x7f0000001000'),
  ],
  'a GUP of which no flags are seen': [
    ...mmap(70, '0x7f0000000000', '0x7f0000004000', '0x2'),
    r('gup_fast_fallback', 'ret=1 start=0x7f0000001000'),
  ],
};

const MAPPINGS: Cases = {
  'mmap over': [
    ...mmap(70, '0x7f0000000000', '0x7f0000004000'),
    ...mmap(70, '0x7f0000002000', '0x7f0000006000'),
  ],
  'mmap failed': [
    p('kvm_gmem_mmap', 'ino=70 start=0x7f0000000000 end=0x7f0000004000 pgoff=0x0 size=0x10000'),
    r('kvm_gmem_mmap', 'ret=-22'),
  ],
  'mmap by syscall': [
    'sys_mmap(addr: 0x0, len: 0x4000, prot: 3, flags: 1, fd: 8, off: 0)',
    p('kvm_gmem_mmap', 'ino=70 start=0x7f0000000000 end=0x7f0000004000 pgoff=0x0 size=0x10000'),
    'sys_mmap -> 0x7f0000000000',
  ],
  'munmap middle': [
    ...mmap(70, '0x7f0000000000', '0x7f0000004000', '0x2'),
    'sys_munmap(addr: 0x7f0000001000, len: 0x1000)',
    'sys_munmap -> 0x0',
  ],
  'munmap head': [
    ...mmap(70, '0x7f0000000000', '0x7f0000004000', '0x2'),
    'sys_munmap(addr: 0x7effffff0000, len: 0x11000)',
    'sys_munmap -> 0x0',
  ],
  'munmap beside': [
    ...mmap(70, '0x7f0000000000', '0x7f0000004000', '0x2'),
    'sys_munmap(addr: 0x7f0000004000, len: 0x1000)',
    'sys_munmap -> 0x0',
  ],
  'munmap failed': [
    ...mmap(70, '0x7f0000000000', '0x7f0000004000', '0x2'),
    'sys_munmap(addr: 0x7f0000001000, len: 0x1000)',
    'sys_munmap -> 0xfffffffffffffff4',
  ],
  'vma close': [
    ...mmap(70, '0x7f0000000000', '0x7f0000004000', '0x2'),
    p('restrictedmem_vma_close', 'ino=70 start=0x7f0000000000 end=0x7f0000001000 mm=0xffff888100cc0000'),
    p('restrictedmem_vma_close', 'ino=70 start=0x7f0000001000 end=0x7f0000004000 mm=0xffff888100cc0000'),
  ],
  'vma open': [
    ...mmap(70, '0x7f0000000000', '0x7f0000004000', '0x2'),
    p('restrictedmem_vma_open', 'ino=70 start=0x7f0000000000 end=0x7f0000004000 mm=0xffff888100cc0000'),
    p('restrictedmem_vma_open', 'ino=70 start=0x7f0000000000 end=0x7f0000001000 mm=0xffff888100cc0000'),
  ],
  split: [
    ...mmap(70, '0x7f0000000000', '0x7f0000004000', '0x2'),
    p('__split_vma', 'vm_start=0x7f0000000000 vm_end=0x7f0000004000 addr=0x7f0000001000 pgoff=0x2'),
    r('__split_vma', 'ret=0'),
  ],
  'exit mmap': [
    ...mmap(70, '0x7f0000000000', '0x7f0000004000', '0x2'),
    p('unmap_vmas', 'start=0x0 end=0xffffffffffffffff'),
  ],
  'a mapping told by its return alone': [
    r('kvm_gmem_mmap', 'ret=0 ino=70 start=0x7f0000000000 end=0x7f0000004000 pgoff=0x1'),
  ],
  'a mapping whose call failed': [
    'sys_mmap(addr: 0x0, len: 0x4000, prot: 3, flags: 1, fd: 8, off: 0)',
    p('kvm_gmem_mmap', 'ino=70 start=0x7f0000000000 end=0x7f0000004000 pgoff=0x0 size=0x10000'),
    'sys_mmap -> 0xfffffffffffffff4',
  ],
  'a close of the middle': [
    ...mmap(70, '0x7f0000000000', '0x7f0000004000', '0x2'),
    p('restrictedmem_vma_close', 'ino=70 start=0x7f0000001000 end=0x7f0000002000'),
  ],
  'a close of what is no mapping': [
    ...mmap(70, '0x7f0000000000', '0x7f0000004000', '0x2'),
    p('restrictedmem_vma_close', 'ino=70 start=0x7f0000003000 end=0x7f0000005000'),
  ],
  'a split that failed': [
    ...mmap(70, '0x7f0000000000', '0x7f0000004000', '0x2'),
    p('__split_vma', 'vm_start=0x7f0000000000 vm_end=0x7f0000004000 addr=0x7f0000001000 pgoff=0x2'),
    r('__split_vma', 'ret=-12'),
  ],
  'a split at the end': [
    ...mmap(70, '0x7f0000000000', '0x7f0000004000', '0x2'),
    p('__split_vma', 'vm_start=0x7f0000000000 vm_end=0x7f0000004000 addr=0x7f0000004000 pgoff=0x2'),
    r('__split_vma', 'ret=0'),
  ],
  'a split told by its return alone': [
    ...mmap(70, '0x7f0000000000', '0x7f0000004000', '0x2'),
    r('__split_vma', 'ret=0 addr=0x7f0000003000'),
  ],
  'an open within a split': [
    ...mmap(70, '0x7f0000000000', '0x7f0000004000', '0x2'),
    p('__split_vma', 'vm_start=0x7f0000000000 vm_end=0x7f0000004000 addr=0x7f0000001000 pgoff=0x2'),
    p('restrictedmem_vma_open', 'ino=70 start=0x7f0000000000 end=0x7f0000004000'),
    r('__split_vma', 'ret=-12'),
  ],
  'an unmap of some addresses': [
    ...mmap(70, '0x7f0000000000', '0x7f0000004000', '0x2'),
    p('unmap_vmas', 'start=0x0 end=0x7f0000001000'),
  ],
  'a mapping by a converting thread': [
    p('__kvm_gmem_set_attributes', 'ino=70 start=0x2 nr_pages=2 attrs=0x8'),
    ...mmap(70, '0x7f0000000000', '0x7f0000004000'),
  ],
};

const RMAP: Cases = {
  rmap: [
    p('kvm_gmem_fault_user_mapping', 'ino=70 pgoff=0x1 addr=0x7f0000000000 flags=0xa55'),
    p(
      'folio_add_file_rmap_ptes',
      'folio=0xffffea0000100000 ino=70 index=0x4 page=0xffffea0000100080 nr_pages=2 vma_start=0x7f0000000000',
    ),
    p(
      'folio_remove_rmap_ptes',
      'folio=0xffffea0000100000 page=0xffffea0000100080 nr_pages=1 vma_start=0x7f0000000000',
    ),
    p(
      'folio_remove_rmap_ptes',
      'folio=0xffffea0000900000 page=0xffffea0000900000 nr_pages=1 vma_start=0x7f0000000000',
    ),
  ],
  'unmap pages': [
    p('__kvm_gmem_set_attributes', 'ino=70 start=0x2 nr_pages=2 attrs=0x8'),
    p('unmap_mapping_pages', 'ino=70 start=0x2 nr=2'),
    p('unmap_mapping_pages', 'ino=70 start=0x2 nr=0'),
    r('__kvm_gmem_set_attributes', 'ino=70 start=0x2 nr_pages=2 attrs=0x8 ret=0'),
  ],
  'unmap range': [
    p('__kvm_gmem_set_attributes', 'ino=70 start=0x2 nr_pages=2 attrs=0x8'),
    p('unmap_mapping_range', 'ino=70 holebegin=0x2000 holelen=0x2000'),
    r('__kvm_gmem_set_attributes', 'ino=70 start=0x2 nr_pages=2 attrs=0x8 ret=0'),
  ],
  'unmap folio': [
    p('__kvm_gmem_set_attributes', 'ino=70 start=0x2 nr_pages=2 attrs=0x8'),
    p('unmap_mapping_folio', 'ino=70 index=0x2'),
    r('__kvm_gmem_set_attributes', 'ino=70 start=0x2 nr_pages=2 attrs=0x8 ret=0'),
  ],
  'a fault within a blocked conversion': [
    p('restrictedmem_switch_begin', 'ino=70 start=0x2 end=0x4'),
    p('restrictedmem_fault', 'ino=70 pgoff=0x1 addr=0x7f0000000000'),
  ],
  'a fault before the conversion is blocked': [
    p('__kvm_gmem_set_attributes', 'ino=70 start=0x2 nr_pages=2 attrs=0x8'),
    p('kvm_gmem_fault_user_mapping', 'ino=70 pgoff=0x1 addr=0x7f0000000000 flags=0xa55'),
  ],
  'a fault without a file': [
    p('kvm_gmem_fault_user_mapping', 'ino=70 pgoff=0x1 addr=0x7f0000000000 flags=0xa55'),
    p('kvm_gmem_fault_user_mapping', 'pgoff=0x2 addr=0x7f0000000000 flags=0xa55', 'user_fault'),
    r('kvm_gmem_fault_user_mapping', 'ret=0x200'),
  ],
  'a fault told by its return alone': [r('kvm_gmem_fault_user_mapping', 'ret=0x2 ino=70 pgoff=0x5')],
  'a folio by its pointer': [
    p('kvm_gmem_get_folio', 'ino=70 index=0x6'),
    r('kvm_gmem_get_folio', 'folio=0xffffea0000100000 index=0x6'),
    p(
      'folio_add_file_rmap_ptes',
      'folio=0xffffea0000100000 page=0xffffea0000100000 nr_pages=1 vma_start=0x7f0000000000',
    ),
  ],
  'a folio that was not given': [
    p('kvm_gmem_get_folio', 'ino=70 index=0x6'),
    r('kvm_gmem_get_folio', 'folio=0xfffffffffffffff4 index=0x6'),
    p('folio_add_file_rmap_ptes', 'folio=0xfffffffffffffff4 page=0xffffea0000100000 nr_pages=1'),
  ],
  'an rmap whose file could not be fetched': [
    p('kvm_gmem_get_folio', 'ino=70 index=0x6'),
    r('kvm_gmem_get_folio', 'folio=0xffffea0000100000 index=0x6'),
    p(
      'folio_add_file_rmap_ptes',
      'folio=0xffffea0000100000 ino=(fault) index=(fault) page=0xffffea0000100000 nr_pages=1',
    ),
  ],
  'an unmap of another file': [
    p('__kvm_gmem_set_attributes', 'ino=70 start=0x2 nr_pages=2 attrs=0x8'),
    p('unmap_mapping_pages', 'ino=99 start=0x2 nr=2'),
    p('unmap_mapping_range', 'ino=70 holebegin=0x2000 holelen=0x0'),
  ],
};

const SPTES: Cases = {
  sptes: [
    p('kvm_flush_remote_tlbs', KVM),
    'kvm_tdp_mmu_spte_changed: as id 0 gfn 1000 level 1 old_spte 0 new_spte 100000e67',
    'kvm_tdp_mmu_spte_changed: as id 0 gfn 1000 level 1 old_spte 100000e67 new_spte 100000e65',
    'kvm_tdp_mmu_spte_changed: as id 0 gfn 1000 level 1 old_spte 100000e67 new_spte 100001e67',
    'kvm_tdp_mmu_spte_changed: as id 0 gfn 1200 level 2 old_spte 0 new_spte 100200ee7',
    'kvm_tdp_mmu_spte_changed: as id 0 gfn 1400 level 2 old_spte 0 new_spte 100200e67',
    'kvm_tdp_mmu_spte_changed: as id 0 gfn 1000 level 1 old_spte 100001e67 new_spte 0',
    'kvm_mmu_zap_all_fast: kvm-mmu-valid-gen 1 used_pages 5',
  ],
  'arm fault': ['kvm_guest_fault: ipa 0x5000, hsr 0x93810007'],
  'page fault': ['kvm_page_fault: vcpu 0 rip 0x1 address 0x0000000000005fff error_code 0x400000004'],
  invalidation: [
    p('kvm_mmu_invalidate_start', `${KVM} inprog=0 seq=8`),
    p('kvm_mmu_invalidate_range_add', `${KVM} start=0x10 end=0x12`),
    p('kvm_mmu_invalidate_range_add', `${KVM} start=0x14 end=0x14`),
    p('kvm_mmu_invalidate_end', `${KVM} inprog=1 seq=8`),
  ],
  loss: ['CPU:2 [LOST 7 EVENTS]', { event: p('kvm_flush_remote_tlbs', KVM), cpu: 2 }],
  'a guest fault that is retried': [
    p('kvm_mmu_faultin_pfn', 'kvm=0xffff888100aa0000 gfn=0x5 is_private=1'),
    p('kvm_mmu_faultin_pfn', 'kvm=0xffff888100aa0000 gfn=0x5 is_private=1'),
    'kvm_tdp_mmu_spte_changed: as id 0 gfn 5 level 1 old_spte 0 new_spte 100000e67',
  ],
  'an SPTE that is none': [
    p('kvm_mmu_invalidate_end', KVM),
    'kvm_tdp_mmu_spte_changed: as id 0 gfn 1000 level 0 old_spte 0 new_spte 100000e67',
    'kvm_tdp_mmu_spte_changed: as id 0 gfn 1000 level 6 old_spte 0 new_spte 100000e67',
    'kvm_tdp_mmu_spte_changed: as id 0 gfn 1000 level 1 old_spte 8000000000000000 new_spte 0',
  ],
  'an invalidation told by its end alone': [p('kvm_mmu_invalidate_end', `${KVM} inprog=1 seq=8`)],
  'an invalidation with its range': [
    p('kvm_mmu_invalidate_begin', `${KVM} inprog=0 seq=8 start=0x10 end=0x12`),
    p('kvm_mmu_unmap_gfn_range', `${KVM} start=0x10 end=0x12`),
    p('kvm_mmu_invalidate_end', `${KVM} inprog=1 seq=8`),
  ],
  'an invalidation of a file': [
    p('__kvm_gmem_set_attributes', 'ino=70 start=0x2 nr_pages=2 attrs=0x8'),
    p('kvm_gmem_invalidate_start', `${KVM} ino=70 start=0x2 end=0x4`),
    p('kvm_gmem_invalidate_end', 'ino=70 start=0x2 end=0x4'),
    r('__kvm_gmem_set_attributes', 'ino=70 start=0x2 nr_pages=2 attrs=0x8 ret=0'),
  ],
};

const GET_PFN: Cases = {
  'get_pfn teaches slot': [
    p('kvm_gmem_get_pfn', `${KVM} slot=1 gfn=0x1003 base_gfn=0x1000 pgoff=0x10 ino=70`),
    r('kvm_gmem_get_pfn', 'ret=0 gfn=0x1003'),
    p('kvm_gmem_get_pfn', `${KVM} slot=1 gfn=0x1005 base_gfn=0x1000 pgoff=0x10 ino=70`),
    r('kvm_gmem_get_pfn', 'ret=-14 gfn=0x1005'),
  ],
  'restrictedmem get': [
    p('restrictedmem_get_page', 'ino=70 pgoff=0x3'),
    r('restrictedmem_get_page', 'ret=0'),
    p('restrictedmem_get_page', 'ino=70 pgoff=0x4'),
    r('restrictedmem_get_page', 'ret=-11'),
    p('restrictedmem_put_page', 'ino=70 pgoff=0x3'),
  ],
  'get_pfn of a file by its pointer': [
    p('restrictedmem_get_page', 'file=0xffff888100dd0000 pgoff=0x3'),
    r('restrictedmem_get_page', 'ret=0'),
  ],
  'get_pfn told by its return alone': [r('restrictedmem_get_page', 'ret=0 ino=70 pgoff=0x3')],
  'get_pfn in a slot that is bound': [
    ...create,
    ...bind(1, '0x1000', 4, '0x0', 70),
    p('kvm_gmem_get_pfn', `${KVM} slot=1 gfn=0x1003 base_gfn=0x1000 pgoff=0x0`),
    r('kvm_gmem_get_pfn', 'ret=0 gfn=0x1003'),
  ],
  'get_pfn without a slot': [
    ...create,
    ...bind(1, '0x1000', 4, '0x0', 70),
    p('kvm_gmem_get_pfn', `${KVM} gfn=0x1003`),
    r('kvm_gmem_get_pfn', 'ret=0 gfn=0x1003'),
  ],
  'get_pfn in a slot that only faults show, further and further': [
    p('kvm_gmem_get_pfn', `${KVM} slot=1 gfn=0x1003 base_gfn=0x1000 pgoff=0x10 ino=70`),
    p('kvm_gmem_get_pfn', `${KVM} slot=1 gfn=0x1007 base_gfn=0x1000 pgoff=0x10 ino=70`),
    p('kvm_gmem_get_pfn', `${KVM} slot=1 gfn=0x1002 base_gfn=0x1000 pgoff=0x10 ino=70`),
  ],
  'get_pfn beyond a slot whose size is known': [
    ...create,
    ...bind(1, '0x1000', 4, '0x0', 70),
    p('kvm_gmem_get_pfn', `${KVM} slot=1 gfn=0x1004 base_gfn=0x1000 pgoff=0x0 ino=70`),
  ],
  'get_pfn says where in the file a slot begins, where its bind did not': [
    ...create,
    p('kvm_gmem_bind', `${KVM} slot=1 base_gfn=0x1000 npages=4 fd=8`),
    r('kvm_gmem_bind', 'ret=0 slot=1', 'kvm_gmem_bind_ret2'),
    p('kvm_gmem_get_pfn', `${KVM} slot=1 gfn=0x1003 base_gfn=0x1000 pgoff=0x10 ino=70`),
    r('kvm_gmem_get_pfn', 'ret=0 gfn=0x1003'),
  ],
  'get_pfn of a slot whose place in the file nothing says': [
    p('kvm_gmem_get_pfn', `${KVM} slot=1 gfn=0x1003 base_gfn=0x1000 ino=70`),
    r('kvm_gmem_get_pfn', 'ret=0 gfn=0x1003'),
  ],
  'get_pfn whose gfn is not told says of no page': [
    p('kvm_gmem_get_pfn', `${KVM} slot=1 pgoff=0x10 ino=70`),
    r('kvm_gmem_get_pfn', 'ret=0'),
  ],
  'get_pfn whose file could not be fetched': [
    ...create,
    ...bind(1, '0x1000', 4, '0x0', 70),
    p('kvm_gmem_get_pfn', `${KVM} slot=1 gfn=0x1003 base_gfn=0x1000 pgoff=0x0 ino=(fault)`),
    r('kvm_gmem_get_pfn', 'ret=0 gfn=0x1003'),
  ],
  'get_pfn without a kvm pointer, by the one VM that binds the file there': [
    elsewhere(p('kvm_mmu_invalidate_end', `${OTHER_KVM} inprog=0 seq=8`)),
    ...create,
    ...bind(1, '0x1000', 4, '0x0', 70),
    ofNoGroup(p('kvm_gmem_get_pfn', 'slot=1 gfn=0x1003 base_gfn=0x1000 pgoff=0x0 ino=70')),
    ofNoGroup(r('kvm_gmem_get_pfn', 'ret=0 gfn=0x1003')),
  ],
  'get_pfn without a kvm pointer, at another place than the file is bound': [
    elsewhere(p('kvm_mmu_invalidate_end', `${OTHER_KVM} inprog=0 seq=8`)),
    ...create,
    ...bind(1, '0x1000', 4, '0x0', 70),
    ofNoGroup(p('kvm_gmem_get_pfn', 'slot=1 gfn=0x2003 base_gfn=0x2000 pgoff=0x0 ino=70')),
    ofNoGroup(r('kvm_gmem_get_pfn', 'ret=0 gfn=0x2003')),
    ofNoGroup(p('kvm_gmem_get_pfn', 'slot=2 gfn=0x1003 base_gfn=0x1000 pgoff=0x0 ino=70')),
  ],
  'get_pfn of another VM, whose thread is sure': [
    ...create,
    ...bind(1, '0x1000', 4, '0x0', 70),
    elsewhere('sys_ioctl(fd: 9, cmd: 0xae80, arg: 0)'),
    elsewhere(p('kvm_mmu_invalidate_end', `${OTHER_KVM} inprog=0 seq=8`)),
    elsewhere(p('kvm_gmem_get_pfn', 'slot=1 gfn=0x1003 base_gfn=0x1000 pgoff=0x0 ino=71')),
    elsewhere(r('kvm_gmem_get_pfn', 'ret=0 gfn=0x1003')),
  ],
  'a page that restrictedmem gave is held until it is put': [
    p('restrictedmem_get_page', 'ino=70 pgoff=0x0'),
    r('restrictedmem_get_page', 'ret=0'),
    p('restrictedmem_put_page', 'ino=70 pgoff=0x0'),
  ],
};

/** A guest's fault as far as its look-up; bit 49 of the error code tells that it is private. */
const pageFault = (address: string, errorCode: string): string =>
  `kvm_page_fault: vcpu 0 rip 0x1 address ${address} error_code ${errorCode}`;
const PRIVATE_FAULT = '0x2000000000004';
const SHARED_FAULT = '0x4';
const ENTRY = 'kvm_entry: vcpu 0, rip 0x1';
const leaf = (gfn: string, pfn: string): string =>
  `kvm_tdp_mmu_spte_changed: as id 0 gfn ${gfn} level 1 old_spte 0 new_spte ${pfn}e67`;

const FAULTS: Cases = {
  'a private fault from its start to the guest': [
    p('kvm_flush_remote_tlbs', KVM),
    pageFault('0x1003fff', PRIVATE_FAULT),
    p('kvm_mmu_faultin_pfn', `gfn=0x1003 addr=0x1003000 error_code=${PRIVATE_FAULT}`),
    p('kvm_gmem_get_pfn', `${KVM} slot=1 gfn=0x1003 base_gfn=0x1000 pgoff=0x0 ino=70`),
    r('kvm_gmem_get_pfn', 'ret=0 gfn=0x1003'),
    p('is_page_fault_stale', `${KVM} gfn=0x1003`),
    p('kvm_tdp_mmu_map', `${KVM} gfn=0x1003 fault_seq=8 seq=10`),
    leaf('1003', '11a200'),
    r('kvm_tdp_mmu_map', 'ret=0'),
    ENTRY,
    ENTRY,
  ],
  'a shared fault on the first frame': [
    p('kvm_flush_remote_tlbs', KVM),
    pageFault('0x10', SHARED_FAULT),
    p('kvm_mmu_faultin_pfn', `gfn=0x0 addr=0x10 error_code=${SHARED_FAULT}`),
    p('kvm_gmem_get_pfn', `${KVM} slot=0 gfn=0x0 base_gfn=0x0 pgoff=0x0 ino=70`),
    r('kvm_gmem_get_pfn', 'ret=0 gfn=0x0'),
    leaf('0', '11a200'),
    ENTRY,
  ],
  'a fault without an address': ['kvm_page_fault: vcpu 0 rip 0x1 error_code 0x4', ENTRY],
  'a fault that ends in user space': [
    pageFault('0x1003000', PRIVATE_FAULT),
    'kvm_userspace_exit: reason error (14)',
    'kvm_userspace_exit: reason KVM_EXIT_IO (2)',
  ],
  'a fault that a second one follows': [
    pageFault('0x1003000', PRIVATE_FAULT),
    pageFault('0x1004000', SHARED_FAULT),
    ENTRY,
  ],
  'a fault on arm64, and one in the same kernel call after it': [
    p('kvm_flush_remote_tlbs', KVM),
    'kvm_guest_fault: ipa 0x1003000, hsr 0x93810007',
    'kvm_guest_fault: ipa 0x0, hsr 0x93810007',
    ENTRY,
  ],
  'a look-up of another gfn than the fault that went before': [
    pageFault('0x1003000', PRIVATE_FAULT),
    p('kvm_mmu_faultin_pfn', `gfn=0x1004 error_code=${SHARED_FAULT}`),
    ENTRY,
  ],
  'a look-up that says its side itself': [
    p('kvm_mmu_faultin_pfn', `${KVM} gfn=0x1003 is_private=0`),
    ENTRY,
    p('kvm_mmu_faultin_pfn', `${KVM} gfn=0x1003 is_private=1`),
    ENTRY,
  ],
  'a look-up that does not say its side': [p('kvm_mmu_faultin_pfn', `${KVM} gfn=0x1003`), ENTRY],
  'a look-up again, of the same fault, whose get_pfn counts no more': [
    pageFault('0x1003000', PRIVATE_FAULT),
    p('kvm_mmu_faultin_pfn', `gfn=0x1003 error_code=${PRIVATE_FAULT}`),
    p('kvm_gmem_get_pfn', `${KVM} slot=1 gfn=0x1003 base_gfn=0x1000 pgoff=0x0 ino=70`),
    r('kvm_gmem_get_pfn', 'ret=0 gfn=0x1003'),
    p('kvm_mmu_faultin_pfn', `gfn=0x1003 error_code=${PRIVATE_FAULT}`),
    ENTRY,
  ],
  'a check whether a fault is stale, which says its side': [
    p('is_page_fault_stale', `${KVM} gfn=0x1003 is_private=1`),
    ENTRY,
    p('is_page_fault_stale', `${KVM} gfn=0x1003 is_private=0`),
    ENTRY,
  ],
  'a walk that says its side, and returns without an SPTE': [
    p('kvm_tdp_mmu_map', `${KVM} gfn=0x1003 fault_seq=8 seq=8 is_private=1`),
    ENTRY,
    p('kvm_tdp_mmu_map', `${KVM} gfn=0x1003 fault_seq=8 seq=8 is_private=0`),
    r('kvm_tdp_mmu_map', 'ret=1'),
    ENTRY,
  ],
  'a fault whose SPTE is there, and another on the same gfn': [
    p('kvm_tdp_mmu_map', `${KVM} gfn=0x1003 fault_seq=8 seq=8 is_private=1`),
    leaf('1003', '11a200'),
    p('kvm_tdp_mmu_map', `${KVM} gfn=0x1003 fault_seq=10 seq=10 is_private=0`),
    ENTRY,
  ],
  'a get_pfn of the fault in flight, and one of another gfn': [
    p('kvm_mmu_faultin_pfn', `${KVM} gfn=0x1003 is_private=1`),
    r('kvm_gmem_get_pfn', 'ret=0 gfn=0x1004'),
    ENTRY,
    p('kvm_mmu_faultin_pfn', `${KVM} gfn=0x1003 is_private=1`),
    r('kvm_gmem_get_pfn', 'ret=0 gfn=0x1003'),
    ENTRY,
  ],
  'what SEV-SNP says of a frame': [
    'kvm_rmp_fault: vcpu 0 gpa 0x1003000 pfn 0x11a200 error_code 0x4 rmp_level 1 psmash_ret -5',
    p('sev_gmem_prepare', `${KVM} gfn=0x1003 pfn=0x11a200`),
  ],
  'what QEMU converts and discards': [
    'kvm_convert_memory: start 0x1000000 size 0x2000 shared_to_private',
    'kvm_convert_memory: start 0x1000000 size 0x2000 private_to_shared',
    'kvm_convert_memory: start 0x1000000 size 0x2000',
    'ram_block_discard_range: ram0 + 1000: madvise: 0 fallocate: 1 ret: 0',
  ],
};

const SLOT = 'kvm_set_user_memory AddrSpace#0 Slot#1 flags=0x4 gpa=0x100000';
const NO_FILE = 'guest_memfd=-1 guest_memfd_offset=0x0';
/** Lines of QEMU's log. */
export const OF_QEMU: Readonly<Record<string, readonly string[]>> = {
  'a slot comes and goes': [
    `${SLOT} size=0x200000 ua=0x7f0000000000 guest_memfd=8 guest_memfd_offset=0x3000 ret=0`,
    `${SLOT} size=0x200000 ua=0x7f0000000000 guest_memfd=8 guest_memfd_offset=0x3000 ret=0`,
    `${SLOT} size=0x0 ua=0x7f0000000000 guest_memfd=8 guest_memfd_offset=0x3000 ret=0`,
    `${SLOT} size=0x0 ua=0x7f0000000000 guest_memfd=8 guest_memfd_offset=0x3000 ret=0`,
  ],
  'a slot that failed': [
    `${SLOT} size=0x200000 ua=0x7f0000000000 guest_memfd=8 guest_memfd_offset=0x0 ret=-22`,
  ],
  'a slot without a file': [`${SLOT.replace('0x4', '0x0')} size=0x200000 ua=0x7f0000000000 ${NO_FILE} ret=0`],
  'a slot of an older QEMU': [`${SLOT} size=0x200000 ua=0x7f0000000000 ret=0`],
};

/** By families of events. */
export const FAMILIES: Readonly<Record<string, Cases>> = {
  conversions: CONVERSIONS,
  files: FILES,
  references: REFERENCES,
  mappings: MAPPINGS,
  rmap: RMAP,
  sptes: SPTES,
  faults: FAULTS,
  getPfn: GET_PFN,
};

/** Small traces of one case each, by families of events: what they mean, and what they tell the rules. */
import type { Cases } from '../support/oneTrace.js';
import { CONVERSIONS } from './conversionCases.js';
import { TEARDOWNS } from './pkvmCases.js';
import { bind, create, elsewhere, KVM, mmap, ofNoGroup, OTHER_KVM, p, peer, r } from '../support/probes.js';

const leaf = (gfn: string, pfn: string): string =>
  `kvm_tdp_mmu_spte_changed: as id 0 gfn ${gfn} level 1 old_spte 0 new_spte ${pfn}e67`;

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
  'a bind whose place in the file is its first page': [
    ...create,
    p('kvm_gmem_bind', `${KVM} slot=0 base_gfn=0x0 npages=4 fd=8 offset=0x0`),
    r('kvm_gmem_bind', 'ret=0 slot=0 ino=70 pgoff=0x5', 'kvm_gmem_bind_ret2'),
  ],
  'a bind whose return says of no place': [
    ...create,
    p('kvm_gmem_bind', `${KVM} slot=1 base_gfn=0x1000 npages=4 fd=8`),
    r('kvm_gmem_bind', 'ret=0 slot=1 ino=70', 'kvm_gmem_bind_ret2'),
  ],
  'a bind of a size that is not told': [
    ...create,
    p('kvm_gmem_bind', `${KVM} slot=1 base_gfn=0x1000 fd=8 offset=0x0`),
    r('kvm_gmem_bind', 'ret=0 slot=1 ino=70 pgoff=0x0', 'kvm_gmem_bind_ret2'),
    p('kvm_gmem_get_pfn', `${KVM} slot=1 gfn=0x1003 base_gfn=0x1000 pgoff=0x0 ino=70`),
  ],
  'a bind with two returns, of which the second names the file': [
    ...create,
    p('kvm_gmem_bind', `${KVM} slot=1 base_gfn=0x1000 npages=4 fd=8 offset=0x0`),
    r('kvm_gmem_bind', 'ret=0', 'kvm_gmem_bind_ret'),
    r('kvm_gmem_bind', 'ret=0 slot=1 ino=70 pgoff=0x0', 'kvm_gmem_bind_ret2'),
  ],
  'a return of a bind that nothing began': [
    ...create,
    r('kvm_gmem_bind', 'ret=0 slot=1 ino=70 pgoff=0x0', 'kvm_gmem_bind_ret2'),
  ],
  'a bind without a place in the guest': [
    ...create,
    p('kvm_gmem_bind', `${KVM} slot=1 npages=4 fd=8 offset=0x0`),
    r('kvm_gmem_bind', 'ret=0 slot=1 ino=70 pgoff=0x0', 'kvm_gmem_bind_ret2'),
  ],
  'three slots, of which one is bound again': [
    ...create,
    ...bind(1, '0x1000', 4, '0x0', 70),
    ...bind(2, '0x2000', 4, '0x4000', 70),
    ...bind(1, '0x1000', 4, '0x8000', 70),
    ...bind(1, '0x1000', 4, '0xc000', 70),
  ],
  'a slot that another thread of the process unbinds': [
    ...create,
    ...bind(1, '0x1000', 4, '0x0', 70),
    ...peer(p('kvm_gmem_unbind', 'slot=1 base_gfn=0x1000 npages=4 pgoff=0x0')),
  ],
  'a slot that a worker of the kernel unbinds': [
    elsewhere(p('kvm_mmu_invalidate_end', `${OTHER_KVM} inprog=0 seq=8`)),
    ...create,
    ...bind(1, '0x1000', 4, '0x0', 70),
    ofNoGroup(p('kvm_gmem_unbind', 'slot=1 base_gfn=0x1000 npages=4 pgoff=0x0')),
  ],
  'an unbind of another process': [
    ...create,
    ...bind(1, '0x1000', 4, '0x0', 70),
    elsewhere(p('kvm_gmem_unbind', 'slot=1 base_gfn=0x1000 npages=4 pgoff=0x0')),
  ],
  'a punch of which no mode is seen': [
    p('kvm_gmem_fallocate', 'ino=70 offset=0x2000 len=0x2000'),
    r('kvm_gmem_fallocate', 'ret=0'),
    r('kvm_gmem_fallocate', 'ret=0'),
  ],
  'a plain allocation, which is mode 0': [
    p('kvm_gmem_fallocate', 'ino=70 mode=0x0 offset=0x2000 len=0x2000'),
    r('kvm_gmem_fallocate', 'ret=0'),
  ],
  'a punch by its inner function': [
    p('kvm_gmem_punch_hole', 'ino=70 offset=0x2000 len=0x2000'),
    r('kvm_gmem_fallocate', 'ret=0'),
  ],
  'a punch by both functions': [
    p('kvm_gmem_fallocate', 'ino=70 mode=0x3 offset=0x2000 len=0x2000'),
    p('kvm_gmem_punch_hole', 'ino=70 offset=0x3000 len=0x1000'),
    r('kvm_gmem_fallocate', 'ret=0'),
  ],
  'a punch of a file that only its pointer names': [
    p('restrictedmem_fallocate', 'file=0xffff888100dd0000 mode=0x3 offset=0x2000 len=0x2000'),
    'mm_filemap_delete_from_page_cache: dev 0:9 ino 46 pfn=0x11a200 ofs=8192 order=0',
    r('restrictedmem_fallocate', 'ret=0'),
  ],
  'a punch that ends with its system call': [
    'sys_fallocate(fd: 8, mode: 3, offset: 0x2000, len: 0x2000)',
    p('kvm_gmem_fallocate', 'ino=70 mode=0x3 offset=0x2000 len=0x2000'),
    'sys_fallocate -> 0x0',
    p('kvm_gmem_invalidate_start', `${KVM} start=0x2 end=0x4`),
    r('kvm_gmem_fallocate', 'ret=0'),
  ],
  'a release of a file whose size was known, and of one whose was not': [
    ...create,
    ...bind(1, '0x1000', 4, '0x0', 70),
    p('kvm_gmem_release', 'ino=70 size=0x20000'),
    p('kvm_gmem_fault_user_mapping', 'ino=71 pgoff=0x1 addr=0x7f0000000000 flags=0xa55'),
    p('kvm_gmem_release', 'ino=71 size=0x20000'),
    p('kvm_gmem_fault_user_mapping', 'ino=72 pgoff=0x1 addr=0x7f0000000000 flags=0xa55'),
    p('kvm_gmem_release', 'ino=72 size=0x0'),
  ],
  'poison of the first page, and of the first frame': [
    p('kvm_gmem_error_folio', 'ino=70 index=0x0'),
    'mm_filemap_add_to_page_cache: dev 0:9 ino 46 pfn=0x0 ofs=0 order=0',
    'memory_failure_event: pfn 0x0: recovery action for clean LRU page: Recovered',
  ],
  'poison of no page that is told': [p('kvm_gmem_error_folio', 'ino=70')],
  'poison of a frame that has left the file': [
    p('kvm_gmem_fault_user_mapping', 'ino=70 pgoff=0x1 addr=0x7f0000000000 flags=0xa55'),
    'mm_filemap_add_to_page_cache: dev 0:9 ino 46 pfn=0x11a200 ofs=4096 order=0',
    'mm_filemap_delete_from_page_cache: dev 0:9 ino 46 pfn=0x11a200 ofs=4096 order=0',
    'memory_failure_event: pfn 0x11a200: recovery action for clean LRU page: Recovered',
  ],
  'a folio of four pages comes and goes, and comes again elsewhere': [
    p('kvm_gmem_fault_user_mapping', 'ino=70 pgoff=0x1 addr=0x7f0000000000 flags=0xa55'),
    'mm_filemap_add_to_page_cache: dev 0:9 ino 46 pfn=0x11a200 ofs=16384 order=2',
    'memory_failure_event: pfn 0x11a203: recovery action for clean LRU page: Recovered',
    'mm_filemap_delete_from_page_cache: dev 0:9 ino 46 pfn=0x11a200 ofs=16384 order=2',
    'mm_filemap_add_to_page_cache: dev 0:9 ino 46 pfn=0x11a300 ofs=16384 order=0',
    'memory_failure_event: pfn 0x11a200: recovery action for clean LRU page: Recovered',
    'memory_failure_event: pfn 0x11a300: recovery action for clean LRU page: Recovered',
  ],
  'a number that another file system has too counts on the device of memfds': [
    p('kvm_gmem_get_folio', 'ino=70 index=0x1'),
    'mm_filemap_add_to_page_cache: dev 0:9 ino 46 pfn=0x11a200 ofs=4096 order=0',
    r('kvm_gmem_get_folio', 'folio=0xffffea0000100000 index=0x1'),
    'mm_filemap_add_to_page_cache: dev 8:1 ino 46 pfn=0x11a300 ofs=4096 order=0',
    'mm_filemap_delete_from_page_cache: dev 8:1 ino 46 pfn=0x11a300 ofs=4096 order=0',
    'mm_filemap_delete_from_page_cache: dev 0:9 ino 46 pfn=0x11a200 ofs=4096 order=0',
  ],
  'a number that another file system has too, with no device known: in a hole of the file alone': [
    p('kvm_gmem_fallocate', 'ino=70 mode=0x3 offset=0x1000 len=0x1000'),
    'mm_filemap_delete_from_page_cache: dev 0:9 ino 46 pfn=0x11a200 ofs=4096 order=0',
    r('kvm_gmem_fallocate', 'ret=0'),
    'mm_filemap_delete_from_page_cache: dev 8:1 ino 46 pfn=0x11a300 ofs=4096 order=0',
  ],
  'a punch that names inode 0, which is none, and the file by its pointer': [
    p('restrictedmem_fallocate', 'ino=0 file=0xffff888100dd0000 mode=0x3 offset=0x2000 len=0x2000'),
    r('restrictedmem_fallocate', 'ret=0'),
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
  'a pin for long, and one that is not': [
    p('kvm_gmem_fault_user_mapping', 'ino=70 pgoff=0x0 addr=0x7f0000000000 flags=0xa55'),
    r(
      'gup_fast_fallback',
      'ret=1 start=0x7f0000000000 gup_flags=0x80101 page0=0xffffea0000100000 index0=0x0 ino0=70',
    ),
    r(
      'gup_fast_fallback',
      'ret=1 start=0x7f0000003000 gup_flags=0x80001 page0=0xffffea00001000c0 index0=0x3 ino0=70',
    ),
    p('unpin_user_page', 'page=0xffffea0000100000 index=0x0 ino=70'),
  ],
  'two pins of a page, one released': [
    p('kvm_gmem_fault_user_mapping', 'ino=70 pgoff=0x0 addr=0x7f0000000000 flags=0xa55'),
    r(
      'gup_fast_fallback',
      'ret=1 start=0x7f0000000000 gup_flags=0x80101 page0=0xffffea0000100000 index0=0x3 ino0=70',
    ),
    r(
      'gup_fast_fallback',
      'ret=1 start=0x7f0000001000 gup_flags=0x80001 page0=0xffffea0000100000 index0=0x3 ino0=70',
    ),
    p('unpin_user_page', 'page=0xffffea0000100000 index=0x3 ino=70'),
  ],
  'a release that names a page by its pointer alone': [
    p('kvm_gmem_fault_user_mapping', 'ino=70 pgoff=0x0 addr=0x7f0000000000 flags=0xa55'),
    r(
      'gup_fast_fallback',
      'ret=1 start=0x7f0000000000 gup_flags=0x80001 page0=0xffffea0000100000 index0=0x0 ino0=70',
    ),
    p('unpin_user_page', 'page=0xffffea0000100000'),
  ],
  'a release of an unknown page, where pins have no pointer': [
    ...mmap(70, '0x7f0000000000', '0x7f0000004000', '0x2'),
    r('gup_fast_fallback', 'ret=2 start=0x7f0000001000 gup_flags=0x80001'),
    p('unpin_user_page', 'page=0xffffea0000900000'),
  ],
  'a release of a page of another file': [
    ...mmap(70, '0x7f0000000000', '0x7f0000004000', '0x2'),
    r('gup_fast_fallback', 'ret=2 start=0x7f0000001000 gup_flags=0x80001'),
    p('unpin_user_page', 'page=0xffffea0000900000 index=0x3 ino=99'),
  ],
  'a release that names nothing': [
    ...mmap(70, '0x7f0000000000', '0x7f0000004000', '0x2'),
    r('gup_fast_fallback', 'ret=1 start=0x7f0000001000 gup_flags=0x80001'),
    p('unpin_user_pages', 'npages=1'),
  ],
  'a release of a page that was cut off its file while it was pinned': [
    p('kvm_gmem_fault_user_mapping', 'ino=70 pgoff=0x0 addr=0x7f0000000000 flags=0xa55'),
    r(
      'gup_fast_fallback',
      'ret=1 start=0x7f0000000000 gup_flags=0x80001 page0=0xffffea0000100000 index0=0x3 ino0=70',
    ),
    p('unpin_user_page', 'page=0xffffea0000100000 mapping=0x0 index=(fault) ino=(fault)'),
    p('unpin_user_folio', 'folio=0xffffea0000900000 npages=1 mapping=0x0 index=(fault) ino=(fault)'),
  ],
  'a release of a page that is in a file which is no memfd': [
    ...mmap(70, '0x7f0000000000', '0x7f0000004000', '0x2'),
    r('gup_fast_fallback', 'ret=1 start=0x7f0000001000 gup_flags=0x80001'),
    p('unpin_user_page', 'page=0xffffea0000900000 mapping=0xffff888100ee0000 index=(fault) ino=(fault)'),
  ],
  'a GUP that did not return before the next call': [
    ...mmap(70, '0x7f0000000000', '0x7f0000004000', '0x2'),
    p('gup_fast_fallback', 'start=0x7f0000001000 nr_pages=2 gup_flags=0x80001'),
    'sys_ioctl(fd: 9, cmd: 0xae80, arg: 0)',
    p('gup_fast_fallback', 'start=0x7f0000002000 gup_flags=0x80001', 'gup_of_no_size'),
    'sys_ioctl(fd: 9, cmd: 0xae80, arg: 0)',
    p('gup_fast_fallback', 'start=0x7f0000008000 nr_pages=2 gup_flags=0x80001'),
    'sys_ioctl(fd: 9, cmd: 0xae80, arg: 0)',
    r('gup_fast_fallback', 'ret=0'),
  ],
  'a GUP that another address follows in the same call': [
    ...mmap(70, '0x7f0000000000', '0x7f0000004000', '0x2'),
    p('gup_fast_fallback', 'start=0x7f0000001000 nr_pages=1 gup_flags=0x80001'),
    p('gup_fast_fallback', 'start=0x7f0000002000 nr_pages=1 gup_flags=0x80001'),
    r('gup_fast_fallback', 'ret=1'),
  ],
  'a GUP of which one probe shows the flags': [
    ...mmap(70, '0x7f0000000000', '0x7f0000004000', '0x2'),
    p('gup_fast_fallback', 'start=0x7f0000001000 nr_pages=1', 'gup_without_flags'),
    p('__gup_longterm_locked', 'start=0x7f0000001000 nr_pages=1 gup_flags=0x80101', 'gup_longterm'),
    r('gup_fast_fallback', 'ret=1 start=0x7f0000001000'),
  ],
  'the same address twice in a call, where only returns are probed': [
    ...mmap(70, '0x7f0000000000', '0x7f0000004000', '0x2'),
    r('__gup_longterm_locked', 'ret=1 start=0x7f0000001000 gup_flags=0x80101', 'gup_longterm_ret'),
    r('gup_fast_fallback', 'ret=1 start=0x7f0000001000 gup_flags=0x80101'),
    'sys_ioctl(fd: 9, cmd: 0xae80, arg: 0)',
    r('gup_fast_fallback', 'ret=1 start=0x7f0000001000 gup_flags=0x80101'),
  ],
  'a GUP outside of every mapping': [
    ...mmap(70, '0x7f0000000000', '0x7f0000004000', '0x2'),
    r('gup_fast_fallback', 'ret=1 start=0x7f0000004000 gup_flags=0x80101'),
    r('gup_fast_fallback', 'ret=-14 start=0x7f0000004000 gup_flags=0x80101'),
  ],
  'a GUP that took nothing': [
    ...mmap(70, '0x7f0000000000', '0x7f0000004000', '0x2'),
    r('gup_fast_fallback', 'ret=0 start=0x7f0000001000 gup_flags=0x80101'),
  ],
  'a GUP whose address only its entry tells': [
    ...mmap(70, '0x7f0000000000', '0x7f0000004000', '0x2'),
    p('gup_fast_fallback', 'start=0x7f0000001000 nr_pages=1 gup_flags=0x80001'),
    r('gup_fast_fallback', 'ret=1'),
  ],
  'grabs where no return, for long and by the fast way': [
    p('kvm_gmem_fault_user_mapping', 'ino=70 pgoff=0x1 addr=0x7f0000000000 flags=0xa55'),
    p('try_grab_folio', 'folio=0xffffea0000100000 flags=0x80100 ino=70 index=0x0'),
    p('try_grab_folio_fast', 'folio=0xffffea0000200000 flags=0x80000 ino=70 index=0x4'),
    p('try_grab_folio_fast', 'folio=0xffffea0000300000 flags=0x0 ino=70 index=0x5'),
    p('gup_put_folio', 'folio=0xffffea0000200000 flags=0x1 ino=70 index=0x4'),
    p('unpin_user_page', 'page=0xffffea0000900000'),
  ],
  'grabs and puts, where returns count': [
    p('kvm_gmem_fault_user_mapping', 'ino=70 pgoff=0x1 addr=0x7f0000000000 flags=0xa55'),
    p('try_grab_folio', 'folio=0xffffea0000100000 flags=0x80100 ino=70 index=0x3'),
    p('try_grab_folio', 'folio=0xffffea0000200000 flags=0x1 ino=70 index=0x4'),
    p('gup_put_folio', 'folio=0xffffea0000100000 flags=0x80000 ino=70 index=0x3'),
    p('gup_put_folio', 'folio=0xffffea0000200000 flags=0x1 ino=70 index=0x4'),
    r('gup_fast_fallback', 'ret=0 start=0x7f0000001000 gup_flags=0x80101'),
  ],
  'a release that names inode 0, which is none: any file may be meant': [
    ...mmap(70, '0x7f0000000000', '0x7f0000004000', '0x2'),
    r('gup_fast_fallback', 'ret=1 start=0x7f0000001000 gup_flags=0x80001'),
    p('unpin_user_page', 'page=0xffffea0000900000 index=0x3 ino=0'),
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
  'an mmap of a file whose size is told': [
    p('kvm_gmem_mmap', 'ino=70 start=0x7f0000000000 end=0x7f0000004000 pgoff=0x0 size=0x8000'),
    r('kvm_gmem_mmap', 'ret=0'),
    p('kvm_gmem_mmap', 'ino=70 start=0x7f0000008000 end=0x7f000000c000 pgoff=0x0 size=0x10000'),
    r('kvm_gmem_mmap', 'ret=0'),
  ],
  'an mmap whose return alone tells where, and its vm_ops': [
    p('restrictedmem_mmap', 'ino=70'),
    r(
      'restrictedmem_mmap',
      'ret=0 start=0x7f0000000000 end=0x7f0000004000 pgoff=0x2 vm_ops=0xffffffff82000000',
    ),
  ],
  'an mmap whose entry tells its vm_ops': [
    p(
      'restrictedmem_mmap',
      'ino=70 start=0x7f0000000000 end=0x7f0000004000 pgoff=0x2 vm_ops=0xffffffff82000000',
    ),
    r('restrictedmem_mmap', 'ret=0'),
  ],
  'an mmap whose handler does not say how it ended': [
    'sys_mmap(addr: 0x0, len: 0x4000, prot: 3, flags: 1, fd: 8, off: 0)',
    p('kvm_gmem_mmap', 'ino=70 start=0x7f0000000000 end=0x7f0000004000 pgoff=0x0 size=0x10000'),
    r('kvm_gmem_mmap', ''),
    'sys_mmap -> 0x7f0000000000',
    'sys_mmap -> 0x7f0000000000',
  ],
  "a mapping at another process's addresses": [
    ...mmap(70, '0x7f0000000000', '0x7f0000004000'),
    ...mmap(71, '0x7f0000000000', '0x7f0000004000').map(elsewhere),
    ...mmap(70, '0x7f0000004000', '0x7f0000008000'),
    elsewhere('sys_munmap(addr: 0x7f0000000000, len: 0x8000)'),
    elsewhere('sys_munmap -> 0x0'),
  ],
  'two mappings unmapped at once, the second is the last': [
    ...mmap(70, '0x7f0000000000', '0x7f0000004000'),
    ...mmap(70, '0x7f0000004000', '0x7f0000008000'),
    'sys_munmap(addr: 0x7f0000000000, len: 0x8000)',
    'sys_munmap -> 0x0',
  ],
  'a copy of a mapping that is known is a fork': [
    p('restrictedmem_mmap', 'ino=70 start=0x7f0000000000 end=0x7f0000004000 pgoff=0x2 mm=0xffff888100cc0000'),
    r('restrictedmem_mmap', 'ret=0'),
    p('restrictedmem_vma_open', 'ino=70 start=0x7f0000000000 end=0x7f0000004000 mm=0xffff888100cc0000'),
    p('restrictedmem_vma_open', 'ino=70 start=0x7f0000000000 end=0x7f0000004000 mm=0xffff888100dd0000'),
    p('restrictedmem_vma_close', 'ino=70 start=0x7f0000000000 end=0x7f0000004000 mm=0xffff888100dd0000'),
    p('restrictedmem_vma_close', 'ino=70 start=0x7f0000000000 end=0x7f0000004000 mm=0xffff888100cc0000'),
  ],
  'closes of one end and of the other': [
    ...mmap(70, '0x7f0000000000', '0x7f0000004000', '0x2'),
    p('restrictedmem_vma_close', 'ino=70 start=0x7f0000000000 end=0x7f0000001000'),
    p('restrictedmem_vma_close', 'ino=70 start=0x7f0000003000 end=0x7f0000004000'),
  ],
  'splits at the first address, and beyond the last': [
    ...mmap(70, '0x7f0000000000', '0x7f0000004000', '0x2'),
    p('__split_vma', 'vm_start=0x7f0000000000 vm_end=0x7f0000004000 addr=0x7f0000000000 pgoff=0x2'),
    r('__split_vma', 'ret=0'),
    p('__split_vma', 'vm_start=0x7f0000004000 vm_end=0x7f0000008000 addr=0x7f0000005000 pgoff=0x2'),
    r('__split_vma', 'ret=0'),
  ],
  'a split of which no address is told': [
    ...mmap(70, '0x7f0000000000', '0x7f0000004000', '0x2'),
    r('__split_vma', 'ret=0'),
  ],
  'a mapping that is moved, and one that could not be': [
    ...mmap(70, '0x7f0000000000', '0x7f0000004000'),
    p('restrictedmem_mremap', 'ino=70 start=0x7f0000000000 end=0x7f0000004000'),
    r('restrictedmem_mremap', 'ret=0'),
    p('restrictedmem_mremap', 'ino=70 start=0x7f0000000000 end=0x7f0000004000'),
    r('restrictedmem_mremap', 'ret=-22'),
    r('restrictedmem_mremap', 'ret=0'),
  ],
  'a mapping told by its return alone, which names inode 0': [
    r('kvm_gmem_mmap', 'ret=0 ino=0 start=0x7f0000000000 end=0x7f0000004000 pgoff=0x1'),
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
  'an rmap of the first page of a folio, with an add again': [
    p('kvm_gmem_fault_user_mapping', 'ino=70 pgoff=0x0 addr=0x7f0000000000 flags=0xa55'),
    r('kvm_gmem_fault_user_mapping', 'ret=0x200'),
    p(
      'folio_add_file_rmap_ptes',
      'folio=0xffffea0000100000 ino=70 index=0x0 page=0xffffea0000100000 nr_pages=1 vma_start=0x7f0000000000',
    ),
    p(
      'folio_add_file_rmap_ptes',
      'folio=0xffffea0000100000 ino=70 index=0x0 page=0xffffea0000100000 nr_pages=1 vma_start=0x7f0000000000',
    ),
    p(
      'folio_remove_rmap_ptes',
      'folio=0xffffea0000100000 page=0xffffea0000100000 nr_pages=1 vma_start=0x7f0000000000',
    ),
  ],
  'an rmap beside the page of the fault before it': [
    p('kvm_gmem_fault_user_mapping', 'ino=70 pgoff=0x4 addr=0x7f0000000000 flags=0xa55'),
    r('kvm_gmem_fault_user_mapping', 'ret=0x200'),
    p(
      'folio_add_file_rmap_ptes',
      'folio=0xffffea0000100000 ino=70 index=0x5 page=0xffffea0000100000 nr_pages=1 vma_start=0x7f0000000000',
    ),
  ],
  'an rmap of which no count is seen, and one of none': [
    p('kvm_gmem_fault_user_mapping', 'ino=70 pgoff=0x4 addr=0x7f0000000000 flags=0xa55'),
    p('folio_add_file_rmap_ptes', 'folio=0xffffea0000100000 ino=70 index=0x5 page=0xffffea0000100000'),
  ],
  'an rmap of more pages than a huge page has': [
    p('kvm_gmem_fault_user_mapping', 'ino=70 pgoff=0x4 addr=0x7f0000000000 flags=0xa55'),
    p(
      'folio_add_file_rmap_ptes',
      'folio=0xffffea0000100000 ino=70 index=0x5 page=0xffffea0000100000 nr_pages=262145',
    ),
    p(
      'folio_add_file_rmap_ptes',
      'folio=0xffffea0000100000 ino=70 index=0x5 page=0xffffea8000100000 nr_pages=1',
    ),
  ],
  'an unmap from the first page on, to the end of the file': [
    p('__kvm_gmem_set_attributes', 'ino=70 start=0x0 nr_pages=2 attrs=0x8'),
    p('unmap_mapping_pages', 'ino=70 start=0x0 nr=0'),
    r('__kvm_gmem_set_attributes', 'ino=70 start=0x0 nr_pages=2 attrs=0x8 ret=0'),
  ],
  'an unmap in two parts, from the back': [
    p('__kvm_gmem_set_attributes', 'ino=70 start=0x2 nr_pages=4 attrs=0x8'),
    p('unmap_mapping_pages', 'ino=70 start=0x4 nr=2'),
    p('unmap_mapping_pages', 'ino=70 start=0x2 nr=2'),
    r('__kvm_gmem_set_attributes', 'ino=70 start=0x2 nr_pages=4 attrs=0x8 ret=0'),
  ],
  'an unmap after the store counts no more': [
    p('__kvm_gmem_set_attributes', 'ino=70 start=0x2 nr_pages=2 attrs=0x8'),
    p('kvm_gmem_store_attributes', 'ino=70 index=0x2 last=0x3 attrs=0x8'),
    p('unmap_mapping_pages', 'ino=70 start=0x2 nr=2'),
    r('__kvm_gmem_set_attributes', 'ino=70 start=0x2 nr_pages=2 attrs=0x8 ret=0'),
  ],
  'an unmap that only names the mapping': [
    p('__kvm_gmem_set_attributes', 'ino=70 start=0x2 nr_pages=2 attrs=0x8'),
    p('unmap_mapping_pages', 'mapping=0xffff888100ee0000 start=0x2 nr=2'),
    r('__kvm_gmem_set_attributes', 'ino=70 start=0x2 nr_pages=2 attrs=0x8 ret=0'),
  ],
  'an unmap of bytes from the first on, and to the end': [
    p('__kvm_gmem_set_attributes', 'ino=70 start=0x0 nr_pages=2 attrs=0x8'),
    p('unmap_mapping_range', 'ino=70 holebegin=0x0 holelen=0x1000'),
    r('__kvm_gmem_set_attributes', 'ino=70 start=0x0 nr_pages=2 attrs=0x8 ret=0'),
    p('__kvm_gmem_set_attributes', 'ino=70 start=0x0 nr_pages=2 attrs=0x0'),
    p('unmap_mapping_range', 'ino=70 holebegin=0x1000 holelen=0x0'),
    r('__kvm_gmem_set_attributes', 'ino=70 start=0x0 nr_pages=2 attrs=0x0 ret=0'),
  ],
  'an unmap of the folio of the first page': [
    p('__kvm_gmem_set_attributes', 'ino=70 start=0x0 nr_pages=2 attrs=0x8'),
    p('unmap_mapping_folio', 'ino=70 index=0x0'),
    r('__kvm_gmem_set_attributes', 'ino=70 start=0x0 nr_pages=2 attrs=0x8 ret=0'),
  ],
  'a fault within a conversion that has unmapped': [
    p('__kvm_gmem_set_attributes', 'ino=70 start=0x2 nr_pages=2 attrs=0x8'),
    p('unmap_mapping_pages', 'ino=70 start=0x2 nr=2'),
    p('kvm_gmem_fault_user_mapping', 'ino=70 pgoff=0x1 addr=0x7f0000000000 flags=0xa55'),
  ],
  'a fault on the first page, and its return': [
    p('kvm_gmem_fault_user_mapping', 'ino=70 pgoff=0x0 addr=0x7f0000000000 flags=0xa55'),
    r('kvm_gmem_fault_user_mapping', 'ret=0x0'),
  ],
  'a fault without a page': [
    p('kvm_gmem_fault_user_mapping', 'ino=70 addr=0x7f0000000000 flags=0xa55'),
    r('kvm_gmem_fault_user_mapping', 'ret=0x200 ino=70'),
  ],
  'a fault whose page only its return tells': [
    p('kvm_gmem_fault_user_mapping', 'ino=70 addr=0x7f0000000000 flags=0xa55'),
    r('kvm_gmem_fault_user_mapping', 'ret=0x200 pgoff=0x3'),
  ],
  'a fault without a file, in a process with two': [
    p('kvm_gmem_get_folio', 'ino=70 index=0x6'),
    p('kvm_gmem_get_folio', 'ino=71 index=0x6'),
    p('kvm_gmem_fault_user_mapping', 'pgoff=0x2 addr=0x7f0000000000 flags=0xa55'),
    elsewhere(p('kvm_gmem_get_folio', 'ino=72 index=0x6')),
    elsewhere(p('kvm_gmem_fault_user_mapping', 'pgoff=0x3 addr=0x7f0000000000 flags=0xa55')),
  ],
  'a return of a fault that began among lost events': [
    p('kvm_gmem_fault_user_mapping', 'ino=70 pgoff=0x1 addr=0x7f0000000000 flags=0xa55'),
    r('kvm_gmem_fault_user_mapping', 'ret=0x200 ino=70 pgoff=0x1'),
    'CPU:0 [LOST 7 EVENTS]',
    r('kvm_gmem_fault_user_mapping', 'ret=0x200 ino=70 pgoff=0x2'),
    p('kvm_gmem_fault_user_mapping', 'ino=70 pgoff=0x1 addr=0x7f0000000000 flags=0xa55'),
    'CPU:0 [LOST 7 EVENTS]',
    r('kvm_gmem_fault_user_mapping', 'ret=0x200 ino=70 pgoff=0x1'),
  ],
  'a folio of the first page by its pointer': [
    p('kvm_gmem_get_folio', 'ino=70 index=0x0'),
    r('kvm_gmem_get_folio', 'folio=0xffffea0000100000 index=0x0'),
    p('folio_add_file_rmap_ptes', 'folio=0xffffea0000100000 page=0xffffea0000100000 nr_pages=1'),
  ],
  'a fault that names inode 0, which is none, in a process with one file': [
    p('kvm_gmem_get_folio', 'ino=70 index=0x6'),
    p('kvm_gmem_fault_user_mapping', 'ino=0 pgoff=0x2 addr=0x7f0000000000 flags=0xa55'),
    r('kvm_gmem_fault_user_mapping', 'ret=0x200 ino=0'),
    r('kvm_gmem_fault_user_mapping', 'ret=0x200 ino=0'),
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
  'leaves of the large levels': [
    p('kvm_mmu_invalidate_end', KVM),
    'kvm_tdp_mmu_spte_changed: as id 0 gfn 40000 level 3 old_spte 0 new_spte 140000ee7',
    'kvm_tdp_mmu_spte_changed: as id 0 gfn 40000 level 5 old_spte 0 new_spte 140000ee7',
    'kvm_tdp_mmu_spte_changed: as id 0 gfn 40000 level 4 old_spte 0 new_spte 140000ee7',
  ],
  'leaves of SMM, the other address space': [
    p('kvm_mmu_invalidate_end', KVM),
    'kvm_tdp_mmu_spte_changed: as id 1 gfn 1000 level 1 old_spte 0 new_spte 11a200e67',
    'kvm_tdp_mmu_spte_changed: as id 0 gfn 1000 level 1 old_spte 11a200e67 new_spte 0',
    'kvm_tdp_mmu_spte_changed: as id 1 gfn 1000 level 1 old_spte 11a200e67 new_spte 0',
  ],
  'two installs of a leaf, and the zaps of each frame': [
    p('kvm_mmu_invalidate_end', KVM),
    leaf('1000', '11a200'),
    leaf('1000', '11a201'),
    'kvm_tdp_mmu_spte_changed: as id 0 gfn 1000 level 1 old_spte 11a201e67 new_spte 0',
    'kvm_tdp_mmu_spte_changed: as id 0 gfn 1000 level 1 old_spte 11a200e67 new_spte 0',
    'kvm_tdp_mmu_spte_changed: as id 0 gfn 1000 level 1 old_spte 11a200e67 new_spte 0',
  ],
  'the zap of another frame than was installed': [
    p('kvm_mmu_invalidate_end', KVM),
    leaf('1000', '11a200'),
    'kvm_tdp_mmu_spte_changed: as id 0 gfn 1000 level 1 old_spte 11a201e67 new_spte 0',
  ],
  'an install beside the gfn of the fault': [
    p('kvm_tdp_mmu_map', `${KVM} gfn=0x1003 fault_seq=8 seq=8`),
    leaf('1002', '11a200'),
    leaf('1004', '11a201'),
    'kvm_tdp_mmu_spte_changed: as id 0 gfn 1000 level 2 old_spte 0 new_spte 11a200ee7',
  ],
  'the two roots of TDX: the mirror first, then the external SPTE': [
    p('tdx_sept_set_private_spte', `${KVM} gfn=0x1000 level=1 new=0x11a200e67`),
    leaf('1000', '11a200'),
    leaf('1001', '11a201'),
    p('tdx_sept_set_private_spte', `${KVM} gfn=0x1001 level=1 new=0x11a201e67`),
    leaf('1001', '11a300'),
    p('tdx_sept_set_private_spte', `${KVM} gfn=0x1001 level=1 new=0x11a300e67`),
  ],
  'zaps within conversions, before and after the store': [
    p('kvm_mmu_invalidate_end', KVM),
    leaf('1000', '11a200'),
    leaf('1001', '11a201'),
    p('__kvm_gmem_set_attributes', 'ino=70 start=0x0 nr_pages=2 attrs=0x8'),
    'kvm_tdp_mmu_spte_changed: as id 0 gfn 1000 level 1 old_spte 11a200e67 new_spte 0',
    p('kvm_gmem_store_attributes', 'ino=70 index=0x0 last=0x1 attrs=0x8'),
    'kvm_tdp_mmu_spte_changed: as id 0 gfn 1001 level 1 old_spte 11a201e67 new_spte 0',
    r('__kvm_gmem_set_attributes', 'ino=70 start=0x0 nr_pages=2 attrs=0x8 ret=0'),
  ],
  'brackets whose counts agree': [
    p('kvm_mmu_invalidate_start', `${KVM} inprog=0 seq=8`),
    p('kvm_mmu_invalidate_range_add', `${KVM} start=0x0 end=0x12`),
    ...peer(p('kvm_mmu_invalidate_start', `${KVM} inprog=1 seq=8`)),
    ...peer(p('kvm_mmu_invalidate_range_add', `${KVM} start=0x20 end=0x22`)),
    ...peer(p('kvm_mmu_unmap_gfn_range', `${KVM} start=0x20 end=0x21`)),
    ...peer(p('kvm_mmu_invalidate_end', `${KVM} inprog=2 seq=8`)),
    p('kvm_mmu_invalidate_end', `${KVM} inprog=1 seq=9`),
  ],
  'brackets whose counts do not agree': [
    p('kvm_mmu_invalidate_start', `${KVM} inprog=0 seq=8`),
    ...peer(p('kvm_mmu_invalidate_start', `${KVM} inprog=2 seq=8`)),
    ...peer(p('kvm_mmu_invalidate_end', `${KVM} inprog=3 seq=8`)),
    ...peer(p('kvm_mmu_invalidate_start', `${KVM} inprog=0 seq=8`)),
    ...peer(p('kvm_mmu_invalidate_end', `${KVM} inprog=1 seq=8`)),
    p('kvm_mmu_invalidate_end', `${KVM} inprog=1 seq=9`),
  ],
  'an unmap of frames outside of every bracket': [
    ...peer(p('kvm_mmu_invalidate_start', `${KVM} inprog=0 seq=8`)),
    p('kvm_mmu_unmap_gfn_range', `${KVM} start=0x20 end=0x21`),
    ...peer(p('kvm_mmu_invalidate_end', `${KVM} inprog=1 seq=8`)),
  ],
  'a bracket that begins with a range of none, and with one from the first frame': [
    p('kvm_mmu_invalidate_begin', `${KVM} inprog=0 seq=8 start=0x10 end=0x10`),
    p('kvm_mmu_invalidate_end', `${KVM} inprog=1 seq=8`),
    p('kvm_mmu_invalidate_begin', `${KVM} inprog=0 seq=9 start=0x0 end=0x10`),
    p('kvm_mmu_invalidate_end', `${KVM} inprog=1 seq=9`),
  ],
  'the brackets of a file within a conversion': [
    p('__kvm_gmem_set_attributes', 'ino=70 start=0x2 nr_pages=4 attrs=0x8'),
    p('kvm_gmem_invalidate_start', `${KVM} ino=70 start=0x4 end=0x6`),
    p('kvm_mmu_invalidate_start', `${KVM} inprog=0 seq=8`),
    p('kvm_gmem_invalidate_start', `${OTHER_KVM} ino=70 start=0x2 end=0x4`),
    ...peer(p('kvm_gmem_invalidate_start', `${KVM} ino=70 start=0x8 end=0x9`)),
    p('kvm_gmem_store_attributes', 'ino=70 index=0x2 last=0x5 attrs=0x8'),
    p('kvm_mmu_invalidate_end', `${KVM} inprog=1 seq=8`),
    p('kvm_gmem_invalidate_end', `${KVM} ino=70 start=0x4 end=0x6`),
    p('kvm_gmem_invalidate_end', `${OTHER_KVM} ino=70 start=0x2 end=0x4`),
    r('__kvm_gmem_set_attributes', 'ino=70 start=0x2 nr_pages=4 attrs=0x8 ret=0'),
  ],
  'the bracket of a file that is released, from its first page to the last there can be': [
    p('kvm_gmem_fault_user_mapping', 'ino=70 pgoff=0x1 addr=0x7f0000000000 flags=0xa55'),
    p('kvm_gmem_invalidate_start', `${KVM} ino=70 start=0x0 end=0xffffffffffffffff`),
    p('kvm_gmem_invalidate_end', `${KVM} ino=70 start=0x0 end=0xffffffffffffffff`),
  ],
  'the bracket of a file that only the hole tells, which is punched': [
    p('kvm_gmem_get_folio', 'ino=71 index=0x6'),
    p('kvm_gmem_fallocate', 'ino=70 mode=0x3 offset=0x2000 len=0x2000'),
    p('kvm_gmem_invalidate_start', `${KVM} start=0x2 end=0x4`),
    p('kvm_gmem_invalidate_end', `${KVM} start=0x2 end=0x4`),
    r('kvm_gmem_fallocate', 'ret=0'),
  ],
  'SPTEs that are told, without an event of the change': [
    p('kvm_mmu_invalidate_end', KVM),
    'kvm_mmu_set_spte: gfn 1000 spte 11a200e67 (rwx-) level 1 at 0',
    'kvm_mmu_set_spte: gfn 0 spte 11a300ee7 (rwx-) level 2 at 0',
    p('kvm_mmu_invalidate_start', `${KVM} inprog=0 seq=8`),
    p('kvm_mmu_invalidate_range_add', `${KVM} start=0x0 end=0x1001`),
    'kvm_mmu_set_spte: gfn 1002 spte 11a202e67 (rwx-) level 1 at 0',
    'kvm_unmap_hva_range: mmu notifier unmap range: 0x007f0000000000 -- 0x007f0000001000',
    'kvm_unmap_hva_range: mmu notifier unmap range: 0x007f0000000000 -- 0x007f0000001000',
    'kvm_mmu_set_spte: gfn 1003 spte 11a203e67 (rwx-) level 1 at 0',
    'kvm_mmu_zap_all_fast: kvm-mmu-valid-gen 1 used_pages 5',
    'kvm_mmu_zap_all_fast: kvm-mmu-valid-gen 1 used_pages 5',
  ],
  'SPTEs that are asked for, where nothing else tells': [
    p('kvm_mmu_invalidate_end', KVM),
    'kvm_mmu_spte_requested: gfn 1203 pfn 11a203 level 2 access rwx',
    'kvm_mmu_spte_requested: gfn 1003 pfn 11a407 level 2 access rwx',
    'kvm_mmu_spte_requested: gfn 0 pfn 0 level 1 access rwx',
    'kvm_mmu_spte_requested: gfn 1 pfn 1 level 4 access rwx',
    'kvm_mmu_spte_requested: gfn 1 pfn 1 level 0 access rwx',
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
  'a return of get_pfn that began among lost events': [
    p('restrictedmem_get_page', 'ino=70 pgoff=0x3'),
    r('restrictedmem_get_page', 'ret=0'),
    'CPU:0 [LOST 7 EVENTS]',
    r('restrictedmem_get_page', 'ret=0'),
  ],
  'a return of get_pfn alone, which names inode 0': [r('restrictedmem_get_page', 'ret=0 ino=0 pgoff=0x3')],
};

/** A guest's fault as far as its look-up; bit 49 of the error code tells that it is private. */
const pageFault = (address: string, errorCode: string): string =>
  `kvm_page_fault: vcpu 0 rip 0x1 address ${address} error_code ${errorCode}`;
const PRIVATE_FAULT = '0x2000000000004';
const SHARED_FAULT = '0x4';
const ENTRY = 'kvm_entry: vcpu 0, rip 0x1';

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
  'a shared fault of TDX, whose address alone has the shared bit': [
    'kvm_page_fault: vcpu 0 rip 0x403516 address 0x0008000001003000 error_code 0x182',
    p('kvm_mmu_faultin_pfn', 'gfn=0x1003 addr=0x8000001003000 error_code=0x2'),
    p('kvm_tdp_mmu_map', `${KVM} gfn=0x1003 fault_seq=8 seq=8`),
    'kvm_page_fault: vcpu 0 rip 0x403516 address 0x0000800001004000 error_code 0x182',
    p('tdx_sept_set_private_spte', `${KVM} gfn=0x1000 level=1 new=0x11a200e67`),
  ],
  'a fault as high in a guest that nothing shows to be one of TDX': [
    'kvm_page_fault: vcpu 0 rip 0x403516 address 0x0000800001003000 error_code 0x182',
    'kvm_page_fault: vcpu 0 rip 0x403516 address 0x0000800001004000 error_code 0x182',
    p('kvm_mmu_faultin_pfn', 'gfn=0x1004 addr=0x800001004000 error_code=0x2'),
  ],
};

const MAPPED = mmap(70, '0x7f0000001000', '0x7f0000003000');
const CALLS: Cases = {
  'a call that another one follows, without its return': [
    'sys_ioctl(fd: 9, cmd: 0xae80, arg: 0)',
    'sys_ioctl(fd: 9, cmd: 0xae80, arg: 0)',
    'sys_ioctl -> 0x0',
    'sys_ioctl -> 0x0',
  ],
  'a descriptor is closed': ['sys_close(fd: 8)', 'sys_close -> 0x0', 'sys_close(fd: 0)', 'sys_close -> 0x0'],
  "another process's memory is read": [
    'sys_process_vm_readv(pid: 100, lvec: 0, liovcnt: 1, rvec: 0, riovcnt: 1, flags: 0)',
    'sys_process_vm_readv -> 0x1000',
  ],
  'protection of a whole mapping': [
    ...MAPPED,
    'sys_mprotect(start: 0x7f0000001000, len: 0x2000, prot: 1)',
    'sys_mprotect -> 0x0',
  ],
  'protection of the first page of a mapping': [
    ...MAPPED,
    'sys_mprotect(start: 0x7f0000001000, len: 0x1000, prot: 1)',
    'sys_mprotect -> 0x0',
  ],
  'protection of the last page of a mapping, and beyond': [
    ...MAPPED,
    'sys_mprotect(start: 0x7f0000002000, len: 0x4000, prot: 1)',
    'sys_mprotect -> 0x0',
  ],
  'protection of what lies before a mapping, and after it': [
    ...MAPPED,
    'sys_mprotect(start: 0x7f0000000000, len: 0x1000, prot: 1)',
    'sys_mprotect -> 0x0',
    'sys_mprotect(start: 0x7f0000003000, len: 0x1000, prot: 1)',
    'sys_mprotect -> 0x0',
  ],
  'protection that is refused': [
    ...MAPPED,
    'sys_mprotect(start: 0x7f0000001000, len: 0x1000, prot: 1)',
    'sys_mprotect -> 0xfffffffffffffff4',
  ],
  "protection in another process's memory": [
    ...MAPPED,
    elsewhere('sys_mprotect(start: 0x7f0000001000, len: 0x1000, prot: 1)'),
    elsewhere('sys_mprotect -> 0x0'),
  ],
  'a part of a mapping is locked': [
    ...MAPPED,
    'sys_mlock(start: 0x7f0000002000, len: 0x1000)',
    'sys_mlock -> 0x0',
  ],
  'a mapping is moved as a whole': [
    ...MAPPED,
    'sys_mremap(addr: 0x7f0000001000, old_len: 0x2000, new_len: 0x2000, flags: 1, new_addr: 0)',
    'sys_mremap -> 0x7f0000009000',
  ],
  'advice on a part of a mapping splits nothing': [
    ...MAPPED,
    'sys_madvise(start: 0x7f0000001000, len_in: 0x1000, behavior: 9)',
    'sys_madvise -> 0x0',
  ],
  'a conversion ends where its thread enters the kernel again': [
    p('__kvm_gmem_set_attributes', 'ino=70 start=0x2 nr_pages=2 attrs=0x8'),
    'sys_munmap(addr: 0x7f0000001000, len: 0x1000)',
  ],
  'an ioctl that returns what it does not say': [
    p('__kvm_gmem_set_attributes', 'ino=70 start=0x2 nr_pages=2 attrs=0x8'),
    'sys_ioctl -> 0xfffffffffffffff5',
  ],
};

/** By families of events. */
export const FAMILIES: Readonly<Record<string, Cases>> = {
  conversions: CONVERSIONS,
  files: FILES,
  references: REFERENCES,
  mappings: MAPPINGS,
  rmap: RMAP,
  sptes: SPTES,
  calls: CALLS,
  faults: FAULTS,
  getPfn: GET_PFN,
  teardowns: TEARDOWNS,
};

/** Small traces of one conversion or a few: what they mean, and what they tell the rules. */
import type { Cases } from '../support/oneTrace.js';
import { bind, create, elsewhere, KVM, OTHER_KVM, p, peer, r } from '../support/probes.js';

export const CONVERSIONS: Cases = {
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
  'a request whose attributes could not be read': [
    p('kvm_vm_set_mem_attributes', `${KVM} start=0x1000 end=0x1002`),
    r('kvm_vm_set_mem_attributes', 'ret=0'),
  ],
  'a request of no frames': [
    p('kvm_vm_set_mem_attributes', `${KVM} start=0x1002 end=0x1002 attributes=0x8`),
    r('kvm_vm_set_mem_attributes', 'ret=0'),
  ],
  'a request from the first frame on': [
    p('kvm_vm_set_mem_attributes', `${KVM} start=0x0 end=0x2 attributes=0x8`),
    r('kvm_vm_set_mem_attributes', 'ret=0'),
  ],
  'a request by ioctl from the first address on': [
    p('kvm_vm_ioctl', `${KVM} ioctl=0x4020aed2 address=0x0 size=0x3000 attributes=0x0`),
    r('kvm_vm_ioctl', 'ret=0'),
  ],
  'another ioctl returns within a conversion': [
    p('kvm_vm_set_mem_attributes', `${KVM} start=0x1000 end=0x1002 attributes=0x8`),
    r('kvm_vm_ioctl', 'ret=0 cmd=0x4020aed3'),
    r('kvm_vm_ioctl', 'ret=0 cmd=0x4020aed2'),
  ],
  'a return of the VM within the conversion of a file': [
    p('__kvm_gmem_set_attributes', 'ino=70 start=0x2 nr_pages=2 attrs=0x8'),
    r('kvm_vm_set_mem_attributes', 'ret=0'),
    r('__kvm_gmem_set_attributes', 'ino=70 start=0x2 nr_pages=2 attrs=0x8 ret=0'),
  ],
  'a pre and a post within an open bracket, and a second pre': [
    p('kvm_mmu_invalidate_start', `${KVM} inprog=0 seq=8`),
    p('kvm_arch_pre_set_memory_attributes', `${KVM} slot=1 start=0x1000 end=0x1002 attributes=0x8`),
    p('kvm_arch_pre_set_memory_attributes', `${KVM} slot=2 start=0x1000 end=0x1002 attributes=0x8`),
    p('kvm_arch_post_set_memory_attributes', `${KVM} slot=1 start=0x1000 end=0x1002 attributes=0x8`),
    p('kvm_mmu_invalidate_end', `${KVM} inprog=1 seq=8`),
    'sys_ioctl -> 0x0',
  ],
  "a pre beside another thread's bracket": [
    ...peer(p('kvm_mmu_invalidate_start', `${KVM} inprog=0 seq=8`)),
    p('kvm_arch_pre_set_memory_attributes', `${KVM} slot=1 start=0x1000 end=0x1002 attributes=0x8`),
    p('kvm_arch_post_set_memory_attributes', `${KVM} slot=1 start=0x1000 end=0x1002 attributes=0x8`),
    'sys_ioctl -> 0x0',
  ],
  'the same request again, after its store': [
    p('kvm_vm_set_mem_attributes', `${KVM} start=0x1000 end=0x1002 attributes=0x8`),
    p('kvm_arch_post_set_memory_attributes', `${KVM} slot=1 start=0x1000 end=0x1002 attributes=0x8`),
    p('kvm_vm_set_mem_attributes', `${KVM} start=0x1000 end=0x1002 attributes=0x8`),
    'sys_ioctl -> 0x0',
  ],
  'a part of the range that has the value, and a part that has another': [
    p('__kvm_gmem_set_attributes', 'ino=70 start=0x0 nr_pages=4 attrs=0x8'),
    p('kvm_gmem_store_attributes', 'ino=70 index=0x0 last=0x3 attrs=0x8'),
    r('__kvm_gmem_set_attributes', 'ino=70 start=0x0 nr_pages=4 attrs=0x8 ret=0'),
    p('__kvm_gmem_set_attributes', 'ino=70 start=0x4 nr_pages=4 attrs=0x0'),
    p('kvm_gmem_store_attributes', 'ino=70 index=0x4 last=0x7 attrs=0x0'),
    r('__kvm_gmem_set_attributes', 'ino=70 start=0x4 nr_pages=4 attrs=0x0 ret=0'),
    p('__kvm_gmem_set_attributes', 'ino=70 start=0x2 nr_pages=4 attrs=0x8'),
    p('kvm_gmem_store_attributes', 'ino=70 index=0x0 last=0x5 attrs=0x8'),
    r('__kvm_gmem_set_attributes', 'ino=70 start=0x2 nr_pages=4 attrs=0x8 ret=0'),
    p('__kvm_gmem_set_attributes', 'ino=70 start=0x1 nr_pages=2 attrs=0x8'),
    r('__kvm_gmem_set_attributes', 'ino=70 start=0x1 nr_pages=2 attrs=0x8 ret=0'),
    p('__kvm_gmem_set_attributes', 'ino=70 start=0x5 nr_pages=2 attrs=0x8'),
    r('__kvm_gmem_set_attributes', 'ino=70 start=0x5 nr_pages=2 attrs=0x8 ret=0'),
  ],
  'a store of the first page': [
    p('__kvm_gmem_set_attributes', 'ino=70 start=0x0 nr_pages=1 attrs=0x8'),
    p('kvm_gmem_store_attributes', 'ino=70 index=0x0 last=0x0 attrs=0x8'),
    r('__kvm_gmem_set_attributes', 'ino=70 start=0x0 nr_pages=1 attrs=0x8 ret=0'),
  ],
  'stores to either side that nothing began': [
    p('kvm_gmem_store_attributes', 'ino=70 index=0x0 last=0x1 attrs=0x8'),
    p('kvm_gmem_store_attributes', 'ino=70 index=0x0 last=0x1 attrs=0x0'),
  ],
  'a store without a range': [
    p('__kvm_gmem_set_attributes', 'ino=70 start=0x0 nr_pages=2 attrs=0x8'),
    p('kvm_gmem_store_attributes', 'ino=70 attrs=0x8'),
    r('__kvm_gmem_set_attributes', 'ino=70 start=0x0 nr_pages=2 attrs=0x8 ret=0'),
  ],
  'a store without a range, that nothing began': [p('kvm_gmem_store_attributes', 'ino=70 attrs=0x8')],
  'a block whose file only the conversion tells': [
    p('__kvm_gmem_set_attributes', 'ino=70 start=0x2 nr_pages=2 attrs=0x8'),
    p('restrictedmem_switch_begin', 'start=0x2 end=0x4'),
    p('kvm_gmem_store_attributes', 'index=0x2 last=0x3 attrs=0x8'),
    r('__kvm_gmem_set_attributes', 'start=0x2 nr_pages=2 attrs=0x8 ret=0'),
  ],
  'a block of no file': [p('restrictedmem_switch_begin', 'start=0x2 end=0x4')],
  'a block that says which way it goes': [
    p('restrictedmem_switch_begin', 'ino=70 start=0x2 end=0x4 attrs=0x0'),
    r('restrictedmem_convert', 'ino=70 start=0x2 end=0x4 ret=0'),
  ],
  'two blocks, and a block after a store: three conversions': [
    p('restrictedmem_switch_begin', 'ino=70 start=0x2 end=0x4'),
    p('restrictedmem_switch_begin', 'ino=70 start=0x2 end=0x4'),
    p('restrictedmem_store_attr', 'ino=70 start=0x2 end=0x4 to_private=0'),
    p('restrictedmem_switch_begin', 'ino=70 start=0x2 end=0x4'),
    r('restrictedmem_convert', 'ino=70 start=0x2 end=0x4 to_private=1 ret=0'),
  ],
  'an entry after a store whose return is not there': [
    p('restrictedmem_store_attr', 'ino=70 start=0x2 end=0x4 to_private=0'),
    p('restrictedmem_convert', 'ino=70 start=0x2 end=0x4 to_private=1'),
    r('restrictedmem_convert', 'ino=70 start=0x2 end=0x4 to_private=1 ret=0'),
  ],
  'an entry that does not say which way it goes, and the return does': [
    p('restrictedmem_convert', 'ino=70 start=0x2 end=0x4'),
    r('restrictedmem_convert', 'ino=70 start=0x2 end=0x4 to_private=1 ret=0'),
  ],
  'nothing says which way it goes': [
    p('restrictedmem_convert', 'ino=70 start=0x2 end=0x4'),
    r('restrictedmem_convert', 'ino=70 start=0x2 end=0x4 ret=0'),
  ],
  'a conversion that failed at a byte of the file': [
    p('__kvm_gmem_set_attributes', 'ino=70 start=0x2 nr_pages=2 attrs=0x8'),
    r('__kvm_gmem_set_attributes', 'ino=70 start=0x2 nr_pages=2 attrs=0x8 ret=-11 error_offset=0x3000'),
  ],
  'an ioctl on the file, from its first byte on': [
    p('kvm_gmem_ioctl', 'ino=70 ioctl=0xc040aed6 offset=0x0 size=0x2000 attributes=0x8'),
    r('kvm_gmem_ioctl', 'ret=0'),
  ],
  'an ioctl on the file, of no size': [
    p('kvm_gmem_ioctl', 'ino=70 ioctl=0xc040aed6 offset=0x4000 size=0x0 attributes=0x8'),
    r('kvm_gmem_ioctl', 'ret=0'),
  ],
  'an ioctl on the file, of which no attributes are seen': [
    p('kvm_gmem_ioctl', 'ino=70 ioctl=0xc040aed6 offset=0x4000 size=0x2000'),
    r('kvm_gmem_ioctl', 'ret=0'),
  ],
  'the ioctl alone, of two processes: it changes what its own has': [
    ...create,
    ...bind(1, '0x1000', 4, '0x0', 70),
    elsewhere(p('kvm_gmem_create', `${OTHER_KVM} size=0x10000 flags=0x3`)),
    elsewhere(p('kvm_gmem_bind', `${OTHER_KVM} slot=1 base_gfn=0x1000 npages=4 fd=8 offset=0x0`)),
    elsewhere(r('kvm_gmem_bind', 'ret=0 slot=1 ino=71 pgoff=0x0', 'kvm_gmem_bind_ret2')),
    'sys_ioctl(fd: 9, cmd: 0x4020aed2, arg: 0)',
    'sys_ioctl -> 0x0',
    'sys_ioctl(fd: 9, cmd: 0x4020aed2, arg: 0)',
    'sys_ioctl -> 0xfffffffffffffff4',
  ],
  'events are lost within conversions': [
    p('__kvm_gmem_set_attributes', 'ino=70 start=0x2 nr_pages=2 attrs=0x8'),
    'CPU:0 [LOST 7 EVENTS]',
    p('kvm_gmem_store_attributes', 'ino=70 index=0x2 last=0x3 attrs=0x8'),
    r('__kvm_gmem_set_attributes', 'ino=70 start=0x2 nr_pages=2 attrs=0x8 ret=0'),
    'CPU:0 [LOST 7 EVENTS]',
    r('__kvm_gmem_set_attributes', 'ino=70 start=0x4 nr_pages=2 attrs=0x8 ret=0'),
  ],
  'events of a conversion that name inode 0, which is none: they are of its file': [
    p('restrictedmem_convert', 'ino=70 start=0x2 end=0x4 to_private=1'),
    p('restrictedmem_switch_begin', 'ino=0 start=0x2 end=0x4'),
    p('unmap_mapping_pages', 'ino=0 mapping=0xffff888100ee0000 start=0x2 nr=2'),
    p('kvm_gmem_invalidate_start', `${KVM} ino=0 start=0x2 end=0x4`),
    p('restrictedmem_store_attr', 'ino=0 start=0x2 end=0x4 to_private=1'),
    p('kvm_gmem_invalidate_end', `${KVM} ino=0 start=0x2 end=0x4`),
    r('restrictedmem_convert', 'ino=0 start=0x2 end=0x4 to_private=1 ret=0'),
  ],
  'a trace that begins with the store of a conversion': [
    p('kvm_gmem_store_attributes', 'ino=70 index=0x2 last=0x3 attrs=0x8'),
    'kvm_tdp_mmu_spte_changed: as id 0 gfn 1000 level 1 old_spte 11a200e67 new_spte 0',
    p('unmap_mapping_pages', 'ino=70 start=0x2 nr=2'),
    p('kvm_gmem_invalidate_end', `${KVM} ino=70 start=0x2 end=0x4`),
    r('__kvm_gmem_set_attributes', 'ino=70 start=0x2 nr_pages=2 attrs=0x8 ret=0'),
  ],
  'a trace that begins with the post of a conversion, and its request again': [
    p('kvm_arch_post_set_memory_attributes', `${KVM} slot=1 start=0x1000 end=0x1002 attributes=0x8`),
    p('kvm_vm_set_mem_attributes', `${KVM} start=0x1000 end=0x1002 attributes=0x8`),
    r('kvm_vm_set_mem_attributes', 'ret=0'),
  ],
};

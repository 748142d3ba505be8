/** Bugs that no recording has, made by editing recordings of correct kernels. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProfileId } from '../../model/findings/finding.js';
import { SHIPPED } from '../labelled/labels.js';
import { Recording } from './edit.js';

export interface Bug {
  readonly name: string;
  readonly file: string;
  readonly profile: ProfileId;
  /** Edits the recording; returns rule → 1-based line at which it must be violated. */
  readonly edit: (r: Recording) => Readonly<Record<string, number>>;
  /** A harmless form of the same edit: none of the rules may be violated. */
  readonly twin?: (r: Recording) => void;
}

const NOTIFIER_2 = 'notifier=0xffff88810648d580';
const SEAN = 'shim/SN.all.txt';
const LUTO = 'shim/SN.luto.txt';
const INPLACE = 'inplace/N.p.txt';
const VM = 'base/N.vf.txt';

const HUGE =
  'kvm_tdp_mmu_spte_changed: as id 0 gfn 100000 level 2 old_spte 8000000000000000 new_spte 104400ee7';
const HUGE_ZAPPED =
  'kvm_tdp_mmu_spte_changed: as id 0 gfn 100000 level 2 old_spte 104400ee7 new_spte 8000000000000000';

/** A private page's first SPTE, 4K. */
const installed = (gfn: string, spte: string): string =>
  `kvm_tdp_mmu_spte_changed: as id 0 gfn ${gfn} level 1 old_spte 8000000000000000 new_spte ${spte}`;

/** The conversion of pages 4 and 5 to private that succeeds: from its ioctl on. */
function conversion(r: Recording): number {
  return r.find('kvm_gmem_set_attributes: ', 0, 3);
}

/** M1: takes out how the file's pages are unmapped; returns the line of the store. */
function withoutUnmap(r: Recording): number {
  r.remove(['unmap_mapping_pages', 'ino=7479']).remove(
    ['folio_remove_rmap_ptes', 'ino=7479'],
    r.find('kvm_gmem_ioctl: '),
    r.find('kvm_gmem_store_attributes'),
  );
  return r.lineOf('kvm_gmem_store_attributes');
}

const shim: readonly Bug[] = [
  {
    name: 'S12: a second mapping is accepted',
    file: SEAN,
    profile: 'sean-2022',
    edit: (r) => {
      const at = r.find(['restrictedmem_mmap_ret', 'ino=8995', 'ret=-22']);
      r.change(at, 'ret=-22', 'ret=0');
      return { R1: at + 1 };
    },
  },
  {
    name: 'S13: fork duplicates the mapping',
    file: SEAN,
    profile: 'sean-2022',
    edit: (r) => {
      const at = r.find(['restrictedmem_fault_ret'], r.find(['restrictedmem_mmap_ret', 'ino=8996']));
      r.insert(
        at,
        'restrictedmem_vma_open: (restrictedmem_vma_open+0x0/0x40) ino=8996 start=0x7f2e69e43000 end=0x7f2e69e4b000 mm=0xffff888100a1dbc0',
      );
      return { R1b: at + 2 };
    },
  },
  {
    name: 'S13 without the open probe: the child uses the mapping',
    file: SEAN,
    profile: 'sean-2022',
    edit: (r) => {
      const at = r.find(['restrictedmem_fault_ret'], r.find(['restrictedmem_mmap_ret', 'ino=8996']));
      r.insert(
        at,
        'restrictedmem_fault: (restrictedmem_fault+0x0/0xd0) ino=8996 pgoff=0x1 addr=0x7f2e69e44000',
        (head) => head.replaceAll('1054', '1055'),
      );
      return { R1b: at + 2 };
    },
  },
  {
    name: 'S33: invalidate_end skips the second notifier',
    file: SEAN,
    profile: 'sean-2022',
    edit: (r) => {
      r.remove(['restrictedmem_notifier_invalidate_end', NOTIFIER_2, 'start=0x2']);
      return { R3c: r.lineOf('restrictedmem_invalidate_end_ret') };
    },
  },
  {
    name: 'notifiers started out of order by mmap',
    file: SEAN,
    profile: 'sean-2022',
    edit: (r) => {
      const second = r.find(['restrictedmem_notifier_mmap_start:', NOTIFIER_2]);
      r.move(second, second - 2).move(second + 1, second - 1);
      return { R3a: r.lineOf(['restrictedmem_notifier_mmap_start:', 'id=1']) };
    },
  },
  {
    name: 'notifiers started out of order by a conversion',
    file: SEAN,
    profile: 'sean-2022',
    edit: (r) => {
      const second = r.find(['restrictedmem_notifier_invalidate_start', NOTIFIER_2]);
      r.move(second, second - 1);
      return { R3a: second + 1 };
    },
  },
  {
    name: 'R2 in a conversion: pages are kept over munmap',
    file: SEAN,
    profile: 'sean-2022',
    edit: (r) => {
      const at = r.find(['restrictedmem_get_page_ret', 'ino=8997', 'ret=-16']);
      r.change(at, 'ret=-16', 'ret=0');
      return { R2: at + 1 };
    },
  },
  {
    name: 'S52: a conversion ignores the references',
    file: LUTO,
    profile: 'sean-2022',
    edit: (r) => {
      const from = r.find('restrictedmem_convert: ', r.find('restrictedmem_get_page_ret'));
      const ret = r.find('restrictedmem_convert_ret', from);
      r.change(ret, 'ret=-11', 'ret=0').remove('restrictedmem_has_refs_ret', from, ret);
      r.insert(
        ret - 2,
        'restrictedmem_store_attr: (restrictedmem_store_attr+0x0/0x20) ino=8096 start=0x2 end=0x5 to_private=1',
      );
      return { R5: r.lineOf('restrictedmem_store_attr', from) };
    },
  },
  {
    name: 'a notifier is not told of a hole',
    file: SEAN,
    profile: 'sean-2022',
    edit: (r) => {
      const from = r.find('restrictedmem_fallocate');
      r.remove(['restrictedmem_notifier_invalidate_start', NOTIFIER_2], from, from + 6);
      return { R3b: r.lineOf(['mm_filemap_delete_from_page_cache'], from) };
    },
  },
];

const inplace: readonly Bug[] = [
  {
    name: 'M1: no unmap, in both attempts',
    file: INPLACE,
    profile: 'guest-memfd',
    edit: (r) => {
      const line = withoutUnmap(r);
      return { G1: line, G9: line };
    },
  },
  {
    name: 'M1, the proposal of Andy',
    file: INPLACE,
    profile: 'luto-2022',
    edit: (r) => {
      const line = withoutUnmap(r);
      return { A3a: line, A3b: line };
    },
  },
  {
    name: 'the bracket is smaller than the conversion',
    file: INPLACE,
    profile: 'guest-memfd',
    edit: (r) => {
      const from = conversion(r);
      r.change(r.find('kvm_gmem_invalidate_start', from), 'end=0x6', 'end=0x5');
      return { G4: r.lineOf('kvm_gmem_store_attributes') };
    },
    twin: (r) => void r.change(r.find('kvm_gmem_invalidate_start', conversion(r)), 'end=0x6', 'end=0x8'),
  },
  {
    name: 'the bracket ends before the store',
    file: INPLACE,
    profile: 'guest-memfd',
    edit: (r) => {
      const store = r.find('kvm_gmem_store_attributes');
      r.move(store, store + 3);
      return { G4: r.lineOf('kvm_gmem_store_attributes') };
    },
  },
  {
    name: 'another range is stored than was bracketed',
    file: INPLACE,
    profile: 'guest-memfd',
    edit: (r) => {
      const store = r.find('kvm_gmem_store_attributes');
      r.change(store, 'index=0x4 last=0x5', 'index=0x8 last=0x9');
      return { G4: store + 1 };
    },
  },
  {
    name: 'no bracket, no zap',
    file: INPLACE,
    profile: 'guest-memfd',
    edit: (r) => {
      const from = r.find(['kvm_gmem_set_attributes: ', 'attrs=0x0']);
      const to = r.find('kvm_gmem_set_attributes_ret', from);
      for (const name of [
        'kvm_gmem_invalidate_start',
        'kvm_gmem_invalidate_end',
        'kvm_mmu_invalidate_start',
        'kvm_mmu_invalidate_range_add',
        'kvm_mmu_invalidate_end',
      ])
        r.remove(name, from, to);
      return { G4: r.lineOf('kvm_gmem_store_attributes', from) };
    },
  },
  {
    name: 'a bracket is ended twice',
    file: INPLACE,
    profile: 'guest-memfd',
    edit: (r) => {
      const end = r.find('kvm_mmu_invalidate_end', r.find('kvm_gmem_store_attributes'));
      r.insert(
        end,
        'kvm_mmu_invalidate_end: (kvm_mmu_invalidate_end+0x0/0x70) kvm=0xffff888101c58000 inprog=0 seq=13',
      );
      return { G5: end + 2 };
    },
  },
  {
    name: 'a shared fault on a private page installs',
    file: INPLACE,
    profile: 'guest-memfd',
    edit: (r) => {
      const store = r.find('kvm_gmem_store_attributes');
      const map = r.find('kvm_tdp_mmu_map:', store);
      r.change(map, 'priv=1', 'priv=0')
        .change(r.find('is_page_fault_stale:', store), 'priv=1', 'priv=0')
        .change(r.find('kvm_mmu_faultin_pfn', store), '0x2000100000006', '0x100000006');
      return { G7: r.lineOf('kvm_tdp_mmu_spte_changed', map) };
    },
  },
  {
    name: 'a fault installs with an old sequence number',
    file: INPLACE,
    profile: 'guest-memfd',
    edit: (r) => {
      const map = r.find('kvm_tdp_mmu_map:', r.find('kvm_gmem_store_attributes'));
      r.change(map, 'fault_seq=13', 'fault_seq=12');
      return { G2b: r.lineOf('kvm_tdp_mmu_spte_changed', map) };
    },
  },
  {
    name: 'another vCPU installs inside the bracket',
    file: INPLACE,
    profile: 'guest-memfd',
    edit: (r) => {
      const store = r.find('kvm_gmem_store_attributes');
      r.insert(
        store,
        'kvm_tdp_mmu_spte_changed: as id 0 gfn 100005 level 1 old_spte 8000000000000000 new_spte 10679de67',
        (head) => head.replace('KVM-671', 'KVM-672').replace('[000]', '[001]'),
      );
      return { G2: store + 2 };
    },
    twin: (r) =>
      void r.insert(
        r.find('kvm_gmem_store_attributes'),
        'kvm_tdp_mmu_spte_changed: as id 0 gfn 100008 level 1 old_spte 8000000000000000 new_spte 10679de67',
        (head) => head.replace('KVM-671', 'KVM-672').replace('[000]', '[001]'),
      ),
  },
  {
    name: '-EAGAIN, but stored',
    file: INPLACE,
    profile: 'guest-memfd',
    edit: (r) => {
      const ret = r.find('kvm_gmem_set_attributes_ret', r.find('kvm_gmem_store_attributes'));
      r.change(ret, 'ret=0', 'ret=-11');
      return { G9b: ret + 1 };
    },
  },
  {
    name: 'in place, a 2M leaf outlives the conversion of one of its pages',
    file: INPLACE,
    profile: 'guest-memfd',
    edit: (r) => {
      r.insert(conversion(r) - 5, HUGE).insert(
        r.find('kvm_gmem_set_attributes_ret', r.find('kvm_gmem_store_attributes')),
        HUGE_ZAPPED,
      );
      return { G3: r.lineOf('kvm_gmem_store_attributes') };
    },
    twin: (r) => {
      r.insert(conversion(r) - 5, HUGE).insert(r.find('kvm_gmem_store_attributes') - 1, HUGE_ZAPPED);
    },
  },
];

const POST = 'kvm_arch_post_set_memory_attributes';

const vm: readonly Bug[] = [
  {
    name: 'VM attributes: a 2M leaf outlives the conversion of one of its pages',
    file: VM,
    profile: 'guest-memfd',
    edit: (r) => {
      r.insert(r.find('kvm_vm_set_mem_attributes') - 4, HUGE).insert(
        r.find('kvm_vm_ioctl_attr_ret', r.find(POST)),
        HUGE_ZAPPED,
      );
      return { G3: r.lineOf(POST) };
    },
    twin: (r) => {
      r.insert(r.find('kvm_vm_set_mem_attributes') - 4, HUGE);
      r.insert(r.find('kvm_unmap_gfn_range:', r.find('kvm_vm_set_mem_attributes')), HUGE_ZAPPED);
    },
  },
  {
    name: 'VM attributes: a neighbour is zapped instead',
    file: VM,
    profile: 'guest-memfd',
    edit: (r) => {
      const at = r.find('kvm_vm_set_mem_attributes');
      for (const gfn of ['100008', '100007']) r.insert(at - 4, installed(gfn, `1044${gfn.slice(-2)}e67`));
      r.insert(
        r.find('kvm_unmap_gfn_range:', at),
        'kvm_tdp_mmu_spte_changed: as id 0 gfn 100008 level 1 old_spte 104408e67 new_spte 8000000000000000',
      );
      r.insert(
        r.find('kvm_vm_ioctl_attr_ret', r.find(POST)),
        'kvm_tdp_mmu_spte_changed: as id 0 gfn 100007 level 1 old_spte 104407e67 new_spte 8000000000000000',
      );
      return { G3: r.lineOf(POST) };
    },
    twin: (r) => {
      const at = r.find('kvm_vm_set_mem_attributes');
      r.insert(
        at - 4,
        'kvm_tdp_mmu_spte_changed: as id 0 gfn 100007 level 1 old_spte 8000000000000000 new_spte 104407e67',
      );
      r.insert(
        r.find('kvm_unmap_gfn_range:', at),
        'kvm_tdp_mmu_spte_changed: as id 0 gfn 100007 level 1 old_spte 104407e67 new_spte 8000000000000000',
      );
    },
  },
  {
    name: 'VM attributes: the bracket is over another range',
    file: VM,
    profile: 'guest-memfd',
    edit: (r) => {
      const from = r.find('kvm_vm_set_mem_attributes');
      r.change(
        r.find('kvm_mmu_invalidate_range_add', from),
        'start=0x100007 end=0x100008',
        'start=0x100006 end=0x100007',
      );
      r.change(
        r.find('kvm_unmap_gfn_range:', from),
        'start=0x100007 end=0x100008',
        'start=0x100006 end=0x100007',
      );
      return { G4: r.lineOf(POST) };
    },
  },
  {
    name: 'VM attributes: no bracket',
    file: VM,
    profile: 'guest-memfd',
    edit: (r) => {
      const from = r.find('kvm_vm_set_mem_attributes');
      const to = r.find(POST);
      for (const name of [
        'kvm_mmu_invalidate_start',
        'kvm_mmu_invalidate_range_add',
        'kvm_mmu_invalidate_end',
      ])
        r.remove(name, from, to);
      return { G4: r.lineOf(POST) };
    },
  },
  {
    name: 'VM attributes: a shared fault on a private gfn installs',
    file: VM,
    profile: 'guest-memfd',
    edit: (r) => {
      const from = r.find(POST);
      const map = r.find(['kvm_tdp_mmu_map:', 'gfn=0x100007'], from);
      r.change(map, 'priv=1', 'priv=0')
        .change(r.find(['is_page_fault_stale:', 'gfn=0x100007'], from), 'priv=1', 'priv=0')
        .change(r.find(['kvm_mmu_faultin_pfn:', 'gfn=0x100007'], from), '0x2000100000006', '0x100000006');
      return { G7: r.lineOf(['kvm_tdp_mmu_spte_changed', 'gfn 100007 level 1'], map) };
    },
  },
];

/** The recording that a bug is put into, as it is. */
export function recordingOf({ file }: Bug): Recording {
  return new Recording(readFileSync(join(SHIPPED, file), 'utf8'));
}

/** Every one, by the tree of its recording. */
export const BUGS: readonly Bug[] = [...shim, ...inplace, ...vm];

import { pgoffAt } from '../../world/memslots.js';
import { Attr } from '../../ops/oplog.js';
import type { GuestFault, Slot, Vm } from '../../world/state.js';
import type { SpteRec } from '../../world/spte.js';
import { hex } from '../../pages/state.js';
import { attrOfPage, lostGuestFaults, unsureVm } from '../common.js';
import type { RuleDef, RuleRun } from '../rule.js';
import { GUEST_FAULTS } from '../topics.js';

/** G7: a fault whose private bit contradicts the attribute leaves to user space and installs nothing. */
export const g7: RuleDef = {
  id: 'G7',
  name: 'mismatch-exit',
  profile: 'guest-memfd',
  severity: 1,
  nature: 'invariant',
  statement:
    "A fault whose private bit differs from the gfn's attribute exits with KVM_EXIT_MEMORY_FAULT and installs no SPTE.",
  source: 'kvm_mmu_faultin_pfn() and kvm_mmu_prepare_memory_fault_exit(), arch/x86/kvm/mmu/mmu.c',
  needs: [
    ['SpteChanged'],
    ['TdpMap', 'FaultinPfn'],
    ['PostSetAttr', 'StoreAttr', 'ConvertRet', 'SetAttrRequest', 'SysEnterIoctl'],
  ],
  about: GUEST_FAULTS,
  fix: 'Compare fault->is_private with kvm_mem_is_private() before the page is looked up.',
  listen: (run) => {
    const inPlaceKernel = run.fork([
      'ConvertEnter',
      'ConvertRet',
      'GmemIoctl',
      'GetAttr',
      'ConvertSafe',
      'StoreAttr',
    ]);
    return {
      ...lostGuestFaults(run),
      spteInstall: (vm, rec, fault, t) => {
        // The faults of arm64 have no side.
        if (fault?.isStage2) return;
        if (!fault) {
          if (t.mayHaveFaulted) run.lost(0, rec.row, run.gfns(vm, rec.gfn));
          return;
        }
        const { w } = run;
        const slot = w.slotOfGfn(vm, rec.gfn);
        // What TDX maps in its mirror is private, whatever the fault said of itself.
        const side = fault.side < 0 && rec.root === 1 ? 1 : fault.side;
        if (side < 0) {
          if (slot)
            run.notRecorded(
              rec.row,
              'Whether the fault is private is not recorded.',
              ['TdpMap', 'FaultinPfn'],
              run.gfns(vm, rec.gfn),
            );
          return;
        }
        // Only kernels with in-place conversion keep attributes in the inode; upstream keeps them in the VM.
        if (vm.attributesOf !== 'none')
          judgeSide(run, vm, rec, fault, side, slot, vm.attributesOf === 'inode');
        else {
          const { shown, hidden } = inPlaceKernel;
          if (shown) judgeSide(shown, vm, rec, fault, side, slot, true);
          if (hidden) judgeSide(hidden, vm, rec, fault, side, slot, false);
        }
      },
    };
  },
};

/** Judges a fault by the attribute, which is kept with the file's page, or else with the gfn. */
function judgeSide(
  run: RuleRun,
  vm: Vm,
  rec: SpteRec,
  fault: GuestFault,
  side: number,
  slot: Slot | undefined,
  inPlace: boolean,
): void {
  let attr: number = Attr.Unknown;
  let since = -1;
  if (!inPlace) {
    attr = vm.attr.get(rec.gfn);
    since = vm.attr.rowOf(rec.gfn);
  } else if (slot?.inode && slot.pgoff >= 0)
    ({ attr, row: since } = attrOfPage(run.w, slot.inode, pgoffAt(slot, rec.gfn)));
  if (attr === Attr.Unknown) {
    if (slot)
      run.undecided(
        'unknown-start',
        rec.row,
        "The gfn's attribute is not known yet.",
        [inPlace ? '?GmemCreate' : '?SysEnterIoctl'],
        run.gfns(vm, rec.gfn),
      );
    return;
  }
  if ((attr === Attr.Private) === (side === 1)) run.ok();
  else mismatch(run, vm, rec, { ...fault, side }, slot, attr, since);
}

/** The fault is not of the side that its gfn is on since the row `since`. */
function mismatch(
  run: RuleRun,
  vm: Vm,
  rec: SpteRec,
  fault: GuestFault,
  slot: Slot | undefined,
  attr: number,
  since: number,
): void {
  const { w } = run;
  const begin = fault.faultinRow >= 0 ? fault.faultinRow : fault.startRow;
  const pages = run.gfns(vm, rec.gfn);
  // A private fault needs a memslot with a file; without one the side says nothing.
  if (vm.attributesOf === 'none' && !attributesAreSeen(run)) {
    run.notRecorded(
      rec.row,
      'Changes of attributes are not recorded.',
      ['SetAttrRequest', 'PostSetAttr', 'StoreAttr'],
      pages,
    );
    return;
  }
  if (run.lost(since, rec.row, pages)) return;
  const changing = [...w.openConversions].some(
    (c) =>
      (c.scope === 'vm' && c.vm === vm && c.first <= rec.gfn && c.end > rec.gfn) ||
      (c.scope === 'inode' && c.inode === slot?.inode),
  );
  if (since > begin || changing)
    run.undecided('order', rec.row, 'The attribute changes while the fault is served.', [], pages);
  else if (!rec.vmSure) unsureVm(run, rec.row, pages);
  else {
    const side = fault.side === 1 ? 'private' : 'shared';
    const is = attr === Attr.Private ? 'private' : 'shared';
    const what = `${side} fault on gfn ${hex(rec.gfn)}, whose attribute is ${is},`;
    run.violation({
      row: rec.row,
      pages,
      message: `${what} installed an SPTE instead of leaving to user space`,
      evidence: [
        [since, 'state', `the gfn is ${is} since here`],
        [begin, 'cause', 'the fault begins'],
        [fault.mapRow, 'related', 'kvm_tdp_mmu_map'],
      ],
    });
  }
}

/** System calls show conversions too: where ioctls are recorded and none sets attributes, none happened. */
function attributesAreSeen(run: { recorded(...k: string[]): boolean }): boolean {
  return run.recorded('PostSetAttr', 'StoreAttr', 'ConvertRet', 'SetAttrRequest', 'VmIoctl', 'SysEnterIoctl');
}

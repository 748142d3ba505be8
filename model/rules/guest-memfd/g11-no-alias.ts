import { hex } from '../../pages/state.js';
import type { Missing } from '../missing.js';
import type { RuleDef } from '../rule.js';

/** What tells the roots apart. */
const ROOTS: readonly Missing[] = ['ExternalSpte'];

/**
 * G11: TDX maps private memory in a mirror root and shared memory in the direct one. SPTE events do not name
 * the root.
 */
export const g11: RuleDef = {
  id: 'G11',
  name: 'no-alias',
  profile: 'guest-memfd',
  severity: 1,
  nature: 'invariant',
  statement: 'A gfn of a TDX VM has a leaf in the mirror root or in the direct root, never in both.',
  source: 'kvm_tdp_mmu_map() and tdx_sept_set_private_spte(), arch/x86/kvm/mmu/tdp_mmu.c and vmx/tdx.c',
  needs: [['SpteChanged'], ['ExternalSpte']],
  about: ['ExternalSpte'],
  fix: "Zap the old root's leaf before the other one is made.",
  listen: (run) => ({
    spteInstall: (vm, rec) => {
      // So most are, each of which comes here.
      if (rec.asId === 0 && vm.sptes.isAlone(rec)) {
        if (vm.hasMirror) run.ok();
        return;
      }
      const oldest = vm.sptes.first(0, rec.level, rec.gfn);
      const other = oldest?.row === rec.row ? rec.next : oldest?.next && oldest;
      if (!other) {
        if (vm.hasMirror) run.ok();
        return;
      }
      const sides = [other, rec].map((r) => (r.root >= 0 ? r.root : r.side));
      if (!vm.hasMirror && !run.recorded('ExternalSpte')) {
        // Another root of the same kind (SMM, another CPU role) is legal; whether this VM has a mirror root
        // is not known.
        run.notRecordedOf(
          vm,
          rec,
          'Two roots hold a leaf for one gfn, and the trace does not say which roots they are.',
          ROOTS,
        );
        return;
      }
      const pages = run.gfns(vm, rec.gfn);
      if (sides[0]! < 0 || sides[1]! < 0)
        run.notRecordedOf(vm, rec, 'The root of one of two leaves for one gfn is not recorded.', ROOTS);
      else if (sides[0] === sides[1]) run.ok();
      else if (!run.lost(other.row, rec.row, pages)) {
        run.violation({
          row: rec.row,
          pages,
          message: `gfn ${hex(rec.gfn)} has a leaf in the mirror root and in the direct root`,
          evidence: [[other.row, 'state', "the other root's leaf was installed here"]],
        });
      }
    },
  }),
};

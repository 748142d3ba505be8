import { PAGE_SIZE, PAGES_PER_LEVEL, plus, type Gfn } from '../../../parsers/base/units.js';
import { kindId } from '../../../parsers/events/kinds.js';
import { plural } from '../../../parsers/base/plural.js';
import { Attr } from '../../ops/oplog.js';
import { hex, levelName } from '../../pages/state.js';
import type { SpteRec } from '../../world/spte.js';
import type { Vm } from '../../world/state.js';
import type { RuleDef, RuleRun } from '../rule.js';
import { CONVERSIONS, LEAF_CHANGES, STAGE2_MAPS } from '../topics.js';

/** Pages under a huge SPTE by what they are, and the event that made the latest of each kind so. */
interface Covered {
  shared: number;
  private: number;
  sharedRow: number;
  privateRow: number;
}

const OF_STAGE2 = new Set(STAGE2_MAPS.map(kindId));

export const s8: RuleDef = {
  id: 'S8',
  name: 'mixed-huge-page',
  profile: 'guest-memfd',
  severity: 2,
  nature: 'suspicion',
  statement: 'No huge SPTE maps private and shared pages alike.',
  source: 'hugepage_has_attrs() and kvm_mmu_hugepage_adjust(), arch/x86/kvm/mmu/mmu.c: KVM_LPAGE_MIXED_FLAG',
  needs: [LEAF_CHANGES, ['PostSetAttr', 'StoreAttr', 'SetAttrRequest', 'ConvertRet']],
  about: CONVERSIONS,
  fix: 'Map a range at 4K as long as its pages are of both kinds.',
  listen: (run) => ({
    spteInstall: (vm, rec) => {
      const count = PAGES_PER_LEVEL[rec.level]!;
      if (count > 1 && !OF_STAGE2.has(run.w.table.kind(rec.row))) judge(run, vm, rec, count);
    },
    // Its leaves have other sizes on larger pages, and are kept in parts then.
    stage2Mapped: (call, rec) => {
      if (call.npages > 1 && rec.gfn === call.gfn) judge(run, call.vm, rec, call.npages);
    },
  }),
};

function judge(run: RuleRun, vm: Vm, rec: SpteRec, count: number): void {
  const pages = run.gfns(vm, rec.gfn, count);
  const covered = coveredBy(vm, rec.gfn, plus(rec.gfn, count));
  const known = covered.shared + covered.private;
  if (covered.shared > 0 && covered.private > 0) {
    const rows = [covered.sharedRow, covered.privateRow].filter((row) => row >= 0);
    if (!rec.vmSure)
      run.undecided('vm-identity', rec.row, 'Which VM the SPTE is of is not known.', ['GetPfn kvm'], pages);
    else if (rows.some((row) => !run.w.ordered(row, rec.row)))
      run.undecided('order', rec.row, 'The conversion and the install have no order.', [], pages);
    else if (!run.lost(Math.min(...rows, rec.row), rec.row, pages))
      run.suspicious({
        row: rec.row,
        pages,
        message: `${leafText(run, rec, count)} of gfn ${hex(rec.gfn)} covers ${covered.private} private and ${covered.shared} shared pages${replacedText(vm, rec)}`,
        evidence: [
          [covered.privateRow, 'state', 'some of them became private here'],
          [covered.sharedRow, 'state', 'some of them became shared here'],
        ],
      });
  } else if (known === count) run.ok();
  else
    run.undecided(
      'unknown-start',
      rec.row,
      'Whether all pages under a huge SPTE are of one kind is not known from before the trace.',
      [],
      pages,
    );
}

/** `a 2M SPTE`, `a block of 2048 pages`. */
function leafText(run: RuleRun, rec: SpteRec, count: number): string {
  const isNamed = run.w.pages.bytes === PAGE_SIZE && count === PAGES_PER_LEVEL[rec.level];
  return isNamed ? `a ${levelName(rec.level)} SPTE` : `a block of ${count} pages`;
}

/** What is known of the pages of guest frames [first, end), by the VM's attributes or by its files'. */
function coveredBy(vm: Vm, first: Gfn, end: Gfn): Covered {
  const covered: Covered = { shared: 0, private: 0, sharedRow: -1, privateRow: -1 };
  const add = (from: number, to: number, value: number, row: number): void => {
    if (value === Attr.Shared) {
      covered.shared += to - from;
      covered.sharedRow = Math.max(covered.sharedRow, row);
    } else if (value === Attr.Private) {
      covered.private += to - from;
      covered.privateRow = Math.max(covered.privateRow, row);
    }
  };
  if (vm.attributesOf !== 'inode') vm.attr.visit(first, end, add);
  else
    for (const slot of vm.slots.live) {
      if (slot.pgoff < 0 || !slot.inode) continue;
      const from = plus(slot.pgoff, Math.max(0, first - slot.baseGfn));
      const to = plus(slot.pgoff, Math.min(slot.npages, end - slot.baseGfn));
      if (from < to) slot.inode.attr.visit(from, to, add);
    }
  return covered;
}

/** `; it took the place of 12 SPTEs of smaller pages`: those that were present under it. */
function replacedText(vm: Vm, rec: SpteRec): string {
  const under = vm.sptes
    .covering(rec.gfn, plus(rec.gfn, PAGES_PER_LEVEL[rec.level]!), [])
    .filter(({ level, asId }) => level < rec.level && asId === rec.asId);
  if (under.length === 0) return '';
  return `; it took the place of ${plural(under.length, 'SPTE')} of smaller pages`;
}

import { layoutOf, PageTable } from '../../../parsers/base/pageTable.js';
import { type Gfn, type Pfn, plus } from '../../../parsers/base/units.js';
import { hex } from '../../pages/state.js';
import type { RuleDef } from '../rule.js';

/** Pages of one event, at most: a folio of guest_memfd. */
const MOST_PAGES = 1 << 18;

/** Of each gfn that was made private: one more than the row where it was made shared since, 0 for none. */
const PREPARED = layoutOf((rows) => ({ shared: new Uint32Array(rows) }));
/** Of each frame that was made private: for which gfn of which VM. */
const PRIVATE = layoutOf((rows) => ({ gfn: new Float64Array(rows), vm: new Int32Array(rows) }));

export const g12: RuleDef = {
  id: 'G12',
  name: 'prepared-once',
  profile: 'guest-memfd',
  severity: 2,
  nature: 'suspicion',
  statement: 'On SEV-SNP a private SPTE is installed only for a page whose RMP entry was made private.',
  source: 'sev_gmem_prepare(), arch/x86/kvm/svm/sev.c',
  needs: [['GmemPrepare'], ['SpteChanged']],
  about: ['GmemPrepare', 'GmemArchInvalidate', 'RmpFault'],
  fix: 'Prepare the page in kvm_gmem_get_pfn before it is mapped.',
  listen: (run) => {
    const preparesShow = run.shown('GmemPrepare');
    const newGfns = (): PageTable<Gfn, (typeof PREPARED)['none']> => new PageTable(PREPARED);
    /** By the index of a VM. */
    const prepared = new Map<number, ReturnType<typeof newGfns>>();
    const privateFrames = new PageTable<Pfn, (typeof PRIVATE)['none']>(PRIVATE);
    const note = (vm: number, gfn: Gfn, shared: number): void => {
      const gfns = prepared.get(vm) ?? newGfns();
      prepared.set(vm, gfns);
      const at = gfns.rowOf(gfn);
      gfns.columns.shared[at] = shared;
    };
    return {
      prepare: (vm, gfn, _row, pfn, count) => {
        if (!vm || gfn < 0) return;
        for (let i = 0; i < Math.min(count, MOST_PAGES); i++) {
          note(vm.index, plus(gfn, i), 0);
          if (pfn < 0) continue;
          const frame = plus(pfn, i);
          const at = privateFrames.rowOf(frame);
          privateFrames.columns.gfn[at] = gfn + i;
          privateFrames.columns.vm[at] = vm.index;
        }
      },
      madeShared: (first, end, row) => {
        for (let i = 0; i < Math.min(Math.max(end - first, 1), MOST_PAGES); i++) {
          const at = privateFrames.at(plus(first, i));
          if (at === 0) continue;
          const { gfn, vm } = privateFrames.columns;
          note(vm[at]!, gfn[at] as Gfn, row + 1);
          privateFrames.delete(plus(first, i));
        }
      },
      spteInstall: (vm, rec, fault) => {
        if (fault?.side !== 1 || !preparesShow()) return;
        const pages = run.gfns(vm, rec.gfn);
        const mine = prepared.get(vm.index);
        const at = mine?.at(rec.gfn) ?? 0;
        const since = mine && at !== 0 ? mine.columns.shared[at]! - 1 : undefined;
        if (since === -1) run.ok();
        else if (since !== undefined) {
          if (!run.lost(since, rec.row, pages))
            run.suspicious({
              row: rec.row,
              pages,
              message: `private SPTE of gfn ${hex(rec.gfn)} installed, but its page was made shared in the RMP and not private again`,
              evidence: [[since, 'cause', 'made shared here']],
            });
        } else if (!vm.fresh)
          run.undecided(
            'unknown-start',
            rec.row,
            'The page may have been prepared before the trace began.',
            [],
            pages,
          );
        else if (!run.lost(vm.createdRow, rec.row, pages))
          run.suspicious({
            row: rec.row,
            pages,
            message: `private SPTE of gfn ${hex(rec.gfn)} installed, but its page is not seen to be prepared`,
          });
      },
    };
  },
};

import { layoutOf, PageTable } from '../../../parsers/base/pageTable.js';
import type { Gfn } from '../../../parsers/base/units.js';
import { hex } from '../../pages/state.js';
import type { RuleDef } from '../rule.js';

const SHARES = layoutOf((rows) => ({ isShared: new Uint8Array(rows), row: new Uint32Array(rows) }));

/** P6: MEM_SHARE and MEM_UNSHARE of a protected VM reach the hypervisor alone. */
export const p6: RuleDef = {
  id: 'P6',
  name: 'share-pairs',
  profile: 'pkvm',
  severity: 2,
  nature: 'invariant',
  statement:
    'A guest shares a page that is not shared, and takes back one that is: per page the two alternate.',
  source:
    '__pkvm_guest_share_host() and __pkvm_guest_unshare_host(), arch/arm64/kvm/hyp/nvhe/mem_protect.c: states OWNED and SHARED_OWNED',
  needs: [],
  about: ['GuestShare', 'GuestUnshare'],
  fix: 'Check the state of the page in the guest stage 2 before it changes.',
  listen: (run) => {
    /** By handle. */
    const states = new Map<number, PageTable<Gfn, (typeof SHARES)['none']>>();
    /** Row where a VM went last: any handle may be another's since. */
    let goneRow = -1;
    /** `isShared` is undefined where a VM went since. */
    const exchanged = (
      handle: number,
      gfn: Gfn,
      isShare: boolean,
      row: number,
    ): { readonly isShared: boolean | undefined; readonly row: number } | undefined => {
      const gfns = states.get(handle) ?? new PageTable<Gfn, (typeof SHARES)['none']>(SHARES);
      states.set(handle, gfns);
      const known = gfns.at(gfn);
      const at = known === 0 ? gfns.add(gfn) : known;
      const { columns } = gfns;
      const before = { isShared: columns.isShared[at] === 1, row: columns.row[at]! };
      columns.isShared[at] = Number(isShare);
      columns.row[at] = row;
      if (known === 0) return undefined;
      return before.row < goneRow ? { isShared: undefined, row: goneRow } : before;
    };
    const judged = (handle: number, gfn: Gfn, isShare: boolean, row: number): void => {
      // Which page it is could not be read, which is said of all that is read of such events.
      if (gfn < 0) return;
      const before = exchanged(handle, gfn, isShare, row);
      if (!run.recorded('GuestShare') || !run.recorded('GuestUnshare')) {
        run.notRecorded(row, 'Only one of share and unshare is recorded.', ['GuestShare', 'GuestUnshare']);
        return;
      }
      if (before?.isShared !== isShare) {
        if (before?.isShared !== undefined || (!before && isShare)) run.ok();
        else run.undecided('unknown-start', row, `Whether gfn ${hex(gfn)} was shared is not known.`);
        return;
      }
      if (run.lost(before.row, row)) return;
      if (!run.recorded('PkvmDestroyVm')) {
        const detail = 'Whether the VM went in between, and its handle passed on, is not recorded.';
        run.notRecorded(row, detail, ['PkvmDestroyVm']);
        return;
      }
      const what = isShare ? 'shared' : 'taken back';
      run.violation({
        row,
        message: `gfn ${hex(gfn)} is ${what} twice, with nothing in between`,
        evidence: [[before.row, 'state', `${what} here`]],
      });
    };
    return {
      guestShares: judged,
      // A protected VM may share at any time; of that the host sees nothing.
      stage2Gone: (vm, row) => {
        goneRow = row;
        if (vm.isProtected !== true || run.recorded('GuestShare', 'GuestUnshare')) return;
        run.undecided(
          'not-recorded',
          row,
          'What the guest shares and takes back reaches the hypervisor alone.',
          [
            "events of the hypervisor's own for MEM_SHARE and MEM_UNSHARE (CONFIG_NVHE_EL2_TRACING has only hyp_enter and hyp_exit)",
          ],
        );
      },
    };
  },
};

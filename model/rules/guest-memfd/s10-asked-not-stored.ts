import { Attr } from '../../ops/oplog.js';
import type { GuestAsk } from '../../world/state.js';
import { rangeText } from '../../pages/pageText.js';
import type { RuleDef } from '../rule.js';

/**
 * S10: a VMM may refuse, and say so to the guest, which no event shows. Only gfns of a guest_memfd count: for
 * other guests the same hypercall is news for a migration.
 */
export const s10: RuleDef = {
  id: 'S10',
  name: 'asked-not-stored',
  profile: 'guest-memfd',
  severity: 3,
  nature: 'suspicion',
  statement: 'What a guest asks to be private or shared is stored so before its vCPU runs again.',
  source:
    'snp_begin_psc_msr(), arch/x86/kvm/svm/sev.c; tdx_map_gpa(), arch/x86/kvm/vmx/tdx.c; KVM_HC_MAP_GPA_RANGE, Documentation/virt/kvm/x86/hypercalls.rst',
  needs: [],
  excuses: [['PostSetAttr', 'StoreAttr', 'ConvertRet', 'SetAttrRequest', 'SysEnterIoctl']],
  about: [],
  fix: 'Let the VMM set the attributes of all that it is told before it enters the vCPU again, or return an error to the guest.',
  listen: (run) => ({
    callsCut: ({ asked, askedInBatch }, row) => {
      if (asked || askedInBatch)
        run.undecided('lost', row, 'Events are missing within a request of the guest.');
    },
    guestBatchAnswered: ({ vm }, row) => {
      if (vm.slots.all.length === 0 || vm.attributesOf === 'inode' || run.w.table.tid(row) < 0) return;
      const detail = 'Which pages the guest asks for in a batch of its GHCB is in no event of the kernel.';
      run.notRecorded(row, detail, ['QemuMapGpaRange']);
    },
    guestAskAnswered: (ask, row) => {
      const { vm, first, end, toPrivate, how } = ask;
      // A file may refuse with -EAGAIN; and without tasks nobody knows whose vCPU runs.
      if (!run.w.slotOfGfn(vm, first) || vm.attributesOf !== 'vm' || run.w.table.tid(row) < 0) return;
      const pages = run.gfns(vm, first, end - first);
      if (vm.asksInOwnWords && how === 'MAP_GPA_RANGE') {
        const why =
          'Requests of this guest are none that KVM_HC_MAP_GPA_RANGE knows: it agrees with its VMM otherwise.';
        run.undecided('unknown-start', row, why, [], pages);
        return;
      }
      const stored = isStored(ask);
      if (stored === 'yes') run.ok();
      else if (stored === 'unknown')
        run.notRecorded(row, 'What is stored of the gfns is not known.', ['PostSetAttr', 'StoreAttr'], pages);
      else if (!run.lost(ask.row, row, pages))
        run.suspicious({
          row,
          pages,
          message: `the vCPU runs again without ${rangeText('gfn', first, end - first)} being ${
            toPrivate ? 'private' : 'shared'
          } as its guest asked by ${how}`,
          evidence: [[ask.row, 'cause', 'the guest asks']],
        });
    },
  }),
};

/** Whether all that was asked for has the attribute, where KVM keeps it. */
function isStored({ vm, first, end, toPrivate }: GuestAsk): 'yes' | 'no' | 'unknown' {
  const wanted = toPrivate ? Attr.Private : Attr.Shared;
  let isUnknown = false;
  let isOther = false;
  const look = (_from: number, _to: number, value: number): void => {
    if (value === Attr.Unknown) isUnknown = true;
    else if (value !== wanted) isOther = true;
  };
  vm.attr.visit(first, end, look);
  if (isOther) return 'no';
  return isUnknown ? 'unknown' : 'yes';
}

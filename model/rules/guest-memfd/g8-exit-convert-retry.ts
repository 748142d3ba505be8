import { hex } from '../../pages/state.js';
import type { RuleDef } from '../rule.js';

/**
 * Faults on one gfn that leave to user space without a conversion before this many are a suspected livelock.
 */
const REPEATS = 8;
const KVM_EXIT_MEMORY_FAULT = 39;
const EFAULT = 14;

export const g8: RuleDef = {
  id: 'G8',
  name: 'exit-convert-retry',
  profile: 'guest-memfd',
  severity: 3,
  nature: 'suspicion',
  statement:
    'After KVM_EXIT_MEMORY_FAULT the VMM converts the range before the vCPU faults on the same gfn again.',
  source: 'Documentation/virt/kvm/api.rst, KVM_EXIT_MEMORY_FAULT',
  needs: [
    ['UserspaceExit'],
    ['KvmPageFault', 'ArmGuestFault'],
    ['SetAttrRequest', 'ConvertEnter', 'SysEnterIoctl', 'QemuConvert'],
  ],
  about: ['UserspaceExit', 'KvmPageFault', 'ArmGuestFault'],
  fix: "Let the VMM's memory-fault handler convert the range it is told, or stop the vCPU with an error.",
  listen: (run) => {
    const repeats = new Map<string, { count: number; firstRow: number; conversions: number }>();
    return {
      guestFaultEnd: (fault, t, row, errno, reason) => {
        if (errno !== EFAULT && reason !== KVM_EXIT_MEMORY_FAULT) return;
        if (!run.recorded('SetAttrRequest', 'ConvertEnter', 'SysEnterIoctl', 'QemuConvert', 'PostSetAttr')) {
          run.notRecorded(
            row,
            'Exits with a memory fault are seen, but no conversions.',
            ['SetAttrRequest'],
            undefined,
          );
          return;
        }
        const key = `${t.tid}/${fault.gfn}`;
        const conversions = run.w.conversions.length;
        const seen = repeats.get(key);
        if (!seen || seen.conversions !== conversions) {
          repeats.set(key, { count: 1, firstRow: row, conversions });
          run.ok();
          return;
        }
        if (run.lost(seen.firstRow, row)) {
          repeats.delete(key);
          return;
        }
        seen.count++;
        if (seen.count === REPEATS) {
          run.suspicious({
            row,
            message: `the vCPU left ${REPEATS} times with a memory fault on gfn ${hex(fault.gfn)} and no conversion is seen in between`,
            evidence: [[seen.firstRow, 'cause', 'the first of these exits']],
          });
        }
      },
    };
  },
};

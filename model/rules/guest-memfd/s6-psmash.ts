import { hex } from '../../pages/state.js';
import type { RuleDef } from '../rule.js';

export const s6: RuleDef = {
  id: 'S6',
  name: 'psmash-failed',
  profile: 'guest-memfd',
  severity: 3,
  nature: 'suspicion',
  statement: 'PSMASH of an RMP entry succeeds.',
  source: 'sev_handle_rmp_fault(), arch/x86/kvm/svm/sev.c',
  needs: [['RmpFault']],
  about: ['RmpFault', 'GmemPrepare'],
  fix: 'Look for a 2M RMP entry that another CPU is changing, or a page that is no longer assigned.',
  listen: (run) => ({
    rmpFault: (row, pfn, psmash) => {
      if (psmash !== 0) run.suspicious({ row, message: `PSMASH of pfn ${hex(pfn)} failed with ${psmash}` });
      else run.ok();
    },
  }),
};

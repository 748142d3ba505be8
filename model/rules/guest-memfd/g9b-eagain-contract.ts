import { hex } from '../../pages/state.js';
import { lostConversions } from '../common.js';
import { convText } from '../texts.js';
import type { RuleDef } from '../rule.js';
import { IN_PLACE } from '../topics.js';

const EAGAIN = -11;

export const g9b: RuleDef = {
  id: 'G9b',
  name: 'eagain-contract',
  profile: 'guest-memfd',
  severity: 2,
  nature: 'invariant',
  statement:
    'A conversion that returns -EAGAIN has stored nothing, and its error offset lies inside the request.',
  source: '__kvm_gmem_set_attributes(), in-place conversion series (guest_memfd)',
  needs: [['ConvertRet', 'GmemIoctlRet', 'SysExitIoctl']],
  excuses: [['StoreAttr']],
  about: IN_PLACE,
  fix: 'Check every page before the first store, and undo nothing.',
  listen: (run) => ({
    convCut: (conv, row) => {
      if (conv.scope === 'inode') lostConversions(run).convCut!(conv, row);
    },
    convEnd: (conv, row) => {
      if (conv.scope !== 'inode' || conv.result === undefined || conv.result >= 0) return;
      const pages = run.pagesOfConv(conv);
      if (conv.storeRow >= 0 && conv.storeExact) {
        run.violation({
          row,
          pages,
          message: `the conversion of ${convText(conv)} returned ${conv.result} although the attribute was stored`,
          evidence: [[conv.storeRow, 'cause', 'the attribute is stored here']],
        });
      } else if (
        conv.result === EAGAIN &&
        conv.errorOffset >= 0 &&
        (conv.errorOffset < conv.first * run.w.pages.bytes ||
          conv.errorOffset >= conv.end * run.w.pages.bytes)
      ) {
        run.violation({
          row,
          pages,
          message: `-EAGAIN names offset ${hex(conv.errorOffset)}, which is outside ${convText(conv)}`,
        });
      } else if (!run.recorded('StoreAttr'))
        run.notRecorded(row, 'Whether the attribute was stored is not recorded.', ['StoreAttr'], pages);
      else if (!run.lost(conv.notBefore, row, pages)) run.ok();
    },
  }),
};

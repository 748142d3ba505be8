import { isInodeConv } from '../../world/state.js';
import { hex } from '../../pages/state.js';
import { isNeverConverted, lostStores, mayHidePages } from '../common.js';
import { HeldRefs } from '../heldRefs.js';
import { mappedBeforeStore, mappingsAt, undecidedMapping } from '../mappings.js';
import { convText } from '../texts.js';
import type { RuleDef } from '../rule.js';
import { IN_PLACE } from '../topics.js';

/** G9: an in-place conversion to private succeeds only when nothing else refers to the pages. */
export const g9: RuleDef = {
  id: 'G9',
  name: 'refs-safe',
  profile: 'guest-memfd',
  severity: 1,
  nature: 'invariant',
  statement:
    'An in-place conversion to private stores the attribute only when no page of the range is pinned, referenced or mapped.',
  source: 'kvm_gmem_is_safe_for_conversion(), in-place conversion series (guest_memfd)',
  needs: [['StoreAttr', 'ConvertRet'], ['RmapAdd']],
  excuses: [
    ['GupRet', 'GrabFolio', 'ConvertSafeRet'],
    ['UnpinPage', 'UnpinPages', 'UnpinFolio', 'UnpinRange'],
    ['RmapRemove'],
  ],
  about: IN_PLACE,
  fix: 'Unmap, drain the LRU batches, and return -EAGAIN with the offset of the first page whose references do not add up.',
  listen: (run) => {
    const held = new HeldRefs(run);
    const { w } = run;
    return {
      ...held.listener(),
      ...lostStores(run, (conv) => mayHidePages(conv) && conv.inode?.provider === 'guest_memfd'),
      store: (conv, row) => {
        if (!conv.toPrivate || !isInodeConv(conv)) return;
        const { inode } = conv;
        if (inode.provider !== 'guest_memfd') return;
        if (conv.kernelSaysSafe === 0) {
          run.violation({
            row,
            pages: run.pagesOfConv(conv),
            message: `${convText(conv)} became private although the kernel's own check found it unsafe`,
            evidence: [[conv.safeRow, 'cause', 'kvm_gmem_is_safe_for_conversion returned false']],
          });
          return;
        }
        const state = mappingsAt(run, inode, conv.first, conv.end, row);
        const pinned = held.judge(
          conv,
          inode,
          conv.first,
          conv.end,
          row,
          (pgoff) => `${convText(conv)} became private while page ${hex(pgoff)} is pinned`,
        );
        if (state.is === 'mapped') {
          if (!mappedBeforeStore(run, state, conv, row))
            run.undecided(
              'order',
              row,
              'A mapping was added on another CPU too close in time to be ordered.',
              ['a global trace_clock'],
              run.pagesOf(inode, state.pgoff),
            );
          else {
            run.violation({
              row,
              pages: run.pagesOf(inode, state.pgoff),
              message: `${convText(conv)} became private while page ${hex(state.pgoff)} is mapped by the host`,
              evidence: [
                [state.rec.since, 'state', `page ${hex(state.pgoff)} mapped here and not removed since`],
              ],
            });
          }
        } else if (!pinned && state.is === 'unknown') undecidedMapping(run, state, conv, row);
        else if (!pinned) run.ok();
      },
      // Without a conversion it does not matter what pins escape the probes.
      finish: () => {
        if (!isNeverConverted(w)) held.finish();
      },
    };
  },
};

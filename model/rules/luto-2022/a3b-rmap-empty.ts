import { isInodeConv } from '../../world/state.js';
import { hex } from '../../pages/state.js';
import { lostStores, mayHidePages } from '../common.js';
import { mappedBeforeStore, mappingsAt, undecidedMapping } from '../mappings.js';
import { convText } from '../texts.js';
import type { RuleDef } from '../rule.js';
import { IN_PLACE } from '../topics.js';

export const a3b: RuleDef = {
  id: 'A3b',
  name: 'rmap-empty',
  profile: 'luto-2022',
  severity: 1,
  nature: 'invariant',
  statement: 'When private is stored, no page of the range has a user mapping.',
  source: 'Andy Lutomirski, mailing list, September 2022; folio_mapped(), include/linux/mm.h',
  needs: [['StoreAttr', 'ConvertRet'], ['RmapAdd']],
  excuses: [['RmapRemove']],
  about: IN_PLACE,
  fix: 'Test folio_mapped() again after the unmap, under the lock, and fail the conversion.',
  listen: (run) => ({
    ...lostStores(run, mayHidePages),
    store: (conv, row) => {
      if (!conv.toPrivate || !isInodeConv(conv) || !conv.rangeKnown) return;
      const state = mappingsAt(run, conv.inode, conv.first, conv.end, row);
      if (state.is === 'empty') run.ok();
      else if (state.is === 'unknown') undecidedMapping(run, state, conv, row);
      else if (!mappedBeforeStore(run, state, conv, row))
        run.undecided(
          'order',
          row,
          'A mapping was added on another CPU too close in time to be ordered.',
          ['a global trace_clock'],
          run.pagesOf(conv.inode, state.pgoff),
        );
      else {
        run.violation({
          row,
          pages: run.pagesOf(conv.inode, state.pgoff),
          message: `${convText(conv)} became private while page ${hex(state.pgoff)} has a user mapping`,
          evidence: [
            [state.rec.since, 'state', `page ${hex(state.pgoff)} mapped here and not removed since`],
          ],
        });
      }
    },
  }),
};

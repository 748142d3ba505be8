import type { PageRange } from '../../findings/finding.js';
import { type Conv, isInodeConv } from '../../world/state.js';
import { hex } from '../../pages/state.js';
import { lostStores, mayHidePages, missingOf } from '../common.js';
import { mappingsAt, undecidedMapping, type MapState } from '../mappings.js';
import { convText } from '../texts.js';
import type { RuleDef, Ruling } from '../rule.js';
import { IN_PLACE } from '../topics.js';

function notUnmapped(conv: Conv, state: MapState & { is: 'mapped' }, row: number, pages: PageRange): Ruling {
  return {
    row,
    pages,
    message: `${convText(conv)} became private without an unmap of the range, and page ${hex(state.pgoff)} is mapped`,
    evidence: [
      [state.rec.since, 'state', `page ${hex(state.pgoff)} mapped here`],
      [
        conv.blockedRow >= 0 ? conv.blockedRow : conv.fromRow,
        'missing-since',
        'no unmap_mapping_pages follows',
      ],
    ],
  };
}

export const a3a: RuleDef = {
  id: 'A3a',
  name: 'unmap-before-private',
  profile: 'luto-2022',
  severity: 1,
  nature: 'invariant',
  statement:
    'A conversion to private unmaps the range after it has blocked faults and before it stores the attribute.',
  source: 'Andy Lutomirski, mailing list, September 2022; unmap_mapping_pages(), mm/memory.c',
  needs: [['StoreAttr', 'ConvertRet']],
  excuses: [['UnmapMappingPages'], ['ConvertEnter'], ['RmapAdd'], ['RmapRemove']],
  about: IN_PLACE,
  fix: 'Call unmap_mapping_pages() for the range while the invalidate lock is held.',
  listen: (run) => ({
    ...lostStores(run, mayHidePages),
    store: (conv, row) => {
      if (!conv.toPrivate || !isInodeConv(conv) || !conv.rangeKnown) return;
      const pages = run.pagesOfConv(conv);
      if (conv.unmapFirst <= conv.first && conv.unmapEnd >= conv.end) {
        run.ok();
        return;
      }
      const state = mappingsAt(run, conv.inode, conv.first, conv.end, row);
      // What was mapped before the conversion and still is was not unmapped by it, whether or not that probe
      // is on.
      const survived = state.is === 'mapped' && state.rec.since < conv.fromRow;
      if (state.is === 'empty') run.ok();
      else if (survived && conv.entrySeen) {
        if (!run.lost(conv.fromRow, row, pages)) run.violation(notUnmapped(conv, state, row, pages));
      } else if (!run.recorded('UnmapMappingPages'))
        run.notRecorded(
          row,
          'unmap_mapping_pages() is not recorded.',
          missingOf(run, ['UnmapMappingPages', 'RmapAdd', 'RmapRemove']),
          pages,
        );
      else if (!conv.entrySeen)
        run.undecided(
          'unknown-start',
          row,
          'The beginning of the conversion is not in the trace.',
          missingOf(run, ['ConvertEnter']),
          pages,
        );
      else if (state.is === 'unknown') undecidedMapping(run, state, conv, row);
      else if (!run.lost(conv.fromRow, row, pages)) {
        run.violation(notUnmapped(conv, state, row, pages));
      }
    },
  }),
};

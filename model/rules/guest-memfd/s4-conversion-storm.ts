import { convText } from '../texts.js';
import type { RuleDef } from '../rule.js';
import { CONVERSIONS } from '../topics.js';

const STORM = 64;
const WINDOW_NS = 1_000_000_000;

export const s4: RuleDef = {
  id: 'S4',
  name: 'conversion-storm',
  profile: 'guest-memfd',
  severity: 3,
  nature: 'suspicion',
  statement: 'One range is not converted 64 times within a second.',
  source: 'Observation: a guest that bounces a page pays for zaps and flushes each time',
  needs: [['SetAttrRequest', 'ConvertEnter', 'PostSetAttr', 'ConvertRet']],
  about: CONVERSIONS,
  fix: 'Keep bounce buffers shared in the guest (swiotlb) instead of converting them.',
  listen: (run) => {
    const seen = new Map<string, { count: number; fromRow: number; told: boolean }>();
    return {
      convEnd: (conv, row) => {
        const { table } = run.w;
        if (!conv.rangeKnown || table.meta.timeUnit !== 'ns') return;
        const key = `${conv.scope}/${conv.vm?.index}/${conv.inode?.index}/${conv.first}/${conv.end}`;
        const before = seen.get(key);
        if (!before || table.ts(row) - table.ts(before.fromRow) > WINDOW_NS) {
          seen.set(key, { count: 1, fromRow: row, told: before?.told ?? false });
          run.ok();
          return;
        }
        if (run.lost(before.fromRow, row, run.pagesOfConv(conv))) {
          seen.delete(key);
          return;
        }
        before.count++;
        if (before.count >= STORM && !before.told) {
          before.told = true;
          run.suspicious({
            row,
            pages: run.pagesOfConv(conv),
            message: `${convText(conv)} was converted ${before.count} times within a second`,
            evidence: [[before.fromRow, 'related', 'the first of them']],
          });
        } else run.ok();
      },
    };
  },
};

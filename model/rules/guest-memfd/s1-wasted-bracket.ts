import { convText } from '../texts.js';
import type { RuleDef } from '../rule.js';
import { lostConversions } from '../common.js';
import { CONVERSIONS } from '../topics.js';

/** Conversions of one range that had nothing to zap before they are worth a word. */
const REPEATS = 4;

export const s1: RuleDef = {
  id: 'S1',
  name: 'unzapped-conversion-cost',
  profile: 'guest-memfd',
  severity: 4,
  nature: 'suspicion',
  statement: 'A range is not converted back and forth without the guest ever mapping it in between.',
  source: 'Observation: each conversion pays for a bracket and a TLB flush',
  needs: [['SpteChanged'], ['SetAttrRequest', 'ConvertEnter', 'PostSetAttr']],
  about: CONVERSIONS,
  fix: 'Batch conversions in the VMM, or convert when the guest first touches the page.',
  listen: (run) => {
    const wasted = new Map<string, number>();
    return {
      ...lostConversions(run),
      convEnd: (conv, row) => {
        if (!run.recorded('SpteChanged') || conv.storeRow < 0) return;
        const key = `${conv.scope}/${conv.vm?.index}/${conv.inode?.index}/${conv.first}/${conv.end}`;
        if (conv.zapped > 0) {
          wasted.delete(key);
          run.ok();
          return;
        }
        const n = (wasted.get(key) ?? 0) + 1;
        wasted.set(key, n);
        if (n === REPEATS)
          run.suspicious({
            row,
            pages: run.pagesOfConv(conv),
            message: `${convText(conv)} was converted ${n} times in a row with no SPTE to zap`,
          });
        else run.ok();
      },
    };
  },
};

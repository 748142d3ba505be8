import { type Conv, isInodeConv, isVmConv } from '../../world/state.js';
import { Attr } from '../../ops/oplog.js';
import { lostConversions } from '../common.js';
import { convText } from '../texts.js';
import type { RuleDef } from '../rule.js';
import { CONVERSIONS } from '../topics.js';

/** What the range of a conversion was before it. */
interface Before {
  /** All of it had the value that was asked for. */
  readonly same: boolean;
  readonly unknown: boolean;
  readonly since: number;
}

function valueBefore(conv: Conv): Before | undefined {
  let same = true;
  let unknown = false;
  let since = conv.fromRow;
  const value = conv.toPrivate ? Attr.Private : Attr.Shared;
  const look = (_first: number, _end: number, v: number, from: number): void => {
    if (v !== value) same = false;
    if (v === Attr.Unknown) unknown = true;
    since = Math.min(since, from);
  };
  if (isVmConv(conv)) conv.vm.attr.visit(conv.first, conv.end, look);
  else if (isInodeConv(conv)) conv.inode.attr.visit(conv.first, conv.end, look);
  else return undefined;
  return { same, unknown, since };
}

export const g10: RuleDef = {
  id: 'G10',
  name: 'idempotent',
  profile: 'guest-memfd',
  severity: 4,
  nature: 'suspicion',
  statement: 'A request for the attribute that a range already has zaps nothing.',
  source: 'kvm_range_has_memory_attributes(), virt/kvm/kvm_main.c',
  needs: [
    ['SetAttrRequest', 'ConvertEnter', 'VmSetAttr', 'VmIoctl', 'PreSetAttr'],
    ['SpteChanged'],
    ['ConvertRet', 'SysExitIoctl', 'VmIoctlRet', 'VmSetAttrRet'],
  ],
  about: CONVERSIONS,
  fix: 'Return before the bracket when the whole range has the value.',
  listen: (run) => {
    const already = new Map<number, Before>();
    return {
      ...lostConversions(run),
      // Before the store changes the model: does the whole range have the value?
      store: (conv) => {
        const before = already.has(conv.index) ? undefined : valueBefore(conv);
        if (before) already.set(conv.index, before);
      },
      convEnd: (conv, row) => {
        // Without a store the model still has what was before.
        const before = already.get(conv.index) ?? valueBefore(conv);
        already.delete(conv.index);
        if (conv.result !== 0 || !conv.rangeKnown) return;
        if (before && run.lost(before.since, row)) return;
        if (before?.unknown && conv.zapped > 0)
          run.undecided(
            'unknown-start',
            row,
            'What the range was before is not known.',
            [],
            run.pagesOfConv(conv),
          );
        else if (before?.same && conv.zapped > 0)
          run.suspicious({
            row,
            pages: run.pagesOfConv(conv),
            message: `${convText(conv)} was converted to what it already was, and ${conv.zapped} SPTEs were zapped for it`,
            evidence: [[conv.zapRow, 'cause', 'the first zap']],
          });
        else run.ok();
      },
    };
  },
};

import { type Pgoff, plus } from '../../../parsers/base/units.js';
import type { PageUnit } from '../../world/pageSize.js';
import { errnoName } from '../../../parsers/events/errno.js';
import { RefKind } from '../../ops/oplog.js';
import { hex } from '../../pages/state.js';
import type { Conv, Inode } from '../../world/state.js';
import { lostConversions } from '../common.js';
import { convText, inodeText } from '../texts.js';
import type { RuleDef } from '../rule.js';
import { CONVERSIONS } from '../topics.js';

const EINTR = -4;
const EAGAIN = -11;
/** A page in use makes a retry; so many in a row make a loop. */
const REPEATS = 8;
/** Pages of a range whose holders are looked for. */
const LOOKED_AT = 512;

/** Refusals of one range in a row. */
interface Refusals {
  count: number;
  firstRow: number;
}

/** What stands in the way of a conversion. */
interface InTheWay {
  readonly text: string;
  /** The event that put it there, -1 not seen. */
  readonly row: number;
}

export const s9: RuleDef = {
  id: 'S9',
  name: 'refused-conversion',
  profile: 'guest-memfd',
  severity: 3,
  nature: 'suspicion',
  statement: 'A conversion is refused for pages in use only, and not eight times in a row.',
  source:
    '__kvm_gmem_set_attributes(), in-place conversion series: -EAGAIN while a page is pinned or mapped; ' +
    'kvm_vm_ioctl_set_mem_attributes(), virt/kvm/kvm_main.c',
  needs: [['ConvertRet', 'GmemIoctlRet', 'VmSetAttrRet', 'VmIoctlRet', 'SysExitIoctl']],
  about: CONVERSIONS,
  fix: 'Release what holds the page that stands in the way; do not spin on the ioctl.',
  listen: (run) => {
    const refused = new Map<string, Refusals>();
    return {
      ...lostConversions(run),
      convEnd: (conv, row) => {
        const { result } = conv;
        if (result === undefined || !conv.rangeKnown) return;
        const key = `${conv.scope}/${conv.vm?.index}/${conv.inode?.index}/${conv.first}/${conv.end}/${conv.toPrivate}`;
        if (result >= 0) {
          refused.delete(key);
          run.ok();
          return;
        }
        const before = refused.get(key);
        if (before && run.lost(before.firstRow, row, run.pagesOfConv(conv))) {
          refused.delete(key);
          return;
        }
        const now = { count: (before?.count ?? 0) + 1, firstRow: before?.firstRow ?? row };
        refused.set(key, now);
        const isBusy = result === EAGAIN || result === EINTR;
        if (isBusy && now.count !== REPEATS) {
          run.ok();
          return;
        }
        const times = now.count > 1 ? `, ${now.count} times in a row` : '';
        const held = inTheWay(conv, run.w.pages);
        const how = `was refused with ${errnoName(result)}${times}`;
        run.suspicious({
          row,
          pages: run.pagesOfConv(conv),
          message: `the conversion of ${convText(conv)} ${how}${held ? `: ${held.text}` : ''}`,
          evidence: [
            [now.firstRow, 'related', 'the first of these refusals'],
            ...(held ? [[held.row, 'cause', held.text] as const] : []),
          ],
        });
      },
    };
  },
};

/** The page that the kernel names, or the first one of the range that somebody is seen to hold. */
function inTheWay(conv: Conv, pages: PageUnit): InTheWay | undefined {
  const { inode } = conv;
  if (conv.scope !== 'inode' || !inode) return undefined;
  const named = pages.ofByte(conv.errorOffset) as Pgoff;
  if (conv.errorOffset >= 0 && named >= conv.first && named < conv.end)
    return holderOf(inode, named) ?? { text: `page ${hex(named)} of ${inodeText(inode)}`, row: -1 };
  for (let i = 0; i < Math.min(LOOKED_AT, conv.end - conv.first); i++) {
    const held = holderOf(inode, plus(conv.first as Pgoff, i));
    if (held) return held;
  }
  return undefined;
}

function holderOf(inode: Inode, page: Pgoff): InTheWay | undefined {
  const reference = inode.refs.first(page);
  const name = `page ${hex(page)}`;
  if (reference) {
    const how = reference.kind === RefKind.Pin ? 'is pinned' : 'is referenced';
    const who = reference.tid < 0 ? '' : ` by task ${reference.tid}`;
    return { text: `${name} ${how}${who}`, row: reference.row };
  }
  const mapping = inode.maps.get(page);
  return mapping && mapping.count > 0 ? { text: `${name} is mapped`, row: mapping.since } : undefined;
}

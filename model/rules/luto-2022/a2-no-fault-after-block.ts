import { plus, type Pgoff } from '../../../parsers/base/units.js';
import { isServiced } from '../../world/faultResult.js';
import { Attr } from '../../ops/oplog.js';
import { type Conv, type Inode, isInodeConv } from '../../world/state.js';
import { hex } from '../../pages/state.js';
import { attrOfPage } from '../common.js';
import { inodeText } from '../texts.js';
import type { RuleDef } from '../rule.js';
import { IN_PLACE, USER_MAPPINGS } from '../topics.js';

interface LateMapping {
  readonly conv: Conv;
  readonly inode: Inode;
  readonly pgoff: Pgoff;
  readonly row: number;
}

function pageText({ inode, pgoff }: LateMapping): string {
  return `page ${hex(pgoff)} of ${inodeText(inode)}`;
}

/**
 * The row from which a conversion certainly services no fault: blocked, or for want of that probe the unmap;
 * -1 unknown.
 */
function blockedFrom(conv: Conv): number {
  return conv.blockedRow >= 0 ? conv.blockedRow : conv.unmapRow;
}

/**
 * A2: once a conversion holds the invalidate lock, no fault in its range is serviced. The ioctl's entry is
 * not yet that moment, and a fault that the handler finished before may still add its mapping: that is broken
 * only when the fault began after the block, or when the mapping survives to the store.
 */
export const a2: RuleDef = {
  id: 'A2',
  name: 'no-fault-after-block',
  profile: 'luto-2022',
  severity: 1,
  nature: 'invariant',
  statement: 'From the moment a switch to private blocks faults, no user fault in the range is serviced.',
  source:
    'Andy Lutomirski, mailing list, September 2022; filemap_invalidate_lock in kvm_gmem_fault_user_mapping()',
  needs: [
    ['UserFault'],
    ['UserFaultRet'],
    ['ConvertBlocked', 'UnmapMappingPages'],
    ['ConvertEnter', 'StoreAttr', 'ConvertRet'],
  ],
  about: [...IN_PLACE, ...USER_MAPPINGS],
  fix: 'Take the invalidate lock shared in the fault handler, before the attribute is read.',
  listen: (run) => {
    const { w } = run;
    const flagged = new Set<number>();
    let late: LateMapping[] = [];
    const inFlight = (inode: Inode, pgoff: Pgoff): Conv | undefined => {
      for (const c of inode.converting)
        if (c.toPrivate && c.rangeKnown && c.storeRow < 0 && pgoff >= c.first && pgoff < c.end) return c;
      return undefined;
    };
    /** Judges a serviced fault that began at `begin` (-1 unknown). Returns true when it was told. */
    const serviced = (inode: Inode, pgoff: Pgoff, begin: number, row: number, how: string): boolean => {
      const pages = run.pagesOf(inode, pgoff);
      const conv = inFlight(inode, pgoff);
      const { attr, row: attrRow } = conv ? { attr: -1, row: -1 } : attrOfPage(w, inode, pgoff);
      if (!conv && attr !== Attr.Private) return false;
      const since = conv ? blockedFrom(conv) : attrRow;
      if (since < 0) {
        if (w.recordedStore || run.recorded('ConvertEnter'))
          run.notRecorded(
            row,
            'A fault was serviced while a conversion began; the moment at which it took the invalidate lock is not recorded.',
            ['ConvertBlocked'],
            pages,
          );
        return true;
      }
      if (run.lost(Math.min(since, row), row, pages)) return true;
      if (conv && !run.recorded('ConvertRet', 'GmemIoctlRet', 'SysExitIoctl')) {
        run.notRecorded(row, 'Whether the conversion has ended is not recorded.', ['ConvertRet'], pages);
        return true;
      }
      if (begin < 0 || begin < since) return false;
      if (!w.ordered(since, begin)) {
        run.undecided(
          'order',
          row,
          'The fault and the block are on two CPUs too close in time to be ordered.',
          ['a global trace_clock'],
          pages,
        );
        return true;
      }
      const page = `page ${hex(pgoff)} of ${inodeText(inode)}`;
      const state = conv ? 'is being switched to private' : 'is private';
      run.violation({
        row,
        pages,
        message: `user fault on ${page} ${how} although it ${state}`,
        evidence: [
          [
            since,
            'cause',
            conv ? 'faults in the range are blocked from here' : 'the page became private here',
          ],
          [begin, 'related', 'the fault begins'],
        ],
      });
      return true;
    };
    return {
      userFaultEnter: (ctx) => {
        if (run.recorded('UserFaultRet', 'RmapAdd') || !ctx.inode) return;
        const conv = inFlight(ctx.inode, ctx.pgoff);
        if ((conv && blockedFrom(conv) >= 0) || attrOfPage(w, ctx.inode, ctx.pgoff).attr === Attr.Private) {
          run.notRecorded(
            ctx.row,
            'A user fault is seen to begin, but neither its result nor the rmap is recorded.',
            ['UserFaultRet', 'RmapAdd'],
            run.pagesOf(ctx.inode, ctx.pgoff),
          );
        }
      },
      userFaultRet: (ctx, inode, pgoff, ret, row) => {
        if (!isServiced(ret)) {
          if (inFlight(inode, pgoff) || attrOfPage(w, inode, pgoff).attr === Attr.Private) run.ok();
          return;
        }
        if (serviced(inode, pgoff, ctx?.row ?? -1, row, `was serviced (returned ${hex(ret)})`) && ctx)
          flagged.add(ctx.row);
      },
      rmapAdd: (inode, first, count, row, fault) => {
        if (fault && flagged.has(fault.row)) return;
        for (let p = first; p < first + count; p = plus(p, 1)) {
          if (serviced(inode, p, fault?.row ?? -1, row, 'added a mapping')) return;
          const conv = inFlight(inode, p);
          if (conv && blockedFrom(conv) >= 0 && row > blockedFrom(conv)) {
            late.push({ conv, inode, pgoff: p, row });
            return;
          }
        }
      },
      store: (conv, row) => {
        if (!conv.toPrivate || !isInodeConv(conv)) return;
        const mine = late.filter((l) => l.conv === conv);
        late = late.filter((l) => l.conv !== conv);
        for (const l of mine) {
          const rec = l.inode.maps.get(l.pgoff);
          if (!rec || rec.since > l.row || rec.lastAdd < l.row || !run.recorded('RmapRemove')) continue;
          const pages = run.pagesOf(l.inode, l.pgoff);
          const since = blockedFrom(conv);
          if (run.lost(since, row, pages)) return;
          if (!w.ordered(since, l.row) || !w.ordered(l.row, row))
            run.undecided(
              'order',
              l.row,
              'The mapping and the block are on two CPUs too close in time to be ordered.',
              ['a global trace_clock'],
              pages,
            );
          else
            run.violation({
              row: l.row,
              pages,
              message: `${pageText(l)} was mapped after faults were blocked, and still is when it becomes private`,
              evidence: [
                [since, 'cause', 'faults in the range are blocked from here'],
                [row, 'confirms', 'private is stored while it is mapped'],
              ],
            });
          return;
        }
        if (blockedFrom(conv) >= 0) run.ok();
      },
      convEnd: (conv) => {
        late = late.filter((l) => l.conv !== conv);
      },
    };
  },
};

import { plus, type Pgoff } from '../../../parsers/base/units.js';
import { isServiced } from '../../world/faultResult.js';
import { Attr } from '../../ops/oplog.js';
import { type Conv, type Inode, isInodeConv } from '../../world/state.js';
import { hex } from '../../pages/state.js';
import { attrOfPage, lostFaults, lostStores, mayBeAnother, mayHidePages, missingOf } from '../common.js';
import { inodeText } from '../texts.js';
import type { RuleDef, RuleRun } from '../rule.js';
import { IN_PLACE, USER_MAPPINGS } from '../topics.js';

interface LateMapping {
  readonly conv: Conv;
  readonly inode: Inode;
  readonly pgoff: Pgoff;
  readonly row: number;
  /** Where its fault began is known: that was before faults were blocked. */
  readonly beginKnown: boolean;
}

function pageText({ inode, pgoff }: { readonly inode: Inode; readonly pgoff: Pgoff }): string {
  return `page ${hex(pgoff)} of ${inodeText(inode)}`;
}

/** A fault that was serviced although it began after faults in its page were blocked. */
interface ServicedFault {
  /** The conversion that blocked them, undefined where the page is private already. */
  readonly conv: Conv | undefined;
  readonly since: number;
  readonly inode: Inode;
  readonly pgoff: Pgoff;
  readonly begin: number;
  readonly row: number;
  readonly how: string;
}

function tell(run: RuleRun, fault: ServicedFault): void {
  const { conv, since, inode, pgoff, begin, row, how } = fault;
  const pages = run.pagesOf(inode, pgoff);
  if (!run.w.ordered(since, begin)) {
    run.undecided(
      'order',
      row,
      'The fault and the block are on two CPUs too close in time to be ordered.',
      ['a global trace_clock'],
      pages,
    );
    return;
  }
  const state = conv ? 'is being switched to private' : 'is private';
  run.violation({
    row,
    pages,
    message: `user fault on ${pageText(fault)} ${how} although it ${state}`,
    evidence: [
      [since, 'cause', conv ? 'faults in the range are blocked from here' : 'the page became private here'],
      [begin, 'related', 'the fault begins'],
    ],
  });
}

/** A conversion of the file that has blocked faults, and of which the trace does not show the range yet. */
function blockedSomewhere(inode: Inode): Conv | undefined {
  for (const conv of inode.converting)
    if (conv.blockedRow >= 0 && !conv.rangeKnown && conv.storeRow < 0) return conv;
  return undefined;
}

/**
 * Serviced faults that began while a conversion of unknown range had faults blocked: its store or return
 * shows later whether it was theirs.
 */
class UnplacedFaults {
  private faults: (ServicedFault & { readonly conv: Conv })[] = [];

  constructor(private readonly run: RuleRun) {}

  serviced(inode: Inode, pgoff: Pgoff, begin: number, row: number, how: string): void {
    const conv = blockedSomewhere(inode);
    if (conv && begin > conv.blockedRow)
      this.faults.push({ conv, since: conv.blockedRow, inode, pgoff, begin, row, how });
  }

  /** The conversion stores or ends: its range is known now, or will not be. */
  settle(conv: Conv): void {
    const mine = this.faults.filter((fault) => fault.conv === conv);
    if (mine.length === 0) return;
    this.faults = this.faults.filter((fault) => fault.conv !== conv);
    for (const fault of mine) {
      const { inode, pgoff, row } = fault;
      const pages = this.run.pagesOf(inode, pgoff);
      if (!conv.rangeKnown)
        this.run.notRecorded(row, 'The range of a conversion is not recorded.', ['ConvertEnter'], pages);
      else if (conv.toPrivate && pgoff >= conv.first && pgoff < conv.end) {
        if (!this.run.lost(fault.since, row, pages)) tell(this.run, fault);
      }
    }
  }
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
    const results = run.fork(['UserFaultRet', 'RmapAdd']);
    let late: LateMapping[] = [];
    const unplaced = new UnplacedFaults(run);
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
      if (!conv && attr === Attr.Unknown && mayBeAnother(run, inode, row, pages)) return true;
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
      tell(run, { conv, since, inode, pgoff, begin, row, how });
      return true;
    };
    /**
     * A page was mapped while no fault in it may be serviced, by one of which it is not known when it
     * began.
     */
    const beginUnknown = (inode: Inode, pgoff: Pgoff, row: number): void => {
      const missing = missingOf(run, ['UserFault', 'UserFaultRet']);
      if (missing.length === 0) return;
      run.notRecorded(
        row,
        'A page was mapped after faults in it were blocked; whether its fault began before is not recorded.',
        missing,
        run.pagesOf(inode, pgoff),
      );
    };
    return {
      ...lostStores(run, mayHidePages),
      ...lostFaults(run),
      userFaultEnter: (ctx) => {
        const unanswered = results.hidden;
        if (!unanswered || !ctx.inode) return;
        const conv = inFlight(ctx.inode, ctx.pgoff);
        if ((conv && blockedFrom(conv) >= 0) || attrOfPage(w, ctx.inode, ctx.pgoff).attr === Attr.Private) {
          unanswered.notRecorded(
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
        const how = `was serviced (returned ${hex(ret)})`;
        const begin = ctx?.row ?? -1;
        if (!serviced(inode, pgoff, begin, row, how)) unplaced.serviced(inode, pgoff, begin, row, how);
        else if (ctx) flagged.add(ctx.row);
      },
      rmapAdd: (inode, first, count, row, fault) => {
        if (fault && flagged.has(fault.row)) return;
        for (let p = first; p < first + count; p = plus(p, 1)) {
          if (serviced(inode, p, fault?.row ?? -1, row, 'added a mapping')) return;
          const conv = inFlight(inode, p);
          if (conv && blockedFrom(conv) >= 0 && row > blockedFrom(conv)) {
            late.push({ conv, inode, pgoff: p, row, beginKnown: fault !== undefined });
            return;
          }
          if (!conv && !fault && attrOfPage(w, inode, p).attr === Attr.Private) beginUnknown(inode, p, row);
        }
      },
      store: (conv, row) => {
        if (!conv.toPrivate || !isInodeConv(conv)) return;
        unplaced.settle(conv);
        const mine = late.filter((l) => l.conv === conv);
        late = late.filter((l) => l.conv !== conv);
        for (const l of mine) {
          const rec = l.inode.maps.get(l.pgoff);
          if (!rec || rec.since > l.row || rec.lastAdd < l.row || !run.recorded('RmapRemove')) {
            if (!l.beginKnown) beginUnknown(l.inode, l.pgoff, l.row);
            continue;
          }
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
        else run.lost(conv.notBefore, row, run.pagesOfConv(conv));
      },
      convEnd: (conv) => {
        unplaced.settle(conv);
        late = late.filter((l) => l.conv !== conv);
      },
    };
  },
};

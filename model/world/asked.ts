/**
 * What was asked of a survey while events were judged, of what it may answer otherwise when more events have
 * come: with a VM or a file more, most answers are the same, and what was judged stands.
 */
import { KIND_COUNT } from '../../parsers/events/kinds.js';

/** Thread groups, the same of which is asked about many times in a row. */
class Groups {
  private readonly all = new Set<number>();
  private last = NaN;

  add(tgid: number): void {
    if (tgid === this.last) return;
    this.last = tgid;
    this.all.add(tgid);
  }

  /** True where an answer is the same of each of them. */
  every(isSame: (tgid: number) => boolean): boolean {
    for (const tgid of this.all) if (!isSame(tgid)) return false;
    return true;
  }
}

export class Asked {
  /** 1 for kinds of event of which it was asked whether the trace shows them. */
  readonly recorded = new Uint8Array(KIND_COUNT);
  /** Whether no pid filter was on. */
  unfiltered = false;
  /** Whether binds show their file. */
  bindRetHasInode = false;
  /** Whether anything is missing at all. */
  gaps = false;
  /** Whether there is one VM at most, wherever no event names any. */
  oneVm = false;
  /** Thread groups of which it was asked which VM is the only one that they name; -1 for all of them. */
  readonly onlyVm = new Groups();
  /** Thread groups of which it was asked whether they name one VM, and whether several. */
  readonly isOneVm = new Groups();
  readonly areSeveralVms = new Groups();
  /** The last row up to which it was asked whether events are missing, and they may be, or are not. */
  gapUntil = -1;
  noGapUntil = -1;
  /** Whether any event could not be read. */
  anyUnread = false;
  /** 1 for kinds of event of which it was asked whether any could not be read, wherever it stands. */
  readonly unread = new Uint8Array(KIND_COUNT);
  /** Inode numbers that were said to be no memfd's. */
  readonly strangers = new Set<number>();
  private lastStranger = NaN;

  stranger(ino: number): void {
    if (ino === this.lastStranger) return;
    this.lastStranger = ino;
    this.strangers.add(ino);
  }
}

/**
 * What was asked of a survey while events were judged, of what it may answer otherwise when more events have
 * come: with a VM or a file more, most answers are the same, and what was judged stands.
 */
import { KIND_COUNT } from '../../parsers/events/kinds.js';

export class Asked {
  /** 1 for kinds of event of which it was asked whether the trace shows them. */
  readonly recorded = new Uint8Array(KIND_COUNT);
  /** Whether no pid filter was on. */
  unfiltered = false;
  /** Whether binds show their file. */
  bindRetHasInode = false;
  /** Whether anything is missing at all. */
  gaps = false;
  /** Whether several VMs may be at work. */
  severalVms = false;
  /** Which VMs there are in all. */
  allKvms = false;
  /** Thread groups of which it was asked what VMs they name. */
  readonly groups = new Set<number>();
  /** Whether any event could not be read. */
  anyUnread = false;
  /** 1 for kinds of event of which it was asked whether any could not be read, wherever it stands. */
  readonly unread = new Uint8Array(KIND_COUNT);
  /** Inode numbers that were said to be no memfd's. */
  readonly strangers = new Set<number>();
  private lastGroup = NaN;
  private lastStranger = NaN;

  /** The same group is asked about many times in a row. */
  group(tgid: number): void {
    if (tgid === this.lastGroup) return;
    this.lastGroup = tgid;
    this.groups.add(tgid);
  }

  stranger(ino: number): void {
    if (ino === this.lastStranger) return;
    this.lastStranger = ino;
    this.strangers.add(ino);
  }
}

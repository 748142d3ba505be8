/**
 * Pins that may have been taken without the trace showing it: what was seen of GUP does not tell what came
 * of it.
 */
import { layoutOf, PageTable } from '../../parsers/base/pageTable.js';
import { plus, type Pgoff } from '../../parsers/base/units.js';
import type { EventKind } from '../../parsers/events/vocabulary.js';
import type { GupFact } from '../world/facts.js';
import { groupOf, type Inode } from '../world/state.js';
import type { World } from '../world/world.js';

const FOLL_PIN = 0x80000;
/** A folio is grabbed by its first page; those of guest_memfd are of at most 2 MiB. */
const FOLIO_BYTES = 2 ** 21;

const DOUBTS = layoutOf((rows) => ({ missing: new Uint8Array(rows) }));
/** What would have told, for each page that may be pinned: an index of MISSING. */
type Doubts = PageTable<Pgoff, (typeof DOUBTS)['none']>;
const MISSING = ['GupEnter', 'GupRet'] as const satisfies readonly EventKind[];

export class UnseenPins {
  private readonly doubts = new Map<Inode, Doubts>();

  constructor(private readonly w: World) {}

  /** GUP returned pages; without its flags it is not known whether they are pinned. */
  taken({ inode, pgoff, count, flags }: GupFact): void {
    if (!inode) return;
    this.clear(inode, plus(pgoff, -FOLIO_BYTES / this.w.pages.bytes), plus(pgoff, count));
    if (flags < 0) this.doubt(inode, pgoff, count, 'GupEnter');
  }

  /** GUP began, and its return is not in the trace. */
  unseen({ inode, pgoff, count, flags }: GupFact): void {
    if (inode && (flags < 0 || (flags & FOLL_PIN) !== 0)) this.doubt(inode, pgoff, count, 'GupRet');
  }

  /** A folio was grabbed to be pinned. */
  grabbed(inode: Inode, pgoff: Pgoff): void {
    this.doubt(inode, pgoff, 1, 'GupRet');
  }

  /** A pin of the page was seen, or its release, or that the grab was undone. */
  known(inode: Inode, pgoff: Pgoff): void {
    this.doubts.get(inode)?.delete(pgoff);
  }

  /** What is missing to know whether a page of [first, end) is pinned; undefined where nothing is. */
  missing(inode: Inode, first: Pgoff, end: Pgoff): EventKind | undefined {
    const doubts = this.doubts.get(inode);
    let oldest = Infinity;
    doubts?.within(first, end, (at) => (oldest = Math.min(oldest, at)));
    if (doubts && oldest < Infinity) return MISSING[doubts.columns.missing[oldest]!];
    return this.isInFlight(inode, first, end) ? 'GupRet' : undefined;
  }

  /** A thread's last GUP of these pages was not seen to return: it may have, long ago. */
  private isInFlight(inode: Inode, first: Pgoff, end: Pgoff): boolean {
    for (const t of this.w.threads.values()) {
      const { gup } = t;
      if (!gup || gup.returned || (gup.flags >= 0 && (gup.flags & FOLL_PIN) === 0)) continue;
      for (const vma of inode.vmas) {
        if (vma.tgid !== groupOf(t) || gup.start < vma.start || gup.start >= vma.end) continue;
        const pgoff = plus(vma.pgoff, this.w.pages.ofByte(gup.start - vma.start));
        if (pgoff < end && plus(pgoff, Math.max(1, gup.nr)) > first) return true;
      }
    }
    return false;
  }

  private doubt(inode: Inode, first: Pgoff, count: number, missing: (typeof MISSING)[number]): void {
    let pages = this.doubts.get(inode);
    if (!pages) {
      pages = new PageTable(DOUBTS);
      this.doubts.set(inode, pages);
    }
    for (let i = 0; i < count; i++) {
      const pgoff = plus(first, i);
      const at = pages.rowOf(pgoff);
      pages.columns.missing[at] = MISSING.indexOf(missing);
    }
  }

  private clear(inode: Inode, first: Pgoff, end: Pgoff): void {
    const pages = this.doubts.get(inode);
    const known: Pgoff[] = [];
    pages?.within(first, end, (_at, pgoff) => known.push(pgoff));
    for (const pgoff of known) pages!.delete(pgoff);
  }
}

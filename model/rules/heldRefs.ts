/** References to pages that a conversion or the last unmap must not leave behind. */
import { plus, type Pgoff } from '../../parsers/base/units.js';
import { RefKind } from '../ops/oplog.js';
import type { PageRange } from '../findings/finding.js';
import type { RefRec } from '../world/references.js';
import { type Conv, type Inode, isInodeConv } from '../world/state.js';
import { maybeReleased } from '../world/world.js';
import type { Listener } from '../world/facts.js';
import { PageWaits } from './pageWaits.js';
import type { Fork } from './fork.js';
import type { RuleRun, Ruling } from './rule.js';
import { UnseenPins } from './unseenPins.js';
import { hex } from '../pages/state.js';

/** Kinds that show the release of a pin by the function that releases it. */
export const UNPIN_KINDS = ['UnpinPage', 'UnpinPages', 'UnpinFolio', 'UnpinRange'] as const;

/** References of [first, end) of the given kinds, oldest first. */
export function refsIn(
  inode: Inode,
  first: Pgoff,
  end: Pgoff,
  kinds: readonly number[],
): { pgoff: Pgoff; ref: RefRec }[] {
  const found: { pgoff: Pgoff; ref: RefRec }[] = [];
  inode.refs.within(first, end, (pgoff, ref) => {
    if (kinds.includes(ref.kind)) found.push({ pgoff, ref });
  });
  return found.sort((a, b) => a.ref.row - b.ref.row || a.pgoff - b.pgoff);
}

/** A store whose past is incomplete. */
interface PastUnknown {
  /** How many there were before. */
  readonly order: number;
  readonly conv: Conv;
  readonly inode: Inode;
  readonly row: number;
  readonly why: 'lost' | 'unknown-start';
  readonly message: (pgoff: Pgoff) => string;
}

/** A judgement on a reference that its release decides. */
interface Waiting {
  /** Who says what comes of it. */
  readonly run: RuleRun;
  readonly conv: Conv | undefined;
  readonly inode: Inode;
  readonly pgoff: Pgoff;
  readonly ref: RefRec;
  readonly row: number;
  readonly message: string;
}

/**
 * References that stand in the way of making pages private, judged when their release decides: a release seen
 * later, with no new reference in between, proves that the old one was held all along; where interrupts and
 * other tasks may be hidden by a pid filter, nothing less does.
 */
export class HeldRefs {
  /**
   * Stores whose past is incomplete: a release later, with no reference
   * taken in between, would prove one was held.
   */
  private readonly unknownPast = new PageWaits<PastUnknown>();
  /** The same of conversions whose range is not known yet. */
  private ofNoRange: PastUnknown[] = [];
  private pasts = 0;
  private readonly waiting = new PageWaits<Waiting>();
  /** What is judged where the trace ends waits for nothing: should it go on, it is judged anew. */
  private atEnd: { readonly waiting: Waiting[]; readonly unknownPast: PastUnknown[] } | undefined;

  /** What a release proved of the past, kept until it is known whether the probes see every pin. */
  private proven: { ruling: Ruling; pages: PageRange }[] = [];
  private pins = 0;
  /**
   * A page was released whose taking the trace should show and does not: some way to pin escapes the probes.
   */
  private escaped: { readonly row: number; readonly pages: PageRange } | undefined;
  private readonly unseen: UnseenPins;
  /** What is said of pins, and of the references of the provider, by whether the trace shows releases. */
  private readonly ofPins: Fork<RuleRun>;
  private readonly ofGets: Fork<RuleRun>;

  constructor(private readonly run: RuleRun) {
    this.ofPins = run.fork(UNPIN_KINDS);
    this.ofGets = run.fork(['PutPage']);
    this.unseen = new UnseenPins(run.w);
  }

  /**
   * Judges references at `row`, at once or when their release decides. Returns false where there is nothing
   * to judge: none is seen and, for a conversion, none can have been taken unseen.
   */
  judge(
    conv: Conv | undefined,
    inode: Inode,
    first: Pgoff,
    end: Pgoff,
    row: number,
    message: (pgoff: Pgoff) => string,
  ): boolean {
    const { run } = this;
    const held = refsIn(inode, first, end, [RefKind.Pin, RefKind.GetPfn]).filter((h) => h.ref.row < row);
    if (held.length === 0) {
      if (this.mayBePinned(conv, inode, first, end, row)) return true;
      return conv !== undefined && this.pastIsUnknown(conv, inode, row, message);
    }
    const { pgoff, ref } = held.find((h) => !maybeReleased(run.w, h.ref)) ?? held[0]!;
    const pages = run.pagesOf(inode, pgoff);
    if (run.lost(ref.row, row, pages)) return true;
    const { shown, hidden } = ref.kind === RefKind.Pin ? this.ofPins : this.ofGets;
    hidden?.notRecorded(
      row,
      'A reference is seen taken, but no probe shows releases: it may have been dropped before.',
      ref.kind === RefKind.Pin ? [...UNPIN_KINDS] : ['PutPage'],
      pages,
    );
    if (shown) this.judgeHeld(shown, conv, inode, pgoff, ref, row, message(pgoff));
    return true;
  }

  /** Judges a reference of which the trace would show the release. */
  private judgeHeld(
    run: RuleRun,
    conv: Conv | undefined,
    inode: Inode,
    pgoff: Pgoff,
    ref: RefRec,
    row: number,
    message: string,
  ): void {
    if (!run.w.ordered(ref.row, row)) {
      run.undecided(
        'order',
        row,
        'The reference was taken on another CPU too close in time to be ordered.',
        [],
        run.pagesOf(inode, pgoff),
      );
      return;
    }
    // The provider's own references go by put_page on the caller's thread,
    // which a filter that shows the get shows too.
    if (
      ref.kind === RefKind.GetPfn ||
      (conv?.kernelSaysSafe !== 1 && !maybeReleased(run.w, ref) && run.w.survey.isUnfiltered)
    )
      this.report({ run, conv, inode, pgoff, ref, row, message }, -1);
    else this.wait({ run, conv, inode, pgoff, ref, row, message });
  }

  /**
   * True, and said, when no reference is seen to [first, end) although one may have been taken: what GUP
   * took is not recorded, or not that of some call. Where the kernel's own check found the pages safe, that
   * tells.
   */
  mayBePinned(conv: Conv | undefined, inode: Inode, first: Pgoff, end: Pgoff, row: number): boolean {
    const { run } = this;
    if (conv?.kernelSaysSafe === 1) return false;
    const isRecorded = run.recorded('GupRet', 'GrabFolio');
    const missing = isRecorded ? this.unseen.missing(inode, first, end) : 'GupRet';
    if (missing === undefined) return false;
    run.notRecorded(
      row,
      isRecorded
        ? 'GUP of these pages is seen, but not whether it pinned them.'
        : 'What GUP takes is not recorded: pages may be pinned.',
      [missing],
      conv ? run.pagesOfConv(conv) : undefined,
    );
    return true;
  }

  private pastIsUnknown(conv: Conv, inode: Inode, row: number, message: (pgoff: Pgoff) => string): boolean {
    const lost = this.run.w.gapBetween(inode.firstRow, row);
    if (inode.fresh && !lost) return false;
    const why = lost ? 'lost' : 'unknown-start';
    const past: PastUnknown = { order: this.pasts++, conv, inode, row, why, message };
    if (this.atEnd) this.atEnd.unknownPast.push(past);
    else if (isInodeConv(conv) && conv.rangeKnown) this.unknownPast.add(inode, conv.first, conv.end, past);
    else this.ofNoRange.push(past);
    return true;
  }

  private wait(waiting: Waiting): void {
    const { inode, pgoff } = waiting;
    if (this.atEnd) this.atEnd.waiting.push(waiting);
    else this.waiting.add(inode, pgoff, plus(pgoff, 1), waiting);
  }

  /** Takes out the stores whose past an event on a page settles, in their order. */
  private takePast(inode: Inode, pgoff: Pgoff): PastUnknown[] {
    const mine = this.unknownPast.size > 0 ? [...this.unknownPast.take(inode, pgoff)] : [];
    if (this.ofNoRange.length === 0) return mine;
    const isMine = (x: PastUnknown): boolean =>
      x.inode === inode && pgoff >= x.conv.first && pgoff < x.conv.end;
    for (const x of this.ofNoRange) if (isMine(x)) mine.push(x);
    this.ofNoRange = this.ofNoRange.filter((x) => !isMine(x));
    return mine.sort((a, b) => a.order - b.order);
  }

  /** Settles what an event on a page says of stores before it whose past is incomplete. */
  private settlePast(inode: Inode, pgoff: Pgoff, unpinRow: number): void {
    const mine = this.takePast(inode, pgoff);
    const last = mine.pop();
    if (!last) return;
    for (const x of mine) this.undecidedPast(x);
    const { run } = this;
    if (unpinRow >= 0 && !run.w.gapBetween(last.row, unpinRow)) {
      const pages = run.pagesOf(inode, pgoff);
      this.proven.push({
        pages,
        ruling: {
          row: last.row,
          message: last.message(pgoff),
          pages,
          evidence: [[unpinRow, 'confirms', 'released only here, with no reference taken since the store']],
        },
      });
    } else this.undecidedPast(last);
  }

  private undecidedPast(x: { inode: Inode; conv: Conv; row: number; why: 'lost' | 'unknown-start' }): void {
    const detail =
      x.why === 'lost'
        ? 'Events are missing before this: a reference may have been taken unseen.'
        : 'The trace begins after the file was made: older references are unknown.';
    this.run.undecided(x.why, x.row, detail, [], this.run.pagesOfConv(x.conv));
  }

  private report({ run, conv, inode, pgoff, ref, row, message }: Waiting, releaseRow: number): void {
    run.violation({
      row,
      message,
      pages: run.pagesOf(inode, pgoff),
      evidence: [
        [ref.row, 'state', `page ${hex(pgoff)} referenced here`],
        [releaseRow, 'confirms', 'released only here, with no new reference in between'],
        [conv?.fromRow ?? -1, 'related', 'the conversion begins'],
      ],
    });
  }

  /** What it must hear of references. */
  listener(): Listener {
    const { unseen } = this;
    return {
      gup: (fact) => unseen.taken(fact),
      gupUnseen: (fact) => unseen.unseen(fact),
      // Whether or not a grab became a pin, a later release proves nothing of the past.
      grab: (inode, pgoff) => {
        unseen.grabbed(inode, pgoff);
        this.takenAgain(inode, pgoff);
      },
      ungrab: (inode, pgoff) => unseen.known(inode, pgoff),
      pin: (inode, pgoff) => {
        this.pins++;
        unseen.known(inode, pgoff);
        this.takenAgain(inode, pgoff);
      },
      unpin: (inode, pgoff, row, seen) => {
        unseen.known(inode, pgoff);
        this.unpinned(inode, pgoff, row, seen);
      },
    };
  }

  private takenAgain(inode: Inode, pgoff: Pgoff): void {
    this.settlePast(inode, pgoff, -1);
    this.drop(inode, pgoff, (x) => {
      x.run.undecided(
        'not-recorded',
        x.row,
        'The page was pinned again before a release was seen: the first pin may have been released in interrupt context, which a pid filter hides.',
        ['an empty set_event_pid'],
        this.run.pagesOf(inode, pgoff),
      );
    });
  }

  private unpinned(inode: Inode, pgoff: Pgoff, row: number, seen: boolean): void {
    const escaped = !seen && inode.fresh && !this.run.w.gapBetween(inode.firstRow, row);
    if (escaped) this.escaped ??= { row, pages: this.run.pagesOf(inode, pgoff) };
    this.settlePast(inode, pgoff, row);
    this.drop(inode, pgoff, (x) => {
      if (!x.run.lost(x.row, row, x.run.pagesOf(inode, pgoff))) this.report(x, row);
    });
  }

  /**
   * What stays open where the trace ends; `judgeLast` judges what is judged only there. It leaves all as it
   * was: the trace may go on.
   */
  finish(judgeLast?: () => void): void {
    const past = [...this.unknownPast.all, ...this.ofNoRange].sort((a, b) => a.order - b.order);
    this.atEnd = { waiting: [...this.waiting.all], unknownPast: past };
    judgeLast?.();
    this.tellOpen(this.atEnd.waiting, this.atEnd.unknownPast);
    this.atEnd = undefined;
  }

  private tellOpen(waiting: readonly Waiting[], unknownPast: readonly PastUnknown[]): void {
    for (const { ruling, pages } of this.proven) {
      if (this.pins > 0 && !this.escaped) this.run.violation(ruling);
      else
        this.run.notRecorded(
          ruling.row,
          'A release follows, but not every pin shows in the trace: it may have been taken since.',
          ['GupRet'],
          pages,
        );
    }
    if (this.escaped)
      this.run.notRecorded(
        this.escaped.row,
        'A page is released whose pin is not in the trace: some way to pin escapes the probes.',
        ['GupRet'],
        this.escaped.pages,
      );
    for (const x of waiting) {
      x.run.undecided(
        'not-recorded',
        x.row,
        'The release of the reference is not in the trace: it may have happened in interrupt context, which a pid filter hides.',
        ['an empty set_event_pid'],
        this.run.pagesOf(x.inode, x.pgoff),
      );
    }
    for (const x of unknownPast) this.undecidedPast(x);
  }

  private drop(inode: Inode, pgoff: Pgoff, each: (x: Waiting) => void): void {
    if (this.waiting.size > 0) for (const x of this.waiting.take(inode, pgoff)) each(x);
  }
}

/** Questions that several rules ask of the model and of what is recorded. */
import { plus, type Pgoff } from '../../parsers/base/units.js';
import { gfnAt } from '../world/memslots.js';
import type { EventKind } from '../../parsers/events/vocabulary.js';
import type { PageRange } from '../findings/finding.js';
import { Attr } from '../ops/oplog.js';
import { type Conv, groupOf, type Inode, type Thread, type Vm } from '../world/state.js';
import type { Listener } from '../world/facts.js';
import type { World } from '../world/world.js';
import type { RuleRun } from './rule.js';
import { STAGE2_MAPS } from './topics.js';

/** Those of some kinds of events that the trace holds none of. */
export function missingOf(run: RuleRun, kinds: readonly EventKind[]): EventKind[] {
  return kinds.filter((k) => !run.recorded(k));
}

/**
 * What would have shown something: those of its kinds that the trace holds none of, else all, to be read
 * better.
 */
export function unshownBy(run: RuleRun, kinds: readonly EventKind[]): readonly EventKind[] {
  const missing = missingOf(run, kinds);
  return missing.length > 0 ? missing : kinds;
}

/** Says of an SPTE that nobody knows which of several VMs it is of. */
export function unsureVm(run: RuleRun, row: number, pages: PageRange): void {
  const detail = 'The SPTE event carries no VM, and its thread group has more than one.';
  run.undecided('vm-identity', row, detail, ['TdpMap kvm=vcpu->kvm'], pages);
}

/** Says of a leaf that may be gone that this is not known, `of` an SPTE of x86 or of the stage 2 of arm64. */
export function doubtfulLeaf(
  run: RuleRun,
  row: number,
  pages: PageRange,
  of: { readonly detail: string; readonly missing: readonly EventKind[] },
): void {
  if (run.recorded(...STAGE2_MAPS))
    run.notRecorded(
      row,
      'Whether the stage 2 still maps the page is not recorded.',
      ['Stage2Unmap', 'PkvmStage2Unmap'],
      pages,
    );
  else run.notRecorded(row, of.detail, of.missing, pages);
}

/** Kinds that show the end of a mapping, of each group one: its close, or both sides of munmap. */
export const UNMAPS = [
  ['VmaClose', 'SysEnterMunmap'],
  ['VmaClose', 'SysExitMunmap'],
] as const satisfies readonly (readonly EventKind[])[];

/** Attribute of a page of a file: the inode's own, else its VM's where attributes are kept there. */
export function attrOfPage(w: World, inode: Inode, pgoff: Pgoff): { attr: number; row: number } {
  const own = inode.attr.get(pgoff);
  if (own !== Attr.Unknown) return { attr: own, row: inode.attr.rowOf(pgoff) };
  for (const slot of w.slotsOfPages(inode, pgoff, plus(pgoff, 1))) {
    if (slot.vm.attributesOf !== 'vm') continue;
    const gfn = gfnAt(slot, pgoff);
    const attr = slot.vm.attr.get(gfn);
    if (attr !== Attr.Unknown) return { attr, row: slot.vm.attr.rowOf(gfn) };
  }
  return { attr: Attr.Unknown, row: -1 };
}

/**
 * True where the trace shows that no file of it was ever converted: each from its creation on, with the flags
 * that make its pages shared or private, among the ioctls of its processes, none of which converts.
 */
export function isNeverConverted(w: World): boolean {
  const { inodes, survey } = w;
  if (w.convertingCalls > 0 || w.conversions.length > 0 || survey.hasUnread) return false;
  if (inodes.length === 0 || inodes.length > w.creatingCalls) return false;
  if (inodes.some(({ initialAttr, isForgotten }) => initialAttr === Attr.Unknown || isForgotten))
    return false;
  const first = Math.min(...inodes.map(({ firstRow }) => firstRow));
  return !w.gapBetween(first, w.table.length);
}

/**
 * True, and said, when a store may have changed nothing: the request succeeded, but nobody saw what was
 * stored.
 */
export function mayChangeNothing(run: RuleRun, conv: Conv, row: number): boolean {
  if (!conv.maybeNoop || conv.storeExact) return false;
  run.undecided(
    'unknown-start',
    row,
    'The request succeeded, but the range may have had the attribute already.',
    ['PostSetAttr', 'StoreAttr'],
    run.pagesOfConv(conv),
  );
  return true;
}

/** Counts conversions as undecided whose store may be among lost events. */
export function lostStores(run: RuleRun, isMine: (conv: Conv) => boolean = () => true): Listener {
  return {
    convCut: (conv, row) => {
      const failed = conv.result !== undefined && conv.result < 0;
      if (conv.storeRow >= 0 || failed || !isMine(conv)) return;
      run.undecided(
        'lost',
        row,
        'Events are missing within a conversion: its store may be among them.',
        [],
        conv.rangeKnown ? run.pagesOfConv(conv) : undefined,
      );
    },
  };
}

/** Counts conversions as undecided of which lost events hide what was asked for or what came of it. */
export function lostConversions(run: RuleRun): Listener {
  return {
    convCut: (conv, row) => {
      if (conv.endRow >= 0 && conv.rangeKnown) return;
      const pages = conv.rangeKnown ? run.pagesOfConv(conv) : undefined;
      run.undecided('lost', row, 'Events are missing within a conversion.', [], pages);
    },
  };
}

/** Counts user faults as undecided of which lost events hide the page, or what came of them. */
export function lostFaults(run: RuleRun): Listener {
  const cut = (inode: Inode | undefined, pgoff: Pgoff, row: number): void => {
    const pages = inode && pgoff >= 0 ? run.pagesOf(inode, pgoff) : undefined;
    run.undecided('lost', row, 'Events are missing within a user fault.', [], pages);
  };
  return {
    callsCut: ({ userFault }, row) => {
      if (userFault) cut(userFault.inode, userFault.pgoff, row);
    },
    faultUnbegun: (inode, pgoff, row) => {
      if (!inode || pgoff < 0) cut(inode, pgoff, row);
    },
  };
}

/** Counts guest faults as undecided that lost events cut through. */
export function lostGuestFaults(run: RuleRun): Listener {
  return {
    callsCut: ({ fault }, row) => {
      if (fault && !fault.installed) run.undecided('lost', row, 'Events are missing within a guest fault.');
    },
  };
}

/** Counts mappings of a file as undecided that were being made when events were lost. */
export function lostMmaps(run: RuleRun): Listener {
  return {
    callsCut: ({ mmap, syscall }, row) => {
      // Its own handler may be among what was lost; anonymous memory has no descriptor.
      if (mmap || (syscall?.name === 'mmap' && syscall.fd >= 0))
        run.undecided('lost', row, 'Events are missing within an mmap.');
    },
  };
}

/**
 * True, and said, where a file may be another than the one that had its inode number before: what that one
 * was, whether mapped or private, says nothing of it.
 */
export function mayBeAnother(run: RuleRun, inode: Inode, row: number, pages: PageRange): boolean {
  if (!inode.isForgotten) return false;
  const detail =
    'This file may be another than the one that had its inode number: what it was before is unknown.';
  run.undecided('unknown-start', row, detail, [], pages);
  return true;
}

/** True for a conversion in place that makes pages private, or may. */
export function mayHidePages(conv: Conv): boolean {
  return conv.scope === 'inode' && (conv.toPrivate || conv.directionAssumed || !conv.rangeKnown);
}

/** A file of which the call that lost events cut through may have unmapped something. */
export function cutUnmap(run: RuleRun, t: Thread): Inode | undefined {
  const name = t.syscall?.name;
  if (name !== 'munmap' && name !== 'mremap') return undefined;
  return run.w.mappedFiles.list().find((inode) => inode.vmas.some((vma) => vma.tgid === groupOf(t)));
}

/**
 * Whether lost events explain that the end of an invalidation shows at `row` and its start does not: no start
 * or end went unseen before events were lost.
 */
export function isLoss(run: RuleRun, vm: Vm, row: number): boolean {
  return run.w.gapBetween(0, vm.holeRow >= 0 ? Math.min(vm.holeRow, row) : row);
}

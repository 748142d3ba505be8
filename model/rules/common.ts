/** Questions that several rules ask of the model and of what is recorded. */
import { plus, type Pgoff } from '../../parsers/base/units.js';
import { gfnAt } from '../world/memslots.js';
import type { EventKind } from '../../parsers/events/vocabulary.js';
import { Attr } from '../ops/oplog.js';
import type { Conv, Inode } from '../world/state.js';
import type { World } from '../world/world.js';
import type { RuleRun } from './rule.js';

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

/** Whether the end of a mapping shows: its close, or both sides of munmap. */
export function unmapsAreSeen(run: RuleRun): boolean {
  return run.recorded('VmaClose') || (run.recorded('SysEnterMunmap') && run.recorded('SysExitMunmap'));
}

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

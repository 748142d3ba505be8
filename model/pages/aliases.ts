/** The names of a page: memslots join guest frames and pages of files. */
import { groupedBy } from '../../parsers/base/grouped.js';
import { onceOf } from '../../parsers/base/onceOf.js';
import type { Analysis, SlotInfo } from '../analysis.js';
import { Holding } from './holding.js';
import type { Space } from './space.js';

/** Names a page: `subject` is an index into Analysis.vms for a gfn, into Analysis.inodes for a pgoff. */
export interface PageId {
  readonly unit: Space;
  readonly subject: number;
  readonly page: number;
}

/** A file page or guest frame that is another name of the page while a slot lives. */
export interface Alias {
  readonly unit: Space;
  readonly subject: number;
  readonly page: number;
  readonly fromRow: number;
  readonly untilRow: number;
}

/** Memslots in their order, and by the rows at which they are there. */
interface Slots {
  readonly all: readonly SlotInfo[];
  readonly holding: Holding<SlotInfo>;
}

/** Memslots by what they join; titles ask for them once for each finding. */
interface SlotsBySide {
  readonly ofVm: ReadonlyMap<number, Slots>;
  readonly ofInode: ReadonlyMap<number, Slots>;
}

const sidesOf = onceOf(
  ({ slots }: Analysis): SlotsBySide => ({
    ofVm: bySide(slots, ({ vm }) => vm),
    ofInode: bySide(slots, ({ inode }) => inode),
  }),
);

function bySide(slots: readonly SlotInfo[], side: (slot: SlotInfo) => number): ReadonlyMap<number, Slots> {
  const groups = [...groupedBy(slots, side)];
  return new Map(groups.map(([key, all]) => [key, { all, holding: new Holding(all) }]));
}

/** Memslots of a VM, or on a file, in their order. */
export function slotsOf(analysis: Analysis, unit: Space, subject: number): readonly SlotInfo[] {
  return sideOf(analysis, unit, subject)?.all ?? [];
}

/** Tells those that are there at a row. */
export function eachSlotAt(
  analysis: Analysis,
  unit: Space,
  subject: number,
  row: number,
  tell: (slot: SlotInfo) => void,
): void {
  sideOf(analysis, unit, subject)?.holding.at(row, tell);
}

function sideOf(analysis: Analysis, unit: Space, subject: number): Slots | undefined {
  const { ofVm, ofInode } = sidesOf(analysis);
  return (unit === 'gfn' ? ofVm : ofInode).get(subject);
}

/** Memslots that show this page: other names of it with the rows between which they hold. */
export function aliasesOf(analysis: Analysis, page: PageId): readonly Alias[] {
  const out: Alias[] = [];
  for (const slot of slotsOf(analysis, page.unit, page.subject)) {
    const alias = page.unit === 'gfn' ? fileAlias(slot, page) : frameAlias(slot, page);
    if (alias) out.push(alias);
  }
  return out;
}

function fileAlias(slot: SlotInfo, page: PageId): Alias | undefined {
  if (slot.vm !== page.subject || slot.inode < 0 || slot.pgoff < 0) return undefined;
  if (page.page < slot.baseGfn || page.page >= slot.baseGfn + slot.pageCount) return undefined;
  return {
    unit: 'pgoff',
    subject: slot.inode,
    page: slot.pgoff + page.page - slot.baseGfn,
    fromRow: slot.fromRow,
    untilRow: slot.untilRow,
  };
}

function frameAlias(slot: SlotInfo, page: PageId): Alias | undefined {
  if (slot.inode !== page.subject || slot.pgoff < 0) return undefined;
  if (page.page < slot.pgoff || page.page >= slot.pgoff + slot.pageCount) return undefined;
  return {
    unit: 'gfn',
    subject: slot.vm,
    page: slot.baseGfn + page.page - slot.pgoff,
    fromRow: slot.fromRow,
    untilRow: slot.untilRow,
  };
}

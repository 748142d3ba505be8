/**
 * Rows of a timeline: atoms grouped by VM, memslot or inode, neighbours with the same life folded into one
 * row, and only those that a filter asks for. A row set is computed once per filter; pictures refer to its
 * rows by group and number.
 */
import { firstAbove } from '../../parsers/base/search.js';
import type { EventTable } from '../../parsers/events/table.js';
import type { Analysis, SlotInfo } from '../analysis.js';
import type { BandStore } from './bands.js';
import { shareShift, type GuestShare } from './guests.js';
import { Attr, OP_BLOCK_LENGTH } from '../ops/oplog.js';
import { isUnconverted } from './outcome.js';
import { Layer, type PageIndex } from './pageIndex.js';
import { rangeOwner } from '../pages/space.js';
import { inodeSpace, PlaceCutter, unitOf, vmSpace } from './places.js';
import { Ever, type GroupInfo, type RowFilter } from './shapes.js';

/** Atoms [a0, a1) of one space, shown as pages `start + shift`. */
interface Window {
  readonly a0: number;
  readonly a1: number;
  readonly shift: number;
  /** Rows [firstRow, endRow) of the group. */
  firstRow: number;
  endRow: number;
}

export interface Group extends GroupInfo {
  readonly windows: readonly Window[];
  /** True when each row ends where the next begins. */
  readonly gapless: boolean;
  /** Atoms of each row. */
  readonly from: Uint32Array;
  readonly until: Uint32Array;
}

export class RowSet {
  constructor(
    readonly filter: RowFilter,
    readonly groups: readonly Group[],
    private readonly index: PageIndex,
  ) {}

  get rowCount(): number {
    return this.groups.reduce((n, g) => n + g.rowCount, 0);
  }

  /** Groups as plain data. */
  info(): readonly GroupInfo[] {
    return this.groups.map(
      ({ kind, label, vm, inode, unit, rowCount, pageCount, sharers, lifeFrom, lifeUntil }) => ({
        kind,
        label,
        vm,
        inode,
        unit,
        rowCount,
        pageCount,
        sharers,
        lifeFrom,
        lifeUntil,
      }),
    );
  }

  /** Row of an atom in a group, -1 when it is not shown. */
  rowOf(group: number, atom: number): number {
    const g = this.groups[group];
    for (const w of g?.windows ?? []) {
      if (atom < w.a0 || atom >= w.a1) continue;
      const lo = firstAbove(g!.until, atom, w.firstRow, w.endRow);
      if (lo < w.endRow && g!.from[lo]! <= atom) return lo;
    }
    return -1;
  }

  /** First group and row that show an atom; those of a VM before others, where several show it. */
  find(atom: number, vm = -1): { readonly group: number; readonly row: number } | undefined {
    let found: { readonly group: number; readonly row: number } | undefined;
    for (let group = 0; group < this.groups.length; group++) {
      const row = this.rowOf(group, atom);
      if (row < 0) continue;
      if (vm < 0 || this.groups[group]!.vm === vm) return { group, row };
      found ??= { group, row };
    }
    return found;
  }

  /** The only VM whose share of a page the rows of a group show, -1 for all. */
  vmOf(group: number): number {
    const { vm } = this.groups[group]!;
    return vm >= 0 ? vm : this.filter.vm;
  }

  /** Row that shows a page of a group (in the group's unit), -1 when none does. */
  rowOfPage(group: number, page: number): number {
    const g = this.groups[group]!;
    for (const w of g.windows) {
      for (let lo = w.firstRow, hi = w.endRow; lo < hi; ) {
        const mid = (lo + hi) >>> 1;
        if (this.index.atoms.start[g.until[mid]!]! + w.shift <= page) lo = mid + 1;
        else if (this.index.atoms.start[g.from[mid]!]! + w.shift > page) hi = mid;
        else return mid;
      }
    }
    return -1;
  }

  /** First page of a row and one past its last, in the group's unit. */
  pages(group: number, row: number): { readonly first: number; readonly end: number } {
    const g = this.groups[group]!;
    const w = g.windows.find((x) => row >= x.firstRow && row < x.endRow)!;
    const { start } = this.index.atoms;
    return { first: start[g.from[row]!]! + w.shift, end: start[g.until[row]!]! + w.shift };
  }
}

/** Makes the rows that a filter asks for. */
export function buildRows(
  analysis: Analysis,
  table: EventTable,
  index: PageIndex,
  filter: RowFilter,
): RowSet {
  const keep = keptAtoms(analysis, table, index, filter);
  const groups: Group[] = [];
  for (const plan of planGroups(analysis, index, filter)) {
    const group = foldGroup(index, plan, keep, filter);
    if (group.rowCount > 0) groups.push(group);
  }
  return new RowSet(filter, groups, index);
}

type Plan = Pick<Group, 'kind' | 'label' | 'vm' | 'inode' | 'unit' | 'sharers' | 'lifeFrom' | 'lifeUntil'> & {
  readonly windows: Window[];
};

const ALWAYS = { lifeFrom: 0, lifeUntil: 0xffffffff } as const;

/** From the first memslot to the end of the last one. */
function lifeOf(slots: readonly SlotInfo[]): { readonly lifeFrom: number; readonly lifeUntil: number } {
  if (slots.length === 0) return ALWAYS;
  return {
    lifeFrom: slots.reduce((first, { fromRow }) => Math.min(first, fromRow), Infinity),
    lifeUntil: slots.reduce((last, { untilRow }) => Math.max(last, untilRow), -1),
  };
}

function planGroups(analysis: Analysis, index: PageIndex, filter: RowFilter): readonly Plan[] {
  const labels = distinctLabels(analysis);
  const vmShown = (vm: number): boolean => filter.vm < 0 || filter.vm === vm;
  if (filter.grouping === 'inode') {
    const ofVm = new Set(analysis.slots.filter((s) => vmShown(s.vm)).map((s) => s.inode));
    return analysis.inodes.flatMap((inode, i): Plan[] => {
      if (filter.vm >= 0 && !ofVm.has(i)) return [];
      const sharers = filter.vm >= 0 ? [] : index.guests.of(i).map((share) => shareLabel(labels, share));
      return [
        {
          kind: 'inode',
          label: inode.label,
          vm: -1,
          inode: i,
          unit: 'pgoff',
          sharers,
          ...ALWAYS,
          windows: [wholeSpace(index, inodeSpace(i))],
        },
      ];
    });
  }
  return analysis.vms.flatMap((_vm, v): Plan[] => {
    if (!vmShown(v)) return [];
    const slots = distinctSlots(analysis.slots.filter((s) => s.vm === v && s.inode >= 0 && s.pgoff >= 0));
    const own = wholeSpace(index, vmSpace(analysis, v));
    if (filter.grouping === 'vm') {
      const windows = [...slots.map((s) => slotWindow(index, s)), own].sort(
        (a, b) => firstPage(index, a) - firstPage(index, b),
      );
      return [
        {
          kind: 'vm',
          label: labels[v]!,
          vm: v,
          inode: -1,
          unit: 'gfn',
          sharers: [],
          ...lifeOf(analysis.slots.filter((s) => s.vm === v)),
          windows,
        },
      ];
    }
    const plans = slots.map(
      (s): Plan => ({
        kind: 'slot',
        label: `${labels[v]!} slot ${s.slot}`,
        vm: v,
        inode: s.inode,
        unit: 'gfn',
        sharers: [],
        ...lifeOf([s]),
        windows: [slotWindow(index, s)],
      }),
    );
    return [
      ...plans,
      {
        kind: 'slot',
        label: `${labels[v]!} outside guest_memfd slots`,
        vm: v,
        inode: -1,
        unit: 'gfn',
        sharers: [],
        ...lifeOf(analysis.slots.filter((s) => s.vm === v)),
        windows: [own],
      },
    ];
  });
}

/** Labels of VMs; where a kvm pointer was used again, later VMs are numbered. */
export function distinctLabels(analysis: Analysis): readonly string[] {
  const seen = new Map<string, number>();
  return analysis.vms.map(({ label }) => {
    const nth = (seen.get(label) ?? 0) + 1;
    seen.set(label, nth);
    return nth === 1 ? label : `${label} (${nth})`;
  });
}

/** What a share of an inode is called: its VM, or the first of those that share it. */
export function shareLabel(labels: readonly string[], share: GuestShare): string {
  const first = labels[share.vms[0]!]!;
  return share.vms.length === 1 ? first : `${first} or ${share.vms.length - 1} others`;
}

function distinctSlots(slots: readonly SlotInfo[]): readonly SlotInfo[] {
  const seen = new Set<string>();
  return slots.filter((s) => {
    const key = `${s.slot} ${s.baseGfn} ${s.pageCount} ${s.inode} ${s.pgoff}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/** All atoms of a space but the last, which has no end. */
function wholeSpace(index: PageIndex, space: number): Window {
  const { spaceStart } = index.atoms;
  return {
    a0: spaceStart[space]!,
    a1: Math.max(spaceStart[space]!, spaceStart[space + 1]! - 1),
    shift: 0,
    firstRow: 0,
    endRow: 0,
  };
}

function slotWindow(index: PageIndex, slot: SlotInfo): Window {
  const space = inodeSpace(slot.inode);
  const a0 = index.atoms.at(space, slot.pgoff);
  return {
    a0,
    a1: index.atoms.at(space, slot.pgoff + slot.pageCount),
    shift: slot.baseGfn - slot.pgoff,
    firstRow: 0,
    endRow: 0,
  };
}

function firstPage(index: PageIndex, w: Window): number {
  return w.a0 < w.a1 ? index.atoms.start[w.a0]! + w.shift : Infinity;
}

/** Folds neighbours with the same signature; atoms that are not kept are left out. */
function foldGroup(index: PageIndex, plan: Plan, keep: Uint8Array, filter: RowFilter): Group {
  const { start } = index.atoms;
  const lowest = filter.firstPage < 0 ? -Infinity : filter.firstPage;
  const highest = filter.lastPage < 0 ? Infinity : filter.lastPage;
  const shown = (a: number, w: Window): boolean =>
    keep[a] === 1 && start[a]! + w.shift <= highest && start[a + 1]! + w.shift > lowest;
  const begins = (a: number, w: Window): boolean =>
    a === w.a0 || !shown(a - 1, w) || index.signature[a] !== index.signature[a - 1];
  // Counted first: with millions of rows, arrays that are too long and then cut would be the peak of memory.
  let size = 0;
  for (const w of plan.windows) for (let a = w.a0; a < w.a1; a++) if (shown(a, w) && begins(a, w)) size++;
  // Where no page is left out, a row ends where the next begins: one array is both.
  const gapless = !hasGaps(plan.windows, shown);
  const ends = gapless ? new Uint32Array(size + 1) : undefined;
  const from = ends ? ends.subarray(0, size) : new Uint32Array(size);
  const until = ends ? ends.subarray(1) : new Uint32Array(size);
  let rows = 0;
  let pageCount = 0;
  for (const w of plan.windows) {
    w.firstRow = rows;
    for (let a = w.a0; a < w.a1; a++) {
      if (!shown(a, w)) continue;
      pageCount += start[a + 1]! - start[a]!;
      if (begins(a, w)) from[rows++] = a;
      until[rows - 1] = a + 1;
    }
    w.endRow = rows;
  }
  return { ...plan, rowCount: rows, pageCount, gapless, from, until };
}

/** True when some page between the first and the last shown one is not shown, or lies in another place. */
function hasGaps(windows: readonly Window[], shown: (a: number, w: Window) => boolean): boolean {
  let next = -1;
  for (const w of windows) {
    for (let a = w.a0; a < w.a1; a++) {
      if (!shown(a, w)) continue;
      if (next >= 0 && a !== next) return true;
      next = a + 1;
    }
  }
  return false;
}

/** 1 for each atom that something happened to and that the filter wants. */
function keptAtoms(analysis: Analysis, table: EventTable, index: PageIndex, filter: RowFilter): Uint8Array {
  const keep = new Uint8Array(index.atoms.length);
  for (let a = 0; a < keep.length; a++) keep[a] = index.signature[a] === 0 ? 0 : 1;
  for (let inode = 0; inode < analysis.inodes.length; inode++) {
    const w = wholeSpace(index, inodeSpace(inode));
    keep.fill(1, w.a0, w.a1);
  }
  // Pages of inodes are kept as they are: only those of VMs are left to look at.
  cover(keep, index.marks, () => true, 1, index.atoms.spaceStart[analysis.inodes.length]!);
  if (filter.states !== 0) intersect(keep, everBits(index, filter.states));
  if (filter.findings) {
    const found = new Uint8Array(keep.length);
    for (const { a0, a1 } of index.placedFindings) found.fill(1, a0, a1);
    intersect(keep, found);
  }
  if (filter.tid >= 0) intersect(keep, touchedBy(analysis, table, index, filter.tid));
  return keep;
}

function intersect(keep: Uint8Array, other: Uint8Array): void {
  for (let a = 0; a < keep.length; a++) if (other[a] === 0) keep[a] = 0;
}

function everBits(index: PageIndex, states: number): Uint8Array {
  const bits = new Uint8Array(index.atoms.length);
  const attribute = index.layers[Layer.Attribute]!;
  if (states & Ever.Shared) cover(bits, attribute, (v) => v === Attr.Shared, Ever.Shared);
  if (states & Ever.Private) cover(bits, attribute, (v) => v === Attr.Private, Ever.Private);
  if (states & Ever.Converting) cover(bits, index.conversions, () => true, Ever.Converting);
  if (states & Ever.Unconverted) cover(bits, index.conversions, isUnconverted, Ever.Unconverted);
  if (states & Ever.Mapped) cover(bits, index.layers[Layer.Mapping]!, () => true, Ever.Mapped);
  if (states & Ever.Referenced) cover(bits, index.layers[Layer.Reference]!, () => true, Ever.Referenced);
  // What a page was for one of its VMs, it was.
  for (const share of index.guests.all) {
    const shift = shareShift(index.atoms, share);
    for (let a = index.atoms.spaceStart[share.inode]!; a < index.atoms.spaceStart[share.inode + 1]!; a++)
      bits[a] = bits[a]! | bits[a + shift]!;
  }
  return bits;
}

/** Sets `bit` on every atom from `base` on that a rectangle with a wanted value covers. */
function cover(
  bits: Uint8Array,
  store: BandStore,
  wanted: (value: number) => boolean,
  bit: number,
  base = 0,
): void {
  const depth = new Int32Array(bits.length - base + 1);
  for (const b of store.blocks) {
    for (let i = 0; i < b.length; i++) {
      if (b.a1[i]! <= base || !wanted(b.value[i]!)) continue;
      const a0 = Math.max(b.a0[i]!, base) - base;
      const a1 = b.a1[i]! - base;
      depth[a0] = depth[a0]! + 1;
      depth[a1] = depth[a1]! - 1;
    }
  }
  spread(bits, depth, bit, base);
}

function spread(bits: Uint8Array, depth: Int32Array, bit: number, base: number): void {
  let open = 0;
  for (let a = base; a < bits.length; a++) {
    open += depth[a - base]!;
    if (open > 0) bits[a] = bits[a]! | bit;
  }
}

function touchedBy(analysis: Analysis, table: EventTable, index: PageIndex, tid: number): Uint8Array {
  const bits = new Uint8Array(index.atoms.length);
  const depth = new Int32Array(index.atoms.length + 1);
  const cutter = new PlaceCutter(analysis);
  const { ops } = analysis;
  for (let i = 0; i < ops.length; i++) {
    const block = ops.blocks[Math.floor(i / OP_BLOCK_LENGTH)]!;
    const at = i & (OP_BLOCK_LENGTH - 1);
    const row = block.row[at]!;
    if (row >= table.length || table.tid(row) !== tid) continue;
    const op = ops.op(i);
    const unit = unitOf(analysis, op, block.subject[at]!);
    if (unit === undefined) continue;
    const owner = rangeOwner(analysis, op, block.subject[at]!);
    const n = cutter.cut(unit, owner, block.first[at]!, block.count[at]!, row);
    for (let p = 0; p < n; p++) {
      const piece = cutter.pieces[p]!;
      const a0 = index.atoms.at(piece.space, piece.first);
      const a1 = index.atoms.at(piece.space, piece.first + piece.count);
      depth[a0] = depth[a0]! + 1;
      depth[a1] = depth[a1]! - 1;
    }
  }
  spread(bits, depth, 1, 0);
  return bits;
}

/**
 * Inodes whose pages several VMs bind. What a VM has of such a page (its SPTEs, the attribute as it sees it,
 * its faults, zaps and conversions) must not pass for another's, so the inode has a space for each of its VMs
 * beside its own, with the very same atoms. All other inodes have none, and cost nothing.
 */
import type { Analysis, SlotInfo } from '../analysis.js';
import type { Finding } from '../findings/finding.js';
import type { Atoms } from './atoms.js';

/** So many VMs of an inode have a space of their own; those beyond share the last one. */
export const GUESTS_MAX = 8;

/** An inode as one of its VMs has it. */
export interface GuestShare {
  readonly inode: number;
  /** One VM, or the last one and all beyond. */
  readonly vms: readonly number[];
  /** Number of its space; the inode's atoms are there in the same order. */
  readonly space: number;
  /** 0 for the VM that bound the inode first. */
  readonly ordinal: number;
}

const NONE: readonly GuestShare[] = [];

export class GuestShares {
  readonly all: readonly GuestShare[];
  private readonly byInode = new Map<number, GuestShare[]>();

  /** `firstSpace` is the number of the first space that is free for a share. */
  constructor(
    analysis: Analysis,
    readonly firstSpace: number,
  ) {
    const slotsOf = new Map<number, SlotInfo[]>();
    for (const slot of analysis.slots) {
      if (slot.inode < 0 || slot.pgoff < 0 || slot.pageCount <= 0) continue;
      const slots = slotsOf.get(slot.inode);
      if (slots) slots.push(slot);
      else slotsOf.set(slot.inode, [slot]);
    }
    const all: GuestShare[] = [];
    for (const [inode, slots] of slotsOf) {
      if (!overlapping(slots)) continue;
      const vms = [...new Set(slots.sort((a, b) => a.fromRow - b.fromRow).map((s) => s.vm))];
      const shares = vms.slice(0, GUESTS_MAX).map(
        (vm, ordinal): GuestShare => ({
          inode,
          vms: ordinal === GUESTS_MAX - 1 ? vms.slice(ordinal) : [vm],
          space: firstSpace + all.length + ordinal,
          ordinal,
        }),
      );
      this.byInode.set(inode, shares);
      all.push(...shares);
    }
    this.all = all;
  }

  /** The shares of an inode, empty when one VM at most binds each of its pages. */
  of(inode: number): readonly GuestShare[] {
    return this.byInode.get(inode) ?? NONE;
  }
}

/** True when two VMs bind the same page, be it one after the other. */
function overlapping(slots: readonly SlotInfo[]): boolean {
  // Of the slots that begin before: how far any reaches, and how far any of another VM than that.
  let best = { vm: -1, end: -1 };
  let other = { vm: -1, end: -1 };
  for (const { vm, pgoff, pageCount } of [...slots].sort((a, b) => a.pgoff - b.pgoff)) {
    const end = pgoff + pageCount;
    if ((best.vm !== vm && best.end > pgoff) || (other.vm !== vm && other.end > pgoff)) return true;
    if (vm === best.vm) best.end = Math.max(best.end, end);
    else if (end > best.end) [other, best] = [best, { vm, end }];
    else if (end > other.end) other = { vm, end };
  }
  return false;
}

/** How far the atoms of a share lie behind those of its inode. */
export function shareShift(atoms: Atoms, share: GuestShare): number {
  return atoms.spaceStart[share.space]! - atoms.spaceStart[share.inode]!;
}

/** True when a finding may be shown at a VM (-1: at all of them): it is not about the frames of another. */
export function isOfVm({ pages }: Finding, vm: number): boolean {
  return vm < 0 || pages === undefined || pages.unit !== 'gfn' || pages.vm < 0 || pages.vm === vm;
}

/** Part of a share, as atoms of its space. */
export interface GuestRange {
  readonly share: GuestShare;
  readonly from: number;
  readonly until: number;
}

/**
 * What VMs have of the atoms [from, until): of one VM, or with -1 of all. Empty where no page is bound by
 * several.
 */
export function guestRanges(
  guests: GuestShares,
  atoms: Atoms,
  from: number,
  until: number,
  vm: number,
): readonly GuestRange[] {
  const out: GuestRange[] = [];
  for (const share of guests.all) {
    if (vm >= 0 && !share.vms.includes(vm)) continue;
    const first = Math.max(from, atoms.spaceStart[share.inode]!);
    const end = Math.min(until, atoms.spaceStart[share.inode + 1]!);
    const shift = shareShift(atoms, share);
    if (first < end) out.push({ share, from: first + shift, until: end + shift });
  }
  return out;
}

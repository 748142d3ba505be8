/** The record of a present leaf SPTE, and of what waits to be sure of it. */

import type { Gfn, Pfn } from '../../parsers/base/units.js';

/** What an event that installs a leaf SPTE tells of it. */
export interface Install {
  readonly gfn: Gfn;
  readonly level: number;
  readonly asId: number;
  readonly pfn: Pfn;
  readonly row: number;
  /** 1 private, 0 shared, -1 unknown: the side of the fault that installed it. */
  readonly side: number;
  /** 1 mirror root, 0 direct root, -1 unknown. */
  readonly root: number;
  readonly vmSure: boolean;
}

/** A leaf SPTE that is present. What can change may be asked and said only as long as it is. */
export interface SpteRec extends Install {
  root: number;
  /** Another install of the same leaf followed: another root holds it too, or a zap went unseen. */
  doubtful: boolean;
  /** The next record of the same leaf, in another root. */
  readonly next: SpteRec | undefined;
  /** A check waits for the next event of this SPTE to prove that it was present all along. */
  await(waiter: SpteWaiter, check: number): void;
  /** Tells those that wait, in their order, that it was present until `row`, or may not have been. */
  settle(wasPresent: boolean, row: number): void;
}

/** A leaf SPTE that an event told to be there, without one that shows it change. */
export interface ToldSpte {
  readonly gfn: Gfn;
  readonly level: number;
  readonly pfn: Pfn;
}

/** Whose judgements stand unless an SPTE turns out to have gone unseen; it knows each by a number. */
export interface SpteWaiter {
  settled(check: number, wasPresent: boolean, row: number): void;
}

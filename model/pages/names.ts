/** Which VM or file a name means at a row: kernel pointers and inode numbers are used again. */
import type { Analysis } from '../analysis.js';

/** One that has the name from a row on. */
interface Life {
  readonly fromRow: number;
}

/** Index of the last that has begun by `row`, else of the first; -1 when none has the name. */
function lifeAt<T extends Life>(all: readonly T[], hasName: (one: T) => boolean, row: number): number {
  let found = -1;
  for (let i = 0; i < all.length; i++)
    if (hasName(all[i]!) && (found < 0 || all[i]!.fromRow <= row)) found = i;
  return found;
}

/** Index of the VM that a kvm pointer means at a row, -1 for none. */
export function vmNamed(analysis: Analysis, kvm: bigint, row: number): number {
  return lifeAt(analysis.vms, (vm) => vm.kvm === kvm, row);
}

/**
 * Index of the file that an inode number means at a row, -1 for none: an event without a number says nothing
 * of a file whose number the trace does not show.
 */
export function inodeNamed(analysis: Analysis, ino: number, row: number): number {
  return ino < 0 ? -1 : lifeAt(analysis.inodes, (inode) => inode.ino === ino, row);
}

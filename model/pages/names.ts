/** Which VM or file a name means at a row: kernel pointers and inode numbers are used again. */
import { groupedBy } from '../../parsers/base/grouped.js';
import { onceOf } from '../../parsers/base/onceOf.js';
import type { Analysis } from '../analysis.js';

/** One that has the name from a row on. */
interface Life {
  readonly fromRow: number;
}

/** Indexes of the VMs that have a kvm pointer, and of the files that have a number. */
const namedIn = onceOf(({ vms, inodes }: Analysis) => ({
  vms: groupedBy(vms.keys(), (i) => vms[i]!.kvm),
  inodes: groupedBy(inodes.keys(), (i) => inodes[i]!.ino),
}));

/** The last of these that has begun by `row`, else the first; -1 where there is none. */
function lifeAt(all: readonly Life[], having: readonly number[] | undefined, row: number): number {
  let found = -1;
  for (const i of having ?? []) if (found < 0 || all[i]!.fromRow <= row) found = i;
  return found;
}

/** Index of the VM that a kvm pointer means at a row, -1 for none. */
export function vmNamed(analysis: Analysis, kvm: bigint, row: number): number {
  return lifeAt(analysis.vms, namedIn(analysis).vms.get(kvm), row);
}

/**
 * Index of the file that an inode number means at a row, -1 for none: an event without a number says nothing
 * of a file whose number the trace does not show.
 */
export function inodeNamed(analysis: Analysis, ino: number, row: number): number {
  return ino < 0 ? -1 : lifeAt(analysis.inodes, namedIn(analysis).inodes.get(ino), row);
}

/**
 * How a watch is named, so that a client can keep it: `gfn:0:0x100:16:attribute` (VM, first, count) or
 * `pgoff:0:0x100:16:refs` (inode, first, count).
 */
import type { PageRange } from '../../model/findings/finding.js';

/** The parts of a name; `subject` is the VM or the inode, `fact` what is watched, `state` for everything. */
export interface WatchName {
  readonly unit: 'gfn' | 'pgoff';
  readonly subject: number;
  readonly first: number;
  readonly count: number;
  readonly fact: string;
}

export function watchId({ unit, subject, first, count, fact }: WatchName): string {
  return `${unit}:${subject}:0x${first.toString(16)}:${count}:${fact}`;
}

/**
 * The watch on the whole state of a range of pages;
 * '' where the range belongs to no VM or file that is known.
 */
export function watchIdOfRange({ unit, vm, inode, first, count }: PageRange): string {
  const subject = unit === 'gfn' ? vm : inode;
  return subject < 0 ? '' : watchId({ unit, subject, first, count, fact: 'state' });
}

/** Pages, files and conversions in the words of findings. */
import { rangeText } from '../pages/pageText.js';
import { hex } from '../pages/state.js';
import type { Conv, Inode } from '../world/state.js';

/** `gfn 0x10` or `pages 0x4..0x7`: so many of them from the first on. */
export function pagesText(first: number, count: number, unit: 'gfn' | 'page'): string {
  return rangeText(unit, first, count);
}

/** A kernel pointer of which the model keeps the low 48 bits, in full: kernel addresses are canonical. */
export function pointerText(pointer: number): string {
  return `0xffff${pointer.toString(16).padStart(12, '0')}`;
}

/** The file of a finding, by its inode number or, in trees that give none, by its file pointer. */
export function inodeText(inode: Inode): string {
  return inode.ino >= 0 ? `inode ${inode.ino}` : `file ${hex(inode.file)}`;
}

/** The range of a conversion, with its object. */
export function convText(conv: Conv): string {
  const range = pagesText(conv.first, conv.end - conv.first, conv.scope === 'vm' ? 'gfn' : 'page');
  return conv.scope === 'inode' && conv.inode ? `${range} of ${inodeText(conv.inode)}` : range;
}

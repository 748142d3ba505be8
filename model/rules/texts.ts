/** Pages, files and conversions in the words of findings. */
import { rangeText } from '../pages/pageText.js';
import type { Conv, Inode } from '../world/state.js';

/** A pointer into the kernel's image, of which the model keeps the low 52 bits, in full. */
export function pointerText(pointer: number): string {
  return `0xfff${pointer.toString(16).padStart(13, '0')}`;
}

/** The file of a finding, by its inode number or, in trees that give none, by its file pointer. */
export function inodeText(inode: Inode): string {
  return inode.ino >= 0 ? `inode ${inode.ino}` : `file ${pointerText(inode.file)}`;
}

/** The range of a conversion, with its object. */
export function convText(conv: Conv): string {
  const range = rangeText(conv.scope === 'vm' ? 'gfn' : 'page', conv.first, conv.end - conv.first);
  return conv.scope === 'inode' && conv.inode ? `${range} of ${inodeText(conv.inode)}` : range;
}

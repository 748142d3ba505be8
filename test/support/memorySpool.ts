/** A spool in memory, with room for so many bytes, which can be read so many times. */
import type { Spool } from '../../parsers/base/spool.js';

export function memorySpool(room = Infinity, reads = Infinity): Spool {
  const all: number[] = [];
  let left = reads;
  return {
    add(bytes) {
      if (all.length + bytes.length > room) return false;
      for (const byte of bytes) all.push(byte);
      return true;
    },
    read: (offset, length) => (left-- > 0 ? Uint8Array.from(all.slice(offset, offset + length)) : undefined),
    close() {
      all.length = 0;
    },
  };
}

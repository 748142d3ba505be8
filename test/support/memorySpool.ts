/** A spool in memory, with room for so many bytes. */
import type { Spool } from '../../parsers/base/spool.js';

export function memorySpool(room = Infinity): Spool {
  const all: number[] = [];
  return {
    add(bytes) {
      if (all.length + bytes.length > room) return false;
      for (const byte of bytes) all.push(byte);
      return true;
    },
    read: (offset, length) => Uint8Array.from(all.slice(offset, offset + length)),
    close() {
      all.length = 0;
    },
  };
}

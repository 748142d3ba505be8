/** Entries of the cache in memory, and damaged ones. */
import { crc32 } from '../../shell/crc32.js';
import { PackReader, PackWriter } from '../../shell/cache/pack.js';

/** The bytes of a pack that `write` fills. */
export function packed(write: (pack: PackWriter) => unknown, about = ''): Uint8Array {
  const pieces: Uint8Array[] = [];
  const pack = new PackWriter((bytes) => pieces.push(bytes.slice()), crc32);
  write(pack);
  pack.end(about);
  return new Uint8Array(Buffer.concat(pieces));
}

export function opened(bytes: Uint8Array): PackReader | undefined {
  const read = (into: Uint8Array, at: number): boolean => {
    const piece = bytes.subarray(at, at + into.length);
    into.set(piece);
    return piece.length === into.length;
  };
  return PackReader.open(bytes.length, read, crc32);
}

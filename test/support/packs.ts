/** Entries of the cache in memory, and damaged ones. */
import { allSteps } from '../../parsers/base/steps.js';
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

const END_BYTES = 32;

/** The same pack with some of its parts changed, and the checksums of what it has now. */
export function rewritten(
  bytes: Uint8Array,
  change: (name: string, part: Uint8Array) => Uint8Array,
): Uint8Array {
  const end = new DataView(bytes.buffer, bytes.byteOffset + bytes.length - END_BYTES);
  const at = end.getFloat64(0, true);
  const list = new TextDecoder().decode(bytes.subarray(at, at + end.getUint32(8, true)));
  const { about, parts } = JSON.parse(list) as {
    readonly about: string;
    readonly parts: readonly (readonly [string, { readonly at: number; readonly bytes: number }])[];
  };
  const names = new Set(parts.map(([name]) => name));
  return packed((pack) => {
    for (const [name, part] of parts) {
      if (name.endsWith('.sums')) continue;
      const now = change(name, bytes.slice(part.at, part.at + part.bytes));
      if (names.has(`${name}.sums`)) allSteps(pack.addInPieces(name, [now]));
      else pack.add(name, now);
    }
  }, about);
}

/** Compressed files and archives, known by their first bytes. */

/** Compressions that a trace may come in. */
export type StreamCodec = 'gzip' | 'zstd' | 'xz' | 'bzip2';

const MAGICS: readonly (readonly [StreamCodec, readonly number[]])[] = [
  ['gzip', [0x1f, 0x8b, 0x08]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  // The block's magic follows the level: `BZh9` alone may begin a text.
  ['bzip2', [0x42, 0x5a, 0x68]],
];
const BZIP2_BLOCK = [0x31, 0x41, 0x59, 0x26, 0x53, 0x59];
const BZIP2_END = [0x17, 0x72, 0x45, 0x38, 0x50, 0x90];

/** Compressions that are known but not read. */
const OTHERS: readonly (readonly [string, readonly number[]])[] = [
  ['lz4', [0x04, 0x22, 0x4d, 0x18]],
  ['lzip', [0x4c, 0x5a, 0x49, 0x50, 0x01]],
  ['lzop', [0x89, 0x4c, 0x5a, 0x4f, 0x00]],
  ['compress', [0x1f, 0x9d]],
];

const ARCHIVES: readonly (readonly [string, readonly number[]])[] = [
  ['zip', [0x50, 0x4b, 0x03, 0x04]],
  ['zip', [0x50, 0x4b, 0x05, 0x06]],
  ['7z', [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c]],
  ['rar', [0x52, 0x61, 0x72, 0x21, 0x1a, 0x07]],
  ['cpio', [0x30, 0x37, 0x30, 0x37, 0x30, 0x31]],
];
const USTAR = [0x75, 0x73, 0x74, 0x61, 0x72];
const USTAR_AT = 257;

/** How these first bytes are compressed; undefined for everything else. */
export function compressionOf(head: Uint8Array): StreamCodec | undefined {
  if (isSkippable(head)) return 'zstd';
  const codec = MAGICS.find(([, magic]) => startsWith(head, magic))?.[0];
  if (codec === 'bzip2' && !startsWith(head, BZIP2_BLOCK, 4) && !startsWith(head, BZIP2_END, 4))
    return undefined;
  return codec;
}

/** The name of a compression that is known but not read; undefined for everything else. */
export function otherCompression(head: Uint8Array): string | undefined {
  return OTHERS.find(([, magic]) => startsWith(head, magic))?.[0];
}

/** What kind of archive begins so; undefined for everything else. */
export function archiveOf(head: Uint8Array): string | undefined {
  if (startsWith(head, USTAR, USTAR_AT)) return 'tar';
  return ARCHIVES.find(([, magic]) => startsWith(head, magic))?.[0];
}

/** A zstd file may begin with a skippable frame: 0x184d2a50 to 0x184d2a5f, little-endian. */
function isSkippable(head: Uint8Array): boolean {
  return head.length >= 8 && (head[0]! & 0xf0) === 0x50 && startsWith(head, [0x2a, 0x4d, 0x18], 1);
}

function startsWith(head: Uint8Array, magic: readonly number[], at = 0): boolean {
  return head.length >= at + magic.length && magic.every((byte, i) => head[at + i] === byte);
}

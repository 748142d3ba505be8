/** Decompression through what the shell injected, with the checks that a lying length needs. */
import type { IssueLog } from '../events/issues.js';
import type { ReadOptions } from '../reader.js';
import type { Compression } from './model.js';

/** zstd and zlib shrink zeroed pages about this much at best; a larger claim is a lie. */
const RATIO_LIMIT = 4096;
const SLACK_BYTES = 1 << 16;
/** Larger than any section that trace-cmd writes. */
const PLAIN_LIMIT = 256 << 20;

/** False when `size` bytes cannot hold `plainSize` compressed ones. */
export function isPlausible(size: number, plainSize: number): boolean {
  return plainSize <= PLAIN_LIMIT && plainSize <= size * RATIO_LIMIT + SLACK_BYTES;
}

/**
 * The plain bytes; undefined, with an issue at `offset`, when they cannot be had. The result is the caller's
 * to keep; it may be in the room that is given for it.
 */
export function decompress(
  bytes: Uint8Array,
  plainSize: number,
  compression: Compression,
  options: ReadOptions,
  issues: IssueLog,
  offset: number,
  room?: Uint8Array,
): Uint8Array | undefined {
  const codec = { zstd: options.unzstd, zlib: options.inflate, none: undefined, unknown: undefined }[
    compression
  ];
  if (!codec) {
    issues.tally('unsupported-compression', offset, 0, compression);
    return undefined;
  }
  if (!isPlausible(bytes.length, plainSize)) {
    issues.add('decompress-failed', offset, 0, `${bytes.length} bytes said to hold ${plainSize}`);
    return undefined;
  }
  try {
    const plain = codec(bytes, plainSize, room);
    if (plain.length === plainSize) return plain;
    issues.add('decompress-failed', offset, 0, `${plain.length} bytes of ${plainSize}`);
    return plain.length < plainSize ? plain : plain.subarray(0, plainSize);
  } catch (error) {
    // Decompressors throw on damaged content; that is a property of the input.
    issues.add('decompress-failed', offset, 0, error instanceof Error ? error.message : String(error));
    return undefined;
  }
}

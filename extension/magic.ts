/**
 * Traces that are shown as listings, and compressed files, known by their first bytes.
 * Pure; the readers' own sniffing decides in the end.
 */
import { compressionOf } from '../parsers/compressed/detect.js';
import { sniffPackets } from '../parsers/perfetto/sniff.js';

/** Bytes that are enough to tell. */
export const MAGIC_BYTES = 256;

/**
 * What a binary trace begins with: trace.dat, perf.data in both byte orders,
 * and a recording of QEMU's simple backend.
 */
const BEGINNINGS: readonly (readonly number[])[] = [
  [0x17, 0x08, 0x44, 0x74, 0x72, 0x61, 0x63, 0x69, 0x6e, 0x67],
  [0x50, 0x45, 0x52, 0x46, 0x49, 0x4c, 0x45, 0x32],
  [0x32, 0x45, 0x4c, 0x49, 0x46, 0x52, 0x45, 0x50],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xb4, 0x29, 0xa4, 0x0a, 0xcb, 0x77, 0xb1, 0xf2],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xf2, 0xb1, 0x77, 0xcb, 0x0a, 0xa4, 0x29, 0xb4],
];

/** The member that `perf data convert --to-json` writes first. */
const PERF_JSON = /^\{\s*"linux-perf-json-version"/;

/**
 * `trace`: a binary one, or one whose text has many lines for an event; `compressed`, and `packets`, which
 * Perfetto writes without a magic: the content must be looked into; undefined for everything else.
 */
export function binaryKind(head: Uint8Array): 'trace' | 'compressed' | 'packets' | undefined {
  if (BEGINNINGS.some((beginning) => beginning.every((byte, i) => head[i] === byte))) return 'trace';
  if (isPerfJson(new TextDecoder('latin1').decode(head.subarray(0, MAGIC_BYTES)))) return 'trace';
  if (compressionOf(head) !== undefined) return 'compressed';
  return sniffPackets(head) > 0 ? 'packets' : undefined;
}

/** True for what begins as a recording of perf does in JSON. */
export function isPerfJson(beginning: string): boolean {
  return PERF_JSON.test(beginning);
}

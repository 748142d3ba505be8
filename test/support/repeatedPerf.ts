/** A perf.data of any size: samples of a small one again and again, each time later by what it took. */
import assert from 'node:assert/strict';
import { MemorySource } from '../../parsers/base/source.js';
import { IssueLog } from '../../parsers/events/issues.js';
import { RECORD_FINISHED_ROUND, RECORD_HEADER_BYTES, RECORD_SAMPLE } from '../../parsers/perf/abi.js';
import { PerfInfo, readContainer } from '../../parsers/perf/container.js';

/** Places in the file's header: the bytes of its records, and which sections follow these. */
const DATA_BYTES_AT = 48;
const FEATURES_AT = 72;
const FEATURE_WORDS = 4;
/** Of each section there is where it begins, and its bytes. */
const SECTION_BYTES = 16;
const PAUSE_NS = 1_000_000n;

/** `file` is little-endian, no pipe's, and not compressed. */
export function repeatedPerf(file: Uint8Array, times: number): Uint8Array {
  const info = new PerfInfo(false, new IssueLog());
  const range = readContainer(new MemorySource(file), info);
  assert.ok(range && !range.isPipe);
  const { start, end } = range;
  const view = viewOf(file);
  const kept: Uint8Array[] = [];
  /** Places of samples' times among the records that are kept. */
  const timesAt: number[] = [];
  let length = 0;
  for (let at = start; at < end; at += view.getUint16(at + 6, true)) {
    const type = view.getUint32(at, true);
    const size = view.getUint16(at + 6, true);
    assert.ok(size >= RECORD_HEADER_BYTES);
    if (type !== RECORD_SAMPLE && type !== RECORD_FINISHED_ROUND) continue;
    if (type === RECORD_SAMPLE) timesAt.push(length + info.layoutOf(view, at, size)!.time);
    kept.push(file.subarray(at, at + size));
    length += size;
  }
  const again = Buffer.concat(kept);
  const stamps = timesAt.map((at) => again.readBigUInt64LE(at)).sort((a, b) => (a < b ? -1 : 1));
  const span = stamps.at(-1)! - stamps[0]! + PAUSE_NS;
  const added = (times - 1) * length;
  const out = Buffer.concat([
    file.subarray(0, end),
    ...Array.from({ length: times - 1 }, (_, i) => later(again, timesAt, span * BigInt(i + 1))),
    file.subarray(end),
  ]);
  out.writeBigUInt64LE(BigInt(end - start + added), DATA_BYTES_AT);
  for (let section = 0; section < sections(out); section++) {
    const at = end + added + section * SECTION_BYTES;
    out.writeBigUInt64LE(out.readBigUInt64LE(at) + BigInt(added), at);
  }
  return out;
}

function later(records: Buffer, timesAt: readonly number[], by: bigint): Buffer {
  const copy = Buffer.from(records);
  for (const at of timesAt) copy.writeBigUInt64LE(copy.readBigUInt64LE(at) + by, at);
  return copy;
}

function sections(file: Buffer): number {
  let count = 0;
  for (let word = 0; word < FEATURE_WORDS; word++)
    for (let bits = file.readBigUInt64LE(FEATURES_AT + 8 * word); bits !== 0n; bits &= bits - 1n) count++;
  return count;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

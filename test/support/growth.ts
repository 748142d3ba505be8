/** A text as a file that is written to while it is read: cut where it was at one time, and at a later one. */
import type { Random } from '../fuzz/harness.js';
import { MemorySource, type ByteSource } from '../../parsers/base/source.js';
import { Segment, SEGMENT_ROWS } from '../../parsers/events/segment.js';
import { EventTable } from '../../parsers/events/table.js';

/** A file whose content changes. */
export class ChangingFile {
  bytes = new Uint8Array(0);

  /** The file as it is now. */
  source(): ByteSource {
    return new MemorySource(this.bytes);
  }
}

/** Lengths at which a text is looked at, the last of which is all of it. */
export function lengthsOf(bytes: Uint8Array, random: Random): readonly number[] {
  // From here on it is not twice as long again, at which it would be read whole.
  const first = Math.floor(bytes.length / 2) + 1;
  const count = 1 + random.below(LOOKS_MAX);
  const cuts = Array.from({ length: count }, () => first + random.below(bytes.length - first));
  return [...new Set([...cuts, bytes.length])].sort((a, b) => a - b);
}

const LOOKS_MAX = 5;
const TAKEN_MAX = 400;

/** The text with some bytes taken out somewhere in half of the cases. */
export function torn(bytes: Uint8Array, random: Random): Uint8Array {
  if (random.below(2) === 0) return bytes;
  const from = random.below(bytes.length);
  const until = Math.min(bytes.length, from + random.below(TAKEN_MAX));
  return Buffer.concat([bytes.subarray(0, from), bytes.subarray(until)]);
}

/** The first rows of a table, with what is missing before them, as a table that shares its rows. */
export function firstRows(table: EventTable, rows: number): EventTable {
  const count = Math.ceil(rows / SEGMENT_ROWS);
  const segments = table.segments.slice(0, count).map((segment, i) => {
    const length = Math.min(segment.length, rows - i * SEGMENT_ROWS);
    return Object.assign(Object.create(Segment.prototype) as Segment, segment, { length });
  });
  const losses = table.losses.filter(({ row }) => row <= rows);
  return new EventTable(rows, segments, table.meta, table.names, table.comms, [], losses, [], table.unread);
}

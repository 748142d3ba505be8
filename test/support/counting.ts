/** What the work on a trace costs in counts that are the same on every machine. */
import type { ByteSource } from '../../parsers/base/source.js';
import { withMarks, type EventTable } from '../../parsers/events/table.js';
import type { Segment } from '../../parsers/events/segment.js';

const BLOCK_SHIFT = 12;

/** A source that counts what is read of it. */
export class CountedSource implements ByteSource {
  /** Bytes that were read, those that were read twice twice. */
  bytesRead = 0;
  private readonly timesOf: Uint32Array;

  constructor(private readonly bytes: Uint8Array) {
    this.timesOf = new Uint32Array(Math.ceil(bytes.length / 2 ** BLOCK_SHIFT));
  }

  get size(): number {
    return this.bytes.length;
  }

  read(offset: number, length: number): Uint8Array {
    const end = Math.min(this.size, offset + length);
    for (let block = offset >>> BLOCK_SHIFT; block * 2 ** BLOCK_SHIFT < end; block++) this.timesOf[block]!++;
    this.bytesRead += Math.max(0, end - offset);
    return this.bytes.subarray(offset, end);
  }

  /** How often the middle one of the blocks behind a byte was read from, by how often each was. */
  passesBehind(offset: number): number {
    const times = [...this.timesOf.subarray(offset >>> BLOCK_SHIFT)].sort((a, b) => a - b);
    return times[times.length >>> 1] ?? 0;
  }
}

/** The table, and how often its last segment was asked for: once by each pass over all of its rows. */
export function countedTable(table: EventTable): { readonly table: EventTable; passes(): number } {
  let asked = 0;
  const last = String(table.segments.length - 1);
  const segments = new Proxy(table.segments, {
    get(target, key): unknown {
      if (key === last) asked++;
      return Reflect.get(target, key) as unknown;
    },
  });
  const counted = withMarks(table, {});
  Object.assign(counted, { segments } satisfies { segments: readonly Segment[] });
  return { table: counted, passes: () => asked };
}

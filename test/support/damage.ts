/**
 * Damaged traces: what must hold of any reader, whatever the bytes. Failures come back
 * as seeds, so that a canary can demand one.
 */
import { NEVER_CANCELLED } from '../../parsers/base/cancel.js';
import { MemorySource } from '../../parsers/base/source.js';
import type { OpenTrace, ReadOptions, TraceFormat } from '../../parsers/reader.js';
import { mutate } from './mutate.js';

/** Half of the damage falls into so many bytes at the start. */
const HEAD = 4096;
const SLOW_MS = 5000;

/** Decompressors, as the shells inject them. */
export type Codecs = Partial<ReadOptions>;

export interface Limits {
  /** Rows that a byte of the file may become at the most. */
  readonly rowsPerByte: number;
  /** Whether a row's time is sound. */
  readonly isTime: (ts: number) => boolean;
}

export function readBytes(format: TraceFormat, bytes: Uint8Array, codecs: Codecs): OpenTrace {
  return format.read(new MemorySource(bytes), { cancel: NEVER_CANCELLED, ...codecs });
}

/** What is wrong with how `format` reads the damaged bytes; undefined for nothing. */
export function verdict(
  format: TraceFormat,
  bytes: Uint8Array,
  codecs: Codecs,
  limits: Limits,
): string | undefined {
  const started = performance.now();
  try {
    const trace = readBytes(format, bytes, codecs);
    const { table } = trace;
    for (const row of [0, table.length >> 1, table.length - 1])
      if (row >= 0 && row < table.length) trace.describe(row);
    if (table.length > bytes.length * limits.rowsPerByte)
      return `${table.length} rows of ${bytes.length} bytes`;
    for (let row = 0; row < table.length; row++) {
      if (!limits.isTime(table.ts(row)) || table.nameId(row) >= table.names.size)
        return `row ${row} is not whole`;
    }
    for (const loss of table.losses) if (loss.row > table.length) return `loss at row ${loss.row}`;
    for (const stack of table.stacks) if (stack.row >= table.length) return `stack of row ${stack.row}`;
    if (table.length === 0 && table.issues.length === 0) return 'neither rows nor issues';
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : 'threw';
  }
  const took = performance.now() - started;
  return took > SLOW_MS ? `took ${took} ms` : undefined;
}

/** Reads `runs` damaged forms of the bytes, or the one of $SEED; returns what was wrong, one line a seed. */
export function fuzzFormat(
  format: TraceFormat,
  bytes: Uint8Array,
  codecs: Codecs,
  limits: Limits,
  runs: number,
): readonly string[] {
  const one = process.env['SEED'];
  const seeds = one === undefined ? Array.from({ length: runs }, (_, i) => i + 1) : [Number(one)];
  return seeds.flatMap((seed) => {
    const wrong = verdict(format, mutate(bytes, seed, HEAD), codecs, limits);
    return wrong === undefined ? [] : [`SEED=${seed}: ${wrong}`];
  });
}

/** A reader that throws on some content: what finds nothing in it finds nothing anywhere. */
export function throwing(format: TraceFormat): TraceFormat {
  return {
    ...format,
    read: (source, options) => {
      if (source.size % 8 !== 0) throw new RangeError('canary');
      return format.read(source, options);
    },
  };
}

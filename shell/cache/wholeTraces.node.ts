/** Traces that are kept whole, for whoever looks into them: the debugger and the editor. */
import type { Hash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Analysis } from '../../model/analysis.js';
import { openLines } from '../../parsers/registry.js';
import type { ByteSource } from '../../parsers/base/source.js';
import type { EventTable } from '../../parsers/events/table.js';
import type { OpenTrace } from '../../parsers/reader.js';
import type { Whole } from './reportParts.js';
import { readTraceParts, writeTrace } from './traceParts.js';
import type { Sighting, TraceCache } from './traceCache.node.js';

/** A trace that was read and judged before. */
export interface KeptTrace extends Whole {
  readonly open: OpenTrace;
  /** Digest of its file when it was read. */
  readonly digest: string;
  /** What else whoever kept it wanted to know. */
  readonly note: string;
  /** It is not what its file is: it is thrown away. */
  drop(): void;
  close(): void;
}

/** How a trace is read after all, with its analysis. */
export interface Reread {
  readonly open: OpenTrace;
  readonly analysis: Analysis;
}

/** The entry of a trace; undefined where there is none. `reread` is asked for what no entry has. */
export function findTrace(
  cache: TraceCache,
  sighting: Sighting,
  source: ByteSource,
  reread: () => Reread,
): KeptTrace | undefined {
  const entry = cache.find(sighting);
  if (!entry) return undefined;
  let read: Reread | undefined;
  const all = (): Reread => (read ??= reread());
  const known = readTraceParts(entry.pack, () => ({ table: all().open.table, analysis: all().analysis }));
  const digest = entry.pack.text('digest');
  const note = entry.pack.text('note') ?? '';
  const isByLines = entry.pack.text('texts') === 'by lines';
  const open = known && openAgain(known.table, isByLines ? source : undefined, () => all().open);
  if (known && open && digest !== undefined)
    return { ...known, open, digest, note, drop: () => entry.drop(), close: () => entry.close() };
  entry.drop();
  return undefined;
}

/** Texts of rows are read where they stand, or with all of the trace at the first question. */
function openAgain(
  table: EventTable,
  lines: ByteSource | undefined,
  all: () => OpenTrace,
): OpenTrace | undefined {
  if (lines) return openLines(lines, table);
  return {
    table,
    describe: (row, part) => all().describe(row, part),
    symbolOf: (address) => all().symbolOf?.(address),
    bytesAt: (row, offset, length) => all().bytesAt?.(row, offset, length) ?? new Uint8Array(0),
  };
}

/** What else is kept of a trace: the digest of its file, or how it is made, and a word of the keeper. */
export interface KeptFacts {
  readonly digest: string | (() => Generator<undefined, string>);
  readonly note: string;
}

/**
 * Keeps a trace in steps. What was mended, or was compressed as a whole, is not kept: its places are those of
 * a content that has to be made again. The trace is asked for texts before this returns, and not behind that.
 */
export function keepTrace(
  cache: TraceCache,
  sighting: Sighting,
  source: ByteSource,
  { open, analysis }: Reread,
  { digest, note }: KeptFacts,
): Generator<undefined, boolean> {
  const isKept = !open.plain && !open.mended && open.table.length > 0;
  const texts = isKept && isByLines(source, open) ? 'by lines' : '';
  function* steps(): Generator<undefined, boolean> {
    if (!isKept) return false;
    return yield* cache.keeping(sighting, ['report', 'events'], function* (pack) {
      const isWhole = yield* writeTrace(pack, open.table, analysis);
      if (!isWhole) return false;
      pack.addText('texts', texts);
      pack.addText('digest', typeof digest === 'string' ? digest : yield* digest());
      pack.addText('note', note);
      return true;
    });
  }
  return steps();
}

const DIGEST_CHUNK_BYTES = 4 << 20;

/** SHA-256 of a whole file, some megabytes a step. */
export function* digestInSteps(source: ByteSource, sum: Hash): Generator<undefined, string> {
  for (let at = 0; at < source.size; at += DIGEST_CHUNK_BYTES) {
    sum.update(source.read(at, DIGEST_CHUNK_BYTES));
    yield;
  }
  return sum.digest('hex');
}

/** True where the format finds the texts of rows without having read the trace. */
function isByLines(source: ByteSource, open: OpenTrace): boolean {
  const { table } = open;
  const again = openLines(source, table);
  const rows = [0, table.length >>> 1, table.length - 1];
  return (
    again !== undefined && rows.every((row) => isDeepStrictEqual(again.describe(row), open.describe(row)))
  );
}

/** Traces that are kept whole, for whoever looks into them: the debugger and the editor. */
import type { Hash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Analysis } from '../../model/analysis.js';
import { NEVER_CANCELLED } from '../../parsers/base/cancel.js';
import { PlainSource } from '../../parsers/compressed/plainSource.js';
import { openContentLines, openLines, openRecords } from '../../parsers/registry.js';
import { parsed, whole } from '../../parsers/base/shape.js';
import type { ByteSource } from '../../parsers/base/source.js';
import type { EventTable } from '../../parsers/events/table.js';
import type { OpenTrace, ReadOptions } from '../../parsers/reader.js';
import { giveVendor, vendorOfTrace } from '../../parsers/told.js';
import type { PackReader, PackWriter } from './pack.js';
import { readTraceParts, writeTrace, type KeptWhole } from './traceParts.js';
import type { Sighting, TraceCache } from './traceCache.node.js';

/** A trace that was read and judged before. */
export interface KeptTrace extends KeptWhole {
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

/** How the texts of rows are found again, as an entry says it; '' where all of the trace is read for them. */
type TextsBy = 'by lines' | typeof OF_CONTENT | 'by records' | '';

const OF_CONTENT = 'by lines of content';

/** An entry that holds these is of a whole trace. */
const EVENTS = 'events';

/** What it takes to find a trace. */
export interface Finder {
  readonly source: ByteSource;
  /** What is in a trace may be compressed. */
  readonly codecs: Omit<ReadOptions, 'cancel'>;
  /** Is asked for what no entry has. */
  reread(): Reread;
}

/** The entry of a trace; undefined where there is none. */
export function findTrace(
  cache: TraceCache,
  sighting: Sighting,
  { source, codecs, reread }: Finder,
): KeptTrace | undefined {
  const entry = cache.find(sighting);
  if (!entry) return undefined;
  if (!entry.about.holds.includes(EVENTS)) {
    // A report alone, which serves others.
    entry.close();
    return undefined;
  }
  let read: Reread | undefined;
  const all = (): Reread => (read ??= reread());
  const known = readTraceParts(entry.pack, () => ({ table: all().open.table, analysis: all().analysis }));
  const digest = entry.pack.text('digest');
  const note = entry.pack.text('note') ?? '';
  const by = entry.pack.text('texts');
  const options = { ...codecs, cancel: NEVER_CANCELLED };
  const records = (table: EventTable): OpenTrace | undefined =>
    by === 'by records' ? openRecords(source, options, table, placesIn(entry.pack)) : undefined;
  const bytes = parsed(whole(0), entry.pack.text('content') ?? '');
  let open: OpenTrace | undefined;
  if (known && by === 'by lines') open = openLines(source, known.table);
  else if (known && by === OF_CONTENT && bytes !== undefined)
    open = openContentLines(source, options, known.table, bytes);
  else if (known && by !== OF_CONTENT)
    open = openLater(known.table, () => records(known.table) ?? all().open);
  if (known && open && digest !== undefined) {
    giveVendor(open.table, entry.pack.text('vendor') ?? '');
    return { ...known, open, digest, note, drop: () => entry.drop(), close: () => entry.close() };
  }
  entry.drop();
  return undefined;
}

/** Texts of rows are looked for at the first question. */
function openLater(table: EventTable, find: () => OpenTrace): OpenTrace {
  let found: OpenTrace | undefined;
  const open = (): OpenTrace => (found ??= find());
  return {
    table,
    describe: (row, part) => open().describe(row, part),
    symbolOf: (address) => open().symbolOf?.(address),
    *spoolInto(spool) {
      yield* open().spoolInto?.(spool) ?? [];
    },
    bytesAt: (row, offset, length) => open().bytesAt?.(row, offset, length) ?? new Uint8Array(0),
  };
}

/** Where records lie, as it was kept; none where it is damaged. */
function placesIn(pack: PackReader): readonly Float64Array[] {
  const places: Float64Array[] = [];
  for (let i = 0; pack.has(`places.${i}`); i++) {
    const bytes = pack.bytes(`places.${i}`);
    if (!bytes || bytes.byteLength % Float64Array.BYTES_PER_ELEMENT !== 0) return [];
    places.push(new Float64Array(bytes));
  }
  return places;
}

function* writePlaces(pack: PackWriter, { recordPlaces }: OpenTrace): Generator<undefined, void> {
  for (const [i, part] of (recordPlaces?.() ?? []).entries()) {
    pack.add(`places.${i}`, part);
    yield;
  }
}

/** What else is kept of a trace: the digest of its file, or how it is made, and a word of the keeper. */
export interface KeptFacts {
  readonly digest: string | (() => Generator<undefined, string>);
  readonly note: string;
}

/**
 * Keeps a trace in steps. What was mended is not kept, nor what was compressed as a whole and is not at hand:
 * its places are those of a content that has to be made again. The trace is asked for texts before this
 * returns, and not behind that.
 */
export function keepTrace(
  cache: TraceCache,
  sighting: Sighting,
  source: ByteSource,
  { open, analysis }: Reread,
  { digest, note }: KeptFacts,
): Generator<undefined, boolean> {
  const texts = textsBy(source, open);
  const isKept = !open.mended && open.table.length > 0 && !(open.plain && texts === '');
  const vendor = isKept ? vendorOfTrace(open) : '';
  function* steps(): Generator<undefined, boolean> {
    if (!isKept) return false;
    return yield* cache.keeping(sighting, ['report', EVENTS], function* (pack) {
      const isWhole = yield* writeTrace(pack, open.table, analysis);
      if (!isWhole) return false;
      if (texts === 'by records') yield* writePlaces(pack, open);
      pack.addText('texts', texts);
      if (open.plain) pack.addText('content', String(open.plain.size));
      pack.addText('vendor', vendor);
      pack.addText('digest', typeof digest === 'string' ? digest : yield* digest());
      pack.addText('note', note);
      return true;
    });
  }
  return steps();
}

const DIGEST_CHUNK_BYTES = 1 << 20;

/** SHA-256 of a whole file, a megabyte a step. */
export function* digestInSteps(source: ByteSource, sum: Hash): Generator<undefined, string> {
  for (let at = 0; at < source.size; at += DIGEST_CHUNK_BYTES) {
    sum.update(source.read(at, DIGEST_CHUNK_BYTES));
    yield;
  }
  return sum.digest('hex');
}

/** How the format finds the texts of rows without having read the trace. */
function textsBy(source: ByteSource, open: OpenTrace): TextsBy {
  const { table, plain } = open;
  if (table.length === 0 || open.mended) return '';
  // Of a content that is not at hand, each of the texts is a pass over all that is before it.
  if (plain)
    return plain instanceof PlainSource && plain.isAtHand && isByLines(plain, open) ? OF_CONTENT : '';
  if (open.recordPlaces) return 'by records';
  return isByLines(source, open) ? 'by lines' : '';
}

function isByLines(source: ByteSource, open: OpenTrace): boolean {
  const { table } = open;
  const again = openLines(source, table);
  const rows = [0, table.length >>> 1, table.length - 1];
  return rows.every((row) => isDeepStrictEqual(again?.describe(row), open.describe(row)));
}

/**
 * Texts of a kept trace's rows, found again without reading it: in its file, in what is compressed in it, or
 * in what was mended or taken out of a mail, which is kept with the rows.
 */
import { isDeepStrictEqual } from 'node:util';
import { NEVER_CANCELLED } from '../../parsers/base/cancel.js';
import { fields, oneOf, parsed, truth, whole, type Shaped } from '../../parsers/base/shape.js';
import type { ByteSource } from '../../parsers/base/source.js';
import { PlainSource } from '../../parsers/compressed/plainSource.js';
import type { EventTable } from '../../parsers/events/table.js';
import { PASTE_BYTES_MAX } from '../../parsers/paste/open.js';
import { withTable, type OpenTrace, type ReadOptions } from '../../parsers/reader.js';
import { contentOf, openLines, openRecords } from '../../parsers/registry.js';
import type { PackReader, PackWriter } from './pack.js';

/** A file of a trace, and what it takes to read what is in it. */
export interface TraceFile {
  readonly source: ByteSource;
  /** What is in it may be compressed. */
  readonly codecs: Omit<ReadOptions, 'cancel'>;
}

const isWay = fields({
  /** What the rows' places refer to; `kept` is what lies beside the rows. */
  content: oneOf(['file', 'decompressed', 'mended', 'attached'] as const),
  /** Bytes of the content. */
  bytes: whole(0),
  /** Where rows are told neither by their lines nor by their records, all of the trace is read for it. */
  by: oneOf(['lines', 'records', 'reading'] as const),
  hasSymbols: truth,
});
type Way = Shaped<typeof isWay>;

const optionsOf = ({ codecs }: TraceFile): ReadOptions => ({ ...codecs, cancel: NEVER_CANCELLED });

/** Writes what it takes to find texts again, under names that begin with a prefix. */
export type WriteTexts = (pack: PackWriter, prefix: string) => Generator<undefined, void>;

/**
 * What writes it for a trace; undefined where its places are those of a content that is not found again. It
 * is asked for texts before this returns, and not behind that.
 */
export function textsWriter(file: TraceFile, open: OpenTrace): WriteTexts | undefined {
  const { content, again } = contentIn(file, open);
  if (!again) return undefined;
  const way: Way = {
    content,
    bytes: again.size,
    by: byOf(again, open),
    hasSymbols: open.symbolOf !== undefined,
  };
  // It was decompressed for a look at its beginning.
  if (again instanceof PlainSource && again !== open.plain) again.close();
  return function* (pack, prefix) {
    pack.addText(`${prefix}texts`, JSON.stringify(way));
    if (way.by === 'records')
      for (const [i, part] of (open.recordPlaces?.() ?? []).entries()) {
        pack.add(`${prefix}places.${i}`, part);
        yield;
      }
    if (open.mendedLines) pack.add(`${prefix}lines`, open.mendedLines);
    if (content === 'mended' || content === 'attached')
      yield* pack.addInPieces(`${prefix}content`, [again.read(0, again.size)]);
  };
}

/** What the rows' places refer to, as it will be found again. */
function contentIn(
  file: TraceFile,
  { plain, mended }: OpenTrace,
): { readonly content: Way['content']; readonly again: ByteSource | undefined } {
  if (mended) return { content: 'mended', again: mended };
  if (!plain) return { content: 'file', again: file.source };
  const isOfFile = plain instanceof PlainSource && plain.fileBytes === file.source.size;
  const again = isOfFile ? contentOf(file.source, optionsOf(file), plain.size) : undefined;
  if (again) return { content: 'decompressed', again };
  return { content: 'attached', again: plain.size <= PASTE_BYTES_MAX ? plain : undefined };
}

/** How the format finds the texts of rows without having read the trace. */
function byOf(content: ByteSource, open: OpenTrace): Way['by'] {
  if (open.recordPlaces) return 'records';
  const { table } = open;
  if (table.length === 0) return 'reading';
  const lines = openLines(content, table);
  // Of a content that is not at hand, each text is a pass over all that is before it.
  const isFar = content instanceof PlainSource;
  const rows = isFar ? [0] : [0, table.length >>> 1, table.length - 1];
  const isSame = (row: number): boolean => isDeepStrictEqual(lines?.describe(row), open.describe(row));
  return lines && rows.every(isSame) ? 'lines' : 'reading';
}

/**
 * A trace whose table is known, with its texts; undefined where what is kept of them does not go together.
 * `reread` has all of it, for what is not kept or turns out to be damaged.
 */
export function textsIn(
  pack: PackReader,
  prefix: string,
  file: TraceFile,
  table: EventTable,
  reread: () => OpenTrace,
): OpenTrace | undefined {
  const way = parsed(isWay, pack.text(`${prefix}texts`) ?? '');
  const found = way && contentAgain(pack, prefix, file, way, reread);
  if (!found) return undefined;
  const { content, more } = found;
  if (way.by === 'lines') {
    const open = openLines(content, table);
    return open && withTable(open, table, more);
  }
  const records = (): OpenTrace | undefined =>
    way.by === 'records' ? openRecords(content, optionsOf(file), table, placesIn(pack, prefix)) : undefined;
  return { ...openLater(table, () => records() ?? reread(), way.hasSymbols), ...more };
}

type More = Pick<OpenTrace, 'plain' | 'mended' | 'mendedLines'>;

function contentAgain(
  pack: PackReader,
  prefix: string,
  file: TraceFile,
  { content: kind, bytes }: Way,
  reread: () => OpenTrace,
): { readonly content: ByteSource; readonly more: More } | undefined {
  if (kind === 'file') return { content: file.source, more: {} };
  if (kind === 'decompressed') {
    const content = contentOf(file.source, optionsOf(file), bytes);
    return content && { content, more: { plain: content } };
  }
  if (pack.bytesOf(`${prefix}content`) !== bytes) return undefined;
  const whole = (): ByteSource => {
    const { mended, plain } = reread();
    return mended ?? plain ?? file.source;
  };
  const content = new KeptContent(pack, `${prefix}content`, bytes, whole);
  if (kind === 'attached') return { content, more: { plain: content } };
  const lines = pack.bytes(`${prefix}lines`);
  if (!lines || lines.byteLength % Int32Array.BYTES_PER_ELEMENT !== 0) return undefined;
  return { content, more: { mended: content, mendedLines: new Int32Array(lines) } };
}

/** A content that lies in an entry, and is read where it lies. */
class KeptContent implements ByteSource {
  private readonly pieces;

  constructor(
    pack: PackReader,
    name: string,
    readonly size: number,
    private readonly whole: () => ByteSource,
  ) {
    this.pieces = pack.pieces(name);
  }

  read(offset: number, length: number): Uint8Array {
    const wanted = Math.max(0, Math.min(length, this.size - offset));
    return this.pieces.bytes(offset, wanted) ?? this.whole().read(offset, length);
  }
}

/** Texts of rows are looked for at the first question. */
function openLater(table: EventTable, find: () => OpenTrace, hasSymbols: boolean): OpenTrace {
  let found: OpenTrace | undefined;
  const open = (): OpenTrace => (found ??= find());
  return {
    table,
    describe: (row, part) => open().describe(row, part),
    ...(hasSymbols && { symbolOf: (address: bigint) => open().symbolOf?.(address) }),
    *spoolInto(spool) {
      yield* open().spoolInto?.(spool) ?? [];
    },
    bytesAt: (row, offset, length) => open().bytesAt?.(row, offset, length) ?? new Uint8Array(0),
  };
}

/** Where records lie, as it was kept; none where it is damaged. */
function placesIn(pack: PackReader, prefix: string): readonly Float64Array[] {
  const places: Float64Array[] = [];
  for (let i = 0; pack.has(`${prefix}places.${i}`); i++) {
    const bytes = pack.bytes(`${prefix}places.${i}`);
    if (!bytes || bytes.byteLength % Float64Array.BYTES_PER_ELEMENT !== 0) return [];
    places.push(new Float64Array(bytes));
  }
  return places;
}

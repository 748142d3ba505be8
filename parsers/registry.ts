/** The formats that Shimtrace reads, and the one way in: bytes to an open trace. */
import { isAsPrinted } from './asPrinted.js';
import type { ByteSource } from './base/source.js';
import { archiveOf, compressionOf, otherCompression } from './compressed/detect.js';
import { contentOptions, plainOf, readPlain } from './compressed/open.js';
import type { PlainSource } from './compressed/plainSource.js';
import type { IssueCode } from './events/issues.js';
import { TableBuilder, type EventTable } from './events/table.js';
import { ftraceText } from './ftrace/format.js';
import { perfData } from './perf/format.js';
import { perfJson } from './perf/json/format.js';
import { perfScript } from './perf/script/format.js';
import { perfettoTrace } from './perfetto/format.js';
import { qemuLog } from './qemu/logFormat.js';
import { qemuSimple } from './qemu/simpleFormat.js';
import { otherToolOf } from './otherTool.js';
import { leavesLinesOver, looksPasted, PASTE_BYTES_MAX, readPasted } from './paste/open.js';
import { withTable, type OpenTrace, type ReadOptions, type TraceFormat } from './reader.js';
import { SNIFF_BYTES } from './sniff.js';
import { formatOf, sayOthers } from './textFormat.js';
import { traceCmdReport } from './tracecmdtext/format.js';
import { traceDatWith } from './tracedat/format.js';

/**
 * In the order in which equals are preferred: formats with a magic first, texts from the most to the least
 * particular.
 */
export const FORMATS: readonly TraceFormat[] = [
  traceDatWith(ftraceText),
  perfData,
  qemuSimple,
  perfettoTrace,
  perfJson,
  perfScript,
  traceCmdReport,
  ftraceText,
  qemuLog,
];

/**
 * A source whose table is known, of a format that finds the text of a row where the row says that it is;
 * undefined of other formats, whose sources have to be read for it.
 */
export function openLines(source: ByteSource, table: EventTable): OpenTrace | undefined {
  const open = FORMATS.find(({ id }) => id === table.meta.format)?.lines?.open(source, table);
  return open && withTable(open, table, { bytesAt: (_row, offset, length) => source.read(offset, length) });
}

/**
 * The content of a compressed source, which has so many bytes and is decompressed when somebody asks for some
 * of it; undefined where it is none, or nobody can.
 */
export function contentOf(source: ByteSource, options: ReadOptions, bytes: number): PlainSource | undefined {
  let content: ByteSource = source;
  let plain: PlainSource | undefined;
  for (let depth = 0; depth < NESTED_MAX; depth++) {
    const codec = compressionOf(content.read(0, SNIFF_BYTES).slice());
    if (codec === undefined) break;
    plain = plainOf(content, codec, options);
    if (!plain) return undefined;
    content = plain;
  }
  plain?.giveSize(bytes);
  return plain;
}

/**
 * The same of a format whose records are found again by their places, which were kept with the table;
 * undefined of other formats.
 */
export function openRecords(
  source: ByteSource,
  options: ReadOptions,
  table: EventTable,
  places: readonly Float64Array[],
): OpenTrace | undefined {
  const format = FORMATS.find(({ id }) => id === table.meta.format);
  const open = format?.again?.(source, options, table, places);
  return open && withTable(open, table, { bytesAt: (_row, offset, length) => source.read(offset, length) });
}

/** Compressed files may hold compressed files, though not for ever. */
const NESTED_MAX = 3;

/**
 * Reads a source in whatever format it has, compressed or not. Never throws on content: what cannot be read
 * comes back with no rows and an issue that says why (`empty`, `not-a-trace`, `archive`,
 * `unsupported-compression`, `too-large`).
 */
export function readTrace(source: ByteSource, options: ReadOptions): OpenTrace {
  options.grown?.begin();
  const open = readNested(source, options, undefined, 0);
  const read = open.mended ?? open.plain ?? source;
  return withTable(open, open.table, { bytesAt: (_row, offset, length) => read.read(offset, length) });
}

/** `plain` is the same as `source` where that is the content of a compressed file. */
function readNested(
  source: ByteSource,
  options: ReadOptions,
  plain: PlainSource | undefined,
  depth: number,
): OpenTrace {
  // A copy: a source's bytes are valid until its next read only.
  const head = source.read(0, SNIFF_BYTES).slice();
  const codec = depth < NESTED_MAX ? compressionOf(head) : undefined;
  if (codec !== undefined) {
    const content = plainOf(source, codec, options);
    return content
      ? readNested(content, options, content, depth + 1)
      : nothing('unsupported-compression', codec);
  }
  // Before the formats: what is stored in an archive as it is may look like one of them.
  const archive = archiveOf(head);
  if (archive !== undefined) return nothing('archive', archive);
  const asPrinted = isAsPrinted(head, source.size === head.length);
  const format = asPrinted ? ftraceText : formatOf(source, head, FORMATS, options);
  const isText = format === undefined || format.isSequential === true;
  const isDoubtful = isText && !asPrinted;
  const other = isDoubtful ? otherToolOf(head) : undefined;
  if (other?.isCertain) return nothing(other.code, other.detail);
  const isPaste = isDoubtful && looksPasted(head);
  const read =
    format &&
    (plain ? readPlain(plain, format, options, PASTE_BYTES_MAX) : readAsItIs(format, source, options, depth));
  // Lines of other formats are looked for in all of them: of a paste, where nothing else tells.
  let open: OpenTrace | undefined;
  const withOthers = (bare: OpenTrace): OpenTrace =>
    (open ??= isText ? sayOthers(bare, source, format!, FORMATS, options) : bare);
  if (isText && source.size <= PASTE_BYTES_MAX && (isPaste || (read && leavesLinesOver(read)))) {
    const mended = readPasted(source, read, (text) => readMended(text, options, depth + 1), withOthers);
    if (mended) return mended;
  }
  if (read) return withOthers(read);
  // What is wrong with the compressed file explains why nothing was found in it.
  if (plain?.fault) return nothing(plain.fault.code, plain.fault.detail);
  const compression = otherCompression(head);
  if (compression !== undefined) return nothing('unsupported-compression', compression);
  if (other) return nothing(other.code, other.detail);
  return nothing(head.length === 0 ? 'empty' : 'not-a-trace');
}

function readAsItIs(format: TraceFormat, source: ByteSource, options: ReadOptions, depth: number): OpenTrace {
  const { grown, onlooker, handOver, ...rest } = options;
  if (grown && depth === 0) return grown.read(format, source, options);
  // What may be mended afterwards is not shown, nor handed over, as it is.
  const isLong = !format.isSequential || source.size > PASTE_BYTES_MAX;
  return format.read(source, {
    ...rest,
    ...(onlooker && isLong && { onlooker }),
    ...(handOver && isLong && { handOver }),
  });
}

/** What a paste holds once it is mended: a text, or a file that was attached to a mail. */
function readMended(content: ByteSource, options: ReadOptions, depth: number): OpenTrace | undefined {
  const head = content.read(0, SNIFF_BYTES).slice();
  if (depth < NESTED_MAX && compressionOf(head) !== undefined)
    return readNested(content, contentOptions(options), undefined, depth);
  const format = formatOf(content, head, FORMATS, options);
  if (!format) return undefined;
  const open = format.read(content, contentOptions(options));
  return format.isSequential ? sayOthers(open, content, format, FORMATS, options) : open;
}

function nothing(code: IssueCode, detail = ''): OpenTrace {
  const builder = new TableBuilder();
  builder.meta.timeUnit = 'none';
  builder.issues.add(code, 0, 0, detail);
  return { table: builder.finish(), describe: () => ({ name: '', fields: [], text: '' }) };
}

/** Reads a trace out of a compressed source: what its places refer to is the decompressed content. */
import type { ByteSource } from '../base/source.js';
import { withIssue, type EventTable } from '../events/table.js';
import { withTable, type Onlooker, type OpenTrace, type ReadOptions, type TraceFormat } from '../reader.js';
import type { StreamCodec } from './detect.js';
import { PlainSource } from './plainSource.js';

/** A binary trace that is larger than this must be decompressed first. */
const MEMORY_BYTES = 2 ** 31;
/** Where more of a text than this is read, nobody is shown it first: the whole is not far. */
const SHOWN_PART = 0.1;

/** The decompressed content of `source`; undefined where the shell has no decompressor for it. */
export function plainOf(
  source: ByteSource,
  codec: StreamCodec,
  options: ReadOptions,
): PlainSource | undefined {
  const decompress = options.decompress?.[codec];
  return decompress && new PlainSource(source, decompress);
}

/**
 * Options for what was taken out of a file: what tells of progress, and what decompresses ahead, knows the
 * file's own offsets; what is shown of it so far would have other places.
 */
export function contentOptions(options: ReadOptions): ReadOptions {
  const { progress, unzstdAhead, unzstdStreamAhead, onlooker, handOver, ...rest } = options;
  void [progress, unzstdAhead, unzstdStreamAhead, onlooker, handOver];
  return rest;
}

/**
 * Who looks at the content while it is decompressed: at once where it is too long for a paste that is mended
 * in the end, else when it has become so.
 */
function onlookerOf(
  plain: PlainSource,
  onlooker: Onlooker | undefined,
  mendedMax: number,
): Onlooker | undefined {
  if (!onlooker) return undefined;
  const firstBytes = plain.isMoreThan(mendedMax) ? onlooker.firstBytes : mendedMax + 1;
  return {
    ...(firstBytes !== undefined && { firstBytes }),
    show: (open) => {
      if (plain.takenPart <= SHOWN_PART) onlooker.show(withTable(open, open.table, { plain }));
    },
  };
}

/**
 * Reads `plain` in its format. A text passes through while it is decompressed; a binary trace is kept in
 * memory, and undefined when it does not fit. Damage is an issue and a loss where the plain bytes end; what
 * precedes is kept.
 */
export function readPlain(
  plain: PlainSource,
  format: TraceFormat,
  options: ReadOptions,
  mendedMax: number,
): OpenTrace | undefined {
  const { progress } = options;
  const onlooker = onlookerOf(plain, options.onlooker, mendedMax);
  const inner: ReadOptions = {
    ...contentOptions(options),
    ...(onlooker && { onlooker }),
    ...(progress && { progress: () => progress(plain.taken) }),
  };
  if (!format.isSequential && !plain.keepAll(options.memoryBytes ?? MEMORY_BYTES)) return undefined;
  const open = format.read(plain, inner);
  return withTable(open, withFault(open.table, plain), { plain });
}

function withFault(table: EventTable, { fault }: PlainSource): EventTable {
  if (!fault) return table;
  return withIssue(
    table,
    { code: fault.code, offset: fault.offset, line: 0, count: 1, detail: fault.detail },
    { cpu: -1, count: 0, fromStart: false },
  );
}

/** Traces that are kept whole, for whoever looks into them: the debugger and the editor. */
import type { Hash } from 'node:crypto';
import type { Analysis } from '../../model/analysis.js';
import type { Bundle } from '../../parsers/bundle/bundle.js';
import { listOf, parsed, whole } from '../../parsers/base/shape.js';
import type { ByteSource } from '../../parsers/base/source.js';
import type { ColumnOf } from '../../parsers/events/rowFacts.js';
import type { OpenTrace } from '../../parsers/reader.js';
import { giveVendor, vendorOfTrace } from '../../parsers/told.js';
import { runIn, runWriter } from './keptRun.node.js';
import type { PackWriter } from './pack.js';
import { textsIn, textsWriter, type TraceFile } from './keptTexts.node.js';
import { readTraceParts, writeTrace, type KeptWhole } from './traceParts.js';
import type { OpenEntry, Sighting, TraceCache } from './traceCache.node.js';

/** A trace that was read and judged before. */
export interface KeptTrace extends KeptWhole {
  readonly open: OpenTrace;
  /** Where it is of several files. */
  readonly bundle?: Bundle;
  /** Its files, by their places among those that were asked for. */
  readonly order: readonly number[];
  /** Digest of its file when it was read; of several, all of them. */
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
  readonly bundle?: Bundle | undefined;
  readonly analysis: Analysis;
}

/** An entry that holds these is of a whole trace. */
const EVENTS = 'events';

/** What it takes to find a trace. */
export interface Finder {
  readonly files: readonly (TraceFile & { readonly path: string })[];
  /** Is asked for what no entry has. */
  reread(): Reread;
  /** Digests of all files, for whom their times prove nothing; absent where they are not made. */
  readonly digests?: () => string;
}

/** The entry of a trace; undefined where there is none. */
export function findTrace(cache: TraceCache, sighting: Sighting, finder: Finder): KeptTrace | undefined {
  const { digests } = finder;
  const isWhole = ({ about }: OpenEntry): boolean => about.holds.includes(EVENTS);
  const entry = cache.find(
    sighting,
    digests && ((of) => isWhole(of) && of.pack.text('digest') === digests()),
  );
  if (!entry) return undefined;
  if (!isWhole(entry)) {
    // A report alone, which serves others.
    entry.close();
    return undefined;
  }
  const found = traceIn(entry, finder);
  if (!found) entry.drop();
  return found;
}

function traceIn(entry: OpenEntry, { files, reread }: Finder): KeptTrace | undefined {
  const { pack } = entry;
  let read: Reread | undefined;
  const all = (): Reread => (read ??= reread());
  const known = readTraceParts(pack, () => ({ table: all().open.table, analysis: all().analysis }));
  const digest = pack.text('digest');
  if (!known || digest === undefined) return undefined;
  const { table } = known;
  const run = pack.has('run')
    ? runIn(pack, files, table, () => all().bundle ?? all().open)
    : oneIn(pack.text('order') ?? '', files.length);
  if (!run) return undefined;
  const { bundle, order } = run;
  const open = bundle ?? textsIn(pack, '', files[order[0]!]!, table, () => all().open);
  if (!open) return undefined;
  giveVendor(table, pack.text('vendor') ?? '');
  return {
    ...known,
    open,
    ...(bundle && { bundle }),
    order,
    digest,
    note: pack.text('note') ?? '',
    drop: () => entry.drop(),
    close: () => entry.close(),
  };
}

/** Which of the files a trace of one file is of. */
function oneIn(
  kept: string,
  files: number,
): { readonly order: readonly number[]; readonly bundle?: undefined } | undefined {
  const order = parsed(listOf(whole(0, files - 1)), kept);
  return order?.length === 1 ? { order } : undefined;
}

/** A trace that is to be kept. */
export interface Kept extends Reread {
  /** Those that were asked for, and which of them the trace is of. */
  readonly files: readonly TraceFile[];
  readonly order: readonly number[];
}

/** What else is kept of a trace: the digest of its file, or how it is made, and words of the keeper. */
export interface KeptFacts {
  readonly digest: string | (() => Generator<undefined, string>);
  readonly note: string;
  readonly more?: Readonly<Record<string, string>>;
  readonly columnOf?: ColumnOf | undefined;
  /** See {@link TraceCache.keeping}. */
  readonly isProven?: boolean;
}

/**
 * Keeps a trace in steps, unless its places are of a content that is not found again. The trace is asked
 * for texts before this returns, and not behind that.
 */
export function keepTrace(
  cache: TraceCache,
  sighting: Sighting,
  { files, order, open, bundle, analysis }: Kept,
  { digest, note, more = {}, columnOf, isProven }: KeptFacts,
): Generator<undefined, boolean> {
  const { table } = open;
  const hasEvents = table.length > 0;
  const texts = bundle || !hasEvents ? undefined : textsWriter(files[order[0]!]!, open);
  const run = bundle && hasEvents ? runWriter(files, bundle, order) : undefined;
  const isKept = (texts ?? run) !== undefined;
  const vendor = isKept ? vendorOfTrace(open) : '';
  function* steps(): Generator<undefined, boolean> {
    if (!isKept) return false;
    return yield* cache.keeping(sighting, ['report', EVENTS], write, isProven);
  }
  function* write(pack: PackWriter): Generator<undefined, boolean> {
    if (!(yield* writeTrace(pack, table, analysis, columnOf))) return false;
    if (run) yield* run(pack);
    else {
      yield* texts!(pack, '');
      pack.addText('order', JSON.stringify(order));
    }
    pack.addText('vendor', vendor);
    for (const [name, text] of Object.entries(more)) pack.addText(name, text);
    pack.addText('digest', typeof digest === 'string' ? digest : yield* digest());
    pack.addText('note', note);
    return true;
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

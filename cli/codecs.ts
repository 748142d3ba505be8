/** Decompressors for the files at hand: zstd takes 30 ms to start, which a text trace need not wait for. */
import fs from 'node:fs';
import type { Worker } from 'node:worker_threads';
import { compressionOf } from '../parsers/compressed/detect.js';
import { sniffPackets } from '../parsers/perfetto/sniff.js';
import type { ReadOptions } from '../parsers/reader.js';
import type { Codecs } from '../shell/codecs.node.js';
import type { startAhead } from './ahead.js';

const HEAD_BYTES = 256;
/** Pipes and devices may hold anything, and must not lose their first bytes. */
const UNKNOWN_HEAD = '?';
const TRACE_DAT = '\x17\x08\x44tracing';
const TRACE_DAT_7 = `${TRACE_DAT}7`;
/** What may hold zstd inside: a trace.dat of version 7, a perf.data of either byte order. */
const ZSTD_HEADS = [TRACE_DAT_7, 'PERFILE2', '2ELIFREP'];

/** A file of this size is worth a second thread. */
const AHEAD_BYTES = 4 << 20;

let ready: Partial<Codecs> = {};
let listing: { readonly path: string; readonly worker: Worker } | undefined;
let ahead: { readonly path: string; readonly option: ReturnType<typeof startAhead> } | undefined;

/**
 * Starts what these paths need; to be awaited before they are read. Standard input may hold anything. Where
 * a trace.dat is to be listed, the thread for that is started; one that decompresses ahead is where they will
 * be read for sure.
 */
export async function prepareCodecs(
  paths: readonly string[],
  { isListed = false, isAhead = true }: { readonly isListed?: boolean; readonly isAhead?: boolean } = {},
): Promise<void> {
  const large = paths.find(
    (path) =>
      ZSTD_HEADS.some((start) => headOf(path).startsWith(start)) && fs.statSync(path).size >= AHEAD_BYTES,
  );
  const listed = isListed ? paths.find(isLargeTraceDat) : undefined;
  if (listed !== undefined)
    listing = { path: listed, worker: (await import('./listing/listSlices.js')).startThread() };
  else if (isAhead && large !== undefined && ahead === undefined)
    ahead = { path: large, option: (await import('./ahead.js')).startAhead(large) };
  if (ready.unzstd === undefined && paths.some(needsCodecs))
    ready = await (await import('../shell/codecs.node.js')).nodeCodecs();
}

/** The decompressors that were prepared, for the file at `path`. */
export function codecs(path: string): Partial<Codecs & ReadOptions> {
  return ahead?.path === path ? { ...ready, ...ahead.option } : ready;
}

const isLargeTraceDat = (path: string): boolean =>
  headOf(path).startsWith(TRACE_DAT) && fs.statSync(path).size >= AHEAD_BYTES;

/** The thread that was started to list the file at `path`. */
export function listingThread(path: string): Worker | undefined {
  return listing?.path === path ? listing.worker : undefined;
}

/** True where a file needs decompressors, and they were not prepared. */
export function lacksCodecs(path: string): boolean {
  return ready.unzstd === undefined && needsCodecs(path);
}

/** True for what is compressed, as a whole or inside, and for what cannot be looked at. */
function needsCodecs(path: string): boolean {
  const head = headOf(path);
  const bytes = Buffer.from(head, 'latin1');
  return (
    head === UNKNOWN_HEAD ||
    compressionOf(bytes) !== undefined ||
    sniffPackets(bytes) > 0 ||
    ZSTD_HEADS.some((start) => head.startsWith(start))
  );
}

/**
 * The first bytes of a file; UNKNOWN_HEAD where it cannot be looked at without taking them away;
 * '' where it cannot be read.
 */
function headOf(path: string): string {
  if (path === '-') return UNKNOWN_HEAD;
  try {
    if (!fs.statSync(path).isFile()) return UNKNOWN_HEAD;
    const fd = fs.openSync(path, 'r');
    try {
      const head = Buffer.alloc(HEAD_BYTES);
      return head.toString('latin1', 0, fs.readSync(fd, head, 0, HEAD_BYTES, 0));
    } finally {
      fs.closeSync(fd);
    }
  } catch {
    // The command opens it again and says what is wrong with it.
    return '';
  }
}

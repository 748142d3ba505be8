/**
 * zstd for every host: WebAssembly, since Node 20 has none of its own and the browser host never will, and so
 * that the same bytes give the same events everywhere.
 */
import { ZSTDDecoder } from 'zstddec/stream';
import { unzstdFrames } from './zstdFrames.js';

export interface Zstd {
  /** One whole frame of known length; the result is shorter where the frame is damaged. */
  unzstd(bytes: Uint8Array, expectedLength: number): Uint8Array;
  /** A stream of frames, piece by piece. Throws where it is damaged; a missing end is not an error. */
  unzstdStream(pieces: Iterable<Uint8Array>): Iterable<Uint8Array>;
  /**
   * A .zst file: frames of any window up to 2 GiB, skippable ones between them. Throws where it is damaged or
   * ends too early.
   */
  unzstdFile(pieces: Iterable<Uint8Array>): Iterable<Uint8Array>;
}

let starting: Promise<Zstd> | undefined;

/** Compiles the decoder on the first call; later calls share it. */
export function startZstd(): Promise<Zstd> {
  starting ??= start();
  return starting;
}

/**
 * The decoder fetches its own code from a data: URL, at once when it is started. A host's content security
 * policy may forbid that, and Node takes 25 ms to load its fetch: while the decoder starts, fetch only
 * decodes such URLs.
 */
function withLocalFetch(begin: () => Promise<void>): Promise<void> {
  const host = globalThis as { fetch: unknown };
  const own = host.fetch;
  host.fetch = (url: string) => {
    const text = atob(url.slice(url.indexOf(',') + 1));
    return Promise.resolve({
      arrayBuffer: () => Promise.resolve(Uint8Array.from(text, (c) => c.charCodeAt(0)).buffer),
    });
  };
  try {
    return begin();
  } finally {
    host.fetch = own;
  }
}

async function start(): Promise<Zstd> {
  const decoder = new ZSTDDecoder();
  await withLocalFetch(() => decoder.init());
  const unzstd = (bytes: Uint8Array, expectedLength: number): Uint8Array =>
    expectedLength === 0 ? new Uint8Array(0) : decoder.decode(bytes, expectedLength);
  const unzstdStream = (pieces: Iterable<Uint8Array>): Iterable<Uint8Array> => streamed(decoder, pieces);
  return {
    unzstd,
    unzstdStream,
    unzstdFile: (pieces) => unzstdFrames(pieces, { whole: unzstd, stream: unzstdStream }),
  };
}

/**
 * The decoder's own loop does not stop at a damaged block: it yields empty pieces for ever. Two in a row
 * without a new piece of input are that, since the decoder gives nothing at most once per piece.
 */
function* streamed(decoder: ZSTDDecoder, pieces: Iterable<Uint8Array>): Iterable<Uint8Array> {
  let emptySincePull = 0;
  let isStopped = false;
  function* counted(): Iterable<Uint8Array> {
    for (const piece of pieces) {
      emptySincePull = 0;
      if (piece.length > 0) yield piece;
      if (isStopped) return;
    }
  }
  const output = decoder.decodeStreaming(counted());
  let isDone = false;
  try {
    for (;;) {
      const { value, done } = output.next();
      isDone = done === true;
      if (isDone) return;
      if (value.length > 0) yield value;
      else if (++emptySincePull > 1) {
        isDone = true;
        throw new Error('damaged zstd stream');
      }
    }
  } catch (error) {
    isDone = true;
    // What a recorder that was killed leaves behind ends inside a frame: all that is there was yielded.
    if (!(error instanceof Error && error.message.startsWith('Incomplete stream'))) throw error;
  } finally {
    isStopped = true;
    if (!isDone) drain(output, () => emptySincePull++ > 1);
  }
}

/** Runs a decoder to its end, which alone frees its memory, when nobody wants the rest of its output. */
function drain(output: Iterator<Uint8Array>, isStuck: () => boolean): void {
  try {
    for (let next = output.next(); !next.done; next = output.next())
      if (next.value.length === 0 && isStuck()) return;
  } catch (error) {
    if (!(error instanceof Error && error.message.startsWith('Incomplete stream'))) throw error;
  }
}

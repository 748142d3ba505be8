/**
 * zstd for every host: WebAssembly, since Node 20 has none of its own and the browser host never will, and so that the
 * same bytes give the same events everywhere.
 */
import { ZSTDDecoder } from 'zstddec/stream';

export interface Zstd {
  /** One whole frame of known length; the result is shorter where the frame is damaged. */
  unzstd(bytes: Uint8Array, expectedLength: number): Uint8Array;
  /** A stream of frames, piece by piece. Throws where it is damaged; a missing end is not an error. */
  unzstdStream(pieces: Iterable<Uint8Array>): Iterable<Uint8Array>;
}

let starting: Promise<Zstd> | undefined;

/** Compiles the decoder on the first call; later calls share it. */
export function startZstd(): Promise<Zstd> {
  return (starting ??= start());
}

async function start(): Promise<Zstd> {
  const decoder = new ZSTDDecoder();
  await decoder.init();
  return {
    unzstd: (bytes, expectedLength) => (expectedLength === 0 ? new Uint8Array(0) : decoder.decode(bytes, expectedLength)),
    unzstdStream: (pieces) => streamed(decoder, pieces),
  };
}

/**
 * The decoder's own loop does not stop at a damaged block: it yields empty pieces for ever. Two in a row without a new
 * piece of input are that, since the decoder gives nothing at most once per piece.
 */
function* streamed(decoder: ZSTDDecoder, pieces: Iterable<Uint8Array>): Iterable<Uint8Array> {
  let emptySincePull = 0;
  function* counted(): Iterable<Uint8Array> {
    for (const piece of pieces) {
      emptySincePull = 0;
      if (piece.length > 0) yield piece;
    }
  }
  try {
    for (const out of decoder.decodeStreaming(counted())) {
      if (out.length > 0) yield out;
      else if (++emptySincePull > 1) throw new Error('damaged zstd stream');
    }
  } catch (error) {
    // What a recorder that was killed leaves behind ends inside a frame: all that is there was yielded.
    if (!(error instanceof Error && error.message.startsWith('Incomplete stream'))) throw error;
  }
}

/**
 * zstd for every host: WebAssembly, since Node 20 has none of its own and the browser host never will, and so
 * that the same bytes give the same events everywhere. Only the code of the library is used: its own calls
 * lose memory with each damaged stream, and yield empty pieces for ever.
 */
import { ZSTDDecoder } from 'zstddec/stream';
import { isTrap, NEVER, WasmInstances, type WithMemory } from './wasm.js';
import { unzstdFrames } from './zstdFrames.js';

export interface Zstd {
  /**
   * One whole frame of known length, in the room that is given, if any; the result is shorter where the frame
   * is damaged.
   */
  unzstd(bytes: Uint8Array, expectedLength: number, room?: Uint8Array): Uint8Array;
  /**
   * A stream of frames, piece by piece. Throws where it is damaged; a missing end is not an error. What is
   * lent is there until the next piece is asked for.
   */
  unzstdStream(pieces: Iterable<Uint8Array>, isLent?: boolean): Iterable<Uint8Array>;
  /**
   * A .zst file: frames of any window up to 2 GiB, skippable ones between them. Throws where it is damaged or
   * ends too early.
   */
  unzstdFile(pieces: Iterable<Uint8Array>): Iterable<Uint8Array>;
}

/** zstd's own functions. Sizes that are errors are the last 120 numbers of 32 bits: small negative ones. */
interface ZstdExports extends WithMemory {
  malloc(size: number): number;
  free(address: number): void;
  ZSTD_decompress(to: number, toSize: number, from: number, fromSize: number): number;
  ZSTD_createDCtx(): number;
  ZSTD_freeDCtx(context: number): void;
  ZSTD_DStreamInSize(): number;
  ZSTD_DStreamOutSize(): number;
  ZSTD_decompressStream(context: number, output: number, input: number): number;
}

const ERROR_CODES = 120;

function isError(result: number): boolean {
  return result < 0 && result > -ERROR_CODES;
}

let starting: Promise<Zstd> | undefined;

/** Compiles the decoder on the first call; later calls share it. */
export function startZstd(): Promise<Zstd> {
  starting ??= start();
  return starting;
}

/**
 * The decoder's code, which the library would fetch from a data: URL. A host's content security policy may
 * forbid that, and Node takes 25 ms to load its fetch: while the library starts, fetch only keeps what it is
 * asked for.
 */
function codeOfLibrary(): Uint8Array {
  const host = globalThis as { fetch: unknown };
  const own = host.fetch;
  let url = '';
  host.fetch = (asked: string) => {
    url = asked;
    return NEVER;
  };
  try {
    void new ZSTDDecoder().init();
  } finally {
    host.fetch = own;
  }
  return Uint8Array.from(atob(url.slice(url.indexOf(',') + 1)), (c) => c.charCodeAt(0));
}

async function start(): Promise<Zstd> {
  const imports = { env: { emscripten_notify_memory_growth: () => {} } };
  const instances = await WasmInstances.of<ZstdExports>(codeOfLibrary(), imports);
  const unzstd: Zstd['unzstd'] = (bytes, expectedLength, room) =>
    expectedLength === 0 ? new Uint8Array(0) : whole(instances, bytes, expectedLength, room);
  const unzstdStream: Zstd['unzstdStream'] = (pieces, isLent = false) => streamed(instances, pieces, isLent);
  return {
    unzstd,
    unzstdStream,
    unzstdFile: (pieces) => unzstdFrames(pieces, { whole: unzstd, stream: unzstdStream }),
  };
}

/** Memory of an instance; throws where it has no more. */
function allocated(zstd: ZstdExports, size: number): number {
  const address = zstd.malloc(size);
  if (address === 0) throw new Error('zstd: not enough memory');
  return address;
}

/**
 * A frame that holds `expectedLength` bytes at most; empty where it is damaged or holds more. Throws where it
 * takes too much memory; the instance is let go then.
 */
function whole(
  instances: WasmInstances<ZstdExports>,
  bytes: Uint8Array,
  expectedLength: number,
  room?: Uint8Array,
): Uint8Array {
  const zstd = instances.take();
  const from = allocated(zstd, bytes.length);
  const to = allocated(zstd, expectedLength);
  new Uint8Array(zstd.memory.buffer, from, bytes.length).set(bytes);
  const length = zstd.ZSTD_decompress(to, expectedLength, from, bytes.length);
  const made = new Uint8Array(zstd.memory.buffer, to, isError(length) ? 0 : length);
  room?.set(made);
  const plain = room ? room.subarray(0, made.length) : made.slice();
  zstd.free(from);
  zstd.free(to);
  instances.giveBack(zstd);
  return plain;
}

/** What a recorder that was killed leaves behind ends inside a frame: all that is there is yielded. */
function* streamed(
  instances: WasmInstances<ZstdExports>,
  pieces: Iterable<Uint8Array>,
  isLent: boolean,
): Generator<Uint8Array> {
  const zstd = instances.take();
  const stream = new Stream(zstd, isLent);
  let trapped = false;
  try {
    for (const piece of pieces) {
      for (let rest = piece; rest.length > 0; ) {
        rest = stream.supply(rest);
        yield* stream.output();
      }
    }
  } catch (error) {
    trapped = isTrap(error);
    throw error;
  } finally {
    if (!trapped) {
      stream.free();
      instances.giveBack(zstd);
    }
  }
}

/** ZSTD_inBuffer and ZSTD_outBuffer are words: address, size and position. */
const BUFFER_WORDS = 3;
const ADDRESS = 0;
const SIZE = 1;
const POSITION = 2;
const WORD_BYTES = 4;

/** A stream under way in an instance: a context, and buffers that its input and output go through. */
class Stream {
  private readonly zstd: ZstdExports;
  private readonly context: number;
  private readonly inputBytes: number;
  private readonly outputBytes: number;
  private readonly inputSize: number;
  private readonly outputSize: number;
  /** A ZSTD_inBuffer, and a ZSTD_outBuffer behind it. */
  private readonly buffers: number;

  constructor(
    zstd: ZstdExports,
    private readonly isLent: boolean,
  ) {
    this.zstd = zstd;
    this.inputSize = zstd.ZSTD_DStreamInSize();
    this.outputSize = zstd.ZSTD_DStreamOutSize();
    this.context = zstd.ZSTD_createDCtx();
    this.inputBytes = allocated(zstd, this.inputSize);
    this.outputBytes = allocated(zstd, this.outputSize);
    this.buffers = allocated(zstd, 2 * BUFFER_WORDS * WORD_BYTES);
  }

  /** The memory may have grown since the last call. */
  private words(): { readonly input: Uint32Array; readonly output: Uint32Array } {
    const { buffer } = this.zstd.memory;
    return {
      input: new Uint32Array(buffer, this.buffers, BUFFER_WORDS),
      output: new Uint32Array(buffer, this.buffers + BUFFER_WORDS * WORD_BYTES, BUFFER_WORDS),
    };
  }

  /** Hands over as much as fits and returns the rest. */
  supply(input: Uint8Array): Uint8Array {
    const size = Math.min(this.inputSize, input.length);
    new Uint8Array(this.zstd.memory.buffer, this.inputBytes, size).set(input.subarray(0, size));
    const words = this.words().input;
    words[ADDRESS] = this.inputBytes;
    words[SIZE] = size;
    words[POSITION] = 0;
    return input.subarray(size);
  }

  /** All that the input at hand gives. Throws where it is damaged. */
  *output(): Generator<Uint8Array> {
    for (;;) {
      const before = this.words().output;
      before[ADDRESS] = this.outputBytes;
      before[SIZE] = this.outputSize;
      before[POSITION] = 0;
      const outputAt = this.buffers + BUFFER_WORDS * WORD_BYTES;
      const result = this.zstd.ZSTD_decompressStream(this.context, outputAt, this.buffers);
      const { input, output } = this.words();
      const length = output[POSITION]!;
      const made = new Uint8Array(this.zstd.memory.buffer, this.outputBytes, length);
      // The buffer is used again.
      if (length > 0) yield this.isLent ? made : made.slice();
      if (isError(result)) throw new Error('damaged zstd stream');
      // A full buffer may hold back more than the input tells.
      if (input[POSITION]! >= input[SIZE]! && length < this.outputSize) return;
    }
  }

  free(): void {
    const { zstd } = this;
    zstd.ZSTD_freeDCtx(this.context);
    for (const address of [this.inputBytes, this.outputBytes, this.buffers]) zstd.free(address);
  }
}

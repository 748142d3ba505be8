/**
 * xz for every host. The library's own stream is asynchronous and fails on a file that is cut, so its
 * WebAssembly module is driven directly: xz-embedded, stream after stream, behind a context of these words.
 */
import xz from 'xz-decompress';
import { UnsupportedCompression } from '../parsers/compressed/plainSource.js';
import { isTrap, NEVER, wasmHost, WasmInstances, type WithMemory } from './wasm.js';

/**
 * Words of a context: the buffers' size, then address, position and length of the input, then of the output.
 */
const BUFFER_SIZE = 0;
const IN_ADDRESS = 1;
const IN_POSITION = 2;
const IN_SIZE = 3;
const OUT_ADDRESS = 4;
const OUT_POSITION = 5;

const XZ_OK = 0;
const XZ_STREAM_END = 1;
const XZ_UNSUPPORTED_CHECK = 2;
const XZ_DICTIONARY = 4;
const XZ_OPTIONS = 6;
const ERRORS: Readonly<Record<number, string>> = {
  3: 'xz: not enough memory',
  5: 'xz: not an xz stream',
  7: 'xz: damaged data',
  8: 'xz: damaged data',
};

/**
 * A stream's header: its magic, two bytes of flags of which the last four bits name the check, and a CRC32.
 */
const HEADER_BYTES = 12;
const HEADER_MAGIC = [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00];
const HEADER_FLAGS = 7;
const CHECK_MASK = 15;
const CHECK_SHA256 = 10;
const REPACK = 'repack it: xz -dc FILE | xz > NEW';

/**
 * What is not read here, of a file that need not be damaged. `seen`: the last bytes that were read before.
 */
function unsupported(code: number, seen: Uint8Array): string {
  if (code === XZ_DICTIONARY) return `xz: its dictionary is larger than what is read here; ${REPACK}`;
  if (seen.length < HEADER_BYTES || HEADER_MAGIC.some((byte, i) => seen[i] !== byte))
    return `xz: it uses a filter other than LZMA2, which is not read here; ${REPACK}`;
  const check = seen[HEADER_FLAGS]! & CHECK_MASK;
  const name = check === CHECK_SHA256 ? 'SHA-256' : `of kind ${check}`;
  return `xz: its integrity check is ${name}, and only CRC32, CRC64 and none are read here; ${REPACK}`;
}

interface XzExports extends WithMemory {
  create_context(): number;
  destroy_context(context: number): void;
  supply_input(context: number, size: number): void;
  get_next_output(context: number): number;
}

/** How the pinned version of the library starts its code. */
interface XzLibrary {
  _getModuleInstance(): Promise<void>;
}

export type XzStream = (pieces: Iterable<Uint8Array>) => Generator<Uint8Array>;

let starting: Promise<XzStream> | undefined;

/** Compiles the decoder on the first call; later calls share it. */
export function startXz(): Promise<XzStream> {
  starting ??= start();
  return starting;
}

/** The decoder's code, which the library would instantiate at once when it is started. */
function codeOfLibrary(): Uint8Array {
  const library = xz.XzReadableStream as unknown as XzLibrary;
  const own = wasmHost.instantiate;
  let code = new Uint8Array(0);
  wasmHost.instantiate = (given) => {
    code = new Uint8Array(given);
    return NEVER;
  };
  try {
    void library._getModuleInstance();
  } finally {
    wasmHost.instantiate = own;
  }
  return code;
}

async function start(): Promise<XzStream> {
  const instances = await WasmInstances.of<XzExports>(codeOfLibrary(), {});
  return (pieces) => unxzStream(instances, pieces);
}

/**
 * Throws where the file is damaged or ends too early, and UnsupportedCompression where the decoder does not
 * read it.
 */
function* unxzStream(
  instances: WasmInstances<XzExports>,
  pieces: Iterable<Uint8Array>,
): Generator<Uint8Array> {
  const instance = instances.take();
  const context = new Context(instance);
  let trapped = false;
  try {
    for (const piece of pieces) {
      for (let rest = piece; rest.length > 0; ) {
        rest = context.supply(rest);
        yield* context.output();
      }
    }
    context.finish();
  } catch (error) {
    trapped = isTrap(error);
    throw error;
  } finally {
    if (!trapped) {
      context.free();
      instances.giveBack(instance);
    }
  }
}

class Context {
  private readonly at: number;
  private readonly size: number;
  private input: Uint8Array = new Uint8Array(0);
  /** Bytes of a header's length at most, before the input at hand. */
  private before: Uint8Array = new Uint8Array(0);

  constructor(private readonly exports: XzExports) {
    this.at = exports.create_context();
    this.size = this.words()[BUFFER_SIZE]!;
  }

  /** The memory may have grown since the last call. */
  private words(): Uint32Array {
    return new Uint32Array(this.exports.memory.buffer, this.at, OUT_POSITION + 2);
  }

  private bytes(address: number, size: number): Uint8Array {
    return new Uint8Array(this.exports.memory.buffer, address, size);
  }

  /** Hands over as much as fits and returns the rest. */
  supply(input: Uint8Array): Uint8Array {
    const size = Math.min(this.size, input.length);
    this.before = this.seen(this.input.length);
    this.input = input.subarray(0, size);
    this.bytes(this.words()[IN_ADDRESS]!, size).set(input.subarray(0, size));
    this.exports.supply_input(this.at, size);
    return input.subarray(size);
  }

  /** The last bytes, of a header's length at most, up to a position in the input at hand. */
  private seen(position: number): Uint8Array {
    const own = this.input.subarray(Math.max(0, position - HEADER_BYTES), position);
    return Uint8Array.from([...this.before, ...own].slice(-HEADER_BYTES));
  }

  /** All that the input at hand gives. */
  *output(): Generator<Uint8Array> {
    for (;;) {
      const code = this.exports.get_next_output(this.at);
      const words = this.words();
      const size = words[OUT_POSITION]!;
      words[OUT_POSITION] = 0;
      // Copied: the buffer is used again.
      if (size > 0) yield this.bytes(words[OUT_ADDRESS]!, size).slice();
      if (code === XZ_DICTIONARY || code === XZ_OPTIONS)
        throw new UnsupportedCompression(unsupported(code, this.seen(words[IN_POSITION]!)));
      if (code !== XZ_OK && code !== XZ_UNSUPPORTED_CHECK)
        throw new Error(ERRORS[code] ?? `xz: error ${code}`);
      // Only a call without output says that all is out.
      const now = this.words();
      if (size === 0 && now[IN_POSITION] === now[IN_SIZE]) return;
    }
  }

  /** Says, by an empty input, that there is no more. Throws unless a stream has just ended. */
  finish(): void {
    this.exports.supply_input(this.at, 0);
    if (this.exports.get_next_output(this.at) !== XZ_STREAM_END)
      throw new Error('xz: the file ends inside a stream');
  }

  free(): void {
    this.exports.destroy_context(this.at);
  }
}

/**
 * The WebAssembly module of Perfetto's trace processor, started without the glue that its build comes with:
 * bytes go in by {@link Machine.send} and come out by the function that it was made with. It reads no file
 * and opens no connection: whatever asks the system for one is told that there is none.
 */

/** The few parts of WebAssembly that are needed, for a compiler that knows neither a browser nor Node. */
interface WasmApi {
  compile(code: Uint8Array): Promise<object>;
  readonly Module: {
    new (code: Uint8Array): object;
    imports(module: object): readonly { readonly module: string; readonly name: string }[];
  };
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
}
interface Memory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}
interface Exports {
  readonly memory: Memory;
  readonly __indirect_function_table: { grow(by: number): number; set(at: number, value: unknown): void };
  emscripten_stack_init(): void;
  __wasm_call_ctors(): void;
  trace_processor_rpc_init(onReply: number, bufferBytes: number): number;
  trace_processor_on_rpc_request(length: number): void;
}

const wasm = (globalThis as unknown as { readonly WebAssembly: WasmApi }).WebAssembly;
const clock = (globalThis as unknown as { readonly performance: { now(): number } }).performance;

/** Bytes of one request at most; longer ones are sent in parts. */
const BUFFER_BYTES = 32 << 20;
const PAGE_BYTES = 1 << 16;
const HEAP_BYTES_MAX = 2 ** 32 - PAGE_BYTES;
const ENOSYS = 52;
const EBADF = 8;
const SUCCESS = 0;
const NS_PER_MS = 1_000_000;
const decoder = new TextDecoder();

/** What the processor ended with: it is of no use afterwards. */
export class ProcessorEnded extends Error {
  override readonly name = 'ProcessorEnded';
}

/** Exports a function `(i32, i32)` of ours, so that it may stand in a table of functions. */
const CALLBACK_MODULE = Uint8Array.of(
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
  ...[0x01, 0x06, 0x01, 0x60, 0x02, 0x7f, 0x7f, 0x00],
  ...[0x02, 0x07, 0x01, 0x01, 0x65, 0x01, 0x66, 0x00, 0x00],
  ...[0x07, 0x05, 0x01, 0x01, 0x66, 0x00, 0x00],
);

export class Machine {
  private readonly exports: Exports;
  private readonly buffer: number;
  private readonly said = new Said();
  /** Why it is of no use any more; undefined while it is. */
  private ended: ProcessorEnded | undefined;

  private constructor(module: object, onReply: (bytes: Uint8Array) => void) {
    const imports = importsOf(module, () => this.exports.memory, this.said);
    this.exports = new wasm.Instance(module, imports).exports as Exports;
    this.exports.emscripten_stack_init();
    this.exports.__wasm_call_ctors();
    const table = this.exports.__indirect_function_table;
    const reply = (at: number, length: number): void =>
      onReply(new Uint8Array(this.exports.memory.buffer, at >>> 0, length >>> 0).slice());
    const callback = new wasm.Instance(new wasm.Module(CALLBACK_MODULE), { e: { f: reply } });
    const index = table.grow(1);
    table.set(index, (callback.exports as { readonly f: unknown }).f);
    this.buffer = this.exports.trace_processor_rpc_init(index, BUFFER_BYTES) >>> 0;
  }

  /** `code` is the module's; `onReply` gets what it answers, in pieces of any size. */
  static async start(code: Uint8Array, onReply: (bytes: Uint8Array) => void): Promise<Machine> {
    const module = await wasm.compile(code);
    return guarded(new Said(), () => new Machine(module, onReply));
  }

  /** Throws {@link ProcessorEnded} where the processor trapped, stopped or ran out of memory. */
  send(bytes: Uint8Array): void {
    if (this.ended !== undefined) throw this.ended;
    try {
      guarded(this.said, () => {
        for (let at = 0; at < bytes.length; at += BUFFER_BYTES) {
          const part = bytes.subarray(at, at + BUFFER_BYTES);
          new Uint8Array(this.exports.memory.buffer, this.buffer, part.length).set(part);
          this.exports.trace_processor_on_rpc_request(part.length);
        }
      });
    } catch (error) {
      if (error instanceof ProcessorEnded) this.ended = error;
      throw error;
    }
  }

  /** What its memory takes. It never shrinks. */
  get memoryBytes(): number {
    return this.exports.memory.buffer.byteLength;
  }
}

/** The last that the module wrote to its log: before it traps it says why. */
class Said {
  last = '';

  add(text: string): void {
    const why = /PERFETTO_\w+\(.*|(?:Out of memory|FATAL).*/.exec(text);
    if (why) this.last = why[0].replace(/ \(errno: .*/, '');
  }
}

/** Runs code of the module: whatever it throws but our own is its end. */
function guarded<T>(said: Said, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof ProcessorEnded) throw error;
    const why = said.last === '' ? String(error instanceof Error ? error.message : error) : said.last;
    throw new ProcessorEnded(`the trace processor failed: ${why}`);
  }
}

function importsOf(module: object, memory: () => Memory, said: Said): object {
  const known = knownImports(memory, said);
  const spaces: Record<string, Record<string, unknown>> = {};
  for (const { module: space, name } of wasm.Module.imports(module)) {
    spaces[space] ??= {};
    spaces[space][name] = known[name] ?? (space === 'env' ? () => -ENOSYS : () => ENOSYS);
  }
  return spaces;
}

type Import = (...args: number[]) => number | undefined;

function knownImports(memory: () => Memory, said: Said): Readonly<Record<string, Import>> {
  const end =
    (why: string): Import =>
    (): never => {
      throw new ProcessorEnded(`the trace processor ${why}`);
    };
  const words = (): DataView => new DataView(memory().buffer);
  return {
    exit: end('stopped'),
    proc_exit: end('stopped'),
    _abort_js: end('gave up: out of memory, or a trace that it cannot hold'),
    __assert_fail: end('found itself in a state that it must not be in'),
    __cxa_throw: end('failed: out of memory, or a trace that it cannot hold'),
    emscripten_get_now: () => clock.now(),
    emscripten_date_now: () => 0,
    emscripten_asm_const_int: () => 0,
    emscripten_get_heap_max: () => HEAP_BYTES_MAX | 0,
    emscripten_resize_heap: (wanted) => grow(memory(), wanted! >>> 0),
    emscripten_err: () => undefined,
    emscripten_errn: () => undefined,
    _tzset_js: (zone, daylight) => {
      words().setInt32(zone! >>> 0, 0, true);
      words().setInt32(daylight! >>> 0, 0, true);
      return undefined;
    },
    clock_time_get: (_clock, _precision, at) => {
      words().setBigUint64(at! >>> 0, BigInt(Math.round(clock.now() * NS_PER_MS)), true);
      return SUCCESS;
    },
    environ_sizes_get: (count, bytes) => {
      words().setUint32(count! >>> 0, 0, true);
      words().setUint32(bytes! >>> 0, 0, true);
      return SUCCESS;
    },
    environ_get: () => SUCCESS,
    fd_close: () => EBADF,
    fd_read: () => EBADF,
    // Errors of queries come with their answers: its log says only why it trapped.
    fd_write: (_fd, list, count, written) => {
      let total = 0;
      for (let i = 0; i < count!; i++) {
        const at = (list! >>> 0) + 8 * i;
        const [start, length] = [words().getUint32(at, true), words().getUint32(at + 4, true)];
        said.add(decoder.decode(new Uint8Array(memory().buffer, start, length)));
        total += length;
      }
      words().setUint32(written! >>> 0, total, true);
      return SUCCESS;
    },
  };
}

/** 1 where the memory has `wanted` bytes afterwards. */
function grow(memory: Memory, wanted: number): number {
  const have = memory.buffer.byteLength;
  if (wanted > HEAP_BYTES_MAX) return 0;
  // A fifth more than is asked for: each growth may move all of it.
  for (const bytes of [Math.max(wanted, Math.min(have * 1.2, HEAP_BYTES_MAX)), wanted]) {
    try {
      memory.grow(Math.ceil((bytes - have) / PAGE_BYTES));
      return 1;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
  }
  return 0;
}

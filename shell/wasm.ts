/**
 * WebAssembly modules and their instances. The memory of an instance grows and never shrinks, and what a
 * stream leaves in it when it is abandoned stays there: so each stream has an instance of its own, and one
 * that grew is let go.
 */

/** The few parts of WebAssembly that are needed, for a compiler that knows neither a browser nor Node. */
interface Host {
  compile(code: Uint8Array): Promise<object>;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
  readonly Module: new (code: Uint8Array) => object;
  readonly CompileError: new () => Error;
  readonly RuntimeError: new () => Error;
  instantiate(code: Uint8Array, imports?: object): Promise<unknown>;
}

/** The host's WebAssembly. */
export const wasmHost = (globalThis as unknown as { readonly WebAssembly: Host }).WebAssembly;

/** What every module exports that is used here. */
export interface WithMemory {
  readonly memory: { readonly buffer: ArrayBuffer };
}

/** An idle instance with more memory than this is let go. */
const IDLE_BYTES_MAX = 32 << 20;

/** The instances of one module, whose exports are `Exports`. */
export class WasmInstances<Exports extends WithMemory> {
  private idle: Exports | undefined;

  private constructor(
    private readonly module: object,
    private readonly imports: object,
  ) {}

  static async of<Exports extends WithMemory>(
    code: Uint8Array,
    imports: object,
  ): Promise<WasmInstances<Exports>> {
    return new WasmInstances<Exports>(await wasmHost.compile(code), imports);
  }

  /** An instance that nobody else uses, until it is given back. */
  take(): Exports {
    const { idle } = this;
    this.idle = undefined;
    return idle ?? (new wasmHost.Instance(this.module, this.imports).exports as Exports);
  }

  /**
   * Whatever was allocated in it must have been freed. One in which code was stopped by a trap must not be
   * given back.
   */
  giveBack(exports: Exports): void {
    if (exports.memory.buffer.byteLength <= IDLE_BYTES_MAX) this.idle = exports;
  }
}

/** True for what is thrown where code does what it must not: nothing is sure of its memory then. */
export function isTrap(error: unknown): boolean {
  return error instanceof wasmHost.RuntimeError;
}

/** Never settles: what a library goes on to do with its own code does not happen. */
export const NEVER: Promise<never> = new Promise(() => {});

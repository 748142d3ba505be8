/** The part of WebAssembly that is needed: every host has it. */
interface Host {
  readonly Instance: new (code: object) => { readonly exports: unknown };
}

/** What an instance of compiled code exports, which has a memory of its own. */
export function exportsOf(code: object): unknown {
  const { Instance } = (globalThis as unknown as { readonly WebAssembly: Host }).WebAssembly;
  return new Instance(code).exports;
}

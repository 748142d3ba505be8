/** The kernel that reads plain lines of ftrace text, which the build puts into every bundle. */
import type { KernelCode } from '../parsers/ftrace/kernelExports.js';
import { wasmHost } from './wasm.js';

/** Its code in base64, put here by `scripts/build.mjs`; not there where sources run that are not bundled. */
declare const LINE_KERNEL: string | undefined;
declare function atob(base64: string): string;

/** Not tried yet; none here. */
let kernel: KernelCode | 'untried' | 'none' = 'untried';

/** The kernel, compiled once; undefined where the host cannot run it, or sources run that are not bundled. */
export function lineKernel(): KernelCode | undefined {
  if (kernel === 'untried') kernel = compiled() ?? 'none';
  return kernel === 'none' ? undefined : kernel;
}

function compiled(): KernelCode | undefined {
  return typeof LINE_KERNEL === 'undefined' ? undefined : kernelOf(bytesOf(LINE_KERNEL));
}

/** The module of some code; undefined on a host that has no WebAssembly, or none with vectors. */
export function kernelOf(code: Uint8Array): KernelCode | undefined {
  try {
    return new wasmHost.Module(code) as unknown as KernelCode;
  } catch (error) {
    if (wasmHost === undefined || error instanceof wasmHost.CompileError) return undefined;
    throw error;
  }
}

function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
}

/** The kernels in WebAssembly, which the build puts into the bundles. */
import type { KernelCode } from '../parsers/ftrace/kernelExports.js';
import type { SampleKernelCode } from '../parsers/perf/kernelExports.js';
import type { RecordKernelCode } from '../parsers/tracedat/kernelExports.js';
import { wasmHost } from './wasm.js';

/** Their code in base64, put here by `scripts/build.mjs`; not there where sources run unbundled. */
declare const LINE_KERNEL: string | undefined;
declare const RECORD_KERNEL: string | undefined;
declare const SAMPLE_KERNEL: string | undefined;
declare function atob(base64: string): string;

/** By code: what was compiled of it; undefined where there is none here. */
const kernels = new Map<string, object | undefined>();

/**
 * The kernel that reads plain lines of ftrace text, compiled once; undefined where the host cannot run it, or
 * sources run that are not bundled.
 */
export function lineKernel(): KernelCode | undefined {
  return typeof LINE_KERNEL === 'undefined' ? undefined : (compiled(LINE_KERNEL) as KernelCode | undefined);
}

/** The same of the kernel that lists records of a trace.dat. */
export function recordKernel(): RecordKernelCode | undefined {
  return typeof RECORD_KERNEL === 'undefined'
    ? undefined
    : (compiled(RECORD_KERNEL) as RecordKernelCode | undefined);
}

/** The same of the kernel that reads samples of a perf.data. */
export function sampleKernel(): SampleKernelCode | undefined {
  return typeof SAMPLE_KERNEL === 'undefined'
    ? undefined
    : (compiled(SAMPLE_KERNEL) as SampleKernelCode | undefined);
}

function compiled(base64: string): object | undefined {
  if (!kernels.has(base64)) kernels.set(base64, kernelOf<object>(bytesOf(base64)));
  return kernels.get(base64);
}

/** The module of some code; undefined on a host that has no WebAssembly, or none with vectors. */
export function kernelOf<Code>(code: Uint8Array): Code | undefined {
  try {
    return new wasmHost.Module(code) as unknown as Code;
  } catch (error) {
    if (wasmHost === undefined || error instanceof wasmHost.CompileError) return undefined;
    throw error;
  }
}

function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
}

/** The kernel of samples (`kernel/`) as a module of WebAssembly, and what it exports. */
import { exportsOf } from '../base/wasmInstance.js';

declare const module: unique symbol;

/** The compiled kernel: a `WebAssembly.Module`, which a shell makes. */
export interface SampleKernelCode {
  readonly [module]: 'samples';
}

interface Value {
  readonly value: number;
}

/** Places in its memory and sizes: see kernel/memory.ts. */
const PLACES = [
  ...(['PROGRAMS', 'PROGRAM_COUNT', 'TASKS', 'TASK_COUNT', 'TASK_BYTES', 'ARENA', 'ARENA_BYTES'] as const),
  ...(['ROWS', 'TIMES', 'OFFSETS', 'BACK', 'RECORDS', 'WHEN', 'ROW_PROGRAM_BYTES'] as const),
  ...(['TS', 'TID', 'TGID', 'PAYLOAD', 'COMM', 'NAME', 'CPU', 'KIND', 'CHECKS'] as const),
  ...(['POOL', 'POOL_WORDS', 'PIECES'] as const),
] as const;

/** What a walk or a run came to: see kernel/index.ts. */
const RESULTS = [
  ...(['walked', 'back', 'newest', 'latest'] as const),
  ...(['rows', 'checks', 'pooled', 'wanted', 'lastTime', 'maxCpu', 'next'] as const),
] as const;

export type SampleKernel = Readonly<Record<(typeof PLACES)[number] | (typeof RESULTS)[number], Value>> & {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  setLayout(tid: number, time: number, cpu: number, fixed: number, callchain: number): void;
  setBase(high: number, low: number): void;
  walk(from: number, end: number, piece: number, latest: number, newest: number): number;
  startRows(most: number, poolUsed: number, firstTime: number, lastTime: number): void;
  run(from: number, to: number): Ended;
};

/** Why a run of rows ended, as kernel/index.ts says it. */
export enum Ended {
  All,
  Program,
  Task,
  Other,
  Full,
}

/** A kernel with a memory of its own. */
export function startSampleKernel(code: SampleKernelCode): SampleKernel {
  return exportsOf(code) as SampleKernel;
}

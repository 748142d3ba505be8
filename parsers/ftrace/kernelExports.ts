/** The kernel of plain lines (`kernel/`) as a module of WebAssembly, and what it exports. */
import { exportsOf } from '../base/wasmInstance.js';

declare const module: unique symbol;

/** The compiled kernel: a `WebAssembly.Module`, which a shell makes. */
export interface KernelCode {
  readonly [module]: 'kernel';
}

interface Value {
  readonly value: number;
}

/** Places in its memory, and counts: see kernel/memory.ts. */
const PLACES = [
  'INPUT',
  'INPUT_BYTES',
  'ROWS',
  'TS',
  'AT',
  'TID',
  'TGID',
  'COMM',
  'NAME',
  'PAYLOAD',
  'CPU',
  'KIND',
  'TIME_AT',
  'POOL',
  'POOL_WORDS',
  'CPUS',
  'CPU_TIMES',
  'CPU_ROWS',
  'CPUS_SEEN',
  'TASKS',
  'TASK_BYTES',
  'TASK_NAMES',
  'PLANS',
  'PLAN_BYTES',
] as const;

/** What a run found: see kernel/index.ts. */
const RESULTS = [
  'rows',
  'position',
  'poolUsed',
  'sawTgid',
  'sawUsual',
  'lastTime',
  'highest',
  'highestCpu',
  'cpusSeen',
] as const;

export type KernelExports = Readonly<Record<(typeof PLACES)[number] | (typeof RESULTS)[number], Value>> & {
  readonly memory: { readonly buffer: ArrayBuffer };
  setClock(
    second: number,
    nano: number,
    decimals: number,
    highest: number,
    highestCpu: number,
    lateMax: number,
  ): void;
  run(from: number, to: number, at: number, most: number, usual: number, poolUsed: number): void;
  addPlan(plan: number): void;
  setLast(plan: number): void;
  forgetPlans(): void;
};

/** A kernel with a memory of its own. */
export function startKernel(code: KernelCode): KernelExports {
  return exportsOf(code) as KernelExports;
}

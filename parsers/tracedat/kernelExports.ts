/** The kernel of records (`kernel/`) as a module of WebAssembly, and what it exports. */
import { exportsOf } from '../base/wasmInstance.js';

declare const module: unique symbol;

/** The compiled kernel: a `WebAssembly.Module`, which a shell makes. */
export interface RecordKernelCode {
  readonly [module]: 'records';
}

interface Value {
  readonly value: number;
}

/** Places in its memory and sizes: see kernel/memory.ts and kernel/program.ts. */
const PLACES = [
  ...(['PROGRAMS', 'PROGRAM_COUNT', 'TASKS', 'TASK_COUNT', 'TASK_BYTES', 'LANES_MAX'] as const),
  ...(['ARENA', 'ARENA_BYTES', 'OUT', 'PIECES', 'ROWS', 'POOL', 'CHECKS'] as const),
  ...(['TS', 'AT', 'TID', 'TGID', 'COMM', 'NAME', 'PAYLOAD', 'CPU', 'KIND', 'ROW_PROGRAM_BYTES'] as const),
  ...(['PROGRAM_BYTES', 'STEP_BYTES', 'KEPT_BYTES', 'KEPT_COUNT'] as const),
] as const;

/** What a run came to: see kernel/index.ts and kernel/line.ts. */
const RESULTS = [
  ...(['current', 'extra', 'delta', 'wanted', 'low', 'high', 'used'] as const),
  ...(['rows', 'checks', 'pooled'] as const),
] as const;

export type RecordKernel = Readonly<Record<(typeof PLACES)[number] | (typeof RESULTS)[number], Value>> & {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  begin(lanes: number, until: number, asRows: number): void;
  setLane(lane: number, from: number, cpuText: bigint, cpuLength: number): void;
  setPage(lane: number, ts: number, position: number, pageEnd: number, base: number): void;
  endLane(lane: number): void;
  run(): Ended;
  take(): void;
  ts(): number;
  setTs(ts: number): void;
  start(): number;
  end(): number;
  place(): number;
  takenPlace(): number;
  /** Whether a record of the lane had a thread, and the latest one. */
  hasThread(lane: number): number;
  thread(lane: number): number;
  forgetThreads(): void;
  setTime(seconds: number, rest: number, decimals: number): void;
  startLines(): void;
  startRows(most: number, poolUsed: number): void;
  setRowLane(lane: number, cpu: number): void;
  noteRow(lane: number, ts: number): void;
  forgetRows(lane: number): void;
  leaveNext(lane: number): void;
  firstRow(lane: number): number;
  lastRow(lane: number): number;
  lastTs(lane: number): number;
  events(lane: number): number;
  mayBeUnseen(from: number, to: number): number;
};

/** Why a run ended, as kernel/index.ts says it. */
export enum Ended {
  All,
  Page,
  Stamp,
  Until,
  Bad,
  Printed,
  Program,
  Task,
  Kept,
  Other,
  Full,
}

/** A kernel with a memory of its own. */
export function startRecordKernel(code: RecordKernelCode): RecordKernel {
  return exportsOf(code) as RecordKernel;
}

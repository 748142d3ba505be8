/**
 * Lines of the function_graph tracer (kernel/trace/trace_functions_graph.c, Linux 7.2). Calls and returns are not
 * events of this domain; events recorded meanwhile stand in C comments after the last bar. The CPU is in the first
 * column; time only with options/funcgraph-abstime; the task only with options/funcgraph-proc, or from the lines that
 * announce a switch: ` 1)    <idle>-0    =>  gmem_co-2358`.
 */
import { UNKNOWN_CPU } from '../events/table.js';
import { UNIT_NS, type LineContext } from './context.js';

export const GRAPH_NONE = 0;
/** A call, a return or a rule between tasks. */
export const GRAPH_CALL = 1;
/** An event in a comment. */
export const GRAPH_EVENT = 2;
/** The announcement that another task runs now: `tid` and comm are in the context. */
export const GRAPH_SWITCH = 3;

/** Where a comment's event lies. */
export class GraphSpan {
  start = 0;
  end = 0;
}

/** Reads a function_graph line into `ctx` and `out`; returns which of the four it is. */
export function parseGraph(bytes: Uint8Array, start: number, end: number, ctx: LineContext, out: GraphSpan): number {
  let p = skipBlanks(bytes, start, end);
  if (isRule(bytes, p, end)) return GRAPH_CALL;
  ctx.clear();
  let cpu = 0;
  let digits = p;
  while (p < end && isDigit(bytes[p]!)) cpu = cpu * 10 + (bytes[p++]! - 0x30);
  if (p > digits && bytes[p] === 0x2e) {
    p = absTime(bytes, digits, p, end, ctx);
    if (p < 0) return GRAPH_NONE;
    digits = p;
    cpu = 0;
    while (p < end && isDigit(bytes[p]!)) cpu = cpu * 10 + (bytes[p++]! - 0x30);
  }
  if (p === digits || p - digits > 5 || bytes[p] !== 0x29) return GRAPH_NONE;
  if (cpu >= UNKNOWN_CPU) return GRAPH_NONE;
  ctx.cpu = cpu;
  const bar = bytes.indexOf(0x7c, p);
  if (bar < 0 || bar >= end) return taskSwitch(bytes, p + 1, end, ctx) ? GRAPH_SWITCH : GRAPH_NONE;
  task(bytes, p + 1, bar, ctx);
  return comment(bytes, bar, end, out) ? GRAPH_EVENT : GRAPH_CALL;
}

/** `331.037598 |  ` of options/funcgraph-abstime; returns where the CPU begins, or -1. */
function absTime(bytes: Uint8Array, start: number, dot: number, end: number, ctx: LineContext): number {
  let p = dot + 1;
  let micros = 0;
  while (p < end && isDigit(bytes[p]!)) micros = micros * 10 + (bytes[p++]! - 0x30);
  if (p - dot !== 7) return -1;
  p = skipBlanks(bytes, p, end);
  if (bytes[p] !== 0x7c) return -1;
  let seconds = 0;
  for (let q = start; q < dot; q++) seconds = seconds * 10 + (bytes[q]! - 0x30);
  ctx.time[0] = seconds;
  ctx.time[1] = micros * 1000;
  ctx.unit = UNIT_NS;
  ctx.decimals = 6;
  return skipBlanks(bytes, p + 1, end);
}

/** The `comm-pid` of options/funcgraph-proc between the CPU and the first bar, if it is there. */
function task(bytes: Uint8Array, start: number, end: number, ctx: LineContext): void {
  const s = skipBlanks(bytes, start, end);
  let e = end;
  while (e > s && bytes[e - 1] === 0x20) e--;
  let dash = e;
  while (dash > s && isDigit(bytes[dash - 1]!)) dash--;
  if (dash === e || e - dash > 10 || dash - 1 <= s || bytes[dash - 1] !== 0x2d) return;
  let tid = 0;
  for (let p = dash; p < e; p++) tid = tid * 10 + (bytes[p]! - 0x30);
  if (tid > 0x7fffffff) return;
  ctx.tid = tid;
  ctx.commStart = s;
  ctx.commEnd = dash - 1;
}

/** `    <idle>-0    =>  gmem_co-2358 `: the task after the arrow. */
function taskSwitch(bytes: Uint8Array, start: number, end: number, ctx: LineContext): boolean {
  for (let p = start; p + 1 < end; p++) {
    if (bytes[p] !== 0x3d || bytes[p + 1] !== 0x3e) continue;
    task(bytes, p + 2, end, ctx);
    return ctx.tid >= 0;
  }
  return false;
}

/** The text between the comment marks after the last bar. */
function comment(bytes: Uint8Array, bar: number, end: number, out: GraphSpan): boolean {
  let p = bar + 1;
  for (;;) {
    p = skipBlanks(bytes, p, end);
    if (bytes[p] === 0x2f && bytes[p + 1] === 0x2a) break;
    const next = bytes.indexOf(0x7c, p);
    if (next < 0 || next >= end) return false;
    p = next + 1;
  }
  let e = end;
  while (e > p && bytes[e - 1] === 0x20) e--;
  if (e - p < 6 || bytes[e - 1] !== 0x2f || bytes[e - 2] !== 0x2a) return false;
  out.start = skipBlanks(bytes, p + 2, e);
  out.end = e - 2;
  while (out.end > out.start && bytes[out.end - 1] === 0x20) out.end--;
  return out.end > out.start;
}

/** ` ------------------------------------------ ` around the announcement of a switch. */
function isRule(bytes: Uint8Array, start: number, end: number): boolean {
  let p = start;
  while (p < end && bytes[p] === 0x2d) p++;
  return p - start >= 20 && skipBlanks(bytes, p, end) === end;
}

function skipBlanks(bytes: Uint8Array, start: number, end: number): number {
  let p = start;
  while (p < end && bytes[p] === 0x20) p++;
  return p;
}

function isDigit(c: number): boolean {
  return c >= 0x30 && c <= 0x39;
}

/**
 * Lines of the function_graph tracer (kernel/trace/trace_functions_graph.c, Linux 7.2). Calls and returns say
 * that functions ran; events recorded meanwhile stand in C comments after the last bar. The CPU is in
 * the first column; time only with options/funcgraph-abstime; the task only with options/funcgraph-proc, or
 * from the lines that announce a switch: ` 1)    <idle>-0    =>  gmem_co-2358`.
 */
import { Ascii } from '../base/ascii.js';
import {
  decimal,
  endOfDigits,
  isDigit,
  isLetter,
  skipBlanks,
  startOfDigits,
  trimRight,
} from '../base/text.js';
import { MAX_PID, MICRO_DIGITS, NS_PER_US } from '../base/units.js';
import { UNKNOWN_CPU } from '../events/table.js';
import { UNIT_NS, type LineContext } from './context.js';

const CPU_DIGITS = 5;
const PID_DIGITS = 10;
/** The rule around a switch of tasks has 42 dashes; what has half of that is one, too. */
const RULE_DASHES = 20;
/** The shortest comment: its marks and a blank on either side. */
const COMMENT_BYTES = '/*  */'.length;

export const GRAPH_NONE = 0;
/** A rule between tasks, or the arrow of an interrupt. */
export const GRAPH_OTHER = 1;
/** An event in a comment. */
export const GRAPH_EVENT = 2;
/** The announcement that another task runs now: `tid` and comm are in the context. */
export const GRAPH_SWITCH = 3;
/** A call, with what it calls in it or not. */
export const GRAPH_CALL = 4;
export const GRAPH_RETURN = 5;
/** It ends early: a comment that is not closed, a bar with nothing behind it, a name without parentheses. */
export const GRAPH_TORN = 6;

/** Where a comment's event lies, or a call with what it took before it. */
export class GraphSpan {
  start = 0;
  end = 0;
}

/** Reads a function_graph line into `ctx` and `out`; returns which of these it is. */
export function parseGraph(
  bytes: Uint8Array,
  start: number,
  end: number,
  ctx: LineContext,
  out: GraphSpan,
): number {
  let p = skipBlanks(bytes, start, end);
  if (isRule(bytes, p, end)) return GRAPH_OTHER;
  ctx.clear();
  let digits = p;
  p = endOfDigits(bytes, digits, end);
  if (p > digits && bytes[p] === Ascii.Dot) {
    digits = absTime(bytes, digits, p, end, ctx);
    if (digits < 0) return GRAPH_NONE;
    p = endOfDigits(bytes, digits, end);
  }
  if (p === digits || p - digits > CPU_DIGITS || bytes[p] !== Ascii.CloseParen) return GRAPH_NONE;
  const cpu = decimal(bytes, digits, p);
  if (cpu >= UNKNOWN_CPU) return GRAPH_NONE;
  ctx.cpu = cpu;
  const bar = bytes.indexOf(Ascii.Bar, p);
  if (bar < 0 || bar >= end) return taskSwitch(bytes, p + 1, end, ctx) ? GRAPH_SWITCH : GRAPH_NONE;
  task(bytes, p + 1, bar, ctx);
  const text = commentAt(bytes, bar, end);
  if (text < 0) return call(bytes, p + 1, bar, end, out);
  return comment(bytes, text, end, out) ? GRAPH_EVENT : GRAPH_TORN;
}

/**
 * `  0.123 us    |  f();`: from what it took, or the bar where that is not said, to the line's end. `bar` is
 * the first one behind the CPU.
 */
function call(bytes: Uint8Array, start: number, bar: number, end: number, out: GraphSpan): number {
  let column = start;
  for (let next = bar; next >= 0 && next < end; next = bytes.indexOf(Ascii.Bar, next + 1)) {
    const p = skipBlanks(bytes, next + 1, end);
    const isReturn = bytes[p] === Ascii.CloseBrace;
    if (isReturn || isCall(bytes, p, end)) {
      out.start = skipBlanks(bytes, column, next);
      out.end = trimRight(bytes, p, end);
      return isReturn ? GRAPH_RETURN : GRAPH_CALL;
    }
    column = next + 1;
  }
  return hasArrow(bytes, start, end) ? GRAPH_OTHER : GRAPH_TORN;
}

/** `==========> |`, `<========== |`: an interrupt begins or ends. */
function hasArrow(bytes: Uint8Array, start: number, end: number): boolean {
  // Byte by byte: indexOf would look on beyond the line, to the next sign that any has.
  for (let p = start; p + 1 < end; p++)
    if (bytes[p] === Ascii.Equals && bytes[p + 1] === Ascii.Equals) return true;
  return false;
}

/** `name(`, whatever stands in its parentheses, up to `{` or `;`. */
function isCall(bytes: Uint8Array, start: number, end: number): boolean {
  let p = start;
  while (p < end && isSymbolByte(bytes[p]!)) p++;
  if (p === start || isDigit(bytes[start]!)) return false;
  // A function of a module: `name [kvm]()`.
  if (bytes[p] === Ascii.Blank && bytes[p + 1] === Ascii.OpenBracket)
    p = bytes.indexOf(Ascii.CloseBracket, p) + 1;
  return p > start && p < end && bytes[p] === Ascii.OpenParen;
}

function isSymbolByte(c: number): boolean {
  return isLetter(c) || isDigit(c) || c === Ascii.Underscore || c === Ascii.Dot || c === Ascii.Dollar;
}

/** `331.037598 |  ` of options/funcgraph-abstime; returns where the CPU begins, or -1. */
function absTime(bytes: Uint8Array, start: number, dot: number, end: number, ctx: LineContext): number {
  const fractionEnd = endOfDigits(bytes, dot + 1, end);
  if (fractionEnd - (dot + 1) !== MICRO_DIGITS) return -1;
  const bar = skipBlanks(bytes, fractionEnd, end);
  if (bytes[bar] !== Ascii.Bar) return -1;
  ctx.time[0] = decimal(bytes, start, dot);
  ctx.time[1] = decimal(bytes, dot + 1, fractionEnd) * NS_PER_US;
  ctx.unit = UNIT_NS;
  ctx.decimals = MICRO_DIGITS;
  return skipBlanks(bytes, bar + 1, end);
}

/** The `comm-pid` of options/funcgraph-proc between the CPU and the first bar, if it is there. */
function task(bytes: Uint8Array, start: number, end: number, ctx: LineContext): void {
  const s = skipBlanks(bytes, start, end);
  const e = trimRight(bytes, s, end);
  const digits = startOfDigits(bytes, s, e);
  if (digits === e || e - digits > PID_DIGITS || digits - 1 <= s || bytes[digits - 1] !== Ascii.Dash) return;
  const tid = decimal(bytes, digits, e);
  if (tid > MAX_PID) return;
  ctx.tid = tid;
  ctx.commStart = s;
  ctx.commEnd = digits - 1;
}

/** `    <idle>-0    =>  gmem_co-2358 `: the task after the arrow. */
function taskSwitch(bytes: Uint8Array, start: number, end: number, ctx: LineContext): boolean {
  for (let p = start; p + 1 < end; p++) {
    if (bytes[p] !== Ascii.Equals || bytes[p + 1] !== Ascii.Greater) continue;
    task(bytes, p + 2, end, ctx);
    return ctx.tid >= 0;
  }
  return false;
}

/** Where a comment begins behind a bar; -1 where none does. */
function commentAt(bytes: Uint8Array, bar: number, end: number): number {
  let p = bar + 1;
  for (;;) {
    p = skipBlanks(bytes, p, end);
    if (p + 1 < end && bytes[p] === Ascii.Slash && bytes[p + 1] === Ascii.Star) return p;
    const next = bytes.indexOf(Ascii.Bar, p);
    if (next < 0 || next >= end) return -1;
    p = next + 1;
  }
}

/** The text between the marks of the comment at `p`. */
function comment(bytes: Uint8Array, p: number, end: number, out: GraphSpan): boolean {
  const e = trimRight(bytes, p, end);
  if (e - p < COMMENT_BYTES || bytes[e - 1] !== Ascii.Slash || bytes[e - 2] !== Ascii.Star) return false;
  out.start = skipBlanks(bytes, p + 2, e);
  out.end = trimRight(bytes, out.start, e - 2);
  return out.end > out.start;
}

/** ` ------------------------------------------ ` around the announcement of a switch. */
function isRule(bytes: Uint8Array, start: number, end: number): boolean {
  let p = start;
  while (p < end && bytes[p] === Ascii.Dash) p++;
  return p - start >= RULE_DASHES && skipBlanks(bytes, p, end) === end;
}

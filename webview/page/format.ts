/** Times, numbers, pages and threads as text. */
import type { LaneInfo } from '../../model/timeline/shapes.js';

/** Decimal digits of a duration that steps of `step` can tell apart. */
function fixed(value: number, unit: number, step: number): string {
  const digits = Math.max(0, Math.min(9, Math.ceil(-Math.log10(step / unit) - 1e-9)));
  return (value / unit).toFixed(digits);
}

/** A duration: `12.5 µs`, `3 ms`; plain counts for clocks without seconds. */
export function duration(value: number, unit: 'ns' | 'ticks' | 'rows'): string {
  if (unit !== 'ns') return `${Math.round(value)} ${unit === 'rows' ? 'events' : 'ticks'}`;
  const magnitude = Math.abs(value);
  if (magnitude >= 1e9) return `${trim((value / 1e9).toFixed(3))} s`;
  if (magnitude >= 1e6) return `${trim((value / 1e6).toFixed(3))} ms`;
  if (magnitude >= 1e3) return `${trim((value / 1e3).toFixed(3))} µs`;
  return `${Math.round(value)} ns`;
}

function trim(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

/**
 * A time as the trace prints it: seconds with microseconds or more, or a plain count. `t0` is that of time 0.
 */
export function clock(time: number, unit: 'ns' | 'ticks' | 'rows', t0: string, resolution = 1): string {
  if (unit === 'rows') return `event ${Math.round(time)}`;
  const absolute = BigInt(t0) + BigInt(Math.round(time));
  if (unit === 'ticks') return String(absolute);
  const seconds = absolute / 1_000_000_000n;
  const fraction = String(absolute % 1_000_000_000n).padStart(9, '0');
  return `${seconds}.${fraction.slice(0, resolution >= 1000 ? 6 : 9)}`;
}

export interface Ticks {
  readonly at: readonly number[];
  readonly label: (value: number) => string;
}

/** What steps of the ruler are counted in, from this step in nanoseconds on. */
const SCALES = [
  { fromStep: 1e8, scale: 1e9, name: ' s' },
  { fromStep: 1e5, scale: 1e6, name: ' ms' },
  { fromStep: 100, scale: 1e3, name: ' µs' },
  { fromStep: 0, scale: 1, name: ' ns' },
] as const;

/** Round values between two times, about `count` of them, labelled relative to the start of the trace. */
export function ticks(from: number, until: number, count: number, unit: 'ns' | 'ticks' | 'rows'): Ticks {
  const raw = (until - from) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(Math.max(raw, 1e-9)));
  const step = Math.max(1, [1, 2, 5, 10].map((m) => m * power).find((s) => s >= raw)!);
  const at: number[] = [];
  for (let t = Math.ceil(from / step) * step; t <= until && at.length < 200; t += step) at.push(t);
  const { scale, name } = unit === 'ns' ? SCALES.find((s) => step >= s.fromStep)! : { scale: 1, name: '' };
  return { at, label: (value) => `${fixed(value, scale, step)}${name}` };
}

export function hex(n: number): string {
  return `0x${n.toString(16)}`;
}

/** `0x100..0x13f`: first and last page. */
export function pageRange(first: number, end: number): string {
  return end - first <= 1 ? hex(first) : `${hex(first)}..${hex(end - 1)}`;
}

/** `0x100 … 0x13f`: the first and the last of pages that may have others between them. */
export function pageSpan(first: number, end: number): string {
  return end - first <= 1 ? hex(first) : `${hex(first)} … ${hex(end - 1)}`;
}

/**
 * A text of at most so many letters: its beginning and its end, or, where others would look the same, what
 * tells it from them.
 */
export function withinLetters(text: string, letters: number, others: readonly string[] = []): string {
  if (text.length <= letters) return text;
  const alike = others.filter((other) => other !== text && other.length > letters);
  const third = Math.max(1, Math.floor(letters / 3));
  for (const head of [third, ...Array.from({ length: Math.max(0, letters - 2) }, (_, i) => i + 1)]) {
    const cut = cutAt(text, head, letters);
    if (alike.every((other) => cutAt(other, head, letters) !== cut)) return cut;
  }
  const differs = Math.max(...alike.map((other) => commonStart(text, other)));
  const from = Math.max(0, differs - Math.floor(letters / 2));
  return `…${text.slice(from, from + Math.max(1, letters - 2))}…`;
}

function cutAt(text: string, head: number, letters: number): string {
  return `${text.slice(0, head)}…${text.slice(text.length - Math.max(1, letters - head - 1))}`;
}

/** How many letters two texts begin with alike. */
function commonStart(a: string, b: string): number {
  let i = 0;
  while (i < a.length && a[i] === b[i]) i++;
  return i;
}

/** `1 page`, `2,048 pages`. */
export function pages(count: number): string {
  return plural(count, 'page');
}

/** A count of what is named in the singular: `1 row`, `2,048 rows`. */
export function plural(count: number, name: string): string {
  return `${grouped(count)} ${name}${count === 1 ? '' : 's'}`;
}

/** Digits in groups of three, the same in every locale. */
export function grouped(n: number): string {
  return String(n).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `vcpu 0  CPU 0/KVM-275`, `qemu-system-x86-274`. */
export function laneName(lane: LaneInfo): string {
  if (lane.tid < 0) return 'unknown threads';
  if (lane.tid === 0) return 'idle';
  if (lane.vcpu >= 0) return `vcpu ${lane.vcpu}  ${lane.comm}-${lane.tid}`;
  return `${lane.comm === '' ? 'thread' : lane.comm}-${lane.tid}`;
}

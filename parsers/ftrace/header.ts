/**
 * Lines of an ftrace text that are not events: comments (`# tracer: nop`, column rulers, entry counts, buffer
 * marks), LOST lines, and the content of the trace_clock file where a recorder put it before the events.
 */
import { CLOCKS, PAGE_SIZES, type TraceMeta } from '../events/table.js';

/** What a header says besides what goes into TraceMeta. */
export class Header {
  /** True once `# tracer:` was seen. */
  isTrace = false;
  /** True once a column ruler was seen: lines have a context. */
  hasRuler = false;
  /** True once a tracer was named that prints lines without an event's name. */
  printsText = false;
  /** True once `# event histogram` was seen. */
  isHistogram = false;
  /** True once a clock was named. */
  hasClock = false;
  /** Entries that the headers so far say the text has; 0 where they do not say. */
  entries = 0;
}

export const COMMENT_PLAIN = 0;
/** `# tracer: nop`: a buffer's text begins here. */
export const COMMENT_TRACER = 1;
/** `# entries-in-buffer/entries-written: A/B` with A < B. */
export const COMMENT_OVERWRITTEN = 2;
/** `##### CPU 3 buffer started ####`. */
export const COMMENT_BUFFER_STARTED = 3;

/** A comment's meaning, with a number where it has one. */
export interface Comment {
  readonly kind: number;
  /** The CPU whose buffer started, or how many entries were overwritten. */
  readonly value: number;
}

const PLAIN: Comment = { kind: COMMENT_PLAIN, value: 0 };
/** Tracers besides whose lines there are named events only. */
const NAMED_TRACERS = /^# tracer: (?:nop|function|function_graph)\s*$/;
const ENTRIES = /entries-in-buffer\/entries-written: *(\d+)\/(\d+)/;
/** `# latency: 0 us, #7723/7723, CPU#0 | (M:PREEMPT VP:0, KP:0, SP:0 HP:0 #P:2)`. */
const LATENCY_ENTRIES = /^# latency: \d+ us, #(\d+)\/(\d+),/;
const CPUS = /#P:(\d{1,5})\b/;
const KERNEL = /latency trace v[\d.]+ on (\S+)$/;
const STARTED = /^#{3,} CPU (\d{1,5}) buffer started #{3,}/;
const CLOCK_COMMENT = /^# *(?:trace_)?clock: *(.+)$/;
/** Put there by hand, as a clock is: the kernel writes neither. */
const PAGE_COMMENT = /^# *page size: *(\d+K)$/;
const CHOSEN_CLOCK = /\[([a-z0-9_-]+)\]/;

/** Takes a line that begins with `#` into `header` and `meta`. */
export function readComment(text: string, header: Header, meta: TraceMeta): Comment {
  if (text.startsWith('# tracer:')) {
    header.isTrace = true;
    header.printsText = !NAMED_TRACERS.test(text);
    return { kind: COMMENT_TRACER, value: 0 };
  }
  if (text.startsWith('# event histogram')) header.isHistogram = true;
  if (/TASK-PID|cmd +pid|DURATION/.test(text)) header.hasRuler = true;
  const cpus = CPUS.exec(text);
  if (cpus) meta.cpus = Number(cpus[1]);
  const kernel = KERNEL.exec(text);
  if (kernel) meta.kernel = kernel[1]!;
  const clock = CLOCK_COMMENT.exec(text);
  if (clock) setClock(clock[1]!, header, meta);
  const pages = PAGE_COMMENT.exec(text);
  const size = PAGE_SIZES.find(({ word }) => word === pages?.[1]);
  if (size) meta.pageBytes = size.bytes;
  const entries = ENTRIES.exec(text) ?? LATENCY_ENTRIES.exec(text);
  if (entries) {
    header.isTrace = true;
    header.entries += Number(entries[1]);
    const missing = Number(entries[2]) - Number(entries[1]);
    if (missing > 0) return { kind: COMMENT_OVERWRITTEN, value: missing };
  }
  const started = STARTED.exec(text);
  return started ? { kind: COMMENT_BUFFER_STARTED, value: Number(started[1]) } : PLAIN;
}

/** Takes `local [global] counter …`, or one clock's name, into `meta`; false when it names no clock. */
function setClock(text: string, header: Header, meta: TraceMeta): boolean {
  const name = CHOSEN_CLOCK.exec(text)?.[1] ?? text.trim();
  const clock = CLOCKS.find((known) => known === name);
  if (clock === undefined) return false;
  meta.clock = clock;
  header.hasClock = true;
  return true;
}

/** True when a line is the content of the trace_clock file; takes the chosen clock into `meta`. */
export function readClockLine(text: string, header: Header, meta: TraceMeta): boolean {
  const words = text.trim().split(/ +/);
  if (words.length < 3 || words.length > 20 || !words.some((word) => CHOSEN_CLOCK.test(word))) return false;
  return words.every((word) => /^\[?[a-z0-9_-]+\]?$/.test(word)) && setClock(text, header, meta);
}

/** A loss that the kernel printed: `CPU:3 [LOST 123 EVENTS]`, or without a count where it knows none. */
export interface LostLine {
  readonly cpu: number;
  /** 0 when unknown. */
  readonly count: number;
}

const LOST = /^CPU:(\d{1,5}) \[LOST(?: (\d+))? EVENTS\]\s*$/;

export function readLost(text: string): LostLine | undefined {
  const found = LOST.exec(text);
  return found ? { cpu: Number(found[1]), count: Number(found[2] ?? 0) } : undefined;
}

/** Lines of `trace-cmd report` that are no events: its header, empty CPUs, and losses. */
export const NOTICE_NONE = 0;
/** `cpus=4`. */
export const NOTICE_CPUS = 1;
/** `CPU:2 [204600 EVENTS DROPPED]`, without a number where nobody counted. */
export const NOTICE_LOST = 2;
/** `version = 7`, `CPU 1 is empty`: lines that say nothing about events. */
export const NOTICE_OTHER = 3;
/** `trace.dat:`: one word and a colon. */
export const NOTICE_TITLE = 4;

export interface Notice {
  readonly kind: number;
  readonly cpu: number;
  /** CPUs, or events lost; 0 for unknown. */
  readonly count: number;
}

const LINE_LIMIT = 200;
const CPUS = /^cpus=(\d{1,5})$/;
const LOST = /^(?:\S+:\s+)?CPU:\s*(\d{1,5}) \[(?:(\d{1,15}) )?EVENTS DROPPED\]$/;
const OTHER = /^\s*(?:version = \d+|(?:\S+:\s+)?CPU \d+ is empty)\s*$/;
const TITLE = /^\s*\S+:\s*$/;
const decoder = new TextDecoder();

/** What the line at bytes[start, end) says. */
export function readNotice(bytes: Uint8Array, start: number, end: number): Notice {
  const text = end - start > LINE_LIMIT ? '' : decoder.decode(bytes.subarray(start, end));
  const cpus = CPUS.exec(text);
  if (cpus) return { kind: NOTICE_CPUS, cpu: -1, count: Number(cpus[1]) };
  const lost = LOST.exec(text);
  if (lost) return { kind: NOTICE_LOST, cpu: Number(lost[1]), count: Number(lost[2] ?? 0) };
  if (TITLE.test(text)) return { kind: NOTICE_TITLE, cpu: -1, count: 0 };
  return { kind: OTHER.test(text) ? NOTICE_OTHER : NOTICE_NONE, cpu: -1, count: 0 };
}

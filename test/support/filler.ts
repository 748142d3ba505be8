/** Events that no rule cares for: they make a trace long. */

/** Microseconds as a trace prints them, seconds in a column of five. */
export function stamp(us: number): string {
  const seconds = String(Math.floor(us / 1e6)).padStart(5);
  return `${seconds}.${String(us % 1e6).padStart(6, '0')}`;
}

const QEMU = 'qemu-system-x86-274     (    274)';

/** A line without its end. */
export function fillerLine(us: number, { task = QEMU, cpu = 0 } = {}): string {
  return ` ${task} [00${cpu}] d..2. ${stamp(us)}: tlb_flush: pages:-1 reason:flush on task switch (0)`;
}

const LINES_AT_ONCE = 10_000;

/** A trace, and such events behind it up to so many bytes, in pieces. */
export function* lengthened(trace: string, bytes: number): Generator<string> {
  // The kernel counts what it has printed: more than that were another trace.
  const whole = trace.replace(/entries-written: \d+\/\d+/, 'entries-written: 1/1');
  yield whole;
  for (let second = 100, written = whole.length; written < bytes; second++) {
    const lines = Array.from({ length: LINES_AT_ONCE }, (_, i) => `${fillerLine(second * 1e6 + i * 100)}\n`);
    const piece = lines.join('');
    written += piece.length;
    yield piece;
  }
}

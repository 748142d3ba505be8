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

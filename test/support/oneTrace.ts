/** Small traces written event by event, for tests of the model. */
import type { Judged } from '../golden/judge.js';
import { judgeText } from '../golden/judge.js';
import type { ProfileId } from '../../model/findings/finding.js';

export interface Said {
  readonly event: string;
  readonly tid?: number;
  readonly tgid?: number;
  readonly cpu?: number;
  /** Microseconds; 100 after the event before where absent. */
  readonly at?: number;
}

/** Traces of one case each, by their titles. */
export type Cases = Readonly<Record<string, readonly (string | Said)[]>>;

const FIRST_US = 10_000_000;
const STEP_US = 100;

/**
 * An ftrace text with thread groups and a global clock; a text that is no
 * event, such as a loss line, goes in as it is.
 */
export function traceText(events: readonly (string | Said)[]): string {
  let time = FIRST_US;
  const lines = [
    '# tracer: nop',
    '#',
    '# clock: mono',
    '#           TASK-PID       TGID    CPU#  |||||  TIMESTAMP  FUNCTION',
  ];
  for (const one of events) {
    const {
      event,
      tid = 100,
      tgid = 100,
      cpu = 0,
      at,
    } = typeof one === 'string' ? ({ event: one } as Said) : one;
    if (event.startsWith('CPU:') || event.startsWith('#')) {
      lines.push(event);
      continue;
    }
    time = at ?? time + STEP_US;
    const seconds = `${Math.floor(time / 1e6)}.${String(time % 1e6).padStart(6, '0')}`;
    const group = tgid < 0 ? '-------' : String(tgid).padStart(7);
    lines.push(
      `${'task'.padStart(16)}-${String(tid).padEnd(7)} (${group}) [00${cpu}] .....  ${seconds}: ${event}`,
    );
  }
  return `${lines.join('\n')}\n`;
}

/** Judges such a trace by the profiles that it asks for itself, or by those given. */
export function judgeAll(events: readonly (string | Said)[], profiles: readonly ProfileId[] = []): Judged {
  return judgeText(traceText(events), profiles);
}

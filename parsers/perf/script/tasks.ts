/** The lines of --show-task-events and --show-lost-events: thread groups, and how much was lost. */
import { UNKNOWN_TID } from '../../events/table.js';
import type { HeadSpan } from './head.js';

const decoder = new TextDecoder();

const LOST = /^PERF_RECORD_LOST(?:_SAMPLES)? (?:lost )?(\d{1,15})/;
const COMM = /^PERF_RECORD_COMM(?: exec)?: .*:(-?\d{1,10})\/(-?\d{1,10})$/;
const FORK = /^PERF_RECORD_FORK\((-?\d{1,10}):(-?\d{1,10})\)/;
const RECORD_LIMIT = 256;

/** Thread to thread group, as far as task events told. */
export class TaskGroups {
  private readonly groups = new Map<number, number>();

  of(tid: number): number {
    return this.groups.get(tid) ?? UNKNOWN_TID;
  }

  set(tid: number, pid: number): void {
    this.groups.set(tid, pid);
  }
}

/**
 * Reads one record's line: notes what it says of tasks, and returns the count of lost events, or -1 for no
 * loss.
 */
export function readTask(bytes: Uint8Array, head: HeadSpan, groups: TaskGroups): number {
  const text = decoder.decode(
    bytes.subarray(head.nameStart, Math.min(head.end, head.nameStart + RECORD_LIMIT)),
  );
  const lost = LOST.exec(text);
  if (lost) return Number(lost[1]);
  const task = COMM.exec(text) ?? FORK.exec(text);
  if (task) groups.set(Number(task[2]), Number(task[1]));
  return -1;
}

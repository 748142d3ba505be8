/** The tasks of a trace, each with what its events say of it. */
import { fields, listOf, truth, whole } from '../base/shape.js';
import { kindId, slotIndex } from './kinds.js';
import { OfAllRows } from './ofAllRows.js';
import type { Segment } from './segment.js';
import { readSlot } from './slots.js';

export interface Task {
  /** -1 for events of which nobody says the task. */
  readonly tid: number;
  /** Row of its first event, and what that says: thread group (-1 for none), and id of its name. */
  readonly row: number;
  readonly tgid: number;
  readonly comm: number;
  readonly events: number;
  /** Whether it entered or left a guest, and on which vCPU; -1 where no event says it. */
  readonly entersGuest: boolean;
  readonly vcpu: number;
}

const ENTRY = kindId('KvmEntry');
const EXIT = kindId('KvmExit');
const ENTRY_VCPU = slotIndex('KvmEntry', 'vcpu');
const EXIT_VCPU = slotIndex('KvmExit', 'vcpu');
/** More take as long to be read as to be counted. */
const KEPT_MAX = 20_000;

/** In the order of their first events. */
export const TASKS = new OfAllRows<readonly Task[]>({
  begin() {
    const byTid = new Map<number, Counted>();
    return {
      take: (segment, row) => count(segment, row, byTid),
      end: () => [...byTid.values()],
      isTooLong: () => byTid.size > KEPT_MAX,
    };
  },
  shape(table) {
    const id = whole(-1);
    return listOf(
      fields({
        ...{ tid: id, row: whole(0, table.length - 1), tgid: id, comm: whole(0, table.comms.size - 1) },
        ...{ events: whole(1), entersGuest: truth, vcpu: id },
      }),
    );
  },
  isOf: (tasks, table) => tasks.reduce((sum, { events }) => sum + events, 0) === table.length,
});

type Counted = { -readonly [K in keyof Task]: Task[K] };

function count(segment: Segment, firstRow: number, byTid: Map<number, Counted>): void {
  const { length, tid: tids, comm, tgid, kind: kinds, payload } = segment;
  let task: Counted | undefined;
  for (let i = 0; i < length; i++) {
    const tid = tids[i]!;
    if (task?.tid !== tid) task = byTid.get(tid);
    if (!task) {
      task = {
        ...{ tid, row: firstRow + i, tgid: tgid[i]!, comm: comm[i]! },
        ...{ events: 0, entersGuest: false, vcpu: -1 },
      };
      byTid.set(tid, task);
    }
    task.events++;
    const kind = kinds[i]!;
    if ((kind !== ENTRY && kind !== EXIT) || task.vcpu >= 0) continue;
    task.entersGuest = true;
    task.vcpu = readSlot(segment, payload[i]!, kind === ENTRY ? ENTRY_VCPU : EXIT_VCPU);
  }
}

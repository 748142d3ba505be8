/** What it takes all rows of a trace to know: found once, and kept with the trace. */
import { fields, listOf, parsed, truth, whole } from '../base/shape.js';
import { allSteps } from '../base/steps.js';
import { kindId, slotIndex } from './kinds.js';
import { SEGMENT_ROWS, type Segment } from './segment.js';
import { readSlot } from './slots.js';
import type { EventTable } from './table.js';

export interface Summary {
  /** In the order of their first events. */
  readonly tasks: readonly Task[];
  /** Whether no row has a lesser line than the one before it. */
  readonly areLinesInOrder: boolean;
}

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

type Counted = { -readonly [K in keyof Task]: Task[K] };

const ENTRY = kindId('KvmEntry');
const EXIT = kindId('KvmExit');
const ENTRY_VCPU = slotIndex('KvmEntry', 'vcpu');
const EXIT_VCPU = slotIndex('KvmExit', 'vcpu');
/** More take as long to be read as to be counted. */
const KEPT_MAX = 20_000;

const known = new WeakMap<EventTable, { readonly rows: number; readonly summary: Summary }>();
/** What was kept, and nobody has asked for yet. */
const kept = new WeakMap<EventTable, string>();

export function summaryOf(table: EventTable): Summary {
  return allSteps(summaryInSteps(table));
}

/** The same, a segment a step. */
export function* summaryInSteps(table: EventTable): Generator<undefined, Summary> {
  const before = known.get(table);
  if (before?.rows === table.length) return before.summary;
  const summary = summaryIn(table, kept.get(table) ?? '') ?? (yield* found(table));
  known.set(table, { rows: table.length, summary });
  return summary;
}

function* found({ segments }: EventTable): Generator<undefined, Summary> {
  const byTid = new Map<number, Counted>();
  let areLinesInOrder = true;
  let last = 0;
  for (const [s, segment] of segments.entries()) {
    count(segment, s * SEGMENT_ROWS, byTid);
    for (let i = 0; i < segment.length && areLinesInOrder; i++) {
      const line = segment.lineOf(i);
      areLinesInOrder = line >= last;
      last = line;
    }
    yield;
  }
  return { tasks: [...byTid.values()], areLinesInOrder };
}

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

/** What is to be kept of it; '' where it is found as quickly. */
export function summaryText(summary: Summary): string {
  return summary.tasks.length > KEPT_MAX ? '' : JSON.stringify(summary);
}

/** Says what was kept of a table; where it cannot be that, it is found anew. */
export function giveSummary(table: EventTable, text: string): void {
  kept.set(table, text);
}

function summaryIn(table: EventTable, text: string): Summary | undefined {
  const id = whole(-1);
  const isTask = fields({
    ...{ tid: id, row: whole(0, table.length - 1), tgid: id, comm: whole(0, table.comms.size - 1) },
    ...{ events: whole(1), entersGuest: truth, vcpu: id },
  });
  const summary = parsed(fields({ tasks: listOf(isTask), areLinesInOrder: truth }), text);
  const events = summary?.tasks.reduce((sum, task) => sum + task.events, 0);
  return events === table.length ? summary : undefined;
}

/** Threads of a trace as a debugger shows them: vCPUs, threads of the VMM, others. */
import { TASKS, type Task } from '../../parsers/events/tasks.js';
import type { Analysis } from '../../model/analysis.js';
import type { TraceIndex } from '../../model/cursor/traceIndex.js';

/** Threads beyond this that are neither vCPUs nor of a VMM are one entry: nobody reads a longer list. */
const OTHERS_MAX = 100;

export interface ThreadInfo {
  /** From 1, in the order in which they are shown. */
  readonly id: number;
  readonly name: string;
  /** -1 for the entry that stands for several threads. */
  readonly tid: number;
  /** Number of the vCPU it runs, -1 when it runs none that the trace shows. */
  readonly vcpu: number;
}

/** How QEMU names the thread of a vCPU. */
const VCPU_COMM = /^CPU (\d{1,5})\/(?:KVM|TCG)/;

/** The order in which threads are shown. */
const enum Rank {
  Vcpu,
  Vmm,
  Other,
}

/** A task with how it is shown. */
interface Ranked extends Task {
  readonly rank: Rank;
  readonly name: string;
}

export class Threads {
  readonly list: readonly ThreadInfo[];
  private readonly byTid = new Map<number, ThreadInfo>();
  private readonly rest: ThreadInfo | undefined;

  constructor(private readonly index: TraceIndex) {
    const tasks = rankedTasks(index);
    // Of the others those that do most come first.
    const busier = (a: Ranked, b: Ranked): number => (a.rank === Rank.Other ? b.events - a.events : 0);
    tasks.sort((a, b) => a.rank - b.rank || busier(a, b) || a.vcpu - b.vcpu || a.tid - b.tid);
    const shown = tasks.filter(({ rank }, i) => rank < Rank.Other || i < OTHERS_MAX);
    const list = shown.map(
      (task, i): ThreadInfo => ({
        id: i + 1,
        name: nameOf(task),
        tid: task.tid,
        vcpu: task.rank === Rank.Vcpu ? task.vcpu : -1,
      }),
    );
    for (const thread of list) this.byTid.set(thread.tid, thread);
    if (shown.length < tasks.length) {
      this.rest = {
        id: list.length + 1,
        name: `${tasks.length - shown.length} other threads`,
        tid: -1,
        vcpu: -1,
      };
      list.push(this.rest);
    }
    this.list = list;
  }

  byId(id: number): ThreadInfo | undefined {
    return this.list[id - 1];
  }

  /** The thread of an event. */
  ofRow(row: number): ThreadInfo {
    return this.byTid.get(this.index.table.tid(row)) ?? this.rest ?? this.list[0]!;
  }

  /** Threads that run a vCPU of this number. */
  ofVcpu(vcpu: number): readonly ThreadInfo[] {
    return this.list.filter((thread) => thread.vcpu === vcpu);
  }
}

/** The tasks, of which one may say by its name alone that it runs a vCPU. */
function rankedTasks({ table, analysis }: TraceIndex): Ranked[] {
  const tasks = TASKS.of(table).map((task) => {
    const name = table.comms.text(task.comm);
    const named = task.vcpu < 0 ? VCPU_COMM.exec(name) : null;
    return { ...task, name, ...(named && { entersGuest: true, vcpu: Number(named[1]) }) };
  });
  const owners = vmmGroups(analysis, tasks);
  const rank = ({ entersGuest, tgid, tid }: Task): Rank => {
    if (entersGuest) return Rank.Vcpu;
    return owners.has(tgid) || owners.has(tid) ? Rank.Vmm : Rank.Other;
  };
  return tasks.map((task) => ({ ...task, rank: rank(task) }));
}

/** Thread groups that own a VM or convert memory. */
function vmmGroups({ vms, conversions }: Analysis, tasks: readonly Task[]): ReadonlySet<number> {
  const groups = new Set<number>();
  for (const { tgid } of vms) if (tgid >= 0) groups.add(tgid);
  for (const { tgid, entersGuest } of tasks) if (entersGuest && tgid >= 0) groups.add(tgid);
  for (const { tid } of conversions) if (tid >= 0) groups.add(tid);
  return groups;
}

function nameOf({ tid, vcpu, rank, name }: Ranked): string {
  const comm = name || 'unknown';
  const who = tid < 0 ? comm : `${comm} (tid ${tid})`;
  if (rank === Rank.Vcpu) return vcpu < 0 ? `vCPU: ${who}` : `vCPU ${vcpu}: ${who}`;
  return rank === Rank.Vmm ? `VMM: ${who}` : who;
}

/** Threads of a trace as a debugger shows them: vCPUs, threads of the VMM, others. */
import { kindId, slotIndex } from '../../parsers/events/kinds.js';
import { readSlot } from '../../parsers/events/slots.js';
import { SEGMENT_ROWS } from '../../parsers/events/segment.js';
import type { TraceIndex } from '../../model/cursor/traceIndex.js';

const ENTRY = kindId('KvmEntry');
const EXIT = kindId('KvmExit');
const ENTRY_VCPU = slotIndex('KvmEntry', 'vcpu');
const EXIT_VCPU = slotIndex('KvmExit', 'vcpu');
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

interface Tally {
  readonly tid: number;
  tgid: number;
  row: number;
  events: number;
  vcpu: number;
  entersGuest: boolean;
}

export class Threads {
  readonly list: readonly ThreadInfo[];
  private readonly byTid = new Map<number, ThreadInfo>();
  private readonly rest: ThreadInfo | undefined;

  constructor(private readonly index: TraceIndex) {
    const tallies = count(index);
    const owners = vmmGroups(index, tallies);
    const rank = (t: Tally): Rank => {
      if (t.entersGuest) return Rank.Vcpu;
      return owners.has(t.tgid) || owners.has(t.tid) ? Rank.Vmm : Rank.Other;
    };
    // Of the others those that do most come first.
    const busier = (a: Tally, b: Tally): number => (rank(a) === Rank.Other ? b.events - a.events : 0);
    tallies.sort((a, b) => rank(a) - rank(b) || busier(a, b) || a.vcpu - b.vcpu || a.tid - b.tid);
    const shown = tallies.filter((t, i) => rank(t) < Rank.Other || i < OTHERS_MAX);
    const list = shown.map(
      (t, i): ThreadInfo => ({
        id: i + 1,
        name: this.nameOf(t, rank(t)),
        tid: t.tid,
        vcpu: t.entersGuest ? t.vcpu : -1,
      }),
    );
    for (const thread of list) this.byTid.set(thread.tid, thread);
    if (shown.length < tallies.length) {
      this.rest = {
        id: list.length + 1,
        name: `${tallies.length - shown.length} other threads`,
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

  private nameOf(t: Tally, rank: Rank): string {
    const comm = this.index.table.comm(t.row) || 'unknown';
    const who = t.tid < 0 ? comm : `${comm} (tid ${t.tid})`;
    if (rank === Rank.Vcpu) return t.vcpu < 0 ? `vCPU: ${who}` : `vCPU ${t.vcpu}: ${who}`;
    return rank === Rank.Vmm ? `VMM: ${who}` : who;
  }
}

function count(index: TraceIndex): Tally[] {
  const byTid = new Map<number, Tally>();
  index.table.segments.forEach((segment, s) => {
    for (let i = 0; i < segment.length; i++) {
      const tid = segment.tid[i]!;
      let tally = byTid.get(tid);
      if (!tally) {
        tally = {
          tid,
          tgid: segment.tgid[i]!,
          row: s * SEGMENT_ROWS + i,
          events: 0,
          vcpu: -1,
          entersGuest: false,
        };
        byTid.set(tid, tally);
      }
      tally.events++;
      const kind = segment.kind[i]!;
      if ((kind === ENTRY || kind === EXIT) && tally.vcpu < 0) {
        tally.entersGuest = true;
        tally.vcpu = readSlot(segment, segment.payload[i]!, kind === ENTRY ? ENTRY_VCPU : EXIT_VCPU);
      }
    }
  });
  for (const tally of byTid.values()) {
    const named = tally.vcpu < 0 ? VCPU_COMM.exec(index.table.comm(tally.row)) : null;
    if (!named) continue;
    tally.entersGuest = true;
    tally.vcpu = Number(named[1]);
  }
  return [...byTid.values()];
}

/** Thread groups that own a VM or convert memory. */
function vmmGroups(index: TraceIndex, tallies: readonly Tally[]): ReadonlySet<number> {
  const groups = new Set<number>();
  for (const vm of index.analysis.vms) if (vm.tgid >= 0) groups.add(vm.tgid);
  for (const t of tallies) if (t.entersGuest && t.tgid >= 0) groups.add(t.tgid);
  for (const conversion of index.analysis.conversions) if (conversion.tid >= 0) groups.add(conversion.tid);
  return groups;
}

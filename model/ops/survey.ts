/**
 * What a trace can tell, looked up before it is replayed: which event kinds fire at all, which inodes are restricted
 * memfds, which VMs live in which thread group, where events are missing, and whether a pid filter may have been on.
 * A kind counts as recorded only when the trace shows it firing: an absent probe and one that never fired look alike.
 */
import { KIND_COUNT, KIND_GUEST } from '../../parsers/events/kinds.js';
import { firstIndex } from '../../parsers/base/search.js';
import { SEGMENT_ROWS, UNKNOWN_CPU, type EventTable } from '../../parsers/events/table.js';
import { Ev } from './ev.js';
import { K, slotsOf } from './slots.js';

/** Events are missing on some CPU at rows strictly between `after` and `before`. */
export interface Gap {
  /** Last row that is certainly whole, -1 when everything up to `before` may be missing. */
  readonly after: number;
  readonly before: number;
  readonly cpu: number;
  readonly line: number;
}

/** Events of one CPU are in the order of its clock, in nanoseconds or ticks; nested ones may be printed a little out of it. */
const CLOCK_JITTER = 100_000;

/** Share of events by unrelated tasks above which a trace is taken as unfiltered. Stray events of a filtered trace stay far below. */
const UNRELATED_SHARE = 0.01;

const inodeKinds: readonly (readonly [kind: number, slot: number])[] = [
  'GmemBind', 'GmemBindRet', 'GmemRelease', 'GmemFallocate', 'GmemErrorFolio', 'FileMmap', 'FileMmapRet', 'VmaOpen', 'VmaClose', 'UserFault',
  'GetPfn', 'GmemGetFolio', 'ConvertEnter', 'ConvertRet', 'ConvertBlocked', 'GmemIoctl', 'GmemInvEnd', 'NotifierBind', 'NotifierUnbind', 'ShimInvStart', 'ShimInvEnd',
  'PutPage', 'ShimDestroy', 'StoreAttr', 'MaySplit',
].map((kind) => [K(kind), slotsOf(kind, 'ino').ino] as const);

const kvmKinds: readonly (readonly [kind: number, slot: number])[] = [
  'GmemCreate', 'GmemBind', 'GetPfn', 'FaultStale', 'TdpMap', 'InvStart', 'InvRange', 'InvEnd', 'GmemInvStart', 'UnmapGfnRange', 'FlushRemoteTlbs',
  'PreSetAttr', 'PostSetAttr', 'VmSetAttr', 'GmemPrepare', 'ExternalSpte', 'GetAttr', 'FaultinPfn', 'VmIoctl',
].map((kind) => [K(kind), slotsOf(kind, 'kvm').kvm] as const);

/** Kinds whose presence on a task makes it part of a VM's business. */
const RELATED = ['KvmPageFault', 'KvmExit', 'KvmEntry', 'SpteChanged', 'SetAttrRequest', 'UserFault', 'ConvertEnter', 'GetPfn', 'FileMmap', 'GmemCreate', 'GmemFallocate', 'NotifierBind', 'GupRet', 'PutPage'].map(K);

export class Survey {
  readonly counts = new Uint32Array(KIND_COUNT);
  /** Inode numbers of restricted memfds. */
  readonly memfdInodes = new Set<number>();
  /** Inode numbers that some other file system uses too, so that an rmap event cannot be attributed. */
  readonly ambiguousInodes = new Set<number>();
  /** kvm pointer keys by thread group. */
  readonly kvmsOfTgid = new Map<number, Set<number>>();
  readonly kvms = new Set<number>();
  /** Without kvm pointers: something shows that more than one VM is at work, as two threads that run the same vCPU number. */
  severalVms = false;
  readonly gaps: Gap[] = [];
  /** Rows at which the clock of a CPU jumps back: another recording begins, and what was true before says nothing of it. */
  readonly restarts: number[] = [];
  /** True when events of unrelated tasks show that no pid filter hid interrupts and other tasks. */
  unfiltered = false;
  /** Some return probe on bind reads the inode. */
  bindRetHasInode = false;
  /** Set attributes ioctls seen as system calls, by VM and by inode. */
  setAttrIoctls = 0;
  private suffixMinAfter: Int32Array = new Int32Array(0);

  constructor(readonly table: EventTable) {
    this.scan();
    this.findGaps();
  }

  recorded(kind: number): boolean {
    return this.counts[kind]! > 0;
  }

  /** True when events may be missing on some CPU between two rows. */
  gapBetween(fromRow: number, toRow: number): boolean {
    const i = this.firstGapEndingAfter(fromRow);
    return i < this.gaps.length && this.suffixMinAfter[i]! < toRow;
  }

  private firstGapEndingAfter(row: number): number {
    return firstIndex(this.gaps.length, (i) => this.gaps[i]!.before > row);
  }

  private scan(): void {
    const { table } = this;
    const inoSlot = new Int8Array(KIND_COUNT).fill(-1);
    for (const [kind, slot] of inodeKinds) inoSlot[kind] = slot;
    const kvmSlot = new Int8Array(KIND_COUNT).fill(-1);
    for (const [kind, slot] of kvmKinds) kvmSlot[kind] = slot;
    const related = new Uint8Array(KIND_COUNT);
    for (const kind of RELATED) related[kind] = 1;
    const tlb = K('TlbFlush');
    const bindRet = K('GmemBindRet');
    const shmem = K('ShmemFallocate');
    const kvmEntry = K('KvmEntry');
    const entryVcpu = slotsOf('KvmEntry', 'vcpu').vcpu;
    const shmemIno = slotsOf('ShmemFallocate', 'ino').ino;
    const relatedTasks = new Set<number>();
    const perTask = new Map<number, number>();
    const others = new Set<number>();
    const vcpuTasks = new Map<number, number>();
    const ev = new Ev();
    const qemuNames = Uint8Array.from({ length: table.names.size }, (_, id) => (table.names.text(id).startsWith('qemu:') ? 1 : 0));
    let fromQemu = 0;
    let lastTask = -2;
    let run = 0;
    table.segments.forEach((seg, s) => {
      for (let i = 0; i < seg.length; i++) {
        const kind = seg.kind[i]!;
        this.counts[kind]!++;
        // What a guest's kernel or QEMU itself recorded tells nothing of which tasks the host's tracer saw.
        if (kind === KIND_GUEST) continue;
        const byQemu = seg.cpu[i] === UNKNOWN_CPU && qemuNames[seg.name[i]!] === 1;
        if (byQemu) fromQemu++;
        if (kind !== tlb && !byQemu) {
          const task = seg.tgid[i]! >= 0 ? seg.tgid[i]! : seg.tid[i]!;
          if (task !== lastTask) {
            // Events of one task come in runs: one map look-up a run.
            if (run > 0) perTask.set(lastTask, (perTask.get(lastTask) ?? 0) + run);
            lastTask = task;
            run = 0;
          }
          run++;
          if (related[kind] === 1) relatedTasks.add(task);
        }
        const hasIno = inoSlot[kind]! >= 0;
        const hasKvm = kvmSlot[kind]! >= 0;
        if (!hasIno && !hasKvm && kind !== shmem && kind !== kvmEntry) continue;
        ev.point(seg, s, i);
        if (kind === kvmEntry) {
          const vcpu = ev.num(entryVcpu);
          const task = vcpuTasks.get(vcpu);
          if (task === undefined) vcpuTasks.set(vcpu, ev.tid);
          else if (vcpu >= 0 && task !== ev.tid) this.severalVms = true;
        }
        if (hasIno) {
          const ino = ev.num(inoSlot[kind]!);
          if (ino > 0) {
            this.memfdInodes.add(ino);
            if (kind === bindRet) this.bindRetHasInode = true;
          }
        }
        if (hasKvm) this.addKvm(ev.pointer(kvmSlot[kind]!), ev.tgid);
        if (kind === shmem) others.add(ev.num(shmemIno));
      }
    });
    if (run > 0) perTask.set(lastTask, (perTask.get(lastTask) ?? 0) + run);
    if (this.memfdInodes.size > 1) this.severalVms = true;
    for (const ino of others) if (this.memfdInodes.has(ino)) this.ambiguousInodes.add(ino);
    let unrelated = 0;
    for (const [task, n] of perTask) if (!relatedTasks.has(task)) unrelated += n;
    this.unfiltered = unrelated > 0 && unrelated >= UNRELATED_SHARE * (table.length - fromQemu - this.counts[KIND_GUEST]!);
  }

  private restart(row: number, lastTs: Float64Array): void {
    lastTs.fill(-Infinity);
    this.restarts.push(row);
    this.gaps.push({ after: row - 1, before: row, cpu: -1, line: this.table.line(row) });
  }

  private addKvm(kvm: number, tgid: number): void {
    if (kvm < 0) return;
    this.kvms.add(kvm);
    let set = this.kvmsOfTgid.get(tgid);
    if (!set) this.kvmsOfTgid.set(tgid, (set = new Set()));
    set.add(kvm);
  }

  /** A gap runs from the last event of its CPU before the mark to the mark; so does a joint of two recordings. */
  private findGaps(): void {
    const { table } = this;
    const lastOnCpu = new Int32Array(UNKNOWN_CPU + 1).fill(-1);
    const lastTs = new Float64Array(UNKNOWN_CPU + 1).fill(-Infinity);
    const firstOnCpu = new Map<number, number>();
    // The counter clock counts events: it never goes back by itself.
    const jitter = table.meta.clock === 'counter' ? 0 : CLOCK_JITTER;
    const losses = [...table.losses].sort((a, b) => a.row - b.row);
    let next = 0;
    const close = (row: number): void => {
      for (; next < losses.length && losses[next]!.row <= row; next++) {
        const loss = losses[next]!;
        if (loss.cpu < 0 && loss.fromStart) continue;
        const after = loss.fromStart ? -1 : loss.cpu < 0 ? loss.row - 1 : (lastOnCpu[loss.cpu] ?? -1);
        this.gaps.push({ after, before: loss.row, cpu: loss.cpu, line: loss.line });
      }
    };
    table.segments.forEach((seg, s) => {
      for (let i = 0; i < seg.length; i++) {
        const row = s * SEGMENT_ROWS + i;
        if (next < losses.length && losses[next]!.row <= row) close(row);
        const cpu = seg.cpu[i]!;
        if (cpu !== UNKNOWN_CPU) {
          if (seg.ts[i]! < lastTs[cpu]! - jitter) this.restart(row, lastTs);
          lastTs[cpu] = seg.ts[i]!;
        }
        if (lastOnCpu[cpu] === -1) firstOnCpu.set(cpu, row);
        lastOnCpu[cpu] = row;
      }
    });
    close(table.length);
    const overwritten = losses.find((l) => l.cpu < 0 && l.fromStart);
    if (overwritten) {
      for (const [cpu, row] of firstOnCpu) if (cpu !== UNKNOWN_CPU) this.gaps.push({ after: -1, before: row, cpu, line: overwritten.line });
    }
    this.gaps.sort((a, b) => a.before - b.before || a.after - b.after);
    const n = this.gaps.length;
    this.suffixMinAfter = new Int32Array(n);
    let min = 0x7fffffff;
    for (let i = n - 1; i >= 0; i--) this.suffixMinAfter[i] = min = Math.min(min, this.gaps[i]!.after);
  }
}

/**
 * What a trace can tell, looked up before it is replayed: which event kinds fire at all, which inodes are
 * memfds of guests, which VMs live in which thread group, where events are missing, and whether a pid filter
 * may have been on. A kind counts as recorded only when the trace shows it firing, or its recorder proves
 * that it did not: an absent probe and one that never fired look alike.
 */
import { copyOf } from '../../parsers/base/copy.js';
import { firstIndex } from '../../parsers/base/search.js';
import { KIND_COUNT, KIND_GUEST } from '../../parsers/events/kinds.js';
import { UNKNOWN_CPU, type EventTable } from '../../parsers/events/table.js';
import { SEGMENT_ROWS, type Segment } from '../../parsers/events/segment.js';
import { hasSlot, highWord, lowWord } from '../../parsers/events/slots.js';
import { isUnderstood, needsSlots } from '../../parsers/events/understood.js';
import { Asked } from './asked.js';
import { Ev } from './event.js';
import { GapFinder, type Gap } from './gaps.js';
import { K, slotsOf } from './slots.js';
import { Tasks } from './tasks.js';
import {
  HAS_DETAILS,
  INO_SLOT,
  IS_CACHE,
  IS_ENTRY,
  IS_RELATED,
  KVM_ALONE,
  KVM_SLOT,
  NO_TASK,
  USES,
} from './uses.js';

/**
 * Share of events by unrelated tasks from which on a trace is taken as unfiltered. Stray events of a filtered
 * trace stay far below.
 */
const UNRELATED_SHARE = 0.01;

/** Page cache events, which name the file system too. */
const filemapAdd = K('FilemapAdd');
const addSlots = slotsOf('FilemapAdd', 'ino', 'dev', 'dev_major', 'dev_minor');
const deleteSlots = slotsOf('FilemapDelete', 'ino', 'dev', 'dev_major', 'dev_minor');

const bindRet = K('GmemBindRet');
const shmem = K('ShmemFallocate');
const entryVcpu = slotsOf('KvmEntry', 'vcpu').vcpu;
const shmemIno = slotsOf('ShmemFallocate', 'ino').ino;

/** The upper bits of most kernel addresses. */
const KERNEL_TOP = 0xfff;

const VCPUS_AT_HAND = 64;
/** Rows of one call: engines make quick code of what is called often sooner than of one long loop. */
const RUN_ROWS = 1 << 12;

/** 1 << MINORBITS of include/linux/kdev_t.h. */
const MINORS = 1 << 20;

/** Device number of a page cache event, as the kernel counts it; -1 not known. */
export function deviceOf(ev: Ev, s: { dev: number; dev_major: number; dev_minor: number }): number {
  const dev = ev.num(s.dev);
  if (dev >= 0) return dev;
  const major = ev.num(s.dev_major);
  return major < 0 ? -1 : major * MINORS + ev.num(s.dev_minor);
}

/** A CPU that is quiet for so many rows is not waited for. */
const UNSETTLED_ROWS = 20_000;

export class Survey {
  readonly counts = new Uint32Array(KIND_COUNT);
  /** Events by kind of which what the kind needs could not be read, and the rows of all of those. */
  readonly unread = new Uint32Array(KIND_COUNT);
  private readonly unreadRows: number[] = [];
  /** 1 for kinds that did not happen, by the word of whoever recorded the trace. */
  private readonly silent = new Uint8Array(KIND_COUNT);
  private readonly firstUnreadRow = new Int32Array(KIND_COUNT).fill(-1);
  /** Inode numbers of the guests' memfds. */
  readonly memfdInodes = new Set<number>();
  /** Inode numbers that some other file system uses too, so that an rmap event cannot be attributed. */
  readonly ambiguousInodes = new Set<number>();
  /** kvm pointer keys by thread group, and all of them. */
  readonly kvmsOfTgid = new Map<number, Set<number>>();
  readonly kvms = new Set<number>();
  private severalVms = false;
  readonly gaps: Gap[] = [];
  /**
   * Rows at which the times jump back: another recording begins, or another part of this one, and what was
   * true before says nothing of it.
   */
  readonly restarts: number[] = [];
  private unfiltered = false;
  private bindRetHasInode = false;
  /** Of each gap and all behind it, the least `after`: what {@link gapBetween} needs to know of them. */
  private suffixMinAfter: Int32Array = new Int32Array(0);
  private ev = new Ev();
  private readonly otherInodes = new Set<number>();
  private readonly vcpuTasks = new Map<number, number>();
  /** The threads of vCPUs that were seen last, which most entries are of: without a look-up in the map. */
  private readonly lastVcpus = new Float64Array(VCPUS_AT_HAND).fill(-1);
  private readonly lastTids = new Int32Array(VCPUS_AT_HAND).fill(-1);
  /** Device of each inode number that the page cache shows. */
  private readonly devices = new Map<number, number>();
  private lastCached = -1;
  private lastDevice = -1;
  private lastInode = -1;
  /** The kvm pointer that was named last, its words, and the thread group that named it. */
  private lastKvm = -1;
  private lastKvmLow = -1;
  private lastKvmHigh = -1;
  private lastKvmTgid = -1;
  /** Bits above a kvm pointer's key, where they are others than {@link KERNEL_TOP}. */
  private readonly kvmTops = new Map<number, number>();

  private readonly tasks = new Tasks();
  private readonly finder: GapFinder;
  /** Rows that were looked at, and those of them that QEMU recorded itself. */
  private rows = 0;
  private fromQemu = 0;
  private asked = new Asked();
  /** Of a table that grows: up to this row it is hardly learned later that events are missing. */
  private settledUntil = Infinity;
  private isToldAside = false;
  /** The number of a memfd that was asked for last. */
  private lastMemfd = -1;

  /** Of a table that grows, what is true only of all of it is left open: see {@link ended}. */
  constructor(
    readonly table: EventTable,
    readonly isGrowing = false,
  ) {
    this.finder = new GapFinder(table);
    this.scan();
    if (!isGrowing) this.end();
  }

  /** The survey of the table as it is now, to which rows may have been added. */
  ended(): Survey {
    this.finder.goOn(this.rows);
    this.scan();
    const survey = copyOf<Survey>(this, [[this.table, this.table]]);
    survey.end();
    survey.settledUntil = Math.max(this.finder.wholeUntil, this.rows - UNSETTLED_ROWS);
    return survey;
  }

  /**
   * False of a row near the end of a table that grows: more of it may show that events are missing there.
   * What is asked of those rows is better asked later.
   */
  isSettled(row: number): boolean {
    return row <= this.settledUntil;
  }

  /** How much of it grows with the trace, and is copied each time that it is told of one that goes on. */
  get extent(): number {
    const { gaps, restarts, unreadRows, tasks, devices, otherInodes, kvmTops, vcpuTasks } = this;
    return (
      [gaps, restarts, unreadRows].reduce((sum, { length }) => sum + length, 0) +
      [tasks, devices, otherInodes, kvmTops, vcpuTasks].reduce((sum, { size }) => sum + size, 0)
    );
  }

  /** Becomes a later survey, for all who have this one. */
  become(later: Survey): void {
    Object.assign(this, later, { asked: this.asked });
  }

  /**
   * What a later survey, whose table goes on behind the first `rows`, answers otherwise of all that may have
   * been asked of this one on the way through these rows; '' for nothing.
   */
  whatDiffers(later: Survey, rows: number): string {
    const { asked } = this;
    const isBefore = (restart: number): boolean => restart < rows;
    const differs: readonly (readonly [isSame: boolean, what: string])[] = [
      [
        asked.recorded.every((is, kind) => is === 0 || this.isRecorded(kind) === later.isRecorded(kind)),
        'a kind of event is new',
      ],
      [
        !asked.anyUnread || this.unreadRows.length > 0 === later.unreadRows.length > 0,
        'events could not be read',
      ],
      [
        asked.unread.every((is, kind) => is === 0 || this.unread[kind]! > 0 === later.unread[kind]! > 0),
        'events of another kind could not be read',
      ],
      [![...asked.strangers].some((ino) => later.memfdInodes.has(ino)), 'a file is a guest_memfd'],
      [this.ambiguousInodes.size === later.ambiguousInodes.size, 'a file shares its number'],
      [this.hasVmsAs(later), 'a VM is new'],
      [!asked.bindRetHasInode || this.bindRetHasInode === later.bindRetHasInode, 'binds show their file'],
      [!asked.unfiltered || this.unfiltered === later.unfiltered, 'other tasks show, or no longer'],
      [this.hasGapsAs(later, rows), 'events are missing before'],
      [
        sameNumbers(this.restarts.filter(isBefore), later.restarts.filter(isBefore)),
        'times step back before',
      ],
      [!asked.gaps || this.gaps.length > 0 === later.gaps.length > 0, 'events are missing'],
    ];
    return differs.find(([isSame]) => !isSame)?.[1] ?? '';
  }

  /** What is asked on the way to the trace's end counts for nothing: the end is told anew each time. */
  aside<T>(tell: () => T): T {
    const { asked } = this;
    this.asked = new Asked();
    this.isToldAside = true;
    try {
      return tell();
    } finally {
      this.asked = asked;
      this.isToldAside = false;
    }
  }

  /** True while what is asked counts for nothing: see {@link aside}. */
  get isAside(): boolean {
    return this.isToldAside;
  }

  /** True where events may be missing anywhere. */
  get hasGaps(): boolean {
    this.asked.gaps = true;
    return this.gaps.length > 0;
  }

  /** True when events of unrelated tasks show that no pid filter hid interrupts and other tasks. */
  get isUnfiltered(): boolean {
    this.asked.unfiltered = true;
    return this.unfiltered;
  }

  /** Some return probe on bind reads the inode. */
  get bindsHaveInode(): boolean {
    this.asked.bindRetHasInode = true;
    return this.bindRetHasInode;
  }

  /** True for the number of a guest's memfd. */
  isMemfd(ino: number): boolean {
    if (ino === this.lastMemfd) return true;
    if (this.memfdInodes.has(ino)) {
      this.lastMemfd = ino;
      return true;
    }
    this.asked.stranger(ino);
    return false;
  }

  /** The only kvm pointer that a thread group names, -1 for any group; -1 where it names none or several. */
  onlyKvm(tgid: number): number {
    this.asked.onlyVm.add(tgid);
    return this.onlyOf(tgid);
  }

  /** A thread group names one VM. */
  namesOneVm(tgid: number): boolean {
    this.asked.isOneVm.add(tgid);
    return this.countOfVms(tgid) === 1;
  }

  /** A thread group names several VMs. */
  namesSeveralVms(tgid: number): boolean {
    this.asked.areSeveralVms.add(tgid);
    return this.countOfVms(tgid) > 1;
  }

  /**
   * One VM alone is named, or none and nothing shows that more than one is at work: several memfds, or two
   * threads that run the same vCPU number. Asked where the trace gives no thread groups.
   */
  get hasOneVm(): boolean {
    this.asked.oneVm = true;
    return this.isOneVm();
  }

  /** True where a later survey answers all that was asked of VMs as this one did. */
  private hasVmsAs(later: Survey): boolean {
    const { asked } = this;
    return (
      (!asked.oneVm || this.isOneVm() === later.isOneVm()) &&
      asked.onlyVm.every((tgid) => this.onlyOf(tgid) === later.onlyOf(tgid)) &&
      asked.isOneVm.every((tgid) => (this.countOfVms(tgid) === 1) === (later.countOfVms(tgid) === 1)) &&
      asked.areSeveralVms.every((tgid) => this.countOfVms(tgid) > 1 === later.countOfVms(tgid) > 1)
    );
  }

  private isOneVm(): boolean {
    return this.kvms.size === 1 || (this.kvms.size === 0 && !this.severalVms);
  }

  private onlyOf(tgid: number): number {
    const kvms = tgid < 0 ? this.kvms : this.kvmsOfTgid.get(tgid);
    if (kvms?.size !== 1) return -1;
    for (const kvm of kvms) return kvm;
    return -1;
  }

  private countOfVms(tgid: number): number {
    return this.kvmsOfTgid.get(tgid)?.size ?? 0;
  }

  /** True when some event could not be read. */
  get hasUnread(): boolean {
    this.asked.anyUnread = true;
    return this.unreadRows.length > 0;
  }

  /** True when some event of the kind occurs and could be read, or whoever recorded it says that none did. */
  recorded(kind: number): boolean {
    if (this.sees(kind)) return true;
    this.asked.recorded[kind] = 1;
    return this.silent[kind] === 1;
  }

  /** True when some event of the kind occurs and could be read: more events change nothing of that. */
  sees(kind: number): boolean {
    return this.counts[kind]! > this.unread[kind]!;
  }

  /** {@link recorded} as it is now, where another answer later does no harm. */
  isRecorded(kind: number): boolean {
    return this.sees(kind) || this.silent[kind] === 1;
  }

  /** The first row in [fromRow, toRow] of an event that could not be read, -1 where there is none. */
  unreadBetween(fromRow: number, toRow: number): number {
    const { unreadRows } = this;
    const row = unreadRows[firstIndex(unreadRows.length, (i) => unreadRows[i]! >= fromRow)];
    return row !== undefined && row <= toRow ? row : -1;
  }

  /** True when some event of the kind could not be read. */
  isUnread(kind: number): boolean {
    this.asked.unread[kind] = 1;
    return this.unread[kind]! > 0;
  }

  /** The first row of a kind's events that could not be read, -1 where there is none. */
  firstUnread(kind: number): number {
    return this.firstUnreadRow[kind]!;
  }

  /** True when events may be missing on some CPU between two rows. */
  gapBetween(fromRow: number, toRow: number): boolean {
    const { asked } = this;
    if (this.firstMissing(fromRow) < toRow) {
      if (toRow > asked.gapUntil) asked.gapUntil = toRow;
      return true;
    }
    if (toRow > asked.noGapUntil) asked.noGapUntil = toRow;
    return false;
  }

  /** The row behind which events may be missing, of all gaps that end behind a row; Infinity for no gap. */
  private firstMissing(row: number): number {
    if (this.gaps.length === 0) return Infinity;
    return this.suffixMinAfter[this.firstGapEndingAfter(row)] ?? Infinity;
  }

  /**
   * True where a later survey answers all that was asked of gaps up to `rows` as this one did. Of those that
   * end behind these rows only the longest counts.
   */
  private hasGapsAs(later: Survey, rows: number): boolean {
    const { asked } = this;
    const [open, openThen] = [this.firstMissing(rows - 1), later.firstMissing(rows - 1)];
    if (open < openThen && asked.gapUntil > open) return false;
    if (open > openThen && asked.noGapUntil > openThen) return false;
    const [closed, closedThen] = [this.firstGapEndingAfter(rows - 1), later.firstGapEndingAfter(rows - 1)];
    return closed === closedThen && this.gaps.every((gap, i) => i >= closed || sameGap(gap, later.gaps[i]!));
  }

  private firstGapEndingAfter(row: number): number {
    return firstIndex(this.gaps.length, (i) => this.gaps[i]!.before > row);
  }

  /** One pass over the rows: what fires, by which tasks, and where events are missing. */
  private scan(): void {
    const { table, finder } = this;
    const qemuNames = Uint8Array.from({ length: table.names.size }, (_, id) =>
      table.names.text(id).startsWith('qemu:') ? 1 : 0,
    );
    const qemu = qemuNames.includes(1) ? qemuNames : undefined;
    this.unread.fill(0);
    for (const { kind, count } of table.unread) if (needsSlots(kind)) this.unread[kind]! += count;
    for (let s = Math.floor(this.rows / SEGMENT_ROWS); s < table.segments.length; s++) {
      const seg = table.segments[s]!;
      const first = Math.max(0, this.rows - s * SEGMENT_ROWS);
      finder.segment(seg, s, first, this);
      if (table.unread.length > 0) this.noteUnread(seg, s * SEGMENT_ROWS, first);
      for (let from = first; from < seg.length; from += RUN_ROWS)
        this.run(seg, s, from, Math.min(seg.length, from + RUN_ROWS), qemu);
    }
    this.rows = table.length;
    // Points at no segment any more.
    this.ev = new Ev();
  }

  /** Which of a segment's events could not be read. */
  private noteUnread(seg: Segment, base: number, first: number): void {
    const { unread } = this;
    for (let i = first; i < seg.length; i++) {
      const kind = seg.kind[i]!;
      if (unread[kind] === 0 || isUnderstood(kind, seg.pool[seg.payload[i]!]!)) continue;
      this.unreadRows.push(base + i);
      if (this.firstUnreadRow[kind]! < 0) this.firstUnreadRow[kind] = base + i;
    }
  }

  /** Counts a segment's events, by their kinds and tasks, and reads those that name something. */
  private run(seg: Segment, index: number, first: number, end: number, qemu: Uint8Array | undefined): void {
    const { counts, tasks } = this;
    const { kind: kinds, tid: tids, tgid: tgids } = seg;
    // Events of one task come in runs.
    let task = -1;
    let events = 0;
    let usesOfTask = 0;
    for (let i = first; i < end; i++) {
      const kind = kinds[i]!;
      counts[kind]!++;
      const uses = USES[kind]!;
      // What a guest's kernel or QEMU itself recorded tells nothing of which tasks the host's tracer saw.
      const byQemu = qemu !== undefined && seg.cpu[i] === UNKNOWN_CPU && qemu[seg.name[i]!] === 1;
      if (byQemu && kind !== KIND_GUEST) this.fromQemu++;
      if ((uses & NO_TASK) === 0 && !byQemu) {
        const tgid = tgids[i]!;
        const now = tgid >= 0 ? tgid : tids[i]!;
        if (now !== task) {
          if (events > 0) tasks.saw(task, events, (usesOfTask & IS_RELATED) !== 0);
          task = now;
          events = 0;
          usesOfTask = 0;
        }
        events++;
        usesOfTask |= uses;
      }
      if ((uses & (HAS_DETAILS | IS_CACHE)) === 0 || this.isKnown(seg, i, kind, uses)) continue;
      this.ev.point(seg, index, i);
      if ((uses & IS_CACHE) !== 0) this.cached(kind);
      else this.details(kind, uses);
    }
    if (events > 0) tasks.saw(task, events, (usesOfTask & IS_RELATED) !== 0);
  }

  /**
   * True for an event that names the VM, by its thread group, that was named last, and nothing else, and for
   * an entry where several VMs are known.
   */
  private isKnown(seg: Segment, i: number, kind: number, uses: number): boolean {
    if ((uses & IS_ENTRY) !== 0) return this.severalVms;
    const slot = KVM_ALONE[kind]!;
    if (slot < 0 || seg.tgid[i] !== this.lastKvmTgid) return false;
    const p = seg.payload[i]!;
    return (
      hasSlot(seg, p, slot) &&
      lowWord(seg, p, slot) === this.lastKvmLow &&
      highWord(seg, p, slot) === this.lastKvmHigh
    );
  }

  /** What is true only of all rows. */
  private end(): void {
    const { table, counts, fromQemu } = this;
    this.finder.finish(this);
    if (this.memfdInodes.size > 1) this.severalVms = true;
    for (const ino of this.otherInodes) if (this.memfdInodes.has(ino)) this.ambiguousInodes.add(ino);
    const unrelated = this.tasks.unrelated();
    this.unfiltered =
      table.meta.onlyTasks !== true &&
      (table.meta.allTasks === true ||
        (unrelated > 0 && unrelated >= UNRELATED_SHARE * (table.length - fromQemu - counts[KIND_GUEST]!)));
    this.sortGaps();
    for (const [kind, { isRecorded }] of table.meta.unseen ?? [])
      if (isRecorded && counts[K(kind)] === 0) this.silent[K(kind)] = 1;
  }

  /** What an event that names an inode, a VM or a vCPU says. */
  private details(kind: number, uses: number): void {
    const { ev } = this;
    if ((uses & IS_ENTRY) !== 0) this.entered(ev.num(entryVcpu), ev.tid);
    if (INO_SLOT[kind]! >= 0) {
      const ino = ev.num(INO_SLOT[kind]!);
      // Events on one file and VM come in runs: a look-up in a set for each would be most of this pass.
      if (ino > 0 && (ino !== this.lastInode || kind === bindRet)) {
        this.lastInode = ino;
        this.memfdInodes.add(ino);
        if (kind === bindRet) this.bindRetHasInode = true;
      }
    }
    if (KVM_SLOT[kind]! >= 0) this.addKvm(KVM_SLOT[kind]!);
    if (kind === shmem) this.otherInodes.add(ev.num(shmemIno));
  }

  /** An inode number that the page caches of two file systems know. */
  private cached(kind: number): void {
    const s = kind === filemapAdd ? addSlots : deleteSlots;
    const ino = this.ev.num(s.ino);
    const device = deviceOf(this.ev, s);
    if (ino <= 0 || device < 0 || (ino === this.lastCached && device === this.lastDevice)) return;
    this.lastCached = ino;
    this.lastDevice = device;
    const known = this.devices.get(ino);
    if (known === undefined) this.devices.set(ino, device);
    else if (known !== device) this.otherInodes.add(ino);
  }

  /** A vCPU number that two threads enter with belongs to two VMs. */
  private entered(vcpu: number, tid: number): void {
    const at = vcpu & (VCPUS_AT_HAND - 1);
    if (vcpu >= 0 && this.lastTids[at] === tid && this.lastVcpus[at] === vcpu) return;
    this.lastTids[at] = tid;
    this.lastVcpus[at] = vcpu;
    const task = this.vcpuTasks.get(vcpu);
    if (task === undefined) this.vcpuTasks.set(vcpu, tid);
    else if (vcpu >= 0 && task !== tid) this.severalVms = true;
  }

  private addKvm(slot: number): void {
    const { tgid } = this.ev;
    const kvm = this.ev.pointer(slot);
    if (kvm < 0 || (kvm === this.lastKvm && tgid === this.lastKvmTgid)) return;
    const top = this.ev.pointerTop(slot);
    if (top !== KERNEL_TOP) this.kvmTops.set(kvm, top);
    this.lastKvm = kvm;
    this.lastKvmLow = this.ev.lo(slot);
    this.lastKvmHigh = this.ev.hi(slot);
    this.lastKvmTgid = tgid;
    this.kvms.add(kvm);
    let set = this.kvmsOfTgid.get(tgid);
    if (!set) {
      set = new Set();
      this.kvmsOfTgid.set(tgid, set);
    }
    set.add(kvm);
  }

  /** The bits of a kvm pointer above its key. */
  topOfKvm(kvm: number): number {
    return this.kvmTops.get(kvm) ?? KERNEL_TOP;
  }

  /** Orders the gaps for {@link gapBetween}. */
  private sortGaps(): void {
    this.gaps.sort((a, b) => a.before - b.before || a.after - b.after);
    this.restarts.sort((a, b) => a - b);
    const n = this.gaps.length;
    this.suffixMinAfter = new Int32Array(n);
    let min = Infinity;
    for (let i = n - 1; i >= 0; i--) {
      min = Math.min(min, this.gaps[i]!.after);
      this.suffixMinAfter[i] = min;
    }
  }
}

function sameNumbers(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((number, i) => number === b[i]);
}

function sameGap(a: Gap, b: Gap): boolean {
  return a.after === b.after && a.before === b.before;
}

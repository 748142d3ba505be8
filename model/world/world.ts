/**
 * The whole state of a replay: VMs, inodes, threads, conversions, and the way from an event's words to them.
 * The state is what the trace *observed*; whether that is allowed is for the rules, which listen to the
 * facts.
 */
import { assert } from '../../parsers/base/assert.js';
import type { Gfn, Pgoff } from '../../parsers/base/units.js';
import { kindId } from '../../parsers/events/kinds.js';
import { UNKNOWN_CPU, type EventTable } from '../../parsers/events/table.js';
import type { Ev } from './event.js';
import { Survey } from './survey.js';
import { Op, OpLog, type OpCode, RefKind } from '../ops/oplog.js';
import type { FactBus } from './facts.js';
import { FileNames } from './fileNames.js';
import { type FilePage, Folios } from './folios.js';
import { Having } from './having.js';
import { holdsPages } from './memslots.js';
import type { Refusal } from './regions.js';
import type { RefRec } from './references.js';
import { Conv, groupOf, type Inode, type Slot, Thread, type Vm } from './state.js';
import { VmNames } from './vmNames.js';
import { type PageUnit, pageUnitOf } from './pageSize.js';

/** Thread 0 is one idle task per CPU: each gets a key of its own, below all thread numbers. */
function idleTaskKey(cpu: number): number {
  return -1000 - cpu;
}

const GUP_RET = kindId('GupRet');
const POST = kindId('PostSetAttr');
const STORE = kindId('StoreAttr');
const VM_RESULTS = (['PostSetAttr', 'VmSetAttrRet', 'VmIoctlRet', 'SysExitIoctl'] as const).map(kindId);
const STAGE2_UNMAPS = (['Stage2Unmap', 'PkvmStage2Unmap'] as const).map(kindId);
const BIND_RET = kindId('GmemBindRet');

/** Threads at hand: few tasks run at once. A power of two. */
const AT_HAND = 64;

export class World {
  readonly ops = new OpLog();
  /** Which VM and which restricted memfd an event is about. */
  readonly whichVm: VmNames;
  readonly whichFile: FileNames;
  readonly vms: readonly Vm[];
  readonly inodes: readonly Inode[];
  readonly slots: Slot[] = [];
  /** Files that are mapped, and VMs with an invalidation bracket open. */
  readonly mappedFiles = new Having<Inode>(({ vmas }) => vmas.length > 0);
  readonly bracketedVms = new Having<Vm>(({ open }) => open.length > 0);
  readonly conversions: Conv[] = [];
  /** Those that have not ended: few, of what may be very many. */
  readonly openConversions = new Set<Conv>();
  /** Faults of the stage 2 of arm64 of which the trace shows that GUP looked the page up. */
  stage2LookUps = 0;
  /** ioctls that make a guest_memfd, and that convert one or a VM's memory, by any task. */
  creatingCalls = 0;
  convertingCalls = 0;
  /** Findings for which there is room. */
  findingsLeft = Infinity;
  /** Memslots that the kernel refused, in trace order. */
  readonly refusals: Refusal[] = [];
  /** Tasks by thread id; each CPU's idle task by a key of its own. */
  readonly threads = new Map<number, Thread>();
  /** Those that were asked for last, by the lowest bits of their ids. */
  /** By the ids of the table's names: 1 for those of functions for another task's memory. */
  private remoteNames = new Uint8Array(0);
  private readonly atHand = new Array<Thread | undefined>(AT_HAND).fill(undefined);
  /**
   * Devices that restricted memfds are on, where numbers have to be told from those of other file systems.
   */
  readonly memfdDevices = new Set<number>();
  /** VMs by the stage 2 page tables of arm64 that they were seen to map with. */
  readonly vmOfPageTable = new Map<number, Vm>();
  /** page or folio pointer key → page of a memfd. */
  readonly folios: Folios;
  /**
   * Rows of the last releases that may have been of any pin taken before, by whether the trace gave the
   * page's pointer when it was taken.
   */
  namedPinsDoubtedRow = -1;
  unnamedPinsDoubtedRow = -1;

  constructor(
    readonly table: EventTable,
    /** Cross-CPU pairs closer than this are not ordered. */
    readonly skew: number,
    readonly facts: FactBus,
    readonly survey = new Survey(table),
    /** What the traced kernel counts frames and pages of files in. */
    readonly pages: PageUnit = pageUnitOf(table, survey.counts),
  ) {
    this.whichVm = new VmNames(this.survey, this.ops);
    this.whichFile = new FileNames(table, this.survey, this.ops, this.whichVm, this.pages, (inode, row) => {
      for (const t of this.threads.values()) t.forgetFile(inode);
      facts.tell.contested(inode, row);
    });
    this.vms = this.whichVm.vms;
    this.inodes = this.whichFile.inodes;
    this.folios = new Folios(this.inodes);
  }

  /** Whether GUP's return values show what it took; else its grabs are counted. */
  get recordedGupRet(): boolean {
    return this.survey.recorded(GUP_RET);
  }

  /** Which witnesses of a store the trace has. */
  get recordedPost(): boolean {
    return this.survey.recorded(POST);
  }

  get recordedStore(): boolean {
    return this.survey.recorded(STORE);
  }

  /** Whether anything shows how a VM's set-attributes ended. */
  get recordedVmResult(): boolean {
    return VM_RESULTS.some((kind) => this.survey.recorded(kind));
  }

  /** Whether the stage 2 of arm64 shows what is unmapped from it. */
  get recordedStage2Unmap(): boolean {
    return STAGE2_UNMAPS.some((kind) => this.survey.recorded(kind));
  }

  /** Whether binds show their result; without it a bind counts as done. */
  get recordedBindRet(): boolean {
    return this.survey.recorded(BIND_RET);
  }

  thread(ev: Ev): Thread {
    const { tid, tgid } = ev;
    const at = tid & (AT_HAND - 1);
    let t = this.atHand[at];
    if (t === undefined || t.tid !== tid || tid === 0) {
      t = this.threadOf(tid === 0 ? idleTaskKey(ev.cpu) : tid, tid);
      this.atHand[at] = t;
    }
    if (tgid !== t.tgid && tgid >= 0) this.joins(t, ev);
    return t;
  }

  private threadOf(key: number, tid: number): Thread {
    const known = this.threads.get(key);
    if (known) return known;
    const t = new Thread(tid);
    this.threads.set(key, t);
    return t;
  }

  /** The thread group of a task shows. No task changes it: another one means that it is another task. */
  private joins(t: Thread, ev: Ev): void {
    if (t.tgid >= 0) this.endTask(t, ev.row);
    t.tgid = ev.tgid;
  }

  /** A task's number passes on to another: with a group's first task, the group's too. */
  endTask(t: Thread, row: number): void {
    this.leaveVms(t, row);
    if (isFirstOfGroup(t)) this.whichFile.groupEnded(groupOf(t));
  }

  /** A task does something new in another address space, in which it has no VM. Its files may be open. */
  leaveVms(t: Thread, row: number): void {
    t.passOn();
    if (isFirstOfGroup(t)) this.whichVm.groupEnded(groupOf(t), row);
  }

  op(
    code: OpCode,
    subject: number,
    row: number,
    first: number,
    count: number,
    value: number,
    aux: number,
  ): void {
    this.ops.push(code, subject, row, first, count, value, aux);
  }

  newConv(scope: 'vm' | 'inode', t: Thread, row: number, entrySeen: boolean): Conv {
    const conv = new Conv(this.conversions.length, scope, t.tid, row, entrySeen);
    if (!entrySeen) this.adoptBrackets(conv, t);
    const ioctlRow = t.syscall?.name === 'ioctl' ? t.syscall.row : -1;
    conv.callRow = entrySeen ? row : ioctlRow;
    conv.notBefore = conv.callRow >= 0 ? conv.callRow : Math.max(0, t.lastConvRow);
    conv.isRest = !entrySeen && t.convWasCut;
    t.convWasCut = false;
    this.conversions.push(conv);
    this.openConversions.add(conv);
    t.conv = conv;
    t.lastConvRow = row;
    return conv;
  }

  /**
   * A conversion that shows itself late may have opened its bracket before: in the same system call it counts
   * as its own.
   */
  private adoptBrackets(conv: Conv, t: Thread): void {
    const from = t.syscall?.row ?? Infinity;
    const gmem = t.lastGmemBracket;
    if (gmem && gmem.startRow > from) {
      conv.sawGmemBracket = true;
      conv.gmemFirst = gmem.first;
      conv.gmemEnd = gmem.end;
      conv.invOpenRow = gmem.startRow;
    }
    conv.sawInvStart = t.lastInvStartRow > from;
    conv.sawInvEnd = t.lastInvEndRow > from;
  }

  /** Logs that a conversion enters a phase, a value of `Phase`. */
  phase(conv: Conv, phase: number, row: number): void {
    const owner = conv.scope === 'vm' ? conv.vm : conv.inode;
    const count = Math.max(0, conv.end - conv.first);
    this.op(Op.Phase, conv.index, row, conv.first, count, phase, owner?.index ?? -1);
  }

  /** Two rows are ordered: same CPU, same thread, or far enough apart on the clock. */
  ordered(a: number, b: number): boolean {
    const { table } = this;
    const cpu = table.cpu(a);
    if (cpu === table.cpu(b) && cpu !== UNKNOWN_CPU && table.meta.timeUnit !== 'none') return true;
    if (table.tid(a) === table.tid(b) && table.tid(a) > 0) return true;
    if (table.meta.timeUnit === 'none') return false;
    if (table.meta.timeUnit === 'ticks') return table.ts(a) !== table.ts(b);
    return Math.abs(table.ts(a) - table.ts(b)) > this.skew;
  }

  gapBetween(a: number, b: number): boolean {
    assert(a <= b, `gap query ${a} > ${b}`);
    return this.survey.gapBetween(a, b);
  }

  recorded(kind: number): boolean {
    return this.survey.recorded(kind);
  }

  /**
   * Whether an event is of a function for another task's memory: those add FOLL_REMOTE to what their callers
   * ask for.
   */
  isRemote(row: number): boolean {
    const { names } = this.table;
    if (this.remoteNames.length < names.size)
      this.remoteNames = Uint8Array.from({ length: names.size }, (_, id) =>
        Number(/_remote$/.test(names.text(id))),
      );
    return this.remoteNames[this.table.nameId(row)] === 1;
  }

  /** Live slots that cover pages [first, end) of an inode. */
  slotsOfPages(inode: Inode, first: Pgoff, end: Pgoff): Slot[] {
    return inode.slots.live.filter((s) => holdsPages(s, first, end));
  }

  /** The live slot that holds a gfn; the youngest where several do. */
  slotOfGfn(vm: Vm, gfn: Gfn): Slot | undefined {
    const { live } = vm.slots;
    for (let i = live.length - 1; i >= 0; i--) {
      const s = live[i]!;
      if (gfn >= s.baseGfn && gfn < s.baseGfn + s.npages) return s;
    }
    return undefined;
  }
}

function isFirstOfGroup(t: Thread): boolean {
  return t.tgid < 0 || t.tid === t.tgid;
}

/** Notes that a page or folio pointer is this page of a memfd. */
export function noteFolio(w: World, pointer: number, inode: Inode, pgoff: Pgoff, row: number): void {
  w.folios.set(pointer, inode, pgoff, row);
}

/**
 * The page of a memfd that a page or folio pointer names. A page that went since may be another file's by
 * now, unless references keep it.
 */
export function pageOfFolio(w: World, pointer: number): FilePage | undefined {
  const page = w.folios.get(pointer);
  if (!page || page.inode.refs.has(page.pgoff)) return page;
  const { inode } = page;
  if (inode.releasedRow >= 0 || inode.over) return undefined;
  return (inode.cache.get(page.pgoff)?.deletedRow ?? -1) > page.row ? undefined : page;
}

/** True where a release that does not say of which page it was may have been that of a reference. */
export function maybeReleased(w: World, ref: RefRec): boolean {
  if (ref.doubtful) return true;
  return ref.kind === RefKind.Pin && ref.row < (ref.named ? w.namedPinsDoubtedRow : w.unnamedPinsDoubtedRow);
}

/**
 * The whole state of a replay: VMs, inodes, threads, conversions, and the way from an event's words to them.
 * The state is what the trace *observed*; whether that is allowed is for the rules, which listen to the
 * facts.
 */
import { assert } from '../../parsers/base/assert.js';
import { type Gfn, pagesForBytes, type Pgoff } from '../../parsers/base/units.js';
import { kindId } from '../../parsers/events/kinds.js';
import type { EventTable } from '../../parsers/events/table.js';
import type { Ev } from './event.js';
import { Survey } from './survey.js';
import { Attr, NO_CONVERSION, Op, OpLog, type OpCode } from '../ops/oplog.js';
import type { FactBus } from './facts.js';
import { holdsPages } from './memslots.js';
import { Pointers } from './pointers.js';
import type { Refusal } from './regions.js';
import { Conv, Inode, Thread, Vm, type FilePage, type RefRec, type Slot } from './state.js';

/** Pages of the file begin shared; without it, private. */
const GUEST_MEMFD_FLAG_INIT_SHARED = 2;

/** The VM of a thread group that is not known, in a map by thread groups. */
const NO_GROUP = -1;

/** A guest_memfd that was created, until an event shows its inode number. */
interface UnnamedCreate {
  /** In bytes. */
  readonly size: number;
  /** -1 when the trace does not give them. */
  readonly flags: number;
  readonly row: number;
  readonly vm: Vm | undefined;
}

/** Thread 0 is one idle task per CPU: each gets a key of its own, below all thread numbers. */
function idleTaskKey(cpu: number): number {
  return -1000 - cpu;
}

/** Every memslot that was seen is gone. */
function isDead(vm: Vm): boolean {
  return vm.slots.length > 0 && vm.slots.every((s) => s.untilRow >= 0);
}

export class World {
  readonly survey: Survey;
  readonly ops = new OpLog();
  readonly vms: Vm[] = [];
  readonly inodes: Inode[] = [];
  readonly slots: Slot[] = [];
  readonly conversions: Conv[] = [];
  /** Memslots that the kernel refused, in trace order. */
  readonly refusals: Refusal[] = [];
  private readonly vmByKvm = new Map<number, Vm>();
  private readonly vmByTgid = new Map<number, Vm>();
  private readonly inodeByIno = new Map<number, Inode>();
  private readonly inodeByFile = new Map<number, Inode>();
  /** Tasks by thread id; each CPU's idle task by a key of its own. */
  readonly threads = new Map<number, Thread>();
  private lastThread: Thread | undefined;
  /** Freshly created memfds whose inode number is not known yet, by thread group. */
  readonly unnamedCreates = new Map<number, UnnamedCreate[]>();
  /** page or folio pointer key → page of a memfd. */
  readonly folios = new Pointers<FilePage>();
  /**
   * Pins not yet doubted, by whether the trace gave the page's pointer when they were taken; released ones
   * may stay.
   */
  readonly namedPins: RefRec[] = [];
  readonly unnamedPins: RefRec[] = [];

  constructor(
    readonly table: EventTable,
    /** Cross-CPU pairs closer than this are not ordered. */
    readonly skew: number,
    readonly facts: FactBus,
  ) {
    this.survey = new Survey(table);
    this.recordedGupRet = this.survey.recorded(kindId('GupRet'));
    this.recordedPost = this.survey.recorded(kindId('PostSetAttr'));
    this.recordedStore = this.survey.recorded(kindId('StoreAttr'));
    this.recordedVmResult = (['PostSetAttr', 'VmSetAttrRet', 'VmIoctlRet', 'SysExitIoctl'] as const).some(
      (k) => this.survey.recorded(kindId(k)),
    );
    this.recordedBindRet = this.survey.recorded(kindId('GmemBindRet'));
  }

  /** Whether GUP's return values show what it took; else its grabs are counted. */
  readonly recordedGupRet: boolean;
  /** Which witnesses of a store the trace has. */
  readonly recordedPost: boolean;
  readonly recordedStore: boolean;
  /** Whether anything shows how a VM's set-attributes ended. */
  readonly recordedVmResult: boolean;
  /** Whether binds show their result; without it a bind counts as done. */
  readonly recordedBindRet: boolean;

  thread(ev: Ev): Thread {
    const last = this.lastThread;
    if (last && last.tid === ev.tid && ev.tid !== 0) {
      if (ev.tgid >= 0) last.tgid = ev.tgid;
      return last;
    }
    const key = ev.tid === 0 ? idleTaskKey(ev.cpu) : ev.tid;
    let t = this.threads.get(key);
    if (!t) {
      t = new Thread(ev.tid);
      this.threads.set(key, t);
    }
    if (ev.tgid >= 0) t.tgid = ev.tgid;
    this.lastThread = t;
    return t;
  }

  /** Thread group for ownership: the printed one, else the thread itself. */
  group(t: Thread): number {
    return t.tgid >= 0 ? t.tgid : t.tid;
  }

  /** The VM of an event with a kvm pointer; associates the thread with it. */
  vmOf(ev: Ev, t: Thread, kvmSlot: number): Vm | undefined {
    const key = ev.pointer(kvmSlot);
    if (key < 0) return this.vmOfThread(t);
    const before = this.vmByKvm.get(key);
    const vm = before && !this.isAnotherVm(before, t) ? before : this.newVmOf(key, t);
    if (vm.tgid < 0 && t.tgid >= 0) vm.tgid = t.tgid;
    t.vm = vm;
    t.vmFresh = true;
    return vm;
  }

  private newVmOf(key: number, t: Thread): Vm {
    const vm = new Vm(this.vms.length, key, t.tgid);
    this.vms.push(vm);
    if (key >= 0) this.vmByKvm.set(key, vm);
    const created = this.pendingCreateOfGroup.get(this.group(t));
    if (created !== undefined) this.markFresh(vm, created, this.group(t));
    return vm;
  }

  /** KVM_CREATE_VM by a thread group, at a row; its next new kvm pointer is a fresh VM. */
  readonly pendingCreateOfGroup = new Map<number, number>();

  private markFresh(vm: Vm, row: number, group: number): void {
    vm.fresh = true;
    vm.createdRow = row;
    vm.attr.reset(Attr.Shared, row);
    this.pendingCreateOfGroup.delete(group);
  }

  /**
   * A kvm structure is used again after its VM is gone: same pointer, created since or owned by another
   * process.
   */
  private isAnotherVm(vm: Vm, t: Thread): boolean {
    // Workers such as kvm-nx-lpage-recovery are threads of another group: that alone does not make it another
    // VM.
    const stranger = vm.tgid >= 0 && t.tgid >= 0 && vm.tgid !== t.tgid;
    const created = this.pendingCreateOfGroup.has(this.group(t));
    return isDead(vm) ? stranger || created : stranger && created;
  }

  /**
   * The VM that creates a guest_memfd, which only its owner does: another process's pointer is a new VM, and
   * so is one whose slots are all gone.
   */
  vmThatCreates(ev: Ev, t: Thread, kvmSlot: number): Vm | undefined {
    const key = ev.pointer(kvmSlot);
    const before = this.vmByKvm.get(key);
    if (!before) return this.vmOf(ev, t, kvmSlot);
    const stranger = before.tgid >= 0 && t.tgid >= 0 && before.tgid !== t.tgid;
    if (!stranger && !isDead(before)) return this.vmOf(ev, t, kvmSlot);
    const vm = this.newVmOf(key, t);
    // The older VM with this pointer lived in this trace, so a stranger's was made in it.
    if (stranger && !vm.fresh) this.markFresh(vm, ev.row, this.group(t));
    t.vm = vm;
    t.vmFresh = true;
    return vm;
  }

  /** The VM whose business a thread without a kvm pointer does. */
  vmOfThread(t: Thread): Vm | undefined {
    if (t.vm) return t.vm;
    // The only VM that this group, or a trace without groups, ever names is the one, even before that.
    const known = t.tgid >= 0 ? this.survey.kvmsOfTgid.get(t.tgid) : this.survey.kvms;
    if (known?.size === 1) {
      const key = [...known][0]!;
      t.vm = this.vmByKvm.get(key) ?? this.newVmOf(key, t);
      return t.vm;
    }
    const group = t.tgid >= 0 ? t.tgid : NO_GROUP;
    let vm = this.vmByTgid.get(group);
    if (!vm) {
      vm = this.newVmOf(-1, t);
      this.vmByTgid.set(group, vm);
    }
    return vm;
  }

  /** True when an event of this thread without a kvm pointer certainly belongs to `vmOfThread`. */
  vmIsSure(t: Thread): boolean {
    if (t.vmFresh) return true;
    if (t.tgid < 0)
      return this.survey.kvms.size === 1 || (this.survey.kvms.size === 0 && !this.survey.severalVms);
    const kvms = this.survey.kvmsOfTgid.get(t.tgid)?.size ?? 0;
    if (kvms === 1) return true;
    return kvms === 0 && (this.createsOfGroup.get(t.tgid) ?? 0) <= 1;
  }

  /** KVM_CREATE_VM calls seen per thread group. */
  readonly createsOfGroup = new Map<number, number>();

  /** The memfd with this inode number, made when new; undefined when the event gives none. */
  inodeOf(ino: number, ev: Ev, t: Thread): Inode | undefined {
    if (ino <= 0) return undefined;
    const before = this.inodeByIno.get(ino);
    let inode = before;
    // A released file is not used again: the number belongs to a new one.
    if (!inode || inode.releasedRow >= 0) {
      inode = new Inode(this.inodes.length, ino, -1, ev.row);
      this.inodes.push(inode);
      this.inodeByIno.set(ino, inode);
      if (/restricted|inaccessible/.test(this.table.name(ev.row))) inode.provider = 'restrictedmem';
      if (before) inode.fresh = true;
      this.adoptCreate(inode, t, ev.row);
    }
    if (t.tgid >= 0) inode.tgids.add(t.tgid);
    return inode;
  }

  /** The same for a number that may be any file's; undefined unless some event shows it to be a memfd's. */
  knownInode(ino: number, ev: Ev, t: Thread): Inode | undefined {
    if (ino <= 0 || !this.survey.memfdInodes.has(ino)) return undefined;
    return this.inodeByIno.get(ino) ?? this.inodeOf(ino, ev, t);
  }

  /** The restricted memfd with this file pointer, made when new; undefined when the event gives none. */
  inodeOfFile(file: number, ev: Ev, t: Thread): Inode | undefined {
    if (file < 0) return undefined;
    let inode = this.inodeByFile.get(file);
    if (!inode) {
      inode = new Inode(this.inodes.length, -1, file, ev.row);
      this.inodes.push(inode);
      this.inodeByFile.set(file, inode);
      inode.provider = 'restrictedmem';
      this.adoptCreate(inode, t, ev.row);
    }
    return inode;
  }

  /** The first inode a group shows after it created exactly one memfd is that memfd. */
  private adoptCreate(inode: Inode, t: Thread, row: number): void {
    const waiting = this.unnamedCreates.get(this.group(t));
    if (waiting?.length !== 1) return;
    const create = waiting[0]!;
    this.unnamedCreates.delete(this.group(t));
    inode.pageCount = create.size > 0 ? pagesForBytes(create.size) : -1;
    inode.fresh = true;
    inode.firstRow = create.row;
    if (create.flags < 0) return;
    const attr = (create.flags & GUEST_MEMFD_FLAG_INIT_SHARED) !== 0 ? Attr.Shared : Attr.Private;
    inode.attr.reset(attr, create.row);
    if (inode.pageCount > 0) this.op(Op.PageAttr, inode.index, row, 0, inode.pageCount, attr, NO_CONVERSION);
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
    this.conversions.push(conv);
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
    if (table.cpu(a) === table.cpu(b) && table.meta.timeUnit !== 'none') return true;
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

  /** Live slots that cover pages [first, end) of an inode. */
  slotsOfPages(inode: Inode, first: Pgoff, end: Pgoff): Slot[] {
    return inode.slots.filter((s) => holdsPages(s, first, end));
  }

  /** The live slot that holds a gfn; the youngest where several do. */
  slotOfGfn(vm: Vm, gfn: Gfn): Slot | undefined {
    for (let i = vm.slots.length - 1; i >= 0; i--) {
      const s = vm.slots[i]!;
      if (s.untilRow < 0 && gfn >= s.baseGfn && gfn < s.baseGfn + s.npages) return s;
    }
    return undefined;
  }
}

/** Notes that a page or folio pointer is this page of a memfd. */
export function noteFolio(w: World, pointer: number, inode: Inode, pgoff: Pgoff): void {
  const known = w.folios.get(pointer);
  if (known?.inode === inode && known.pgoff === pgoff) return;
  w.folios.set(pointer, { inode, pgoff });
}

/**
 * Which VM an event is about: by its kvm pointer, by its thread, by its thread group. All of these names are
 * used again, so this is also where one life under a name ends and the next begins. What shows it: the VM is
 * destroyed, its process leaves its address space, KVM_CREATE_VM gives its process a new one, another process
 * is at work under its pointer. Where it can only be guessed, as after the last slot went, what was known is
 * forgotten.
 */
import { PAST_ALL_GFNS, asGfn } from '../../parsers/base/units.js';
import { Attr, NO_CONVERSION, Op, type OpLog } from '../ops/oplog.js';
import type { Ev } from './event.js';
import { removeSlot } from './memslots.js';
import { groupOf, type Thread, Vm } from './state.js';
import type { Survey } from './survey.js';

/** The VM of a thread group that is not known, in a map by thread groups. */
const NO_GROUP = -1;

/** A KVM_CREATE_VM whose VM has not shown its kvm pointer yet. */
interface Birth {
  readonly row: number;
  /** Its memory is kept from the host, by the type that was asked for. */
  readonly isProtected: boolean | undefined;
  /** The VM's file descriptor, -1 not known. */
  fd: number;
  /** A VM that this may be under its old pointer: forgotten once. */
  doubted: Vm | undefined;
}

export class VmNames {
  readonly vms: Vm[] = [];
  private readonly byKvm = new Map<number, Vm>();
  /** VMs of which no event names the pointer. */
  private readonly byGroup = new Map<number, Vm>();
  private readonly births = new Map<number, Birth>();
  /** Those that have a name yet, by the thread group that owns them. */
  private readonly ofGroup = new Map<number, Vm[]>();
  /** VMs of which SPTEs are told: every invalidation asks, and a trace may name thousands of VMs. */
  readonly withTold = new Set<Vm>();
  /** KVM_CREATE_VM calls seen, by thread group. */
  private readonly createCalls = new Map<number, number>();

  constructor(
    private readonly survey: Survey,
    private readonly ops: OpLog,
  ) {}

  /**
   * The VM of an event that may be part of its teardown, or of another process; associates the thread with
   * it.
   */
  of(ev: Ev, t: Thread, kvmSlot: number): Vm {
    const key = ev.pointer(kvmSlot);
    if (key < 0) return this.ofThread(t, ev.row);
    const known = this.byKvm.get(key);
    const vm = known && !this.hasPassedOn(known, t) ? known : this.make(key, t, ev.row);
    if (vm.tgid < 0 && t.tgid >= 0) this.setOwner(vm, t.tgid);
    t.vm = vm;
    t.vmFresh = true;
    return vm;
  }

  /** The VM of an event that only a VM at work gives, in its own process. */
  atWork(ev: Ev, t: Thread, kvmSlot: number): Vm {
    const key = ev.pointer(kvmSlot);
    if (key < 0) return this.atWorkOfThread(t, ev.row);
    const known = this.byKvm.get(key);
    return this.named(t, known ? this.living(known, t, ev.row) : this.make(key, t, ev.row));
  }

  /** A VM's own process named it. */
  private named(t: Thread, vm: Vm): Vm {
    if (!vm.ownerSure && t.tgid >= 0) {
      if (vm.tgid !== t.tgid) this.setOwner(vm, t.tgid);
      vm.ownerSure = true;
    }
    t.vm = vm;
    t.vmFresh = true;
    return vm;
  }

  /** The VM that the thread's group has created and not named yet. Mostly no group has one. */
  private birthOf(t: Thread): Birth | undefined {
    return this.births.size > 0 ? this.births.get(groupOf(t)) : undefined;
  }

  private setOwner(vm: Vm, tgid: number): void {
    this.disown(vm);
    vm.tgid = tgid;
    const list = this.ofGroup.get(tgid);
    if (list) list.push(vm);
    else this.ofGroup.set(tgid, [vm]);
  }

  private disown(vm: Vm): void {
    const list = this.ofGroup.get(vm.tgid);
    if (list) list.splice(list.indexOf(vm), 1);
  }

  /**
   * A kvm structure is used again after its VM is gone: same pointer, created since or owned by another
   * process.
   */
  private hasPassedOn(vm: Vm, t: Thread): boolean {
    // Workers such as kvm-nx-lpage-recovery are threads of another group: that alone does not make it another
    // VM.
    const stranger = isStranger(vm, t);
    const birth = this.birthOf(t);
    const created = birth !== undefined && isBorn(birth, t) !== 'no';
    return vm.over !== 'no' ? stranger || created : stranger && created;
  }

  /** The VM that is at work under a name: the one that had it, which may have to be forgotten, or another. */
  private living(vm: Vm, t: Thread, row: number): Vm {
    const stranger = vm.ownerSure && isStranger(vm, t);
    const birth = this.birthOf(t);
    if (vm.over === 'no' && !stranger && birth === undefined) return vm;
    if (vm.over === 'yes' || stranger) return this.make(vm.kvm, t, row);
    const born = birth === undefined ? 'no' : isBorn(birth, t);
    if (born === 'yes' || (born === 'maybe' && vm.over === 'maybe')) return this.make(vm.kvm, t, row);
    if (vm.over === 'maybe') {
      this.forget(vm, row);
      vm.over = 'no';
    } else if (birth && born === 'maybe' && birth.doubted !== vm) {
      birth.doubted = vm;
      this.forget(vm, row);
    }
    return vm;
  }

  /** Another VM with a name begins; its creation may have been seen. */
  private make(kvm: number, t: Thread, row: number): Vm {
    const group = groupOf(t);
    const before = kvm >= 0 ? this.byKvm.get(kvm) : this.byGroup.get(unnamedKey(t));
    if (before) {
      this.replace(before, row);
      // A file would have kept its VM, and with that the pointer.
      for (const slot of before.slots.all) if (slot.inode && kvm >= 0) slot.inode.over = true;
    }
    const vm = new Vm(this.vms.length, kvm, -1, row);
    this.vms.push(vm);
    if (t.tgid >= 0) this.setOwner(vm, t.tgid);
    if (kvm >= 0) this.byKvm.set(kvm, vm);
    else this.byGroup.set(unnamedKey(t), vm);
    const birth = this.births.get(group);
    if (birth && isBorn(birth, t) !== 'no') {
      this.markFresh(vm, birth.row, group);
      vm.isProtected = birth.isProtected;
    }
    return vm;
  }

  private markFresh(vm: Vm, row: number, group: number): void {
    vm.fresh = true;
    vm.createdRow = row;
    vm.attr.reset(Attr.Shared, row);
    this.births.delete(group);
  }

  /** Its names pass on: with the VM its slots are gone. */
  private replace(vm: Vm, row: number): void {
    vm.over = 'yes';
    vm.replaced = true;
    this.disown(vm);
    for (const slot of [...vm.slots.live]) removeSlot(this.ops, slot, row);
  }

  /** What was known of a VM may be another's: attributes are unknown, and no leaf is taken for certain. */
  private forget(vm: Vm, row: number): void {
    if (vm.fresh || vm.attr.size > 0) {
      vm.attr.reset(Attr.Unknown, row);
      this.ops.push(Op.GfnAttr, vm.index, row, asGfn(0), PAST_ALL_GFNS, Attr.Unknown, NO_CONVERSION);
    }
    vm.fresh = false;
    if (vm.open.length > 0 && vm.holeRow < 0) vm.holeRow = row;
    vm.open.length = 0;
    vm.inProgress = 0;
    if (vm.sptes.count > 0 || vm.told.size > 0)
      this.ops.push(Op.SpteDoubt, vm.index, row, asGfn(0), PAST_ALL_GFNS, 0, 0);
    vm.sptes.doubtAll();
    this.forgetTold(vm);
    vm.regions.clear();
  }

  /** SPTEs that were told of a VM may be gone. */
  forgetTold(vm: Vm): void {
    vm.told.clear();
    this.withTold.delete(vm);
  }

  /** A slot is bound under the id of one that lives: its end was not seen, nor perhaps that of its VM. */
  slotCameAgain(vm: Vm, row: number): void {
    this.forget(vm, row);
  }

  /**
   * The VM that creates a guest_memfd, which only its owner does: another process's pointer is a new VM, and
   * so is one whose slots are all gone.
   */
  creating(ev: Ev, t: Thread, kvmSlot: number): Vm {
    const known = this.byKvm.get(ev.pointer(kvmSlot));
    if (!known) return this.atWork(ev, t, kvmSlot);
    const stranger = isStranger(known, t);
    if (!stranger && known.over === 'no') return this.atWork(ev, t, kvmSlot);
    const vm = this.make(known.kvm, t, ev.row);
    // The older VM with this pointer lived in this trace, so a stranger's was made in it.
    if (stranger && !vm.fresh) this.markFresh(vm, ev.row, groupOf(t));
    return this.named(t, vm);
  }

  /** The VM whose business a thread without a kvm pointer does. */
  ofThread(t: Thread, row: number): Vm {
    const own = t.vm;
    if (own && !own.replaced) return own;
    // The only VM that this group, or a trace without groups, ever names is the one, even before that.
    const key = this.survey.onlyKvm(t.tgid);
    const known = key >= 0 ? this.byKvm.get(key) : this.byGroup.get(unnamedKey(t));
    const vm = known ?? this.make(key, t, row);
    // A group that names several VMs by their pointers has each thread find its own.
    if (key >= 0) t.vm = vm;
    return vm;
  }

  /** The same for what only a VM at work gives. */
  atWorkOfThread(t: Thread, row: number): Vm {
    if (t.vm && t.vm.over === 'no' && this.births.size === 0) return t.vm;
    const known = this.ofThread(t, row);
    const vm = this.living(known, t, row);
    if (vm !== known && vm.kvm >= 0) t.vm = vm;
    return vm;
  }

  /** True when an event of this thread without a kvm pointer certainly belongs to {@link ofThread}. */
  isSure(t: Thread): boolean {
    if (t.vmFresh) return true;
    if (t.tgid < 0) return this.survey.hasOneVm;
    const isAlone = (this.createCalls.get(t.tgid) ?? 0) <= 1;
    return isAlone ? !this.survey.namesSeveralVms(t.tgid) : this.survey.namesOneVm(t.tgid);
  }

  /** True for a thread group that has a VM of its own. */
  isOwner(group: number): boolean {
    return this.ofGroup.get(group)?.some((vm) => vm.ownerSure || vm.kvm < 0) ?? false;
  }

  /** VMs of a thread group that have a name yet; of group -1 all of which no group is known. */
  vmsOf(group: number): readonly Vm[] {
    return group < 0 ? this.vms.filter(({ tgid }) => tgid < 0) : (this.ofGroup.get(group) ?? []);
  }

  /** KVM_CREATE_VM begins. */
  create(t: Thread, row: number, isProtected?: boolean): void {
    const group = groupOf(t);
    this.births.set(group, { row, isProtected, fd: -1, doubted: undefined });
    this.createCalls.set(group, (this.createCalls.get(group) ?? 0) + 1);
  }

  /** KVM_CREATE_VM returned a file descriptor, or a negative errno. */
  createReturned(t: Thread, row: number, fd: number): void {
    const birth = this.births.get(groupOf(t));
    if (birth?.row !== row) return;
    if (fd < 0) this.births.delete(groupOf(t));
    else birth.fd = fd;
  }

  /** kvm_destroy_vm begins. */
  destroyed(vm: Vm): void {
    vm.over = 'yes';
  }

  /** A thread group has left its address space, without which none of its VMs can run. */
  groupLeft(group: number): void {
    this.births.delete(group);
    for (const vm of this.ofGroup.get(group) ?? []) vm.over = 'yes';
  }

  /** A thread group's number passes on to another process. */
  groupEnded(group: number, row: number): void {
    this.groupLeft(group);
    this.createCalls.delete(group);
    const unnamed = this.byGroup.get(group);
    if (unnamed) this.replace(unnamed, row);
    this.byGroup.delete(group);
  }
}

/** The key of a thread's group among VMs without a pointer. */
function unnamedKey(t: Thread): number {
  return t.tgid >= 0 ? t.tgid : NO_GROUP;
}

function isStranger(vm: Vm, t: Thread): boolean {
  return vm.tgid >= 0 && t.tgid >= 0 && vm.tgid !== t.tgid;
}

/** Whether what a thread does now is done on a VM that its group has created. */
function isBorn(birth: Birth, t: Thread): 'yes' | 'maybe' | 'no' {
  const call = t.syscall;
  if (call?.name !== 'ioctl') return 'maybe';
  // A call that began before is on an older VM.
  if (call.row < birth.row) return 'no';
  if (birth.fd < 0 || call.fd < 0 || call.isRun) return 'maybe';
  return call.fd === birth.fd ? 'yes' : 'no';
}

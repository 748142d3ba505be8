/**
 * Which restricted memfd an event is about: by its inode number, by its file pointer. Both are used again, so
 * this is also where one life under a name ends and the next begins: at the release, with the VM that holds
 * the file, or where a file that was just created is given the name.
 */
import { PAST_ALL_PGOFFS } from '../../parsers/base/units.js';
import type { PageUnit } from './pageSize.js';
import { kindId } from '../../parsers/events/kinds.js';
import type { EventTable } from '../../parsers/events/table.js';
import { Attr, NO_CONVERSION, Op, type OpLog } from '../ops/oplog.js';
import type { Ev } from './event.js';
import { removeSlot } from './memslots.js';
import { groupOf, Inode, type Slot, type Thread } from './state.js';
import type { Survey } from './survey.js';
import type { VmNames } from './vmNames.js';

/** Pages of the file begin shared; without it, private. */
const GUEST_MEMFD_FLAG_INIT_SHARED = 2;

/** Instead of the thread group that named a file last: none has, or its number is another process's now. */
const NO_GROUP = -1;
const GONE_GROUP = -2;
const RELEASE = kindId('GmemRelease');

/** A guest_memfd that was created, until an event shows its inode number. */
interface UnnamedCreate {
  /** In bytes. */
  readonly size: number;
  /** -1 when the trace does not give them. */
  readonly flags: number;
  readonly row: number;
  readonly tid: number;
  /** Its file descriptor. */
  fd: number;
}

/** Instead of a descriptor: it was not returned yet; it was closed, or is another file's. */
const NO_DESCRIPTOR = -1;
const CLOSED = -2;
/** What shows that a file is made: its creation, or the calls that return descriptors. */
const CREATIONS = [[kindId('GmemCreate')], [kindId('SysEnterIoctl'), kindId('SysExitIoctl')]];
/** Files of a thread group that wait for their name, at most: the oldest are given up. */
const MOST_WAITING = 64;

export class FileNames {
  readonly inodes: Inode[] = [];
  private readonly byIno = new Map<number, Inode>();
  /** Of these the one that was asked for last: events on one file come in runs. */
  private lastNamed: Inode | undefined;
  private readonly byFile = new Map<number, Inode>();
  /** Numbers that two files have at once, and how many of the two live. */
  private readonly contested = new Map<number, number>();
  /** Rows at which ioctls returned descriptors, as a shim's that creates a memfd does, by thread group. */
  private readonly made = new Map<number, Map<number, number>>();
  /** Files behind the descriptors of a thread group, where a call has shown both. */
  private readonly behind = new Map<number, Map<number, Inode>>();
  /** Memslots that were given a file by a descriptor before anything named it, by thread group. */
  private readonly waiting = new Map<number, Map<number, Slot[]>>();
  /** Files that a thread group has named. */
  private readonly ofGroup = new Map<number, Inode[]>();
  /** Files by the thread group that has named them last. */
  private readonly lastOf = new Map<number, Set<Inode>>();
  /** Freshly created memfds whose inode number is not known yet, by thread group. */
  private readonly unnamed = new Map<number, UnnamedCreate[]>();

  constructor(
    private readonly table: EventTable,
    private readonly survey: Survey,
    private readonly ops: OpLog,
    private readonly whichVm: VmNames,
    private readonly pages: PageUnit,
    /** Called where two files turn out to have one number, with what was thought to be one. */
    private readonly onContest: (inode: Inode, row: number) => void,
  ) {}

  /**
   * The memfd with this inode number, made when new; undefined when the event gives none, or one that two
   * files have at once.
   */
  of(ino: number, ev: Ev, t: Thread): Inode | undefined {
    if (ino <= 0 || this.isContested(ino)) return undefined;
    const before = this.withNumber(ino);
    if (!before || isGone(before)) return this.make(ino, ev, t, this.onlyCreate(t));
    if (t.tgid === before.lastTgid || t.tgid < 0) return before;
    return this.isPassedTo(before, t, ev.row) ? before : undefined;
  }

  /**
   * The same for a call that is given the file by a descriptor, -1 where that is not known. A descriptor that
   * the creation of a file has returned shows which file it is; the number of an older one has passed on.
   * Where the descriptor may be new, or the number that of a file created since, nothing is known any more.
   */
  ofDescriptor(ino: number, fd: number, ev: Ev, t: Thread): Inode | undefined {
    if (ino <= 0 || this.contested.has(ino)) return undefined;
    const behind = this.behind.get(groupOf(t));
    const before = this.byIno.get(ino);
    if (before && behind?.get(fd) === before && !isGone(before)) return before;
    const inode = this.given(ino, before, fd, ev, t);
    if (fd < 0 || !inode) return inode;
    if (behind) behind.set(fd, inode);
    else this.behind.set(groupOf(t), new Map([[fd, inode]]));
    return inode;
  }

  /** The file that had a number last. */
  private withNumber(ino: number): Inode | undefined {
    if (this.lastNamed?.ino === ino) return this.lastNamed;
    const named = this.byIno.get(ino);
    if (named) this.lastNamed = named;
    return named;
  }

  private isContested(ino: number): boolean {
    return this.contested.size > 0 && this.contested.has(ino);
  }

  /** The same for the file of a system call; the call tells the descriptor, where it is seen. */
  ofCall(ino: number, ev: Ev, t: Thread): Inode | undefined {
    return this.ofDescriptor(ino, t.syscall?.fd ?? NO_DESCRIPTOR, ev, t);
  }

  private given(ino: number, before: Inode | undefined, fd: number, ev: Ev, t: Thread): Inode | undefined {
    if (!before || isGone(before)) return this.make(ino, ev, t, this.createOf(fd, t));
    if (t.tgid >= 0 && before.tgids.size > 0 && !before.tgids.has(t.tgid)) return this.of(ino, ev, t);
    const create = this.waitingAt(fd, t);
    if (create) {
      if (create.row > before.namedRow) {
        this.end(before, ev.row);
        return this.make(ino, ev, t, create);
      }
      this.unwait(create, t);
      if (before.pageCount < 0) before.pageCount = this.pagesOf(create);
    } else if (this.mayBeNew(before, fd, t, ev.row)) this.forget(before, ev.row);
    return this.of(ino, ev, t);
  }

  /** True where a file may have been made under the number of one, behind its descriptor or not yet named. */
  private mayBeNew(before: Inode, fd: number, t: Thread, row: number): boolean {
    const group = groupOf(t);
    const knownRow = Math.max(before.namedRow, before.firstRow);
    const isMade =
      (this.made.get(group)?.get(fd) ?? -1) > knownRow ||
      this.unnamed.get(group)?.some((create) => create.row > knownRow) === true;
    // It would have been released first.
    return isMade && (!this.survey.recorded(RELEASE) || this.survey.gapBetween(before.namedRow, row));
  }

  /**
   * A file is named by another process than before; false when that means a file of its own. A file can be
   * passed on; but a process that makes files or runs VMs has its own.
   */
  private isPassedTo(inode: Inode, t: Thread, row: number): boolean {
    const isMaker = this.makesFiles(t);
    // All that had it are gone: this may be another's by now.
    if (inode.tgids.size === 0 && inode.lastTgid !== NO_GROUP) {
      this.forget(inode, row);
      inode.maker = -1;
    }
    if (isMaker && !inode.tgids.has(t.tgid)) {
      if (inode.maker >= 0) {
        this.contest(inode, row);
        return false;
      }
      inode.maker = t.tgid;
    }
    this.named(inode, t);
    return true;
  }

  private makesFiles(t: Thread): boolean {
    return (
      this.whichVm.isOwner(t.tgid) || this.made.has(t.tgid) || (this.unnamed.get(t.tgid)?.length ?? 0) > 0
    );
  }

  private named(inode: Inode, t: Thread): void {
    if (inode.lastTgid !== t.tgid) this.namedLast(inode, t.tgid);
    if (inode.tgids.has(t.tgid)) return;
    inode.tgids.add(t.tgid);
    const list = this.ofGroup.get(t.tgid);
    if (list) list.push(inode);
    else this.ofGroup.set(t.tgid, [inode]);
  }

  private namedLast(inode: Inode, group: number): void {
    this.lastOf.get(inode.lastTgid)?.delete(inode);
    inode.lastTgid = group;
    const files = this.lastOf.get(group);
    if (files) files.add(inode);
    else this.lastOf.set(group, new Set([inode]));
  }

  /** A slot binds a file. Two VMs cannot bind one: then two files have its number. */
  bound(slot: Slot, row: number): void {
    const { inode, vm } = slot;
    if (inode?.slots.live.some((s) => s.vm !== vm && s.vm.over === 'no')) {
      this.contest(inode, row);
      slot.inode = undefined;
    }
  }

  /** Two files have one number at once, so that it says of no event which it means. */
  private contest(inode: Inode, row: number): void {
    this.contested.set(inode.ino, 2);
    this.forget(inode, row);
    inode.over = true;
    for (const slot of inode.slots.all) slot.inode = undefined;
    inode.slots.clear();
    for (const conv of inode.converting) conv.inode = undefined;
    inode.converting.clear();
    inode.notifiers.length = 0;
    this.onContest(inode, row);
  }

  /** A release of a number that two files have: with the second one it is free again. */
  releasedOne(ino: number): void {
    const left = (this.contested.get(ino) ?? 0) - 1;
    if (left > 0) this.contested.set(ino, left);
    else if (left === 0) this.contested.delete(ino);
  }

  private make(ino: number, ev: Ev, t: Thread, create: UnnamedCreate | undefined): Inode {
    const before = this.byIno.get(ino);
    const inode = new Inode(this.inodes.length, ino, -1, ev.row);
    this.inodes.push(inode);
    this.byIno.set(ino, inode);
    this.lastNamed = inode;
    if (/restricted|inaccessible/.test(this.table.name(ev.row))) inode.provider = 'restrictedmem';
    // A released file is not used again: the number belongs to one that was made since.
    if (before && before.releasedRow >= 0) inode.fresh = true;
    if (t.tgid >= 0) {
      if (this.makesFiles(t) || create) inode.maker = t.tgid;
      this.named(inode, t);
    }
    if (create) this.adopt(inode, create, t, ev.row);
    return inode;
  }

  /**
   * The memfd of a number that may be any file's; undefined unless some event shows it to be a memfd's. A
   * released one still: the last of its pages go after its release.
   */
  known(ino: number, ev: Ev, t: Thread): Inode | undefined {
    if (ino <= 0 || !this.survey.isMemfd(ino) || this.isContested(ino)) return undefined;
    return this.withNumber(ino) ?? this.of(ino, ev, t);
  }

  /** The file that has the number of one now: another, where that one is gone. */
  inUse(inode: Inode | undefined, ev: Ev, t: Thread): Inode | undefined {
    return inode && isGone(inode) && inode.ino >= 0 ? this.of(inode.ino, ev, t) : inode;
  }

  /** The restricted memfd with this file pointer, made when new; undefined when the event gives none. */
  ofFile(file: number, ev: Ev, t: Thread): Inode | undefined {
    if (file < 0) return undefined;
    let inode = this.byFile.get(file);
    if (!inode || isGone(inode)) {
      inode = new Inode(this.inodes.length, -1, file, ev.row);
      this.inodes.push(inode);
      this.byFile.set(file, inode);
      inode.provider = 'restrictedmem';
      const create = this.onlyCreate(t);
      if (create) this.adopt(inode, create, t, ev.row);
    }
    return inode;
  }

  /** The number of a file passes on to another: nothing is bound to it any more. */
  private end(inode: Inode, row: number): void {
    inode.over = true;
    for (const slot of [...inode.slots.live]) removeSlot(this.ops, slot, row);
  }

  /** A file may be another than the one that had its number: nothing is known of its pages. */
  private forget(inode: Inode, row: number): void {
    inode.forget(row);
    this.ops.push(Op.PageAttr, inode.index, row, 0, PAST_ALL_PGOFFS, Attr.Unknown, NO_CONVERSION);
  }

  /** An ioctl returned what may be a new file descriptor. */
  descriptorMade(t: Thread, fd: number, row: number): void {
    const group = groupOf(t);
    this.descriptorEnded(t, fd);
    const made = this.made.get(group);
    if (made) made.set(fd, row);
    else this.made.set(group, new Map([[fd, row]]));
  }

  /** A descriptor is closed, or another file's. */
  descriptorEnded(t: Thread, fd: number): void {
    const group = groupOf(t);
    this.behind.get(group)?.delete(fd);
    this.waiting.get(group)?.delete(fd);
    for (const create of this.unnamed.get(group) ?? []) if (create.fd === fd) create.fd = CLOSED;
  }

  /** A guest_memfd is created, under a name that a later event tells. */
  create(t: Thread, row: number, size: number, flags: number): void {
    const group = groupOf(t);
    const list = this.unnamed.get(group) ?? [];
    list.push({ size, flags, row, tid: t.tid, fd: NO_DESCRIPTOR });
    if (list.length > MOST_WAITING) list.shift();
    this.unnamed.set(group, list);
  }

  /** Its creation returned a file descriptor, or a negative errno. */
  createReturned(t: Thread, fd: number, row: number): void {
    const list = this.unnamed.get(groupOf(t));
    const at = list ? list.findIndex((create) => create.tid === t.tid && create.fd === NO_DESCRIPTOR) : -1;
    if (!list || at < 0) {
      if (fd >= 0) this.descriptorMade(t, fd, row);
    } else if (fd >= 0) {
      this.descriptorEnded(t, fd);
      list[at]!.fd = fd;
    } else list.splice(at, 1);
  }

  /** The ioctl that creates a file returned, for which the creation's own return need not be recorded. */
  createCallReturned(t: Thread, callRow: number, fd: number, row: number): void {
    const isTold = (create: UnnamedCreate): boolean =>
      create.tid === t.tid && create.row > callRow && create.fd === fd;
    if (!this.unnamed.get(groupOf(t))?.some(isTold)) this.createReturned(t, fd, row);
  }

  /** A thread group has left its address space: it makes nothing more, and has no file but to close it. */
  groupLeft(group: number): void {
    this.unnamed.delete(group);
    this.made.delete(group);
    this.behind.delete(group);
    this.waiting.delete(group);
    for (const inode of this.ofGroup.get(group) ?? []) inode.tgids.delete(group);
    this.ofGroup.delete(group);
  }

  /** A thread group's number passes on to another process, which has no file yet. */
  groupEnded(group: number): void {
    for (const inode of this.lastOf.get(group) ?? []) inode.lastTgid = GONE_GROUP;
    this.lastOf.delete(group);
    this.groupLeft(group);
  }

  /** A memslot is made of the file behind a descriptor: that file where it is known, else the slot waits. */
  ofSlot(slot: Slot, t: Thread): Inode | undefined {
    const group = groupOf(t);
    const known = this.behind.get(group)?.get(slot.fd);
    if (known && !isGone(known)) return this.mayHavePassed(known.firstRow, slot.fromRow) ? undefined : known;
    const byFd = this.waiting.get(group) ?? new Map<number, Slot[]>();
    const before = byFd.get(slot.fd) ?? [];
    byFd.set(slot.fd, [...before.filter(({ untilRow }) => untilRow < 0), slot]);
    this.waiting.set(group, byFd);
    return undefined;
  }

  /** The live memslots that wait for the file of the system call that a thread is in. */
  slotsOfCall(t: Thread, row: number): readonly Slot[] {
    const byFd = this.waiting.get(groupOf(t));
    const fd = t.syscall?.fd ?? NO_DESCRIPTOR;
    const slots = byFd?.get(fd) ?? [];
    byFd?.delete(fd);
    const isOfIt = ({ inode, untilRow, fromRow }: Slot): boolean =>
      !inode && untilRow < 0 && !this.mayHavePassed(fromRow, row);
    return slots.filter(isOfIt);
  }

  /** True where a descriptor may have become another file's between two rows: its creation would not show. */
  private mayHavePassed(fromRow: number, row: number): boolean {
    const shows = CREATIONS.some((kinds) => kinds.every((kind) => this.survey.recorded(kind)));
    return !shows || this.survey.gapBetween(fromRow, row);
  }

  /**
   * A slot that was given a file by a descriptor turns out to be of this one, which another process may have
   * named first: so it is the file whose creation returned that descriptor.
   */
  shownBehind(inode: Inode, fd: number, t: Thread, row: number): void {
    const create = this.waitingAt(fd, t);
    if (!create || create.row > inode.namedRow || inode.isForgotten || inode.attr.size > 0) return;
    this.adopt(inode, create, t, row);
  }

  /** The creation that returned a descriptor, and whose file has no name yet. */
  private waitingAt(fd: number, t: Thread): UnnamedCreate | undefined {
    return fd < 0 ? undefined : this.unnamed.get(groupOf(t))?.find((create) => create.fd === fd);
  }

  /** The creation of a new file that is given by a descriptor, which may be a copy. */
  private createOf(fd: number, t: Thread): UnnamedCreate | undefined {
    return this.waitingAt(fd, t) ?? this.onlyCreate(t);
  }

  /** The first inode a group shows after it created exactly one memfd is that memfd. */
  private onlyCreate(t: Thread): UnnamedCreate | undefined {
    const waiting = this.unnamed.get(groupOf(t));
    return waiting?.length === 1 ? waiting[0] : undefined;
  }

  private unwait(create: UnnamedCreate, t: Thread): void {
    const waiting = this.unnamed.get(groupOf(t))!;
    waiting.splice(waiting.indexOf(create), 1);
  }

  /** Size of a file that was created, -1 unknown. */
  private pagesOf({ size }: UnnamedCreate): number {
    return size > 0 ? this.pages.forBytes(size) : -1;
  }

  /** A file turns out to be the one that was created. */
  private adopt(inode: Inode, create: UnnamedCreate, t: Thread, row: number): void {
    this.unwait(create, t);
    inode.pageCount = this.pagesOf(create);
    inode.fresh = true;
    inode.firstRow = create.row;
    if (create.flags < 0) return;
    const attr = (create.flags & GUEST_MEMFD_FLAG_INIT_SHARED) !== 0 ? Attr.Shared : Attr.Private;
    inode.attr.reset(attr, create.row);
    inode.initialAttr = attr;
    if (inode.pageCount > 0)
      this.ops.push(Op.PageAttr, inode.index, row, 0, inode.pageCount, attr, NO_CONVERSION);
  }
}

/** The file has ended: its number is another's. */
function isGone(inode: Inode): boolean {
  return inode.releasedRow >= 0 || inode.over;
}

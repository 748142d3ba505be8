/** The facts that a replay tells its rules, in the field's words. A rule listens to the few it needs. */
import type { Gfn, Pfn, Pgoff } from '../../parsers/base/units.js';
import type {
  Bracket,
  Conv,
  GmemBracket,
  GuestAsk,
  GuestBatch,
  GuestFault,
  Inode,
  Notifier,
  Region,
  Slot,
  Stage2Call,
  Thread,
  UserFaultCtx,
  Vm,
  Vma,
} from './state.js';
import type { Refusal } from './regions.js';
import type { SpteRec } from './spte.js';

/** What a successful GUP or pin took. */
export interface GupFact {
  readonly row: number;
  readonly inode: Inode | undefined;
  readonly pgoff: Pgoff;
  readonly count: number;
  /** FOLL flags, -1 where the trace does not say: whether it pinned is not known then. */
  readonly flags: number;
  readonly start: number;
  readonly tid: number;
  /** The VMA by whose address the page is known, -1 when the event itself names the page. */
  readonly vmaRow: number;
}

export interface Facts {
  /**
   * The attribute of [conv.storeFirst, conv.storeEnd) is stored: exactly here, or somewhere before here when
   * !conv.storeExact. Told before the model has the new value, so that rules can ask for the old one.
   */
  store(conv: Conv, row: number): void;
  /** A conversion's function or ioctl returned; conv.result is set where known. */
  convEnd(conv: Conv, row: number, t: Thread): void;
  convBlocked(conv: Conv, row: number): void;
  /**
   * Lost events cut through a conversion: it was in flight, with conv.endRow below 0, or its end is seen and
   * not its beginning. Whether it stored, and where, may be among them.
   */
  convCut(conv: Conv, row: number): void;
  /** Events were lost: what a thread had in flight is given up after this is told. */
  callsCut(t: Thread, row: number): void;
  /** get_pfn returned a page, and which one is among lost events. */
  getPfnUnbegun(row: number): void;
  /** A memslot's bind returned with success, and its beginning is not seen. */
  bindUnbegun(row: number): void;
  /** A user fault returned whose beginning was lost; the page is -1 where the return does not say it. */
  faultUnbegun(inode: Inode | undefined, pgoff: Pgoff, row: number): void;
  spteInstall(vm: Vm, rec: SpteRec, fault: GuestFault | undefined, t: Thread): void;
  spteZap(vm: Vm, rec: SpteRec, row: number): void;
  /** A leaf of the stage 2 of arm64 is made, besides {@link spteInstall}. */
  stage2Mapped(call: Stage2Call, rec: SpteRec, row: number): void;
  /** A mapping was refused, with a negative errno. */
  stage2Refused(call: Stage2Call, row: number, errno: number): void;
  /** A mapping returned whose beginning is among lost events. */
  stage2Unbegun(row: number): void;
  /** The teardown of a VM begins: what it maps is given back from here on, page by page. */
  stage2Returning(vm: Vm, row: number): void;
  /** The teardown of a VM has ended, and something is still mapped: which is not told. */
  stage2Left(vm: Vm, row: number): void;
  /** The teardown of a VM gives back what maps [first, end). */
  stage2Returned(vm: Vm, first: Gfn, end: Gfn, row: number): void;
  /** The host kernel touched what is donated to a guest, and takes it back. */
  forceReclaim(pfn: Pfn, row: number): void;
  /** A protected guest, by the hypervisor's handle, shares a page with the host or takes it back. */
  guestShares(handle: number, gfn: Gfn, isShare: boolean, row: number): void;
  /** GUP took a page of any file, by its pointer key; FOLL flags, -1 not known. */
  pageTaken(page: number, flags: number, row: number, t: Thread): void;
  /** A page of any file was unpinned. */
  pageUnpinned(page: number, row: number, t: Thread): void;
  /** The hypervisor's part of a VM is destroyed. */
  stage2Gone(vm: Vm, row: number): void;
  userFaultEnter(ctx: UserFaultCtx, t: Thread): void;
  /** ret is the VM_FAULT code. */
  userFaultRet(
    ctx: UserFaultCtx | undefined,
    inode: Inode,
    pgoff: Pgoff,
    ret: number,
    row: number,
    t: Thread,
  ): void;
  rmapAdd(
    inode: Inode,
    pgoff: Pgoff,
    count: number,
    row: number,
    fault: UserFaultCtx | undefined,
    t: Thread,
  ): void;
  rmapRemove(inode: Inode, pgoff: Pgoff, count: number, row: number): void;
  gup(fact: GupFact): void;
  /** GUP of an address in a mapping of the file began, and what came of it is not in the trace. */
  gupUnseen(fact: GupFact): void;
  /** GUP of an address in a mapping of the file failed. */
  gupRefused(inode: Inode, row: number): void;
  /** @param seen whether the trace showed this reference being taken */
  unpin(inode: Inode, pgoff: Pgoff, row: number, seen: boolean): void;
  /** A folio was grabbed to be pinned, in a trace where the results of GUP are what counts. */
  grab(inode: Inode, pgoff: Pgoff, row: number): void;
  /** Such a grab was undone before GUP returned. */
  ungrab(inode: Inode, pgoff: Pgoff, row: number): void;
  pin(inode: Inode, pgoff: Pgoff, row: number): void;
  mmapOk(vma: Vma, row: number, t: Thread, hasVmOps: boolean, vmOps: number): void;
  mmapRet(inode: Inode, ret: number, row: number, t: Thread): void;
  vmaDup(vma: Vma, row: number): void;
  vmaGone(inode: Inode, row: number, t: Thread, last: boolean): void;
  vmaSplit(inode: Inode, row: number, how: string, fromRow: number): void;
  getPfnOk(inode: Inode, pgoff: Pgoff, row: number, fromRow: number, provider: Inode['provider']): void;
  filemapDelete(inode: Inode, pgoff: Pgoff, count: number, pfn: Pfn, row: number, t: Thread): void;
  invStart(vm: Vm, bracket: Bracket, row: number): void;
  invEnd(vm: Vm, bracket: Bracket | undefined, row: number, inprog: number): void;
  gmemInvStart(inode: Inode | undefined, bracket: GmemBracket, row: number): void;
  /** A system call or a provider function returned on this thread. */
  callReturn(t: Thread, row: number, callRow: number, what: string): void;
  bindOk(slot: Slot, row: number): void;
  /** A memslot that was asked for is there, or gone. */
  regionTaken(region: Region): void;
  regionRefused(refusal: Refusal): void;
  notifierStart(n: Notifier, row: number, t: Thread): void;
  notifierEnd(n: Notifier, row: number, t: Thread): void;
  notifierAbort(n: Notifier, row: number, t: Thread): void;
  notifierMmapEnd(n: Notifier, row: number, t: Thread): void;
  /** The operation that a bracket of notifiers protects begins: store or delete. */
  shimOp(t: Thread, inode: Inode, first: Pgoff, end: Pgoff, row: number, what: string): void;
  shimBracketEnd(t: Thread, row: number): void;
  guestFaultEnd(fault: GuestFault, t: Thread, row: number, errno: number, reason: number): void;
  destroyed(inode: Inode, row: number): void;
  rmpFault(row: number, pfn: Pfn, psmash: number): void;
  qemuConvert(row: number, start: number, size: number, toPrivate: boolean, t: Thread): void;
  qemuDiscard(row: number, t: Thread): void;
  /** Pages are made private in the RMP: `count` of them, from a gfn and a frame on, -1 where not known. */
  prepare(vm: Vm | undefined, gfn: Gfn, row: number, pfn: Pfn, count: number): void;
  /** Frames [first, end) are made shared in the RMP; of one alone the end is -1. */
  madeShared(first: Pfn, end: Pfn, row: number): void;
  /**
   * A guest asked for gfns [first, end) to be private or shared, its VMM was told, and its vCPU runs again
   * from this row on.
   */
  guestAskAnswered(ask: GuestAsk, row: number): void;
  /** The same of pages in a batch, of which no event shows which they are. */
  guestBatchAnswered(batch: GuestBatch, row: number): void;
  released(inode: Inode, row: number): void;
  /** Two files turn out to have one inode number: from here on no event says which of them it means. */
  contested(inode: Inode, row: number): void;
  /** The trace ends. Who hears it stays as it was: of a trace that grows, more may follow. */
  finish(lastRow: number): void;
}

export type FactName = keyof Facts;
export type Listener = Partial<Facts>;

/** Of facts that nobody listens to. */
const unheard = (): void => undefined;
const UNHEARD: Facts = {
  store: unheard,
  convEnd: unheard,
  convBlocked: unheard,
  convCut: unheard,
  callsCut: unheard,
  getPfnUnbegun: unheard,
  bindUnbegun: unheard,
  faultUnbegun: unheard,
  spteInstall: unheard,
  spteZap: unheard,
  stage2Mapped: unheard,
  stage2Refused: unheard,
  stage2Unbegun: unheard,
  stage2Returning: unheard,
  stage2Left: unheard,
  stage2Returned: unheard,
  forceReclaim: unheard,
  guestShares: unheard,
  pageTaken: unheard,
  pageUnpinned: unheard,
  stage2Gone: unheard,
  userFaultEnter: unheard,
  userFaultRet: unheard,
  rmapAdd: unheard,
  rmapRemove: unheard,
  gup: unheard,
  gupUnseen: unheard,
  gupRefused: unheard,
  unpin: unheard,
  grab: unheard,
  ungrab: unheard,
  pin: unheard,
  mmapOk: unheard,
  mmapRet: unheard,
  vmaDup: unheard,
  vmaGone: unheard,
  vmaSplit: unheard,
  getPfnOk: unheard,
  filemapDelete: unheard,
  invStart: unheard,
  invEnd: unheard,
  gmemInvStart: unheard,
  callReturn: unheard,
  bindOk: unheard,
  regionTaken: unheard,
  regionRefused: unheard,
  notifierStart: unheard,
  notifierEnd: unheard,
  notifierAbort: unheard,
  notifierMmapEnd: unheard,
  shimOp: unheard,
  shimBracketEnd: unheard,
  guestFaultEnd: unheard,
  destroyed: unheard,
  rmpFault: unheard,
  qemuConvert: unheard,
  qemuDiscard: unheard,
  prepare: unheard,
  madeShared: unheard,
  guestAskAnswered: unheard,
  guestBatchAnswered: unheard,
  released: unheard,
  contested: unheard,
  finish: unheard,
};

/** Calls every listener of a fact in the order of registration. */
export class FactBus {
  /** Who tells a fact calls it by its name: a look-up for each would cost the replay as much as a rule. */
  readonly tell: Facts = { ...UNHEARD };
  private readonly byFact = new Map<FactName, Hearing[]>();

  listen(listener: Listener): void {
    for (const name of Object.keys(listener) as FactName[]) {
      const hearing = listener[name] as Hearing | undefined;
      if (!hearing) continue;
      const list = this.byFact.get(name) ?? [];
      list.push(hearing);
      this.byFact.set(name, list);
      (this.tell as unknown as Record<FactName, Hearing>)[name] = list.length === 1 ? hearing : allOf(list);
    }
  }

  /** Whether anybody listens to a fact: what takes long to say need not be said else. */
  isHeard(name: FactName): boolean {
    return this.byFact.has(name);
  }
}

type Hearing = (...parts: unknown[]) => void;

/**
 * Facts have at most seven parts: fixed ones, since a rest array for each would cost the replay most.
 */
function allOf(list: readonly Hearing[]): Hearing {
  return (
    a?: unknown,
    b?: unknown,
    c?: unknown,
    d?: unknown,
    e?: unknown,
    f?: unknown,
    g?: unknown,
  ): void => {
    for (let i = 0; i < list.length; i++) list[i]!(a, b, c, d, e, f, g);
  };
}

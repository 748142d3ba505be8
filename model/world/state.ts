/** The entities of the shim model (DOMAIN: Vm, Ino, Slot, Page, Vma, Spte, Conv) as the replay keeps them. */
import { asGfn, type Gfn, type Pfn, type Pgoff } from '../../parsers/base/units.js';
import { Attr } from '../ops/oplog.js';
import { CachedPages, Mappings, PoisonedPages } from './filePages.js';
import { IntervalMap } from './intervalMap.js';
import { Leaves } from './leaves.js';
import { References } from './references.js';
import { SlotList } from './slotList.js';
import type { SyscallCtx } from './syscallCtx.js';
import { ToldLeaves } from './toldLeaves.js';

export type { SyscallCtx } from './syscallCtx.js';

/** One invalidation bracket: start (…range…) end, on one VM by one thread. */
export interface Bracket {
  readonly tid: number;
  readonly startRow: number;
  /** Which code opened it: two brackets of one context come from one call site. */
  readonly context: 'gmem' | 'convert' | 'notifier';
  /** Half-open gfn ranges with the row that added each. */
  readonly ranges: { first: Gfn; end: Gfn; row: number }[];
  endRow: number;
  sawRangeAdd: boolean;
}

/** A guest_memfd-level bracket (kvm_gmem_invalidate_start … end), in pages of the inode. */
export interface GmemBracket {
  readonly tid: number;
  readonly startRow: number;
  readonly first: Pgoff;
  readonly end: Pgoff;
  readonly vm: Vm | undefined;
}

export class Vm {
  /** Attributes of guest frames where the VM keeps them. */
  readonly attr = new IntervalMap<Gfn>(Attr.Unknown, 0);
  readonly sptes = new Leaves();
  readonly slots = new SlotList<Slot>();
  readonly open: Bracket[] = [];
  /** Brackets that closed, newest last, bounded: for "opened and closed in between". */
  readonly closed: Bracket[] = [];
  /** kvm->mmu_invalidate_in_progress as the trace shows it, leaked brackets included. */
  inProgress = 0;
  /** Row at which a bracket event contradicted the count: some start or end was not recorded. -1 never. */
  holeRow = -1;
  /** Last row at which the kernel's own count shows that no bracket is open, -1 never. */
  quietRow = -1;
  /** Row of the last end, -1 none; and whether an end did not show the kernel's own count. */
  lastEndRow = -1;
  hasUncountedEnds = false;
  starts = 0;
  ends = 0;
  rangeAdds = 0;
  /** True when this trace shows the VM's creation, so that its state at the start is known. */
  fresh = false;
  createdRow = -1;
  attributesOf: 'vm' | 'inode' | 'none' = 'none';
  /** True once a KVM_HC_MAP_GPA_RANGE was none of the ABI: guest and VMM have words of their own. */
  asksInOwnWords = false;
  /** True from the first event on that shows a leaf SPTE of this VM change. */
  changesSeen = false;
  /** What events told of leaf SPTEs without one that shows them change, by gfn; forgotten at a loss. */
  readonly told = new ToldLeaves();
  /** Memslots that its VMM has asked for and the kernel took, by `regionKey`. */
  readonly regions = new Map<number, Region>();
  /** pKVM keeps its memory from the host, undefined unknown; pointer key of its stage 2, -1 not seen. */
  isProtected: boolean | undefined;
  pageTable = -1;
  /** SPTEs of this VM belong to a TDX mirror root for some frames. */
  hasMirror = false;
  /** `tgid` is that of a process that had the VM at work; else it is of the first task that named it. */
  ownerSure = false;
  /**
   * Whether nothing but teardown can follow: `yes` where the VM was destroyed or its process left its address
   * space, `maybe` where its last slot went.
   */
  over: 'no' | 'maybe' | 'yes' = 'no';
  /** Another VM has its names. */
  replaced = false;

  constructor(
    readonly index: number,
    /** Key of the kvm pointer, its low 52 bits, -1 when the trace gives none. */
    readonly kvm: number,
    public tgid: number,
    /** Row of the first event of it. */
    readonly fromRow: number,
  ) {}
}

/** A memslot as a VMM asks for it. */
export interface Region {
  readonly id: number;
  /** Address space, 0 where the trace does not say. */
  readonly asId: number;
  readonly baseGfn: Gfn;
  readonly npages: number;
  /** User address, -1 unknown. */
  readonly ua: number;
  /** It has pages of a guest_memfd. */
  readonly isOfFile: boolean;
  /** File descriptor of the guest_memfd and the first page of it; -1 unknown, or none. */
  readonly fd: number;
  readonly pgoff: Pgoff;
  readonly inode: Inode | undefined;
  readonly row: number;
}

export interface Slot {
  readonly vm: Vm;
  readonly id: number;
  readonly baseGfn: Gfn;
  /** Extent; grows while only faults tell of it (`sized` false). */
  npages: number;
  sized: boolean;
  /** First page of the file, -1 unknown. */
  pgoff: Pgoff;
  inode: Inode | undefined;
  readonly fd: number;
  readonly fromRow: number;
  untilRow: number;
}

/** A mapping of the file, one VMA. */
export interface Vma {
  readonly inode: Inode;
  /** Owner: mm pointer key where known, else thread group, else thread. */
  readonly mm: number;
  readonly tgid: number;
  start: number;
  end: number;
  pgoff: Pgoff;
  readonly row: number;
}

export interface Notifier {
  readonly key: number;
  readonly inode: Inode;
  id: number;
  /** Bound range in pages, whole file when the tree binds files. */
  readonly first: Pgoff;
  readonly end: Pgoff;
  readonly row: number;
}

export class Inode {
  readonly attr = new IntervalMap<Pgoff>(Attr.Unknown, 0);
  readonly maps = new Mappings();
  readonly refs = new References();
  readonly cache = new CachedPages();
  readonly vmas: Vma[] = [];
  readonly notifiers: Notifier[] = [];
  readonly poisoned = new PoisonedPages();
  readonly slots = new SlotList<Slot>();
  /** Open conversions of this inode. */
  readonly converting = new Set<Conv>();
  gmemBrackets: GmemBracket[] = [];
  pageCount = -1;
  /** True when the trace shows it from its creation, so that what was not seen was not there. */
  fresh = false;
  /** What its creation made all its pages; unknown where the trace does not show that. */
  initialAttr: number = Attr.Unknown;
  firstRow: number;
  releasedRow = -1;
  destroyedRow = -1;
  provider: 'guest_memfd' | 'restrictedmem' = 'guest_memfd';
  readonly tgids = new Set<number>();
  /** The thread group that has probably made it, -1 none known. */
  maker = -1;
  /** The thread group that named it last; negative for none. */
  lastTgid = -1;
  /** What was known of its pages may have been another file's. */
  isForgotten = false;
  /** The VM that binds it is gone, and it with that: its number is another file's from here on. */
  over = false;

  constructor(
    readonly index: number,
    /** Inode number, -1 when only a file pointer is known. */
    readonly ino: number,
    readonly file: number,
    /** Row of the event that named it first. */
    readonly namedRow: number,
  ) {
    this.firstRow = namedRow;
  }

  /** Nothing is known of its pages from a row on, as of a file that was there before the trace. */
  forget(row: number): void {
    this.attr.reset(Attr.Unknown, row);
    this.maps.clear();
    this.refs.clear();
    this.cache.clear();
    this.poisoned.clear();
    this.vmas.length = 0;
    this.fresh = false;
    this.isForgotten = true;
    this.firstRow = row;
  }
}

/** A bracket by what the kernel keeps of it: the sequence number, which its end changes, and its gfns. */
export interface CountedBracket {
  readonly seq: number;
  readonly first: Gfn;
  readonly end: Gfn;
}

/** A conversion of a range, from request to return. */
export class Conv {
  vm: Vm | undefined;
  inode: Inode | undefined;
  /** Half-open range: gfns of the VM or pages of the inode, by scope; -1 unknown. */
  first = -1 as Gfn | Pgoff;
  end = -1 as Gfn | Pgoff;
  toPrivate = false;
  rangeKnown = false;
  /**
   * The range is that of the store alone, which the maple tree may have merged with neighbours that had the
   * value before.
   */
  rangeMerged = false;
  /** Hull of the pages whose attribute the store certainly changed; empty when none is known. */
  changedFirst = Infinity as Pgoff;
  changedEnd = -Infinity as Pgoff;
  /** Ranges that its own invalidation brackets cover, in gfns. */
  readonly invRanges: { readonly first: Gfn; readonly end: Gfn }[] = [];
  /** Only the block shows it, which does not say which way it goes. */
  directionAssumed = false;
  /** Row of the conversion function's own entry, inside the ioctl; -1 not seen. */
  enterRow = -1;
  blockedRow = -1;
  /** Row of the first unmap_mapping_* after the start, and whether they cover the range. */
  unmapRow = -1;
  unmapFirst = Infinity as Pgoff;
  unmapEnd = -Infinity as Pgoff;
  /** What the kernel's own reference check said: 1 safe, 0 unsafe, -1 not seen. */
  kernelSaysSafe = -1;
  safeRow = -1;
  invOpenRow = -1;
  invCloseRow = -1;
  preRow = -1;
  zapRow = -1;
  storeRow = -1;
  /** False when the store is only known to lie between entry and return. */
  storeExact = false;
  endRow = -1;
  result: number | undefined;
  /** Only a return of 0 tells of the store, and the range may have had the value already. */
  maybeNoop = false;
  /** The range had the value already: the call returned 0 without a store. */
  wasAlready = false;
  zapped = 0;
  /**
   * Row where the call that converts began: its own entry, else its ioctl's; -1 when neither is in the trace.
   */
  callRow = -1;
  /** Row before which it cannot have begun. */
  notBefore = 0;
  /** It shows itself late, and may be the rest of one that lost events cut. */
  isRest = false;
  /** The part whose store is being told. */
  storeFirst = -1 as Gfn | Pgoff;
  storeEnd = -1 as Gfn | Pgoff;
  sawInvStart = false;
  sawInvEnd = false;
  /** The one bracket that is open by the kernel's own count, as its pre handler shows it. */
  countedBracket: CountedBracket | undefined;
  /** That bracket is its own, though its start was not seen. */
  isBracketCounted = false;
  sawGmemBracket = false;
  gmemClosedBeforeStore = false;
  gmemFirst = Infinity as Pgoff;
  gmemEnd = -Infinity as Pgoff;
  errorOffset = -1;
  /** The part of the same request before it, where the kernel printed the request in parts. */
  partBefore: Conv | undefined;
  /** The request goes on behind it. */
  hasNextPart = false;

  constructor(
    readonly index: number,
    readonly scope: 'vm' | 'inode',
    readonly tid: number,
    readonly fromRow: number,
    /** True when the trace shows the entry of the function, not just a later step. */
    readonly entrySeen: boolean,
  ) {}
}

/** A conversion of guest frames, whose VM is known. */
export type VmConv = Conv & {
  readonly vm: Vm;
  readonly first: Gfn;
  readonly end: Gfn;
  readonly storeFirst: Gfn;
  readonly storeEnd: Gfn;
};

/** A conversion of pages of a file. */
export type InodeConv = Conv & {
  readonly inode: Inode;
  readonly first: Pgoff;
  readonly end: Pgoff;
  readonly storeFirst: Pgoff;
  readonly storeEnd: Pgoff;
};

export function isVmConv(conv: Conv): conv is VmConv {
  return conv.scope === 'vm' && conv.vm !== undefined;
}

export function isInodeConv(conv: Conv): conv is InodeConv {
  return conv.scope === 'inode' && conv.inode !== undefined;
}

/** A guest fault being served by a thread. */
export interface GuestFault {
  readonly startRow: number;
  gfn: Gfn;
  /** 1 private, 0 shared, -1 unknown. */
  side: number;
  faultinRow: number;
  /** Of the stage 2 of arm64; what GUP took for it last, -1 nothing: row, FOLL flags, page pointer key. */
  isStage2: boolean;
  gupRow: number;
  gupFlags: number;
  gupPage: number;
  getPfnRow: number;
  getPfnOkRow: number;
  mapRow: number;
  /** Its SPTE is made: what follows on this gfn is another fault. */
  installed: boolean;
  /** Sequence snapshot and current at kvm_tdp_mmu_map; -1 unknown. */
  faultSeq: number;
  seq: number;
}

/** A user's fault on the file, being served by a thread. */
export interface UserFaultCtx {
  readonly row: number;
  readonly inode: Inode | undefined;
  readonly pgoff: Pgoff;
  readonly addr: number;
}

/** A guest's request to convert gfns [first, end), in the words of its vendor. */
export interface GuestAsk {
  readonly row: number;
  readonly vm: Vm;
  readonly first: Gfn;
  readonly end: Gfn;
  readonly toPrivate: boolean;
  readonly how: 'MAP_GPA_RANGE' | 'PSC by MSR';
  toldVmm: boolean;
}

/** A guest's requests for pages that no event of the kernel names: a GHCB's batch of page state changes. */
export interface GuestBatch {
  readonly row: number;
  readonly vm: Vm;
  /** The VMM is told of some of its pages, and nothing has shown yet of which. */
  toldVmm: boolean;
}

/** A mapping of guest frames being made in the stage 2 of arm64, for a guest's fault. */
export interface Stage2Call {
  readonly row: number;
  readonly vm: Vm;
  /** No other VM can be meant. */
  readonly vmSure: boolean;
  readonly gfn: Gfn;
  readonly npages: number;
  readonly pfn: Pfn;
  readonly fault: GuestFault | undefined;
}

/** kvm_gmem_get_pfn (or restrictedmem's get_page) in flight. */
export interface GetPfnCall {
  readonly row: number;
  readonly inode: Inode | undefined;
  readonly pgoff: Pgoff;
  readonly gfn: Gfn;
  readonly vm: Vm | undefined;
}

/** The file's mmap handler in flight. */
export interface MmapCall {
  readonly row: number;
  readonly inode: Inode;
  readonly start: number;
  readonly end: number;
  readonly pgoff: Pgoff;
  /** Size of the file in bytes, -1 unknown. */
  readonly size: number;
  readonly mm: number;
  readonly vmOps: number;
  readonly hasVmOps: boolean;
}

/** A hole being punched, in pages. */
export interface FallocateCall {
  readonly row: number;
  readonly inode: Inode | undefined;
  readonly first: Pgoff;
  readonly end: Pgoff;
}

/** GUP in flight; its functions call each other, so `depth` of them may be open. */
export interface GupCall {
  readonly row: number;
  readonly start: number;
  /** Pages asked for, -1 where the probe does not say. */
  readonly nr: number;
  depth: number;
  /** Of every function that was entered, -1 where no probe says. */
  flags: number;
  /** One of its functions was seen to return. */
  returned: boolean;
  /** Its result was counted already, at an inner return. */
  counted: boolean;
}

/** The notifiers that an mmap of the file has told so far. */
export interface MmapNotice {
  started: Notifier[];
  readonly ended: Set<Notifier>;
  readonly aborted: Notifier[];
  readonly startRow: number;
}

/** The bracket of notifiers around a conversion or a hole, in pages. */
export interface ShimBracket {
  readonly inode: Inode;
  /** Row at which each was started. */
  readonly started: Map<Notifier, number>;
  readonly ended: Set<Notifier>;
  readonly first: Pgoff;
  readonly end: Pgoff;
  readonly row: number;
  /** What it protects has begun and was judged. */
  checked: boolean;
  /** The provider's own function showed it, before any notifier. */
  fromEntry: boolean;
}

/** Thread group of a task for ownership: the printed one, else the task itself. */
export function groupOf(t: Thread): number {
  return t.tgid >= 0 ? t.tgid : t.tid;
}

export class Thread {
  tgid = -1;
  /** Its address space is gone, or it exits: what it calls next is another program's, or task's. */
  left = false;
  vm: Vm | undefined;
  /** The last kvm pointer was seen in the same kernel call. */
  vmFresh = false;
  conv: Conv | undefined;
  /** The thread's latest brackets, for a conversion of which only a later event is seen. */
  lastGmemBracket: GmemBracket | undefined;
  lastInvStartRow = -1;
  lastInvEndRow = -1;
  /** Where the thread's latest conversion began, -1 never. */
  lastConvRow = -1;
  /** The part of a request of which the next one is the rest. */
  requestedPart: Conv | undefined;
  /** A conversion of this thread was cut by lost events: one that shows itself late may be the rest of it. */
  convWasCut = false;
  /** A user fault of this thread was. */
  userFaultWasCut = false;
  /** Events were lost since its last guest fault began, and none was in flight: one may have begun unseen. */
  mayHaveFaulted = false;
  fault: GuestFault | undefined;
  stage2Map: Stage2Call | undefined;
  /** What its guest asked for, until its vCPU runs again. */
  asked: GuestAsk | undefined;
  askedInBatch: GuestBatch | undefined;
  userFault: UserFaultCtx | undefined;
  /** The last user fault that was serviced, until its rmap add. */
  serviced: UserFaultCtx | undefined;
  getPfn: GetPfnCall | undefined;
  mmap: MmapCall | undefined;
  bind: Slot | undefined;
  /** The memslot that it asks for. */
  region: Region | undefined;
  /** What came of it was told, by the first of the probes at its return. */
  isBindAnswered = false;
  fallocate: FallocateCall | undefined;
  syscall: SyscallCtx | undefined;
  /** The file whose mapping the call in flight would split or move. */
  syscallOn: Inode | undefined;
  splitAddr = -1;
  splitRow = -1;
  mremapInode: Inode | undefined;
  mremapRow = -1;
  getFolio: Inode | undefined;
  mirrorGfn = -1 as Gfn;
  mmapStarting: Notifier | undefined;
  gmemBracket: GmemBracket | undefined;
  /** The last GUP result of this call, where only returns are probed: nested functions repeat it. */
  lastGupStart = -1;
  lastGupPage = -1 as Pgoff;
  gup: GupCall | undefined;
  notifierBind: Notifier | undefined;
  mmapNotify: MmapNotice | undefined;
  shimBracket: ShimBracket | undefined;

  constructor(readonly tid: number) {}

  /** Its number is another task's from here on. */
  passOn(): void {
    this.forgetCalls();
    this.left = false;
    this.vm = undefined;
    this.conv = undefined;
    this.lastGmemBracket = undefined;
    this.lastInvStartRow = -1;
    this.lastInvEndRow = -1;
    this.lastConvRow = -1;
    this.convWasCut = false;
    this.userFaultWasCut = false;
    this.mayHaveFaulted = false;
    this.mirrorGfn = asGfn(-1);
    this.mmapNotify = undefined;
    this.shimBracket = undefined;
  }

  /** What it does to a file is not known any more. */
  forgetFile(inode: Inode): void {
    if (this.mmap?.inode === inode) {
      this.mmap = undefined;
      this.mmapNotify = undefined;
    }
    if (this.shimBracket?.inode === inode) this.shimBracket = undefined;
    if (this.notifierBind?.inode === inode) this.notifierBind = undefined;
  }

  /**
   * Events are missing: no call that was in flight can be trusted to be still the one that the next event
   * belongs to. Brackets of notifiers stay: their rules ask for losses since the bracket began.
   */
  forgetCalls(): void {
    this.requestedPart = undefined;
    this.fault = undefined;
    this.stage2Map = undefined;
    this.asked = undefined;
    this.askedInBatch = undefined;
    this.userFault = undefined;
    this.serviced = undefined;
    this.getPfn = undefined;
    this.getFolio = undefined;
    this.mmap = undefined;
    this.mmapStarting = undefined;
    this.bind = undefined;
    this.region = undefined;
    this.fallocate = undefined;
    this.syscall = undefined;
    this.syscallOn = undefined;
    this.splitRow = -1;
    this.gup = undefined;
    this.notifierBind = undefined;
    this.gmemBracket = undefined;
    this.mremapInode = undefined;
    this.vmFresh = false;
  }
}

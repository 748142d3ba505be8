/** What the survey of a trace reads of which kinds of events. */
import { KIND_COUNT, KIND_GUEST } from '../../parsers/events/kinds.js';
import { K, slotsOf } from './slots.js';

const inodeKinds: readonly (readonly [kind: number, slot: number])[] = (
  [
    'GmemBind',
    'GmemBindRet',
    'GmemRelease',
    'GmemFallocate',
    'GmemErrorFolio',
    'FileMmap',
    'FileMmapRet',
    'VmaOpen',
    'VmaClose',
    'UserFault',
    'GetPfn',
    'GmemGetFolio',
    'ConvertEnter',
    'ConvertRet',
    'ConvertBlocked',
    'GmemIoctl',
    'GmemInvEnd',
    'NotifierBind',
    'NotifierUnbind',
    'ShimInvStart',
    'ShimInvEnd',
    'PutPage',
    'ShimDestroy',
    'StoreAttr',
    'MaySplit',
  ] as const
).map((kind) => [K(kind), slotsOf(kind, 'ino').ino] as const);

const kvmKinds: readonly (readonly [kind: number, slot: number])[] = (
  [
    'GmemCreate',
    'GmemBind',
    'GetPfn',
    'FaultStale',
    'TdpMap',
    'InvStart',
    'InvRange',
    'InvEnd',
    'GmemInvStart',
    'UnmapGfnRange',
    'FlushRemoteTlbs',
    'PreSetAttr',
    'PostSetAttr',
    'VmSetAttr',
    'GmemPrepare',
    'ExternalSpte',
    'GetAttr',
    'FaultinPfn',
    'VmIoctl',
    'SetMemoryRegion',
    'GuestAbort',
    'PkvmInitVm',
    'PkvmCreateVm',
    'PkvmDestroyVm',
  ] as const
).map((kind) => [K(kind), slotsOf(kind, 'kvm').kvm] as const);

/** Kinds whose presence on a task makes it part of a VM's business. */
const RELATED = (
  [
    'KvmPageFault',
    'ArmGuestFault',
    'Stage2Map',
    'PkvmStage2Map',
    'KvmExit',
    'KvmEntry',
    'SpteChanged',
    'SetAttrRequest',
    'UserFault',
    'ConvertEnter',
    'GetPfn',
    'FileMmap',
    'GmemCreate',
    'GmemFallocate',
    'NotifierBind',
    'GupRet',
    'PutPage',
  ] as const
).map(K);

/** What the survey does with an event, by kind. Its task has to do with a VM: */
export const IS_RELATED = 1 << 0;
/** Its task says nothing of a filter: it fires on whatever runs, or is a guest's. */
export const NO_TASK = 1 << 1;
/** It is an entry into a guest. */
export const IS_ENTRY = 1 << 2;
/** Its arguments are to be read. */
export const HAS_DETAILS = 1 << 3;
/** It is of the page cache. */
export const IS_CACHE = 1 << 4;
export const USES = new Uint8Array(KIND_COUNT);
/** Where an event of a kind has a memfd's inode number, or a kvm pointer; -1 where it has none. */
export const INO_SLOT = new Int8Array(KIND_COUNT).fill(-1);
export const KVM_SLOT = new Int8Array(KIND_COUNT).fill(-1);
for (const kind of RELATED) USES[kind]! |= IS_RELATED;
for (const [kind, slot] of inodeKinds) {
  INO_SLOT[kind] = slot;
  USES[kind]! |= HAS_DETAILS;
}
for (const [kind, slot] of kvmKinds) {
  KVM_SLOT[kind] = slot;
  USES[kind]! |= HAS_DETAILS;
}
USES[K('ShmemFallocate')]! |= HAS_DETAILS;
/** Of kinds that tell of a VM alone, where they name it. */
export const KVM_ALONE = KVM_SLOT.map((slot, kind) => (INO_SLOT[kind]! < 0 ? slot : -1));
for (const kind of ['FilemapAdd', 'FilemapDelete'] as const) USES[K(kind)]! |= IS_CACHE;
USES[K('KvmEntry')]! |= HAS_DETAILS | IS_ENTRY;
USES[K('TlbFlush')]! |= NO_TASK;
USES[KIND_GUEST]! |= NO_TASK;

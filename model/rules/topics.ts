/**
 * Kinds of events that show what a trace is about. A rule whose topic shows must be able to find what it
 * looks for, or say that it cannot: that the probe at its trigger never fired is no proof that nothing
 * triggered it.
 */
import type { EventKind } from '../../parsers/events/vocabulary.js';

/**
 * Leaves of the guest's page table come and go: an SPTE of the TDP MMU changes, or the stage 2 of arm64 maps,
 * which is sure at its return alone.
 */
export const LEAF_CHANGES: readonly EventKind[] = ['SpteChanged', 'Stage2MapRet', 'PkvmStage2MapRet'];

/** The stage 2 of arm64 shows what it maps. */
export const STAGE2_MAPS: readonly EventKind[] = ['Stage2MapRet', 'PkvmStage2MapRet'];

/** KVM serves faults of a guest, or maps its memory. */
export const GUEST_FAULTS: readonly EventKind[] = [
  'KvmPageFault',
  'FaultinPfn',
  'GetPfn',
  'GetPfnRet',
  'FaultStale',
  'TdpMap',
  'SpteRequested',
  'SetSpte',
  'SpteChanged',
  'ExternalSpte',
  'ArmGuestFault',
  'Stage2Map',
  'PkvmStage2Map',
];

/** KVM invalidates guest frames. */
export const INVALIDATIONS: readonly EventKind[] = [
  'InvStart',
  'InvRange',
  'InvEnd',
  'GmemInvStart',
  'GmemInvEnd',
  'UnmapGfnRange',
];

/** Pages of a file are converted in place. */
export const IN_PLACE: readonly EventKind[] = [
  'GmemIoctl',
  'ConvertEnter',
  'ConvertBlocked',
  'ConvertSafe',
  'ConvertSafeRet',
  'StoreAttr',
  'ConvertRet',
];

/** Memory is converted, in place or by the VM's attributes. */
export const CONVERSIONS: readonly EventKind[] = [
  ...IN_PLACE,
  'SetAttrRequest',
  'VmSetAttr',
  'PreSetAttr',
  'PostSetAttr',
];

/** The user maps the file. */
export const USER_MAPPINGS: readonly EventKind[] = [
  'FileMmap',
  'FileMmapRet',
  'UserFault',
  'UserFaultRet',
  'VmaOpen',
  'VmaClose',
];

/** Users of the file are notified, or bound to be. */
export const NOTIFIERS: readonly EventKind[] = [
  'NotifierBind',
  'NotifierBindRet',
  'NotifierUnbind',
  'NotifierMmapStart',
  'NotifierMmapStartRet',
  'NotifierMmapAbort',
  'NotifierMmapEnd',
  'NotifierInvStart',
  'NotifierInvEnd',
  'ShimInvStart',
  'ShimInvEnd',
];

/** What users of a restricted memfd are notified of besides an mmap: conversions and holes. */
export const NOTIFIED_OPERATIONS: readonly EventKind[] = [
  'ShimInvStart',
  'ShimInvEnd',
  'NotifierInvStart',
  'NotifierInvEnd',
  'ConvertEnter',
  'StoreAttr',
  'GmemPunchHole',
];

/** A guest_memfd is made, bound to memslots, or asked for pages. */
export const BOUND_FILES: readonly EventKind[] = [
  'GmemCreate',
  'GmemBind',
  'GmemBindRet',
  'GmemUnbind',
  'SetMemoryRegion',
  'GetPfn',
];

/** Pages leave the page cache of a file. */
export const DELETIONS: readonly EventKind[] = [
  'FilemapDelete',
  'GmemFallocate',
  'GmemPunchHole',
  'GmemFreeFolio',
];

/** QEMU says what it does with a guest's private memory. */
export const QEMU_CONVERSIONS: readonly EventKind[] = [
  'QemuConvert',
  'QemuDiscard',
  'QemuMemoryFault',
  'QemuMapGpaRange',
];

/** Who does what: the guest, the VMM, KVM's fault and conversion path, or the host's memory management. */
import { KIND_COUNT, kindName } from '../../parsers/events/kinds.js';

/** Bits, so that a column of a lane can hold several. */
export const Actor = { Guest: 1, Vmm: 2, Kvm: 4, Mm: 8, Other: 16 } as const;

const GUEST = /^(GuestEvent|KvmPageFault|KvmExit|KvmEntry|Hypercall|Vmgexit|ArmGuestFault|RmpFault)/;
const VMM = /^(Sys|Qemu|VmIoctl|UserspaceExit|UserPageFault|KernelPageFault|SetMemoryRegion|Process)/;
const MM =
  /^(Rmap|Gup|Grab|Unpin|Unmap(Mapping|Vmas|Hva)|Filemap|Vma|Vmi|SplitVma|MaySplit|CopyVma|Page|PutPage|Migrate|TryToUnmap|Truncate|TlbFlush|MemoryFailure|ExitMmap|MmapRegion|FileMmap|Munmap|SetPteRange|BioRelease|ShmemFallocate|AgeHva|UserFault)/;

function actorOfKind(name: string): number {
  if (name === 'Unknown') return Actor.Other;
  if (GUEST.test(name)) return Actor.Guest;
  if (VMM.test(name)) return Actor.Vmm;
  if (MM.test(name)) return Actor.Mm;
  return Actor.Kvm;
}

/** Actor of each event kind. */
export const ACTOR_OF_KIND: Uint8Array = Uint8Array.from({ length: KIND_COUNT }, (_, kind) =>
  actorOfKind(kindName(kind)),
);

/** Which profile fits what a trace holds. */
import type { EventKind } from '../parsers/events/vocabulary.js';
import type { ProfileId } from './findings/finding.js';
import { PROFILES } from './findings/finding.js';
import { K } from './world/slots.js';
import type { Survey } from './world/survey.js';

export function chooseProfiles(
  survey: Survey,
  asked: readonly ProfileId[] | undefined,
): { profiles: ProfileId[]; reason: string } {
  if (asked && asked.length > 0)
    return { profiles: PROFILES.filter((p) => asked.includes(p)), reason: 'asked for' };
  // Whose they are shows also in events of which nothing else could be read.
  const has = (...kinds: EventKind[]): boolean => kinds.some((k) => survey.counts[K(k)]! > 0);
  if (has('NotifierBind', 'NotifierInvStart', 'ShimInvStart', 'PutPage', 'VmaClose', 'MaySplitRet')) {
    // Unmapping by rmap while faults are blocked is the flavour of the second proposal.
    if (has('UnmapMappingPages') && has('ConvertBlocked') && !has('NotifierMmapStart'))
      return { profiles: ['luto-2022'], reason: 'the trace shows restrictedmem that unmaps by rmap' };
    return { profiles: ['sean-2022'], reason: 'the trace shows restrictedmem' };
  }
  if (has('PkvmInitVm', 'PkvmCreateVm', 'PkvmDestroyVm', 'ForceReclaim', 'GuestShare', 'GuestUnshare'))
    return { profiles: ['guest-memfd', 'pkvm'], reason: 'the trace shows VMs of pKVM' };
  return {
    profiles: ['guest-memfd'],
    reason: has('GetPfn', 'GmemCreate', 'UserFault')
      ? 'the trace shows guest_memfd'
      : 'nothing in the trace asks for another',
  };
}

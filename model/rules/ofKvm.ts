/**
 * Which kinds of events are of KVM, guest_memfd or a restricted memfd: without one of them a trace says
 * nothing.
 */
import { KIND_COUNT, kindId } from '../../parsers/events/kinds.js';
import { VOCABULARY, type Meaning } from '../../parsers/events/vocabulary.js';

const SYSTEM = /^(?:kvm|kvmmmu|qemu):/;
const SYMBOL = /kvm|gmem|restricted|inaccessible|external_spte|^(?:sev|tdx|rmp)_|^is_page_fault_stale$/;

function isOfKvm({ tracepoints = [], entry = [], ret = [] }: Meaning): boolean {
  return (
    tracepoints.some((name) => SYSTEM.test(name)) || [...entry, ...ret].some((symbol) => SYMBOL.test(symbol))
  );
}

/** 1 for such a kind, by kind number. */
const OF_KVM = new Uint8Array(KIND_COUNT);
for (const meaning of VOCABULARY) if (isOfKvm(meaning)) OF_KVM[kindId(meaning.kind)] = 1;

/** Events of such kinds, of how often each kind occurs. */
export function countOfKvm(counts: Uint32Array): number {
  return counts.reduce((sum, count, kind) => sum + count * OF_KVM[kind]!, 0);
}

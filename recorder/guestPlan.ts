/**
 * What is recorded in a guest beside its host: what its kernel does with memory that it shares with the host
 * or takes back, and which processes begin and end there. No rule judges it: it is read beside the host's.
 */
import { probeDefinition } from '../parsers/events/probeDefinition.js';
import { PATCH_KIND } from './control.js';
import type { PlannedProbe, RecordPlan } from './plan.js';

/**
 * Functions of Linux 5.19 to 7.3 that a guest converts memory by: set_memory_decrypted() and its opposite
 * (arch/x86/mm/pat/set_memory.c, arch/arm64/mm/mem_encrypt.c), and those that accept memory as private.
 */
const PROBES: readonly string[] = [
  'p:guest/set_memory_encrypted set_memory_encrypted addr=$arg1:x64 numpages=$arg2:s32',
  'r:guest/set_memory_encrypted_ret set_memory_encrypted ret=$retval:s32',
  'p:guest/set_memory_decrypted set_memory_decrypted addr=$arg1:x64 numpages=$arg2:s32',
  'r:guest/set_memory_decrypted_ret set_memory_decrypted ret=$retval:s32',
  'p:guest/accept_memory accept_memory start=$arg1:x64 size=$arg2:x64',
];

export function planForGuest(): RecordPlan {
  return {
    question: 'what a guest does beside its host',
    probes: PROBES.map(probeOf),
    tracepoints: [
      { kind: 'ProcessFork', path: 'sched/sched_process_fork' },
      { kind: 'ProcessExit', path: 'sched/sched_process_exit' },
    ],
    rules: [],
  };
}

function probeOf(line: string): PlannedProbe {
  const definition = probeDefinition(line)!;
  return {
    kind: `${PATCH_KIND}${definition.event}`,
    definitions: [{ ...definition, mayBeCopy: definition.type === 'r' }],
    filter: '',
  };
}

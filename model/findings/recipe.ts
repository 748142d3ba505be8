/**
 * What a trace does not record, and how to record it: read from the vocabulary, so that the probe definitions
 * shown to a user are those that the decoders know.
 */
import { EVENT_COUNTS } from '../../parsers/events/counts.js';
import { KIND_COUNT, kindId } from '../../parsers/events/kinds.js';
import { probeDefinition } from '../../parsers/events/probeDefinition.js';
import type { EventTable } from '../../parsers/events/table.js';
import { VOCABULARY, type EventKind, type Meaning } from '../../parsers/events/vocabulary.js';
import { dialectOf, profileDialect } from './dialect.js';
import { hasSymbol, howToRecordAny, machineOf, probeSymbol } from './howToRecord.js';
import type { ProfileId } from './finding.js';

/** A kind of event that never occurs in a trace although it can be recorded. */
export interface MissingKind {
  readonly kind: EventKind;
  /** Tracepoint to enable or probe definition to add. */
  readonly how: string;
}

/**
 * Tracepoints that the rules read, in the order of the recipe; syscalls are needed to name files and their
 * mappings.
 */
export const RECIPE_TRACEPOINTS: readonly string[] = [
  'kvm:kvm_vm_set_mem_attributes',
  'kvm:kvm_unmap_hva_range',
  'kvm:kvm_userspace_exit',
  'kvm:kvm_page_fault',
  'kvm:kvm_hypercall',
  'kvm:kvm_guest_fault',
  'kvm:kvm_hvc_arm64',
  'kvmmmu:kvm_tdp_mmu_spte_changed',
  'kvmmmu:kvm_mmu_prepare_zap_page',
  'kvmmmu:kvm_mmu_zap_all_fast',
  'kvmmmu:kvm_mmu_split_huge_page',
  'filemap:mm_filemap_add_to_page_cache',
  'filemap:mm_filemap_delete_from_page_cache',
  'ras:memory_failure_event',
  'sched:sched_process_fork',
  'sched:sched_process_exit',
  'syscalls:sys_enter_ioctl',
  'syscalls:sys_exit_ioctl',
  'syscalls:sys_enter_mmap',
  'syscalls:sys_exit_mmap',
  'syscalls:sys_enter_munmap',
  'syscalls:sys_exit_munmap',
  'syscalls:sys_enter_fallocate',
  'syscalls:sys_exit_fallocate',
];

/** Probes of the vocabulary, in its order. */
const RECIPE_PROBES: readonly Meaning[] = VOCABULARY.filter((meaning) => meaning.probe !== undefined);

/**
 * Kinds of the recipe that a trace does not hold and its kernel can show. They may also just not have
 * happened: only the user knows.
 */
export function missingKinds(table: EventTable): readonly MissingKind[] {
  const counts = new Uint32Array(KIND_COUNT);
  for (const { of, events } of EVENT_COUNTS.of(table).kinds) counts[of] = events;
  const dialect = dialectOf(table, counts);
  const out: MissingKind[] = [];
  for (const meaning of VOCABULARY) {
    if (counts[kindId(meaning.kind)]! > 0 || out.some((m) => m.kind === meaning.kind)) continue;
    const tracepoint = meaning.tracepoints?.find((name) => RECIPE_TRACEPOINTS.includes(name));
    const symbol = probeSymbol(meaning) ?? tracepoint;
    if (symbol === undefined || !hasSymbol(symbol, dialect)) continue;
    out.push({ kind: meaning.kind, how: meaning.probe ?? symbol });
  }
  return out;
}

/** All definitions of a row's probe, in the order in which a kernel is asked; empty where it has none. */
export function definitionsOf({ probe, older, fallbacks = [] }: Meaning): readonly string[] {
  if (probe === undefined) return [];
  return [...(older === undefined ? [] : [older]), probe, ...fallbacks];
}

/** Definitions of the recipe's probes. */
export function recipeProbes(): readonly string[] {
  return RECIPE_PROBES.flatMap(({ probe }) => withOthers(probe!));
}

/** A probe, and those at other functions that show the same kind of event: none of them stands for all. */
function withOthers(probe: string): readonly string[] {
  const meaning = RECIPE_PROBES.find((each) => each.probe === probe);
  return [probe, ...(meaning?.also ?? []).map((other) => other.probe)];
}

/**
 * Shell commands that record a trace which can be judged, with all tracepoints and probes of the recipe or
 * only those given, and with `more` probes of the caller's. Where a kernel refuses a definition (no such
 * symbol, another signature), the next one of that probe is tried; after the last the probe is left out and
 * said.
 */
export function recordingRecipe(
  only?: readonly MissingKind[],
  more: readonly string[] = [],
): readonly string[] {
  const own =
    only === undefined
      ? recipeProbes()
      : only.filter(({ how }) => isProbe(how)).flatMap(({ how }) => withOthers(how));
  const probes = [...own, ...more];
  const alternatives = new Map(RECIPE_PROBES.map((meaning) => [meaning.probe, definitionsOf(meaning)]));
  const tracepoints =
    only === undefined ? RECIPE_TRACEPOINTS : only.filter((m) => !isProbe(m.how)).map((m) => m.how);
  const groups = [...new Set(probes.flatMap((probe) => probeDefinition(probe)?.group ?? []))];
  return [
    '# in an instance of its own: what else is traced on the host goes on as it was',
    `cd /sys/kernel/tracing && mkdir ${INSTANCE} && cd ${INSTANCE} && echo 0 > tracing_on`,
    'echo mono > trace_clock            # a clock that orders events across CPUs',
    'echo 1 > options/record-tgid       # thread groups tell VMs apart',
    '# all CPUs together take a twentieth of the free memory; lost events make rules undecidable',
    "cpus=$(ls per_cpu | grep -c cpu); free_kb=$(sed -n 's/^MemAvailable: *\\([0-9]*\\) kB/\\1/p' /proc/meminfo)",
    'echo $((free_kb / 20 / cpus)) > buffer_size_kb',
    '# of one probe, the first definition that this kernel takes',
    'probe() { for p; do echo "$p" >> ../../dynamic_events && return; done 2> /dev/null; echo "refused: $1" >&2; }',
    'keep() { [ ! -d "events/$1" ] || echo "$2" > "events/$1/filter"; }',
    'enable() { if [ -d "events/$1" ]; then echo 1 > "events/$1/enable"; else echo "not here: $1" >&2; fi; }',
    'on() { [ "$(uname -m)" != "$1" ] || { shift; "$@"; }; }',
    ...probes.map((probe) => {
      const definitions = (alternatives.get(probe) ?? [probe]).map((definition) => `'${definition}'`);
      return `${onlyOn(probeDefinition(probe)?.symbol ?? '')}probe ${definitions.join(' ')}`;
    }),
    ...RECIPE_PROBES.filter((meaning) => probes.includes(meaning.probe!)).flatMap(keptOf),
    ...tracepoints.map((name) => `${onlyOn(name)}enable ${name.replace(':', '/')}`),
    ...groups.map((group) => `enable ${group}`),
    'echo 1 > tracing_on',
    '# run the guest here, then:',
    'echo 0 > tracing_on; cat trace > ~/trace.txt',
    '# and all of it is taken off again',
    `echo 0 > events/enable; cd ../..; rmdir ${INSTANCE}`,
    ...(groups.length === 0
      ? []
      : [
          `sed -n 's#^[pr][0-9]*:\\(\\(${groups.join('\\|')}\\)/[^ ]*\\) .*#-:\\1#p' dynamic_events |`,
          'while read -r probe; do echo "$probe" >> dynamic_events; done',
        ]),
  ];
}

/** Below tracefs. */
const INSTANCE = 'instances/shimtrace';

/** `on aarch64 ` before what only one architecture has. */
function onlyOn(symbol: string): string {
  const machine = machineOf(symbol);
  if (machine === undefined) return '';
  return machine === 'arm64' ? 'on aarch64 ' : 'on x86_64 ';
}

/** `keep rmap/event 'm != 0'`: what is worth keeping of a probe's events. */
function keptOf({ probe, filter, also = [] }: Meaning): readonly string[] {
  return [{ probe: probe!, filter }, ...also].flatMap((each) => {
    const definition = probeDefinition(each.probe);
    if (each.filter === undefined || definition === undefined) return [];
    return [`keep ${definition.group}/${definition.event} '${each.filter}'`];
  });
}

function isProbe(how: string): boolean {
  return probeDefinition(how) !== undefined;
}

/** `a or b; c`: what a rule needs, group by group, in the names of the kernels that its profile is about. */
export function needsText(needs: readonly (readonly EventKind[])[], profile: ProfileId): string {
  const dialect = profileDialect(profile);
  return needs.map((group) => howToRecordAny(group, dialect)).join('; ');
}

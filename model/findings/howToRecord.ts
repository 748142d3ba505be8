/**
 * How a model event is recorded, in words that can be copied, and by the name that a trace's own kernel gives
 * it.
 */
import { probeDefinition } from '../../parsers/events/probeDefinition.js';
import { VOCABULARY, type EventKind, type Meaning } from '../../parsers/events/vocabulary.js';
import { ANY_DIALECT, type Dialect } from './dialect.js';

/** A tracepoint, or a function at whose entry or return a probe is put. */
interface Way {
  readonly symbol: string;
  readonly text: string;
  /** Names that authors give to events at the function's entry and at its return. */
  readonly entryNames: readonly string[];
  readonly isReturn: boolean;
}

/** Functions of the in-place series, and the probes inside them. */
const IN_PLACE =
  /^_*kvm_gmem_(?:set_attributes|store_attributes|mas_store|ioctl|is_safe_for_conversion|get_memory_attributes|blocked)$/;
/** Functions that keep attributes in the VM. */
const IN_VM = /^kvm_(?:arch_)?(?:pre|post)_set_memory_attributes$|^kvm_vm_(?:ioctl_)?set_mem_attributes$/;
const RESTRICTED = /restricted|inaccessible/;
const GUEST_MEMFD = /^_*kvm_gmem_/;
/** The restrictedmem trees have it too, where it tells nothing of a guest_memfd's memslots. */
const MEMORY_REGION = /^_*kvm_set_memory_region$/;
const REQUEST_TRACEPOINT = 'kvm:kvm_vm_set_mem_attributes';
/** What came after 6.12, and is in 7.2. */
const NOT_IN_6012 =
  /^kvm:kvm_vm_set_mem_attributes$|^__kvm_gmem_invalidate_|^kvm_mmu_faultin_pfn$|^kvm_gmem_(?:mmap|fault_user_mapping)$/;
const SINCE = 6013;

/** What the MMU of x86, or its private memory, has alone. */
const OF_X86 =
  /^kvmmmu:|^kvm:kvm_(?:page_fault|hypercall|vmgexit|rmp_fault)|^exceptions:|^_*kvm_(?:tdp_mmu|mmu_faultin_pfn|faultin_pfn|arch_(?:pre|post)_set_memory)|^(?:tdx|sev|snp)_|^is_page_fault_stale$/;
/** The same of arm64. */
const OF_ARM64 =
  /^kvm:kvm_(?:guest_fault|hvc_arm64)$|^(?:user_mem_abort|gmem_abort|kvm_handle_guest_abort|kvm_smccc_call_handler|do_page_fault)$|^_*p?kvm_(?:pgtable|mem_abort|create_hyp|destroy_hyp|init_host|force_reclaim|free_stage2)\w*$|^hypervisor:/;

/** Probes inside a function, which have a place and no symbol of their own. */
const INSIDE: Readonly<Partial<Record<EventKind, Way>>> = {
  ConvertBlocked: {
    symbol: 'kvm_gmem_blocked',
    text: 'kprobe:kvm_gmem_blocked (in __kvm_gmem_set_attributes, where filemap_invalidate_lock has been taken)',
    entryNames: ['kvm_gmem_blocked'],
    isReturn: false,
  },
};

const rowsOf = new Map<string, Meaning[]>();
for (const meaning of VOCABULARY) rowsOf.set(meaning.kind, [...(rowsOf.get(meaning.kind) ?? []), meaning]);

/**
 * A tracepoint, or a probe of a function, that shows events of a kind on the kernel of a dialect; undefined
 * where that kernel has nothing of the kind. What is no kind is returned as it is.
 */
export function howToRecord(kind: EventKind, dialect: Dialect = ANY_DIALECT): string | undefined {
  const ways = (rowsOf.get(kind) ?? []).flatMap(waysOf);
  const inside = INSIDE[kind];
  const here = [...ways, ...(inside ? [inside] : [])].filter(({ symbol }) => isOf(symbol, dialect));
  if (here[0]?.symbol.startsWith('qemu:')) return here.map(({ text }) => text).join(' or ');
  // A function that the trace shows at its other end, and not at this one, is where a probe is missing.
  const halfSeen = here.filter((way) => isSeenAtOtherEnd(way, dialect));
  const [recipe] = here.filter(({ symbol }) => symbol === recipeSymbol(kind));
  if (halfSeen.length > 0)
    return recipe && halfSeen.includes(recipe) ? recipe.text : halfSeen.map(({ text }) => text).join(' or ');
  const ofTree =
    dialect.provider === 'restrictedmem' ? here.find(({ symbol }) => RESTRICTED.test(symbol)) : undefined;
  return (ofTree ?? recipe ?? here[0])?.text;
}

/** The same for several kinds, each once; what this kernel has nothing of is left out. */
export function howToRecordAll(kinds: readonly EventKind[], dialect: Dialect): string[] {
  const texts = kinds.flatMap((kind) => howToRecord(kind, dialect) ?? []);
  return [...new Set(texts)];
}

/** `a or b`: one of several kinds will do. Empty where this kernel has nothing of them. */
export function howToRecordAny(kinds: readonly EventKind[], dialect: Dialect): string {
  return howToRecordAll(kinds, dialect).join(' or ');
}

/** Whose kernels alone have a function or tracepoint; undefined where both have it. */
export function machineOf(symbol: string): Dialect['machine'] {
  if (OF_ARM64.test(symbol)) return 'arm64';
  return OF_X86.test(symbol) ? 'x86' : undefined;
}

/** Whether a probe at a function can be put on a kernel of the dialect. */
export function hasSymbol(symbol: string, dialect: Dialect): boolean {
  return isOf(symbol, dialect);
}

/** Whether a kernel of the dialect has anything that shows events of a kind. */
export function canRecord(kind: EventKind, dialect: Dialect): boolean {
  return howToRecord(kind, dialect) !== undefined;
}

function waysOf({ kind, tracepoints = [], entry = [], ret = [] }: Meaning): Way[] {
  return [
    ...tracepoints.map((name) => ({ symbol: name, text: name, entryNames: [], isReturn: false })),
    ...entry.map((symbol) => probeWay(symbol, false, kind)),
    ...ret.map((symbol) => probeWay(symbol, true, kind)),
  ];
}

function probeWay(symbol: string, isReturn: boolean, kind: string): Way {
  const plain = symbol.replace(/^_+/, '');
  // `gup_longterm` is short for __gup_longterm_locked.
  const short = SHORT_NAMES.filter((name) => kind.startsWith('Gup') && plain.startsWith(name));
  const entryNames = [...new Set([symbol, plain, ...short])];
  return { symbol, text: `${isReturn ? 'kretprobe' : 'kprobe'}:${symbol}`, entryNames, isReturn };
}

const SHORT_NAMES = ['gup_longterm', 'gup_fast'] as const;

function isSeenAtOtherEnd({ entryNames, isReturn }: Way, { names }: Dialect): boolean {
  const atEntry = entryNames.some((name) => names.has(name));
  const atReturn = entryNames.some((name) => names.has(`${name}_ret`) || names.has(`${name}_ret2`));
  return isReturn ? atEntry && !atReturn : atReturn && !atEntry;
}

/** The function that the recipe puts its probe of a kind on. */
function recipeSymbol(kind: EventKind): string {
  const row = rowsOf.get(kind)?.find((meaning) => meaning.probe !== undefined);
  return (row && probeSymbol(row)) ?? '';
}

/** The function of a row's probe; undefined where it has none. */
export function probeSymbol({ probe }: Meaning): string | undefined {
  return probe === undefined ? undefined : probeDefinition(probe)?.symbol;
}

function isOf(symbol: string, { provider, attributes, invalidation, release, machine }: Dialect): boolean {
  const only = machine === undefined ? undefined : machineOf(symbol);
  if (only !== undefined && only !== machine) return false;
  if (provider === 'guest_memfd' && RESTRICTED.test(symbol)) return false;
  if (provider === 'restrictedmem' && (GUEST_MEMFD.test(symbol) || MEMORY_REGION.test(symbol))) return false;
  if (attributes === 'vm' && IN_PLACE.test(symbol)) return false;
  if (attributes === 'inode' && (IN_VM.test(symbol) || symbol === REQUEST_TRACEPOINT)) return false;
  if (release !== undefined && release < SINCE && NOT_IN_6012.test(symbol)) return false;
  const other = invalidation === 'start' ? 'begin' : 'start';
  return !symbol.endsWith(`_invalidate_${other}`) || RESTRICTED.test(symbol);
}

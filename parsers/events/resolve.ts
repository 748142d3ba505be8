/**
 * From an event's name, and for a probe the place it was put, to its meaning in the vocabulary. A kprobe is
 * known by the symbol in its text, by the symbol behind its address where a symbol table came with the trace,
 * or, inside a function and where only a bare address is printed, by its event name.
 */
import { kindId, kindSlots } from './kinds.js';
import { VOCABULARY, type Meaning } from './vocabulary.js';

/** How to fill a kind's slots from one event's arguments or fields. */
export interface Resolved {
  readonly kind: number;
  readonly meaning: Meaning;
  /** Argument or field name to slot index. */
  readonly slotOf: ReadonlyMap<string, number>;
}

/** Where a probe sits, as far as the source says. */
export interface ProbePlace {
  /** Probed symbol, '' when only an address is known. */
  readonly symbol: string;
  /** Offset from the symbol; 0 at entry. */
  readonly offset: number;
  readonly isReturn: boolean;
}

const RETURN_SUFFIX = /(?:_ret2?|_return|_exit|__return|__exit)$/;
/** Compiler clones and module marks: `f.constprop.0`, `f.isra.0`, `f.part.0`, `f [kvm]`. */
const CLONE_SUFFIX = /(?:\.(?:constprop|isra|part|cold|llvm)\.?\d*)+$|\s*\[[^\]]*\]$/;

/**
 * With CONFIG_X86_KERNEL_IBT a probe at a function's entry sits behind its ENDBR64 and prints `symbol+0x4`.
 */
export const ENDBR_BYTES = 4;

/** Stubs behind which a tracepoint probe sits: their place means the tracepoint itself. */
const TRACEPOINT_STUB = /^__(?:probestub|traceiter)_(\w+)$/;

const byTracepoint = new Map<string, Resolved>();
const byBareTracepoint = new Map<string, Resolved>();
const byEntry = new Map<string, Resolved>();
const byReturn = new Map<string, Resolved>();
const byName = new Map<string, Resolved>();

for (const meaning of VOCABULARY) {
  const kind = kindId(meaning.kind);
  const slots = kindSlots(kind);
  const slotOf = new Map<string, number>();
  for (const [slot, args] of Object.entries(meaning.slots)) {
    for (const arg of args) if (!slotOf.has(arg)) slotOf.set(arg, slots.indexOf(slot));
    if (!slotOf.has(slot)) slotOf.set(slot, slots.indexOf(slot));
  }
  const resolved: Resolved = { kind, meaning, slotOf };
  for (const full of meaning.tracepoints ?? []) {
    byTracepoint.set(full, resolved);
    const bare = full.slice(full.indexOf(':') + 1);
    if (!byBareTracepoint.has(bare)) byBareTracepoint.set(bare, resolved);
  }
  for (const symbol of meaning.entry ?? []) byEntry.set(symbol, resolved);
  for (const symbol of meaning.ret ?? []) byReturn.set(symbol, resolved);
  for (const name of meaning.names ?? []) byName.set(name, resolved);
}

/** What a recipe's probes are called: the functions of the vocabulary, and names of probes inside some. */
export const PROBE_NAMES: ReadonlySet<string> = new Set([
  ...byEntry.keys(),
  ...byReturn.keys(),
  ...byName.keys(),
]);

/** The symbol without compiler clone suffixes and module mark. */
export function plainSymbol(symbol: string): string {
  return symbol.replace(CLONE_SUFFIX, '');
}

/** True for the name that a probe of a function of the vocabulary has, or its return. */
export function isProbeName(name: string): boolean {
  const bare = name.replace(RETURN_SUFFIX, '');
  return byName.has(name) || byEntry.has(name) || byEntry.has(bare) || byReturn.has(bare);
}

/** Meaning of a static tracepoint; `system` is '' when the source does not say it. */
export function resolveTracepoint(system: string, name: string): Resolved | undefined {
  return system === '' ? byBareTracepoint.get(name) : byTracepoint.get(`${system}:${name}`);
}

/** Names of all tracepoints of a system that have a meaning. */
export function namesOf(system: string): readonly string[] {
  const prefix = `${system}:`;
  return [...byTracepoint.keys()]
    .filter((key) => key.startsWith(prefix))
    .map((key) => key.slice(prefix.length));
}

/** Meaning of a probe event, whatever group and name its author chose. */
export function resolveProbe(name: string, place: ProbePlace): Resolved | undefined {
  if (place.symbol !== '') {
    const symbol = plainSymbol(place.symbol);
    const stub = TRACEPOINT_STUB.exec(symbol);
    if (stub) return byBareTracepoint.get(stub[1]!);
    if (place.isReturn) return byReturn.get(symbol);
    if (place.offset === 0) return byEntry.get(symbol);
    // Inside a function the author's name tells: a probe in an inlined copy is named after the function it
    // stands for.
    const named = byName.get(name) ?? (name === symbol ? undefined : byEntry.get(name));
    return named ?? (place.offset === ENDBR_BYTES ? byEntry.get(symbol) : undefined);
  }
  const named = byName.get(name);
  if (named) return named;
  if (place.isReturn) return byReturn.get(name) ?? byReturn.get(name.replace(RETURN_SUFFIX, ''));
  return byEntry.get(name);
}

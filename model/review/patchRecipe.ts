/**
 * How to record what a series touches. Most functions of a kernel are seen by no tracepoint and no probe that
 * anybody has: what a patch needs first is a recording made for it.
 */
import { missingKinds, recipeProbes, recordingRecipe } from '../findings/recipe.js';
import type { EventTable } from '../../parsers/events/table.js';
import type { FunctionEvidence } from './evidence.js';
import { plainSymbol, REVIEW_GROUP } from './probePlace.js';
import type { SourceIndex } from './sourceIndex.js';
import type { KernelSymbols } from './symbols.js';
import type { TouchedFunction } from './touched.js';

export interface RecipeInput {
  readonly functions: readonly TouchedFunction[];
  readonly index: SourceIndex;
  /** Lines of its file, after the patch, at which `perf probe` is to find a function's code. */
  readonly codeLines?: (touched: TouchedFunction) => readonly number[];
  /** Of the kernel that is to be recorded; undefined where nobody gave them. */
  readonly symbols: KernelSymbols | undefined;
  /** A trace that is there already: only what it lacks is recorded. */
  readonly trace?: {
    readonly table: EventTable;
    readonly evidence: ReadonlyMap<string, FunctionEvidence>;
  };
}

/** Probes on one function, and what there is to say of them. */
interface Part {
  readonly comments: readonly string[];
  readonly probes: readonly string[];
  /** Names for the function tracer. */
  readonly traced: readonly string[];
}

/** Callers that are probed in place of a function that has no symbol. */
const CALLERS_MAX = 6;

/** A shell script, in lines. */
export function patchRecipe(input: RecipeInput): readonly string[] {
  const parts = input.functions.filter((f) => isLacking(f, input)).map((f) => partOf(f, input));
  const probes = withoutDoubles(parts.flatMap((part) => part.probes));
  const traced = [...new Set(parts.flatMap((part) => part.traced))];
  const rules = input.trace ? missingKinds(input.trace.table) : undefined;
  return [
    '#!/bin/sh',
    '# Records what the patch touches, and what the rules of shimtrace need. Run as root on the kernel under test.',
    ...(parts.length === 0 ? ['# The trace has a probe at every function that the patch touches.'] : []),
    ...parts.flatMap((part) => part.comments),
    ...(probes.length === 0 && rules?.length === 0 ? [] : recordingRecipe(rules, probes)),
    ...cheapVariant(traced),
  ];
}

/** Definitions of probes at the functions that a series touches; none that the rules' own recipe has. */
export function patchProbes(input: RecipeInput): readonly string[] {
  return withoutDoubles(
    input.functions.filter((f) => isLacking(f, input)).flatMap((f) => partOf(f, input).probes),
  );
}

/** What of a function a trace does not show yet. */
function isLacking({ name }: TouchedFunction, { trace }: RecipeInput): boolean {
  const evidence = trace?.evidence.get(name);
  return evidence?.kind !== 'ran' || evidence.returns === 0;
}

function partOf(touched: TouchedFunction, { index, symbols, trace, codeLines }: RecipeInput): Part {
  const { name, path, touch } = touched;
  const where = `# ${name} (${safePath(path)}, ${touch})`;
  const found = symbols?.of(name);
  const isEntrySeen = (trace?.evidence.get(name)?.runs ?? 0) > 0;
  if (touch === 'removed')
    return {
      comments: [`${where}: only the kernel without the patch has it`],
      ...probesOn([name], isEntrySeen),
    };
  if (found && found.length > 0)
    return { comments: [`${where}: ${found.join(', ')}`], ...probesOn(found, isEntrySeen) };
  const isInline = path.endsWith('.h');
  const callers = callersOf(name, index, symbols);
  const instead = callers.length > 0 ? `its callers: ${callers.join(', ')}` : 'no caller is known';
  const perf = perfProbes(touched, codeLines?.(touched) ?? [], moduleText(touched, callers, symbols));
  if (found !== undefined || isInline) {
    const why =
      isInline && found === undefined ? 'inlined into its callers' : 'this kernel has no such symbol';
    return { comments: [`${where}: ${why}; ${instead}`, ...perf], ...probesOn(callers, false) };
  }
  const unsure = index.isStatic(name)
    ? [`#   it is static: where it is refused it was inlined; ${instead}`, ...perf]
    : [];
  return { comments: [where, ...unsure], ...probesOn([name], isEntrySeen) };
}

/** A patch's names are anybody's: none of them may end a comment or begin a command. */
const safePath = (path: string): string => path.replace(/[^\w./+-]/g, '?');

/** Lines of one function that are probed by their number, at most. */
const LINES_MAX = 8;

/** perf looks in the kernel itself, unless it is told of a module: that of the callers is the function's. */
function moduleText(
  { path }: TouchedFunction,
  callers: readonly string[],
  symbols: KernelSymbols | undefined,
): { readonly option: string; readonly hint: string } {
  const module = callers.map((caller) => symbols?.moduleOf(plainSymbol(caller)) ?? '').find((m) => m !== '');
  if (module !== undefined) return { option: `-m ${module} `, hint: '' };
  const isUnsure = !symbols && /(?:^|\/)kvm\//.test(path);
  return { option: '', hint: isUnsure ? ' (and -m kvm where KVM is a module)' : '' };
}

/** Where it was inlined, debug information has its code still: by its name, and by the lines that are new. */
function perfProbes(
  { name, path }: TouchedFunction,
  lines: readonly number[],
  { option, hint }: ReturnType<typeof moduleText>,
): readonly string[] {
  const event = `${REVIEW_GROUP}:${name.slice(0, EVENT_CHARS_MAX)}`;
  return [
    `#   with debug information${hint}: perf probe ${option}--add '${name}'`,
    ...lines
      .slice(0, LINES_MAX)
      .map(
        (line) =>
          `#   or at what it changes: perf probe ${option}--add '${event}_L${line}=${safePath(path)}:${line}'`,
      ),
  ];
}

/**
 * Callers that can be probed: where symbols are known those that have one, and in place of one that was
 * inlined too, its callers.
 */
function callersOf(name: string, index: SourceIndex, symbols: KernelSymbols | undefined): readonly string[] {
  if (!symbols) return index.callersOf(name).slice(0, CALLERS_MAX);
  const able: string[] = [];
  const seen = new Set([name]);
  // Grows while it is walked: what is nearer comes first.
  for (const each of seen) {
    if (able.length >= CALLERS_MAX || seen.size > CALLERS_SEEN_MAX) break;
    for (const caller of index.callersOf(each)) {
      const own = symbols.of(caller);
      if (own.length === 0) seen.add(caller);
      else able.push(...own.filter((symbol) => !able.includes(symbol)));
    }
  }
  return able.slice(0, CALLERS_MAX);
}

/** Functions whose callers are looked for, at most. */
const CALLERS_SEEN_MAX = 200;

/** An entry and a return probe on each symbol; only the latter where entries are recorded already. */
function probesOn(symbols: readonly string[], isEntrySeen: boolean): Pick<Part, 'probes' | 'traced'> {
  const probes = symbols.flatMap((symbol) => {
    const event = symbol.replace(/\W/g, '_').slice(0, EVENT_CHARS_MAX);
    const entry = `p:${REVIEW_GROUP}/${event} ${symbol}`;
    const ret = `r:${REVIEW_GROUP}/${event}_ret ${symbol} ret=$retval:s64`;
    return isEntrySeen ? [ret] : [entry, ret];
  });
  return { probes, traced: symbols };
}

/** The kernel takes 63 characters; `_ret`, or `_L` and a line, stands behind them. */
const EVENT_CHARS_MAX = 54;

/** Without those that the rules' own recipe has already at the same function, and the same end of it. */
function withoutDoubles(probes: readonly string[]): readonly string[] {
  const own = new Set(recipeProbes().map(endOf));
  return [...new Set(probes)].filter((probe) => !own.has(endOf(probe)));
}

/** `p NAME` or `r NAME`. */
function endOf(probe: string): string {
  const [head, symbol] = probe.split(' ');
  return `${head![0]} ${symbol!}`;
}

/** What the function tracer records of the same functions: who called them, without arguments and results. */
function cheapVariant(traced: readonly string[]): readonly string[] {
  if (traced.length === 0) return [];
  return [
    '',
    '# Or, cheaper, only which paths lead there, each with its caller:',
    '#   cd /sys/kernel/tracing; echo > set_ftrace_filter',
    ...traced.map((name) => `#   echo '${name}' >> set_ftrace_filter`),
    '#   echo function > current_tracer; echo 1 > tracing_on',
  ];
}

/**
 * Who calls whom and who emits which tracepoint, by name, in the parts of a kernel tree that a series is
 * about.
 */
import { scanC } from './scanC.js';

export interface SourceIndex {
  /** Paths of the files that define a function of this name: several for static ones and stubs. */
  definedIn(name: string): readonly string[];
  /** Names that it calls; of all functions of that name. */
  callsOf(name: string): ReadonlySet<string>;
  callersOf(name: string): readonly string[];
  /** Functions that emit a tracepoint, named without its system. */
  emittersOf(tracepoint: string): readonly string[];
  /** Tracepoints that a function emits itself. */
  tracepointsOf(name: string): readonly string[];
  /** Whether nothing outside of the file that defines it can call it by its name. */
  isStatic(name: string): boolean;
  /** Whether the name stands anywhere without a call: then it may be called through a pointer. */
  isMentioned(name: string): boolean;
}

interface Entry {
  readonly paths: string[];
  readonly calls: Set<string>;
  isStatic: boolean;
}

const EMITS = 'trace_';
const NONE: ReadonlySet<string> = new Set();

/** `files` are paths below the tree with their texts; where one comes twice, the later one stands. */
export function indexSources(files: Iterable<readonly [path: string, text: string]>): SourceIndex {
  const byName = new Map<string, Entry>();
  const callers = new Map<string, Set<string>>();
  const mentions = new Set<string>();
  for (const [path, text] of new Map(files)) {
    const scan = scanC(text);
    for (const name of scan.mentions) mentions.add(name);
    for (const { name, calls, isStatic } of scan.functions) {
      const entry = byName.get(name) ?? { paths: [], calls: new Set<string>(), isStatic };
      entry.isStatic &&= isStatic;
      byName.set(name, entry);
      entry.paths.push(path);
      for (const callee of calls) {
        entry.calls.add(callee);
        const known = callers.get(callee) ?? new Set<string>();
        callers.set(callee, known.add(name));
      }
    }
  }
  // What everything calls is asked for again and again: its callers are put in order once.
  const inOrder = new Map<string, readonly string[]>();
  const callersOf = (name: string): readonly string[] => {
    const known = inOrder.get(name) ?? [...(callers.get(name) ?? NONE)].sort();
    inOrder.set(name, known);
    return known;
  };
  return {
    definedIn: (name) => byName.get(name)?.paths ?? [],
    callsOf: (name) => byName.get(name)?.calls ?? NONE,
    callersOf,
    emittersOf: (tracepoint) => callersOf(EMITS + tracepoint),
    tracepointsOf: (name) =>
      [...(byName.get(name)?.calls ?? NONE)].filter(isTracepoint).map((call) => call.slice(EMITS.length)),
    isStatic: (name) => byName.get(name)?.isStatic === true,
    isMentioned: (name) => mentions.has(name),
  };
}

/** `trace_x_enabled()` asks whether x is on, and emits nothing. */
function isTracepoint(call: string): boolean {
  return call.startsWith(EMITS) && !call.endsWith('_enabled');
}

/** Nothing is known of any source. */
export const NO_INDEX: SourceIndex = indexSources([]);

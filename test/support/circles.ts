/** Circles of imports: files of which each reaches all the others. */
import path from 'node:path';
import { COMPUTED, importsOf } from './imports.js';

/** Files, and for each of them the files that it imports, types included. */
export type ImportGraph = ReadonlyMap<string, readonly string[]>;

export interface ReadGraph {
  readonly graph: ImportGraph;
  /** Imports of files that are not there, as `file: specifier`. */
  readonly unresolved: readonly string[];
}

/** The graph of the files given, with forward slashes from the top of the project. */
export function importGraph(files: readonly string[], read: (file: string) => string): ReadGraph {
  const known = new Set(files);
  const unresolved: string[] = [];
  const graph = new Map<string, readonly string[]>();
  for (const file of files) {
    const targets = new Set<string>();
    for (const { specifier } of importsOf(read(file))) {
      if (specifier === COMPUTED || !specifier.startsWith('.')) continue;
      const target = candidates(file, specifier).find((candidate) => known.has(candidate));
      if (target === undefined) unresolved.push(`${file}: ${specifier}`);
      else targets.add(target);
    }
    graph.set(file, [...targets]);
  }
  return { graph, unresolved };
}

/**
 * Files that a relative specifier may mean: itself, the source that it is compiled from, or, in
 * AssemblyScript, a source without its ending.
 */
function candidates(file: string, specifier: string): readonly string[] {
  const target = path.posix.normalize(path.posix.join(path.posix.dirname(file), specifier));
  const source = target.replace(/^out\//, '').replace(/\.js$/, '.ts');
  return [target, source, `${target}.ts`];
}

/**
 * One circle for each set of files of which each reaches all the others: a shortest way from the first of
 * them by name back to itself, that file at both ends. Empty when there is none.
 */
export function circles(graph: ImportGraph): readonly (readonly string[])[] {
  const out: (readonly string[])[] = [];
  const inOne = new Set<string>();
  for (const file of [...graph.keys()].sort()) {
    if (inOne.has(file)) continue;
    const circle = wayBack(graph, file);
    if (!circle) continue;
    out.push(circle);
    for (const other of together(graph, file)) inOne.add(other);
  }
  return out;
}

/** A shortest way from a file along its imports back to it; undefined when there is none. */
function wayBack(graph: ImportGraph, start: string): readonly string[] | undefined {
  const cameFrom = new Map<string, string>();
  let edge = [start];
  while (edge.length > 0) {
    const next: string[] = [];
    for (const file of edge) {
      for (const target of graph.get(file) ?? []) {
        if (target === start) return [...wayTo(cameFrom, start, file), start];
        if (cameFrom.has(target)) continue;
        cameFrom.set(target, file);
        next.push(target);
      }
    }
    edge = next;
  }
  return undefined;
}

/** The files from `start` to `end`, both included, by the file that each was found from. */
function wayTo(cameFrom: ReadonlyMap<string, string>, start: string, end: string): readonly string[] {
  const way = [end];
  for (let file = end; file !== start; ) {
    file = cameFrom.get(file)!;
    way.unshift(file);
  }
  return way;
}

/** The files that a file reaches and that reach it. */
function together(graph: ImportGraph, start: string): readonly string[] {
  const ahead = reached(graph, start);
  return [...ahead].filter((file) => reached(graph, file).has(start));
}

function reached(graph: ImportGraph, start: string): ReadonlySet<string> {
  const seen = new Set<string>();
  const waiting = [start];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    for (const target of graph.get(file) ?? []) {
      if (seen.has(target)) continue;
      seen.add(target);
      waiting.push(target);
    }
  }
  return seen;
}

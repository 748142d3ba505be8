/**
 * The files of a series before and after each of its patches, from a kernel tree that has either none of the
 * series or all of it. Patches are applied in memory, in order; nothing is written and no program runs.
 */
import { isSafePath } from '../../parsers/patch/names.js';
import type { FileDiff, Patch, Series } from '../../parsers/patch/patch.js';
import { applyFile, type Direction } from './apply.js';

/** The text of a file below the tree, undefined where there is none. Called with safe paths alone. */
export type ReadFile = (path: string) => string | undefined;

/** One file before and after one patch. */
export interface FileImages {
  /** Lines; undefined where the file does not exist on that side. */
  readonly before: readonly string[] | undefined;
  readonly after: readonly string[] | undefined;
  /** First line of each hunk in either, 0-based. */
  readonly places: readonly (readonly [before: number, after: number])[];
}

/** What the tree is to the series. `base`: it has none of it; `patched`: all of it; `none`: neither fits. */
export type TreeFit = 'base' | 'patched' | 'none';

export interface SeriesImages {
  readonly fit: TreeFit;
  /** One sentence that says which, and where it stopped. */
  readonly reason: string;
  /** Index of the first patch that does not apply; the number of patches where all do. */
  readonly until: number;
  /** By patch and file; undefined for a file that is no text or does not apply. */
  readonly files: readonly (readonly (FileImages | undefined)[])[];
  /** The files that the series changes, as they are with all of it (or as much as applies), by path. */
  readonly after: ReadonlyMap<string, readonly string[]>;
}

interface Attempt {
  readonly until: number;
  /** What kept it from going on. */
  readonly stop: string;
  readonly files: (FileImages | undefined)[][];
  readonly state: Map<string, readonly string[] | undefined>;
}

/** Both ways are tried; where neither fits in full, what applies from the front is kept. */
export function imagesOf(series: Series, read: ReadFile): SeriesImages {
  const { patches } = series;
  const isText = ({ isBinary, isCombined }: FileDiff): boolean => !isBinary && !isCombined;
  if (!patches.some((patch) => patch.files.some(isText))) {
    const reason = 'nothing of the series can be compared with the tree: it is from a merge, or binary';
    return imagesIn('none', reason, attempt(patches, read, 'forward'));
  }
  const forward = attempt(patches, read, 'forward');
  if (forward.until === patches.length)
    return imagesIn('base', 'the tree is the base of the series', forward);
  const backward = attempt(patches, read, 'backward');
  if (backward.until === patches.length) {
    const after = new Map<string, readonly string[]>();
    for (const path of backward.state.keys()) {
      const lines = linesAt(read, path);
      if (lines) after.set(path, lines);
    }
    const reason = 'the tree has the series';
    return { fit: 'patched', reason, until: patches.length, files: backward.files, after };
  }
  const number = forward.until + 1;
  const reason = `the series does not apply to the tree at patch ${number}: ${forward.stop}`;
  return imagesIn(forward.until > 0 ? 'base' : 'none', reason, forward);
}

function imagesIn(fit: TreeFit, reason: string, { until, files, state }: Attempt): SeriesImages {
  const after = new Map<string, readonly string[]>();
  for (const [path, lines] of state) if (lines) after.set(path, lines);
  return { fit, reason, until, files, after };
}

/** Applies (or takes off, from the last to the first) as many patches as fit. */
function attempt(patches: readonly Patch[], read: ReadFile, direction: Direction): Attempt {
  const state = new Map<string, readonly string[] | undefined>();
  const files: (FileImages | undefined)[][] = patches.map((patch) => patch.files.map(() => undefined));
  const order = patches.map((_, i) => (direction === 'forward' ? i : patches.length - 1 - i));
  for (const [done, index] of order.entries()) {
    const patch = patches[index]!;
    const changed = new Map<string, readonly string[] | undefined>();
    for (const [f, file] of patch.files.entries()) {
      const result = applyOne(file, direction, (path) => {
        if (state.has(path)) return state.get(path);
        return linesAt(read, path);
      });
      if (typeof result === 'string') return { until: done, stop: result, files, state };
      files[index]![f] = result.images;
      for (const [path, lines] of result.changed) changed.set(path, lines);
    }
    for (const [path, lines] of changed) state.set(path, lines);
  }
  return { until: patches.length, stop: '', files, state };
}

function linesAt(read: ReadFile, path: string): readonly string[] | undefined {
  if (!isSafePath(path)) return undefined;
  const text = read(path);
  if (text === undefined) return undefined;
  const lines = text.split('\n');
  if (lines[lines.length - 1] === '') lines.pop();
  return lines;
}

interface One {
  readonly images: FileImages | undefined;
  readonly changed: readonly (readonly [path: string, lines: readonly string[] | undefined])[];
}

/** The file's images, or why it does not apply. */
function applyOne(
  file: FileDiff,
  direction: Direction,
  lines: (path: string) => readonly string[] | undefined,
): One | string {
  const [fromPath, toPath] =
    direction === 'forward' ? [file.oldPath, file.newPath] : [file.newPath, file.oldPath];
  for (const path of [fromPath, toPath])
    if (path !== undefined && !isSafePath(path)) return `${JSON.stringify(path)} is no path within a tree`;
  // Of a merge only the lines of its result are known: nothing can be put in their place.
  if (file.isBinary || file.isCombined) return { images: undefined, changed: [] };
  const from = fromPath === undefined ? [] : lines(fromPath);
  if (from === undefined) return `${fromPath ?? ''} is not in it`;
  if (fromPath === undefined && toPath !== undefined && lines(toPath) !== undefined)
    return `${toPath} is in it already`;
  const applied = applyFile(from, file, direction);
  if (!applied) return `${fromPath ?? toPath ?? ''} is another there`;
  const to = toPath === undefined ? undefined : applied.lines;
  const source = fromPath === undefined ? undefined : from;
  const images: FileImages =
    direction === 'forward'
      ? { before: source, after: to, places: applied.places }
      : { before: to, after: source, places: applied.places };
  return { images, changed: changesOf(file, direction, fromPath, toPath, to) };
}

/** What the tree's files become: the source of a copy stays as it is. */
function changesOf(
  file: FileDiff,
  direction: Direction,
  fromPath: string | undefined,
  toPath: string | undefined,
  to: readonly string[] | undefined,
): One['changed'] {
  const isCopy = file.change === 'copied';
  const changed: (readonly [string, readonly string[] | undefined])[] = [];
  const isGone = fromPath !== undefined && fromPath !== toPath;
  if (isGone && !(isCopy && direction === 'forward')) changed.push([fromPath, undefined]);
  if (toPath !== undefined && !(isCopy && direction === 'backward')) changed.push([toPath, to]);
  return changed;
}

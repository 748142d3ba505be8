/**
 * A file's diff applied to its text in memory: context must fit exactly, at the place that the diff says or
 * near it. No fuzz: a patch that does not fit is said not to.
 */
import type { FileDiff, Hunk, HunkLine } from '../../parsers/patch/patch.js';

/** Lines that a hunk may lie away from where its head says. */
const OFFSET_MAX = 400;
/** Comparisons of lines for one file, at most: a hostile file of one line over and over costs no more. */
const COMPARISONS_MAX = 4_000_000;

export interface Applied {
  readonly lines: readonly string[];
  /** First line of each hunk in the image before and after, 0-based. */
  readonly places: readonly (readonly [before: number, after: number])[];
}

/** Which of its two images a diff is applied to. */
export type Direction = 'forward' | 'backward';

/** `lines` are the image before (forward) or after (backward); undefined where a hunk does not fit. */
export function applyFile(
  lines: readonly string[],
  { hunks }: Pick<FileDiff, 'hunks'>,
  direction: Direction,
): Applied | undefined {
  const out: string[] = [];
  const places: (readonly [number, number])[] = [];
  let taken = 0;
  let drift = 0;
  const budget = { left: COMPARISONS_MAX };
  for (const hunk of hunks) {
    if (hunk.fault === 'wrapped' || hunk.fault === 'trimmed') return undefined;
    const { from, to, start } = sides(hunk, direction);
    const at = find(lines, from, start + drift, taken, budget);
    if (at < 0) return undefined;
    drift = at - start;
    pushAll(out, lines, taken, at);
    places.push(direction === 'forward' ? [at, out.length] : [out.length, at]);
    for (const text of to) out.push(text);
    taken = at + from.length;
  }
  pushAll(out, lines, taken, lines.length);
  return { lines: out, places };
}

function pushAll(out: string[], lines: readonly string[], from: number, until: number): void {
  for (let i = from; i < until; i++) out.push(lines[i]!);
}

function sides(
  hunk: Hunk,
  direction: Direction,
): { readonly from: readonly string[]; readonly to: readonly string[]; readonly start: number } {
  const before = hunk.lines.filter((line) => line.kind !== '+').map(textOf);
  const after = hunk.lines.filter((line) => line.kind !== '-').map(textOf);
  // A side without lines is counted from the line before it.
  const startOf = (first: number, count: number): number => (count === 0 ? first : first - 1);
  return direction === 'forward'
    ? { from: before, to: after, start: startOf(hunk.oldStart, before.length) }
    : { from: after, to: before, start: startOf(hunk.newStart, after.length) };
}

const textOf = (line: HunkLine): string => line.text;

/** Index at which `wanted` stands, nearest to `start` and not before `taken`; -1 where it does not. */
function find(
  lines: readonly string[],
  wanted: readonly string[],
  start: number,
  taken: number,
  budget: { left: number },
): number {
  for (let offset = 0; offset <= OFFSET_MAX; offset++) {
    for (const at of offset === 0 ? [start] : [start + offset, start - offset]) {
      if (at < taken || at + wanted.length > lines.length) continue;
      if (fits(lines, wanted, at, budget)) return at;
    }
    // Without lines to hold on to there is nothing to look for.
    if (wanted.length === 0 || budget.left <= 0) return -1;
  }
  return -1;
}

function fits(
  lines: readonly string[],
  wanted: readonly string[],
  at: number,
  budget: { left: number },
): boolean {
  for (let i = 0; i < wanted.length; i++) {
    if (budget.left-- <= 0 || !sameLine(lines[at + i]!, wanted[i]!)) return false;
  }
  return true;
}

/** Mailers take blanks off the ends of lines that have nothing else. */
function sameLine(a: string, b: string): boolean {
  return a === b || (b === '' && a.trim() === '');
}

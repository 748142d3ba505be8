/** Two texts of one file as a patch, for a diff that an editor shows and nobody wrote down. */

const CONTEXT_LINES = 3;
/** Texts that differ in more lines are told as one block: the search costs the square of it. */
const EDITS_MAX = 2000;

/** A line of the script from one text to the other, by its index in either. */
interface Step {
  readonly kind: ' ' | '-' | '+';
  readonly old: number;
  readonly new: number;
}

/** '' where the texts are the same. `path` is the file's in the tree. */
export function unifiedDiff(path: string, before: string, after: string): string {
  const [a, b] = [linesOf(before), linesOf(after)];
  const steps = script(a, b);
  const hunks = hunksOf(steps);
  if (hunks.length === 0) return '';
  const out = [`--- a/${path}`, `+++ b/${path}`];
  for (const hunk of hunks) {
    const count = (kind: '+' | '-'): number => hunk.filter((step) => step.kind !== kind).length;
    const [oldCount, newCount] = [count('+'), count('-')];
    const [from, to] = [start(hunk[0]!.old, oldCount), start(hunk[0]!.new, newCount)];
    out.push(`@@ -${from} +${to} @@ ${headingOf(a, hunk[0]!.old)}`.trimEnd());
    for (const { kind, old, new: at } of hunk) out.push(kind + (kind === '+' ? b[at]! : a[old]!));
  }
  return `${out.join('\n')}\n`;
}

/** Lines that are looked back over for the head of a function. */
const HEADING_LINES = 2000;
const HEADING_CHARS = 80;

/** What git writes behind a hunk's numbers: the nearest line above that begins with a name. */
function headingOf(lines: readonly string[], before: number): string {
  for (let i = before - 1; i >= Math.max(0, before - HEADING_LINES); i--)
    if (/^[A-Za-z_](?!\w*:(?!:))/.test(lines[i]!)) return lines[i]!.slice(0, HEADING_CHARS);
  return '';
}

/** A side without lines is named by the line before it. */
const start = (index: number, count: number): string => `${count === 0 ? index : index + 1},${count}`;

function linesOf(text: string): readonly string[] {
  const lines = text.split('\n');
  if (lines[lines.length - 1] === '') lines.pop();
  return lines;
}

/** Changed lines with the context around them, apart where more lies between. */
function hunksOf(steps: readonly Step[]): readonly (readonly Step[])[] {
  const out: Step[][] = [];
  let last = -Infinity;
  steps.forEach(({ kind }, i) => {
    if (kind === ' ') return;
    const from = Math.max(0, i - CONTEXT_LINES);
    if (from > last + CONTEXT_LINES + 1) {
      addContext(out, steps, last);
      out.push(steps.slice(from, i + 1));
    } else out[out.length - 1]!.push(...steps.slice(last + 1, i + 1));
    last = i;
  });
  addContext(out, steps, last);
  return out;
}

/** The lines behind the last changed one. */
function addContext(hunks: Step[][], steps: readonly Step[], last: number): void {
  hunks[hunks.length - 1]?.push(...steps.slice(last + 1, last + 1 + CONTEXT_LINES));
}

/** All lines of both texts: what both begin and end with, and between it the shortest way to the other. */
function script(a: readonly string[], b: readonly string[]): readonly Step[] {
  const shorter = Math.min(a.length, b.length);
  let head = 0;
  while (head < shorter && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < shorter - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
  const steps: Step[] = [];
  for (let i = 0; i < head; i++) steps.push({ kind: ' ', old: i, new: i });
  steps.push(...between(a, b, head, a.length - tail, b.length - tail));
  for (let i = tail; i > 0; i--) steps.push({ kind: ' ', old: a.length - i, new: b.length - i });
  return steps;
}

/**
 * The greedy search of Myers, "An O(ND) Difference Algorithm and Its Variations" (1986), between index `from`
 * of both and their ends.
 */
function between(
  a: readonly string[],
  b: readonly string[],
  from: number,
  aEnd: number,
  bEnd: number,
): readonly Step[] {
  const [n, m] = [aEnd - from, bEnd - from];
  const most = Math.min(n + m, EDITS_MAX);
  /** Furthest line of `a` on each diagonal, and how it stood before each number of edits. */
  const reach = new Int32Array(2 * most + 3);
  const history: Int32Array[] = [];
  for (let edits = 0; edits <= most; edits++) {
    history.push(reach.slice());
    for (let k = -edits; k <= edits; k += 2) {
      let x = comesDown(reach, most, k, edits) ? reach[most + k + 2]! : reach[most + k]! + 1;
      while (x < n && x - k < m && a[from + x] === b[from + x - k]) x++;
      reach[most + k + 1] = x;
      if (x >= n && x - k >= m) return wayBack(history, most, n, m, from);
    }
  }
  const gone = Array.from({ length: n }, (_, i): Step => ({ kind: '-', old: from + i, new: from }));
  const come = Array.from({ length: m }, (_, i): Step => ({ kind: '+', old: aEnd, new: from + i }));
  return [...gone, ...come];
}

/** Whether the best way to a diagonal adds a line, rather than leaving one out. */
function comesDown(reach: Int32Array, most: number, k: number, edits: number): boolean {
  return k === -edits || (k !== edits && reach[most + k]! < reach[most + k + 2]!);
}

function wayBack(
  history: readonly Int32Array[],
  most: number,
  n: number,
  m: number,
  from: number,
): readonly Step[] {
  const steps: Step[] = [];
  let [x, y] = [n, m];
  const same = (until: number): void => {
    while (x > until && x > 0 && y > 0) {
      x--;
      y--;
      steps.push({ kind: ' ', old: from + x, new: from + y });
    }
  };
  for (let edits = history.length - 1; edits > 0; edits--) {
    const reach = history[edits]!;
    const k = x - y;
    const isDown = comesDown(reach, most, k, edits);
    const before = reach[most + (isDown ? k + 2 : k)]!;
    same(isDown ? before : before + 1);
    if (isDown) y--;
    else x--;
    steps.push({ kind: isDown ? '+' : '-', old: from + x, new: from + y });
  }
  same(0);
  return steps.reverse();
}

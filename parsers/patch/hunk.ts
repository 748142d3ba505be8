/**
 * One hunk: by the counts of its head where they are true. Where they are not, it was edited by hand or
 * broken by a mailer, and ends where something else begins.
 */
import type { PlacedLines } from '../mail/lines.js';
import type { Hunk, HunkFault, HunkLine } from './patch.js';

export const HUNK = /^@@ -(\d{1,9})(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))? @@(.*)$/;
/** Of a merge of two or more: one `@` more than it has parents. */
export const COMBINED = /^(@@@+)((?: -\d{1,9}(?:,\d{1,9})?)+) \+(\d{1,9})(?:,(\d{1,9}))? @@@+(.*)$/;

export interface HunkRead {
  readonly hunk: Hunk;
  /** Index past its last line. */
  readonly until: number;
}

interface Head {
  readonly oldStart: number;
  readonly oldCount: number;
  readonly newStart: number;
  readonly newCount: number;
  readonly heading: string;
}

/** Lines of a hunk that were read, up to the index `until`. */
interface Body {
  readonly lines: HunkLine[];
  readonly until: number;
  readonly fault: HunkFault | undefined;
}

/** The hunk whose head is at index `at`. `isTrimmed`: lines of it may be missing, and nobody lied. */
export function readHunk(lines: PlacedLines, at: number, isTrimmed: boolean): HunkRead {
  const match = HUNK.exec(lines.texts[at]!)!;
  const head: Head = {
    oldStart: Number(match[1]),
    oldCount: Number(match[2] ?? 1),
    newStart: Number(match[3]),
    newCount: Number(match[4] ?? 1),
    heading: match[5]!.trim(),
  };
  const body = readByCounts(lines, at + 1, head) ?? readAsItStands(lines, at + 1, head);
  // What a reply left out is no lie of the patch.
  const fault = isTrimmed && body.fault !== undefined ? 'trimmed' : body.fault;
  return { hunk: { ...head, lines: body.lines, fault, line: lines.lines[at]! }, until: body.until };
}

/** undefined where the lines are not what the head counts, or go on behind them. */
function readByCounts({ texts, lines }: PlacedLines, from: number, head: Head): Body | undefined {
  const out: HunkLine[] = [];
  let oldLeft = head.oldCount;
  let newLeft = head.newCount;
  let i = from;
  while (oldLeft > 0 || newLeft > 0) {
    const text = texts[i];
    if (text === undefined) return undefined;
    const line = bodyLine(text, lines[i]!);
    if (line === undefined) {
      if (!text.startsWith('\\')) return undefined;
      i++;
      continue;
    }
    if (line.kind !== '+') oldLeft--;
    if (line.kind !== '-') newLeft--;
    if (oldLeft < 0 || newLeft < 0) return undefined;
    out.push(line);
    i++;
  }
  if (texts[i]?.startsWith('\\ ')) i++;
  return goesOn(texts, i) ? undefined : { lines: out, until: i, fault: undefined };
}

/** A blank context line may have lost its blank on the way. */
function bodyLine(text: string, line: number): HunkLine | undefined {
  if (text === '') return { kind: ' ', text: '', line };
  const kind = text[0]!;
  if (kind !== ' ' && kind !== '+' && kind !== '-') return undefined;
  return { kind, text: text.slice(1), line };
}

/**
 * Whether a hunk's lines go on at this index: changed lines that are neither a signature nor the next file.
 */
function goesOn(texts: readonly string[], i: number): boolean {
  const text = texts[i];
  if (text === undefined || !/^[+-]/.test(text)) return false;
  return !isSignature(texts, i) && !isNextFile(texts, i);
}

/** `-- ` and, below it, the version of git or nothing. */
function isSignature(texts: readonly string[], i: number): boolean {
  return texts[i] === '-- ' || (texts[i] === '--' && /^(?:\d+\.\d|$)/.test(texts[i + 1] ?? ''));
}

function isNextFile(texts: readonly string[], i: number): boolean {
  const text = texts[i]!;
  if (text.startsWith('--- ')) return isNewName(texts, i + 1);
  return HUNK.test(text) || COMBINED.test(text) || /^(?:diff |Index: \S)/.test(text);
}

/** `+++ name`, or as much of it as a cut file has. */
function isNewName(texts: readonly string[], i: number): boolean {
  const text = texts[i] ?? '';
  return text.startsWith('+++ ') || (i >= texts.length - 1 && '+++ '.startsWith(text));
}

/** Up to the next file, hunk or signature: what else stands between lines of the hunk was broken off them. */
function readAsItStands({ texts, lines }: PlacedLines, from: number, head: Head): Body {
  const out: HunkLine[] = [];
  let until = from;
  let oldSeen = 0;
  let newSeen = 0;
  let pendingForeign = 0;
  let isWrapped = false;
  /** Blank lines are the hunk's only where more of it follows. */
  let blanks: HunkLine[] = [];
  for (let i = from; i < texts.length; i++) {
    const text = texts[i]!;
    if (isSignature(texts, i) || isNextFile(texts, i) || /^From \S+ |^commit [0-9a-f]{7,}/.test(text)) break;
    const line = bodyLine(text, lines[i]!);
    const isWhole = oldSeen >= head.oldCount && newSeen >= head.newCount;
    if (line === undefined) {
      if (text.startsWith('\\')) continue;
      if (isWhole) break;
      pendingForeign++;
      continue;
    }
    if (text === '') {
      blanks.push(line);
      continue;
    }
    if (pendingForeign > 0) isWrapped = true;
    for (const each of [...blanks, line]) {
      out.push(each);
      if (each.kind !== '+') oldSeen++;
      if (each.kind !== '-') newSeen++;
    }
    blanks = [];
    pendingForeign = 0;
    until = i + 1;
  }
  return { lines: out, until, fault: isWrapped ? 'wrapped' : 'counts' };
}

/**
 * A hunk of a merge: a line has a mark for each parent. Of its lines only those of the post-image are kept:
 * what a `-` was taken from differs from parent to parent.
 */
export function readCombined({ texts, lines }: PlacedLines, at: number, isTrimmed: boolean): HunkRead {
  const match = COMBINED.exec(texts[at]!)!;
  const parents = match[1]!.length - 1;
  const marks = new RegExp(`^[ +-]{${parents}}`);
  const newCount = Number(match[4] ?? 1);
  const out: HunkLine[] = [];
  let newLeft = newCount;
  let i = at + 1;
  for (; i < texts.length; i++) {
    const text = texts[i]!;
    if (text.startsWith('\\')) continue;
    const found = text === '' ? ' '.repeat(parents) : marks.exec(text)?.[0];
    if (found === undefined || (newLeft === 0 && !found.includes('-'))) break;
    if (found.includes('-')) {
      if (isSignature(texts, i) || isNextFile(texts, i)) break;
      continue;
    }
    newLeft--;
    const kind = found.includes('+') ? '+' : ' ';
    out.push({ kind, text: text.slice(parents), line: lines[i]!, marks: found });
  }
  const newStart = Number(match[3]);
  const whenShort = isTrimmed ? 'trimmed' : 'counts';
  const hunk: Hunk = {
    oldStart: newStart,
    oldCount: 0,
    newStart,
    newCount,
    heading: match[5]!.trim(),
    lines: out,
    parents: match[2]!.trim(),
    fault: newLeft > 0 ? whenShort : undefined,
    line: lines[at]!,
  };
  return { hunk, until: i };
}

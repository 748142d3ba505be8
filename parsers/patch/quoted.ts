/** A patch that a reply quotes: its lines without the marks in front, and what was written between them. */
import type { PlacedLines } from '../mail/lines.js';
import { isDiffHead, readDiffs } from './diff.js';
import { HUNK } from './hunk.js';
import type { FileDiff, Hunk, HunkLine, Patch, Remark } from './patch.js';

const MARKS = /^(?:> ?)+/;
/** A patch that was quoted more often than this is looked at by nobody. */
const DEPTH_MAX = 6;
/** Of the quoted lines, the share that has a blank behind its mark where the mailer writes one. */
const NEARLY_ALL = 0.9;

export interface Quotation {
  readonly quoted: PlacedLines;
  readonly remarks: readonly Remark[];
}

/** The quoted patch of a mail's text; undefined where none is quoted. */
export function quotationOf(lines: PlacedLines): Quotation | undefined {
  const depths = lines.texts.map(depthOf);
  for (let depth = 1; depth <= DEPTH_MAX; depth++) {
    const quoted = unquoteAt(lines, depths, depth);
    if (quoted.texts.some((text, i) => HUNK.test(text) || isDiffHead(quoted.texts, i)))
      return { quoted, remarks: remarksOf(lines, depths, depth) };
  }
  return undefined;
}

function depthOf(text: string): number {
  const marks = MARKS.exec(text)?.[0] ?? '';
  return marks.replace(/ /g, '').length;
}

/** Lines of just this depth, without their marks. */
function unquoteAt({ texts, lines }: PlacedLines, depths: readonly number[], depth: number): PlacedLines {
  const marks = new RegExp(`^(?:> ?){${depth - 1}}>`);
  const out: PlacedLines = { texts: [], lines: [] };
  let spaced = 0;
  let full = 0;
  texts.forEach((text, i) => {
    if (depths[i] !== depth) return;
    const rest = text.replace(marks, '');
    if (rest !== '') full++;
    if (rest.startsWith(' ')) spaced++;
    out.texts.push(rest);
    out.lines.push(lines[i]!);
  });
  if (spaced < full * NEARLY_ALL) return out;
  return { texts: out.texts.map((text) => (text.startsWith(' ') ? text.slice(1) : text)), lines: out.lines };
}

/** Runs of lines that are not quoted, as far as they say anything. */
function remarksOf(
  { texts, lines }: PlacedLines,
  depths: readonly number[],
  depth: number,
): readonly Remark[] {
  const out: Remark[] = [];
  let about = 0;
  let run: string[] = [];
  let line = 0;
  const close = (): void => {
    while (run.length > 0 && run[run.length - 1]!.trim() === '') run.pop();
    if (run.length > 0) out.push({ texts: run, line, about });
    run = [];
  };
  const end = texts.lastIndexOf('-- ') >= 0 ? texts.lastIndexOf('-- ') : texts.length;
  for (let i = 0; i < end; i++) {
    if (depths[i]! >= depth) {
      close();
      if (depths[i] === depth) about = lines[i]!;
      continue;
    }
    const text = texts[i]!;
    if (run.length === 0) {
      if (text.trim() === '' || (about === 0 && /\bwrote:\s*$/.test(text))) continue;
      line = lines[i]!;
    }
    run.push(text);
  }
  close();
  return out;
}

/** Files of a quoted diff, of which parts may be missing. */
export function quotedFiles(quotation: Quotation, hunksMax: number): readonly FileDiff[] {
  return readDiffs(quotation.quoted, true, hunksMax).files;
}

/**
 * The remarks with the line of the patch that each is about, in place of the line of the reply's quotation.
 */
export function anchored(
  remarks: readonly Remark[],
  quoted: readonly FileDiff[],
  patch: Patch,
): readonly Remark[] {
  return remarks.map((remark) => ({ ...remark, about: lineInPatch(remark.about, quoted, patch) }));
}

function lineInPatch(about: number, quoted: readonly FileDiff[], patch: Patch): number {
  for (const file of quoted) {
    for (const hunk of file.hunks) {
      if (hunk.line === about) return sameHunk(file, hunk, patch)?.line ?? 0;
      const line = hunk.lines.find((each) => each.line === about);
      if (line) return sameLine(file, hunk, line, patch)?.line ?? 0;
    }
  }
  return 0;
}

function sameHunk(file: FileDiff, { newStart, oldStart }: Hunk, patch: Patch): Hunk | undefined {
  return filesLike(file, patch)
    .flatMap((each) => each.hunks)
    .find((each) => each.newStart === newStart && each.oldStart === oldStart);
}

function sameLine(file: FileDiff, hunk: Hunk, line: HunkLine, patch: Patch): HunkLine | undefined {
  const isSame = (each: HunkLine): boolean =>
    each.kind === line.kind && each.text.trimEnd() === line.text.trimEnd();
  const own = sameHunk(file, hunk, patch);
  const all = filesLike(file, patch).flatMap((each) => each.hunks);
  return own?.lines.find(isSame) ?? all.flatMap((each) => each.lines).find(isSame);
}

/** The same file of the patch, or all of them where the quotation does not say which. */
function filesLike(file: FileDiff, patch: Patch): readonly FileDiff[] {
  const named = patch.files.filter((each) => each.newPath === file.newPath && each.oldPath === file.oldPath);
  return named.length > 0 ? named : patch.files;
}

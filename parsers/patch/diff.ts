/**
 * Diffs as git, quilt and diff write them: unified and combined, with or without git's own header.
 *
 * Sources: git's diff-format documentation ("Generating patch text with -p", "Combined diff format"), the
 * unified format of GNU diffutils.
 */
import type { PlacedLines } from '../mail/lines.js';
import { readCombined, readHunk, COMBINED, HUNK, type HunkRead } from './hunk.js';
import { gitNames, nameOf, pathsOf } from './names.js';
import type { FileChange, FileDiff, Hunk } from './patch.js';

/** A file's diff while its lines are read. */
interface Draft {
  line: number;
  oldName: string | undefined;
  newName: string | undefined;
  oldMode: string | undefined;
  newMode: string | undefined;
  change: FileChange;
  isBinary: boolean;
  isCombined: boolean;
  /** Whether `---` and `+++` were read: the next pair is another file's. */
  hasNames: boolean;
  hunks: Hunk[];
}

export interface DiffsRead {
  readonly files: readonly FileDiff[];
  /** Index of the first line of a diff; the number of lines where there is none. */
  readonly from: number;
  /** Index past the last line of a diff. */
  readonly until: number;
}

const DIFF_HEAD = /^diff (?:--git|--cc|--combined|-)/;
/** A line that a diff begins with, or goes on with at the next file. */
export function isDiffHead(texts: readonly string[], i: number): boolean {
  const text = texts[i]!;
  return DIFF_HEAD.test(text) || /^Index: \S/.test(text) || isNamePair(texts, i);
}

function isNamePair(texts: readonly string[], i: number): boolean {
  return texts[i]!.startsWith('--- ') && texts[i + 1]?.startsWith('+++ ') === true;
}

/**
 * All diffs of a text. `isTrimmed`: the text was quoted, and parts of hunks may be missing. `hunksMax`: no
 * more hunks than this are read.
 */
export function readDiffs(lines: PlacedLines, isTrimmed: boolean, hunksMax: number): DiffsRead {
  const { texts } = lines;
  const drafts: Draft[] = [];
  let current: Draft | undefined;
  let from = texts.length;
  let until = 0;
  let hunks = 0;
  for (let i = 0; i < texts.length; ) {
    const text = texts[i]!;
    const start = i;
    if (HUNK.test(text) || COMBINED.test(text)) {
      // A quotation may begin within a file.
      if (current === undefined && isTrimmed) {
        current = draftAt(lines, i);
        drafts.push(current);
      }
      const read = hunkAt(lines, i, isTrimmed);
      i = read.until;
      if (current === undefined) continue;
      if (hunks < hunksMax) current.hunks.push(read.hunk);
      hunks++;
    } else if (DIFF_HEAD.test(text) || /^Index: \S/.test(text)) {
      current = draftAt(lines, i);
      drafts.push(current);
      readHead(current, text);
      i++;
    } else if (isNamePair(texts, i)) {
      if (current === undefined || current.hasNames) {
        current = draftAt(lines, i);
        drafts.push(current);
      }
      nameBoth(current, text, texts[i + 1]!);
      i += 2;
    } else {
      i++;
      if (current === undefined || !readExtended(current, text)) continue;
      if (text === 'GIT binary patch') i = pastBinary(texts, i);
    }
    from = Math.min(from, start);
    until = i;
  }
  return { files: drafts.filter(isOfFile).map(fileOf), from, until };
}

function hunkAt(lines: PlacedLines, i: number, isTrimmed: boolean): HunkRead {
  return COMBINED.test(lines.texts[i]!) ? readCombined(lines, i, isTrimmed) : readHunk(lines, i, isTrimmed);
}

function draftAt(lines: PlacedLines, i: number): Draft {
  return {
    line: lines.lines[i]!,
    oldName: undefined,
    newName: undefined,
    oldMode: undefined,
    newMode: undefined,
    change: 'changed',
    isBinary: false,
    isCombined: false,
    hasNames: false,
    hunks: [],
  };
}

/** `diff --git a/x b/x`, `diff --cc x`, `Index: x`: the names, until `---` and `+++` say them better. */
function readHead(draft: Draft, text: string): void {
  const combined = /^diff --(?:cc|combined) (.+)$/.exec(text);
  if (combined) {
    draft.isCombined = true;
    draft.oldName = nameOf(combined[1]!);
    draft.newName = draft.oldName;
    return;
  }
  const git = /^diff --git (.+)$/.exec(text);
  const names = git ? gitNames(git[1]!) : undefined;
  if (!names) return;
  [draft.oldName, draft.newName] = names;
}

/** Lines between a file's head and its names, as git writes them; true for one of these. */
function readExtended(draft: Draft, text: string): boolean {
  const [, key, value] =
    /^(old mode|new mode|deleted file mode|new file mode|copy from|copy to|rename from|rename to) (.+)$/.exec(
      text,
    ) ?? [];
  if (key === undefined || value === undefined) return readOther(draft, text);
  if (key === 'old mode') draft.oldMode = value;
  if (key === 'new mode') draft.newMode = value;
  if (key === 'deleted file mode') {
    draft.oldMode = value;
    draft.change = 'deleted';
  }
  if (key === 'new file mode') {
    draft.newMode = value;
    draft.change = 'added';
  }
  if (key.startsWith('rename')) draft.change = 'renamed';
  if (key.startsWith('copy')) draft.change = 'copied';
  // These names stand without a prefix.
  const name = nameOf(value) ?? '';
  if (/ from$/.test(key)) draft.oldName = `a/${name}`;
  if (/ to$/.test(key)) draft.newName = `b/${name}`;
  return true;
}

function readOther(draft: Draft, text: string): boolean {
  if (text === 'GIT binary patch' || /^Binary files .+ differ$/.test(text)) {
    draft.isBinary = true;
    return true;
  }
  return /^(?:(?:dis)?similarity index \d+%|index [0-9a-f]+|mode \d|={20,})/.test(text);
}

/** The lines of a binary patch: `literal 12`, base85, a blank line, and the same again for the way back. */
function pastBinary(texts: readonly string[], from: number): number {
  let i = from;
  while (i < texts.length && /^(?:literal \d+|delta \d+|[A-Za-z][!-~]+|)$/.test(texts[i]!)) {
    if (texts[i] === '' && !/^(?:literal|delta) \d+$/.test(texts[i + 1] ?? '')) return i;
    i++;
  }
  return i;
}

function nameBoth(draft: Draft, from: string, to: string): void {
  const [oldName, newName] = [nameOf(from.slice(4)), nameOf(to.slice(4))];
  draft.hasNames = true;
  if (oldName === undefined) draft.change = 'added';
  if (newName === undefined) draft.change = 'deleted';
  if (draft.change === 'renamed' || draft.change === 'copied') return;
  draft.oldName = oldName;
  draft.newName = newName;
}

/** A head that was only mentioned in prose changes nothing. */
function isOfFile({ hunks, isBinary, oldMode, newMode, change }: Draft): boolean {
  const isOtherMode = oldMode !== undefined || newMode !== undefined;
  return hunks.length > 0 || isBinary || isOtherMode || change !== 'changed';
}

function fileOf({ hasNames: _, ...draft }: Draft): FileDiff {
  const isAdded = draft.change === 'added';
  const isDeleted = draft.change === 'deleted';
  const [oldPath, newPath] = pathsOf(draft.oldName, draft.newName);
  return {
    ...draft,
    oldName: isAdded ? undefined : draft.oldName,
    newName: isDeleted ? undefined : draft.newName,
    oldPath: isAdded ? undefined : oldPath,
    newPath: isDeleted ? undefined : newPath,
  };
}

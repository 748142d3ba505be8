/** What a series of patches says, as plain data. Every line knows its place in the file that was read. */

/** A line of a hunk, of the pre-image (`-`), the post-image (`+`) or both (` `). */
export interface HunkLine {
  readonly kind: ' ' | '+' | '-';
  /** Without the mark in front. */
  readonly text: string;
  /** 1-based line of the file that was read. */
  readonly line: number;
  /** Of a merge: a mark for each parent, as written. */
  readonly marks?: string;
}

/**
 * Why a hunk cannot be trusted in full. `trimmed`: it was quoted in a reply, parts may be missing. `counts`:
 * its head counts other lines than it has. `wrapped`: a mailer broke its lines, so that its texts are not the
 * patch's.
 */
export type HunkFault = 'trimmed' | 'counts' | 'wrapped';

export interface Hunk {
  /** First line in either image, 1-based; 0 where the image has none of its lines. */
  readonly oldStart: number;
  readonly newStart: number;
  /** Lines in either image as the head counts them. */
  readonly oldCount: number;
  readonly newCount: number;
  /** What stands behind the second `@@`: a function that the hunk may or may not be in. '' for nothing. */
  readonly heading: string;
  readonly lines: readonly HunkLine[];
  /** Of a merge: the lines of each parent as the head counts them, `-1,7 -1,6`. */
  readonly parents?: string;
  readonly fault: HunkFault | undefined;
  /** Line of its head in the file that was read. */
  readonly line: number;
}

export type FileChange = 'changed' | 'added' | 'deleted' | 'renamed' | 'copied';

export interface FileDiff {
  /** Name before and after, as written but unquoted and without a time; undefined for `/dev/null`. */
  readonly oldName: string | undefined;
  readonly newName: string | undefined;
  /** The names without the prefixes that diff tools put in front. */
  readonly oldPath: string | undefined;
  readonly newPath: string | undefined;
  readonly change: FileChange;
  /** Octal modes, where the diff says them. */
  readonly oldMode: string | undefined;
  readonly newMode: string | undefined;
  readonly isBinary: boolean;
  /** From a merge: its hunks have the lines of the post-image alone. */
  readonly isCombined: boolean;
  readonly hunks: readonly Hunk[];
  readonly line: number;
}

/** What somebody wrote below a quoted line. */
export interface Remark {
  readonly texts: readonly string[];
  /** Line of the file on which it begins, and that of the quoted line above it; 0 where there is none. */
  readonly line: number;
  readonly about: number;
}

export interface PatchMail {
  /** Of the subject without its `[PATCH v2 3/7]`. */
  readonly subject: string;
  /** 1 where none is written. */
  readonly version: number;
  /** `3/7`; 0 where none is written. */
  readonly index: number;
  readonly total: number;
  /** Without angle brackets; '' where there is none. */
  readonly messageId: string;
  readonly inReplyTo: string;
  readonly references: readonly string[];
  readonly from: string;
  readonly to: string;
  readonly cc: string;
  readonly date: string;
  /** Commit that the series is made on, and the id that stays with it over its versions; '' if not said. */
  readonly baseCommit: string;
  readonly changeId: string;
  /** The commit's message, or what stands before the diff. */
  readonly message: readonly string[];
  /** Line of the file on which it begins. */
  readonly line: number;
}

export interface Patch extends PatchMail {
  readonly files: readonly FileDiff[];
  /** The diff is quoted: what is here is as much of it as the reply left. */
  readonly isQuoted: boolean;
  /** Others' words on it: of replies in the same file, and of the reply itself where that is all there is. */
  readonly remarks: readonly (Remark & { readonly from: string })[];
}

/** Closed: what there is to say of a file that was read as patches. */
export type PatchIssueCode =
  | 'hunk-count'
  | 'patch-damaged'
  | 'charset'
  | 'from-merge'
  | 'merge-parents'
  | 'no-patch'
  | 'missing-patch'
  | 'older-version'
  | 'unmatched-reply'
  | 'limit';

export interface PatchIssue {
  readonly code: PatchIssueCode;
  /** Line of the file, 0 for all of it. */
  readonly line: number;
  readonly detail: string;
}

export const PATCH_ISSUES: Readonly<Record<PatchIssueCode, string>> = {
  'hunk-count':
    "A hunk's head counts other lines than it has: it was edited by hand, and was read as it stands.",
  'patch-damaged': 'A mailer broke lines of a hunk: only its heading says which function it is in.',
  charset: 'Bytes that are no UTF-8 were read as Latin-1.',
  'from-merge':
    'It is from a merge: what lines of its result took the place of differs from parent to parent, and is left out.',
  'merge-parents':
    'A merge is shown against each of its parents: it is one commit, taken as it stands against the first.',
  'no-patch': 'There is no diff in it.',
  'missing-patch': 'Patches of the series are missing.',
  'older-version': 'Mails of another version of the series were set aside.',
  'unmatched-reply': 'A reply answers none of the patches: its remarks were set aside.',
  limit: 'More than is read at once: the rest was left out.',
};

export interface Series {
  /** In the order in which they apply. */
  readonly patches: readonly Patch[];
  readonly cover: PatchMail | undefined;
  readonly version: number;
  readonly issues: readonly PatchIssue[];
}

/** Bytes of one file, patches of one series and hunks in all, at most. */
export const BYTES_MAX = 64 * 1024 * 1024;
export const PATCHES_MAX = 2000;
export const HUNKS_MAX = 50_000;
/** Mails and parts of mails in one file; a patch with its attachment has two. */
export const PARTS_MAX = 10_000;

/** What host and worker say to each other of a review: a series of patches, and recordings beside it. */
import type { CheckOptions } from './options.js';
import type { Spot } from './place.js';

/** What traces show of changed code, from what is to be seen first to nothing at all. */
export const REVIEW_MARKS = ['violation', 'ran', 'did-not-run', 'unseen'] as const;
export type ReviewMark = (typeof REVIEW_MARKS)[number];

export interface TreeFile {
  /** Below the tree. */
  readonly path: string;
  readonly text: string;
}

export interface SeriesFacts {
  readonly title: string;
  /** By which another version is known again: its change-id, else its first message-id or title. */
  readonly key: string;
  readonly patches: number;
  /** Files that it names, and folders of a kernel tree that say who calls whom. */
  readonly paths: readonly string[];
  readonly folders: readonly string[];
  /** What is odd about it, a sentence each. */
  readonly issues: readonly string[];
  /** The series as a text of its own, where the file's lines are not those of its patches. */
  readonly text: string | undefined;
}

export interface ReviewAsk {
  /** The file as it lies. */
  readonly patch: Uint8Array;
  readonly tree: readonly TreeFile[] | undefined;
  /** Recordings by their indexes among the worker's files. */
  readonly sets: readonly { readonly role: 'without' | 'with'; readonly files: readonly number[] }[];
  readonly check: CheckOptions;
  /** As on the command line, `G9 never`. */
  readonly claims: readonly string[];
  /** Path of the kernel under test with its debug information; '' where none is named or may be read. */
  readonly vmlinux: string;
}

export interface ReviewView {
  /** `fail`, `warning`, `pass` or `nothing`, and one sentence. */
  readonly state: string;
  readonly summary: string;
  /** How the tree and the series fit, '' without a tree. */
  readonly tree: string;
  readonly sets: readonly ReviewedSet[];
  readonly patches: readonly ReviewedPatch[];
  readonly functions: readonly ReviewedFunction[];
  /** For each rule its outcome in each set. */
  readonly rules: readonly { readonly id: string; readonly outcomes: readonly string[] }[];
  /** In the order of what was claimed. */
  readonly claims: readonly ReviewedClaim[];
  /** What it does not show, a sentence each. */
  readonly limits: readonly string[];
}

export interface ReviewedClaim {
  readonly text: string;
  readonly verdict: 'supports' | 'supports-weakly' | 'contradicts' | 'cannot-tell' | 'no-claim';
  /** `supported; broken in 1 of 1 checks without the patch, in none of 2 with it`. */
  readonly sentence: string;
}

export interface ReviewedSet {
  /** `without`, `with`. */
  readonly name: string;
  readonly role: 'without' | 'with';
  /** `Without the patch`. */
  readonly title: string;
  readonly files: readonly number[];
}

export interface ReviewedPatch {
  readonly title: string;
  /** 1-based lines of the document that shows the series. */
  readonly line: number;
  readonly lastLine: number;
  readonly files: readonly ReviewedFile[];
  readonly remarks: readonly { readonly from: string; readonly line: number; readonly text: string }[];
}

export interface ReviewedFile {
  readonly path: string;
  readonly line: number;
  readonly lastLine: number;
  readonly hunks: readonly ReviewedHunk[];
}

export interface ReviewedHunk {
  readonly head: string;
  readonly line: number;
  readonly lastLine: number;
  /** The strongest of its functions; undefined where it touches none. */
  readonly mark: ReviewMark | undefined;
  /** Functions that it touches, and the last line that it changes of each. */
  readonly functions: readonly { readonly index: number; readonly line: number }[];
  /** Its changed lines that are in a function. */
  readonly lines: readonly { readonly line: number; readonly mark: ReviewMark }[];
}

export interface ReviewedFunction {
  readonly name: string;
  readonly path: string;
  /** `changed`, `added`, `removed`, `moved`, `related`. */
  readonly touch: string;
  readonly mark: ReviewMark;
  /** `ran 5 times · -11 ×3 · 1 violation without`. */
  readonly short: string;
  /** For each set. */
  readonly inSets: readonly FunctionSentence[];
  /** 1-based line of its name in the tree's file, 0 where that has no such function. */
  readonly sourceLine: number;
}

export interface FunctionSentence {
  /** `ran 5 times, returned -11 3 times`. */
  readonly text: string;
  readonly mark: ReviewMark;
  /** Events that it is told by. */
  readonly events: number;
  readonly findings: readonly ReviewedFinding[];
}

export interface ReviewedFinding {
  readonly id: string;
  readonly rule: string;
  readonly verdict: string;
  readonly message: string;
  /** Index of the recording among the worker's files. */
  readonly file: number;
  readonly spot: Spot;
}

/** Events of one function in one set, from the first on. */
export interface EventsAsk {
  readonly function: number;
  readonly set: number;
  readonly first: number;
  readonly count: number;
}

export interface ReviewedEvent {
  readonly file: number;
  readonly spot: Spot;
  readonly text: string;
}

/** What is to become of the remarks of a `.review` file. */
export type NotesChange =
  | { readonly kind: 'add' | 'replace'; readonly line: number; readonly text: string }
  | { readonly kind: 'quote'; readonly line: number; readonly evidence: ReviewEvidence }
  | { readonly kind: 'quiet'; readonly function: number; readonly isQuiet: boolean };

/** A line of a recording, by its index among the worker's files, and what was found there. */
export interface ReviewEvidence {
  readonly file: number;
  readonly line: number;
  readonly finding: string | undefined;
}

export interface NotesAsk {
  /** Text of the `.review` file, '' where there is none. */
  readonly text: string;
  readonly change: NotesChange | undefined;
}

export interface NotesView {
  /** The text after the change; what was asked where nothing was changed. */
  readonly text: string;
  readonly remarks: readonly PlacedRemark[];
  /** Indexes of functions of which nothing is to be said. */
  readonly quiet: readonly number[];
}

export interface PlacedRemark {
  /** 1-based line of the document, 0 for what is about none. */
  readonly line: number;
  /** The line that it has lost, '' for none. */
  readonly quote: string;
  readonly text: string;
}

export const REPLY_FORMATS = ['mail', 'text', 'b4-review', 'sarif'] as const;
export type ReplyFormat = (typeof REPLY_FORMATS)[number];

export interface ReplyAsk {
  readonly format: ReplyFormat;
  /** Text of the `.review` file, '' where there is none. */
  readonly notes: string;
  readonly version: string;
}

/** Several files for one format of several. */
export type ReplyFiles = readonly { readonly name: string; readonly text: string }[];

/** A function of a C file that a trace shows to have run. */
export interface CodeFunction {
  readonly name: string;
  /** 1-based line of its name in the file. */
  readonly line: number;
  /** `ran 5× · -11 ×3`. */
  readonly short: string;
  readonly findings: readonly Omit<ReviewedFinding, 'file'>[];
}

export interface CodeEvents {
  readonly total: number;
  readonly events: readonly Omit<ReviewedEvent, 'file'>[];
}

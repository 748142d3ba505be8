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
  /** What it does not show, a sentence each. */
  readonly limits: readonly string[];
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

/** What a debug session needs from whoever runs it: the command line, an editor's worker, or a test. */
import type { Analysis } from '../../model/analysis.js';
import type { FrameName } from '../../parsers/events/frames.js';
import type { OpenTrace } from '../../parsers/reader.js';

/** The files of a trace that was merged from several. */
export interface TraceFiles {
  /** The file of a row, and whether its lines can be shown: else it is shown as a listing. */
  of(row: number): { readonly path: string; readonly isText: boolean };
  /**
   * First row at or after a line of a file, the table's length when there is none;
   * -1 for a file that is none of the trace's.
   */
  rowAtLine(path: string, line: number): number;
}

export interface LoadedTrace {
  readonly open: OpenTrace;
  readonly analysis: Analysis;
  /** `file` or absent: a text's lines are those of its file; else it is shown in the parts of a listing. */
  readonly shown?: 'file' | 'events' | 'content' | 'compact';
  readonly files?: TraceFiles;
  /** Frees what the trace holds, when the session ends. */
  readonly close?: () => void;
}

export interface SourcePlace {
  readonly path: string;
  readonly line: number;
}

/** Where the user keeps the kernel that was traced. */
export interface SourceMap {
  /** Unstripped vmlinux, for addr2line or llvm-symbolizer; '' when there is none. */
  readonly vmlinux: string;
  /** Root of a kernel tree; '' when there is none. */
  readonly tree: string;
  /** Prefixes of recorded paths and what replaces them, longest first. */
  readonly prefixes: readonly (readonly [string, string])[];
}

export interface DebugHost {
  /**
   * Reads and judges a trace, of one file or of `more` with it.
   * Rejects with a message for the user when it cannot be used.
   */
  openTrace(path: string, rules: readonly string[], more: readonly string[]): Promise<LoadedTrace>;
  /** How a path of the client is compared with others: made absolute, where there is a working folder. */
  readonly absolute?: (path: string) => string;
  /**
   * Finds a frame's source line; undefined when it cannot. Absent where programs and files cannot be reached.
   */
  readonly findSource?: (frame: FrameName, map: SourceMap) => Promise<SourcePlace | undefined>;
  /** Lets other messages in during long work. */
  breathe(): Promise<void>;
  /** Milliseconds from any fixed point. */
  now(): number;
  /**
   * How the source of a trace is named to the client when it is not the file itself, for example the address
   * of an editor's listing of a binary trace. undefined: the adapter gives it out in pages.
   */
  readonly listingOf?: (
    path: string,
  ) => { readonly path: string; readonly lineOfRow: (row: number) => number } | undefined;
}

/**
 * What the two extension hosts do differently:
 * reading a file's head, and starting the worker that reads all of it.
 */
import type * as vscode from 'vscode';
import type { FromWorker, JobError, Port, Request } from './protocol/requests.js';

export interface AnalysisWorker extends Port<Request, FromWorker> {
  /** The files of a run, where its trace is of several. */
  readonly files?: readonly vscode.Uri[];
  /** Called once when the worker ends for any reason but {@link terminate}; `error` says why. */
  onExit(handler: (error: JobError) => void): void;
  terminate(): void;
}

/** `shimtrace record` as a program that runs: it tells how it goes in lines of JSON. */
export interface RecorderProcess {
  onLine(handler: (line: string) => void): void;
  /** What it says that is no JSON. */
  onError(handler: (line: string) => void): void;
  onExit(handler: () => void): void;
  /** Ends the recording in good order; asked once more, at once. */
  stop(): void;
}

/** `shimtrace` as a program for a terminal: what to run, and what goes before the words for it. */
export interface CommandLine {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export interface Platform {
  readonly host: 'node' | 'web';
  /** At most `length` bytes from the start of a file. Rejects when it cannot be read. */
  readHead(uri: vscode.Uri, length: number): Promise<Uint8Array>;
  /** Size and time of change of a file as text, '' when it is not there. */
  stamp(uri: vscode.Uri): Promise<string>;
  /**
   * Starts a worker that has the trace at `uri` as its source.
   * Rejects when the file cannot be reached at all.
   */
  startWorker(uri: vscode.Uri): Promise<AnalysisWorker>;
  /** Starts a worker that has these recordings for a review. Rejects when one cannot be reached at all. */
  startReview(recordings: readonly vscode.Uri[]): Promise<AnalysisWorker>;
  /** Starts the recorder in a folder; absent where no program can be run. */
  readonly startRecorder?: (args: readonly string[], folder: string) => RecorderProcess;
  /** Absent where no program can be run. */
  readonly commandLine?: CommandLine;
  /**
   * Writes the program `shimtrace` into a folder, and gives what a terminal's PATH then lacks. Absent where
   * no program can be run.
   */
  readonly putCommand?: (folder: string) => Promise<string>;
  /** The user's home folder, where there is one. */
  readonly home?: string;
  /** Milliseconds from any fixed point. */
  now(): number;
}

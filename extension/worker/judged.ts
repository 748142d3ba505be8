/**
 * What the parts of the worker share:
 * a judged trace, the refusals they may throw, and what the host lends them.
 */
import type { Analysis, AnalyzeOptions } from '../../model/analysis.js';
import type { CancelToken } from '../../parsers/base/cancel.js';
import type { Bundle } from '../../parsers/bundle/bundle.js';
import type { ByteSource } from '../../parsers/base/source.js';
import type { OpenSpool } from '../../parsers/base/spool.js';
import type { ColumnOf } from '../../parsers/events/rowFacts.js';
import type { OpenTrace, ReadOptions } from '../../parsers/reader.js';
import type { Beside } from '../../recorder/names.js';
import type { DebugHost } from '../debugger/host.js';
import type { CheckOptions } from '../protocol/options.js';
import type { Shown } from '../protocol/place.js';
import type { JobError } from '../protocol/requests.js';
import type { PartFacts, RunFiles, RunSource } from './run.js';

/** A trace that was read and judged before. */
export interface Before extends Reread {
  readonly shown: Shown;
  /** Its files, by their places among those of the worker, and what is said of each where it is a run. */
  readonly order: readonly number[];
  readonly files?: readonly PartFacts[] | undefined;
  /** Digests of all files when they were read. */
  readonly digest: string;
  /** Reads what every click asks for, in steps. */
  ahead(): Generator<undefined, void>;
  /** Reads what nobody has asked for yet, in steps. */
  fill(): Generator<undefined, void>;
  /** It is not what the file has: it is thrown away. */
  drop(): void;
}

/** What is kept of the trace that a worker is of. */
export interface KeptTraces {
  /**
   * What is kept of the files as they lie there now, judged as `asked` says, which holds all that decides it
   * besides their bytes; `reread` reads and judges them after all, `digests` makes those of the files now. To
   * be called before they are read.
   */
  find(
    sources: readonly ByteSource[],
    asked: string,
    reread: () => Reread,
    digests: () => string,
  ): Before | undefined;
  /** Keeps what was read since `find`, in steps. */
  keep(sources: readonly ByteSource[], read: Kept): Generator<undefined, boolean>;
}

export interface Reread {
  readonly open: OpenTrace;
  readonly bundle?: Bundle | undefined;
  readonly analysis: Analysis;
}

/** A trace that is to be kept. */
export interface Kept extends Reread, Pick<Before, 'shown' | 'order' | 'files' | 'digest'> {
  /** Where an event's own text starts in its line; absent where that takes no look at the line. */
  readonly columnOf?: ColumnOf | undefined;
}

/** How much a trace may take. */
export interface MemoryBounds {
  watch(doing: 'reading' | 'judging'): CancelToken;
  /** Findings for which there is room. */
  mostFindings(): number;
}

/** What the host gives its worker besides the channel. */
export interface WorkerTools {
  /** Opens the source. Throws {@link JobFailure} when it cannot be read. */
  open(): ByteSource;
  /** The files of a run, in place of one source. */
  readonly run?: readonly RunSource[];
  /** Text of QEMU's trace-events file. */
  readonly traceEvents?: string | undefined;
  /** What its recorder wrote beside it. */
  readonly beside?: Beside | undefined;
  now(): number;
  /** Runs something behind what waits for the thread; absent where timers do it. */
  readonly later?: (next: () => void) => void;
  /** Opens the source as it is now, in place of `before`; absent where it cannot have changed. */
  readonly openAgain?: (before: ByteSource) => ByteSource;
  /**
   * Digest of a file that was opened, '' where it cannot be made; absent where none can. `known` says that it
   * begins with as many bytes as the file had whose digest was made last, and that these are the same.
   */
  readonly digest?: (source: ByteSource, known?: number) => string;
  /** The same of a whole file, in steps. */
  readonly digestInSteps?: (source: ByteSource) => Generator<undefined, string>;
  readonly decompress: Pick<ReadOptions, 'inflate' | 'unzstd' | 'unzstdStream' | 'decompress'>;
  /** The trace as it was read and judged before, where that is kept; absent where nothing is. */
  readonly kept?: KeptTraces;
  /** Where the content of a compressed file can be put; absent where it cannot. */
  readonly spool?: OpenSpool;
  /** Removes what is kept of all traces; returns how many there were. */
  readonly clearKept?: () => number;
  /** How much a trace may take of the memory; absent where a host cannot tell how much there is. */
  readonly memory?: MemoryBounds;
  /** Finds the source line of a kernel frame, where programs can be run. */
  readonly findSource?: DebugHost['findSource'];
}

/** What decides how a trace is judged, and how far. */
export function askedFor(
  { profiles, skewNs, clock, pageBytes }: CheckOptions,
  { memory }: Pick<WorkerTools, 'memory'>,
): AnalyzeOptions {
  const bounds = memory && { cancel: memory.watch('judging'), mostFindings: memory.mostFindings() };
  return { profiles, skewNs, clock, pageBytes, ...bounds };
}

/** A trace that was read, and judged at least once. */
export interface Judged {
  readonly source: ByteSource;
  readonly trace: OpenTrace;
  readonly analysis: Analysis;
  /** `file` for a run, whose files are each shown in their own way. */
  readonly shown: Shown;
  /** Where it is of several files: `source` is then the first one's. */
  readonly files?: RunFiles;
}

/** An expected refusal, as an exception up to the boundary of the worker. */
export class JobFailure extends Error {
  constructor(readonly error: JobError) {
    super(error.message);
  }
}

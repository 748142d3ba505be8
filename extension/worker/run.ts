/** Several files as one trace in the worker: reads them, and says of each row which file it is of. */
import type { Role } from '../../parsers/bundle/align.js';
import type { Bundle } from '../../parsers/bundle/merge.js';
import { openRun } from '../../parsers/bundle/open.js';
import type { ByteSource } from '../../parsers/base/source.js';
import type { OpenTrace } from '../../parsers/reader.js';
import type { Beside } from '../../recorder/names.js';
import type { TraceFiles } from '../debugger/host.js';
import { linesOf, numberRows, shownOf } from './shown.js';
import type { Shown } from '../protocol/place.js';

/** A file of a run as the host hands it over. */
export interface RunSource {
  /** How the host knows it. */
  readonly uri: string;
  /** How debug clients know it: its path, where it has one. */
  readonly path: string;
  /** How messages call it. */
  readonly name: string;
  readonly role: Role | undefined;
  readonly offsetNs: bigint | undefined;
  /** Text of QEMU's trace-events file. */
  readonly traceEvents: string | undefined;
  /** What its recorder wrote beside it. */
  readonly beside: Beside | undefined;
  open(): ByteSource;
}

/** A file of the trace that a run became. */
interface RunFile extends Pick<RunSource, 'uri' | 'path' | 'name'> {
  readonly role: Role;
  readonly isText: boolean;
  /** How it is shown by itself, and the line of its last event there. */
  readonly shown: Shown;
  readonly lines: number;
  /** What the rows' places refer to. */
  readonly source: ByteSource;
  /** The file as it lies there, compressed where it is. */
  readonly whole: ByteSource;
}

/** The files of the trace that a run became, and which row is of which. */
export class RunFiles implements TraceFiles {
  constructor(
    readonly parts: readonly RunFile[],
    /** Of all files of the run, those that stayed out included. */
    readonly sizeBytes: number,
    private readonly bundle: Bundle | undefined,
  ) {}

  partOf(row: number): RunFile {
    return this.parts[this.bundle ? this.bundle.sourceOf(row).part : 0]!;
  }

  of(row: number): { readonly path: string; readonly isText: boolean } {
    return this.partOf(row);
  }

  rowAtLine(path: string, line: number): number {
    const part = this.parts.findIndex((known) => known.path === path || known.uri === path);
    return part < 0 ? -1 : (this.bundle?.rowAtLine(part, line) ?? -1);
  }
}

/**
 * Reads the files of a run. Those whose clocks do not meet the others' stay out, and so does what holds the
 * same events once more, which an issue says: what is judged is the trace of the most files.
 */
export function readRun(
  run: readonly RunSource[],
  read: (file: RunSource, source: ByteSource) => OpenTrace,
): { readonly trace: OpenTrace; readonly files: RunFiles } {
  const sources = run.map((file) => file.open());
  const opens = run.map((file, i) => read(file, sources[i]!));
  // Before their tables are given up.
  const shown = opens.map((open) => ({ shown: shownOf(open), lines: linesOf(open) }));
  const opened = openRun(
    run.map(({ name, role, offsetNs }, i) => ({ path: name, open: opens[i]!, role, offsetNs })),
  );
  const most = opened.reduce((best, next) => (next.files.length > best.files.length ? next : best));
  const parts = most.files.map((index, i): RunFile => {
    const { uri, path, name } = run[index]!;
    const known = most.bundle?.parts[i];
    const { table } = most.open;
    return {
      uri,
      path,
      name,
      ...shown[index]!,
      role: known?.role ?? 'host',
      isText: known?.isText ?? (table.length > 0 && table.line(0) > 0),
      source: opens[index]!.mended ?? opens[index]!.plain ?? sources[index]!,
      whole: sources[index]!,
    };
  });
  // A run of one file has no merge that would have numbered its rows.
  if (!most.bundle && shownOf(most.open) === 'events') numberRows(most.open.table);
  return {
    trace: most.open,
    files: new RunFiles(
      parts,
      sources.reduce((sum, source) => sum + source.size, 0),
      most.bundle,
    ),
  };
}

/** Several files as one trace in the worker: reads them, and says of each row which file it is of. */
import type { Role } from '../../parsers/bundle/align.js';
import type { Bundle } from '../../parsers/bundle/bundle.js';
import { openRun } from '../../parsers/bundle/open.js';
import type { ByteSource } from '../../parsers/base/source.js';
import type { EventTable } from '../../parsers/events/table.js';
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

/** What was found of a file of the trace that a run became. */
export interface PartFacts {
  readonly role: Role;
  readonly isText: boolean;
  /** How it is shown by itself, and the line of its last event there. */
  readonly shown: Shown;
  readonly lines: number;
}

interface RunFile extends PartFacts, Pick<RunSource, 'uri' | 'path' | 'name'> {
  /** What the rows' places refer to. */
  readonly source: ByteSource;
  /** The file as it lies there, compressed where it is. */
  readonly whole: ByteSource;
}

/** The files of the trace that a run became, and which row is of which. */
export class RunFiles implements TraceFiles {
  constructor(
    readonly parts: readonly RunFile[],
    /** All files of the run, those that stayed out included. */
    readonly sources: readonly ByteSource[],
    /** Those of the trace among them. */
    readonly order: readonly number[],
    readonly bundle: Bundle | undefined,
    private readonly table: EventTable,
  ) {}

  get sizeBytes(): number {
    return this.sources.reduce((sum, source) => sum + source.size, 0);
  }

  partOf(row: number): RunFile {
    return this.parts[this.bundle?.partOf(row) ?? 0]!;
  }

  of(row: number): { readonly path: string; readonly isText: boolean } {
    return this.partOf(row);
  }

  rowAtLine(path: string, line: number): number {
    const part = this.parts.findIndex((known) => known.path === path || known.uri === path);
    if (part < 0) return -1;
    return this.bundle?.rowAtLine(part, line) ?? this.table.rowAtLine(line);
  }
}

/**
 * Reads the files of a run. Those whose clocks do not meet the others' stay out, and so does what holds the
 * same events once more, which an issue says: what is judged is the trace of the most files.
 */
export function readRun(
  run: readonly RunSource[],
  sources: readonly ByteSource[],
  read: (file: RunSource, source: ByteSource) => OpenTrace,
): { readonly trace: OpenTrace; readonly files: RunFiles } {
  const opens = run.map((file, i) => read(file, sources[i]!));
  // Before their tables are given up.
  const shown = opens.map((open) => ({ shown: shownOf(open), lines: linesOf(open) }));
  const opened = openRun(
    run.map(({ name, role, offsetNs }, i) => ({ path: name, open: opens[i]!, role, offsetNs })),
  );
  const most = opened.reduce((best, next) => (next.files.length > best.files.length ? next : best));
  const { table } = most.open;
  const facts = most.files.map((index, i): PartFacts => {
    const known = most.bundle?.parts[i];
    const isText = known?.isText ?? table.hasLines;
    return { ...shown[index]!, role: known?.role ?? 'host', isText };
  });
  // A run of one file has no merge that would have numbered its rows.
  if (!most.bundle && shownOf(most.open) === 'events') numberRows(table);
  const contents = most.files.map((index) => opens[index]!);
  return {
    trace: most.open,
    files: runFiles(run, sources, { table, order: most.files, bundle: most.bundle, facts, contents }),
  };
}

/** What is known of a run that was read, now or before. */
interface RunKnown {
  readonly table: EventTable;
  readonly order: readonly number[];
  readonly bundle: Bundle | undefined;
  /** Of each file of the trace. */
  readonly facts: readonly PartFacts[];
  readonly contents: readonly Pick<OpenTrace, 'mended' | 'plain'>[];
}

export function runFiles(
  run: readonly RunSource[],
  sources: readonly ByteSource[],
  { table, order, bundle, facts, contents }: RunKnown,
): RunFiles {
  const parts = order.map((index, i): RunFile => {
    const { uri, path, name } = run[index]!;
    const { mended, plain } = contents[i]!;
    const whole = sources[index]!;
    return { uri, path, name, ...facts[i]!, source: mended ?? plain ?? whole, whole };
  });
  return new RunFiles(parts, sources, order, bundle, table);
}

/** Where things stand in a trace, as the host and the worker name it to each other. */

/**
 * A place to go to: row (-1 for none), 1-based line of its file or its listing (0 for none), column from 0.
 */
export interface Spot {
  readonly row: number;
  readonly line: number;
  readonly column: number;
  /** URI of its file, where the trace is of several. */
  readonly file?: string;
}

/**
 * Many spots, column by column, whose buffers are handed over: as many objects would take longer to hand over
 * than to find.
 */
export interface Spots {
  readonly rows: Uint32Array<ArrayBuffer>;
  readonly lines: Uint32Array<ArrayBuffer>;
  readonly columns: Uint32Array<ArrayBuffer>;
  /** URIs of the files of a trace of several, and which one each spot is in. */
  readonly files?: readonly string[];
  readonly fileOf: Uint8Array<ArrayBuffer>;
}

export function spotsIn({ rows, lines, columns, files, fileOf }: Spots): readonly Spot[] {
  return Array.from(rows, (row, i) => {
    const file = files?.[fileOf[i]!];
    return { row, line: lines[i]!, column: columns[i]!, ...(file !== undefined && { file }) };
  });
}

/** A 1-based line, in a trace of several files of one of them. */
export interface LineOf {
  readonly line: number;
  /** URI of the line's file. */
  readonly file?: string;
}

/** Where an event stands in the trace; what stands for none has row -1. */
export interface EventPlace {
  readonly row: number;
  /** 1-based line of its file or its listing, 0 for none. */
  readonly line: number;
  readonly offset: number;
  /** UTF-16 columns of the event's text within its line, from 0. */
  readonly startColumn: number;
  readonly endColumn: number;
  /** Seconds with their fraction as the trace's clock has them, or a plain count of ticks. */
  readonly time: string;
  /** -1 when not known. */
  readonly cpu: number;
  readonly tid: number;
  readonly comm: string;
  readonly event: string;
  /** URI of its file, where the trace is of several. */
  readonly file?: string;
}

/**
 * What shows a trace as text: its own file, a listing of its events (one in a line, row 0 in line 1), or a
 * listing of the lines that a compressed file holds, or one of a text's own lines without their padding.
 */
export type Shown = 'file' | 'events' | 'content' | 'compact';

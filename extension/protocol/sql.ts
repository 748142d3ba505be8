/** Questions in SQL, as the host and a worker of their own say them to each other. */
import type { AskedPart } from '../../model/tables/part.js';
import type { Spot } from './place.js';

export interface SqlAsk {
  readonly sql: string;
  /** What the tables call the trace, and the version of shimtrace. */
  readonly path: string;
  readonly version: string;
  /** Code of the trace processor; needed with the first question only. */
  readonly code?: Uint8Array;
  /** Rows to send at most; all are counted. */
  readonly limit: number;
  /** Which events are asked about; the whole trace where nothing is said. */
  readonly part: AskedPart;
}

/** A value as it can be sent and shown; whole numbers are texts of digits, so that none loses any. */
export type SqlCell = string | null;

export interface SqlAnswer {
  readonly columns: readonly string[];
  /** By column: true where its values are numbers, which stand to the right. */
  readonly numeric: readonly boolean[];
  readonly rows: readonly (readonly SqlCell[])[];
  /** By row, where its event stands, by its column `line` or one that names a row of `events`. */
  readonly spots: readonly (Spot | null)[];
  /** How many rows there are, sent or not. */
  readonly total: number;
  readonly tookMs: number;
  /** How many events were asked about, where that is a part of the trace. */
  readonly events?: number;
}

/** A question that was refused, or a processor that failed. */
export interface SqlRefusal {
  readonly refused: string;
  /** Place in the text, from 1, where it is known. */
  readonly line?: number;
  readonly column?: number;
  /** The trace is too large for the processor: a part of it may not be. */
  readonly isTooLarge?: boolean;
}

export type SqlResult = SqlAnswer | SqlRefusal;

/** What the thread that reads a file and the one that judges it say to each other. */
import type { MessagePort } from 'node:worker_threads';
import type { HandedRows, LastRows } from '../../parsers/events/handedRows.js';

/** What the thread is started with. */
export interface ReadingJob {
  readonly path: string;
  readonly port: MessagePort;
  /** By {@link SIGNAL}. */
  readonly counters: SharedArrayBuffer;
  /** Bytes that were read so far, as one float64. */
  readonly done: SharedArrayBuffer;
}

/** In the counters: how much was told so far, on which the other thread waits. */
export const SIGNAL = 0;
export const COUNTERS = 1;

/** What it tells: rows as often as there are more, then all else, or that there is nothing. */
export type FromReading =
  | { readonly kind: 'rows'; readonly rows: HandedRows }
  | {
      readonly kind: 'end';
      readonly rows: LastRows;
      /** The file whose places are those of the rows: see {@link OpenSource.mark}. */
      readonly of: string | undefined;
    }
  | { readonly kind: 'failed' };

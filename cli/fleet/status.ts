/** What became of a run of a fleet: it stands in its folder, for whoever goes on, and as a table for SQL. */
import fs from 'node:fs';
import path from 'node:path';
import type { RunName } from './runName.js';

export const STATUS_FILE = 'status.json';
export const STATUS_TABLE = 'status.parquet';
export const MESSAGE_MAX = 2000;

/** What became of a run, as it stands in its folder. */
export interface RunStatus extends RunName {
  readonly file: string;
  readonly digest: string;
  readonly version: string;
  readonly judging: string;
  readonly outcome: 'judged' | 'failed' | 'timeout';
  /** What was said of a trace that could not be judged. */
  readonly message: string;
  readonly seconds: number;
  /** Not in the folder: true where it was there already. */
  readonly isKept?: boolean;
}

export type Ended = Pick<RunStatus, 'outcome' | 'message'>;

export function failed(message: string): Ended {
  return { outcome: 'failed', message: message.trim().slice(0, MESSAGE_MAX) };
}

/** The status of a run that is there; undefined where there is none that can be read, or not all of it. */
export function statusIn(folder: string): RunStatus | undefined {
  if (!fs.existsSync(path.join(folder, STATUS_TABLE))) return undefined;
  try {
    return JSON.parse(fs.readFileSync(path.join(folder, STATUS_FILE), 'utf8')) as RunStatus;
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code !== undefined) return undefined;
    throw error;
  }
}

/** Finds what `shimtrace record` has written beside a trace. */
import fs from 'node:fs';
import type { EventTable } from '../parsers/events/table.js';
import * as beside from '../recorder/beside.js';
import { BESIDE_BYTES_MAX, LOG_SUFFIX, SIDECAR_SUFFIX, type Beside } from '../recorder/names.js';
import type { Sidecar } from '../recorder/sidecar.js';

/** The sidecar of a trace; `problem` where there is one that is of no use. */
export function sidecarBeside(path: string): { readonly sidecar?: Sidecar; readonly problem?: string } {
  const bytes = sizeOf(path);
  return bytes === undefined ? {} : beside.sidecarIn(textsBeside(path), bytes);
}

/** The files that say what a trace is: itself, and what the recorder may have written beside it. */
export const besideOf = (path: string): readonly string[] => [
  path,
  `${path}${SIDECAR_SUFFIX}`,
  `${path}${LOG_SUFFIX}`,
];

/** The table with what the recorder knows of it. */
export function withSidecar(table: EventTable, path: string): EventTable {
  const bytes = sizeOf(path);
  return bytes === undefined ? table : beside.withSidecar(table, textsBeside(path), bytes);
}

/** The same of what was read so far; undefined where only the whole trace tells what lies beside it. */
export function withSidecarSoFar(table: EventTable, path: string): EventTable | undefined {
  const bytes = sizeOf(path);
  return bytes === undefined ? table : beside.withSidecarSoFar(table, textsBeside(path), bytes);
}

function textsBeside(path: string): Beside {
  return { json: textOf(`${path}${SIDECAR_SUFFIX}`), log: textOf(`${path}${LOG_SUFFIX}`) };
}

function sizeOf(path: string): number | undefined {
  const stat = fs.statSync(path, { throwIfNoEntry: false });
  return stat?.isFile() ? stat.size : undefined;
}

/** The text of a file; undefined where there is none, or none that could be ours. */
function textOf(path: string): string | undefined {
  const size = sizeOf(path);
  return size === undefined || size > BESIDE_BYTES_MAX ? undefined : fs.readFileSync(path, 'utf8');
}

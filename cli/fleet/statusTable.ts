/**
 * The table that says what became of a run, a row of one file in its folder: what engines that read folders
 * ask for a run's day and kernel, and why it has no other tables.
 */
import { Batch } from '../../model/tables/batch.js';
import type { ColumnSpec } from '../../model/tables/schema.js';
import { ParquetWriter } from '../../shell/parquet/writer.js';
import { VERSION } from '../version.js';
import type { RunStatus } from './status.js';

const MS_PER_SECOND = 1000;

const text = (name: string, isNullable: boolean, help: string): ColumnSpec => ({
  name,
  type: 'string',
  isNullable,
  help,
});

export const STATUS_COLUMNS: readonly ColumnSpec[] = [
  text('day', true, 'of the recording, 2026-11-30; null where no pattern or manifest said it'),
  text(
    'named_kernel',
    true,
    'release of the kernel by the pattern or the manifest; null where neither said it',
  ),
  text('file', false, 'the trace'),
  text('digest', false, 'its SHA-256; empty where it could not be read'),
  text('outcome', false, "'judged', 'failed', 'timeout'"),
  text('message', false, 'why it could not be judged; else empty'),
  text('judging', false, 'the options by which it was judged'),
  text('version', false, 'of shimtrace'),
  { name: 'ms', type: 'int64', isNullable: false, help: 'how long that took, in milliseconds' },
];

/** The file of a run, whole. */
export function statusParquet(status: RunStatus): Uint8Array {
  const batch = new Batch(STATUS_COLUMNS);
  const row = batch.add();
  const put = (name: string, value: string | undefined): void => {
    if (value !== undefined) batch.column(name).text(row, value);
  };
  put('day', status.day);
  put('named_kernel', status.kernel);
  for (const name of ['file', 'digest', 'outcome', 'message', 'judging', 'version'] as const)
    put(name, status[name]);
  batch.column('ms').whole(row, Math.round(status.seconds * MS_PER_SECOND));
  const parts: Uint8Array[] = [];
  const writer = new ParquetWriter(STATUS_COLUMNS, `shimtrace ${VERSION}`, (bytes) =>
    parts.push(bytes.slice()),
  );
  writer.add(batch);
  writer.finish();
  return Buffer.concat(parts);
}

/** The worker's trace as a file for Perfetto. */
import { RULES } from '../../model/rules/registry.js';
import { perfettoTrace } from '../../shell/perfetto/export.js';
import type { Judged } from './judged.js';

/** All of it in one piece: some fifty bytes an event. */
export function perfettoFile({ trace, analysis }: Judged, path: string): Uint8Array<ArrayBuffer> {
  const report = { path, table: trace.table, analysis, rules: RULES };
  const fieldsOf = (row: number): ReturnType<typeof trace.describe>['fields'] =>
    trace.describe(row, 'fields').fields;
  const pieces: Uint8Array[] = [];
  let length = 0;
  for (const piece of perfettoTrace(report, { fieldsOf })) {
    pieces.push(piece.slice());
    length += piece.length;
  }
  const file = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    file.set(piece, at);
    at += piece.length;
  }
  return file;
}

/** The worker's trace as a file for Perfetto. */
import { RULES } from '../../model/rules/registry.js';
import { perfettoTrace } from '../../shell/perfetto/export.js';
import type { Judged } from './judged.js';
import { joinBytes } from '../../parsers/base/bytes.js';

/** All of it in one piece: some fifty bytes an event. */
export function perfettoFile({ trace, analysis }: Judged, path: string): Uint8Array<ArrayBuffer> {
  const report = { path, table: trace.table, analysis, rules: RULES };
  const fieldsOf = (row: number): ReturnType<typeof trace.describe>['fields'] =>
    trace.describe(row, 'fields').fields;
  return joinBytes(Array.from(perfettoTrace(report, { fieldsOf }), (piece) => piece.slice()));
}

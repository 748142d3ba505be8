/** A conversion in a few words, as every editor shows it. */
import { plural } from '../parsers/base/plural.js';
import type { ReportedFinding } from './protocol/report.js';
import type { ConversionRow } from './protocol/shapes.js';

function listed(facts: readonly string[]): string {
  return facts.filter((fact) => fact !== '').join(', ');
}

/** `2 pages to private, 553 µs, done, 1 violation`, by the findings on its lines; none seen is not none. */
export function conversionText(row: ConversionRow, findings: readonly ReportedFinding[]): string {
  const violations = findings.filter(
    ({ at, verdict }) =>
      verdict === 'violation' && at.line >= row.spot.line && (row.lastLine === 0 || at.line <= row.lastLine),
  ).length;
  return listed([
    `${plural(row.pageCount, 'page')} to ${row.toPrivate ? 'private' : 'shared'}`,
    row.duration,
    row.errno === '' ? row.state : `failed ${row.errno}`,
    violations > 0 ? plural(violations, 'violation') : 'no violation seen',
  ]);
}

/** `EAGAIN, 12 µs`: how it ended and how long it took, beside its label. */
export function conversionDetail({ errno, state, duration }: ConversionRow): string {
  return listed([errno === '' ? state : errno, duration]);
}

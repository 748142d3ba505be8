/** A conversion in a few words, as every editor shows it. */
import { firstAbove } from '../parsers/base/search.js';
import { plural } from '../parsers/base/plural.js';
import type { ReportedFinding } from './protocol/report.js';
import type { ConversionRow } from './protocol/shapes.js';

function listed(facts: readonly string[]): string {
  return facts.filter((fact) => fact !== '').join(', ');
}

/** The lines of all violations, ascending: what every conversion is told by. */
export function violationLines(findings: readonly ReportedFinding[]): Float64Array {
  const violations = findings.filter(({ verdict }) => verdict === 'violation');
  return Float64Array.from(violations, ({ at }) => at.line).sort();
}

/** `2 pages to private, 553 µs, done, 1 violation`, by the violations on its lines; none seen is not none. */
export function conversionText(row: ConversionRow, lines: Float64Array): string {
  const until = row.lastLine === 0 ? Infinity : row.lastLine;
  const violations = firstAbove(lines, until) - firstAbove(lines, row.spot.line - 1);
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

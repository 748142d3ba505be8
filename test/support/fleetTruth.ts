/** Where a report of a fleet parts from the truth of how the fleet was made. */
import { rowsIn, type FleetReport } from '../../cli/fleet/report.js';
import type { Row } from '../../cli/fleet/duckdb.js';
import type { Standing, Truth } from './simulatedFleet.js';

/** A line each. */
export function differences(report: FleetReport, truth: Truth): readonly string[] {
  return [
    ...differ('traces', report.summary.traces, truth.traces),
    ...differ('judged', report.summary.judged, truth.traces - truth.damaged),
    ...differ('failed', report.summary.failed, truth.damaged),
    ...differ('traces that failed', rowsIn(report, 'failed').length, truth.damaged),
    ...ofStanding(report, truth),
    ...ofBroken(report, truth),
    ...ofConversions(report, truth),
    ...ofUndecided(report, truth),
  ];
}

function differ(what: string, said: unknown, known: unknown): readonly string[] {
  return said === known ? [] : [`${what}: ${String(said)}, and the truth is ${String(known)}`];
}

function keyOf({ rule, host, kernel }: Row): string {
  return [rule, host, kernel].join('/');
}

function ofStanding({ standing }: FleetReport, truth: Truth): readonly string[] {
  const counts = ['broken', 'held', 'suspicious', 'undecided', 'since', 'last_broken'] as const;
  return [
    ...differ('rows of standing', standing.rows.length, truth.standing.size),
    ...standing.rows.flatMap((row) => {
      const known = truth.standing.get(keyOf(row));
      return counts.flatMap((name) => differ(`${keyOf(row)} ${name}`, row[name], known?.[name]));
    }),
  ];
}

function ofBroken(report: FleetReport, truth: Truth): readonly string[] {
  const rows = rowsIn(report, 'broken');
  const known = [...truth.standing.values()].filter(({ broken }) => broken > 0).length;
  return [
    ...differ('rows of broken', rows.length, known),
    ...rows.flatMap((row) => {
      const of = truth.standing.get(keyOf(row));
      return [
        ...differ(`${keyOf(row)} pattern`, row['pattern'], of && patternOf(of)),
        ...differ(`${keyOf(row)} held until`, row['held_until'], of && heldUntil(of)),
      ];
    }),
  ];
}

function patternOf({ broken, heldOn, since, last_broken }: Standing): string {
  if (heldOn.some((day) => day >= since! && day <= last_broken!)) return 'flaky';
  if (heldOn.some((day) => day > last_broken!)) return 'over';
  return broken > 1 ? 'steady' : 'once';
}

function heldUntil({ heldOn, since }: Standing): string | null {
  return heldOn.filter((day) => day < since!).at(-1) ?? null;
}

function ofConversions(report: FleetReport, truth: Truth): readonly string[] {
  const rows = rowsIn(report, 'conversions');
  return [
    ...differ('rows of conversions', rows.length, truth.conversions.size),
    ...rows.flatMap((row) => {
      const key = `${String(row['kernel'])}/${String(row['becoming'])}`;
      const all = truth.conversions.get(key) ?? [];
      const rank = (part: number): number => all[Math.ceil((all.length * part) / 100) - 1]! / 1e3;
      return [
        ...differ(`${key} n`, row['n'], all.length),
        ...differ(`${key} p50`, row['p50_us'], rank(50)),
        ...differ(`${key} p99`, row['p99_us'], rank(99)),
      ];
    }),
  ];
}

function ofUndecided(report: FleetReport, truth: Truth): readonly string[] {
  const known = new Map<string, { undecided: number; judged: number }>();
  for (const [key, { broken, held, undecided }] of truth.standing) {
    const rule = key.split('/')[0]!;
    const of = known.get(rule) ?? { undecided: 0, judged: 0 };
    known.set(rule, { undecided: of.undecided + undecided, judged: of.judged + broken + held });
  }
  return rowsIn(report, 'undecided').flatMap((row) => {
    const of = known.get(String(row['rule']));
    return [
      ...differ(`${String(row['rule'])} undecided`, row['undecided'], of?.undecided),
      ...differ(`${String(row['rule'])} judged`, row['judged'], of?.judged),
    ];
  });
}

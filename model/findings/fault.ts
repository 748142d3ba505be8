/**
 * Findings that are one fault. Rules that are broken at one event by the same defect say the same thing, and
 * a defect that is met at four events is one fault that was seen four times. What rules could not decide is
 * no fault.
 */
import { COMPANIONS, defectOf } from './defects.js';
import type { Evidence, Finding, Severity, Verdict } from './finding.js';

/** What grouping asks of a finding: the model's own, or the editor's copy of it. */
export interface Groupable extends Pick<Finding, 'id' | 'rule' | 'verdict' | 'severity' | 'message'> {
  /** Row of its event. */
  readonly row: number;
  /** Rows of what caused it. */
  readonly causeRows: readonly number[];
}

/** The findings of one fault at one event, the worst first. */
export interface Sight<T> {
  readonly findings: readonly T[];
}

export interface Fault<T> {
  /** The id of the finding that leads: the worst where it was seen first. */
  readonly id: string;
  readonly verdict: Verdict;
  /** The worst of its findings'. */
  readonly severity: Severity;
  /** In the order of the trace. */
  readonly sights: readonly Sight<T>[];
}

export function groupable({ id, rule, verdict, severity, message, at, evidence }: Finding): Groupable {
  const causeRows = evidence.filter(isCause).map(({ row }) => row);
  return { id, rule, verdict, severity, message, row: at, causeRows };
}

function isCause({ role }: Pick<Evidence, 'role'>): boolean {
  return role === 'cause';
}

/** Sets that are joined two by two. */
class Joined {
  private readonly parent: number[] = [];

  constructor(count: number) {
    for (let i = 0; i < count; i++) this.parent.push(i);
  }

  of(index: number): number {
    let at = index;
    while (this.parent[at] !== at) {
      this.parent[at] = this.parent[this.parent[at]!]!;
      at = this.parent[at]!;
    }
    return at;
  }

  join(a: number, b: number): void {
    // The first of a set stands for it.
    const [first, other] = [this.of(a), this.of(b)].sort((x, y) => x - y) as [number, number];
    this.parent[other] = first;
  }
}

/** Faults by their first event. `findings` are in the order of the trace, and `as` says what each is. */
export function faultsOf<T>(findings: readonly T[], as: (finding: T) => Groupable): readonly Fault<T>[] {
  const all = findings.flatMap((finding) => {
    const known = as(finding);
    return known.verdict === 'undecidable' ? [] : [{ finding, known, defect: defectOf(known) }];
  });
  const events = new Joined(all.length);
  const faults = new Joined(all.length);
  const byDefect = new Map<string, number>();
  const byPlace = new Map<string, number>();
  const key = (verdict: Verdict, what: string): string => `${verdict} ${what}`;
  all.forEach(({ known: { verdict, row }, defect }, i) => {
    const first = byDefect.get(key(verdict, defect));
    if (first === undefined) byDefect.set(key(verdict, defect), i);
    else faults.join(first, i);
    const place = key(verdict, `${row} ${defect}`);
    const here = byPlace.get(place);
    if (here === undefined) byPlace.set(place, i);
    else events.join(here, i);
  });
  all.forEach(({ known: { verdict, row, causeRows }, defect }, i) => {
    for (const other of companionsOf(defect))
      for (const at of [row, ...causeRows]) {
        const there = byPlace.get(key(verdict, `${at} ${other}`));
        if (there === undefined) continue;
        events.join(there, i);
        faults.join(there, i);
      }
  });
  const groups = new Map<number, Map<number, T[]>>();
  all.forEach(({ finding }, i) => {
    const sights = groups.get(faults.of(i)) ?? new Map<number, T[]>();
    groups.set(faults.of(i), sights);
    const sight = sights.get(events.of(i)) ?? [];
    sight.push(finding);
    sights.set(events.of(i), sight);
  });
  const severity = (finding: T): number => as(finding).severity;
  return [...groups.values()].map((group): Fault<T> => {
    const sights = [...group.values()].map((one) => [...one].sort((a, b) => severity(a) - severity(b)));
    const { id, verdict } = as(sights[0]![0]!);
    const worst = sights.reduce<number>((least, [lead]) => Math.min(least, severity(lead!)), 4) as Severity;
    return { id, verdict, severity: worst, sights: sights.map((findings) => ({ findings })) };
  });
}

function companionsOf(defect: string): readonly string[] {
  return COMPANIONS.flatMap(([a, b]) => {
    if (a === defect) return [b];
    return b === defect ? [a] : [];
  });
}

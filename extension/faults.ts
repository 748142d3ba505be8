/** The findings of a report as faults: what one defect breaks, wherever it was met. */
import { faultsOf, type Fault, type Groupable, type Sight } from '../model/findings/fault.js';
import type { Verdict } from '../model/findings/finding.js';
import type { ReportedFinding } from './protocol/report.js';

export type ReportedFault = Fault<ReportedFinding>;
export type ReportedSight = Sight<ReportedFinding>;

export function faultsIn(findings: readonly ReportedFinding[]): readonly ReportedFault[] {
  return faultsOf(findings, groupable);
}

function groupable({ id, rule, verdict, severity, message, at, evidence }: ReportedFinding): Groupable {
  const causeRows = evidence.filter(({ role }) => role === 'cause').map(({ place }) => place.row);
  return { id, rule, verdict, severity, message, row: at.row, causeRows };
}

/** What comes first: a verdict outranks every severity. */
const VERDICT_RANKS: Readonly<Record<Verdict, number>> = { violation: 0, suspicious: 10, undecidable: 20 };

export function rank({ verdict, severity }: Pick<ReportedFinding, 'verdict' | 'severity'>): number {
  return VERDICT_RANKS[verdict] + severity;
}

/** The worst fault's first finding, else the first of what is undecided; undefined where there is none. */
export function firstFinding(findings: readonly ReportedFinding[]): ReportedFinding | undefined {
  const worst = faultsIn(findings).reduce<ReportedFault | undefined>(
    (a, b) => (a && rank(a) <= rank(b) ? a : b),
    undefined,
  );
  return worst ? worst.sights[0]!.findings[0] : findings[0];
}

/** `G1 private-never-mapped, G9 refs-safe`: each rule of these once, with its name. */
export function rulesText(
  rules: readonly { readonly id: string; readonly name: string }[],
  findings: readonly Pick<ReportedFinding, 'rule'>[],
): string {
  return [...new Set(findings.map(({ rule }) => rule))].map((id) => ruleText(rules, id)).join(', ');
}

/** `G9 refs-safe`. */
export function ruleText(
  rules: readonly { readonly id: string; readonly name: string }[],
  id: string,
): string {
  return `${id} ${rules.find((rule) => rule.id === id)?.name ?? ''}`.trim();
}

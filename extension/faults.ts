/** The findings of a report as faults: what one defect breaks, wherever it was met. */
import { faultsOf, violatedFaults, type Fault, type Groupable, type Sight } from '../model/findings/fault.js';
import { worstOf } from '../model/findings/rank.js';
import { ruleTitle } from '../model/findings/report.js';
import type { ReportedEvidence, ReportedFinding } from './protocol/report.js';

export type ReportedFault = Fault<ReportedFinding>;
export type ReportedSight = Sight<ReportedFinding>;

export function faultsIn(findings: readonly ReportedFinding[]): readonly ReportedFault[] {
  return faultsOf(findings, groupable);
}

/** How many faults the violations among these are. */
export function violatedFaultsIn(findings: readonly ReportedFinding[]): number {
  return violatedFaults(findings, groupable);
}

function groupable({ id, rule, verdict, severity, message, at, evidence }: ReportedFinding): Groupable {
  const causeRows = evidence.filter(({ role }) => role === 'cause').map(({ place }) => place.row);
  return { id, rule, verdict, severity, message, row: at.row, causeRows };
}

/** Findings by event: those of one fault together, what is undecided by itself and last. */
export function sightsIn(findings: readonly ReportedFinding[]): readonly (readonly ReportedFinding[])[] {
  const undecided = findings.filter(({ verdict }) => verdict === 'undecidable').map((finding) => [finding]);
  const sights = faultsIn(findings).flatMap((fault) => fault.sights.map((sight) => sight.findings));
  return [...sights, ...undecided];
}

/** The worst fault's first finding, else the first of what is undecided; undefined where there is none. */
export function firstFinding(findings: readonly ReportedFinding[]): ReportedFinding | undefined {
  const worst = worstOf(faultsIn(findings));
  return worst ? worst.sights[0]!.findings[0] : findings[0];
}

/** `G1 private-never-mapped, G9 refs-safe`: each rule of these once, with its name. */
export function rulesText(
  rules: readonly { readonly id: string; readonly name: string }[],
  findings: readonly Pick<ReportedFinding, 'rule'>[],
): string {
  return [...new Set(findings.map(({ rule }) => rule))].map((id) => ruleTitle({ rules }, id)).join(', ');
}

/** The row of a finding's event, or of what a piece of evidence shows. */
export function rowOf(of: ReportedFinding | ReportedEvidence): number {
  return 'at' in of ? of.at.row : of.place.row;
}

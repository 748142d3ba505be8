/**
 * The rules at the cursor: what each one has said so far, and how far the chain of its next finding has come.
 */
import {
  makeList,
  makeObject,
  type ExprObject,
  type Item,
  type MemberSource,
  type Value,
} from '../expr/value.js';
import type { Finding, RuleStatus, Verdict } from '../findings/finding.js';
import type { Moment } from './moment.js';

function countUntil(findings: readonly Finding[], row: number, verdict: Verdict): number {
  let count = 0;
  for (const finding of findings) if (finding.at <= row && finding.verdict === verdict) count++;
  return count;
}

export function findingObject(moment: Moment, finding: Finding): ExprObject {
  const { index } = moment;
  return makeObject('finding', () => `${finding.verdict}: ${finding.message}`, {
    id: { doc: 'Its stable id', get: () => finding.id },
    rule: { doc: 'The rule', get: () => finding.rule },
    verdict: { doc: 'violation, suspicious or undecidable', get: () => finding.verdict },
    severity: { doc: '1 isolation broken to 4 hygiene', get: () => finding.severity },
    message: { doc: 'What happened', get: () => finding.message },
    reason: { doc: 'Why it was not decided', get: () => finding.reason },
    at: { doc: 'Where', get: () => index.place(finding.at) },
    evidence: { doc: 'What shows it', get: () => makeList('evidence', evidenceItems(moment, finding)) },
  });
}

function evidenceItems(moment: Moment, finding: Finding): Item[] {
  return finding.evidence.map(({ row, note }, i) => {
    const toCome = row > moment.row ? ' (to come)' : '';
    return { name: `${i}`, value: `${moment.index.place(row)}${toCome}: ${note}` };
  });
}

/** The finding whose evidence is being gathered at the cursor: the first one that is not complete yet. */
function nextFinding(findings: readonly Finding[], row: number): Finding | undefined {
  return findings.find((finding) => lastRow(finding) > row);
}

function lastRow(finding: Finding): number {
  return finding.evidence.reduce<number>((row, evidence) => Math.max(row, evidence.row), finding.at);
}

function chainText(moment: Moment, findings: readonly Finding[]): string {
  const next = nextFinding(findings, moment.row);
  if (!next) return findings.length === 0 ? 'no finding in this trace' : 'every finding lies behind';
  const seen = next.evidence.filter((evidence) => evidence.row <= moment.row).length;
  const missing = next.evidence.find((evidence) => evidence.row > moment.row);
  const waits = missing ? `, next: ${missing.note} at ${moment.index.place(missing.row)}` : '';
  return `${seen} of ${next.evidence.length} of ${next.id}${waits}`;
}

function judgement(moment: Moment, rule: RuleStatus, findings: readonly Finding[]): string {
  const counts = (['violation', 'suspicious', 'undecidable'] as const)
    .map((verdict) => ({ verdict, count: countUntil(findings, moment.row, verdict) }))
    .filter(({ count }) => count > 0)
    .map(({ verdict, count }) => `${count} ${verdict}`);
  if (counts.length > 0) return counts.join(', ');
  if (rule.status === 'not-applicable') return 'not applicable';
  return rule.status === 'undecidable'
    ? `undecidable (${[...new Set(rule.reasons.map((r) => r.reason))].join(', ')})`
    : 'OK so far';
}

function ruleObject(moment: Moment, rule: RuleStatus): ExprObject {
  const findings = moment.index.findingsOf(rule.id).filter((finding) => finding.profile === rule.profile);
  const next = (): Finding | undefined => findings.find((finding) => finding.at > moment.row);
  return makeObject('rule', () => judgement(moment, rule, findings), {
    judgement: { doc: 'What it has said so far', get: () => judgement(moment, rule, findings) },
    chain: {
      doc: "How much of the next finding's evidence has been seen",
      get: () => chainText(moment, findings),
    },
    violations: { doc: 'Violations so far', get: () => countUntil(findings, moment.row, 'violation') },
    suspicious: { doc: 'Suspicions so far', get: () => countUntil(findings, moment.row, 'suspicious') },
    undecidable: { doc: 'Undecided so far', get: () => countUntil(findings, moment.row, 'undecidable') },
    next: {
      doc: 'The next finding',
      get: () => {
        const f = next();
        return f && findingObject(moment, f);
      },
    },
    status: { doc: 'Over the whole trace: judged, undecidable or not-applicable', get: () => rule.status },
    checks: { doc: 'Checks over the whole trace', get: () => rule.checks },
    profile: { doc: 'Profile it belongs to', get: () => rule.profile },
    reasons: {
      doc: 'Why checks were not decided',
      get: () =>
        makeList(
          'reasons',
          rule.reasons.map((reason, i) => ({
            name: `${i}`,
            value: `${reason.count} ${reason.reason}: ${reason.detail}`,
          })),
        ),
    },
  });
}

/** Rules by id. Those of the profiles judged, in the order of the analysis. */
export function rulesObject(moment: Moment): ExprObject {
  const { rules, findings } = moment.index.analysis;
  const members: Record<string, MemberSource> = {};
  for (const rule of rules) {
    const name = rule.id in members ? `${rule.id}_${rule.profile.replace(/-/g, '_')}` : rule.id;
    members[name] = { doc: `Rule ${rule.id} of ${rule.profile}`, get: () => ruleObject(moment, rule) };
  }
  const soFar = (verdict: Verdict): number => countUntil(findings, moment.row, verdict);
  const violations = (): number => soFar('violation');
  return makeObject(
    'rules',
    () =>
      [
        `${violations()} violations`,
        `${soFar('suspicious')} suspicious`,
        `${soFar('undecidable')} undecidable so far`,
      ].join(', '),
    members,
    { scalar: violations },
  );
}

/** Findings at the event of the cursor. */
export function findingsHere(moment: Moment): Value {
  const here = moment.index.analysis.findings.filter((finding) => finding.at === moment.row);
  return makeList(
    'findings',
    here.map((finding) => ({ name: finding.id, value: findingObject(moment, finding) })),
  );
}

/** Holds what was found in a sample trace against what must be found in it. */
import type { Finding, RuleStatus } from '../../model/findings/finding.js';
import { lineOf, type Judged } from './judge.js';
import type { Expectation, ExpectedFinding } from './samples.js';

/** One sentence for each difference; empty when all is as expected. */
export function differences(expect: Expectation, judged: Judged): readonly string[] {
  return [
    ...missingFindings(expect, judged),
    ...extraViolations(expect, judged),
    ...wrongUndecided(expect, judged),
    ...wrongClean(expect, judged),
  ];
}

function matches(expected: ExpectedFinding, found: Finding, judged: Judged): boolean {
  return (
    found.rule === expected.rule &&
    found.profile === expected.profile &&
    found.verdict === expected.verdict &&
    (expected.line === undefined || lineOf(judged, found) === expected.line)
  );
}

function missingFindings(expect: Expectation, judged: Judged): string[] {
  const { findings } = judged.analysis;
  return expect.findings
    .filter((wanted) => !findings.some((f) => matches(wanted, f, judged)))
    .map((wanted) => {
      const near = findings.filter((f) => f.rule === wanted.rule).map((f) => describe(f, judged));
      const found = near.join(', ') || 'nothing';
      const expected = `${wanted.verdict} of ${wanted.rule} at line ${wanted.line ?? 'any'}`;
      return `expected ${expected}; found ${found} (${statusText(wanted.rule, judged)})`;
    });
}

function extraViolations(expect: Expectation, judged: Judged): string[] {
  return judged.analysis.findings
    .filter((f) => f.verdict === 'violation' && !expect.findings.some((wanted) => matches(wanted, f, judged)))
    .map((f) => `not expected: ${describe(f, judged)}`);
}

function wrongUndecided(expect: Expectation, judged: Judged): string[] {
  const out: string[] = [];
  for (const { rule, reason } of expect.undecidable) {
    if (!statusesOf(rule, judged).some((s) => s.reasons.some((r) => r.reason === reason)))
      out.push(`expected ${rule} to be undecidable (${reason}); it is ${statusText(rule, judged)}`);
    for (const f of judged.analysis.findings) {
      if (f.rule === rule && f.verdict !== 'undecidable')
        out.push(`expected no verdict of ${rule}; found ${describe(f, judged)}`);
    }
  }
  return out;
}

function wrongClean(expect: Expectation, judged: Judged): string[] {
  const out: string[] = [];
  for (const rule of expect.clean) {
    if (!statusesOf(rule, judged).some((s) => s.status === 'judged'))
      out.push(`expected ${rule} to be judged OK; it is ${statusText(rule, judged)}`);
    for (const f of judged.analysis.findings) {
      if (f.rule === rule && f.verdict !== 'undecidable')
        out.push(`expected ${rule} to be judged OK; found ${describe(f, judged)}`);
    }
  }
  return out;
}

function statusesOf(rule: string, judged: Judged): readonly RuleStatus[] {
  return judged.analysis.rules.filter((s) => s.id === rule);
}

export function describeStatus(status: RuleStatus): string {
  const reasons = status.reasons.map((r) => `${r.reason} ×${r.count}: ${r.detail}`);
  const why = reasons.length > 0 ? `, ${reasons.join('; ')}` : '';
  return `${status.id} ${status.status}, ${status.checks} checks${why}`;
}

function statusText(rule: string, judged: Judged): string {
  return statusesOf(rule, judged).map(describeStatus).join('; ') || 'not listed';
}

export function describe(finding: Finding, judged: Judged): string {
  const { verdict, rule, profile, message } = finding;
  return `${verdict} of ${rule} (${profile}) at line ${lineOf(judged, finding)}: ${message}`;
}

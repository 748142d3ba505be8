/**
 * Whether verdicts agree with a label. Strict: a violation must be found at the labelled line
 * or, where the first witness may reasonably be another event, at a related one; in the profiles
 * that a label speaks of, nothing else may be called a violation. Later repeats of a labelled
 * fact are not listed in the labels and are fine.
 */
import type { Finding, ProfileId } from '../../model/findings/finding.js';
import { describe, describeStatus } from '../golden/compare.js';
import { lineOf, type Judged } from '../golden/judge.js';
import type { Label, LabelEntry } from './labels.js';

/**
 * The in-place workloads map the file twice while the guest runs and pin its pages, on correct kernels too.
 * The rules of 2022 forbid that, and the labels list it only in part.
 */
const OUTSIDE_LABELS = new Set(['R1', 'R1b', 'R2', 'A1']);

const of = (entry: LabelEntry, f: Finding): boolean =>
  f.profile === entry.profile && (entry.rule === '*' || f.rule === entry.rule);

function mayBeViolation(entry: LabelEntry): boolean {
  return entry.verdict === 'violation' || (entry.acceptable ?? []).includes('violation');
}

/** One sentence for each disagreement. */
export function disagreements(label: Label, judged: Judged): readonly string[] {
  const violations = judged.analysis.findings.filter((f) => f.verdict === 'violation');
  return [
    ...label.expected.flatMap((entry) => entryDisagreements(entry, judged, violations)),
    ...unlisted(label, judged, violations),
  ];
}

function linesOf(entry: LabelEntry): readonly number[] {
  const line = entry.where?.line;
  return line === undefined || line === null ? [] : [line, ...(entry.where?.related_lines ?? [])];
}

function entryDisagreements(entry: LabelEntry, judged: Judged, violations: readonly Finding[]): string[] {
  const mine = violations.filter((f) => of(entry, f));
  const status = judged.analysis.rules.find((s) => s.id === entry.rule && s.profile === entry.profile);
  const named = `${entry.rule} (${entry.profile})`;
  if (entry.verdict === 'violation' || entry.verdict === 'suspicious') {
    const lines = linesOf(entry);
    const found = judged.analysis.findings.filter((f) => of(entry, f) && f.verdict === entry.verdict);
    const hit = found.some((f) => lines.length === 0 || lines.includes(lineOf(judged, f)));
    if (hit || (mine.length === 0 && (entry.acceptable ?? []).length > 0)) return [];
    const instead =
      found.map((f) => lineOf(judged, f)).join(', ') || (status ? describeStatus(status) : 'nothing');
    const place = `line ${lines[0] ?? 'any'} (${entry.where?.why ?? ''})`;
    return [`${named}: expected ${entry.verdict} at ${place}; found ${instead}`];
  }
  const out = mayBeViolation(entry)
    ? []
    : mine.map((f) => `${named}: expected ${entry.verdict}; found ${describe(f, judged)}`);
  if (entry.verdict === 'undecidable' && mine.length === 0 && !(status && status.reasons.length > 0)) {
    out.push(
      `${named}: expected undecidable with a reason; it is ${status ? describeStatus(status) : 'not listed'}`,
    );
  }
  return out;
}

/**
 * Violations that no entry lists, in the profiles that entries speak of, and
 * those before the first labelled witness.
 */
function unlisted(label: Label, judged: Judged, violations: readonly Finding[]): string[] {
  const profiles = new Set<ProfileId>(label.expected.map((entry) => entry.profile));
  const shim = label.file.startsWith('shim/');
  const out: string[] = [];
  for (const f of violations) {
    if (!profiles.has(f.profile)) continue;
    if (!shim && OUTSIDE_LABELS.has(f.rule)) continue;
    const entries = label.expected.filter((entry) => entry.rule !== '*' && of(entry, f));
    if (entries.some((entry) => !mayBeViolation(entry))) continue;
    const listed = entries.filter(mayBeViolation);
    if (listed.length === 0) out.push(`not labelled: ${describe(f, judged)}`);
    else if (listed.every((entry) => isBeforeAll(lineOf(judged, f), linesOf(entry))))
      out.push(`before its label: ${describe(f, judged)}`);
  }
  return out;
}

function isBeforeAll(line: number, lines: readonly number[]): boolean {
  return lines.length > 0 && lines.every((l) => line < l);
}

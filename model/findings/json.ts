/**
 * Findings as JSON of schema `shimtrace.check/1`, documented in docs/check.schema.json. 64-bit values are
 * strings.
 */
import { onceOf } from '../../parsers/base/onceOf.js';
import { ISSUE_KINDS } from '../../parsers/events/issues.js';
import { UNKNOWN_CPU } from '../../parsers/events/table.js';
import { faultsOf, groupable, type Fault, type Sight } from './fault.js';
import type { Finding, PageRange } from './finding.js';
import { outcomeOf, reportHeadline, type Headline } from './headline.js';
import { jsonParts, Lazily, mapped } from './jsonParts.js';
import { issueText, listedFindings, placeOf, unlistedCount, type TraceReport } from './report.js';
import { titleOf } from './title.js';

export const CHECK_SCHEMA = 'shimtrace.check/1';

/**
 * All judged traces of one call, as the parts of one document that ends in a newline; they are asked for one
 * at a time, and so are their findings.
 */
export function* renderJson(reports: Iterable<TraceReport>): Generator<string> {
  yield* jsonParts({ schema: CHECK_SCHEMA, traces: new Lazily(mapped(reports, traceJson)) });
  yield '\n';
}

function traceJson(report: TraceReport): object {
  const { analysis, table } = report;
  return {
    path: report.path,
    headline: headlineJson(reportHeadline(report)),
    ...(report.files && { files: report.files }),
    format: table.meta.format,
    clock: table.meta.clock,
    timeUnit: table.meta.timeUnit,
    kernel: table.meta.kernel,
    profiles: analysis.profiles,
    profileReason: analysis.profileReason,
    events: {
      total: table.length,
      understood: analysis.understood,
      unread: analysis.unread,
      unknown: analysis.unknown,
      ofKvm: analysis.ofKvm,
    },
    loss: table.losses.map((loss) => ({
      line: loss.line,
      offset: loss.offset,
      cpu: loss.cpu,
      count: loss.count,
      fromStart: loss.fromStart,
    })),
    issues: table.issues.map((issue) => ({
      ...(issue.file !== undefined && { path: issue.file }),
      code: issue.code,
      severity: ISSUE_KINDS[issue.code].severity,
      line: issue.line,
      offset: issue.offset,
      count: issue.count,
      message: issueText(issue),
    })),
    rules: analysis.rules.map((status) => ({
      id: status.id,
      profile: status.profile,
      status: status.status,
      outcome: outcomeOf(status),
      checks: status.checks,
      decided: status.held + status.broken,
      held: status.held,
      broken: status.broken,
      undecided: status.undecided,
      reasons: status.reasons.map((reason) => ({
        reason: reason.reason,
        count: reason.count,
        line: placeOf(table, reason.row).line,
        missing: reason.missing,
        detail: reason.detail,
      })),
    })),
    faults: new Lazily(listedFaults(report)),
    findings: new Lazily(mapped(listedFindings(report), (finding) => findingJson(report, finding))),
    ...(report.maxFindings !== undefined && { unlistedFindings: unlistedCount(report) }),
    ...(report.suppressed && {
      suppressed: report.suppressed.map(({ finding, reason }) => ({
        id: finding.id,
        rule: finding.rule,
        verdict: finding.verdict,
        message: finding.message,
        line: placeOf(table, finding.at).line,
        reason,
      })),
    }),
    ...(report.stale && {
      staleSuppressions: report.stale.map(({ about, reason, why }) => ({ about, reason, why })),
    }),
  };
}

function headlineJson({ text, state, violations, faults, suspicious, setAside, rules }: Headline): object {
  return {
    text,
    state,
    violations,
    faults,
    suspicious,
    setAside,
    rules: {
      held: rules.held,
      broken: rules.broken,
      undecided: rules.undecided,
      notApplicable: rules['not-applicable'],
    },
  };
}

interface Faults {
  readonly all: readonly Fault<Finding>[];
  /** The id of the fault that a finding belongs to. */
  readonly idOf: ReadonlyMap<Finding, string>;
}

/** The faults of all findings of a trace, worked out once. */
const faultsIn = onceOf(({ findings }: TraceReport['analysis']): Faults => {
  const all = faultsOf(findings, groupable);
  const idOf = new Map<Finding, string>();
  for (const { id, sights } of all)
    for (const { findings: same } of sights) for (const finding of same) idOf.set(finding, id);
  return { all, idOf };
});

/** The faults of the findings that are listed. */
function* listedFaults(report: TraceReport): Generator<object> {
  const findings = listedFindings(report);
  const isAll = findings.length === report.analysis.findings.length;
  const listed = isAll ? undefined : new Set(findings);
  for (const { id, verdict, severity, sights } of faultsIn(report.analysis).all) {
    const rules = new Set<string>();
    for (const seen of listedSights(sights, listed)) for (const { rule } of seen) rules.add(rule);
    if (rules.size === 0) continue;
    yield {
      id,
      verdict,
      severity,
      title: titleOf(report.analysis, sights[0]!.findings[0]!),
      rules: [...rules],
      seen: new Lazily(mapped(listedSights(sights, listed), (seen) => seenJson(report, seen))),
    };
  }
}

/** The findings of each sight that are `listed`, all where that is undefined. */
function* listedSights(
  sights: readonly Sight<Finding>[],
  listed: ReadonlySet<Finding> | undefined,
): Generator<readonly Finding[]> {
  for (const { findings } of sights) {
    const seen = listed ? findings.filter((finding) => listed.has(finding)) : findings;
    if (seen.length > 0) yield seen;
  }
}

function seenJson({ table }: TraceReport, findings: readonly Finding[]): object {
  return { line: placeOf(table, findings[0]!.at).line, findings: findings.map(({ id }) => id) };
}

/** One finding; `explain` prints it with the page's states added. */
export function findingJson(report: TraceReport, finding: Finding): object {
  return {
    id: finding.id,
    fault: faultsIn(report.analysis).idOf.get(finding) ?? null,
    rule: finding.rule,
    profile: finding.profile,
    verdict: finding.verdict,
    severity: finding.severity,
    title: titleOf(report.analysis, finding),
    message: finding.message,
    reason: finding.reason ?? null,
    at: eventJson(report, finding.at),
    pages: finding.pages ? pagesJson(report, finding.pages) : null,
    evidence: finding.evidence.map((e) => ({
      ...pathJson(report, e.row),
      ...placeOf(report.table, e.row),
      role: e.role,
      event: report.table.name(e.row),
      note: e.note,
    })),
  };
}

function eventJson(report: TraceReport, row: number): object {
  const { table } = report;
  const cpu = table.cpu(row);
  return {
    ...pathJson(report, row),
    ...placeOf(table, row),
    timeNs: table.meta.timeUnit === 'none' ? null : String(table.absoluteTime(row)),
    cpu: cpu === UNKNOWN_CPU ? null : cpu,
    tid: table.tid(row),
    comm: table.comm(row),
    event: table.name(row),
  };
}

/** The row's own file, where the trace was merged from several. */
function pathJson(report: TraceReport, row: number): { readonly path?: string } {
  return report.pathOf ? { path: report.pathOf(row) } : {};
}

/** VM by its label, inode by its number as the kernel has it: both null when not known. */
function pagesJson(report: TraceReport, pages: PageRange): object {
  const inode = report.analysis.inodes[pages.inode];
  return {
    vm: report.analysis.vms[pages.vm]?.label ?? null,
    inode: inode === undefined ? null : String(inode.ino),
    unit: pages.unit,
    first: pages.first,
    count: pages.count,
  };
}

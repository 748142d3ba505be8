/** The report of a judged trace: what the host keeps, as plain data. */
import type { Analysis } from '../../model/analysis.js';
import { pagesText } from '../../model/findings/report.js';
import { pagesTold, titleOf } from '../../model/findings/title.js';
import type { Finding, PageRange, RuleStatus } from '../../model/findings/finding.js';
import { assert } from '../../parsers/base/assert.js';
import { ISSUE_KINDS, type Issue } from '../../parsers/events/issues.js';
import { RULES } from './core.js';
import type {
  Report,
  ReportedFinding,
  ReportedIssue,
  ReportedPages,
  ReportedRule,
} from '../protocol/report.js';
import { linesOf } from './shown.js';
import { placeOf } from './place.js';
import type { Judged } from './judged.js';

/** What the report says besides: how long it took, the recording's digest, and how it was recorded. */
type Work = Pick<Report, 'tookMs' | 'recording' | 'recorded'>;

export function reportOf(judged: Judged, { tookMs, recording, recorded }: Work): Report {
  const { source, trace, analysis, files } = judged;
  const { meta, length, issues } = trace.table;
  return {
    ...(files && {
      files: files.parts.map(({ uri, name, role, shown, lines }) => ({ uri, name, role, shown, lines })),
    }),
    format: meta.format,
    clock: meta.clock,
    kernel: meta.kernel,
    producer: meta.producer,
    shown: judged.shown,
    lines: judged.files ? trace.table.length : linesOf(trace),
    sizeBytes: files?.sizeBytes ?? source.size,
    recording,
    recorded,
    events: {
      total: length,
      understood: analysis.understood,
      unread: analysis.unread,
      unknown: analysis.unknown,
      ofKvm: analysis.ofKvm,
    },
    profiles: analysis.profiles,
    profileReason: analysis.profileReason,
    findings: analysis.findings.map((finding) => reportedFinding(judged, finding)),
    rules: analysis.rules.map((rule) => reportedRule(judged, rule)),
    issues: issues.map(reportedIssue),
    tookMs,
  };
}

export function reportedPages(analysis: Analysis, pages: PageRange, row: number): ReportedPages {
  const { vm, inode, unit, first, count } = pages;
  const label = pagesText(analysis, pages);
  return { vm, inode, unit, first, count, label, told: pagesTold(analysis, pages, row) };
}

function reportedFinding(judged: Judged, finding: Finding): ReportedFinding {
  const { id, rule, profile, verdict, severity, message, reason, pages } = finding;
  return {
    id,
    rule,
    profile,
    verdict,
    severity,
    title: titleOf(judged.analysis, finding),
    message,
    ...(reason === undefined ? {} : { reason }),
    ...(pages === undefined ? {} : { pages: reportedPages(judged.analysis, pages, finding.at) }),
    at: placeOf(judged, finding.at),
    evidence: finding.evidence.map(({ row, role, note }) => ({ place: placeOf(judged, row), role, note })),
  };
}

function reportedRule(judged: Judged, status: RuleStatus): ReportedRule {
  const rule = RULES.find(({ id }) => id === status.id);
  assert(rule !== undefined, `a status for the unknown rule ${status.id}`);
  return {
    ...status,
    reasons: status.reasons.map(({ row, ...reason }) => ({ ...reason, at: placeOf(judged, row) })),
    name: rule.name,
    statement: rule.statement,
    fix: rule.fix,
    severity: rule.severity,
  };
}

function reportedIssue({ code, line, offset, count, detail: own, file }: Issue): ReportedIssue {
  const { severity, sentence, advice } = ISSUE_KINDS[code];
  const detail = [file ?? '', own].filter((part) => part !== '').join(': ');
  return { code, severity, sentence, advice, detail, line, offset, count };
}

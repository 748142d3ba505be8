/** A review as JSON of schema `shimtrace.review/1`, documented in docs/review.schema.json. */
import { placeOf } from '../findings/report.js';
import { PATCH_ISSUES } from '../../parsers/patch/patch.js';
import { subjectOf } from './quoting.js';
import type { FunctionInSet, ReviewReport } from './report.js';

const REVIEW_SCHEMA = 'shimtrace.review/1';

export function renderReviewJson(report: ReviewReport): string {
  return `${JSON.stringify(reviewJson(report), undefined, 2)}\n`;
}

function reviewJson(report: ReviewReport): object {
  const { series, images, sets } = report;
  return {
    schema: REVIEW_SCHEMA,
    version: series.version,
    tree: images ? { fit: images.fit, reason: images.reason, appliedPatches: images.until } : null,
    issues: series.issues.map(({ code, line, detail }) => ({
      code,
      line,
      detail,
      message: PATCH_ISSUES[code],
    })),
    sets: sets.map(({ name, role, traces }) => ({
      name,
      role,
      traces: traces.map(({ path, digest, table, others }) => ({
        path,
        sha256: digest === '' ? null : digest,
        format: table.meta.format,
        kernel: table.meta.kernel,
        events: table.length,
        lost: table.losses.length > 0,
        ...(others && {
          others: others.map((file) => ({
            path: file.path,
            sha256: file.digest === '' ? null : file.digest,
          })),
        }),
      })),
    })),
    patches: series.patches.map((patch) => ({
      subject: subjectOf(patch),
      messageId: patch.messageId === '' ? null : patch.messageId,
      line: patch.line,
      isQuoted: patch.isQuoted,
      files: patch.files.map((file) => ({
        path: file.newPath ?? file.oldPath ?? null,
        change: file.change,
        hunks: file.hunks.map(({ line, oldStart, newStart, heading, fault }) => ({
          line,
          oldStart,
          newStart,
          heading,
          fault: fault ?? null,
        })),
      })),
      remarks: patch.remarks.map(({ from, line, about, texts }) => ({
        from,
        line,
        about,
        text: texts.join('\n'),
      })),
    })),
    functions: report.functions.map((f) => ({
      name: f.name,
      path: f.path,
      touch: f.touch,
      isExact: f.isExact,
      hunks: f.hunks,
      sets: f.inSets.map((shown, i) => inSetJson(report, shown, i)),
    })),
    rules: report.rules.map(({ id, outcomes }) => ({ id, sets: outcomes })),
    claims: report.claims.map(({ claim, set, verdict, reason, luck }) => ({
      claim: claim.text,
      set,
      verdict,
      reason,
      luck: luck ?? null,
    })),
    differences: report.differences,
    notShown: report.notShown,
  };
}

function inSetJson({ sets }: ReviewReport, shown: FunctionInSet, set: number): object {
  return {
    evidence: shown.kind,
    runs: shown.runs,
    returns: shown.returns,
    results: Object.fromEntries(shown.results),
    callers: Object.fromEntries(shown.callers),
    longestNs: shown.longestNs < 0 ? null : shown.longestNs,
    active: shown.active,
    lines: Object.fromEntries(shown.lines),
    reached: Object.fromEntries(shown.reached),
    atLeast: shown.atLeast,
    mayHave: shown.mayHave,
    notReached: shown.notReached,
    conversions: shown.conversions,
    conversionsOfAll: shown.conversionsOfAll,
    tasks: shown.tasks,
    findings: shown.findings.map(({ trace, finding }) => {
      const { table, path, pathOf } = sets[set]!.traces[trace]!;
      // Of a run of several files, each row is of one of them.
      const fileOf = (row: number): object => (pathOf ? { path: pathOf(row) } : {});
      const { id, rule, verdict, severity, message, at, evidence } = finding;
      return {
        path: pathOf?.(at) ?? path,
        id,
        rule,
        verdict,
        severity,
        message,
        line: placeOf(table, at).line,
        evidence: evidence.map(({ row, role, note }) => ({
          ...fileOf(row),
          line: placeOf(table, row).line,
          role,
          note,
        })),
      };
    }),
  };
}

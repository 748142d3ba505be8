/** Reads a trace's bytes and judges them, for the tests that hold verdicts against expectations. */
import { NEVER_CANCELLED } from '../../parsers/base/cancel.js';
import { MemorySource } from '../../parsers/base/source.js';
import type { EventTable } from '../../parsers/events/table.js';
import { readTrace } from '../../parsers/index.js';
import type { Analysis, AnalyzeOptions } from '../../model/analysis.js';
import type { Finding, ProfileId } from '../../model/findings/finding.js';
import { analyze } from '../../model/index.js';

export interface Judged {
  readonly table: EventTable;
  readonly analysis: Analysis;
}

export function judge(bytes: Uint8Array, profiles: readonly ProfileId[], more: AnalyzeOptions = {}): Judged {
  const { table } = readTrace(new MemorySource(bytes), { cancel: NEVER_CANCELLED });
  return { table, analysis: analyze(table, { ...more, profiles }) };
}

export function judgeText(text: string, profiles: readonly ProfileId[], more: AnalyzeOptions = {}): Judged {
  return judge(new TextEncoder().encode(text), profiles, more);
}

/** 1-based line of a finding. */
export function lineOf(judged: Judged, finding: Finding): number {
  return judged.table.line(finding.at);
}

/** `rule profile` of every violation, each once, sorted. */
export function violatedRules(judged: Judged): readonly string[] {
  const names = judged.analysis.findings
    .filter((f) => f.verdict === 'violation')
    .map((f) => `${f.rule} ${f.profile}`);
  return [...new Set(names)].sort();
}

/** Everything a user is told, as one comparable text. */
export function digest(judged: Judged): string {
  const { findings, rules, conversions, slots, inodes } = judged.analysis;
  return JSON.stringify(
    { rows: judged.table.length, findings, rules, conversions, slots, inodes },
    (_key, value: unknown) => (typeof value === 'bigint' ? value.toString() : value),
  );
}

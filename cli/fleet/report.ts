/** What is to be said of a fleet, and what it comes to for whoever waits for an exit code. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { plural } from '../../parsers/base/plural.js';
import { EXIT, type ExitCode } from '../errors.js';
import { VERSION } from '../version.js';
import { fillBaseline, makeBaseline } from './baseline.js';
import { Duck, type Answer, type Row } from './duckdb.js';
import type { Unread } from './folders.js';
import { loadFleet } from './load.js';
import { SECTIONS, type SectionName } from './questions.js';

export interface FleetSummary {
  /** All that are in the fleet; with those that could not be read. */
  readonly traces: number;
  readonly judged: number;
  readonly failed: number;
  readonly timeout: number;
  readonly unread: number;
  readonly hosts: number;
  readonly kernels: number;
  /** The days of the recordings; null where no name says them. */
  readonly first_day: string | null;
  readonly last_day: string | null;
}

export interface FleetReport {
  readonly fleet: string;
  readonly version: string;
  readonly baseline: string | undefined;
  readonly summary: FleetSummary;
  readonly unread: readonly Unread[];
  /** Those of the baseline only where there is one. */
  readonly sections: Readonly<Partial<Record<SectionName, Answer>>>;
  /** How each rule stands on each host with each kernel: what a later report takes for its baseline. */
  readonly standing: Answer;
  /** Hosts that have a run. */
  readonly hosts: readonly string[];
}

/** What the verdict is made of: asked in any case. */
const OF_VERDICT: readonly SectionName[] = ['broken', 'blind', 'absent', 'unjudged'];

export interface ReportOptions {
  /** A fleet's folder, or a report of one as JSON. */
  readonly baseline?: string | undefined;
  /** Undefined: all. */
  readonly sections?: readonly SectionName[];
  readonly progress?: (line: string) => void;
}

/** Throws InputError where something cannot be used. */
export async function reportOf(fleet: string, options: ReportOptions = {}): Promise<FleetReport> {
  const spill = fs.mkdtempSync(path.join(os.tmpdir(), 'shimtrace-duckdb-'));
  try {
    const duck = await Duck.start(spill);
    try {
      return await asked(duck, fleet, options);
    } finally {
      duck.close();
    }
  } finally {
    options.progress?.('');
    fs.rmSync(spill, { recursive: true, force: true });
  }
}

async function asked(
  duck: Duck,
  fleet: string,
  { baseline, sections: wanted, progress }: ReportOptions,
): Promise<FleetReport> {
  const tell = (folder: string) => (done: number, of: number) =>
    progress?.(`${folder}: ${done} of ${plural(of, 'run')} read`);
  await makeBaseline(duck);
  if (baseline !== undefined) await fillBaseline(duck, baseline, tell(baseline));
  const { unread } = await loadFleet(duck, fleet, 'ours', tell(fleet));
  const sections: Partial<Record<SectionName, Answer>> = {};
  for (const { name, sql, isOfBaseline, title } of SECTIONS) {
    if (isOfBaseline && baseline === undefined) continue;
    if (wanted && !wanted.includes(name) && !OF_VERDICT.includes(name)) continue;
    progress?.(title);
    sections[name] = withoutNews(await duck.ask(sql), baseline);
  }
  const { rows: hosts } = await duck.ask('select distinct host from runs order by host');
  return {
    fleet,
    version: VERSION,
    baseline,
    summary: await summaryOf(duck, unread.length),
    unread,
    sections,
    standing: await duck.ask('select * from standing order by rule, host, kernel'),
    hosts: hosts.map(({ host }) => String(host)),
  };
}

/** Without a baseline nothing is news. */
function withoutNews(answer: Answer, baseline: string | undefined): Answer {
  if (baseline !== undefined || !answer.columns.includes('news')) return answer;
  return {
    columns: answer.columns.filter((name) => name !== 'news'),
    rows: answer.rows.map(({ news: _news, ...row }) => row),
  };
}

async function summaryOf(duck: Duck, unread: number): Promise<FleetSummary> {
  const { rows } = await duck.ask(`select count(*) traces,
    count(case when outcome = 'judged' then 1 end) judged,
    count(case when outcome = 'failed' then 1 end) failed,
    count(case when outcome = 'timeout' then 1 end) timeout,
    count(distinct host) hosts,
    count(distinct case when kernel <> 'unknown' then kernel end) kernels,
    min(day) first_day, max(day) last_day from runs`);
  const row = rows[0]! as Readonly<Record<string, number>> & Pick<FleetSummary, 'first_day' | 'last_day'>;
  const { traces, judged, failed, timeout, hosts, kernels, first_day, last_day } = row;
  return {
    traces: traces! + unread,
    judged: judged!,
    failed: failed!,
    timeout: timeout!,
    unread,
    hosts: hosts!,
    kernels: kernels!,
    first_day,
    last_day,
  };
}

/** What whoever calls asks of a fleet besides that nothing is broken. */
export interface FleetDemands {
  /** A violation that the baseline has on any host is not new. */
  readonly knownAnywhere: boolean;
  /** Traces that failed are no reason to fail. */
  readonly allowFailed: boolean;
  /** Rules that must have been judged on every host. */
  readonly rules: readonly string[];
}

/** The rows of `broken` that are new against the baseline; all where there is none. */
export function newOnes(report: FleetReport, { knownAnywhere }: FleetDemands): readonly Row[] {
  const known = knownAnywhere ? ['known', 'known elsewhere'] : ['known'];
  return rowsIn(report, 'broken').filter(({ news }) => !known.includes(String(news)));
}

export function rowsIn(report: FleetReport, name: SectionName): readonly Row[] {
  return report.sections[name]?.rows ?? [];
}

/** Why the fleet is no basis for a verdict, a sentence for each reason. */
export function unmetDemands(report: FleetReport, demands: FleetDemands): readonly string[] {
  const { summary } = report;
  const unmet: string[] = [];
  const notJudged = summary.failed + summary.timeout + summary.unread;
  if (summary.traces === 0) unmet.push('there is no run in this fleet');
  else if (notJudged > 0 && !demands.allowFailed)
    unmet.push(`${plural(notJudged, 'trace')} could not be judged, which --allow-failed accepts`);
  else if (summary.judged === 0) unmet.push('no trace could be judged');
  else if (judgedRules(report).size === 0) unmet.push('no rule could be judged in any trace');
  const damaged = rowsIn(report, 'unjudged').filter(({ headline }) => String(headline).startsWith(DAMAGED));
  if (damaged.length > 0 && !demands.allowFailed)
    unmet.push(`${plural(damaged.length, 'file')} damaged, of which what could be read was judged`);
  const blind = rowsIn(report, 'blind').map(({ rule, host }) => `${String(rule)} on ${String(host)}`);
  if (blind.length > 0) unmet.push(`judged in the baseline, and not here: ${listed(blind)}`);
  const silent = rowsIn(report, 'absent').filter(({ runs }) => runs !== 0);
  if (silent.length > 0)
    unmet.push(
      `nothing could be judged on ${listed(silent.map(({ host }) => String(host)))}, unlike in the baseline`,
    );
  const missing = demands.rules.flatMap((rule) =>
    report.hosts.filter((host) => !isJudged(report, rule, host)).map((host) => `${rule} on ${host}`),
  );
  if (missing.length > 0) unmet.push(`--require: not judged in any run: ${listed(missing)}`);
  return unmet;
}

/** As the headline of a trace says it (model/findings/headline.ts). */
const DAMAGED = 'the file is damaged';
const LISTED_MAX = 5;

function listed(all: readonly string[]): string {
  const more = all.length > LISTED_MAX ? ` and ${all.length - LISTED_MAX} more` : '';
  return `${all.slice(0, LISTED_MAX).join(', ')}${more}`;
}

/** Those that at least one run could judge. */
function judgedRules({ standing }: FleetReport): ReadonlySet<unknown> {
  const judged = standing.rows.filter((row) => Number(row['broken']) + Number(row['held']) > 0);
  return new Set(judged.map(({ rule }) => rule));
}

function isJudged({ standing }: FleetReport, rule: string, host: string): boolean {
  return standing.rows.some(
    (row) => row['rule'] === rule && row['host'] === host && Number(row['broken']) + Number(row['held']) > 0,
  );
}

/** As of `check`: what cannot be used outranks what was found. */
export function exitOf(report: FleetReport, demands: FleetDemands): ExitCode {
  if (unmetDemands(report, demands).length > 0) return EXIT.unusable;
  return newOnes(report, demands).length > 0 ? EXIT.violations : EXIT.clean;
}

/**
 * `2 rules broken in 3 places, 1 of them new · 15 rules could be judged, 3 nowhere`: a place is a host with a
 * kernel.
 */
export function headlineOf(report: FleetReport, demands: FleetDemands): string {
  const broken = rowsIn(report, 'broken');
  const rules = new Set(broken.map(({ rule }) => rule)).size;
  const fresh = newOnes(report, demands).length;
  const news = report.baseline === undefined ? '' : `, ${fresh === 0 ? 'none' : fresh} of them new`;
  const found =
    broken.length === 0
      ? 'no rule broken'
      : `${plural(rules, 'rule')} broken in ${plural(broken.length, 'place')}${news}`;
  const all = new Set(report.standing.rows.map(({ rule }) => rule));
  const judged = judgedRules(report);
  const nowhere = all.size > judged.size ? `, ${all.size - judged.size} nowhere` : '';
  return `${found} · ${plural(judged.size, 'rule')} could be judged${nowhere}`;
}

/**
 * A finding explained: the shortest chain of events that shows it, each with the state of the page after it.
 * The chain is the rule's evidence and, for the page it is about, the events that made what the finding's
 * event met.
 */
import { visibleLine } from '../../parsers/base/visible.js';
import type { Finding, EvidenceRole } from './finding.js';
import { faultsOf, groupable } from './fault.js';
import { actorText, address, placeOf, ruleOf, ruleTitle, timeText, type TraceReport } from './report.js';
import { headingOf, pagesTold } from './title.js';
import { pageOf, intervalAtRow } from '../pages/query.js';
import { describeState, type PageState } from '../pages/state.js';
import { extraLines, type EventExtras } from './listing.js';

export interface ExplainedStep {
  readonly row: number;
  readonly line: number;
  readonly time: string;
  /** CPU and task. */
  readonly actor: string;
  readonly event: string;
  /** The event's own text, '' when the source cannot be read again. */
  readonly text: string;
  /** The words of the event's numbers, and the stacks that were recorded with it, a line each. */
  readonly details: readonly string[];
  readonly role: EvidenceRole;
  readonly note: string;
  /** State of the finding's first page after the event; '' when the finding is about no page. */
  readonly stateAfter: string;
}

export interface Explanation {
  readonly rule: string;
  readonly statement: string;
  readonly source: string;
  readonly fix: string;
  /** State of the page before the first step. */
  readonly stateBefore: string;
  readonly steps: readonly ExplainedStep[];
}

/** An event that is read again: its own text, and what it takes to say more of it. */
export interface ToldStep extends EventExtras {
  readonly text: string;
}

/** `tell` reads an event again; the rest comes from the analysis. */
export function explainFinding(
  report: TraceReport,
  finding: Finding,
  tell: (row: number) => ToldStep,
): Explanation {
  const rule = ruleOf(report, finding.rule);
  const page = finding.pages && pageOf(finding.pages);
  const stateText = (row: number): string =>
    page ? describeState(intervalAtRow(report.analysis, page, row).state) : '';
  const steps = chain(report, finding).map(({ row, role, note }): ExplainedStep => {
    const { text, ...extras } = tell(row);
    return {
      row,
      line: placeOf(report.table, row).line,
      time: timeText(report.table, row),
      actor: actorText(report.table, row),
      event: report.table.name(row),
      text,
      details: extraLines(extras).map((line) => line.trim()),
      role,
      note,
      stateAfter: stateText(row),
    };
  });
  return {
    rule: finding.rule,
    statement: rule?.statement ?? '',
    source: rule?.source ?? '',
    fix: rule?.fix ?? '',
    stateBefore: steps.length === 0 ? '' : stateText(steps[0]!.row - 1),
    steps,
  };
}

/** The other findings of the same fault: those of the same event, and those of others. */
export function sameFault(
  { analysis }: Pick<TraceReport, 'analysis'>,
  finding: Finding,
): { readonly together: readonly Finding[]; readonly others: readonly Finding[] } {
  for (const { sights } of faultsOf(analysis.findings, groupable)) {
    const here = sights.find(({ findings }) => findings.includes(finding));
    if (!here) continue;
    const others = sights.filter((sight) => sight !== here).flatMap(({ findings }) => findings);
    return { together: here.findings.filter((other) => other !== finding), others };
  }
  return { together: [], others: [] };
}

interface Link {
  readonly row: number;
  readonly role: EvidenceRole;
  readonly note: string;
}

/** Evidence by row, with the causes of what the page's state holds just before the finding's event. */
function chain(report: TraceReport, finding: Finding): readonly Link[] {
  const links = new Map<number, Link>();
  for (const e of finding.evidence) {
    const known = links.get(e.row);
    links.set(
      e.row,
      known ? { ...known, note: `${known.note}; ${e.note}` } : { row: e.row, role: e.role, note: e.note },
    );
  }
  const page = finding.pages && pageOf(finding.pages);
  if (page) {
    const { state } = intervalAtRow(report.analysis, page, finding.at - 1);
    for (const { row, note } of causes(state))
      if (row >= 0 && !links.has(row)) links.set(row, { row, role: 'state', note });
  }
  return [...links.values()].sort((a, b) => a.row - b.row);
}

function causes(state: PageState): readonly { readonly row: number; readonly note: string }[] {
  const out: { row: number; note: string }[] = [];
  if (state.attribute !== 'unknown')
    out.push({ row: state.attributeRow, note: `makes the page ${state.attribute}` });
  for (const c of state.conversions)
    out.push({ row: c.row, note: `conversion to ${c.toPrivate ? 'private' : 'shared'} under way` });
  const mapping = state.mappings[state.mappings.length - 1];
  if (mapping) out.push({ row: mapping.row, note: 'the page is mapped by the user' });
  const spte = state.sptes[state.sptes.length - 1];
  if (spte) out.push({ row: spte.row, note: 'the guest is given the page' });
  const reference = state.references[state.references.length - 1];
  if (reference) out.push({ row: reference.row, note: `${reference.kind} reference taken` });
  return out;
}

/** The explanation as text, ending in a newline. */
export function renderExplanation(report: TraceReport, finding: Finding, explanation: Explanation): string {
  const pages = pagesTold(report.analysis, finding.pages, finding.at);
  const { together, others } = sameFault(report, finding);
  const lines = [
    `${address(report, finding.at)}: ${finding.verdict}: ${headingOf(report.analysis, finding)}`,
    '',
    `what    ${finding.message}`,
    `rule    ${ruleTitle(report, finding.rule)} (${finding.profile}): ${explanation.statement}`,
    `source  ${explanation.source}`,
    ...(pages === '' ? [] : [`pages   ${pages}`]),
    ...(finding.reason === undefined ? [] : [`reason  ${finding.reason}`]),
    ...together.map(({ rule, message, id }) => `also    ${ruleTitle(report, rule)}: ${message} (${id})`),
    ...others.map(({ at, message, id }) => `again   ${address(report, at)}: ${message} (${id})`),
    '',
  ];
  if (explanation.stateBefore !== '') lines.push(`        before: ${explanation.stateBefore}`);
  for (const s of explanation.steps) {
    const mark = s.row === finding.at ? '=>' : '  ';
    const place = `${report.pathOf?.(s.row) ?? report.path}:${s.line}:1`;
    const head = [s.time, s.actor, s.event].filter((t) => t !== '').join(' ');
    lines.push(
      `${mark} ${place}: ${s.text === '' ? head : `${head}: ${s.text}`}`,
      ...s.details.map((line) => `        ${line}`),
      `        ${s.role}: ${s.note}`,
      ...(s.stateAfter === '' ? [] : [`        after: ${s.stateAfter}`]),
    );
  }
  lines.push('', `fix     ${explanation.fix}`);
  return `${lines.map(visibleLine).join('\n')}\n`;
}

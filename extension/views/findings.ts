/** Findings as nodes: by fault, by rule, by page or by time; what was set aside comes last. */
import * as vscode from 'vscode';
import type { EventPlace, Spot } from '../protocol/place.js';
import type { Report, ReportedEvidence, ReportedFinding } from '../protocol/report.js';
import { rank } from '../../model/findings/rank.js';
import { STALE_TEXTS } from '../../model/findings/report.js';
import { byMessage, evidenceOnce } from '../../model/findings/shows.js';
import { faultsIn, rowOf, rulesText, type ReportedFault, type ReportedSight } from '../faults.js';
import type { Sorted } from '../suppressions.js';
import type { ListNode } from './list.js';
import { fileName } from '../../parsers/base/fileName.js';

export type GroupBy = 'fault' | 'rule' | 'page' | 'time';

const ICONS = {
  violation: new vscode.ThemeIcon('error', new vscode.ThemeColor('problemsErrorIcon.foreground')),
  suspicious: new vscode.ThemeIcon('warning', new vscode.ThemeColor('problemsWarningIcon.foreground')),
  undecidable: new vscode.ThemeIcon('question', new vscode.ThemeColor('problemsInfoIcon.foreground')),
  suppressed: new vscode.ThemeIcon('mute'),
  stale: new vscode.ThemeIcon('history', new vscode.ThemeColor('problemsWarningIcon.foreground')),
} as const;

/** So many nodes are made of what is alike. */
const NODES_MAX = 1000;

/** The first of these as nodes, and one that says how many more there are. */
function firstNodes<T>(of: string, all: readonly T[], node: (one: T) => ListNode): ListNode[] {
  const nodes = all.slice(0, NODES_MAX).map(node);
  const more = all.length - nodes.length;
  if (more === 0) return nodes;
  const label = vscode.l10n.t('{0} more, not listed here', more);
  return [...nodes, { id: `more ${of}`, label, tooltip: vscode.l10n.t('shimtrace check lists all') }];
}

export function findingNodes(
  trace: vscode.Uri,
  report: Report,
  groupBy: GroupBy,
  { open, aside, stale }: Sorted,
): ListNode[] {
  const { rules } = report;
  const nodes = [...topNodes(report, groupBy, open)];
  if (aside.length > 0) nodes.push(suppressedNode(rules, aside));
  if (stale.length > 0) nodes.push(staleNode(trace, stale));
  return nodes;
}

function topNodes(report: Report, groupBy: GroupBy, open: readonly ReportedFinding[]): readonly ListNode[] {
  if (groupBy === 'time') return firstNodes('time', open, (finding) => findingNode(report.rules, finding));
  if (groupBy !== 'fault') return grouped(report, open, groupBy);
  const undecided = open.filter(({ verdict }) => verdict === 'undecidable');
  const faults = [...faultsIn(open)].sort((a, b) => rank(a) - rank(b));
  return [...faults.map((fault) => faultNode(report.rules, fault)), ...grouped(report, undecided, 'rule')];
}

/** A fault with what shows it, or with each time that it was seen. */
function faultNode(rules: Report['rules'], fault: ReportedFault): ListNode {
  const { sights } = fault;
  const node = sightNode(rules, sights[0]!);
  if (sights.length === 1) return node;
  const all = rulesText(
    rules,
    sights.flatMap(({ findings }) => findings),
  );
  return {
    ...node,
    id: `fault ${fault.id}`,
    description: `${node.description!.split(' · ')[0]!} · ×${sights.length} · ${all}`,
    tooltip: `${node.tooltip!}\n\n${vscode.l10n.t('Seen {0} times', sights.length)}`,
    children: firstNodes(fault.id, sights, (sight) => sightNode(rules, sight)),
  };
}

/** What one event shows of a fault: all rules that it breaks, and the evidence of all. */
function sightNode(rules: Report['rules'], { findings }: ReportedSight): ListNode {
  const node = findingNode(rules, findings[0]!);
  if (findings.length === 1) return node;
  const messages = byMessage(findings).map(([message]) => message);
  return {
    ...node,
    description: `${placeText(findings[0]!.at)} · ${rulesText(rules, findings)}`,
    tooltip: [findings[0]!.title, '', ...messages, '', rulesText(rules, findings)].join('\n'),
    children: evidenceNodes(findings),
  };
}

function grouped(report: Report, findings: readonly ReportedFinding[], groupBy: 'rule' | 'page'): ListNode[] {
  const groups = new Map<string, ReportedFinding[]>();
  for (const finding of findings) {
    const key = groupBy === 'rule' ? finding.rule : (finding.pages?.told ?? 'no page');
    const group = groups.get(key);
    if (group) group.push(finding);
    else groups.set(key, [finding]);
  }
  const worst = (group: readonly ReportedFinding[]): ReportedFinding =>
    group.reduce((a, b) => (rank(b) < rank(a) ? b : a));
  return [...groups]
    .sort(([, a], [, b]) => rank(worst(a)) - rank(worst(b)))
    .map(([key, group]) => {
      const name = groupBy === 'rule' ? report.rules.find((rule) => rule.id === key)?.name : undefined;
      const { verdict } = worst(group);
      return {
        id: `${groupBy} ${key}`,
        label: name === undefined ? key : `${key} ${name}`,
        description: `${group.length} ${verdict}${group.length > 1 && verdict === 'violation' ? 's' : ''}`,
        icon: ICONS[verdict],
        children: firstNodes(key, group, (finding) => findingNode(report.rules, finding)),
        open: verdict !== 'undecidable',
        context: groupBy === 'rule' ? 'rule' : 'page',
      };
    });
}

export function spotOf({ row, line, startColumn, file }: EventPlace): Spot {
  return { row, line, column: startColumn, ...(file !== undefined && { file }) };
}

/** `:2139`, or the time where there is no line; behind the file's name where there are several. */
function placeText({ line, time, file }: EventPlace): string {
  if (file !== undefined) return `${decodeURIComponent(fileName(file))}:${line}`;
  return line > 0 ? `:${line}` : time;
}

function findingNode(rules: Report['rules'], finding: ReportedFinding): ListNode {
  const { at, pages } = finding;
  const isUndecided = finding.verdict === 'undecidable';
  const rule = rulesText(rules, [finding]);
  return {
    id: finding.id,
    label: isUndecided ? finding.message : finding.title,
    description: `${placeText(at)} · ${rule}`,
    tooltip: [
      ...(isUndecided ? [] : [finding.title, '']),
      finding.message,
      `${rule} (${finding.profile})`,
      pages?.told ?? '',
      `${at.event} ${at.time}`,
    ].join('\n'),
    icon: ICONS[finding.verdict],
    spot: spotOf(at),
    context: 'finding',
    finding: finding.id,
    children: evidenceNodes([finding]),
  };
}

/** What else these findings of one event say, and what shows them, in the order of the trace. */
function evidenceNodes(findings: readonly ReportedFinding[]): readonly ListNode[] {
  const lead = findings[0]!;
  const said = byMessage(findings)
    .filter(([message]) => message !== lead.message)
    .map(([note, [{ at }]]): ReportedEvidence => ({ place: at, role: 'witness', note }));
  const shown = evidenceOnce<ReportedEvidence, ReportedFinding>(findings, rowOf);
  return [...said, ...shown]
    .sort((a, b) => rowOf(a) - rowOf(b))
    .map(({ place, role, note }, i) => ({
      id: `${lead.id} ${i}`,
      label: note,
      description: `${role} · ${placeText(place)}`,
      icon: new vscode.ThemeIcon('circle-small'),
      spot: spotOf(place),
      context: 'evidence',
    }));
}

function suppressedNode(rules: Report['rules'], aside: Sorted['aside']): ListNode {
  return {
    id: 'suppressed',
    label: 'Suppressed',
    description: String(aside.length),
    icon: ICONS.suppressed,
    children: aside.map(({ finding, entry }) => ({
      ...findingNode(rules, finding),
      icon: ICONS.suppressed,
      description: `${finding.rule} · ${entry.reason}`,
      context: 'suppressedFinding',
    })),
  };
}

/** What is written down for this trace and sets nothing of it aside: open, since its findings are back. */
function staleNode(trace: vscode.Uri, stale: Sorted['stale']): ListNode {
  return {
    id: 'stale',
    label: 'Stale suppressions',
    description: String(stale.length),
    tooltip: 'Entries of .shimtrace.json for this trace that set nothing of it aside',
    icon: ICONS.stale,
    open: true,
    children: stale.map((of, i) => ({
      id: `stale ${i}`,
      label: of.about,
      description: of.reason,
      tooltip: `${of.about}\n${of.reason}\n\n${STALE_TEXTS[of.why]}`,
      icon: ICONS.stale,
      context: 'staleSuppression',
      stale: { trace, of },
    })),
  };
}

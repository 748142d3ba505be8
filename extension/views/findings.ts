/** Findings as nodes: by rule, by page or by time; what was set aside comes last. */
import * as vscode from 'vscode';
import type { EventPlace, Spot } from '../protocol/place.js';
import type { Report, ReportedFinding } from '../protocol/report.js';
import type { Verdict } from '../../model/findings/finding.js';
import { STALE_TEXTS } from '../../model/findings/report.js';
import type { Sorted } from '../suppressions.js';
import type { ListNode } from './list.js';
import { fileName } from '../../parsers/base/fileName.js';

export type GroupBy = 'rule' | 'page' | 'time';

const ICONS = {
  violation: new vscode.ThemeIcon('error', new vscode.ThemeColor('problemsErrorIcon.foreground')),
  suspicious: new vscode.ThemeIcon('warning', new vscode.ThemeColor('problemsWarningIcon.foreground')),
  undecidable: new vscode.ThemeIcon('question', new vscode.ThemeColor('problemsInfoIcon.foreground')),
  suppressed: new vscode.ThemeIcon('mute'),
  stale: new vscode.ThemeIcon('history', new vscode.ThemeColor('problemsWarningIcon.foreground')),
} as const;

export function findingNodes(
  trace: vscode.Uri,
  report: Report,
  groupBy: GroupBy,
  { open, aside, stale }: Sorted,
): ListNode[] {
  const nodes = groupBy === 'time' ? open.map(findingNode) : grouped(report, open, groupBy);
  if (aside.length > 0) nodes.push(suppressedNode(aside));
  if (stale.length > 0) nodes.push(staleNode(trace, stale));
  return nodes;
}

function grouped(report: Report, findings: readonly ReportedFinding[], groupBy: 'rule' | 'page'): ListNode[] {
  const groups = new Map<string, ReportedFinding[]>();
  for (const finding of findings) {
    const key = groupBy === 'rule' ? finding.rule : (finding.pages?.label ?? 'no page');
    groups.set(key, [...(groups.get(key) ?? []), finding]);
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
        children: group.map(findingNode),
        open: verdict !== 'undecidable',
        context: groupBy === 'rule' ? 'rule' : 'page',
      };
    });
}

/** What comes first: a verdict outranks every severity. */
const VERDICT_RANKS: Readonly<Record<Verdict, number>> = { violation: 0, suspicious: 10, undecidable: 20 };

function rank({ verdict, severity }: ReportedFinding): number {
  return VERDICT_RANKS[verdict] + severity;
}

export function spotOf({ row, line, startColumn, file }: EventPlace): Spot {
  return { row, line, column: startColumn, ...(file !== undefined && { file }) };
}

/** The line, or the time where there is none; behind the file's name where there are several. */
function placeText({ line, time, file }: EventPlace): string {
  if (file !== undefined) return `${decodeURIComponent(fileName(file))}:${line}`;
  return line > 0 ? `line ${line}` : time;
}

function findingNode(finding: ReportedFinding): ListNode {
  const { at, pages } = finding;
  return {
    id: finding.id,
    label: finding.message,
    description: `${finding.rule} · ${placeText(at)}`,
    tooltip: [
      finding.message,
      `${finding.rule} (${finding.profile})`,
      pages?.label ?? '',
      `${at.event} ${at.time}`,
    ]
      .filter((part) => part !== '')
      .join('\n'),
    icon: ICONS[finding.verdict],
    spot: spotOf(at),
    context: 'finding',
    finding: finding.id,
    children: finding.evidence
      .filter((evidence) => evidence.place.row !== at.row)
      .map(({ place, role, note }, i) => ({
        id: `${finding.id} ${i}`,
        label: note,
        description: `${role} · ${placeText(place)}`,
        icon: new vscode.ThemeIcon('circle-small'),
        spot: spotOf(place),
        context: 'evidence',
      })),
  };
}

function suppressedNode(aside: Sorted['aside']): ListNode {
  return {
    id: 'suppressed',
    label: 'Suppressed',
    description: String(aside.length),
    icon: ICONS.suppressed,
    children: aside.map(({ finding, entry }) => ({
      ...findingNode(finding),
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

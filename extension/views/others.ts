/** Conversions, pages, references and coverage as nodes. */
import * as vscode from 'vscode';
import type { Report, RuleView } from '../analysis/job.js';
import type { ConversionRow, HolderView, Lists, PageRun, SlotView } from '../analysis/views.js';
import type { ListNode } from './list.js';

/** A conversion that takes this many times as long as half of them do is slow. */
const SLOW_TIMES_MEDIAN = 10;

const color = (name: string): vscode.ThemeColor => new vscode.ThemeColor(name);

export function conversionNodes({ conversions, conversionsTotal }: Lists): ListNode[] {
  const times = conversions.map((row) => row.durationNs).filter((ns) => ns >= 0).sort((a, b) => a - b);
  const median = times[times.length >> 1] ?? Infinity;
  const groups: readonly (readonly [string, string, (row: ConversionRow) => boolean])[] = [
    ['In flight', 'sync', (row) => row.state === 'in flight'],
    ['Failed', 'error', (row) => row.state === 'failed'],
    ['Slow', 'watch', (row) => row.durationNs > SLOW_TIMES_MEDIAN * median],
    ['Repeated', 'history', (row) => row.retries > 0],
    ['All', 'arrow-swap', () => true],
  ];
  return groups.flatMap(([label, icon, belongs]) => {
    const rows = conversions.filter(belongs);
    if (rows.length === 0) return [];
    const more = label === 'All' && conversionsTotal > rows.length ? ` of ${conversionsTotal}` : '';
    return [{ id: label, label, description: `${rows.length}${more}`, icon: new vscode.ThemeIcon(icon), open: label !== 'All' || rows.length <= 50, children: rows.map((row) => conversionNode(label, row)) }];
  });
}

function conversionNode(group: string, row: ConversionRow): ListNode {
  const facts = [row.state === 'failed' ? row.errno || 'failed' : row.state, row.duration, row.retries > 0 ? `after ${row.retries} failed` : '', row.spot.line > 0 ? `line ${row.spot.line}` : ''];
  return {
    id: `${group} ${row.index}`, label: row.label, description: facts.filter((fact) => fact !== '').join(' · '), spot: row.spot, context: 'conversion',
    icon: new vscode.ThemeIcon(row.toPrivate ? 'lock' : 'unlock', row.state === 'failed' ? color('problemsErrorIcon.foreground') : undefined),
    children: row.phases.map((phase, i) => ({
      id: `${group} ${row.index} ${i}`, label: phase.name, ...(phase.spot.line > 0 ? { description: `line ${phase.spot.line}` } : {}), spot: phase.spot, icon: new vscode.ThemeIcon('circle-small'), context: 'phase',
    })),
  };
}

const PAGE_ICONS: Readonly<Record<PageRun['kind'], string>> = { shared: 'unlock', private: 'lock', converting: 'sync', unknown: 'question' };

export function pageNodes({ slots }: Lists): ListNode[] {
  const byVm = new Map<string, SlotView[]>();
  for (const slot of slots) byVm.set(slot.vm, [...(byVm.get(slot.vm) ?? []), slot]);
  return [...byVm].map(([vm, own]) => ({
    id: vm, label: vm, description: countsText(own.flatMap((slot) => slot.runs)), icon: new vscode.ThemeIcon('server'), open: true, context: 'vm',
    children: own.map((slot, i) => slotNode(`${vm} ${i}`, slot)),
  }));
}

function slotNode(id: string, slot: SlotView): ListNode {
  const runs: ListNode[] = slot.runs.map((run, i) => ({
    id: `${id} ${i}`, label: run.label, description: run.state, spot: run.since, icon: new vscode.ThemeIcon(PAGE_ICONS[run.kind]), context: 'pages',
  }));
  if (slot.more > 0) runs.push({ id: `${id} more`, label: `${slot.more} more`, context: 'more' });
  return { id, label: slot.label, description: countsText(slot.runs), icon: new vscode.ThemeIcon('symbol-array'), open: runs.length <= 20, children: runs, context: 'slot' };
}

/** `12 private, 4 unknown`: pages by kind. */
function countsText(runs: readonly PageRun[]): string {
  const counts = new Map<string, number>();
  for (const { kind, count } of runs) counts.set(kind, (counts.get(kind) ?? 0) + count);
  return [...counts].map(([kind, count]) => `${count} ${kind}`).join(', ');
}

export function referenceNodes({ holders }: Lists): ListNode[] {
  return holders.map((holder: HolderView, i): ListNode => ({
    id: String(i), label: `${holder.pages}: ${holder.kind} by ${holder.holder}`,
    description: [holder.age, holder.outlived > 0 ? `outlived ${holder.outlived} failed conversion${holder.outlived === 1 ? '' : 's'}` : '', holder.spot.line > 0 ? `line ${holder.spot.line}` : ''].filter((fact) => fact !== '').join(' · '),
    spot: holder.spot, icon: new vscode.ThemeIcon(holder.kind === 'pin' ? 'pinned' : 'references'), context: 'reference',
  }));
}

export function coverageNodes(report: Report): ListNode[] {
  const groups: readonly (readonly [RuleView['status'], string, string])[] = [
    ['undecidable', 'Undecidable', 'question'], ['judged', 'Judged', 'pass'], ['not-applicable', 'Not applicable', 'circle-slash'],
  ];
  const nodes: ListNode[] = groups.flatMap(([status, label, icon]) => {
    const rules = report.rules.filter((rule) => rule.status === status);
    return rules.length === 0 ? [] : [{ id: status, label, description: String(rules.length), icon: new vscode.ThemeIcon(icon), open: status === 'undecidable', children: rules.map(ruleNode), context: 'coverage' }];
  });
  const losses = report.issues.filter((issue) => issue.severity === 'dataLoss');
  if (losses.length > 0) {
    nodes.unshift({
      id: 'loss', label: 'Events are missing', description: String(losses.reduce((sum, loss) => sum + loss.count, 0)), icon: new vscode.ThemeIcon('warning', color('problemsWarningIcon.foreground')), context: 'loss',
      children: losses.map((loss, i) => ({ id: `loss ${i}`, label: loss.sentence, description: loss.line > 0 ? `line ${loss.line}` : loss.detail, tooltip: `${loss.sentence} ${loss.advice}`, spot: { row: 0, line: loss.line, column: 0 }, context: 'issue' })),
    });
  }
  return nodes;
}

function ruleNode(rule: RuleView): ListNode {
  const checks = rule.checks > 0 ? `${rule.checks} check${rule.checks === 1 ? '' : 's'}` : '';
  const partly = rule.status === 'judged' && rule.reasons.length > 0 ? 'partly undecidable' : '';
  return {
    id: `${rule.profile} ${rule.id}`, label: `${rule.id} ${rule.name}`, description: [checks, partly].filter((fact) => fact !== '').join(' · '), tooltip: rule.statement, context: 'rule',
    icon: new vscode.ThemeIcon(partly === '' ? 'circle-small-filled' : 'circle-small'),
    children: rule.reasons.map((reason, i) => ({
      id: `${rule.profile} ${rule.id} ${i}`, label: reason.missing.length > 0 ? `missing: ${reason.missing.join(', ')}` : reason.detail,
      description: `${reason.reason}${reason.count > 0 ? ` ×${reason.count}` : ''}`, tooltip: reason.detail, icon: new vscode.ThemeIcon('question'), context: 'reason',
      ...(reason.count > 0 ? { spot: { row: reason.at.row, line: reason.at.line, column: reason.at.startColumn } } : {}),
    })),
  };
}

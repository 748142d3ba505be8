/** Conversions, pages, references and coverage as nodes. */
import * as vscode from 'vscode';
import { groupedBy } from '../../parsers/base/grouped.js';
import type { Report, ReportedRule } from '../protocol/report.js';
import {
  type ConversionGroup,
  type ConversionGroups,
  type ConversionRow,
  type FaultGroup,
  type FaultGroups,
  faultPart,
  type FaultRow,
  type HolderRow,
  HOLDERS,
  type Lists,
  type PageKind,
  ROWS_AT_ONCE,
  type SlotRow,
} from '../protocol/shapes.js';
import { outcomeOf, type RuleOutcome } from '../../model/findings/headline.js';
import { spotOf } from './findings.js';
import type { ListNode } from './list.js';
import { plural } from '../../parsers/base/plural.js';

const color = (name: string): vscode.ThemeColor => new vscode.ThemeColor(name);

const GROUPS: Readonly<Record<ConversionGroup, readonly [label: string, icon: string]>> = {
  'in flight': ['In flight', 'sync'],
  failed: ['Failed', 'error'],
  slow: ['Slow', 'watch'],
  repeated: ['Repeated', 'history'],
  all: ['All', 'arrow-swap'],
};
/** A longer group is closed at first. */
const OPEN_MAX = 50;

export function conversionNodes({ groups }: ConversionGroups): ListNode[] {
  return groups.flatMap(({ group, total, rows }) =>
    groupNode(
      group,
      GROUPS[group],
      total,
      rows.map((row) => conversionNode(group, row)),
      total <= OPEN_MAX,
    ),
  );
}

/** A part of a list under its heading; nothing where it is empty. */
function groupNode(
  part: string,
  [label, icon]: readonly [label: string, icon: string],
  total: number,
  shown: readonly ListNode[],
  open: boolean,
): ListNode[] {
  if (total === 0) return [];
  return [
    {
      id: part,
      label,
      description: String(total),
      icon: new vscode.ThemeIcon(icon),
      open,
      children: [...shown, ...moreNode(part, shown.length, total)],
      context: 'group',
    },
  ];
}

/** What leads to the rest of a part of a list; none when all of it is shown. */
function moreNode(part: string, shown: number, total: number): ListNode[] {
  if (shown >= total) return [];
  return [
    {
      id: `${part} more`,
      label: vscode.l10n.t('Show {0} more', Math.min(ROWS_AT_ONCE, total - shown)),
      description: vscode.l10n.t('{0} of {1} shown', shown, total),
      icon: new vscode.ThemeIcon('ellipsis'),
      context: 'more',
      more: part,
    },
  ];
}

function conversionNode(group: ConversionGroup, row: ConversionRow): ListNode {
  const facts = [
    row.state === 'done' ? '' : row.errno || row.state,
    `to ${row.toPrivate ? 'private' : 'shared'}`,
    row.duration,
    row.retries > 0 ? `after ${row.retries} failed` : '',
    row.spot.line > 0 ? `line ${row.spot.line}` : '',
    row.owner,
  ];
  return {
    id: `${group} ${row.index}`,
    label: row.pages,
    description: facts.filter((fact) => fact !== '').join(' · '),
    spot: row.spot,
    context: 'conversion',
    tooltip: [row.label, ...facts.filter((fact) => !fact.startsWith('to '))]
      .filter((fact) => fact !== '')
      .join('\n'),
    icon: new vscode.ThemeIcon(
      row.toPrivate ? 'lock' : 'unlock',
      row.state === 'failed' ? color('problemsErrorIcon.foreground') : undefined,
    ),
    children: row.phases.map((phase, i) => ({
      id: `${group} ${row.index} ${i}`,
      label: phase.name,
      ...(phase.spot.line > 0 ? { description: `line ${phase.spot.line}` } : {}),
      spot: phase.spot,
      icon: new vscode.ThemeIcon('circle-small'),
      context: 'phase',
    })),
  };
}

const FAULT_GROUPS: Readonly<Record<FaultGroup, readonly [label: string, icon: string]>> = {
  repeated: ['Again and again', 'history'],
  all: ['All', 'symbol-array'],
};

export function faultNodes({ groups }: FaultGroups): ListNode[] {
  return groups.flatMap(({ group, total, rows }) => {
    const part = faultPart(group);
    const nodes = rows.map((row) => faultNode(part, row));
    return groupNode(part, FAULT_GROUPS[group], total, nodes, group === 'repeated' && total <= OPEN_MAX);
  });
}

function faultNode(part: string, row: FaultRow): ListNode {
  const least = row.atLeast ? 'at least ' : '';
  const counts = [
    row.pattern,
    row.faults > 0 ? `${least}${plural(row.faults, 'fault')}` : '',
    row.installs > 0 ? `${least}${plural(row.installs, 'install')}` : '',
    row.spot.line > 0 ? `line ${row.spot.line}` : '',
  ];
  const id = `${part} ${row.key}`;
  return {
    id,
    label: row.label,
    description: counts.filter((text) => text !== '').join(' · '),
    tooltip: [row.label, ...row.facts].join('\n'),
    spot: row.spot,
    icon: new vscode.ThemeIcon(row.pattern === '' ? 'circle-small' : 'sync'),
    context: 'fault',
    children: [
      ...row.facts.map((fact, i) => ({ id: `${id} fact ${i}`, label: fact, context: 'fact' })),
      ...row.places.map(({ name, spot }) => ({
        id: `${id} ${name}`,
        label: name,
        ...(spot.line > 0 ? { description: `line ${spot.line}` } : {}),
        spot,
        icon: new vscode.ThemeIcon('circle-small'),
        context: 'place',
      })),
    ],
  };
}

/** What has more entries is closed at first: a tree asks for each open one by itself. */
const OPEN_PAGES_MAX = 20;

const PAGE_ICONS: Readonly<Record<PageKind, string>> = {
  shared: 'unlock',
  private: 'lock',
  converting: 'sync',
  unknown: 'question',
};

export function pageNodes({ slots }: Lists): ListNode[] {
  const told = slots.filter(({ total, leftOut }) => total > 0 || leftOut > 0);
  const byVm = groupedBy(told, ({ vm }) => vm);
  return [...byVm].map(([vm, own]) => ({
    id: vm,
    label: vm,
    description: countsText(own),
    icon: new vscode.ThemeIcon('server'),
    open: byVm.size <= OPEN_PAGES_MAX,
    context: 'vm',
    children: own.map((slot) => slotNode(slot, own.length <= OPEN_PAGES_MAX)),
  }));
}

function slotNode(slot: SlotRow, isOneOfFew: boolean): ListNode {
  const runs: ListNode[] = slot.runs.map((run) => ({
    id: `${slot.key} ${run.label}`,
    label: run.label,
    description: run.state,
    spot: run.since,
    icon: new vscode.ThemeIcon(PAGE_ICONS[run.kind]),
    context: 'pages',
  }));
  runs.push(...moreNode(slot.key, slot.runs.length, slot.total));
  return {
    id: slot.key,
    label: slot.label,
    description: countsText([slot]),
    icon: new vscode.ThemeIcon('symbol-array'),
    open: isOneOfFew && runs.length <= OPEN_PAGES_MAX,
    children: runs,
    context: 'slot',
  };
}

/** `12 private, 4 unknown`: pages by kind. */
function countsText(slots: readonly SlotRow[]): string {
  const counts = new Map<string, number>();
  for (const slot of slots) {
    for (const [kind, count] of Object.entries(slot.counts))
      counts.set(kind, (counts.get(kind) ?? 0) + count);
    if (slot.leftOut > 0) counts.set('not worked out', (counts.get('not worked out') ?? 0) + slot.leftOut);
  }
  return [...counts].map(([kind, count]) => `${count} ${kind}`).join(', ');
}

export function referenceNodes({ holders, holdersMatching }: Lists): ListNode[] {
  const nodes = holders.map(
    (holder: HolderRow): ListNode => ({
      id: `${holder.spot.row} ${holder.pages} ${holder.kind} ${holder.holder}`,
      label: `${holder.pages}: ${holder.kind} by ${holder.holder}`,
      description: [
        holder.age,
        holder.outlived > 0 ? `outlived ${plural(holder.outlived, 'failed conversion')}` : '',
        holder.spot.line > 0 ? `line ${holder.spot.line}` : '',
      ]
        .filter((fact) => fact !== '')
        .join(' · '),
      spot: holder.spot,
      icon: new vscode.ThemeIcon(holder.kind === 'pin' ? 'pinned' : 'references'),
      context: 'reference',
    }),
  );
  return [...nodes, ...moreNode(HOLDERS, holders.length, holdersMatching)];
}

export function coverageNodes(report: Report): ListNode[] {
  const groups: readonly (readonly [RuleOutcome, string, string])[] = [
    ['broken', 'Broken', 'error'],
    ['undecided', 'Undecided', 'question'],
    ['held', 'Held', 'pass'],
    ['not-applicable', 'Not applicable', 'circle-slash'],
  ];
  const nodes = groups.flatMap(([outcome, label, icon]): ListNode[] => {
    const rules = report.rules.filter((rule) => outcomeOf(rule) === outcome);
    if (rules.length === 0) return [];
    return [
      {
        id: outcome,
        label,
        description: String(rules.length),
        icon: new vscode.ThemeIcon(icon),
        open: outcome === 'undecided',
        children: rules.map(ruleNode),
        context: 'coverage',
      },
    ];
  });
  const losses = report.issues.filter((issue) => issue.severity === 'dataLoss');
  if (losses.length > 0) {
    nodes.unshift({
      id: 'loss',
      label: 'Events are missing',
      description: String(losses.reduce((sum, loss) => sum + loss.count, 0)),
      icon: new vscode.ThemeIcon('warning', color('problemsWarningIcon.foreground')),
      context: 'loss',
      children: losses.map((loss, i) => ({
        id: `loss ${i}`,
        label: loss.sentence,
        description: loss.line > 0 ? `line ${loss.line}` : loss.detail,
        tooltip: `${loss.sentence} ${loss.advice}`,
        spot: { row: 0, line: loss.line, column: 0 },
        context: 'issue',
      })),
    });
  }
  return nodes;
}

function ruleNode(rule: ReportedRule): ListNode {
  const checks = rule.checks > 0 ? plural(rule.checks, 'check') : '';
  const undecided = rule.undecided > 0 ? `${rule.undecided} undecided` : '';
  const isWhole = rule.reasons.length === 0;
  return {
    id: `${rule.profile} ${rule.id}`,
    label: `${rule.id} ${rule.name}`,
    description: [checks, undecided].filter((fact) => fact !== '').join(' · '),
    tooltip: rule.statement,
    context: 'rule',
    icon: new vscode.ThemeIcon(isWhole ? 'circle-small-filled' : 'circle-small'),
    children: rule.reasons.map((reason, i) => ({
      id: `${rule.profile} ${rule.id} ${i}`,
      label: reason.missing.length > 0 ? `missing: ${reason.missing.join(', ')}` : reason.detail,
      description: `${reason.reason}${reason.count > 0 ? ` ×${reason.count}` : ''}`,
      tooltip: reason.detail,
      icon: new vscode.ThemeIcon('question'),
      context: 'reason',
      ...(reason.count > 0 ? { spot: spotOf(reason.at) } : {}),
    })),
  };
}

/**
 * Findings as compilers print theirs: `file:line:column: severity: message [rule]`, the evidence and what to
 * do indented below. After the findings of a trace comes one line of what was judged, then the rules that
 * were not decided and why, or all of them. Vim's quickfix and Emacs' compile mode step through it.
 */
import { ISSUE_KINDS } from '../../parsers/events/issues.js';
import { plural } from '../../parsers/base/plural.js';
import { countsText } from './counts.js';
import { faultsOf, groupable, type Fault, type Sight } from './fault.js';
import type { Evidence, Finding, RuleStatus, Verdict } from './finding.js';
import { outcomeOf, reportHeadline, type Headline, type RuleOutcome } from './headline.js';
import {
  address,
  issueText,
  listedFindings,
  reasonText,
  ruleOf,
  ruleTitle,
  STALE_TEXTS,
  unlistedCount,
  verdictWord,
  type TraceReport,
} from './report.js';
import { byMessage, evidenceOnce } from './shows.js';
import { styledText, type Look, type Style, type Styled, type StyledLine } from './styledLine.js';
import { pagesTold, titleOf } from './title.js';

export interface TextOptions {
  /** The table has every rule, not only those that were not decided. */
  readonly allRules?: boolean;
  /** What the reader's side can show; by default neither colours nor a width. */
  readonly look?: Look;
}

/** Columns that evidence is moved to the right, below its finding. */
const INDENT = '    ';

/** A finding with its evidence, each line ending in a newline. */
export function findingText(report: TraceReport, finding: Finding, look: Look = {}): string {
  const isFault = finding.verdict !== 'undecidable';
  const lines = isFault
    ? sightLines(report, { findings: [finding] }, 1)
    : [undecidedLine(report, finding), ...afterwordLines(report, [finding])];
  return linesText(lines, look);
}

function linesText(lines: readonly StyledLine[], look: Look): string {
  return lines.map((line) => `${styledText(line, look, 2 * INDENT.length)}\n`).join('');
}

/** The line of what was judged, ending in a newline. */
export function summaryText(report: TraceReport, look: Look = {}): string {
  return `${styledText(summary(report), look)}\n`;
}

/** One judged trace as the parts of a text that ends in a newline. */
export function* renderText(report: TraceReport, options: TextOptions = {}): Generator<string> {
  const look = options.look ?? {};
  let isEmpty = true;
  for (const text of findingTexts(report, look)) {
    yield text;
    isEmpty = false;
  }
  for (const line of [
    ...unlistedLines(report),
    ...suppressedLines(report),
    ...staleLines(report),
    ...issueLines(report),
  ]) {
    yield `${styledText(line, look, INDENT.length)}\n`;
    isEmpty = false;
  }
  yield `${isEmpty ? '' : '\n'}${summaryText(report, look)}`;
  for (const line of ruleTable(report, options.allRules === true, look)) yield `${line}\n`;
}

function unlistedLines(report: TraceReport): StyledLine[] {
  const count = unlistedCount(report);
  return count === 0 ? [] : [[{ style: 'strong', text: `${plural(count, 'more finding')}, not listed` }]];
}

const VERDICT_STYLES: Readonly<Record<Verdict, Style>> = {
  violation: 'error',
  suspicious: 'warning',
  undecidable: 'faint',
};

/** Each fault at its first event, and what could not be decided where it begins. */
function* findingTexts(report: TraceReport, look: Look): Generator<string> {
  const listed = listedFindings(report);
  const faultAt = new Map(faultsOf(listed, groupable).map((fault) => [firstOf(fault), fault]));
  for (const finding of listed) {
    const fault = faultAt.get(finding);
    if (fault) yield* faultTexts(report, fault, look);
    else if (finding.verdict === 'undecidable') yield findingText(report, finding, look);
  }
}

function firstOf({ sights }: Fault<Finding>): Finding {
  return sights[0]!.findings.reduce((a, b) => (b.at < a.at ? b : a));
}

/** Where it was seen first, with all that shows it; the other times in a line each. */
function* faultTexts(report: TraceReport, { sights }: Fault<Finding>, look: Look): Generator<string> {
  const [first, ...others] = sights as readonly [Sight<Finding>, ...Sight<Finding>[]];
  yield linesText(sightLines(report, first, sights.length), look);
  for (const sight of others) yield linesText(againLines(report, sight), look);
}

function againLines(report: TraceReport, { findings }: Sight<Finding>): StyledLine[] {
  return byMessage(findings).map(([message, alike]): StyledLine => {
    const ids = { style: 'faint', text: ` (${alike.map(({ id }) => id).join(', ')})` } as const;
    return [INDENT, placed(report, alike[0].at), `note: again: ${message}`, ids];
  });
}

function sightLines(report: TraceReport, { findings }: Sight<Finding>, seen: number): StyledLine[] {
  const lead = findings[0]!;
  const rules = [...new Set(findings.map(({ rule }) => ruleTitle(report, rule)))].join(', ');
  const times = seen > 1 ? `, seen ${seen} times` : '';
  const lines: StyledLine[] = [
    [
      placed(report, lead.at),
      { style: VERDICT_STYLES[lead.verdict], text: `${verdictWord(lead.verdict)}:` },
      ' ',
      { style: 'strong', text: titleOf(report.analysis, lead) },
      `${times} [${rules}]`,
    ],
  ];
  for (const [message, [first]] of byMessage(findings))
    lines.push([INDENT, placed(report, first.at), `note: ${message}`]);
  return [...lines, ...evidenceLines(report, findings), ...afterwordLines(report, findings)];
}

/** What shows them; the events themselves are told by the messages. */
function evidenceLines(report: TraceReport, findings: readonly Finding[]): StyledLine[] {
  return evidenceOnce<Evidence, Finding>(findings, rowOf).map(({ row, note }): StyledLine => {
    const event = { style: 'faint', text: ` (${report.table.name(row)})` } as const;
    return [INDENT, placed(report, row), `note: ${note}`, event];
  });
}

function rowOf(of: Evidence | Finding): number {
  return 'at' in of ? of.at : of.row;
}

/** The pages by all their names, what to do, and by which ids `explain` and `suppress` know them. */
function afterwordLines(report: TraceReport, findings: readonly Finding[]): StyledLine[] {
  const told = findings.map(({ pages, at }) => pagesTold(report.analysis, pages, at));
  const pages = [...new Set(told)].filter((text) => text !== '');
  const fixes = new Set(findings.map(({ rule }) => ruleOf(report, rule)?.fix ?? ''));
  fixes.delete('');
  return [
    ...pages.map((text): StyledLine => [INDENT, { style: 'faint', text: `pages: ${text}` }]),
    ...[...fixes].map((fix): StyledLine => [INDENT, { style: 'good', text: 'fix:' }, ` ${fix}`]),
    [INDENT, { style: 'faint', text: `explain: ${findings.map(({ id }) => id).join(', ')}` }],
  ];
}

function undecidedLine(report: TraceReport, finding: Finding): StyledLine {
  const { at, verdict, message, reason, rule } = finding;
  return [
    placed(report, at),
    { style: VERDICT_STYLES[verdict], text: `${verdictWord(verdict)}:` },
    ' ',
    { style: 'strong', text: message },
    ` (undecidable: ${reason ?? ''}) [${ruleTitle(report, rule)}]`,
  ];
}

function placed(report: TraceReport, row: number): Styled {
  return { style: 'place', text: `${address(report, row)}: ` };
}

function suppressedLines(report: TraceReport): StyledLine[] {
  return (report.suppressed ?? []).map(({ finding, reason }) => {
    const what = `suppressed ${finding.verdict} ${finding.id}: ${finding.message} [${ruleTitle(report, finding.rule)}]`;
    return [placed(report, finding.at), `info: ${what} (reason: ${reason})`];
  });
}

function staleLines({ path, stale = [] }: TraceReport): StyledLine[] {
  return stale.map(({ about, reason, why }) => [
    { style: 'place', text: `${path}:1:1: ` },
    `info: stale suppression ${about} (reason: ${reason}): ${STALE_TEXTS[why]}`,
  ]);
}

const SEVERITY_STYLES = { error: 'error', dataLoss: 'warning', notice: 'faint' } as const;
const SEVERITY_COMPILER_WORDS = { error: 'error', dataLoss: 'warning', notice: 'info' } as const;

/** What the reader noticed, worst kinds only: the rest is counted in `shimtrace info`. */
function issueLines(report: TraceReport): StyledLine[] {
  const lines: StyledLine[] = [];
  for (const issue of report.table.issues) {
    const severity = ISSUE_KINDS[issue.code].severity;
    if (severity === 'info') continue;
    lines.push([
      { style: 'place', text: `${issue.file ?? report.path}:${Math.max(1, issue.line)}:1: ` },
      { style: SEVERITY_STYLES[severity], text: `${SEVERITY_COMPILER_WORDS[severity]}:` },
      ` ${issueText(issue)} [${issue.code}]`,
    ]);
  }
  return lines;
}

const HEADINGS = ['rule', 'profile', 'status', 'checks', 'found', 'why not decided'] as const;
/** Columns of numbers, which stand at the right. */
const NUMBERS: readonly number[] = [HEADINGS.indexOf('checks'), HEADINGS.indexOf('found')];
const STATUS = HEADINGS.indexOf('status');
const GAP = '  ';

const OUTCOME_STYLES: Readonly<Partial<Record<RuleOutcome, Style>>> = {
  broken: 'error',
  held: 'good',
  undecided: 'warning',
};

/** The rules that were not decided, or all; nothing where there are none to show. */
function ruleTable(report: TraceReport, isWhole: boolean, look: Look): string[] {
  const statuses = report.analysis.rules.filter((rule) => isWhole || outcomeOf(rule) === 'undecided');
  if (statuses.length === 0) return [];
  const rows: string[][] = [[...HEADINGS]];
  for (const status of statuses) rows.push(...statusRows(report, status));
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  const hang = widths.slice(0, -1).reduce((sum, width) => sum + width + GAP.length, 0);
  const isNarrow = look.columns !== undefined && hang > look.columns / 2;
  return [
    '',
    ...rows.map((row) => styledText(tableLine(row, widths), look, isNarrow ? INDENT.length : hang)),
  ];
}

function tableLine(cells: readonly string[], widths: readonly number[]): StyledLine {
  // Blanks after a row's last cell are left out.
  const last = cells.reduce((seen, cell, c) => (cell === '' ? seen : c), 0);
  return cells.slice(0, last + 1).flatMap((cell, c): StyledLine => {
    const filled = NUMBERS.includes(c) ? cell.padStart(widths[c]!) : cell.padEnd(widths[c]!);
    const style = c === STATUS ? OUTCOME_STYLES[cell as RuleOutcome] : undefined;
    const text = c === last ? filled.trimEnd() : filled;
    return [style === undefined ? text : { style, text }, c === last ? '' : GAP];
  });
}

function statusRows(report: TraceReport, status: RuleStatus): string[][] {
  const found = report.analysis.findings.filter(
    (f) => f.rule === status.id && f.profile === status.profile && f.verdict !== 'undecidable',
  ).length;
  const reasons = status.reasons.map((reason) => reasonText(report.table, reason));
  const head = [
    ruleTitle(report, status.id),
    status.profile,
    outcomeOf(status),
    String(status.checks),
    String(found),
    reasons[0] ?? '',
  ];
  return [head, ...reasons.slice(1).map((reason) => ['', '', '', '', '', reason])];
}

const STATE_STYLES: Readonly<Record<Headline['state'], Style>> = {
  'nothing-judged': 'warning',
  violation: 'error',
  suspicious: 'warning',
  undecided: 'warning',
  held: 'good',
};

function summary(report: TraceReport): StyledLine {
  const { analysis, table } = report;
  const files = (report.files ?? [report.path]).join(' + ');
  const { understood, unread, unknown } = analysis;
  // Part by part: operations may have to be read from a disk, and nobody asks for them here.
  const read = countsText({ understood, unread, unknown, total: table.length });
  const lost =
    table.losses.length === 0 ? 'no loss seen' : `${plural(table.losses.length, 'gap')} of lost events`;
  const { text, state } = reportHeadline(report);
  const facts = [
    `${plural(table.length, 'event')} (${read}), ${lost}`,
    `profile ${analysis.profiles.join(', ')} (${analysis.profileReason})`,
  ];
  return [
    { style: 'strong', text: `${files}: ` },
    { style: STATE_STYLES[state], text },
    `; ${facts.join('; ')}`,
  ];
}

/** A fleet's report for people, for programs and for a mail or a page. */
import { plural } from '../../parsers/base/plural.js';
import { visibleLine } from '../../parsers/base/visible.js';
import { csvCell } from '../../shell/csvCell.js';
import type { Answer, Cell, Row } from './duckdb.js';
import { SECTIONS, type Section, type SectionName } from './questions.js';
import { headlineOf, rowsIn, unmetDemands, type FleetDemands, type FleetReport } from './report.js';

export const REPORT_FORMATS = ['text', 'json', 'csv', 'markdown'] as const;
export type ReportFormat = (typeof REPORT_FORMATS)[number];

export interface RenderOptions {
  readonly demands: FleetDemands;
  /** Sections that are printed, in the report's own order. */
  readonly sections: readonly SectionName[];
  /** Rows of each that are printed for people; 0: all. */
  readonly limit: number;
}

export function renderReport(report: FleetReport, format: ReportFormat, options: RenderOptions): string {
  switch (format) {
    case 'text':
      return forPeople(report, options, TEXT);
    case 'markdown':
      return forPeople(report, options, MARKDOWN);
    case 'json':
      return `${JSON.stringify(jsonOf(report, options), undefined, 2)}\n`;
    case 'csv':
      return csvOf(report.sections[options.sections[0]!]!);
  }
}

/** How a form for people writes its parts. */
interface Form {
  /** Stands between two sections. */
  readonly between: string;
  heading(text: string): string;
  note(text: string): string;
  line(text: string): string;
  table(answer: Answer): string;
}

const TEXT: Form = {
  between: '\n',
  heading: (text) => `${text}\n`,
  note: (text) => `  ${text}\n`,
  line: (text) => `${text}\n`,
  table: textTable,
};

const MARKDOWN: Form = {
  between: '',
  heading: (text) => `### ${escaped(text)}\n\n`,
  note: (text) => `*${escaped(text)}*\n\n`,
  line: (text) => `${escaped(text)}\n\n`,
  table: markdownTable,
};

function forPeople(report: FleetReport, options: RenderOptions, form: Form): string {
  const { demands } = options;
  const parts = [
    form.line(`${report.fleet}: ${headlineOf(report, demands)}`),
    form.line(summaryLine(report)),
    ...unmetDemands(report, demands).map((sentence) => form.line(`Not a basis for a verdict: ${sentence}.`)),
  ];
  for (const section of SECTIONS) {
    const answer = report.sections[section.name];
    if (answer === undefined || !options.sections.includes(section.name)) continue;
    parts.push(form.between, sectionText(section, answer, options.limit, form));
  }
  if (report.unread.length > 0 && options.sections.includes('failed'))
    parts.push(form.between, sectionText(UNREAD, unreadAnswer(report), options.limit, form));
  return parts.join('');
}

const UNREAD: Pick<Section, 'title' | 'note'> = {
  title: 'What in the folder could not be read?',
  note: 'It counts as nothing: neither as broken nor as clean.',
};

function unreadAnswer({ unread }: FleetReport): Answer {
  return { columns: ['place', 'why'], rows: unread.map(({ place, why }) => ({ place, why })) };
}

function sectionText(
  { title, note }: Pick<Section, 'title' | 'note'>,
  { columns, rows }: Answer,
  limit: number,
  form: Form,
): string {
  if (rows.length === 0) return `${form.heading(title)}${form.note('None.')}`;
  const shown = limit === 0 ? rows : rows.slice(0, limit);
  const rest = rows.length - shown.length;
  return [
    form.heading(title),
    form.note(note),
    form.table({ columns, rows: shown }),
    rest > 0 ? form.note(`and ${rest} more; --limit 0 prints all`) : '',
  ].join('');
}

function summaryLine({ summary, baseline }: FleetReport): string {
  const { traces, hosts, kernels, judged, failed, timeout, unread } = summary;
  const days = [...new Set([summary.first_day, summary.last_day])].filter((day) => day !== null).join(' to ');
  const parts = [`${judged} judged`, `${failed} failed`, `${timeout} took too long`];
  if (unread > 0) parts.push(`${unread} could not be read`);
  const against = baseline === undefined ? '' : `; compared with ${baseline}`;
  const named = kernels === 0 ? 'of no known kernel' : plural(kernels, 'kernel');
  const when = days === '' ? '' : `, ${days}`;
  const all = `${plural(traces, 'trace')} of ${plural(hosts, 'host')}, ${named}${when}`;
  return `${all}: ${parts.join(', ')}${against}`;
}

function cellText(cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell === 'number' && !Number.isInteger(cell)) return String(Number(cell.toPrecision(12)));
  return visibleLine(String(cell));
}

/** Columns beside each other; the last is as long as it is. */
function textTable({ columns, rows }: Answer): string {
  const heads = columns.map((name) => name.replaceAll('_', ' '));
  const texts = rows.map((row) => columns.map((name) => cellText(row[name] ?? null)));
  const isNumber = columns.map((name) => rows.every((row) => typeof row[name] === 'number'));
  const widths = heads.map((head, k) =>
    texts.reduce((most, row) => Math.max(most, row[k]!.length), head.length),
  );
  const line = (cells: readonly string[]): string => {
    const padded = cells.map((text, k) =>
      isNumber[k] ? text.padStart(widths[k]!) : text.padEnd(widths[k]!),
    );
    return `  ${padded.join('  ').trimEnd()}\n`;
  };
  return [heads, ...texts].map(line).join('');
}

function markdownTable({ columns, rows }: Answer): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
  return [
    line(columns.map((name) => escaped(name.replaceAll('_', ' ')))),
    line(columns.map((name) => (rows.every((row) => typeof row[name] === 'number') ? '---:' : '---'))),
    ...rows.map((row) => line(columns.map((name) => escaped(cellText(row[name] ?? null))))),
    '\n',
  ].join('');
}

/** What a trace or a path has in it is no Markdown and no HTML. */
function escaped(text: string): string {
  return text.replace(/[\\|<>&`*_[\]#!~]/g, (c) => `\\${c}`);
}

function csvOf({ columns, rows }: Answer): string {
  const cell = (value: Cell | undefined): string =>
    csvCell(value === null || value === undefined ? null : String(value));
  return [columns.join(','), ...rows.map((row) => columns.map((name) => cell(row[name])).join(','))]
    .map((line) => `${line}\n`)
    .join('');
}

function jsonOf(report: FleetReport, { demands, sections }: RenderOptions): unknown {
  const asked = SECTIONS.map(({ name }) => name).filter(
    (name) => sections.includes(name) && report.sections[name],
  );
  return {
    fleet: report.fleet,
    version: report.version,
    baseline: report.baseline ?? null,
    headline: headlineOf(report, demands),
    unmet: unmetDemands(report, demands),
    summary: report.summary,
    sections: Object.fromEntries(asked.map((name): [string, readonly Row[]] => [name, rowsIn(report, name)])),
    unread: report.unread,
    standing: report.standing.rows,
  };
}

/** The generated parts of docs/: written by `npm run docs` from the rules' and issue codes' own sources. */
import { ISSUE_KINDS } from '../parsers/events/issues.js';
import { PROFILES, type ProfileId } from '../model/findings/finding.js';
import { SEVERITY_WORDS, type RuleInfo } from '../model/findings/report.js';
import { needsText } from '../model/findings/recipe.js';
import { TABLE_NAMES, TABLES, type ColumnSpec, type TableName } from '../model/tables/schema.js';
import { QUESTIONS } from '../model/tables/questions.js';
import type { CorpusCount } from './corpus.js';
import { FLEET_VIEWS, SECTIONS } from './fleet/questions.js';
import { STATUS_COLUMNS } from './fleet/statusTable.js';

const PROFILE_TEXTS: Readonly<Record<ProfileId, string>> = {
  'sean-2022':
    'The contract of the mail of 19 September 2022 for a shim that lets the user map the hidden file under ' +
    'five restrictions, with the sketch that came with it. No mainline kernel enforces it.',
  'luto-2022':
    'The counter-proposal of the same thread: ordinary mmap until the switch, no GUP while mappable, and ' +
    'at the switch no new fault and `unmap_mapping_range()`.',
  'guest-memfd':
    "What guest_memfd and KVM's MMU hold to today (Linux 6.8 to 7.2), " +
    'and what the in-place conversion series adds.',
  pkvm:
    "What pKVM on arm64 (Linux 7.2) holds to for protected VMs, as far as the host's side shows it, and what the " +
    'discussion of 2022 asked of it. A page is *donated* to a protected VM where its stage 2 maps it, *shared back* ' +
    'or *unshared* by the guest in calls that only the hypervisor sees, and *returned* when the VM is torn down.',
};

const SEVERITIES = [1, 2, 3, 4].map((severity) => `${severity} ${SEVERITY_WORDS[severity]}`).join(', ');

/** docs/RULES.md. */
export function rulesPage(rules: readonly RuleInfo[], corpus: ReadonlyMap<string, CorpusCount>): string {
  const parts: string[] = [
    '# Rules',
    '',
    "Generated from the rules' sources by `npm run docs`; do not edit. `shimtrace rules` prints the same.",
    '',
    'A rule of nature *invariant* can be violated; one of nature *suspicion* can only be suspicious. ' +
      `Severity: ${SEVERITIES}.`,
    '*Needs* lists what a trace must show for the rule to find anything: without one of them it is undecidable,',
    'whatever else came out well. *May need* lists what shows that something is legal: a check that depends on it is',
    'undecidable without it, never a violation.',
    '',
    '*Tried on* counts shipped traces: *real*, recordings of correct kernels on which the rule was decided; *injected*,',
    'recordings of kernels with a bug put in that it finds; *made*, traces made by hand.',
    '',
  ];
  for (const profile of PROFILES) {
    const mine = rules.filter((rule) => rule.profile === profile);
    parts.push(
      `## Profile ${profile}`,
      '',
      PROFILE_TEXTS[profile],
      '',
      '| Rule | Severity | Statement |',
      '| --- | --- | --- |',
    );
    for (const rule of mine)
      parts.push(
        `| [${rule.id}](#${anchor(rule)}) ${rule.name} | ${rule.severity} | ${cell(rule.statement)} |`,
      );
    parts.push('');
    for (const rule of mine) parts.push(...section(rule, corpus.get(rule.id)));
  }
  return `${parts.join('\n').trimEnd()}\n`;
}

/** Anchor of a rule's section, as Markdown renderers make it from the heading. */
export function anchor(rule: Pick<RuleInfo, 'id' | 'name'>): string {
  return `${rule.id} ${rule.name}`
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replace(/ /g, '-');
}

/** Rules of what SEV-SNP and TDX do, of which nobody has recorded real hardware yet. */
const OF_VENDORS = new Set(['G8', 'G11', 'G12', 'G14', 'S5', 'S6']);

function triedText(id: string, { real, injected, made }: CorpusCount): string {
  const counts = `${real} real, ${injected} injected, ${made} made`;
  if (OF_VENDORS.has(id))
    return `${counts}; of SEV-SNP and TDX made traces only, no recording of real hardware yet`;
  return real + injected > 0 ? counts : `${counts}: made traces only`;
}

function section(rule: RuleInfo, tried: CorpusCount | undefined): readonly string[] {
  const needs =
    rule.needs.length === 0 ? 'nothing beyond the events it judges' : needsText(rule.needs, rule.profile);
  return [
    `### ${rule.id} ${rule.name}`,
    '',
    rule.statement,
    '',
    `- Severity: ${rule.severity}, ${SEVERITY_WORDS[rule.severity]} (${rule.nature})`,
    `- Source: ${rule.source}`,
    `- Needs: ${needs}`,
    ...(rule.excuses ? [`- May need: ${needsText(rule.excuses, rule.profile)}`] : []),
    `- Fix: ${rule.fix}`,
    ...(tried ? [`- Tried on: ${triedText(rule.id, tried)}`] : []),
    `- Samples: \`sample-traces/rules/${rule.id}/\``,
    '',
  ];
}

function cell(text: string): string {
  return text.replace(/\|/g, '\\|');
}

/** The table of issue codes in docs/FORMATS.md. */
export function issuesTable(): string {
  const rows = Object.entries(ISSUE_KINDS).map(
    ([code, kind]) => `| \`${code}\` | ${kind.severity} | ${cell(kind.sentence)} | ${cell(kind.advice)} |`,
  );
  return ['| Code | Severity | What was found | What to do |', '| --- | --- | --- | --- |', ...rows].join(
    '\n',
  );
}

const BEGIN = '<!-- generated: issues -->';
const END = '<!-- end generated -->';
const BEGIN_FLEET = '<!-- generated: questions of a fleet -->';
const BEGIN_SQL = '<!-- generated: tables and questions -->';

/** `page` with its generated part replaced; the page itself when it has no such part. */
export function withIssues(page: string): string {
  return withPart(page, BEGIN, issuesTable());
}

/** docs/SQL.md with the tables and the questions as the sources have them. */
export function withTables(page: string): string {
  return withPart(page, BEGIN_SQL, [...TABLE_NAMES.flatMap(tableSection), ...questionSections()].join('\n'));
}

/** docs/FLEET.md with the table of its own and the SQL of its report as the sources have them. */
export function withFleet(page: string): string {
  const sql = (title: string, ...text: readonly string[]): readonly string[] => [
    '',
    title,
    '',
    '```sql',
    ...text,
    '```',
  ];
  return withPart(
    page,
    BEGIN_FLEET,
    [
      ...['', '### status', '', 'One row: what became of a run.', ''],
      ...columnRows(STATUS_COLUMNS),
      ...['', '### What is made of the tables first'],
      ...FLEET_VIEWS.flatMap(({ name, title, select }) => sql(`${title}:`, `create view ${name} as`, select)),
      ...['', '### What is asked', ''],
      'Sections are called as `--section` has them. `baseline` has columns of `standing`: rule, host, kernel, broken, held.',
      ...SECTIONS.flatMap(({ name, title, note, sql: text }) => sql(`\`${name}\`: ${title} ${note}`, text)),
    ].join('\n'),
  );
}

function withPart(page: string, begin: string, part: string): string {
  const from = page.indexOf(begin);
  const until = page.indexOf(END);
  if (from < 0 || until < from) return page;
  return `${page.slice(0, from + begin.length)}\n${part}\n${page.slice(until)}`;
}

function tableSection(name: TableName): readonly string[] {
  const { help, columns } = TABLES[name];
  return ['', `### ${name}`, '', help, '', ...columnRows(columns)];
}

function columnRows(columns: readonly ColumnSpec[]): readonly string[] {
  const rows = columns.map(
    (column) =>
      `| \`${column.name}\` | ${column.type}${column.isNullable ? ', null' : ''} | ${cell(column.help)} |`,
  );
  return ['| Column | Type | |', '| --- | --- | --- |', ...rows];
}

function questionSections(): readonly string[] {
  const all = QUESTIONS.flatMap(({ title, sql }, i) => ['', `${i + 1}. ${title}`, '', '```sql', sql, '```']);
  return ['', '## Twenty questions', ...all];
}

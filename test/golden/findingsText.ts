/**
 * What the rules say of the sample traces, as text: one page for each rule, so that a change of one rule is a
 * change of one page. A page has a section for each sample in which its rule applies.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { PROFILES, type Finding, type PageRange, type RuleStatus } from '../../model/findings/finding.js';
import { bytesOf, labelsOf, SHIPPED } from '../labelled/labels.js';
import { BUGS, recordingOf, type Bug } from '../support/bugs.js';
import { analyze } from '../../model/index.js';
import { judge, judgeText, lineOf, tableOf, type Judged } from './judge.js';
import { ROOT, samplesIn } from './samples.js';

export const FINDINGS = join(ROOT, 'test', 'golden', 'findings');

export interface NamedSample {
  readonly name: string;
  readonly judge: () => Judged;
}

/**
 * Every sample: traces made by hand, by the profiles that they ask for, recordings, by all profiles, those
 * of stock kernels, by the profiles chosen for them, and recordings edited into those of kernels with other
 * bugs.
 */
export function namedSamples(): readonly NamedSample[] {
  const made = ['scenarios', 'rules'].flatMap((folder) => samplesIn(folder));
  return [
    ...made.map(({ name, text, expect }) => ({ name, judge: () => judgeText(text, expect.profiles) })),
    ...labelsOf(SHIPPED).map(({ file }) => ({
      name: `labelled/${file}`,
      judge: () => judge(bytesOf(join(SHIPPED, file)), PROFILES),
    })),
    ...stockRecordings().map((file) => ({ name: `stock/${file}`, judge: () => judgeStock(file) })),
    ...BUGS.map((bug) => ({ name: `edited/${bug.name.replaceAll(':', '')}`, judge: () => judgeBug(bug) })),
  ];
}

const STOCK = join(ROOT, 'sample-traces', 'stock');

/** Recordings of stock kernels, by their names. */
export function stockRecordings(): readonly string[] {
  return readdirSync(STOCK).sort();
}

export function judgeStock(file: string): Judged {
  const table = tableOf(gunzipSync(readFileSync(join(STOCK, file))));
  return { table, analysis: analyze(table) };
}

function judgeBug(bug: Bug): Judged {
  const recording = recordingOf(bug);
  bug.edit(recording);
  return judgeText(recording.text(), [bug.profile]);
}

/** The sections of one sample, by rule. */
export function sectionsOf({ name, judge }: NamedSample): ReadonlyMap<string, string> {
  const judged = judge();
  const applying = judged.analysis.rules.filter((status) => status.status !== 'not-applicable');
  return new Map(applying.map((status) => [status.id, `${name}: ${statusLines(status, judged).join('\n')}`]));
}

/** What one rule says of a trace. */
export function sectionOfRule(judged: Judged, rule: string): string[] {
  return judged.analysis.rules
    .filter(({ id }) => id === rule)
    .flatMap((status) => statusLines(status, judged));
}

function statusLines(status: RuleStatus, judged: Judged): string[] {
  const found = judged.analysis.findings.filter((f) => f.rule === status.id && f.profile === status.profile);
  return [
    `${status.status}, ${status.checks} checks`,
    ...status.reasons.flatMap((reason) => {
      const missing = reason.missing.length > 0 ? `; missing ${reason.missing.join(', ')}` : '';
      const line = judged.table.line(reason.row);
      const first = `${reason.reason} ×${reason.count}, first at line ${line}`;
      return [`  undecided: ${first}${missing}`, `    ${reason.detail}`];
    }),
    ...found.filter((f) => f.verdict !== 'undecidable').flatMap((f) => findingLines(f, judged)),
  ];
}

function findingLines(finding: Finding, judged: Judged): string[] {
  const { verdict, severity, pages, message, evidence, at } = finding;
  const where = pages ? pagesText(pages, judged) : 'no pages';
  return [
    `  ${verdict} ${severity} at line ${lineOf(judged, finding)}, ${where}`,
    `    ${message}`,
    ...evidence.map(({ row, role, note }) => {
      // The event itself is told by the message.
      const told = row === at && note === message ? '' : `: ${note}`;
      return `    line ${judged.table.line(row)} ${role}${told}`;
    }),
  ];
}

function pagesText({ vm, inode, unit, first, count }: PageRange, { analysis }: Judged): string {
  const of = [analysis.vms[vm]?.label, analysis.inodes[inode]?.label].filter((label) => label !== undefined);
  return `${of.join(' ')} ${unit} 0x${first.toString(16)} +${count}`;
}

/** A page as text, of its sections in the order of the samples. */
export function pageText(title: string, sections: Iterable<string>): string {
  return `${[title, '', ...sections].join('\n')}\n`;
}

/** The sections of a page, by sample. */
export function sectionsOfPage(text: string): ReadonlyMap<string, string> {
  const [, , ...lines] = text.trimEnd().split('\n');
  const sections = new Map<string, string[]>();
  let section: string[] = [];
  for (const line of lines) {
    if (!line.startsWith(' ')) {
      section = [];
      sections.set(line.slice(0, line.indexOf(':')), section);
    }
    section.push(line);
  }
  return new Map([...sections].map(([name, own]) => [name, own.join('\n')]));
}

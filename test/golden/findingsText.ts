/**
 * What the rules say of the sample traces, as text: one page for each rule, so that a change of one rule is a change of
 * one page. `npm run golden` writes the pages below test/golden/findings; findings.test.ts compares them.
 */
import { join } from 'node:path';
import { PROFILES, type Finding, type PageRange, type RuleStatus } from '../../model/findings/finding.js';
import { RULES } from '../../model/rules/registry.js';
import { bytesOf, labelsOf, SHIPPED } from '../labelled/labels.js';
import { judge, judgeText, lineOf, type Judged } from './judge.js';
import { ROOT, samplesIn } from './samples.js';

export const FINDINGS = join(ROOT, 'test', 'golden', 'findings');

interface JudgedSample {
  readonly name: string;
  readonly judged: Judged;
}

/** Every sample trace: those made by hand by the profiles that they ask for, the recordings by all of them. */
function* judgedSamples(): Generator<JudgedSample> {
  for (const folder of ['scenarios', 'rules'])
    for (const { name, text, expect } of samplesIn(folder))
      yield { name, judged: judgeText(text, expect.profiles) };
  for (const { file } of labelsOf(SHIPPED))
    yield { name: `labelled/${file}`, judged: judge(bytesOf(join(SHIPPED, file)), PROFILES) };
}

/** The page of each rule, by its id: the samples in which it applies. */
export function findingPages(): ReadonlyMap<string, string> {
  const pages = new Map(RULES.map(({ id, name }) => [id, [`${id} ${name}`, '']]));
  for (const { name, judged } of judgedSamples())
    for (const status of judged.analysis.rules)
      if (status.status !== 'not-applicable')
        pages.get(status.id)!.push(...sampleLines(name, status, judged));
  return new Map([...pages].map(([id, lines]) => [id, `${lines.join('\n')}\n`]));
}

function sampleLines(name: string, status: RuleStatus, judged: Judged): string[] {
  const found = judged.analysis.findings.filter((f) => f.rule === status.id && f.profile === status.profile);
  return [
    `${name}: ${status.status}, ${status.checks} checks`,
    ...status.reasons.flatMap((reason) => {
      const missing = reason.missing.length > 0 ? `; missing ${reason.missing.join(', ')}` : '';
      const line = judged.table.line(reason.row);
      return [
        `  undecided: ${reason.reason} ×${reason.count}, first at line ${line}${missing}`,
        `    ${reason.detail}`,
      ];
    }),
    ...found.filter((f) => f.verdict !== 'undecidable').flatMap((f) => findingLines(f, judged)),
  ];
}

function findingLines(finding: Finding, judged: Judged): string[] {
  const { verdict, severity, pages, message, evidence, at } = finding;
  const where = pages ? ` ${pagesText(pages, judged)}` : '';
  return [
    `  ${verdict} ${severity} at line ${lineOf(judged, finding)},${where || ' no pages'}`,
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

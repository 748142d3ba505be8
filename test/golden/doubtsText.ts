/**
 * What a rule says of the trace that violates it, and of the clean one beside it, when evidence is taken
 * away: one page for each rule. A violation may stay or become undecidable; a false all-clear or a false
 * violation is seen here.
 */
import { join } from 'node:path';
import type { RuleDef } from '../../model/rules/rule.js';
import {
  LESS,
  linesOf,
  namesOf,
  onLocalClock,
  textOf,
  withLost,
  type Line,
} from '../support/lessEvidence.js';
import { sectionOfRule } from './findingsText.js';
import { judgeText } from './judge.js';
import { ROOT, sampleOf, type Sample } from './samples.js';

export const DOUBTS = join(ROOT, 'test', 'golden', 'doubts');

interface Variant {
  readonly what: string;
  readonly text: string;
}

/** An event that is not there leaves an empty comment in its place: the others keep their lines. */
const blankWhere =
  (isGone: (line: Line) => boolean) =>
  (line: Line): Line =>
    isGone(line) ? { text: '#', name: '', cpu: -1 } : line;

/** The rule's page: each answer once, with all that leads to it. */
export function doubtsPage(rule: RuleDef): string {
  const sections = ['violation', 'clean'].flatMap((kind) => {
    const sample = sampleOf(`rules/${rule.id}/${kind}`);
    return [`${kind}: ${sample.expect.title}`, ...answerLines(rule, sample), ''];
  });
  return [`${rule.id} ${rule.name}, with less evidence`, '', ...sections].join('\n');
}

const indented = (text: string): string[] => text.split('\n').map((line) => `  ${line}`);

function answerLines(rule: RuleDef, sample: Sample): string[] {
  const byAnswer = new Map<string, string[]>();
  for (const { what, text } of variantsOf(rule, sample)) {
    const answer = sectionOfRule(judgeText(text, [rule.profile], [rule.id]), rule.id).join('\n');
    byAnswer.set(answer, [...(byAnswer.get(answer) ?? []), what]);
  }
  const [[unchanged], ...others] = [...byAnswer] as [[string, string[]], ...[string, string[]][]];
  return [
    'all of it, and with less of what is not named below',
    ...indented(unchanged),
    ...others.flatMap(([answer, whats]) => [whats.join(', '), ...indented(answer)]),
  ];
}

/**
 * The trace as it is, and with less; an event that the findings point at is lost, the others are not enabled.
 */
function* variantsOf(rule: RuleDef, { text, expect }: Sample): Generator<Variant> {
  const lines = linesOf(text);
  const made = (what: string, changed: readonly Line[]): Variant => ({ what, text: textOf(changed) });
  yield { what: 'all of it', text };
  for (const name of namesOf(lines))
    yield made(`without ${name}`, lines.map(blankWhere((l) => l.name === name)));
  for (const [what, change] of Object.entries(LESS)) yield made(what, change(lines));
  yield made('on a local clock', onLocalClock(lines));
  for (const line of evidenceLines(rule, text, expect.profiles)) {
    const lost = withLost(lines, line - 1);
    // The header of a text counts what was lost too.
    if (lost) yield { what: `line ${line} lost`, text: lost.map((one) => one.text).join('\n') };
  }
}

function evidenceLines(
  rule: RuleDef,
  text: string,
  profiles: Sample['expect']['profiles'],
): readonly number[] {
  const { table, analysis } = judgeText(text, profiles, [rule.id]);
  const rows = analysis.findings
    .filter((f) => f.rule === rule.id)
    .flatMap((f) => f.evidence.map((e) => e.row));
  return [...new Set(rows.map((row) => table.line(row)))].sort((a, b) => a - b);
}

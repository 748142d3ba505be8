/**
 * What a rule says of the trace that violates it, and of the clean one beside it, in other circumstances,
 * most of them with less evidence: one page for each rule. A violation may stay or become undecidable; a
 * false all-clear or a false violation is seen here.
 */
import { join } from 'node:path';
import type { RuleDef } from '../../model/rules/rule.js';
import {
  aboutPagesBeside,
  apart,
  LESS,
  linesOf,
  namesOf,
  ofEitherVm,
  onLocalClock,
  textOf,
  twice,
  withGapBefore,
  withLost,
  type Line,
} from '../support/lessEvidence.js';
import { sectionOfRule } from './findingsText.js';
import { judgeFtrace } from './judge.js';
import { ROOT, sampleOf, type Sample } from './samples.js';

export const DOUBTS = join(ROOT, 'test', 'golden', 'doubts');

interface Variant {
  readonly what: string;
  readonly text: string;
  /** No two CPUs are ordered. */
  readonly isUnordered?: boolean;
}

/** An event that is not there leaves an empty comment in its place: the others keep their lines. */
const blankWhere =
  (isGone: (line: Line) => boolean) =>
  (line: Line): Line =>
    isGone(line) ? { ...line, text: '#', name: '', cpu: -1 } : line;

/** The rule's page: each answer once, with all that leads to it. */
export function doubtsPage(rule: RuleDef): string {
  const sections = ['violation', 'clean'].flatMap((kind) => {
    const sample = sampleOf(`rules/${rule.id}/${kind}`);
    return [`${kind}: ${sample.expect.title}`, ...answerLines(rule, sample), ''];
  });
  return [`${rule.id} ${rule.name}, in other circumstances`, '', ...sections].join('\n');
}

const indented = (text: string): string[] => text.split('\n').map((line) => `  ${line}`);

function answerLines(rule: RuleDef, sample: Sample): string[] {
  const byAnswer = new Map<string, string[]>();
  for (const { what, text, isUnordered } of variantsOf(rule, sample)) {
    const skew = isUnordered ? { skewNs: Infinity } : {};
    const judged = judgeFtrace(text, [rule.profile], { rules: [rule.id], ...skew });
    const answer = sectionOfRule(judged, rule.id).join('\n');
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
  yield { ...made('each thread on its own CPU, without an order', apart(lines)), isUnordered: true };
  yield made('another process does the same', twice(lines));
  yield made('a second VM in the process', ofEitherVm(lines));
  for (const { line, pages } of evidenceOf(rule, text, expect.profiles)) {
    // The header of a text counts what was lost too.
    const whole = (what: string, changed: readonly Line[]): Variant => ({
      what: `line ${line} ${what}`,
      text: changed.map((one) => one.text).join('\n'),
    });
    const lost = withLost(lines, line - 1);
    if (lost) yield whole('lost', lost);
    yield whole('after a loss', withGapBefore(lines, line - 1));
    for (const by of pages) {
      yield whole(`about pages ${by} further on`, aboutPagesBeside(lines, line - 1, by));
      yield whole(`about pages ${by} before`, aboutPagesBeside(lines, line - 1, -by));
    }
  }
}

/** Lines that the rule's findings point at, each with the numbers of pages by which it may lie beside. */
function evidenceOf(
  rule: RuleDef,
  text: string,
  profiles: Sample['expect']['profiles'],
): readonly { readonly line: number; readonly pages: readonly number[] }[] {
  const { table, analysis } = judgeFtrace(text, profiles, { rules: [rule.id] });
  const found = analysis.findings.filter((f) => f.rule === rule.id);
  const lines = new Set(found.flatMap((f) => f.evidence.map((e) => table.line(e.row))));
  const pages = new Set([1, ...found.flatMap((f) => (f.pages ? [f.pages.count] : []))]);
  return [...lines].sort((a, b) => a - b).map((line) => ({ line, pages: [...pages] }));
}

/**
 * What is said of sample traces with changes made to them, to see cases that no sample has: a page for each
 * rule, and one of what events mean. A page lists its cases itself: a heading is a sample and the changes
 * made to it (test/support/edits.ts), and what follows it is checked. To add a case, add a heading and run
 * `npm run golden`.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { RULES } from '../../model/rules/registry.js';
import { edited } from '../support/edits.js';
import { assertGolden, updatesGoldens } from '../support/golden.js';
import { changeOfMeaning, meaningOf } from '../support/meaning.js';
import { casesOf, caseText, headingOf, pageOf } from '../support/pages.js';
import { sectionOfRule } from './findingsText.js';
import { judgeText } from './judge.js';
import { ROOT, sampleOf } from './samples.js';

const SLOW_MS = 60_000;
const FOLDER = path.join(ROOT, 'test', 'golden', 'changed');
const MEANINGS = 'meanings';
const UNORDERED = 'no two CPUs are ordered';

type Answer = (name: string, edits: readonly string[], isUnordered: boolean) => readonly string[];

/** The answers of a page, by its name: of what events mean, or of a rule. */
function answerOf(page: string): Answer {
  if (page === MEANINGS)
    return (name, edits) => {
      const { text } = sampleOf(name);
      return changeOfMeaning(meaningOf(text), edited(text, edits));
    };
  const rule = RULES.find(({ id }) => id === page);
  assert.ok(rule, `${page} is no rule`);
  return (name, edits, isUnordered) => {
    const skew = isUnordered ? { skewNs: Infinity } : {};
    const text = edited(sampleOf(name).text, edits);
    return sectionOfRule(judgeText(text, [rule.profile], { rules: [rule.id], ...skew }), rule.id);
  };
}

/** The heading of a case, and what is said of it. */
function answered(heading: string, answer: Answer): string {
  const [name, ...changes] = heading.split('; ') as [string, ...string[]];
  const edits = changes.filter((change) => change !== UNORDERED);
  return caseText(heading, answer(name, edits, edits.length < changes.length));
}

describe('what is said of changed samples', function () {
  this.timeout(SLOW_MS);
  const files = fs.readdirSync(FOLDER).sort();
  for (const name of files) {
    const file = path.join(FOLDER, name);
    const page = path.basename(name, '.txt');
    const answer = answerOf(page);
    const casesNow = (): readonly string[] => casesOf(fs.readFileSync(file, 'utf8'));
    if (updatesGoldens())
      assertGolden(file, pageOf(casesNow().map((part) => answered(headingOf(part), answer))));
    const cases = casesNow();
    for (const part of cases) {
      const heading = headingOf(part);
      it(`by ${page}: ${heading}`, () =>
        assert.equal(answered(heading, answer), part, 'where it is meant: npm run golden'));
    }
  }

  it('is on a page for most rules, and on one of meanings', () => {
    assert.ok(files.length > RULES.length / 2);
    assert.ok(files.includes(`${MEANINGS}.txt`));
  });
});

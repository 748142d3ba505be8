/** What the rules say of small traces of one case each, as the golden pages have it. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { RULES } from '../../model/rules/registry.js';
import { assertGolden, assertOnlyGoldens, updatesGoldens } from '../support/golden.js';
import { traceText, type Said } from '../support/oneTrace.js';
import { casesOf, caseText, headingOf, pageOf } from '../support/pages.js';
import { sectionOfRule } from './findingsText.js';
import { judgeText } from './judge.js';
import { RULE_CASES } from './ruleCases.js';
import { ROOT } from './samples.js';
import { UNORDERED } from './unordered.js';

const FOLDER = path.join(ROOT, 'test', 'golden', 'ruleCases');
const pageFile = (id: string): string => path.join(FOLDER, `${id}.txt`);

function saidOf(id: string, title: string, events: readonly (string | Said)[]): string {
  const { profile } = RULES.find((rule) => rule.id === id)!;
  const skew = title.endsWith(UNORDERED) ? { skewNs: Infinity } : {};
  const judged = judgeText(traceText(events), [profile], { rules: [id], ...skew });
  return caseText(title, sectionOfRule(judged, id));
}

describe('what the rules say of one case', () => {
  for (const [id, cases] of Object.entries(RULE_CASES)) {
    const titles = Object.keys(cases);
    if (updatesGoldens())
      assertGolden(pageFile(id), pageOf(titles.map((title) => saidOf(id, title, cases[title]!))));
    const page = casesOf(fs.readFileSync(pageFile(id), 'utf8'));
    for (const [i, title] of titles.entries())
      it(`to ${id}: ${title}`, () =>
        assert.equal(saidOf(id, title, cases[title]!), page[i], 'where it is meant: npm run golden'));
    it(`to ${id}, and of no other`, () => assert.deepEqual(page.map(headingOf), titles));
  }

  it('is on a page for each rule that has cases', () =>
    assertOnlyGoldens(
      FOLDER,
      Object.keys(RULE_CASES).map((id) => `${id}.txt`),
    ));
});

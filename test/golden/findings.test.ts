/** What each rule finds in every sample trace: verdict, line, pages, message and evidence, as its golden page has it. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { assertGolden, assertOnlyGoldens } from '../support/golden.js';
import { FINDINGS, findingPages } from './findingsText.js';

const SLOW_MS = 60_000;

describe('what the rules say of the sample traces', function () {
  this.timeout(SLOW_MS);
  const pages = findingPages();

  for (const [id, text] of pages) {
    it(`is as the page of ${id} has it`, () => {
      assertGolden(path.join(FINDINGS, `${id}.txt`), text);
      assert.match(text, / (?:violation|suspicious) [1-4] at line /, 'some sample shows what the rule finds');
      assert.match(text, / undecided: /, 'some sample leaves it undecided');
    });
  }

  it('has a page for each rule and no other', () =>
    assertOnlyGoldens(
      FINDINGS,
      [...pages.keys()].map((id) => `${id}.txt`),
    ));
});

/** What each rule says of its own samples with less evidence, as its golden page has it. */
import path from 'node:path';
import { RULES } from '../../model/rules/registry.js';
import { assertGolden, assertOnlyGoldens } from '../support/golden.js';
import { DOUBTS, doubtsPage } from './doubtsText.js';

const SLOW_MS = 60_000;

describe('what a rule says with less evidence', function () {
  this.timeout(SLOW_MS);
  for (const rule of RULES)
    it(`is as the page of ${rule.id} has it`, () =>
      assertGolden(path.join(DOUBTS, `${rule.id}.txt`), doubtsPage(rule)));

  it('has a page for each rule and no other', () =>
    assertOnlyGoldens(
      DOUBTS,
      RULES.map(({ id }) => `${id}.txt`),
    ));
});

/**
 * What each rule finds in every sample trace: verdict, line, pages, message, evidence, as the golden pages
 * have it.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { RULES } from '../../model/rules/registry.js';
import { assertGolden, assertOnlyGoldens, updatesGoldens } from '../support/golden.js';
import { FINDINGS, namedSamples, pageText, sectionsOf, sectionsOfPage } from './findingsText.js';

const SLOW_MS = 60_000;
const samples = namedSamples();
const pageFile = (id: string): string => path.join(FINDINGS, `${id}.txt`);
const readPage = (id: string): string => fs.readFileSync(pageFile(id), 'utf8');

describe('what the rules say of the sample traces', function () {
  this.timeout(SLOW_MS);
  if (updatesGoldens()) {
    const sections = samples.map(sectionsOf);
    for (const { id, name } of RULES) {
      const own = sections.flatMap((ofSample) => ofSample.get(id) ?? []);
      assertGolden(pageFile(id), pageText(`${id} ${name}`, own));
    }
  }
  const pages = new Map(RULES.map(({ id }) => [id, sectionsOfPage(readPage(id))]));

  for (const sample of samples) {
    it(`of ${sample.name}`, () => {
      const expected = RULES.flatMap(({ id }) => {
        const section = pages.get(id)!.get(sample.name);
        return section === undefined ? [] : [`${id} ${section}`];
      });
      const found = [...sectionsOf(sample)].map(([id, section]) => `${id} ${section}`);
      assert.equal(found.sort().join('\n'), expected.sort().join('\n'), 'where it is meant: npm run golden');
    });
  }

  it('is on a page for each rule, with samples that violate it and leave it undecided', () => {
    assertOnlyGoldens(
      FINDINGS,
      RULES.map(({ id }) => `${id}.txt`),
    );
    for (const { id, name } of RULES) {
      const text = readPage(id);
      assert.equal(text, pageText(`${id} ${name}`, sectionsOfPage(text).values()));
      assert.match(text, / (?:violation|suspicious) [1-4] at line /, `${id} finds nothing`);
      assert.match(text, / undecided: /, `${id} is never undecided`);
    }
  });

  it('is of samples that are there', () => {
    const names = new Set(samples.map(({ name }) => name));
    const told = [...pages.values()].flatMap((sections) => [...sections.keys()]);
    assert.deepEqual(
      told.filter((name) => !names.has(name)),
      [],
    );
  });
});

/**
 * What the events of the scenarios, of the rules' traces and of the recordings meant: who is who, and every
 * page operation, as the goldens have it. An operation that moves to another line, or whose pages change, is
 * seen here before any rule.
 */
import assert from 'node:assert/strict';
import path from 'node:path';
import { assertGolden, assertOnlyGoldens } from '../support/golden.js';
import { meaningText } from '../support/operations.js';
import { namedSamples } from './findingsText.js';
import { ROOT } from './samples.js';

const SLOW_MS = 60_000;
const FOLDER = path.join(ROOT, 'test', 'golden', 'operations');
const samples = namedSamples().filter(({ name }) => /^(?:scenarios|rules|labelled)\//.test(name));
/** `scenarios/05-stored-while-pinned` is in `05-stored-while-pinned.txt`. */
const fileOf = (name: string): string =>
  `${name
    .replace(/^scenarios\//, '')
    .replaceAll('/', '.')
    .replace(/\.txt$/, '')}.txt`;

describe('what the events meant', function () {
  this.timeout(SLOW_MS);
  for (const { name, judge } of samples)
    it(`in ${name}`, () => assertGolden(path.join(FOLDER, fileOf(name)), meaningText(judge())));

  it('is told of each trace, and of no other', () => {
    assert.ok(samples.length > 150);
    assertOnlyGoldens(
      FOLDER,
      samples.map(({ name }) => fileOf(name)),
    );
  });
});

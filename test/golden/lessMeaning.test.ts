/**
 * What the events of a scenario mean where one kind of event is not recorded, events are lost, or each line
 * says less: the operations that come and go, as the goldens have them. What others then take its place to
 * mean, and what is forgotten, is seen here before any rule.
 */
import assert from 'node:assert/strict';
import path from 'node:path';
import { assertGolden, assertOnlyGoldens } from '../support/golden.js';
import {
  apart,
  LESS,
  linesOf,
  namesOf,
  ofEitherVm,
  textOf,
  withGapBefore,
  withLost,
  type Line,
} from '../support/lessEvidence.js';
import { beyond, changeOfMeaning, meaningOf } from '../support/meaning.js';
import { ROOT, sampleOf } from './samples.js';

const SLOW_MS = 60_000;
const FOLDER = path.join(ROOT, 'test', 'golden', 'lessMeaning');
/** Together they have every family of events. */
const SAMPLES = [
  'scenarios/01-snp-to-private',
  'scenarios/05-stored-while-pinned',
  'scenarios/17-punch-under-spte',
  'scenarios/21-install-without-invalidation-probes',
  'scenarios/24b-punch-v10',
  'scenarios/25a-kernel-6.12',
  'rules/R1/violation',
  'rules/A2/violation',
];
/** Every so many events one is lost, or a loss comes before it. */
const LOSS_EVERY = 9;

const blankWhere = (lines: readonly Line[], isGone: (line: Line) => boolean): readonly Line[] =>
  lines.map((line) => (isGone(line) ? { ...line, text: '#', name: '', cpu: -1 } : line));

function* variantsOf(lines: readonly Line[]): Generator<readonly [what: string, text: string]> {
  for (const name of namesOf(lines))
    yield [`without ${name}`, textOf(blankWhere(lines, (line) => line.name === name))];
  for (const [what, change] of Object.entries(LESS)) yield [what, textOf(change(lines))];
  yield ['each thread on its own CPU', textOf(apart(lines))];
  yield ['a second VM in the process', textOf(ofEitherVm(lines))];
  let events = 0;
  for (const [i, line] of lines.entries()) {
    if (line.name === '' || ++events % LOSS_EVERY !== 0) continue;
    const whole = (changed: readonly Line[]): string => changed.map(({ text }) => text).join('\n');
    yield [`line ${i + 1} after a loss`, whole(withGapBefore(lines, i))];
    const lost = withLost(lines, i);
    if (lost) yield [`line ${i + 1} lost`, whole(lost)];
  }
}

/** Each change of meaning once, under all that leads to it. */
function lessText(text: string): string {
  const whole = meaningOf(text);
  const byChange = new Map<string, string[]>();
  for (const [what, less] of variantsOf(linesOf(text))) {
    const change = changeOfMeaning(whole, less)
      .map((line) => `  ${line}`)
      .join('\n');
    byChange.set(change, [...(byChange.get(change) ?? []), what]);
  }
  const parts = [...byChange].map(([change, whats]) => `${whats.join(', ')}\n${change || '  the same'}`);
  return `${parts.join('\n')}\n`;
}

describe('what fewer events mean', function () {
  this.timeout(SLOW_MS);
  const fileOf = (name: string): string => `${name.split('/').slice(-2).join('.')}.txt`;
  for (const name of SAMPLES)
    it(`is as the golden has it of ${name}`, () =>
      assertGolden(path.join(FOLDER, fileOf(name)), lessText(sampleOf(name).text)));

  it('is told of these traces, and of no other', () => assertOnlyGoldens(FOLDER, SAMPLES.map(fileOf)));

  it('is less than what all events mean, and told as such', () => {
    const { text } = sampleOf('scenarios/05-stored-while-pinned');
    assert.match(lessText(text), /^without kvm_gmem_create\n {2}- inode 0: /m);
    assert.deepEqual(beyond(['a', 'a', 'b'], ['a', 'c']), ['a', 'b']);
  });
});

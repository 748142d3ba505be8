/**
 * What events tell the rules, whatever rule listens: the cases of `meaningCases`, one family after the other,
 * and the scenarios, each with the facts that a rule can hear of, as the goldens have them.
 */
import assert from 'node:assert/strict';
import path from 'node:path';
import { assertGolden, assertOnlyGoldens } from '../support/golden.js';
import { traceText } from '../support/oneTrace.js';
import { toldLines } from '../support/told.js';
import { FAMILIES } from './meaningCases.js';
import { OF_QEMU } from './qemuCases.js';
import { ROOT, samplesIn } from './samples.js';

const FOLDER = path.join(ROOT, 'test', 'golden', 'told');

const SCENARIOS = samplesIn('scenarios');
/** `scenarios/05-stored-while-pinned` is in `05-stored-while-pinned.txt`. */
const pageOf = (name: string): string => `${path.basename(name)}.txt`;

const withTitle = (title: string, text: string): readonly string[] => [
  title,
  ...toldLines(text).map((line) => `  ${line}`),
  '',
];

describe('what events tell the rules', () => {
  for (const [family, cases] of Object.entries(FAMILIES))
    it(`of ${family} is as the golden has it`, () => {
      const lines = Object.entries(cases).flatMap(([title, events]) => withTitle(title, traceText(events)));
      assertGolden(path.join(FOLDER, `${family}.txt`), lines.join('\n'));
    });

  it('of QEMU is as the golden has it', () => {
    const lines = Object.entries(OF_QEMU).flatMap(([title, events]) =>
      withTitle(title, `${events.join('\n')}\n`),
    );
    assertGolden(path.join(FOLDER, 'qemu.txt'), lines.join('\n'));
  });

  for (const { name, text } of SCENARIOS)
    it(`in ${name} is as the golden has it`, () =>
      assertGolden(path.join(FOLDER, pageOf(name)), `${toldLines(text).join('\n')}\n`));

  it('is told of these families and scenarios, and of no other', () => {
    assert.ok(SCENARIOS.length > 30);
    assertOnlyGoldens(FOLDER, [
      ...[...Object.keys(FAMILIES), 'qemu'].map((family) => `${family}.txt`),
      ...SCENARIOS.map(({ name }) => pageOf(name)),
    ]);
  });
});

/**
 * What single events mean, one family after the other: the trace of each case, and its operations, as the
 * goldens have them.
 */
import path from 'node:path';
import { assertGolden, assertOnlyGoldens } from '../support/golden.js';
import { judgeAll, type Said } from '../support/oneTrace.js';
import { meaningText } from '../support/operations.js';
import { judgeText, type Judged } from './judge.js';
import { FAMILIES } from './meaningCases.js';
import { OF_QEMU } from './qemuCases.js';
import { ROOT } from './samples.js';

const FOLDER = path.join(ROOT, 'test', 'golden', 'meanings');
function told(title: string, events: readonly (string | Said)[], judged: Judged): readonly string[] {
  const shown = events.map((one) => `  > ${typeof one === 'string' ? one : one.event}`);
  const meaning = meaningText(judged)
    .split('\n')
    .filter((line) => line !== '');
  return [title, ...shown, ...meaning.map((line) => `  ${line}`), ''];
}

describe('the meaning of events', () => {
  for (const [family, cases] of Object.entries(FAMILIES))
    it(`of ${family} is as the golden has it`, () => {
      const lines = Object.entries(cases).flatMap(([title, events]) => told(title, events, judgeAll(events)));
      assertGolden(path.join(FOLDER, `${family}.txt`), lines.join('\n'));
    });

  it('of QEMU is as the golden has it', () => {
    const lines = Object.entries(OF_QEMU).flatMap(([title, events]) =>
      told(title, events, judgeText(`${events.join('\n')}\n`, ['guest-memfd'])),
    );
    assertGolden(path.join(FOLDER, 'qemu.txt'), lines.join('\n'));
  });

  it('is told of these families, and of no other', () =>
    assertOnlyGoldens(
      FOLDER,
      [...Object.keys(FAMILIES), 'qemu'].map((family) => `${family}.txt`),
    ));
});

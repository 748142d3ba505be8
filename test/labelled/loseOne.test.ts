/**
 * One event is lost of each labelled recording with a bug: what was broken is still found, or the rule counts
 * a check as undecided and says why.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { PROFILES, type RuleStatus } from '../../model/findings/finding.js';
import { judgeFtrace, type Judged } from '../golden/judge.js';
import { linesOf, withLost } from '../support/lessEvidence.js';
import { tries } from '../support/tries.js';
import { bytesOf, labelsOf, SHIPPED, TRACES, type Label } from './labels.js';

const SLOW_MS = 300_000;
/** Events that open and close what a rule looks into: more of these are tried than of others. */
const PIVOTS =
  /store_attr|post_set_memory_attributes|invalidate_(?:start|begin)$|fault_user_mapping$|restrictedmem_fault$/;
const EACH_PIVOT = tries('PIVOTS', 3, 8);
/** Of so many other kinds one is tried. */
const KINDS_STEP = tries('KINDS', 3, 1);

/** Lines to be lost, one at a time: the middle one of each kind of event, and several of the pivots. */
function victims({ table }: Judged): readonly number[] {
  const lines = new Map<string, number[]>();
  for (let row = 0; row < table.length; row++) {
    const name = table.name(row);
    const mine = lines.get(name) ?? [];
    lines.set(name, mine);
    mine.push(table.line(row));
  }
  return [...lines].flatMap(([name, all], i) => {
    const isPivot = PIVOTS.test(name);
    if (!isPivot && i % KINDS_STEP !== 0) return [];
    const wanted = isPivot ? EACH_PIVOT : 1;
    const step = Math.max(1, all.length / wanted);
    const picked: number[] = [];
    for (let at = step / 2; at < all.length; at += step) picked.push(all[Math.floor(at)]!);
    return picked;
  });
}

/** Whether a rule found less without the lost event, and does not say so. */
function isSilent(whole: RuleStatus, now: RuleStatus): boolean {
  return (
    now.broken < whole.broken &&
    now.undecided <= whole.undecided &&
    now.reasons.length <= whole.reasons.length
  );
}

const counts = { cases: 0, found: 0, undecided: 0 };

function loseEach(text: string): readonly string[] {
  const whole = judgeFtrace(text, PROFILES);
  const broken = whole.analysis.rules.filter((rule) => rule.broken > 0);
  const lines = linesOf(text);
  const silent: string[] = [];
  for (const line of victims(whole)) {
    const left = withLost(lines, line - 1);
    if (!left) continue;
    const { rules } = judgeFtrace(left.map((l) => l.text).join('\n'), PROFILES).analysis;
    for (const before of broken) {
      const now = rules.find(({ id, profile }) => id === before.id && profile === before.profile)!;
      counts.cases++;
      if (isSilent(before, now)) silent.push(`${before.id} without line ${line}, ${lines[line - 1]!.name}`);
      else if (now.broken < before.broken) counts.undecided++;
      else counts.found++;
    }
  }
  return silent;
}

function loseOneOfEach(folder: string, labels: readonly Label[]): void {
  for (const { file, mutant } of labels) {
    if (mutant === null || !/\.txt(?:\.zst)?$/.test(file) || file.includes('.perf-script.')) continue;
    it(file, () => {
      assert.deepEqual(loseEach(new TextDecoder().decode(bytesOf(join(folder, file)))), []);
    });
  }
}

describe('labelled recordings with one event lost', function () {
  this.timeout(SLOW_MS);
  loseOneOfEach(SHIPPED, labelsOf(SHIPPED));

  it('were many', function () {
    const { cases, found, undecided } = counts;
    assert.ok(cases > 500 && undecided > 50, `${cases} cases`);
    this.test!.title = `${cases} cases: ${found} found, ${undecided} undecided, none silent`;
  });

  it('are told apart where a check is gone without a word (canary)', () => {
    const [rule] = judgeFtrace('# tracer: nop\n', PROFILES).analysis.rules;
    const whole: RuleStatus = { ...rule!, broken: 2, reasons: [] };
    assert.equal(isSilent(whole, { ...whole, broken: 1 }), true);
    assert.equal(isSilent(whole, { ...whole, broken: 1, undecided: 1 }), false);
  });
});

if (TRACES !== undefined) {
  const folder = join(TRACES, 'labelled');
  describe('all labelled recordings with one event lost', function () {
    this.timeout(SLOW_MS);
    loseOneOfEach(folder, labelsOf(folder));
  });
}

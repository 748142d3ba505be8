/** Every sample trace gets exactly the verdicts that its expect.json lists. */
import assert from 'node:assert/strict';
import { RULES } from '../../model/rules/registry.js';
import { differences } from './compare.js';
import { judgeText } from './judge.js';
import { samplesIn, type Expectation, type Sample } from './samples.js';

const SCENARIOS = 27;
const SLOW_MS = 10_000;

const scenarios = samplesIn('scenarios');
const rules = samplesIn('rules');

function check(sample: Sample): void {
  const found = differences(sample.expect, judgeText(sample.text, sample.expect.profiles));
  assert.deepEqual(found, [], `${sample.name}: ${sample.expect.title}`);
}

describe('scenarios', function () {
  this.timeout(SLOW_MS);
  it('all ship', () => {
    const numbers = new Set(scenarios.map((s) => Number.parseInt(s.name.slice('scenarios/'.length), 10)));
    assert.deepEqual(
      [...numbers].sort((a, b) => a - b),
      Array.from({ length: SCENARIOS }, (_, i) => i + 1),
    );
  });
  for (const sample of scenarios) it(`${sample.name}: ${sample.expect.title}`, () => check(sample));
});

describe('three traces for each rule', function () {
  this.timeout(SLOW_MS);
  it('each rule has a violating, a clean and an undecidable one', () => {
    const kinds = new Map<string, string[]>();
    for (const { name } of rules) {
      const [, rule, kind] = name.split('/') as [string, string, string];
      kinds.set(rule, [...(kinds.get(rule) ?? []), kind]);
    }
    assert.deepEqual([...kinds.keys()].sort(), RULES.map(({ id }) => id).sort());
    for (const [rule, have] of kinds)
      assert.deepEqual(have.sort(), ['clean', 'undecidable', 'violation'], rule);
  });
  for (const sample of rules) it(`${sample.name}: ${sample.expect.title}`, () => check(sample));
});

describe('the comparison itself', () => {
  const sample = rules.find((s) => s.name === 'rules/R2/violation')!;
  const clean = rules.find((s) => s.name === 'rules/R2/clean')!;
  const wrong = (text: string, change: Partial<Expectation>): number => {
    const expect = { ...sample.expect, ...change };
    return differences(expect, judgeText(text, expect.profiles)).length;
  };
  it('fails on a finding that is missing, at another line, not expected, or not undecidable', () => {
    const [finding] = sample.expect.findings;
    assert.ok(finding?.line !== undefined);
    assert.ok(wrong(clean.text, {}) > 0);
    assert.ok(wrong(sample.text, { findings: [{ ...finding, line: finding.line + 1 }] }) > 0);
    assert.ok(wrong(sample.text, { findings: [] }) > 0);
    assert.ok(wrong(clean.text, { findings: [], undecidable: [{ rule: 'R2', reason: 'lost' }] }) > 0);
    assert.ok(wrong(sample.text, { findings: sample.expect.findings, clean: ['R2'] }) > 0);
  });
});

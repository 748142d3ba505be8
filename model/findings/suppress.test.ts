import assert from 'node:assert/strict';
import {
  parseSuppressions,
  suppressionFor,
  withoutSuppression,
  withSuppression,
  type Suppression,
} from './suppress.js';

const ENTRY: Suppression = { trace: 'runs/a.txt', finding: 'G9@689', reason: 'known' };

describe('suppressions', () => {
  const check = (title: string, text: string, expect: { list: number; problems: RegExp[] }): void => {
    it(title, () => {
      const { list, problems } = parseSuppressions(text);
      assert.equal(list.length, expect.list);
      assert.equal(problems.length, expect.problems.length, problems.join('; '));
      for (const [i, problem] of expect.problems.entries()) assert.match(problems[i]!, problem);
    });
  };
  check('reads entries', JSON.stringify({ suppress: [ENTRY] }), { list: 1, problems: [] });
  check('has none in a file about something else', '{"files": []}', { list: 0, problems: [] });
  check('says that a file is not JSON', '{', { list: 0, problems: [/not JSON/] });
  check('says that the list is none', '{"suppress": 3}', { list: 0, problems: [/not a list/] });
  check('wants a reason', JSON.stringify({ suppress: [{ ...ENTRY, reason: ' ' }, ENTRY, null] }), {
    list: 1,
    problems: [/entry 1 .*reason/, /entry 3/],
  });

  it('matches a finding of a trace by both names', () => {
    const all = parseSuppressions(JSON.stringify({ suppress: [ENTRY] }));
    assert.deepEqual(suppressionFor(all, 'runs/a.txt', { id: 'G9@689' }), ENTRY);
    assert.equal(suppressionFor(all, 'runs/b.txt', { id: 'G9@689' }), undefined);
    assert.equal(suppressionFor(all, 'runs/a.txt', { id: 'G9@690' }), undefined);
  });

  it('adds, replaces and removes, and keeps what else the file holds', () => {
    const first = withSuppression('{"clock": "mono"}', ENTRY);
    const second = withSuppression(first, { ...ENTRY, reason: 'better known' });
    assert.deepEqual(JSON.parse(second), { clock: 'mono', suppress: [{ ...ENTRY, reason: 'better known' }] });
    assert.deepEqual(JSON.parse(withoutSuppression(second, ENTRY)), { clock: 'mono', suppress: [] });
    assert.deepEqual(JSON.parse(withSuppression('', ENTRY)), { suppress: [ENTRY] });
  });
});

import assert from 'node:assert/strict';
import { judgeFunction, judgeRule, parseClaim, type FunctionFacts, type SetOutcome } from './claim.js';

const RULES = ['G9', 'G2'];

describe('claims', () => {
  it('are read in five forms', () => {
    const rule = { about: 'rule', rule: 'G9' };
    const of = { about: 'function', name: 'f', result: '' };
    for (const [text, expected] of [
      ['G9 never', { ...rule, within: undefined }],
      ['G9 never in f()', { ...rule, within: 'f' }],
      ['f runs', { ...of, what: 'runs' }],
      ['f() never runs', { ...of, what: 'never-runs' }],
      ['f returns -11', { ...of, what: 'returns', result: '-11' }],
    ] as const)
      assert.deepEqual(parseClaim(text, RULES), { text, ...expected });
    for (const text of [
      '',
      'G9',
      'G99 never',
      'G9 never in',
      'f',
      'f returns',
      'f returns x',
      'f runs often',
    ])
      assert.equal(parseClaim(text, RULES), undefined, text);
  });
});

const NEVER = parseClaim('G9 never', RULES)!;
const outcome = (state: SetOutcome['state'], broken: number, decided: number, undecided = 0): SetOutcome => ({
  state,
  broken,
  decided,
  undecided,
  why: [],
});

describe('a claim about a rule', () => {
  const broken = outcome('broken', 1, 2);
  const held = outcome('held', 0, 10);
  const nothing = outcome('no-occasion', 0, 0);
  const open = outcome('undecided', 0, 10, 1);

  it('is supported where it is broken without the patch and held with it, and in no other case', () => {
    const all = [broken, held, nothing, open, undefined];
    for (const before of all)
      for (const after of [broken, held, nothing, open]) {
        const { verdict } = judgeRule(NEVER, before, after);
        const expected = before === broken && after === held ? 'supports' : 'cannot-tell';
        assert.equal(verdict, after === broken ? 'contradicts' : expected, `${before?.state} ${after.state}`);
      }
  });

  it('says how likely luck is, and how many checks are wanted', () => {
    const { verdict, luck, reason } = judgeRule(NEVER, outcome('broken', 1, 2), outcome('held', 0, 2));
    assert.deepEqual([verdict, luck], ['supports-weakly', 0.25]);
    assert.match(reason, /25% by luck, about 3 more checks/);
    assert.equal(judgeRule(NEVER, outcome('broken', 3, 3), outcome('held', 0, 1)).luck, 0);
    assert.equal(judgeRule(NEVER, outcome('held', 0, 1), outcome('held', 0, 1)).luck, undefined);
  });

  it('is not supported by checks that held beside one that is undecided: canary', () => {
    const { verdict, reason } = judgeRule(NEVER, outcome('broken', 1, 1), outcome('undecided', 0, 9, 1));
    assert.equal(verdict, 'cannot-tell');
    assert.match(reason, /held in 9, is undecided in 1/);
  });
});

describe('a claim about a function', () => {
  const facts: FunctionFacts = {
    hasRun: false,
    didNotRun: false,
    returns: 0,
    results: new Map(),
    isWhole: true,
  };
  const verdict = (text: string, more: Partial<FunctionFacts>): string => {
    const claim = parseClaim(text, RULES)!;
    assert.equal(claim.about, 'function');
    return claim.about === 'function' ? judgeFunction(claim, { ...facts, ...more }).verdict : '';
  };

  it('that nothing shows cannot be told', () => {
    for (const text of ['f runs', 'f never runs', 'f returns 0'])
      assert.equal(verdict(text, {}), 'cannot-tell', text);
  });

  it('is what was seen of it', () => {
    assert.equal(verdict('f runs', { hasRun: true }), 'supports');
    assert.equal(verdict('f never runs', { hasRun: true }), 'contradicts');
    assert.equal(verdict('f runs', { didNotRun: true }), 'contradicts');
    assert.equal(verdict('f never runs', { didNotRun: true }), 'supports');
    const returned = { returns: 3, results: new Map([['0', 3]]) };
    assert.equal(verdict('f returns 0', returned), 'supports');
    assert.equal(verdict('f returns -11', returned), 'contradicts');
    assert.equal(verdict('f returns -11', { ...returned, isWhole: false }), 'cannot-tell');
  });
});

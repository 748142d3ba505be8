import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  evidenceKinds,
  parseSuppressions,
  recordingOf,
  setAside,
  withoutSuppression,
  withSuppression,
  type About,
  type Suppression,
} from './suppress.js';

const ABOUT: About = {
  rule: 'G9',
  verdict: 'violation',
  pages: 'ino:268 pgoff 0x4',
  message: 'page 0x4 became private while it is pinned',
  evidence: ['state gup_longterm_ret', 'witness kvm_gmem_store_attributes'],
};
const ENTRY: Suppression = { trace: 'runs/a.txt', recording: 'aa11', ...ABOUT, reason: 'known' };
const OLD = { trace: 'runs/a.txt', finding: 'G9@689', reason: 'known' };

describe('suppressions as they are written down', () => {
  const check = (
    title: string,
    text: string,
    expect: { bound?: number; unbound?: number; problems?: RegExp[] },
  ): void => {
    it(title, () => {
      const { bound, unbound, problems } = parseSuppressions(text);
      assert.equal(bound.length, expect.bound ?? 0);
      assert.equal(unbound.length, expect.unbound ?? 0);
      assert.equal(problems.length, expect.problems?.length ?? 0, problems.join('; '));
      for (const [i, problem] of (expect.problems ?? []).entries()) assert.match(problems[i]!, problem);
    });
  };
  const list = (...suppress: unknown[]): string => JSON.stringify({ suppress });
  check('are read', list(ENTRY), { bound: 1 });
  check('are read as unbound where they name a file and a row', list(OLD, ENTRY), { bound: 1, unbound: 1 });
  check('are none in a file about something else', '{"files": []}', {});
  check('are none in a file that is not JSON, which is said', '{', { problems: [/not JSON/] });
  check('are none where the list is none', '{"suppress": 3}', { problems: [/not a list/] });
  check('need a reason', list({ ...ENTRY, reason: ' ' }, ENTRY, null, { ...OLD, reason: '' }), {
    bound: 1,
    problems: [/entry 1 .*reason/, /entry 3/, /entry 4/],
  });
  for (const name of ['trace', 'rule', 'verdict', 'pages', 'message', 'evidence', 'recording'] as const)
    check(`need "${name}"`, list({ ...ENTRY, [name]: undefined }), { problems: [/entry 1/] });
  for (const [name, value] of [
    ['recording', ''],
    ['verdict', 'fine'],
    ['evidence', [1]],
    ['evidence', 'witness'],
  ] as const)
    check(`do not take ${JSON.stringify(value)} for "${name}"`, list({ ...ENTRY, [name]: value }), {
      problems: [/entry 1/],
    });

  it('are whatever JSON says, without a throw', () =>
    fc.assert(
      fc.property(fc.json(), (text) => {
        parseSuppressions(text);
        parseSuppressions(`{"suppress": [${text}]}`);
      }),
    ));
});

describe('findings', () => {
  const sort = (
    entries: readonly unknown[],
    findings: readonly About[],
    { recording = 'aa11', paths = ['runs/a.txt'], rules = ['G9'] } = {},
  ) => {
    let asked = 0;
    const sorted = setAside(parseSuppressions(JSON.stringify({ suppress: entries })), {
      paths,
      recording: () => {
        asked++;
        return recording;
      },
      rules: new Set(rules),
      findings,
      about: (finding) => finding,
    });
    const stale = sorted.stale.map(({ about, why }) => `${why}: ${about}`);
    return { open: sorted.open, aside: sorted.aside.map(({ entry }) => entry.reason), stale, asked };
  };

  it('are set aside by an entry about the same in the same recording', () => {
    const { open, aside, stale, asked } = sort([ENTRY], [ABOUT]);
    assert.deepEqual([open, aside, stale], [[], ['known'], []]);
    assert.equal(asked, 1);
  });

  it('are back in another recording under the old name, and the entry is stale', () => {
    const { open, aside, stale } = sort([ENTRY], [ABOUT], { recording: 'bb22' });
    assert.deepEqual([open, aside], [[ABOUT], []]);
    assert.deepEqual(stale, [`other-recording: G9: ${ABOUT.message}`]);
  });

  it('stay set aside where the recording was moved', () => {
    const { open, stale } = sort([ENTRY], [ABOUT], { paths: ['elsewhere/b.txt'] });
    assert.deepEqual([open, stale], [[], []]);
  });

  for (const change of [
    { rule: 'G1' },
    { verdict: 'suspicious' },
    { pages: 'ino:268 pgoff 0x5' },
    { message: 'page 0x4 became private while it is mapped' },
    { evidence: ['witness kvm_gmem_store_attributes'] },
  ] as const)
    it(`count where ${Object.keys(change)[0]!} is another`, () => {
      const other: About = { ...ABOUT, ...change };
      const { open, stale } = sort([ENTRY], [other], { rules: ['G1', 'G9'] });
      assert.deepEqual(open, [other]);
      assert.deepEqual(stale, [`not-found: G9: ${ABOUT.message}`]);
    });

  it('count in a recording whose digest is not known', () =>
    assert.deepEqual(sort([ENTRY], [ABOUT], { recording: '' }).open, [ABOUT]));

  it('are never set aside by a file name and a row, and such an entry is stale', () => {
    const { open, stale, asked } = sort([OLD], [ABOUT]);
    assert.deepEqual([open, stale], [[ABOUT], ['unbound: G9@689']]);
    assert.equal(asked, 0, 'no digest is needed for that');
    assert.deepEqual(sort([OLD], [ABOUT], { paths: ['b.txt'] }).stale, []);
  });

  it('need no digest where no entry may be about them', () => {
    assert.equal(sort([], [ABOUT]).asked, 0);
    assert.equal(sort([{ ...ENTRY, trace: 'b.txt', message: 'another' }], [ABOUT]).asked, 0);
  });

  it('leave alone what is written down about a rule that was not judged', () =>
    assert.deepEqual(sort([ENTRY], [], { rules: ['R5'] }).stale, []));
});

describe('a .shimtrace.json', () => {
  it('gets an entry in place of what it takes up again, and keeps what else it holds', () => {
    const first = withSuppression('{"clock": "mono"}', ENTRY, 'G9@689');
    assert.deepEqual(JSON.parse(first), { clock: 'mono', suppress: [ENTRY] });
    const better = { ...ENTRY, reason: 'better known' };
    assert.deepEqual(JSON.parse(withSuppression(first, better, 'G9@689')), {
      clock: 'mono',
      suppress: [better],
    });
    const newer = { ...ENTRY, recording: 'bb22' };
    const taken = JSON.parse(withSuppression(first, newer, 'G9@700')) as object;
    assert.deepEqual(taken, { clock: 'mono', suppress: [newer] }, 'of the recording before under this name');
    const old = JSON.stringify({ suppress: [OLD, { ...OLD, finding: 'G9@1' }] });
    assert.deepEqual(JSON.parse(withSuppression(old, ENTRY, 'G9@689')), {
      suppress: [{ ...OLD, finding: 'G9@1' }, ENTRY],
    });
    const other = { ...ENTRY, trace: 'b.txt', recording: 'bb22' };
    assert.deepEqual(JSON.parse(withSuppression(first, other, 'G9@689')), {
      clock: 'mono',
      suppress: [ENTRY, other],
    });
    assert.deepEqual(JSON.parse(withSuppression('', ENTRY, 'G9@689')), { suppress: [ENTRY] });
  });

  it('loses an entry, bound or not', () => {
    const text = JSON.stringify({ suppress: [OLD, ENTRY, { what: 'else' }], clock: 'mono' });
    assert.deepEqual(JSON.parse(withoutSuppression(text, ENTRY)), {
      suppress: [OLD, { what: 'else' }],
      clock: 'mono',
    });
    assert.deepEqual(JSON.parse(withoutSuppression(text, OLD)), {
      suppress: [ENTRY, { what: 'else' }],
      clock: 'mono',
    });
  });
});

describe('what a finding is known by', () => {
  it('has each kind of evidence once, whatever system its event is of', () =>
    assert.deepEqual(
      evidenceKinds([
        { role: 'state', event: 'gup:gup_longterm_ret' },
        { role: 'state', event: 'gup_longterm_ret' },
        { role: 'witness', event: 'kvm_gmem_store_attributes' },
      ]),
      ['state gup_longterm_ret', 'witness kvm_gmem_store_attributes'],
    ));

  it('has the digests of all files, in whatever order these are given', () => {
    assert.equal(recordingOf(['bb', 'aa']), 'aa+bb');
    assert.equal(recordingOf(['aa', 'bb']), 'aa+bb');
    assert.equal(recordingOf(['aa']), 'aa');
    assert.equal(recordingOf(['aa', '']), '', 'one of them is not known');
  });
});

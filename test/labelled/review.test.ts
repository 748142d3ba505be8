/**
 * Recordings with a bug and without it, as before and after a patch that mends it: what a claim that the rule
 * is never broken comes to, and how much of it may be luck. docs/REVIEW.md has the table.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { join } from 'node:path';
import { parseClaim } from '../../model/review/claim.js';
import { reviewReport, type ReviewReport, type ReviewTrace } from '../../model/review/report.js';
import { NO_INDEX } from '../../model/review/sourceIndex.js';
import { PROFILES } from '../../model/findings/finding.js';
import { RULES } from '../../cli/core.js';
import { ROOT } from '../golden/samples.js';
import { judge, type Judged } from '../golden/judge.js';
import { linesOf, namesOf, textOf, type Line } from '../support/lessEvidence.js';
import { random } from '../support/mutate.js';
import { bytesOf, SHIPPED } from './labels.js';

/** Without and with, rule, what the claim comes to, and the luck in percent; -1 for none. */
const PAIRS: readonly (readonly [string, string, string, string, number])[] = [
  ['inplace/M2.p', 'inplace/N.p', 'G9', 'supports', 0],
  ['inplace/M8.p', 'inplace/N.p', 'G9', 'supports', 0],
  ['inplace/M9.w', 'inplace/N.w', 'A2', 'supports-weakly', 6],
  ['inplace/M6.q', 'inplace/N.w', 'G2', 'supports-weakly', 45],
  ['base/M10.va', 'base/N.vf', 'G3', 'supports', 0],
  ['base/M11.vf', 'base/N.vf', 'G7', 'supports-weakly', 36],
  ['shim/S11.partial', 'shim/SN.all', 'R1', 'supports', 0],
  ['shim/S31.notify', 'shim/SN.all', 'R3b', 'supports', 0],
  ['shim/S31.notify', 'shim/SN.all', 'R3c', 'supports', 1],
  ['shim/S32.unwind', 'shim/SN.all', 'R3a', 'supports-weakly', 15],
  ['shim/S4.split', 'shim/SN.all', 'R4', 'supports', 0],
  ['shim/S7.lutogup', 'shim/SN.luto', 'A1', 'supports', 0],
  ['inplace/N.p', 'inplace/M2.p', 'G9', 'contradicts', -1],
  ['shim/SN.luto', 'shim/S7.lutogup', 'A1', 'contradicts', -1],
  ['inplace/M2.PhC.lost', 'inplace/N.p', 'G9', 'cannot-tell', -1],
  ['inplace/M1.a.norm', 'inplace/N.w', 'A3a', 'cannot-tell', -1],
  ['inplace/M3.a.nofault', 'inplace/N.w', 'G1', 'cannot-tell', -1],
  ['inplace/M7.h', 'inplace/N.w', 'G6', 'cannot-tell', -1],
  ['inplace/M9.w', 'inplace/N.w', 'A3b', 'cannot-tell', -1],
  ['shim/S2.getmapped.nommap', 'shim/SN.all', 'R2', 'cannot-tell', -1],
  ['shim/S51.refs', 'shim/SN.all', 'R5', 'cannot-tell', -1],
  ['shim/S6.mapprivate', 'shim/SN.all', 'R6', 'cannot-tell', -1],
];

const SEED = 20261129;
const ROUNDS = 3;
/** What says nothing for the patch stands before these. */
const STRENGTH = ['supports-weakly', 'supports'];

/** Without the events that are picked, each said to be lost before the next one of its CPU. */
function withLosses(lines: readonly Line[], isLost: () => boolean): readonly Line[] {
  const lost = new Map<number, number>();
  const mark = (cpu: number): readonly Line[] => {
    const count = lost.get(cpu) ?? 0;
    lost.delete(cpu);
    return count === 0 ? [] : [{ number: 0, text: `CPU:${cpu} [LOST ${count} EVENTS]`, name: '', cpu: -1 }];
  };
  const kept = lines.flatMap((line) => {
    if (line.name === '' || !isLost()) return [...mark(line.cpu), line];
    lost.set(line.cpu, (lost.get(line.cpu) ?? 0) + 1);
    return [];
  });
  return [...kept, ...[...lost.keys()].flatMap(mark), { number: 0, text: '', name: '', cpu: -1 }];
}

const judged = new Map<string, Judged>();

function traceOf(name: string, text?: string): ReviewTrace {
  const key = text === undefined ? name : `${name} ${text.length}`;
  let known = judged.get(key);
  if (!known) {
    const bytes = text === undefined ? bytesOf(join(SHIPPED, `${name}.txt`)) : new TextEncoder().encode(text);
    known = judge(bytes, PROFILES);
    judged.set(key, known);
  }
  return { path: name, digest: '', ...known, describe: () => ({ text: '', fields: [] }) };
}

const EMPTY = {
  series: { patches: [], cover: undefined, version: 1, issues: [] },
  images: undefined,
  touched: { functions: [], owners: [], outside: [] },
  index: NO_INDEX,
} as const;

function reviewed(before: ReviewTrace, after: ReviewTrace, rule: string): ReviewReport['claims'] {
  const claim = parseClaim(
    `${rule} never`,
    RULES.map(({ id }) => id),
  )!;
  const sets = [
    { name: 'without', role: 'without', traces: [before] },
    { name: 'with', role: 'with', traces: [after] },
  ] as const;
  return reviewReport({ ...EMPTY, sets, claims: [claim] }).claims;
}

function claimed(before: ReviewTrace, after: ReviewTrace, rule: string): readonly [string, number] {
  const [result] = reviewed(before, after, rule);
  return [result!.verdict, result!.luck === undefined ? -1 : Math.round(result!.luck * 100)];
}

describe('labelled recordings as before and after a patch', () => {
  for (const [before, after, rule, verdict, luck] of PAIRS) {
    it(`${before} and ${after}: ${rule} never, ${verdict}`, () => {
      assert.deepEqual(claimed(traceOf(before), traceOf(after), rule), [verdict, luck]);
    });
  }

  it('stand in the table of the docs', () => {
    const page = fs.readFileSync(join(ROOT, 'docs', 'REVIEW.md'), 'utf8');
    for (const [before, after, rule, verdict, luck] of PAIRS) {
      const cells = [before, after, rule, verdict.replace('-', ' '), luck < 0 ? '' : `${luck}%`];
      const row = `| ${cells.join(' | ')} |`;
      assert.ok(page.includes(row), row);
    }
  });

  it('say of a rule that they were not judged by which option has them judged', () => {
    const one = (name: string): ReviewTrace => ({
      ...traceOf(name),
      ...judge(bytesOf(join(SHIPPED, `${name}.txt`)), ['guest-memfd']),
    });
    const [result] = reviewed(one('shim/S7.lutogup'), one('shim/SN.luto'), 'A1');
    assert.equal(result!.verdict, 'cannot-tell');
    assert.match(result!.reason, /is undecided: a recording was not judged by the profile .* --rules /);
  });

  it('never support more where events are lost at random', () => {
    const chance = random(SEED);
    for (const [before, after, rule, verdict] of PAIRS) {
      const lines = linesOf(new TextDecoder().decode(bytesOf(join(SHIPPED, `${after}.txt`))));
      for (let round = 0; round < ROUNDS; round++) {
        const share = chance();
        const text = textOf(withLosses(lines, () => chance() < share));
        const name = `${after} of round ${round}, without ${Math.round(share * 100)}%`;
        const [less] = claimed(traceOf(before), traceOf(`${name} ${rule} ${before}`, text), rule);
        assert.ok(STRENGTH.indexOf(less) <= STRENGTH.indexOf(verdict), `${name}: ${rule} ${less}`);
      }
    }
  });

  it('would support more where losses are not said: canary', () => {
    const chance = random(SEED);
    const stronger = PAIRS.filter(([before, after, rule, verdict]) => {
      const lines = linesOf(new TextDecoder().decode(bytesOf(join(SHIPPED, `${after}.txt`))));
      const kept = withLosses(lines, () => chance() < 0.5).filter((line) => !line.text.includes('[LOST'));
      const [less] = claimed(traceOf(before), traceOf(`${after} kept ${rule} ${before}`, textOf(kept)), rule);
      return STRENGTH.indexOf(less) > STRENGTH.indexOf(verdict);
    });
    assert.ok(stronger.length > 0);
  });

  it('support nothing that they did not where a kind of event was not recorded', () => {
    // Of these the rule is broken without the patch: only the other recording keeps the claim unsupported.
    for (const [before, after, rule] of PAIRS.filter(([before]) => /S51|S6/.test(before))) {
      const lines = linesOf(new TextDecoder().decode(bytesOf(join(SHIPPED, `${after}.txt`))));
      for (const name of namesOf(lines)) {
        const text = textOf(lines.filter((line) => line.name !== name));
        const [verdict] = claimed(traceOf(before), traceOf(`${after} without ${name}`, text), rule);
        assert.ok(!verdict.startsWith('supports'), `${after} without ${name}`);
      }
    }
  });
});

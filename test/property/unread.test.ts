/**
 * Recordings in which the arguments of one kind of event cannot be read, as with a probe that prints none or
 * a kernel that prints another form. A correct kernel stays correct; a bug is still found, or its rule says
 * that it is undecided: none is silent.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROFILES } from '../../model/findings/finding.js';
import { judgeFtrace, type Judged } from '../golden/judge.js';
import { patience, tries } from '../support/tries.js';
import { blank, namesOf } from '../support/unreadable.js';

const SLOW_MS = patience(120_000);
/** All events of a name, and so many single ones. */
const SINGLE = tries('UNREAD', 1, 3);
/** Of so many names one is tried. */
const NAMES_STEP = tries('UNREAD_NAMES', 3, 1);
const RULES = 'sample-traces/rules';

/** Rule and message of each violation. */
function violationsOf(judged: Judged): readonly string[] {
  return judged.analysis.findings
    .filter((finding) => finding.verdict === 'violation')
    .map((finding) => `${finding.rule}: ${finding.message}`);
}

/** Rules that held, or had nothing to judge, as far as they know. */
function contentRules(judged: Judged): ReadonlySet<string> {
  const content = judged.analysis.rules.filter(
    ({ status, broken, undecided }) => status !== 'undecidable' && broken === 0 && undecided === 0,
  );
  return new Set(content.map(({ id }) => id));
}

function isTorn({ table }: Judged): boolean {
  return table.issues.some(({ code }) => code === 'torn-line');
}

interface Tally {
  readonly made: readonly string[];
  readonly silent: readonly string[];
  readonly blanked: number;
}

/** Blanks each kind of event in turn, wholly or in one place. */
function blankEach(text: string): Tally {
  const whole = judgeFtrace(text, PROFILES);
  const before = violationsOf(whole);
  const rules = new Set(before.map((violation) => violation.split(':')[0]!));
  const made: string[] = [];
  const silent: string[] = [];
  let blanked = 0;
  for (const [i, name] of namesOf(text).entries()) {
    if (i % NAMES_STEP !== 0) continue;
    for (let nth = -1; nth < SINGLE; nth++) {
      const judged = judgeFtrace(blank(text, name, nth), PROFILES);
      // One line that differs from all others of its event is torn: a loss, which torn.test.ts is about.
      if (judged.table.unread.length === 0 || isTorn(judged)) continue;
      blanked++;
      const how = nth < 0 ? `every ${name}` : `${name} ${nth}`;
      for (const violation of violationsOf(judged))
        if (!before.includes(violation)) made.push(`${how}: ${violation}`);
      const content = contentRules(judged);
      for (const rule of rules) if (content.has(rule)) silent.push(`${how}: ${rule}`);
    }
  }
  return { made, silent, blanked };
}

describe('events whose arguments cannot be read', function () {
  this.timeout(SLOW_MS);
  for (const rule of readdirSync(RULES)) {
    it(`hide no violation of ${rule} without a word, and make none`, () => {
      const text = readFileSync(join(RULES, rule, 'violation.txt'), 'utf8');
      const { made, silent, blanked } = blankEach(text);
      assert.ok(blanked > 0);
      assert.deepEqual({ made, silent }, { made: [], silent: [] });
    });
    it(`make no violation of what is right for ${rule}`, () => {
      const { made } = blankEach(readFileSync(join(RULES, rule, 'clean.txt'), 'utf8'));
      assert.deepEqual(made, []);
    });
  }

  it('are told from a rule that has nothing to judge', () => {
    const header = '# tracer: nop\n#\n';
    const idle = '     task-1     [000] .....     1.000000: sched_process_exit: comm=task pid=1 prio=120\n';
    assert.ok(contentRules(judgeFtrace(header + idle, PROFILES)).has('G9'));
    const blanked = blank(
      readFileSync(join(RULES, 'G9', 'violation.txt'), 'utf8'),
      'kvm_gmem_set_attributes',
    );
    assert.ok(!contentRules(judgeFtrace(blanked, PROFILES)).has('G9'));
  });
});

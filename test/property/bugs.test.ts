/**
 * Bugs put into recordings of correct kernels: each is found at the line that shows it, and the recording
 * before the edit has no violation of that rule.
 */
import assert from 'node:assert/strict';
import { describe as describeFinding } from '../golden/compare.js';
import { judgeText, lineOf } from '../golden/judge.js';
import { BUGS, recordingOf } from '../support/bugs.js';

const SLOW_MS = 20_000;

describe('recordings edited into those of kernels with other bugs', function () {
  this.timeout(SLOW_MS);
  for (const bug of BUGS) {
    it(bug.name, () => {
      const recording = recordingOf(bug);
      const expected = bug.edit(recording);
      const judged = judgeText(recording.text(), [bug.profile]);
      const violations = judged.analysis.findings.filter((f) => f.verdict === 'violation');
      for (const [rule, line] of Object.entries(expected)) {
        const lines = violations.filter((f) => f.rule === rule).map((f) => lineOf(judged, f));
        const others = judged.analysis.findings.map((f) => describeFinding(f, judged));
        assert.ok(
          lines.includes(line),
          `${rule} at line ${line}; found at ${lines.join(', ') || 'none'}\n${others.join('\n')}`,
        );
      }
    });
    it(`${bug.name}: not before the edit${bug.twin ? ', nor with the harmless one' : ''}`, () => {
      const rules = Object.keys(bug.edit(recordingOf(bug)));
      const good = recordingOf(bug);
      bug.twin?.(good);
      for (const text of [recordingOf(bug).text(), good.text()]) {
        const judged = judgeText(text, [bug.profile]);
        const wrong = judged.analysis.findings.filter(
          (f) => f.verdict === 'violation' && rules.includes(f.rule),
        );
        // The in-place workload keeps a second mapping and pins, which the contract of 2022 forbids.
        assert.deepEqual(
          wrong.map((f) => describeFinding(f, judged)),
          [],
        );
      }
    });
  }
});

/** Texts as people hand them on: verdicts of what is there, and none of what is not. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { PROFILES } from '../../model/findings/finding.js';
import { judge, violatedRules } from './judge.js';

const FOLDER = 'sample-traces/pastes';

describe('texts with something missing', () => {
  it('a part cut out and marked [snip] is a loss there, and no violation', () => {
    const bytes = new Uint8Array(fs.readFileSync(`${FOLDER}/P36-elided-middle.txt`));
    const judged = judge(bytes, PROFILES);
    assert.equal(judged.table.length, 33);
    assert.deepEqual(
      judged.table.losses.map((loss) => [loss.line, loss.cpu]),
      [[25, -1]],
    );
    assert.deepEqual(violatedRules(judged), []);
    const [before, after] = Buffer.from(bytes).toString('latin1').split('[snip]\n');
    // What would be said if the mark were not taken for one.
    const unmarked = judge(Buffer.from(`${before}${after}`), ['guest-memfd']);
    assert.deepEqual(violatedRules(unmarked), ['G1 guest-memfd', 'G9 guest-memfd']);
  });
});

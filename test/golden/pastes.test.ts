/** Texts as people hand them on: verdicts of what is there, and none of what is not. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { PROFILES } from '../../model/findings/finding.js';
import { judge, type Judged, violatedRules } from './judge.js';

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

describe('texts that were broken behind marks of their own', () => {
  const WIDTH = 87;
  const INDENT = '  ';

  /** A row of a table as `fold` breaks it, with what follows indented. */
  function folded(row: string): string[] {
    const rest = WIDTH - INDENT.length;
    const pieces = [row.slice(0, WIDTH)];
    for (let at = WIDTH; at < row.length; at += rest) pieces.push(INDENT + row.slice(at, at + rest));
    return pieces.map((piece) => piece.trimEnd());
  }

  const violations = ({ analysis }: Judged): readonly string[] =>
    analysis.findings
      .filter(({ verdict }) => verdict === 'violation')
      .map(({ rule, message }) => `${rule} ${message}`);

  it('are put together, and judged alike: rows of a table, folded and then listed', () => {
    const text = fs.readFileSync('sample-traces/labelled/shim/S51.refs.txt', 'utf8');
    const whole = text.split('\n').slice(0, 300).join('\n');
    const rows = whole.split('\n').map((line) => `| ${line.replaceAll('|', '\\|')} |`);
    const mangled = rows
      .flatMap(folded)
      .map((piece) => `- ${piece}`)
      .join('\n');
    const [known, found] = [whole, mangled].map((said) => judge(Buffer.from(said), PROFILES));
    assert.deepEqual([found!.table.length, found!.table.losses], [known!.table.length, []]);
    assert.ok(violations(known!).length > 0);
    assert.deepEqual(violations(found!), violations(known!));
  });
});

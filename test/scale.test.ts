/** The kinds of traces that `npm run scale` makes large, small: each is what it says, and judged as that. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { judge, judgeText, type Judged } from './golden/judge.js';
import { ROOT } from './golden/samples.js';
import { PROFILES } from '../model/findings/finding.js';
import { Op, type OpCode } from '../model/ops/oplog.js';

interface Shape {
  readonly lines?: (n: number) => Iterable<string>;
  readonly pieces?: (n: number) => Iterable<Uint8Array>;
}

const COUNT = 600;
const module = pathToFileURL(join(ROOT, 'bench', 'scale', 'shapes.mjs')).href;
const { SHAPES, piecesOf } = (await import(module)) as {
  readonly SHAPES: Readonly<Record<string, Shape>>;
  readonly piecesOf: (shape: Shape, n: number) => Iterable<string>;
};

const violations = ({ analysis }: Judged): number =>
  analysis.findings.filter(({ verdict }) => verdict === 'violation').length;

/** Counts the operations of one kind. */
function operations(code: OpCode): (judged: Judged) => number {
  return ({ analysis: { ops } }) => {
    let count = 0;
    for (let i = 0; i < ops.length; i++) if (ops.op(i) === code) count++;
    return count;
  };
}

/** What a trace of COUNT has COUNT of. */
const COUNTS: Readonly<Record<string, (judged: Judged) => number>> = {
  pages: ({ table }) => table.length,
  spaces: ({ table }) => table.length,
  events: ({ table }) => table.length,
  piped: ({ table }) => table.length,
  findings: violations,
  text: violations,
  sarif: violations,
  junit: violations,
  again: ({ table }) => table.length,
  conversions: ({ analysis }) => analysis.conversions.length,
  scattered: ({ analysis }) => analysis.conversions.length,
  vms: ({ analysis }) => analysis.slots.length,
  alive: ({ analysis }) => analysis.slots.length,
  rebound: ({ analysis }) => analysis.slots.length,
  stacks: ({ table }) => table.stacks.length,
  mapped: operations(Op.MapAdd),
  cached: operations(Op.Alloc),
  pinned: operations(Op.RefGet),
  held: operations(Op.RefGet),
  past: operations(Op.RefGet),
  poisoned: operations(Op.Poison),
  failed: operations(Op.Poison),
  told: operations(Op.SpteSet),
  deleted: violations,
};
/** Those of which each is a violation. */
const OF_FINDINGS = ['findings', 'text', 'sarif', 'junit', 'deleted', 'held'];

describe('traces of very many', () => {
  it('are all counted here', () => {
    assert.deepEqual(Object.keys(SHAPES).sort(), [...Object.keys(COUNTS), 'dat'].sort());
  });

  for (const [name, count] of Object.entries(COUNTS))
    it(name, () => {
      const judged = judgeText([...piecesOf(SHAPES[name]!, COUNT)].join(''), ['guest-memfd']);
      assert.equal(count(judged), COUNT);
      assert.equal(judged.analysis.understood, judged.table.length);
      assert.equal(violations(judged), OF_FINDINGS.includes(name) ? COUNT : 0);
    });

  it('dat', () => {
    const times = 3;
    const [once, thrice] = [1, times].map((n) =>
      judge(Buffer.concat([...SHAPES['dat']!.pieces!(n)]), PROFILES),
    );
    const { table } = thrice!;
    assert.equal(table.length, times * once!.table.length);
    assert.deepEqual(table.losses, []);
    for (let row = once!.table.length; row < table.length; row++) {
      const before = row - once!.table.length;
      assert.equal(table.name(row), table.name(before));
      assert.ok(table.ts(row) > table.ts(before));
    }
  });
});

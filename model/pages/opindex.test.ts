/** The index finds of a page what looking at every operation finds. */
import { allSteps } from '../../parsers/base/steps.js';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { conversion } from '../../test/support/conversion.js';
import type { Analysis } from '../analysis.js';
import { Op, OpLog } from '../ops/oplog.js';
import { type IndexColumns, isIndexInSteps, OpIndex } from './opindex.js';

const isIndex = (columns: IndexColumns, length: number): boolean => allSteps(isIndexInSteps(columns, length));
import { ownerOf, rangeOwner, rangeSpace, spaceOf, type Space } from './space.js';

const VM_CONVERSION = { ...conversion, index: 1, scope: 'vm', vm: 1, inode: 0 } as const;
const CONVERSIONS = [conversion, VM_CONVERSION];
const HUGE = 512;
const GIGANTIC = 512 * 512;

interface Step {
  readonly op: (typeof Op)[keyof typeof Op];
  readonly subject: number;
  readonly first: number;
  readonly count: number;
}

function analysisOf(steps: readonly Step[]): Analysis {
  const ops = new OpLog();
  steps.forEach(({ op, subject, first, count }, row) => {
    ops.push(op, subject, row, first, count, 0, 0);
  });
  return { ops, conversions: CONVERSIONS } as unknown as Analysis;
}

const FRAMES: ReadonlySet<number> = new Set([
  Op.GfnAttr,
  Op.SpteSet,
  Op.SpteZap,
  Op.InvRange,
  Op.GuestFault,
  Op.SpteDoubt,
]);
const AROUND: ReadonlySet<number> = new Set([
  Op.InvStart,
  Op.InvEnd,
  Op.SlotAdd,
  Op.SlotRemove,
  Op.VmaAdd,
  Op.VmaRemove,
  Op.Loss,
]);

/** Whether an operation is of a page's history, said once more and plainly. */
function isOf(step: Step, space: Space, subject: number, page: number): boolean {
  if (!ofSubject(step, space, subject)) return false;
  return page >= step.first && page < step.first + step.count;
}

function ofSubject({ op, subject }: Step, space: Space, of: number): boolean {
  if (AROUND.has(op)) return false;
  if (op === Op.Phase) {
    const whole = [
      ['pgoff', 0],
      ['gfn', 1],
    ][subject];
    return whole !== undefined && whole[0] === space && whole[1] === of;
  }
  return (FRAMES.has(op) ? 'gfn' : 'pgoff') === space && subject === of;
}

function same(steps: readonly Step[], pages: readonly number[]): void {
  const index = new OpIndex(analysisOf(steps));
  const indexes = (is: (step: Step) => boolean): readonly number[] =>
    steps.flatMap((step, i) => (is(step) ? [i] : []));
  assert.ok(isIndex(index.columns, steps.length));
  assert.deepEqual(
    [...index.losses],
    indexes(({ op }) => op === Op.Loss),
  );
  for (const space of ['gfn', 'pgoff'] as const)
    for (const subject of [0, 1]) {
      assert.deepEqual(
        index.ofSubject(space, subject),
        indexes((step) => ofSubject(step, space, subject)),
      );
      for (const page of pages) {
        assert.deepEqual(
          [...index.opsOf([{ space, subject, page }]).mine],
          indexes((step) => step.op === Op.Loss || isOf(step, space, subject, page)),
          `${space} ${page} of ${subject}`,
        );
      }
      const several = pages.slice(0, 4).map((page) => ({ space, subject, page }));
      assert.deepEqual(
        [...index.opsOf(several).mine],
        indexes((step) => step.op === Op.Loss || several.some((of) => isOf(step, space, subject, of.page))),
      );
    }
}

/** Operations on a frame of the first VM. */
const opsOf = (index: OpIndex, page: number): readonly number[] => [
  ...index.opsOf([{ space: 'gfn', subject: 0, page }]).mine,
];

describe('operations by page', () => {
  const EDGES = [0, 1, 2, HUGE - 1, HUGE, HUGE + 1, GIGANTIC - 1, GIGANTIC, GIGANTIC + 1, 3 * GIGANTIC];
  const step = fc.record({
    op: fc.constantFrom(...Object.values(Op)),
    subject: fc.constantFrom(-1, 0, 0, 1, 1),
    first: fc.constantFrom(...EDGES),
    count: fc.constantFrom(-1, 0, 1, 1, 2, HUGE, HUGE, HUGE + 1, GIGANTIC, GIGANTIC + 1, 2 * GIGANTIC),
  });

  it('are those whose range holds it, of its space and subject', () => {
    const pages = [...EDGES, GIGANTIC + HUGE, 2 * HUGE, 2 * GIGANTIC, 2 * GIGANTIC + 1];
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => same(steps, pages)),
      { numRuns: 60 },
    );
  });

  it('are each stored twice at most, however wide', () => {
    for (const count of [1, HUGE, HUGE + 1, GIGANTIC + 1]) {
      const one = { op: Op.SpteSet, subject: 0, first: HUGE - 1, count } as const;
      const { entries } = new OpIndex(analysisOf([one])).columns;
      assert.ok(entries.length <= 2, `${entries.length}`);
      assert.deepEqual(opsOf(new OpIndex(analysisOf([one])), HUGE - 1), [0]);
    }
  });

  it('are found in columns that were written down, and by none that lead elsewhere', () => {
    const steps = Array.from({ length: 3000 }, (_, i) => ({
      op: Op.SpteSet,
      subject: 0,
      first: i * 7,
      count: 1 + (i % 3),
    }));
    const analysis = analysisOf(steps);
    const { columns } = new OpIndex(analysis);
    assert.deepEqual(opsOf(new OpIndex(analysis, () => columns), 7 * 2999), [2999]);
    assert.ok(isIndex(columns, 3000));
    assert.ok(!isIndex(columns, 2999));
    assert.ok(!isIndex({ ...columns, slots: columns.slots.slice(1) }, 3000));
    assert.ok(!isIndex({ ...columns, slots: new Int32Array(columns.slots.length).fill(-2) }, 3000));
    assert.ok(!isIndex({ ...columns, starts: columns.starts.slice(1) }, 3000));
    assert.ok(!isIndex({ ...columns, starts: columns.starts.slice().reverse() }, 3000));
    assert.ok(!isIndex({ ...columns, losses: new Uint32Array([3000]) }, 3000));
    // With no free place a search ends all the same.
    const full = { ...columns, slots: new Int32Array(columns.slots.length).fill(0) };
    opsOf(new OpIndex(analysis, () => full), 5);
  });

  it('are of nothing where their subject is not known', () => {
    const index = new OpIndex(analysisOf([{ op: Op.SpteSet, subject: -1, first: 0, count: 1 }]));
    assert.deepEqual(index.ofSubject('gfn', -1), []);
  });
});

describe('whose the pages of an operation are', () => {
  it('its subject says, or for a phase its conversion', () => {
    const analysis = analysisOf([]);
    const whose = (op: Step['op'], subject: number): readonly unknown[] => [
      rangeSpace(analysis, op, subject),
      rangeOwner(analysis, op, subject),
    ];
    assert.deepEqual(whose(Op.SpteSet, 3), ['gfn', 3]);
    assert.deepEqual(whose(Op.SlotAdd, 3), ['gfn', 3]);
    assert.deepEqual(whose(Op.MapAdd, 3), ['pgoff', 3]);
    assert.deepEqual(whose(Op.Loss, -1), [undefined, -1]);
    assert.deepEqual(whose(Op.Phase, 0), ['pgoff', 0]);
    assert.deepEqual(whose(Op.Phase, 1), ['gfn', 1]);
    assert.deepEqual(whose(Op.Phase, 2), [undefined, -1]);
    assert.deepEqual([spaceOf(VM_CONVERSION), ownerOf(VM_CONVERSION)], ['gfn', 1]);
    assert.deepEqual([spaceOf(conversion), ownerOf({ ...conversion, inode: 4, vm: 2 })], ['pgoff', 4]);
  });
});

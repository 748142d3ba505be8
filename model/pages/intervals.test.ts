import assert from 'node:assert/strict';
import { conversion } from '../../test/support/conversion.js';
import { allSteps } from '../../parsers/base/steps.js';
import { asGfn, asPgoff } from '../../parsers/base/units.js';
import fc from 'fast-check';
import type { Analysis, Conversion, SlotInfo } from '../analysis.js';
import { aliasesOf, eachInterval, lane, pageHistory, pageInstant, type PageId } from './intervals.js';
import { Attr, Op, OpLog, Phase, RefKind, type OpCode } from '../ops/oplog.js';
import { firstPieces, intervalAtRow, rangePieces, stateAtRow, translate } from './query.js';
import { RangeStates } from './rangeStates.js';
import { describeState, DIMENSIONS, type PageState } from './state.js';

const ROWS = 200;
type Step = readonly [
  op: OpCode,
  subject: number,
  row: number,
  first: number,
  count: number,
  value: number,
  aux: number,
];

function analysisOf(
  steps: readonly Step[],
  slots: readonly SlotInfo[] = [],
  conversions: readonly Conversion[] = [],
): Analysis {
  const ops = new OpLog();
  for (const step of steps) ops.push(...step);
  return {
    profiles: [],
    profileReason: '',
    rules: [],
    findings: [],
    inodes: [],
    vms: [],
    slots,
    refusedSlots: [],
    conversions,
    ops,
    rowCount: ROWS,
    pageBytes: 4096,
    understood: ROWS,
    unread: 0,
    unknown: 0,
    ofKvm: 0,
    shows: { mappings: true, references: true },
    cancelled: false,
  };
}

const slot: SlotInfo = {
  vm: 0,
  slot: 1,
  baseGfn: asGfn(0x100),
  pageCount: 8,
  pgoff: asPgoff(0),
  inode: 0,
  fromRow: 0,
  untilRow: ROWS,
};
const page4: PageId = { unit: 'pgoff', subject: 0, page: 4 };
const gfn104: PageId = { unit: 'gfn', subject: 0, page: 0x104 };

/** The states a page goes through, as `row: state`. */
function check(
  steps: readonly Step[],
  page: PageId,
  slots: readonly SlotInfo[],
  expect: readonly string[],
): void {
  const analysis = analysisOf(steps, slots, [conversion]);
  assert.deepEqual(
    pageHistory(analysis, page).intervals.map((i) => `${i.fromRow}: ${describeState(i.state)}`),
    expect,
  );
}

describe('page history', () => {
  it('begins in unknown, and says what each event establishes', () => {
    check(
      [
        [Op.Alloc, 0, 3, 4, 1, 0x103059, 0],
        [Op.PageAttr, 0, 5, 0, 8, Attr.Private, 0],
        [Op.SpteSet, 0, 7, 0x104, 1, 0x103059, 1],
        [Op.RefGet, 0, 9, 4, 1, RefKind.Pin, 77],
      ],
      page4,
      [slot],
      [
        '-1: unknown',
        '3: attribute unknown, no user mapping, SPTE unknown, pfn 0x103059',
        '5: private, no user mapping, SPTE unknown, pfn 0x103059',
        '7: private, no user mapping, SPTE 4K pfn 0x103059',
        '9: private, no user mapping, SPTE 4K pfn 0x103059, 1 pin',
      ],
    );
  });

  it('follows a conversion through its phases', () => {
    check(
      [
        [Op.Alloc, 0, 0, 4, 1, 0x10, 0],
        [Op.MapAdd, 0, 1, 4, 1, 50, 0x7000],
        [Op.Phase, 0, 2, 0, 8, Phase.Requested, 0],
        [Op.Phase, 0, 3, 0, 8, Phase.Unmapped, 0],
        [Op.MapRemove, 0, 3, 4, 1, 50, 0x7000],
        [Op.PageAttr, 0, 4, 0, 8, Attr.Private, 0],
        [Op.Phase, 0, 5, 0, 8, Phase.Done, 0],
      ],
      page4,
      [],
      [
        '-1: unknown',
        '0: attribute unknown, no user mapping, SPTE unknown, pfn 0x10',
        '1: attribute unknown, 1 user mapping, SPTE unknown, pfn 0x10',
        '2: attribute unknown, converting to private (requested), 1 user mapping, SPTE unknown, pfn 0x10',
        '3: attribute unknown, converting to private (unmapped), no user mapping, SPTE unknown, pfn 0x10',
        '4: private, converting to private (unmapped), no user mapping, SPTE unknown, pfn 0x10',
        '5: private, no user mapping, SPTE unknown, pfn 0x10',
      ],
    );
  });

  it('forgets everything at a loss until it is established again', () => {
    check(
      [
        [Op.PageAttr, 0, 2, 4, 1, Attr.Shared, 0],
        [Op.Loss, -1, 6, 0, 0, 1, 0],
        [Op.PageAttr, 0, 8, 4, 1, Attr.Private, 0],
      ],
      page4,
      [],
      [
        '-1: unknown',
        '2: shared, user mappings unknown, SPTE unknown, references unknown',
        '6: unknown',
        '8: private, user mappings unknown, SPTE unknown, references unknown',
      ],
    );
  });

  it('joins frame and file page only while a slot binds them', () => {
    const late = { ...slot, fromRow: 10, untilRow: 20 };
    const steps: Step[] = [[Op.GfnAttr, 0, 2, 0x100, 64, Attr.Private, 0]];
    check(
      steps,
      page4,
      [late],
      ['-1: unknown', '10: private, user mappings unknown, SPTE unknown, references unknown', '20: unknown'],
    );
    const analysis = analysisOf(steps, [late]);
    assert.equal(translate(analysis, page4, 9), undefined);
    assert.deepEqual(translate(analysis, page4, 10), gfn104);
    assert.deepEqual(translate(analysis, gfn104, 19), page4);
    assert.equal(aliasesOf(analysis, { unit: 'pgoff', subject: 0, page: 8 }).length, 0);
  });

  it("finds a huge SPTE and names the page's own frame in it", () => {
    check(
      [
        [Op.SpteSet, 0, 1, 0x200, 512, 0x40000, 2],
        [Op.SpteZap, 0, 2, 0x200, 512, 0x40000, 2],
      ],
      { unit: 'gfn', subject: 0, page: 0x205 },
      [],
      [
        '-1: unknown',
        '1: attribute unknown, user mappings unknown, SPTE 2M pfn 0x40005, references unknown',
        '2: attribute unknown, user mappings unknown, no SPTE, references unknown',
      ],
    );
  });

  it('takes away the mapping at the address that goes, whoever removes it', () => {
    const analysis = analysisOf([
      [Op.Alloc, 0, 0, 4, 1, 0x10, 0],
      [Op.MapAdd, 0, 1, 4, 1, 50, 0x7000],
      [Op.MapAdd, 0, 2, 4, 1, 60, 0x9000],
      [Op.MapRemove, 0, 3, 4, 1, 50, 0x9000],
      [Op.MapRemove, 0, 4, 4, 1, 99, 0x1],
    ]);
    assert.deepEqual(
      stateAtRow(analysis, page4, 3).mappings.map((m) => m.holder),
      [50],
    );
    assert.deepEqual(stateAtRow(analysis, page4, 4).mappings, []);
  });

  it('answers for the row itself and for the row before it', () => {
    const analysis = analysisOf([
      [Op.PageAttr, 0, 0, 4, 1, Attr.Shared, 0],
      [Op.PageAttr, 0, 5, 4, 1, Attr.Private, 0],
    ]);
    assert.equal(stateAtRow(analysis, page4, -1).attribute, 'unknown');
    assert.equal(stateAtRow(analysis, page4, 0).attribute, 'shared');
    assert.equal(stateAtRow(analysis, page4, 4).attribute, 'shared');
    assert.equal(stateAtRow(analysis, page4, 5).attribute, 'private');
    assert.equal(stateAtRow(analysis, page4, ROWS - 1).attribute, 'private');
  });

  it("goes on to the table's end past a guest's events, neither understood nor unknown", () => {
    const analysis = {
      ...analysisOf([
        [Op.SpteSet, 0, 1, 0x104, 1, 0x40, 1],
        [Op.SpteZap, 0, ROWS - 1, 0x104, 1, 0x40, 1],
      ]),
      understood: 2,
      unknown: 1,
    };
    assert.deepEqual(
      pageHistory(analysis, gfn104).intervals.map((i) => [i.fromRow, i.untilRow, i.state.sptes.length]),
      [
        [-1, 1, 0],
        [1, ROWS - 1, 1],
        [ROWS - 1, ROWS, 0],
      ],
    );
  });

  it('cuts a range where lives differ, and nowhere else', () => {
    const analysis = analysisOf(
      [
        [Op.GfnAttr, 0, 1, 0, 2 ** 26, Attr.Private, 0],
        [Op.SpteSet, 0, 2, 0x200, 512, 0x1000, 2],
        [Op.MapAdd, 0, 3, 2, 1, 9, 0],
      ],
      [slot],
    );
    assert.deepEqual(
      rangePieces(analysis, { unit: 'gfn', subject: 0, page: 0 }, 2 ** 26).map((p) => [p.first, p.count]),
      [
        [0, 0x100],
        [0x100, 2],
        [0x102, 1],
        [0x103, 5],
        [0x108, 0xf8],
        [0x200, 0x200],
        [0x400, 2 ** 26 - 0x400],
      ],
    );
  });
});

const anyStep = fc.record({
  op: fc.constantFrom(...Object.values(Op)),
  subject: fc.integer({ min: 0, max: 1 }),
  row: fc.integer({ min: 0, max: ROWS - 1 }),
  first: fc.integer({ min: 0, max: 12 }),
  count: fc.constantFrom(1, 2, 512, 600, 300000),
  value: fc.integer({ min: 0, max: 2 }),
  aux: fc.integer({ min: 0, max: 2 }),
});
const anySlot = fc
  .record({
    vm: fc.integer({ min: 0, max: 1 }),
    baseGfn: fc.integer({ min: 0, max: 6 }),
    pgoff: fc.integer({ min: -1, max: 6 }),
    inode: fc.integer({ min: -1, max: 1 }),
    from: fc.integer({ min: 0, max: ROWS - 1 }),
    length: fc.integer({ min: 1, max: ROWS }),
  })
  .map(
    (s): SlotInfo => ({
      vm: s.vm,
      slot: 0,
      baseGfn: asGfn(s.baseGfn),
      pageCount: 6,
      pgoff: asPgoff(s.pgoff),
      inode: s.inode,
      fromRow: s.from,
      untilRow: Math.min(ROWS, s.from + s.length),
    }),
  );
const anyPage = fc.record({
  unit: fc.constantFrom('gfn' as const, 'pgoff' as const),
  subject: fc.integer({ min: 0, max: 1 }),
  page: fc.integer({ min: 0, max: 14 }),
});

function randomAnalysis(
  steps: readonly {
    op: OpCode;
    subject: number;
    row: number;
    first: number;
    count: number;
    value: number;
    aux: number;
  }[],
  slots: readonly SlotInfo[],
): Analysis {
  const sorted = [...steps].sort((a, b) => a.row - b.row);
  return analysisOf(
    sorted.map((s): Step => [s.op, s.subject, s.row, s.first, s.count, s.value, s.aux]),
    slots,
    [conversion, { ...conversion, index: 1, scope: 'vm', vm: 1 }],
  );
}

describe('page history, any operations', () => {
  it('tiles the span of the trace and never overlaps, in every lane', () => {
    fc.assert(
      fc.property(
        fc.array(anyStep, { maxLength: 40 }),
        fc.array(anySlot, { maxLength: 3 }),
        anyPage,
        (steps, slots, page) => {
          const history = pageHistory(randomAnalysis(steps, slots), page);
          for (const intervals of [history.intervals, ...DIMENSIONS.map((d) => lane(history, d))]) {
            assert.equal(intervals[0]!.fromRow, -1);
            assert.equal(intervals[intervals.length - 1]!.untilRow, ROWS);
            intervals.forEach((interval, i) => {
              assert.ok(interval.fromRow < interval.untilRow);
              if (i > 0) assert.equal(interval.fromRow, intervals[i - 1]!.untilRow);
            });
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('has the same pieces where only the first of them are asked for', () => {
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 60 }), fc.integer({ min: 1, max: 12 }), (steps, most) => {
        const analysis = randomAnalysis(steps, []);
        for (const unit of ['gfn', 'pgoff'] as const) {
          const range = { unit, subject: 0, page: 0 };
          const first = allSteps(firstPieces(analysis, range, 20, most));
          assert.deepEqual(first, rangePieces(analysis, range, 20).slice(0, most));
        }
      }),
      { numRuns: 200 },
    );
  });

  it('tells the same of a page as of the piece it lies in', () => {
    const words = (analysis: Analysis, page: PageId): string[] =>
      pageHistory(analysis, page).intervals.map((i) => `${i.fromRow} ${describeFrames(i.state)}`);
    fc.assert(
      fc.property(
        fc.array(anyStep, { maxLength: 25 }),
        fc.array(anySlot, { maxLength: 2 }),
        (steps, slots) => {
          const analysis = randomAnalysis(steps, slots);
          let next = 0;
          for (const piece of rangePieces(analysis, { unit: 'gfn', subject: 0, page: 0 }, 20)) {
            assert.equal(piece.first, next);
            next += piece.count;
            const expect = words(analysis, { unit: 'gfn', subject: 0, page: piece.first });
            for (let p = piece.first; p < next; p++)
              assert.deepEqual(words(analysis, { unit: 'gfn', subject: 0, page: p }), expect);
          }
          assert.equal(next, 20);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('tells intervals one by one until it is told to stop, and remembers the last histories alone', () => {
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 40 }), anyPage, fc.nat(5), (steps, page, most) => {
        const [fresh, analysis] = [randomAnalysis(steps, []), randomAnalysis(steps, [])];
        const { intervals } = pageHistory(analysis, page);
        assert.equal(pageHistory(analysis, page).intervals, intervals);
        for (const of of [fresh, analysis]) {
          const told: unknown[] = [];
          eachInterval(of, page, (interval) => told.push(interval) <= most);
          assert.deepEqual(told, intervals.slice(0, most + 1));
        }
        for (let other = 0; other < 3000; other++)
          pageHistory(analysis, { unit: 'gfn', subject: 0, page: 1e6 + other });
        assert.notEqual(pageHistory(analysis, page).intervals, intervals);
        assert.deepEqual(pageHistory(analysis, page).intervals, intervals);
      }),
      { numRuns: 5 },
    );
  });

  it('says of one instant what the interval that holds it says', () => {
    fc.assert(
      fc.property(
        fc.array(anyStep, { maxLength: 40 }),
        fc.array(anySlot, { maxLength: 3 }),
        anyPage,
        fc.integer({ min: -1, max: ROWS - 1 }),
        (steps, slots, page, row) => {
          const analysis = randomAnalysis(steps, slots);
          const { fromRow, state } = pageInstant(analysis, page, row);
          // Another analysis of the same: the first one may remember the page's history by now.
          const interval = intervalAtRow(randomAnalysis(steps, slots), page, row);
          assert.deepEqual({ fromRow, state }, { fromRow: interval.fromRow, state: interval.state });
        },
      ),
      { numRuns: 500 },
    );
  });

  it('says the same of many pages at once, at rows in any order', () => {
    fc.assert(
      fc.property(
        fc.array(anyStep, { maxLength: 60 }),
        fc.array(anySlot, { maxLength: 3 }),
        anyPage,
        fc.uniqueArray(fc.integer({ min: 0, max: 14 }), { minLength: 1 }),
        fc.array(fc.integer({ min: -1, max: ROWS - 1 }), { minLength: 1, maxLength: 6 }),
        (steps, slots, range, some, rows) => {
          const analysis = randomAnalysis(steps, slots);
          const pages = [...some].sort((a, b) => a - b);
          const states = new RangeStates(analysis, range, pages, 3);
          for (const row of rows)
            assert.deepEqual(
              allSteps(states.at(row)),
              pages.map((page) => pageInstant(analysis, { ...range, page }, row).state),
            );
        },
      ),
      { numRuns: 500 },
    );
  });

  it('passes over the operations on many pages once, and then over a part of them', () => {
    const steps = Array.from({ length: 40_000 }, (_, i) => ({
      ...{ op: Op.GfnAttr, subject: 0, row: i, first: i % 2000, count: 1, value: i % 2, aux: 0 },
    }));
    const analysis = { ...randomAnalysis(steps, []), rowCount: steps.length };
    let asked = 0;
    const op = analysis.ops.op.bind(analysis.ops);
    analysis.ops.op = (i) => {
      asked++;
      return op(i);
    };
    const pages = Array.from({ length: 2000 }, (_, page) => page);
    const states = new RangeStates(analysis, { unit: 'gfn', subject: 0, page: 0 }, pages);
    const cost = (row: number): number => {
      asked = 0;
      allSteps(states.at(row));
      return asked / steps.length;
    };
    const whole = cost(steps.length - 1);
    const part = [30_000, 10_000, 10_001, 39_000, 20_000, 19_999].map(cost);
    // Each is looked at three times: by the fold, and for whose it is.
    assert.ok(whole < 7, `${whole} looks at each operation at first`);
    assert.ok(part[2]! < 0.001, `${part[2]} for the next event`);
    assert.ok(Math.max(...part) < 4 / 9 + 0.01, `${Math.max(...part)} at most for another`);
  });

  it('agrees with folding the operations one by one', () => {
    fc.assert(
      fc.property(
        fc.array(anyStep, { maxLength: 40 }),
        anyPage,
        fc.integer({ min: -1, max: ROWS - 1 }),
        (steps, page, row) => {
          const analysis = randomAnalysis(steps, []);
          assert.equal(stateAtRow(analysis, page, row).attribute, attributeByHand(analysis, page, row));
        },
      ),
      { numRuns: 300 },
    );
  });
});

/** Frames differ within a huge leaf, so pages of a piece are compared without them. */
function describeFrames(state: PageState): string {
  return describeState({ ...state, sptes: state.sptes.map((s) => ({ ...s, pfn: -1 })), pfn: -1 });
}

function attributeByHand(analysis: Analysis, page: PageId, row: number): string {
  let attribute = 'unknown';
  const wanted = page.unit === 'gfn' ? Op.GfnAttr : Op.PageAttr;
  for (let i = 0; i < analysis.ops.length && analysis.ops.row(i) <= row; i++) {
    const ops = analysis.ops;
    if (ops.op(i) === Op.Loss) attribute = 'unknown';
    const touches =
      ops.op(i) === wanted &&
      ops.subject(i) === page.subject &&
      page.page >= ops.first(i) &&
      page.page < ops.first(i) + ops.count(i);
    if (touches) attribute = ['shared', 'private', 'unknown'][ops.value(i)]!;
  }
  return attribute;
}

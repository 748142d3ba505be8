import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { Analysis } from '../analysis.js';
import { Op, OpLog } from '../ops/oplog.js';
import { ROOT } from '../../test/golden/samples.js';
import { judgeFtrace } from '../../test/golden/judge.js';
import {
  aliasesOf,
  eachInterval,
  indexOf,
  intervalAtRow,
  intervalsOf,
  markLongLives,
  pageInstant,
} from './intervals.js';
import type { PageId, PageInterval } from './intervals.js';
import { PageLife } from './life.js';

const { SHAPES, piecesOf } = (await import(join(ROOT, 'bench', 'scale', 'shapes.mjs'))) as {
  readonly SHAPES: Readonly<Record<string, object>>;
  readonly piecesOf: (shape: object, n: number) => Iterable<string>;
};

const FRAME: PageId = { unit: 'gfn', subject: 0, page: 0x100000 };

/** One page of a guest, converted again and again: each time some changes more. */
function convertedOften(times: number): Analysis {
  return judgeFtrace([...piecesOf(SHAPES['conversions']!, times)].join(''), ['guest-memfd']).analysis;
}

function allOf(life: PageLife): PageInterval[] {
  const all: PageInterval[] = [];
  life.each((interval) => all.push(interval) > 0);
  return all;
}

/** How many operations are looked at. */
function looksOf(ask: () => void): number {
  const { op } = OpLog.prototype;
  let count = 0;
  OpLog.prototype.op = function (i): ReturnType<typeof op> {
    count++;
    return op.call(this, i);
  };
  try {
    ask();
  } finally {
    OpLog.prototype.op = op;
  }
  return count;
}

describe('the life of a page that changes very often', () => {
  const analysis = convertedOften(1000);
  const [file] = aliasesOf(analysis, FRAME);
  const pages: readonly PageId[] = [FRAME, file!];

  it('is the same by its marks as from its beginning, at any row in any order', () => {
    for (const page of pages) {
      const all = allOf(new PageLife(analysis, indexOf(analysis), page));
      assert.ok(all.length > 3000, `${all.length} intervals`);
      const holding = (row: number): PageInterval => all.find(({ untilRow }) => untilRow > row)!;
      // 7919 is a prime: rows from all over, in no order.
      for (let k = 0; k < 200; k++) {
        const row = ((k * 7919) % (analysis.rowCount + 1)) - 1;
        const { fromRow, state } = holding(row);
        assert.deepEqual(intervalAtRow(analysis, page, row), holding(row), `row ${row}`);
        assert.deepEqual(pageInstant(analysis, page, row), { ...holding(row), fromRow, state }, `row ${row}`);
      }
      assert.deepEqual(intervalAtRow(analysis, page, -1), all[0]);
      assert.deepEqual(intervalAtRow(analysis, page, analysis.rowCount - 1), all.at(-1));
      const told: PageInterval[] = [];
      eachInterval(analysis, page, (interval) => told.push(interval) < 500);
      assert.deepEqual(told, all.slice(0, 500));
      assert.deepEqual([...intervalsOf(analysis, page)], all);
    }
  });

  it('takes a few hundred operations a question, whatever the row, once it is marked behind a report', () => {
    const later = convertedOften(1000);
    assert.ok(indexOf(later).columns.keys.length > 0);
    let steps = 0;
    for (const _ of markLongLives(later)) steps++;
    assert.ok(steps > 10, `${steps} steps`);
    for (const part of [0.1, 0.5, 0.99]) {
      const row = Math.floor(later.rowCount * part);
      const looks = looksOf(() => intervalAtRow(later, FRAME, row));
      assert.ok(looks > 0 && looks < 2000, `${looks} looks at row ${row}`);
    }
    // Without marks the whole life before it is replayed.
    const far = Math.floor(later.rowCount * 0.99);
    const looks = looksOf(() => new PageLife(later, indexOf(later), FRAME).at(far));
    assert.ok(looks > 5000, `${looks} looks`);
  });

  it('is made as far as it is asked for', () => {
    const life = new PageLife(analysis, indexOf(analysis), FRAME);
    const looks = looksOf(() => {
      for (const interval of life.intervals()) if (interval.fromRow > 0) break;
    });
    assert.ok(looks > 0 && looks < 3000, `${looks} looks`);
  });

  it('knows which pages these are', () => {
    assert.deepEqual(indexOf(analysis).crowded(4096), [FRAME]);
    assert.deepEqual(indexOf(analysis).crowded(1_000_000), []);
    const { ops } = analysis;
    const isOfFrame = (i: number): boolean => ops.first(i) === FRAME.page && ops.op(i) !== Op.Loss;
    const ofFrame = Array.from({ length: ops.length }, (_, i) => i).filter(isOfFrame);
    assert.ok(ofFrame.length >= 4096);
  });
});

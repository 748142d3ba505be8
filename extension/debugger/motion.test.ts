import assert from 'node:assert/strict';
import type { ExprObject } from '../../model/expr/value.js';
import type { Moment } from '../../model/objects/moment.js';
import type { Breakpoint, Direction } from './breakpoints.js';
import type { TraceIndex } from '../../model/cursor/traceIndex.js';
import type { DebugHost } from './host.js';
import type { Threads } from './threads.js';
import { followTest, nearestRow, run } from './motion.js';

/** A breakpoint on one row, and nothing else. */
function at(row: number): Breakpoint {
  return {
    id: 1,
    hits: 0,
    condition: {},
    nearest: (from: number, direction: Direction) => ((row - from) * direction > 0 ? row : -1),
    reason: () => ({ reason: 'breakpoint', description: 'here' }),
  } as unknown as Breakpoint;
}

/** Where a run from row 5 ends: `stop ROW`, or `limit ROW` where nothing stops it. */
async function endOf(breakpoint: number, limit: number, direction: Direction): Promise<string> {
  const moment = {
    row: 5,
    cursor: {
      seek(row: number): void {
        moment.row = row;
      },
    },
  };
  const host = { now: () => 0, breathe: async () => undefined } as unknown as DebugHost;
  const options = { direction, limit, isPaused: () => false, log: () => undefined };
  const root = {} as ExprObject;
  const ended = await run(moment as unknown as Moment, root, () => [at(breakpoint)], host, options);
  return `${ended.stop ? 'stop' : 'limit'} ${moment.row}`;
}

describe('a run', () => {
  it('stops at a breakpoint before its limit, in both directions', async () => {
    assert.equal(await endOf(7, 8, 1), 'stop 7');
    assert.equal(await endOf(3, 2, -1), 'stop 3');
  });

  it('asks nothing at its limit itself, nor beyond', async () => {
    assert.equal(await endOf(8, 8, 1), 'limit 5');
    assert.equal(await endOf(9, 8, 1), 'limit 5');
    assert.equal(await endOf(2, 2, -1), 'limit 5');
    assert.equal(await endOf(1, 2, -1), 'limit 5');
  });

  it('stops at the first row of all', async () => {
    assert.equal(await endOf(0, -1, -1), 'stop 0');
  });
});

/** Ten events of thread 7, and a conversion of it from row 0 to row 4 or to where the trace ends. */
function indexOf(untilRow: number): TraceIndex {
  return {
    table: { length: 10, tid: () => 7 },
    analysis: { conversions: [{ fromRow: 0, untilRow, tid: 7, phaseRows: [] }] },
  } as unknown as TraceIndex;
}

describe('a step', () => {
  it('goes to every event of a conversion that is followed, its first and its last included', () => {
    const rowsOf = (untilRow: number): number[] => {
      const test = followTest({ kind: 'conversion', number: 0 }, indexOf(untilRow), {} as Threads)!;
      return Array.from({ length: 10 }, (_, row) => row).filter(test);
    };
    assert.deepEqual(rowsOf(4), [0, 1, 2, 3, 4]);
    assert.equal(rowsOf(-1).length, 10);
  });

  it('goes as far as the first event of all, and the last', () => {
    const index = indexOf(-1);
    assert.equal(nearestRow(index, 1, -1, undefined), 0);
    assert.equal(nearestRow(index, 0, -1, undefined), -1);
    assert.equal(nearestRow(index, 8, 1, undefined), 9);
    assert.equal(nearestRow(index, 9, 1, undefined), -1);
    assert.equal(
      nearestRow(index, 5, -1, (row) => row === 0),
      0,
    );
  });
});

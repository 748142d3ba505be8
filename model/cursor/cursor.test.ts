import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Attr, Op, OpLog, Phase, RefKind, type OpCode } from '../ops/oplog.js';
import { Cursor } from './cursor.js';
import { MapRegistry, packFrame } from './mapRegistry.js';
import { ShimState, stateText, sameState } from './shimState.js';

const ROWS = 120;

interface PlainOp {
  readonly op: OpCode;
  readonly subject: number;
  readonly gap: number;
  readonly first: number;
  readonly count: number;
  readonly value: number;
  readonly aux: number;
}

const anyOp: fc.Arbitrary<PlainOp> = fc.record({
  op: fc.constantFrom(...Object.values(Op).filter((op) => op !== Op.Loss), ...Object.values(Op)),
  subject: fc.nat(2),
  gap: fc.nat(2),
  first: fc.nat(30),
  count: fc.constantFrom(1, 1, 1, 2, 16, 512),
  value: fc.integer({ min: -1, max: 9 }),
  aux: fc.nat(4),
});

function logOf(steps: readonly PlainOp[]): OpLog {
  const ops = new OpLog();
  let row = 0;
  for (const step of steps) {
    row = Math.min(ROWS - 1, row + step.gap);
    ops.push(step.op, step.subject, row, step.first, step.count, step.value, step.aux);
  }
  return ops;
}

/** The state after a row, from the start, without any record. */
function replay(ops: OpLog, row: number): ShimState {
  const state = new ShimState(new MapRegistry());
  for (let i = 0; i < ops.firstAtRow(row + 1); i++) state.apply(ops, i, undefined);
  return state;
}

function textAfter(cursor: Cursor): string {
  return stateText(cursor.state);
}

describe('Cursor', () => {
  it('gives the very same state backward as forward, at every event', () => {
    fc.assert(
      fc.property(fc.array(anyOp, { maxLength: 150 }), (steps) => {
        const cursor = new Cursor(logOf(steps), ROWS, { every: 16, checkpointsMax: 4, undoOps: 8 });
        const forward = [textAfter(cursor)];
        for (let row = 0; row < ROWS; row++) {
          const changed = cursor.forward();
          assert.equal(cursor.row, row);
          forward.push(textAfter(cursor));
          assert.ok(changed || forward[row + 1] === forward[row], `row ${row} changed the state in silence`);
        }
        for (let row = ROWS - 1; row >= 0; row--) {
          assert.equal(textAfter(cursor), forward[row + 1], `after row ${row}`);
          cursor.back();
        }
        assert.equal(cursor.row, -1);
        assert.equal(textAfter(cursor), forward[0]);
      }),
      { numRuns: 60 },
    );
  });

  it('comes to the state that a replay from the start gives, wherever it jumps', () => {
    fc.assert(
      fc.property(
        fc.array(anyOp, { maxLength: 200 }),
        fc.array(fc.integer({ min: -1, max: ROWS - 1 }), { maxLength: 30 }),
        (steps, rows) => {
          const ops = logOf(steps);
          const cursor = new Cursor(ops, ROWS, { every: 8, checkpointsMax: 4, undoOps: 4 });
          const second = new Cursor(ops, ROWS, { share: cursor.checkpoints, undoOps: 4 });
          for (const row of rows) {
            cursor.seek(row);
            assert.ok(sameState(cursor.state, replay(ops, row)), `row ${row}`);
            second.seek(ROWS - 2 - row);
            assert.ok(sameState(second.state, replay(ops, ROWS - 2 - row)), `row ${row}, second cursor`);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('drops every second checkpoint when there are too many, and forgets old undo records', () => {
    const ops = new OpLog();
    for (let i = 0; i < 5000; i++) ops.push(Op.SpteSet, 0, i, i % 97, 1, 1000 + i, 1);
    const cursor = new Cursor(ops, 5000, { every: 10, checkpointsMax: 8, undoOps: 50 });
    for (let row = 0; row < 5000; row++) cursor.forward();
    const memory = cursor.memory();
    assert.ok(memory.checkpoints <= 8, `${memory.checkpoints} checkpoints`);
    assert.ok(memory.undoBytes <= 2 * 50 * (8 + 2 * 32), `${memory.undoBytes} bytes of undo log`);
    assert.equal(cursor.checkpoints.every, 640);
    cursor.seek(17);
    assert.ok(sameState(cursor.state, replay(ops, 17)));
  });

  it('stays at the ends', () => {
    const empty = new Cursor(new OpLog(), 0);
    assert.equal(empty.forward(), false);
    assert.equal(empty.back(), false);
    assert.equal(empty.row, -1);
  });
});

/** Applies operations given as [op, subject, first, count, value, aux]. */
function stateOf(...steps: readonly (readonly [OpCode, number, number, number, number, number])[]): string {
  const ops = new OpLog();
  steps.forEach(([op, subject, first, count, value, aux], row) => {
    ops.push(op, subject, row, first, count, value, aux);
  });
  const state = new ShimState(new MapRegistry());
  for (let i = 0; i < ops.length; i++) state.apply(ops, i, undefined);
  return stateText(state);
}

describe('ShimState', () => {
  it("zaps the SPTE with that frame and leaves the other root's at the same gfn", () => {
    assert.equal(
      stateOf([Op.SpteSet, 0, 16, 1, 100, 1], [Op.SpteSet, 0, 16, 1, 200, 1], [Op.SpteZap, 0, 16, 1, 100, 1]),
      stateOf([Op.SpteSet, 0, 16, 1, 200, 1]),
    );
    assert.equal(stateOf([Op.SpteSet, 0, 0, 512, 4096, 2], [Op.SpteZap, 0, 0, 512, -1, 2]), '');
  });

  it('counts references by holder, and lets a completion interrupt put what another thread got', () => {
    const two = stateOf([Op.RefGet, 0, 4, 2, RefKind.Pin, 77], [Op.RefGet, 0, 4, 1, RefKind.Pin, 77]);
    assert.equal(two, '8 0 2/77 [4,5) 2\n8 0 2/77 [5,6) 1');
    assert.equal(
      stateOf(
        [Op.RefGet, 0, 4, 1, RefKind.Pin, 77],
        [Op.RefGet, 0, 4, 1, RefKind.Pin, 77],
        [Op.RefPut, 0, 4, 1, RefKind.Pin, 0],
      ),
      '8 0 2/77 [4,5) 1',
    );
    assert.equal(stateOf([Op.RefPut, 0, 4, 1, RefKind.Pin, 77]), '');
  });

  it('counts mappings whose VMA is not known, and has one of a VMA that is', () => {
    const twice = (address: number): string =>
      stateOf([Op.MapAdd, 0, 4, 1, 77, address], [Op.MapAdd, 0, 4, 1, 77, address]);
    assert.equal(twice(0), '7 0 77/0 [4,5) 2');
    assert.equal(twice(4096), '7 0 77/4096 [4,5) 1');
  });

  it('takes one mapping or reference from each page of a range, from whoever has it there', () => {
    assert.equal(
      stateOf(
        [Op.MapAdd, 0, 0, 2, 10, 4096],
        [Op.MapAdd, 0, 1, 3, 11, 8192],
        [Op.MapRemove, 0, 0, 6, 10, 4096],
      ),
      '7 0 11/8192 [1,2) 1',
    );
    assert.equal(
      stateOf(
        [Op.RefGet, 0, 0, 2, RefKind.Pin, 10],
        [Op.RefGet, 0, 1, 2, RefKind.Pin, 11],
        [Op.RefGet, 0, 0, 3, RefKind.Gup, 11],
        [Op.RefPut, 0, 0, 3, RefKind.Pin, 10],
      ),
      '8 0 1/11 [0,3) 1\n8 0 2/11 [1,2) 1',
    );
  });

  it('has nobody who maps or holds a new folio, and no poison on it', () => {
    const state = stateOf(
      [Op.MapAdd, 0, 0, 4, 10, 4096],
      [Op.RefGet, 0, 0, 4, RefKind.Pin, 10],
      [Op.Poison, 0, 1, 1, 0, 0],
      [Op.Alloc, 0, 1, 2, 500, 0],
    );
    assert.deepEqual(state.split('\n'), [
      `3 0 - [1,3) ${packFrame(500, 1, 0)}`,
      '7 0 10/4096 [0,1) 1',
      '7 0 10/4096 [3,4) 1',
      '8 0 2/10 [0,1) 1',
      '8 0 2/10 [3,4) 1',
    ]);
  });

  it('keeps the ranges of an invalidation until the last one in progress ends', () => {
    const open = stateOf(
      [Op.InvStart, 1, 0, 0, 1, 0],
      [Op.InvRange, 1, 8, 8, 1, 0],
      [Op.InvStart, 1, 0, 0, 2, 0],
      [Op.InvEnd, 1, 0, 0, 1, 0],
    );
    assert.match(open, /^6 1 - \[8,16\) 1$/m);
    const closed = stateOf(
      [Op.InvStart, 1, 0, 0, 1, 0],
      [Op.InvRange, 1, 8, 8, 1, 0],
      [Op.InvEnd, 1, 0, 0, 0, 0],
    );
    assert.equal(closed, '10 -1 - [1,2) 0\n11 -1 - [1,2) 1');
  });

  it('knows nothing of pages after a loss, but keeps slots and phases', () => {
    const text = stateOf(
      [Op.GfnAttr, 0, 0, 64, Attr.Private, 0],
      [Op.SlotAdd, 0, 0, 64, 3, 0],
      [Op.Phase, 2, 0, 16, Phase.Zapped, 0],
      [Op.MapAdd, 0, 0, 4, 10, 4096],
      [Op.Loss, -1, 0, 0, 2, 0],
    );
    assert.equal(text, '12 -1 - [2,3) 5\n13 -1 - [0,1) 4\n13 -1 - [1,2) 1\n5 0 - [0,64) 50331649');
  });

  it('takes a mapping from its holder, else from the one with its address, else from the oldest', () => {
    assert.equal(
      stateOf([Op.MapAdd, 0, 0, 4, 10, 4096], [Op.MapRemove, 0, 0, 2, -1, -1]),
      '7 0 10/4096 [2,4) 1',
    );
    const two = [
      [Op.MapAdd, 0, 0, 4, 10, 4096],
      [Op.MapAdd, 0, 0, 4, 11, 8192],
    ] as const;
    // A converting thread of group 99 removes other processes' mappings.
    assert.equal(stateOf(...two, [Op.MapRemove, 0, 0, 4, 99, 8192]), '7 0 10/4096 [0,4) 1');
    assert.equal(stateOf(...two, [Op.MapRemove, 0, 0, 4, 99, 0]), '7 0 11/8192 [0,4) 1');
    assert.equal(stateOf(...two, [Op.MapRemove, 0, 0, 4, 11, 0]), '7 0 10/4096 [0,4) 1');
  });
});

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Op, OP_BLOCK_LENGTH, OpLog } from './oplog.js';

/** Numbers at the edges of what four bytes hold, and beyond. */
const NUMBERS = [0, 1, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff, 2 ** 32, 2 ** 40 + 1, 2 ** 52];
const SIGNED = [-1, -0x8000, -0x8001, 0x7fff, 0x8000, -0x80000000, -0x80000001, ...NUMBERS];

describe('operation log', () => {
  it('gives back every number, however its blocks are kept', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...NUMBERS),
        fc.constantFrom(...NUMBERS),
        fc.constantFrom(...SIGNED),
        fc.constantFrom(...SIGNED),
        fc.nat(OP_BLOCK_LENGTH - 1),
        (first, count, value, aux, odd) => {
          const ops = new OpLog();
          const length = OP_BLOCK_LENGTH + 3;
          for (let i = 0; i < length; i++) {
            if (i === odd) ops.push(Op.SpteSet, -1, i, first, count, value, aux);
            else ops.push(Op.RefGet, 7, i, i, 1, -1, i & 1);
          }
          assert.equal(ops.length, length);
          assert.deepEqual(
            [
              ops.op(odd),
              ops.subject(odd),
              ops.row(odd),
              ops.first(odd),
              ops.count(odd),
              ops.value(odd),
              ops.aux(odd),
            ],
            [Op.SpteSet, -1, odd, first, count, value, aux],
          );
          for (const i of [0, OP_BLOCK_LENGTH - 1, OP_BLOCK_LENGTH, length - 1].filter((x) => x !== odd)) {
            assert.deepEqual(
              [ops.op(i), ops.subject(i), ops.row(i), ops.first(i), ops.count(i), ops.value(i), ops.aux(i)],
              [Op.RefGet, 7, i, i, 1, -1, i & 1],
            );
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it('keeps full blocks in two or four bytes a number where these fit', () => {
    const ops = new OpLog();
    for (let i = 0; i <= OP_BLOCK_LENGTH; i++) ops.push(Op.SpteSet, 0, i, i, 1, i === 5 ? 2 ** 40 : i, -1);
    const block = ops.blocks[0]!;
    assert.ok(
      block.first instanceof Uint32Array &&
        block.count instanceof Uint16Array &&
        block.aux instanceof Int16Array &&
        block.subject instanceof Int16Array,
    );
    assert.ok(block.value instanceof Float64Array, 'a number that does not fit keeps its column wide');
    assert.equal(ops.value(5), 2 ** 40);
  });
});

describe('operations by row', () => {
  it('are found from the first at or after a row', () => {
    const ops = new OpLog();
    for (const row of [1, 1, 3]) ops.push(Op.Loss, -1, row, 0, 0, 0, 0);
    assert.deepEqual(
      [0, 1, 2, 3, 4].map((row) => ops.firstAtRow(row)),
      [0, 0, 2, 2, 3],
    );
  });

  it('that are not there are a bug of who asks', () => {
    const ops = new OpLog();
    for (const i of [-1, 0]) assert.throws(() => ops.op(i), { message: `operation ${i} of 0` });
    ops.push(Op.Loss, -1, 0, 0, 0, 0, 0);
    assert.equal(ops.op(0), Op.Loss);
    for (const i of [-1, 1, Number.NaN]) assert.throws(() => ops.row(i), /operation \S+ of 1/);
  });
});

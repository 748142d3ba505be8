/** Slots of an event as the lowering reads them. */
import assert from 'node:assert/strict';
import { kindId } from '../../parsers/events/kinds.js';
import { FAILED_SHIFT } from '../../parsers/events/slots.js';
import { TableBuilder } from '../../parsers/events/table.js';
import { Ev } from './event.js';

/** An event with these words in its first slots; undefined for a slot that the event does not have. */
function eventWith(...words: readonly (bigint | undefined)[]): Ev {
  const builder = new TableBuilder();
  const kind = kindId('SpteChanged');
  const [name, comm] = [builder.names.internString('x'), builder.comms.internString('task')];
  builder.addRow(0, 2, 7, 5, comm, kind, name, 0, 1);
  builder.addRow(30, 3, 11, 10, comm, kind, name, 100, 2);
  const start = builder.payload(kind);
  const { pool } = builder.current;
  for (const [slot, word] of words.entries()) {
    if (word === undefined) continue;
    pool[start]! |= 1 << slot;
    pool[start + 1 + 2 * slot] = Number(word & 0xffffffffn);
    pool[start + 2 + 2 * slot] = Number(word >> 32n);
  }
  const table = builder.finish();
  const ev = new Ev();
  ev.point(table.segments[0]!, 0, 1);
  return ev;
}

const ABSENT = -99;

describe("an event's slots", () => {
  it('are those of the row that it points at', () => {
    const ev = eventWith(5n);
    assert.deepEqual([ev.row, ev.ts, ev.cpu, ev.tid, ev.tgid], [1, 30, 3, 11, 10]);
    assert.deepEqual([ev.has(0), ev.has(1)], [true, false]);
    ev.point(ev['seg']!, 0, 0);
    assert.deepEqual([ev.row, ev.tid, ev.has(0)], [0, 7, false]);
  });

  it('have the row of their segment in the table', () => {
    const ev = eventWith();
    ev.point(ev['seg']!, 2, 1);
    assert.equal(ev.row, 2 * 65536 + 1);
  });

  for (const [word, unsigned, signed] of [
    [0n, 0, 0],
    [0x7fffffffn, 0x7fffffff, 0x7fffffff],
    // A 32-bit errno that a probe printed without its sign.
    [0x80000000n, 0x80000000, -0x80000000],
    [0xfffffff5n, 0xfffffff5, -11],
    [0xffffffffn, 0xffffffff, -1],
    [0x100000000n, 0x100000000, 0x100000000],
    // The same in 64 bits.
    [0xfffffffffffffff5n, undefined, -11],
  ] as const)
    it(`are signed where that is asked: 0x${word.toString(16)}`, () => {
      const ev = eventWith(undefined, word);
      assert.equal(ev.signed(1, ABSENT), signed);
      if (unsigned !== undefined) assert.equal(ev.num(1), unsigned);
    });

  it('that hold no data are told from those that are not there', () => {
    const ev = eventWith(1n);
    assert.deepEqual([ev.failed(0), ev.failed(2)], [false, false]);
    const { pool, payload } = ev['seg']!;
    pool[payload[1]!]! |= 1 << (2 + FAILED_SHIFT);
    assert.deepEqual([ev.failed(0), ev.failed(1), ev.failed(2), ev.has(2)], [false, false, true, false]);
    ev.point(ev['seg']!, 0, 0);
    assert.equal(ev.failed(2), false, 'of an event without any');
  });

  it('that are not there are said to be absent', () => {
    const ev = eventWith(undefined, 1n);
    assert.deepEqual([ev.num(0), ev.signed(0, ABSENT), ev.pointer(0)], [-1, ABSENT, -1]);
    assert.deepEqual([ev.lo(0), ev.hi(0), ev.isHuge(0)], [0, 0, false]);
  });

  it('are taken for pointers by their low 52 bits, and NULL for none', () => {
    const ev = eventWith(0xffff888100aa0008n, 0n, 0xfff00000052f0000n);
    assert.deepEqual([ev.pointer(0), ev.pointer(1), ev.pointer(2)], [0xf888100aa0008, -1, 0x52f0000]);
    assert.deepEqual([ev.pointerTop(0), ev.pointerTop(1), ev.pointerTop(2)], [0xfff, 0, 0xfff]);
    assert.deepEqual([ev.lo(0), ev.hi(0)], [0x00aa0008, 0xffff8881]);
  });

  it('are huge where the high word is all ones', () => {
    const ev = eventWith(0xfffffffffffffff4n, 0xffffffff00000000n, 0xfffffffe00000000n);
    assert.deepEqual([ev.isHuge(0), ev.isHuge(1), ev.isHuge(2)], [true, true, false]);
  });
});

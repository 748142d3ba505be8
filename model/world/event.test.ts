import assert from 'node:assert/strict';
import { kindId, slotIndex } from '../../parsers/events/kinds.js';
import { TableBuilder } from '../../parsers/events/table.js';
import { Ev } from './event.js';

const KIND = 'SpteChanged';
const [AS_ID, GFN, OLD, NEW] = (['as_id', 'gfn', 'old', 'new'] as const).map((slot) => slotIndex(KIND, slot));
const TWO_TO_32 = 2 ** 32;
const HUGE = 0xffff_ffff;

/** An event with a narrow slot, a wide one, one with all bits, and one that is not there. */
function event(isNarrow: boolean): Ev {
  const builder = new TableBuilder(isNarrow);
  builder.addRow(5, 1, 7, 8, 0, kindId(KIND), 0, 0, 0);
  const start = builder.payload(kindId(KIND));
  const { pool } = builder.current;
  const put = (slot: number, low: number, high: number): void => {
    pool[start]! |= 1 << slot;
    pool[start + 1 + 2 * slot] = low;
    pool[start + 2 + 2 * slot] = high;
  };
  put(GFN!, HUGE, 0);
  put(OLD!, 0x8000_0001, 0x6000_0000);
  put(NEW!, HUGE, HUGE);
  builder.packPayload();
  const ev = new Ev();
  ev.point(builder.finish().segments[0]!, 0, 0);
  return ev;
}

describe('the event at hand', () => {
  for (const isNarrow of [false, true])
    it(`tells its slots, ${isNarrow ? 'packed' : 'not packed'}`, () => {
      const ev = event(isNarrow);
      const slots = [AS_ID!, GFN!, OLD!, NEW!];
      assert.deepEqual(
        slots.map((slot) => [ev.num(slot), ev.lo(slot), ev.hi(slot), ev.signed(slot, 0.5)]),
        [
          [-1, 0, 0, 0.5],
          [HUGE, HUGE, 0, -1],
          [
            0x6000_0000 * TWO_TO_32 + 0x8000_0001,
            0x8000_0001,
            0x6000_0000,
            0x6000_0000 * TWO_TO_32 + 0x8000_0001,
          ],
          [HUGE * TWO_TO_32 + HUGE, HUGE, HUGE, -1],
        ],
      );
      assert.deepEqual(
        slots.map((slot) => [ev.look(slot), ev.low, ev.high]),
        [
          [false, 0, 0],
          [true, -1, 0],
          [true, 0x8000_0001 | 0, 0x6000_0000],
          [true, -1, -1],
        ],
      );
      assert.equal(ev.pointer(AS_ID!), -1);
      assert.equal(ev.pointer(OLD!), 0x8000_0001);
      assert.equal(ev.pointerTop(NEW!), 0xfff);
    });
});

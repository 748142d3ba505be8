import assert from 'node:assert/strict';
import { Random } from '../../test/fuzz/harness.js';
import { SLOTS_MAX } from './kinds.js';
import {
  FAILED_SHIFT,
  copyUnpacked,
  hasFailed,
  hasSlot,
  headOf,
  highWord,
  lowWord,
  packPayload,
  payloadWords,
  readSlot,
  type Payloads,
} from './slots.js';

const AT = 3;

/** A payload with all kinds of slots, behind something else. */
function filled(random: Random): Uint32Array {
  const pool = new Uint32Array(AT + payloadWords(SLOTS_MAX) + 2);
  pool.fill(77, 0, AT);
  for (let slot = 0; slot < SLOTS_MAX; slot++) {
    const what = random.below(5);
    if (what === 0) continue;
    pool[AT]! |= 1 << (what === 1 ? slot + FAILED_SHIFT : slot);
    pool[AT + 1 + 2 * slot] = random.below(3) * 0x7fff_ffff;
    pool[AT + 2 + 2 * slot] = what < 4 ? 0 : [1, 0xffff_ffff, 0xffff_8881][random.below(3)]!;
  }
  return pool;
}

function told(payloads: Payloads): unknown[] {
  const slots = Array.from({ length: SLOTS_MAX }, (_, slot) => {
    const has = hasSlot(payloads, AT, slot);
    const failed = hasFailed(payloads, AT, slot);
    const words = has || failed ? [lowWord(payloads, AT, slot), highWord(payloads, AT, slot)] : [];
    return [has, failed, ...words, readSlot(payloads, AT, slot)];
  });
  return [headOf(payloads, AT), slots];
}

describe('a packed payload', () => {
  it('holds what it held before, and is no longer than that', () => {
    for (let seed = 1; seed <= 300; seed++) {
      const pool = filled(new Random(seed));
      const isPacked = false;
      const before = told({ pool, isPacked });
      const packed = pool.slice();
      const end = AT + payloadWords(SLOTS_MAX);
      const after = packPayload(packed, AT, end);
      assert.deepEqual(told({ pool: packed, isPacked: true }), before, `seed ${seed}`);
      assert.ok(after <= end && packed.subarray(after).every((word) => word === 0), `seed ${seed}`);
      const copy = new Uint32Array(packed.length);
      copyUnpacked({ pool: packed, isPacked: true }, AT, SLOTS_MAX, copy, AT);
      assert.deepEqual(told({ pool: copy, isPacked }), before, `seed ${seed}`);
    }
  });

  it('takes a word for what fits in one, and none for what is not there', () => {
    const pool = Uint32Array.of(0, 0b101, 5, 0, 9, 9, 6, 1);
    assert.equal(packPayload(pool, 1, 8), 5);
    assert.deepEqual([...pool], [0, 0b101 | (0b100 << FAILED_SHIFT), 5, 6, 1, 0, 0, 0]);
  });

  it('is none where there is none', () => {
    const none = { pool: new Uint32Array(1), isPacked: true };
    assert.deepEqual([readSlot(none, 0, 3), hasFailed(none, 0, 3)], [-1, false]);
  });
});

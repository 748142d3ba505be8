/** Payloads by what the host lays down of an event, as ../plan.ts and ../../events/slots.ts make them. */
import { isFailed } from './failedFetch';

/** Words of a step: slot, offset in the record, bytes, 1 when signed. */
const STEP_BYTES: usize = 16;
/** Words of a check: what is checked, of which slot, the slots that are no data when it fails. */
const CHECK_BYTES: usize = 12;
/** How far up a payload's head the bits stand of slots that take two words, or hold no data. */
const HIGH_SHIFT: u32 = 16;
/** Slots that a payload has at most. */
const SLOTS_MAX: i32 = 16;
/** The values of a payload's slots, before it is packed. */
const FILLED = memory.data(8 * SLOTS_MAX);

/** What to do with the records of an event, as the host lays it down: words of 32 bits. */
@unmanaged
export class RowProgram {
  kind: u32;
  name: u32;
  words: u32;
  /** The payload's mask when all steps are done. */
  mask: u32;
  /** The host looks at each of its payloads. */
  isChecked: u32;
  /** Of a probe: where the record has its address, -1 for none, and the address that this is for. */
  addressOffset: i32;
  addressSize: u32;
  addressLo: u32;
  addressHi: u32;
  /** See SlotPlan.steps in ../plan.ts, by ascending slots, and how many there are. */
  steps: usize;
  count: i32;
  /** Checks behind the steps: see SlotPlan.guard. */
  checks: i32;
}

export const ROW_PROGRAM_BYTES: usize = 48;

/** All steps of the latest payload were done, and all of them gave data. */
export let isWhole: bool = true;

/** What fillSlots of ../plan.ts does, packed as by ../../events/slots.ts; returns how many words it takes. */
export function putPayload(program: RowProgram, start: usize, end: usize, p: usize): u32 {
  let mask: u32 = 0;
  let wide: u32 = 0;
  let to = p + 4;
  let step = program.steps;
  for (let left = program.count; left > 0; left--) {
    const slot = load<u32>(step);
    const at = start + load<u32>(step + 4);
    const size = load<u32>(step + 8);
    if (at + size <= end) {
      const value = valueAt(at, size, load<u32>(step + 12) !== 0);
      const isWide: u32 = u32(value >> 32 !== 0);
      mask |= 1 << slot;
      wide |= isWide << slot;
      store<u64>(to, value);
      store<u64>(FILLED + 8 * <usize>slot, value);
      to += 4 + 4 * isWide;
    }
    step += STEP_BYTES;
  }
  const gone = program.checks === 0 ? 0 : failed(program.checks, step, mask);
  if (gone !== 0) to = pack(mask, wide | gone, p + 4);
  store<u32>(p, (mask & ~gone) | ((wide | gone) << HIGH_SHIFT));
  isWhole = mask === program.mask && gone === 0;
  return <u32>((to - p) >> 2);
}

/** The slots that are no data: what dropFailed of ../../events/failedFetch.ts marks. */
function failed(count: i32, checks: usize, mask: u32): u32 {
  let gone: u32 = 0;
  let check = checks;
  for (let left = count; left > 0; left--) {
    const slot = load<u32>(check + 4);
    const isThere = ((mask & ~gone) >>> slot) & 1;
    if (isThere !== 0 && isFailed(load<u32>(check), load<u64>(FILLED + 8 * <usize>slot)))
      gone |= mask & ~gone & load<u32>(check + 8);
    check += CHECK_BYTES;
  }
  return gone;
}

/** Puts the slots that are there, with two words for the wide ones; returns where they end. */
function pack(mask: u32, wide: u32, at: usize): usize {
  let to = at;
  for (let rest = mask; rest !== 0; rest &= rest - 1) {
    const slot = ctz(rest);
    store<u64>(to, load<u64>(FILLED + 8 * <usize>slot));
    to += 4 + 4 * ((wide >>> slot) & 1);
  }
  return to;
}

function valueAt(at: usize, size: u32, isSigned: bool): u64 {
  if (size === 8) return load<u64>(at);
  if (isSigned) {
    if (size === 4) return <u64>(<i64>load<i32>(at));
    return size === 2 ? <u64>(<i64>load<i16>(at)) : <u64>(<i64>load<i8>(at));
  }
  if (size === 4) return load<u32>(at);
  return size === 2 ? load<u16>(at) : load<u8>(at);
}

/**
 * Payloads: runs of words in a segment's pool, a head first and then the values of slots (kinds.ts), low word
 * before high word.
 *
 * Bit i of the head says that slot i was read, bit i + FAILED_SHIFT that the event has it, but that it holds
 * no data (failedFetch.ts). A payload as readers fill it has two words for each slot of its kind. Of a packed
 * one, slots that the event does not have take no words, and those of which the high word is 0 one; both bits
 * say that a slot was read and takes two, as one without data does. It holds the same.
 */
import { TWO_32 } from '../base/words.js';
import { SLOTS_MAX } from './kinds.js';

/** How far up a head the bits stand of slots that hold no data. */
export const FAILED_SHIFT = 16;
/** The bits of a head that say which slots hold data. */
export const READ_MASK = (1 << FAILED_SHIFT) - 1;

/** Where payloads are, and whether they are packed: a segment. */
export interface Payloads {
  readonly pool: Uint32Array;
  readonly isPacked: boolean;
}

/** Words of a payload of `slotCount` slots that is not packed. */
export function payloadWords(slotCount: number): number {
  return 1 + 2 * slotCount;
}

/** Where in the pool the words of a slot begin, which the payload at `p` has. */
function slotAt({ pool, isPacked }: Payloads, p: number, slot: number): number {
  return isPacked ? p + 1 + wordsBelow(pool[p]!, slot) : p + 1 + 2 * slot;
}

/** By the bits of slots below one: how many there are. A table, since little code is worked out in place. */
const COUNTS = new Uint8Array(1 << (SLOTS_MAX - 1));
for (let bits = 1; bits < COUNTS.length; bits++) COUNTS[bits] = COUNTS[bits >>> 1]! + (bits & 1);

/** Words of a packed payload's slots below one: one for each that is there, one more for each with two. */
export function wordsBelow(head: number, slot: number): number {
  const below = (1 << slot) - 1;
  const high = head >>> FAILED_SHIFT;
  return COUNTS[(head | high) & below]! + COUNTS[high & below]!;
}

/** True where the high word of a slot, which was read, is kept. */
function isWide({ pool, isPacked }: Payloads, p: number, slot: number): boolean {
  return !isPacked || (pool[p]! & (1 << (slot + FAILED_SHIFT))) !== 0;
}

/** True for a slot that was read. `p` is 0 where there is no payload, here as everywhere. */
export function hasSlot({ pool }: Payloads, p: number, slot: number): boolean {
  return (pool[p]! & (1 << slot)) !== 0;
}

/** True for a slot that the event has, but that holds no data. */
export function hasFailed({ pool }: Payloads, p: number, slot: number): boolean {
  const head = pool[p]!;
  return (head & (1 << (slot + FAILED_SHIFT))) !== 0 && (head & (1 << slot)) === 0;
}

/** The head of a payload as it is where it is not packed. */
export function headOf({ pool }: Payloads, p: number): number {
  const head = pool[p]!;
  return head & ~(head << FAILED_SHIFT);
}

/** Low and high words of a slot that was read, or holds no data. */
export function lowWord(payloads: Payloads, p: number, slot: number): number {
  return payloads.pool[slotAt(payloads, p, slot)]!;
}
export function highWord(payloads: Payloads, p: number, slot: number): number {
  return isWide(payloads, p, slot) ? payloads.pool[slotAt(payloads, p, slot) + 1]! : 0;
}

/** Slot of the payload at `p` as an unsigned number, -1 when absent. Exact below 2^53. For hot loops. */
export function readSlot(payloads: Payloads, p: number, slot: number): number {
  if (!hasSlot(payloads, p, slot)) return -1;
  const { pool } = payloads;
  const at = slotAt(payloads, p, slot);
  return isWide(payloads, p, slot) ? pool[at + 1]! * TWO_32 + pool[at]! : pool[at]!;
}

/** The same as an exact unsigned 64-bit value, undefined when absent. */
export function readBig(payloads: Payloads, p: number, slot: number): bigint | undefined {
  if (!hasSlot(payloads, p, slot)) return undefined;
  return (BigInt(highWord(payloads, p, slot)) << 32n) | BigInt(lowWord(payloads, p, slot));
}

/** Packs the payload at pool[p, end). Returns where it ends then; what is behind is zeroed. */
export function packPayload(pool: Uint32Array, p: number, end: number): number {
  const head = pool[p]!;
  const read = head & READ_MASK;
  let wide = (head >>> FAILED_SHIFT) & ~read;
  let to = p + 1;
  for (let rest = read | wide; rest !== 0; rest &= rest - 1) {
    const slot = 31 - Math.clz32(rest & -rest);
    const from = p + 1 + 2 * slot;
    const high = pool[from + 1]!;
    pool[to++] = pool[from]!;
    if (high !== 0) wide |= 1 << slot;
    if ((wide & (1 << slot)) !== 0) pool[to++] = high;
  }
  pool[p] = read | (wide << FAILED_SHIFT);
  // A call of the engine's would cost more for so few words.
  for (let i = to; i < end; i++) pool[i] = 0;
  return to;
}

/** Copies a payload of `slotCount` slots to pool[to], where it is not packed. */
export function copyUnpacked(
  from: Payloads,
  p: number,
  slotCount: number,
  pool: Uint32Array,
  to: number,
): void {
  const head = headOf(from, p);
  pool[to] = head;
  for (let slot = 0; slot < slotCount; slot++) {
    if (((head >>> slot) & HAS_SLOT) === 0) continue;
    pool[to + 1 + 2 * slot] = lowWord(from, p, slot);
    pool[to + 2 + 2 * slot] = highWord(from, p, slot);
  }
}
/** The bits of slot 0 in a head: read, or without data. */
const HAS_SLOT = 1 | (1 << FAILED_SHIFT);

/**
 * From an event's format to the slots of its meaning: which bytes of a record go into which slot. Made once
 * per event, then run per record by {@link fillSlots} without looking at a name again.
 */
import type { EventFormat } from './tep.js';
import { findField } from './tep.js';
import type { TraceContext } from './record.js';
import { dropFailed, fetchGuard, type FetchGuard } from '../events/failedFetch.js';
import { kindSlots } from '../events/kinds.js';
import { ENDBR_BYTES, resolveProbe, resolveTracepoint, type Resolved } from '../events/resolve.js';
import { payloadWords } from '../events/slots.js';
import { isUnderstood } from '../events/understood.js';

export interface SlotPlan {
  readonly kind: number;
  /** Words of the kind's payload. */
  readonly words: number;
  /** Quadruples: slot, offset in the record, bytes, 1 when signed. */
  readonly steps: Int32Array;
  /**
   * The same for records of little-endian words, sorted so that the loops over them do not branch: the ends
   * of the first two sorts; pairs of (pool index of the slot's low word, word of the record) for 64 bits;
   * pairs for unsigned 32; quadruples (…, operation, bit) for the rest. Empty when a field straddles words,
   * or there is nothing to fill.
   */
  readonly words4: Int32Array;
  /** Bytes that a record must have for `words4`. */
  readonly span: number;
  /** The payload's mask when all slots are filled. */
  readonly mask: number;
  /** How to tell fetches that failed; empty where nothing can be told. */
  readonly guard: FetchGuard;
  /** The fields hold what the event's kind needs, and nothing of them can fail. */
  readonly isSure: boolean;
}

const NO_STEPS = new Int32Array(0);

const OP_S32 = 2;
const OP_U16 = 3;
const OP_S16 = 4;
const OP_U8 = 5;
const OP_S8 = 6;

/** The address field of a probe event, undefined for any other event. */
export function probeField(
  format: EventFormat,
): { readonly offset: number; readonly size: number; readonly isReturn: boolean } | undefined {
  const returned = findField(format, '__probe_func');
  const field = returned ?? findField(format, '__probe_ip');
  return field && { offset: field.offset, size: field.size, isReturn: returned !== undefined };
}

/** No function is this long: a symbol so far before an address is not what holds it. */
const FUNCTION_LIMIT = 0x100000n;

/**
 * What a format's events mean. For a probe, `address` is what its address field holds: the symbol behind it
 * decides, and where the trace has no symbols (or it is an address of user space) the event's name.
 */
export function resolveFormat(
  format: EventFormat,
  context: TraceContext,
  address: bigint,
): Resolved | undefined {
  const probe = probeField(format);
  if (!probe) return resolveTracepoint(format.system, format.name);
  const isKernel = context.longSize === 4 || address >= 1n << 63n;
  const places = isKernel ? (context.symbols()?.aliases(address) ?? []) : [];
  let known = false;
  for (const { name, offset } of places) {
    if (offset >= FUNCTION_LIMIT) continue;
    known = true;
    // The first instruction may be an endbr64 or a landing pad of 4 bytes, behind which the kernel puts an
    // entry probe.
    const resolved = resolveProbe(format.name, {
      symbol: name,
      offset: offset <= ENDBR_BYTES ? 0 : Number(offset),
      isReturn: probe.isReturn,
    });
    if (resolved) return resolved;
  }
  return known ? undefined : resolveProbe(format.name, { symbol: '', offset: 0, isReturn: probe.isReturn });
}

const NUMBER_SIZES: readonly number[] = [1, 2, 4, 8];

/** The steps that fill the slots of `resolved` from records of `format`. */
export function planSlots(format: EventFormat, resolved: Resolved): SlotPlan {
  const slots = kindSlots(resolved.kind);
  const steps: number[] = [];
  for (const [slot, names] of Object.entries(resolved.meaning.slots)) {
    const index = slots.indexOf(slot);
    for (const name of [...names, slot]) {
      if (resolved.slotOf.get(name) !== index) continue;
      const field = format.fields.find((f) => f.name === name);
      if (!field || field.isArray || !NUMBER_SIZES.includes(field.size)) continue;
      steps.push(index, field.offset, field.size, field.signed ? 1 : 0);
      break;
    }
  }
  const guard = fetchGuard(resolved.kind);
  return {
    kind: resolved.kind,
    words: payloadWords(slots.length),
    steps: Int32Array.from(steps),
    ...wordSteps(steps),
    guard,
    isSure: guard.length === 0 && isUnderstood(resolved.kind, maskOf(steps)),
  };
}

/** The plan of a kind's events that have no fields to read. */
export function emptyPlan(kind: number): SlotPlan {
  return {
    kind,
    words: 0,
    steps: NO_STEPS,
    words4: NO_STEPS,
    span: 0,
    mask: 0,
    guard: NO_STEPS,
    isSure: isUnderstood(kind, 0),
  };
}

/**
 * Takes out of the payload at pool[at], which was filled by the plan, what is no data. False where what is
 * left says less than its kind needs.
 */
export function keepsWhatItNeeds(plan: SlotPlan, pool: Uint32Array, at: number): boolean {
  dropFailed(plan.guard, pool, at);
  return isUnderstood(plan.kind, pool[at]!);
}

/** The payload's mask when all steps are done. */
function maskOf(steps: readonly number[]): number {
  let mask = 0;
  for (let i = 0; i < steps.length; i += 4) mask |= 1 << steps[i]!;
  return mask;
}

/** The operation for a field of less than 64 bits that is not an unsigned 32. */
function smallOp(size: number, signed: number): number {
  if (size === 4) return OP_S32;
  if (size === 2) return signed === 0 ? OP_U16 : OP_S16;
  return signed === 0 ? OP_U8 : OP_S8;
}

/** The steps as whole words, where every field lies within one or is two. */
function wordSteps(steps: readonly number[]): { words4: Int32Array; span: number; mask: number } {
  const byOp: number[][] = [[], [], []];
  let span = 0;
  let mask = 0;
  for (let i = 0; i < steps.length; i += 4) {
    const [slot, offset, size, signed] = steps.slice(i, i + 4) as [number, number, number, number];
    if (offset % Math.min(size, 4) !== 0) return { words4: new Int32Array(0), span: 0, mask: 0 };
    const place = [1 + 2 * slot, offset >> 2];
    if (size === 8) byOp[0]!.push(...place);
    else if (size === 4 && signed === 0) byOp[1]!.push(...place);
    else byOp[2]!.push(...place, smallOp(size, signed), (offset & 3) * 8);
    span = Math.max(span, offset + size);
    mask |= 1 << slot;
  }
  const [wide, narrow, small] = byOp as [number[], number[], number[]];
  const end64 = 2 + wide.length;
  return {
    words4:
      steps.length === 0
        ? new Int32Array(0)
        : Int32Array.from([end64, end64 + narrow.length, ...wide, ...narrow, ...small]),
    span,
    mask,
  };
}

/**
 * As {@link fillSlots}, for little-endian records that begin at a word of `record` and are at least `span`
 * bytes long. It takes a third of the time, which for millions of records is the largest part of reading
 * them.
 */
export function fillSlotsByWords(
  record: Uint32Array,
  start: number,
  words4: Int32Array,
  mask: number,
  pool: Uint32Array,
  p: number,
): void {
  pool[p] = mask;
  const end64 = words4[0]!;
  const end32 = words4[1]!;
  let i = 2;
  for (; i < end64; i += 2) {
    const q = p + words4[i]!;
    const at = start + words4[i + 1]!;
    pool[q] = record[at]!;
    pool[q + 1] = record[at + 1]!;
  }
  for (; i < end32; i += 2) pool[p + words4[i]!] = record[start + words4[i + 1]!]!;
  for (; i < words4.length; i += 4) {
    const q = p + words4[i]!;
    const word = record[start + words4[i + 1]!]!;
    const op = words4[i + 2]!;
    const shift = words4[i + 3]!;
    let value = word | 0;
    if (op === OP_U16) value = (word >>> shift) & 0xffff;
    else if (op === OP_S16) value = (word << (16 - shift)) >> 16;
    else if (op === OP_U8) value = (word >>> shift) & 0xff;
    else if (op === OP_S8) value = (word << (24 - shift)) >> 24;
    pool[q] = value;
    if (op === OP_S32 || op === OP_S16 || op === OP_S8) pool[q + 1] = value >> 31;
  }
}

/**
 * Fills the payload at pool[p…] (zeroed, as reserved) from the record at view[start, end). A field that the
 * record is too short for stays absent. Signed values are extended to 64 bits.
 */
export function fillSlots(
  view: DataView,
  start: number,
  end: number,
  little: boolean,
  steps: Int32Array,
  pool: Uint32Array,
  p: number,
): void {
  let mask = 0;
  for (let i = 0; i < steps.length; i += 4) {
    const at = start + steps[i + 1]!;
    const size = steps[i + 2]!;
    if (at + size > end) continue;
    let lo = 0;
    let hi = 0;
    if (size === 8) {
      lo = view.getUint32(little ? at : at + 4, little);
      hi = view.getUint32(little ? at + 4 : at, little);
    } else {
      if (size === 4) lo = view.getInt32(at, little);
      else if (size === 2) lo = steps[i + 3]! !== 0 ? view.getInt16(at, little) : view.getUint16(at, little);
      else lo = steps[i + 3]! !== 0 ? view.getInt8(at) : view.getUint8(at);
      if (steps[i + 3]! !== 0) hi = lo >> 31;
    }
    const slot = steps[i]!;
    mask |= 1 << slot;
    pool[p + 1 + 2 * slot] = lo;
    pool[p + 2 + 2 * slot] = hi;
  }
  pool[p] = mask;
}

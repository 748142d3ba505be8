/**
 * From an event's format to the slots of its meaning: which bytes of a record go into which slot. Made once per
 * event, then run per record by {@link fillSlots} without looking at a name again.
 */
import type { EventFormat } from './tep.js';
import { findField } from './tep.js';
import type { TraceContext } from './record.js';
import { kindSlots } from '../events/kinds.js';
import { resolveProbe, resolveTracepoint, type Resolved } from '../events/resolve.js';
import { payloadWords } from '../events/table.js';

export interface SlotPlan {
  readonly kind: number;
  /** Words of the kind's payload. */
  readonly words: number;
  /** Quadruples: slot, offset in the record, bytes, 1 when signed. */
  readonly steps: Int32Array;
}

/** The address field of a probe event, undefined for any other event. */
export function probeField(format: EventFormat): { readonly offset: number; readonly size: number; readonly isReturn: boolean } | undefined {
  const returned = findField(format, '__probe_func');
  const field = returned ?? findField(format, '__probe_ip');
  return field && { offset: field.offset, size: field.size, isReturn: returned !== undefined };
}

/** User-space addresses lie below this; a symbol this far into "a function" is none. */
const FUNCTION_LIMIT = 0x100000n;

/**
 * What a format's events mean. For a probe, `address` is what its address field holds: the symbol behind it decides,
 * and where the trace has no symbols (or it is an address of user space) the event's name.
 */
export function resolveFormat(format: EventFormat, context: TraceContext, address: bigint): Resolved | undefined {
  const probe = probeField(format);
  if (!probe) return resolveTracepoint(format.system, format.name);
  const isKernel = context.longSize === 4 || address >= 1n << 63n;
  const places = isKernel ? (context.symbols()?.aliases(address) ?? []) : [];
  let known = false;
  for (const { name, offset } of places) {
    if (offset >= FUNCTION_LIMIT) continue;
    known = true;
    // The first instruction may be an endbr64 or a landing pad of 4 bytes, behind which the kernel puts an entry probe.
    const resolved = resolveProbe(format.name, { symbol: name, offset: offset <= 4n ? 0 : Number(offset), isReturn: probe.isReturn });
    if (resolved) return resolved;
  }
  return known ? undefined : resolveProbe(format.name, { symbol: '', offset: 0, isReturn: probe.isReturn });
}

/** The steps that fill the slots of `resolved` from records of `format`. */
export function planSlots(format: EventFormat, resolved: Resolved): SlotPlan {
  const slots = kindSlots(resolved.kind);
  const steps: number[] = [];
  for (const [slot, names] of Object.entries(resolved.meaning.slots)) {
    const index = slots.indexOf(slot);
    for (const name of [...names, slot]) {
      if (resolved.slotOf.get(name) !== index) continue;
      const field = format.fields.find((f) => f.name === name);
      if (!field || field.isArray || (field.size !== 1 && field.size !== 2 && field.size !== 4 && field.size !== 8)) continue;
      steps.push(index, field.offset, field.size, field.signed ? 1 : 0);
      break;
    }
  }
  return { kind: resolved.kind, words: payloadWords(slots.length), steps: Int32Array.from(steps) };
}

/**
 * Fills the payload at pool[p…] (zeroed, as reserved) from the record at view[start, end). A field that the record is
 * too short for stays absent. Signed values are extended to 64 bits.
 */
export function fillSlots(
  view: DataView, start: number, end: number, little: boolean, steps: Int32Array, pool: Uint32Array, p: number,
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

/** From an event's fields to the payload of its row. */
import { Ascii, Letter } from '../base/ascii.js';
import { BYTES, VARINT, WireReader } from '../base/protobuf.js';
import { dropFailed } from '../events/failedFetch.js';
import { SLOTS_MAX } from '../events/kinds.js';
import { readDec, readHex } from '../events/number.js';
import type { TableBuilder } from '../events/table.js';
import { isUnderstood } from '../events/understood.js';
import {
  KERNEL_HIGH,
  markOf,
  PROBE_FUNC,
  PROBE_IP,
  ProbeMark,
  SLOT_BITS,
  SLOT_FIELDS,
  type EventPlan,
  type NamedPlan,
  type PlanBook,
} from './plans.js';
import { GENERIC, GENERIC_FIELD, KPROBE } from './protos.js';

const NO_BYTES = new Uint8Array(0);
const fields = new WireReader(NO_BYTES);
const field = new WireReader(NO_BYTES);

/**
 * Fills the payload of the builder's last row, whose event has the fields bytes[start, end). False where they
 * are damaged: what is before that is read.
 */
export function fillFields(
  builder: TableBuilder,
  plan: EventPlan,
  bytes: Uint8Array,
  start: number,
  end: number,
): boolean {
  if (plan.words === 0) {
    if (!isUnderstood(plan.kind, 0)) builder.noteUnread();
    return true;
  }
  const at = builder.payload(plan.kind);
  const { pool } = builder.current;
  const { slotOf, zigzag } = plan;
  let mask = 0;
  fields.reset(bytes, start, end);
  while (fields.next()) {
    const number = fields.field;
    if (number >= SLOT_FIELDS) continue;
    const slot = slotOf[number]!;
    if (slot < 0) continue;
    const q = at + 1 + 2 * slot;
    if (fields.type === BYTES) {
      if (!readText(bytes, fields.start, fields.end, pool, q)) continue;
    } else if (zigzag[number] === 1) {
      const sign = -(fields.low & 1);
      pool[q] = ((fields.low >>> 1) | (fields.high << 31)) ^ sign;
      pool[q + 1] = (fields.high >>> 1) ^ sign;
    } else {
      pool[q] = fields.low;
      pool[q + 1] = fields.high;
    }
    mask |= 1 << slot;
  }
  finishPayload(builder, plan, pool, at, mask);
  return !fields.isDamaged;
}

function finishPayload(
  builder: TableBuilder,
  plan: EventPlan | NamedPlan,
  pool: Uint32Array,
  at: number,
  mask: number,
): void {
  pool[at] = mask;
  dropFailed(plan.guard, pool, at);
  if (!isUnderstood(plan.kind, pool[at]!)) builder.noteUnread();
}

/** A number that is written as text, into two words at pool[q]. */
function readText(bytes: Uint8Array, start: number, end: number, pool: Uint32Array, q: number): boolean {
  const isHex = bytes[start] === Ascii.Digit0 && (bytes[start + 1]! | Letter.LowerBit) === Ascii.LowerX;
  const after = isHex ? readHex(bytes, start, end, pool, q) : readDec(bytes, start, end, pool, q);
  if (after === end) return true;
  pool[q] = pool[q + 1] = 0;
  return false;
}

/** An event that says its name and those of its fields, within bytes[start, end). */
export class NamedEvent {
  nameStart = 0;
  nameEnd = 0;
  private hasFunction = false;
  private hasIp = false;
  private isProgram = false;

  constructor(private readonly book: PlanBook) {
    this.ip = book.words.internString(PROBE_IP);
    this.func = book.words.internString(PROBE_FUNC);
  }

  /** Words of a probe's address. */
  private readonly address = new Uint32Array(2);
  /** By slot: how many names are preferred to the one that filled it. */
  private readonly ranks = new Uint8Array(SLOTS_MAX);
  private readonly ip: number;
  private readonly func: number;

  /** The plan of a generic event. */
  plan(bytes: Uint8Array, start: number, end: number): NamedPlan {
    this.nameStart = this.nameEnd = start;
    this.hasFunction = this.hasIp = this.isProgram = false;
    fields.reset(bytes, start, end);
    while (fields.next()) {
      if (fields.type !== BYTES) continue;
      if (fields.field === GENERIC.name) {
        this.nameStart = fields.start;
        this.nameEnd = fields.end;
      } else if (fields.field === GENERIC.field) this.note(bytes);
    }
    const mark = this.isProgram ? ProbeMark.User : markOf(this.hasFunction, this.hasIp);
    return this.book.byName(bytes, this.nameStart, this.nameEnd, mark);
  }

  private note(bytes: Uint8Array): void {
    const id = this.fieldName(bytes);
    if (id !== this.ip && id !== this.func) return;
    if (id === this.ip) this.hasIp = true;
    else this.hasFunction = true;
    if (this.value(bytes, this.address, 0) && this.address[1]! < KERNEL_HIGH) this.isProgram = true;
  }

  /** The id of the name of the field that the reader stands on, -1 where it has none. */
  private fieldName(bytes: Uint8Array): number {
    field.reset(bytes, fields.start, fields.end);
    while (field.next())
      if (field.field === GENERIC_FIELD.name && field.type === BYTES)
        return this.book.words.intern(bytes, field.start, field.end);
    return -1;
  }

  /** Fills the payload of the builder's last row; false where the fields are damaged. */
  fill(builder: TableBuilder, plan: NamedPlan, bytes: Uint8Array, start: number, end: number): boolean {
    if (plan.words === 0) {
      if (!isUnderstood(plan.kind, 0)) builder.noteUnread();
      return true;
    }
    const at = builder.payload(plan.kind);
    const { pool } = builder.current;
    let mask = 0;
    fields.reset(bytes, start, end);
    while (fields.next()) {
      if (fields.field !== GENERIC.field || fields.type !== BYTES) continue;
      const found = plan.slotOf.get(this.fieldName(bytes)) ?? -1;
      if (found < 0) continue;
      const slot = found & (SLOTS_MAX - 1);
      const rank = found >>> SLOT_BITS;
      if ((mask & (1 << slot)) !== 0 && this.ranks[slot]! <= rank) continue;
      if (!this.value(bytes, pool, at + 1 + 2 * slot)) continue;
      this.ranks[slot] = rank;
      mask |= 1 << slot;
    }
    finishPayload(builder, plan, pool, at, mask);
    return !fields.isDamaged;
  }

  private value(bytes: Uint8Array, pool: Uint32Array, q: number): boolean {
    field.reset(bytes, fields.start, fields.end);
    while (field.next()) {
      if (
        field.type === VARINT &&
        (field.field === GENERIC_FIELD.int || field.field === GENERIC_FIELD.uint)
      ) {
        pool[q] = field.low;
        pool[q + 1] = field.high;
        return true;
      }
      if (field.type === BYTES && field.field === GENERIC_FIELD.text)
        return readText(bytes, field.start, field.end, pool, q);
    }
    return false;
  }

  /** The plan of one of Perfetto's own probes. */
  kprobe(bytes: Uint8Array, start: number, end: number): NamedPlan {
    let type = 0;
    this.nameStart = this.nameEnd = start;
    fields.reset(bytes, start, end);
    while (fields.next()) {
      if (fields.field === KPROBE.name && fields.type === BYTES) {
        this.nameStart = fields.start;
        this.nameEnd = fields.end;
      } else if (fields.field === KPROBE.type && fields.type === VARINT) type = fields.number;
    }
    return this.book.kprobe(bytes, this.nameStart, this.nameEnd, type);
  }
}

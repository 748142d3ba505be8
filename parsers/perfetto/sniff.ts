/** Whether a file begins as a Perfetto trace: with packets, for it has no magic. */
import { BYTES, FIXED32, FIXED64, VARINT, WireReader } from '../base/protobuf.js';
import { PACKET, TRACE_PACKET } from './protos.js';

/** Wire types of a packet's fields, as far as they are known here; packets hold more than these. */
const TYPES: ReadonlyMap<number, number> = new Map([
  ...Object.values(PACKET).map((field) => [field, BYTES] as const),
  ...[
    PACKET.timestamp,
    PACKET.sequenceId,
    PACKET.sequenceFlags,
    PACKET.previousPacketDropped,
    PACKET.firstOnSequence,
    PACKET.machineId,
  ].map((field) => [field, VARINT] as const),
  // The user and the process that a packet came from, a clock, a flag.
  ...[3, 41, 58, 79].map((field) => [field, VARINT] as const),
]);
/** The largest number of a packet's field, extensions included. */
const FIELD_MAX = 2000;
/** Packets that are looked at. */
const ENOUGH = 8;

/** 1 where the head holds whole packets and nothing else; less where the first of them is longer than it. */
export function sniffPackets(head: Uint8Array): number {
  const reader = new WireReader(head);
  let whole = 0;
  for (let at = 0; at < head.length && whole < ENOUGH; whole++) {
    reader.reset(head, at, head.length);
    const size = packetSize(reader);
    if (size < 0) return whole > 1 ? 0.9 : 0;
    const isCut = at + size > head.length;
    const known = knownFields(head, reader.at, Math.min(head.length, at + size), isCut);
    if (known < 0) return whole > 1 ? 0.9 : 0;
    if (isCut) return known > 0 || whole > 0 ? 0.9 : 0;
    // An empty packet, or one of fields that nobody knows, may be anything.
    if (known === 0 && whole === 0) return 0;
    at += size;
  }
  return whole > 0 ? 1 : 0;
}

/** How many of a packet's fields are known; -1 where it is no packet. */
function knownFields(bytes: Uint8Array, from: number, to: number, isCut: boolean): number {
  const reader = new WireReader(bytes, from, to);
  let known = 0;
  while (reader.next()) {
    const type = TYPES.get(reader.field);
    if (reader.field > FIELD_MAX || (type !== undefined && type !== reader.type)) return -1;
    if (reader.type === FIXED32 || reader.type === FIXED64) return -1;
    if (type !== undefined) known++;
  }
  if (!reader.isDamaged) return known;
  return isCut ? known + cutField(bytes, reader.fieldAt, to) : -1;
}

/** 1 where a packet that the head ends in has a known field there, which holds fields itself. */
function cutField(bytes: Uint8Array, from: number, to: number): number {
  const tag = new WireReader(bytes, from, to);
  if (!tag.varint()) return 0;
  const number = Math.floor(tag.number / 8);
  if (tag.number % 8 !== BYTES || TYPES.get(number) !== BYTES || !tag.varint()) return 0;
  const inner = new WireReader(bytes, tag.at, to);
  let fields = 0;
  while (fields < ENOUGH && inner.next() && inner.field <= FIELD_MAX) fields++;
  return fields > 0 ? 1 : 0;
}

/** Bytes of the packet that a reader stands before, its head included; -1 where none begins. */
export function packetSize(reader: WireReader): number {
  const from = reader.at;
  if (!reader.varint() || reader.number !== TRACE_PACKET * 8 + BYTES || !reader.varint()) return -1;
  return reader.at - from + reader.number;
}

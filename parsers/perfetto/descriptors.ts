/** What a trace says itself of its events' fields. */
import { BYTES, VARINT, type WireReader } from '../base/protobuf.js';
import type { DescribedField, Descriptor } from './bundles.js';
import { DESCRIPTOR, FIELD, MESSAGE } from './protos.js';

/** More than any kernel has events. */
const DESCRIPTORS_MAX = 1 << 17;
/** Fields of an event that are read: Perfetto itself takes 31. */
export const FIELDS_MAX = 512;

export class Descriptors {
  /** By sequence and number. */
  private readonly own = new Map<number, Map<number, Descriptor>>();
  private readonly first = new Map<number, Descriptor>();
  private count = 0;

  add(reader: WireReader, sequence: number): void {
    let id = 0;
    let group: WireReader | undefined;
    let message: WireReader | undefined;
    while (reader.next()) {
      if (reader.field === DESCRIPTOR.id && reader.type === VARINT) id = reader.number;
      else if (reader.field === DESCRIPTOR.group && reader.type === BYTES) group = reader.copy();
      else if (reader.field === DESCRIPTOR.message && reader.type === BYTES) message = reader.message();
    }
    if (!message || this.count >= DESCRIPTORS_MAX) return;
    const known = this.own.get(sequence) ?? new Map<number, Descriptor>();
    this.own.set(sequence, known);
    if (known.has(id)) return;
    this.count++;
    const descriptor = readMessage(message, group?.text ?? '');
    known.set(id, descriptor);
    if (!this.first.has(id)) this.first.set(id, descriptor);
  }

  /** Another sequence's where its own says nothing: the service writes each once. */
  find(sequence: number, id: number): Descriptor | undefined {
    return this.own.get(sequence)?.get(id) ?? this.first.get(id);
  }

  /** True where sequences mean different events by one number. */
  get differ(): boolean {
    for (const known of this.own.values())
      for (const [id, { key }] of known) if (this.first.get(id)!.key !== key) return true;
    return false;
  }
}

function readMessage(reader: WireReader, group: string): Descriptor {
  const fields: DescribedField[] = [];
  let name = '';
  while (reader.next()) {
    if (reader.type !== BYTES) continue;
    if (reader.field === MESSAGE.name) name = reader.text;
    else if (reader.field === MESSAGE.field && fields.length < FIELDS_MAX)
      fields.push(readField(reader.message()));
  }
  return { name, group, fields, key: JSON.stringify([name, group, fields]) };
}

function readField(reader: WireReader): DescribedField {
  let name = '';
  let number = 0;
  let type = 0;
  while (reader.next()) {
    if (reader.field === FIELD.name && reader.type === BYTES) name = reader.text;
    else if (reader.field === FIELD.number && reader.type === VARINT) number = reader.number;
    else if (reader.field === FIELD.type && reader.type === VARINT) type = reader.number;
  }
  return { name, number, type };
}

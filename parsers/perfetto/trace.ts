/** A Perfetto trace that was read: its table, and its rows' fields on demand. */
import { assert } from '../base/assert.js';
import { BYTES, VARINT, WireReader } from '../base/protobuf.js';
import { firstIndex } from '../base/search.js';
import type { EventTable } from '../events/table.js';
import type { EventPart, EventText, OpenTrace } from '../reader.js';
import { CompactReader, SWITCHES, WAKINGS } from './compact.js';
import type { Content } from './content.js';
import type { CpuBundles } from './bundles.js';
import type { FieldForm, PlanBook } from './plans.js';
import { GENERIC, GENERIC_EVENT, GENERIC_FIELD, KPROBE, KPROBE_EVENT, LAST_FIELD } from './protos.js';
import { bytesHex } from '../base/bytes.js';

type Field = EventText['fields'][number];

/** A bundle, and what of it was read last. */
interface Opened {
  readonly bundles: CpuBundles;
  readonly index: number;
  readonly bytes: Uint8Array;
  /** Fields of its compact events, by the place of their time. */
  compact: Map<number, readonly Field[]> | undefined;
}

const KPROBE_TYPES = ['unknown', 'begin', 'end', 'instant'];

export class PerfettoTrace implements OpenTrace {
  /** Places of all bundles in ascending order, and whose they are. */
  private places: { readonly at: number; readonly bundles: CpuBundles; readonly index: number }[] | undefined;
  private opened: Opened | undefined;

  constructor(
    readonly table: EventTable,
    private readonly cpus: readonly CpuBundles[],
    private readonly plans: PlanBook,
    private readonly content: Content,
  ) {}

  /** Decodes one row again. Asserts that the row exists. */
  describe(row: number, part?: EventPart): EventText {
    assert(row >= 0 && row < this.table.length, `row ${row} of ${this.table.length}`);
    const name = this.table.name(row);
    const fields = this.fieldsAt(this.table.at(row));
    if (!fields) return { name, fields: [], text: '(the event could not be read again)' };
    const text = part === 'fields' ? '' : fields.map((field) => `${field.name}=${field.value}`).join(' ');
    return { name, fields: part === 'text' ? [] : fields, text };
  }

  private fieldsAt(at: number): readonly Field[] | undefined {
    const opened = this.open(at);
    if (!opened) return undefined;
    const { bundles, index, bytes } = opened;
    const from = bundles.compactAt[index]!;
    const size = bundles.compactSize[index]!;
    if (size > 0 && at >= from && at < from + size) return this.compact(opened).get(at);
    const reader = new WireReader(bytes, at - bundles.at[index]!);
    if (!reader.next() || reader.type !== BYTES) return undefined;
    return this.event(reader.message(), bundles.sequence, at);
  }

  private event(event: WireReader, sequence: number, at: number): readonly Field[] | undefined {
    while (event.next()) {
      if (event.type !== BYTES) continue;
      if (event.field === GENERIC_EVENT) return namedFields(event.message());
      if (event.field === KPROBE_EVENT) return kprobeFields(event.message());
      const plan = this.plans.plan(sequence, event.field, at);
      const fields: Field[] = [];
      const reader = event.message();
      while (reader.next()) {
        const known = plan.fields.get(reader.field);
        if (plan.isPrinted && reader.field === LAST_FIELD) continue;
        // What an export has is printed as it was there.
        const isDecimal = plan.isPrinted && reader.type === VARINT && known?.form === 'unsigned';
        const value = isDecimal ? String(reader.unsigned) : printed(reader, known?.form);
        fields.push({ name: known?.name ?? `field-${reader.field}`, value });
      }
      return fields;
    }
    return undefined;
  }

  private compact(opened: Opened): ReadonlyMap<number, readonly Field[]> {
    if (opened.compact) return opened.compact;
    const { bundles, index, bytes } = opened;
    const base = bundles.compactAt[index]!;
    const from = base - bundles.at[index]!;
    const part = bytes.subarray(from, from + bundles.compactSize[index]!);
    const fields = new Map<number, readonly Field[]>();
    for (const columns of [SWITCHES, WAKINGS]) {
      const reader = new CompactReader(columns);
      reader.open(part);
      while (reader.next()) {
        const comm = new TextDecoder().decode(part.subarray(reader.commStart, reader.commEnd));
        fields.set(base + reader.at, [
          { name: columns.commName, value: comm },
          { name: columns.tidName, value: String(reader.tid) },
          ...columns.others.map(({ name }, i) => ({ name, value: String(reader.others[i]) })),
        ]);
      }
    }
    opened.compact = fields;
    return fields;
  }

  /** The bundle that a place is in. */
  private open(at: number): Opened | undefined {
    const { opened } = this;
    const isIn = (bundles: CpuBundles, index: number): boolean =>
      at >= bundles.at[index]! && at < bundles.at[index]! + bundles.size[index]!;
    if (opened && isIn(opened.bundles, opened.index)) return opened;
    this.places ??= this.cpus
      .flatMap((bundles) => bundles.at.map((place, index) => ({ at: place, bundles, index })))
      .sort((a, b) => a.at - b.at);
    const after = firstIndex(this.places.length, (i) => this.places![i]!.at > at);
    const place = this.places[after - 1];
    if (!place || !isIn(place.bundles, place.index)) return undefined;
    const { bundles, index } = place;
    const bytes = this.content.read(place.at, bundles.size[index]!).slice();
    if (bytes.length < bundles.size[index]!) return undefined;
    this.opened = { bundles, index, bytes, compact: undefined };
    return this.opened;
  }
}

/** A field's value as it is written, by its form; a number of one that nobody describes. */
function printed(reader: WireReader, form: FieldForm | undefined): string {
  if (reader.type === BYTES) return form === 'text' ? reader.text : bytesText(reader.blob);
  const value = reader.unsigned;
  if (form === 'zigzag') return String((value >> 1n) ^ -(value & 1n));
  return form === 'signed' ? String(BigInt.asIntN(64, value)) : unsigned(value);
}

/** What has its highest bit set is an address of the kernel, or a mask. */
function unsigned(value: bigint): string {
  return value >> 63n === 0n ? String(value) : `0x${value.toString(16)}`;
}

function bytesText(bytes: Uint8Array): string {
  return `ARRAY[${bytesHex(bytes, ', ')}]`;
}

function namedFields(event: WireReader): readonly Field[] {
  const fields: Field[] = [];
  while (event.next()) {
    if (event.field !== GENERIC.field || event.type !== BYTES) continue;
    const reader = event.message();
    let name = '';
    let value = '';
    while (reader.next()) {
      if (reader.field === GENERIC_FIELD.name && reader.type === BYTES) name = reader.text;
      else if (reader.field === GENERIC_FIELD.text && reader.type === BYTES) value = reader.text;
      else if (reader.field === GENERIC_FIELD.int && reader.type === VARINT) value = String(reader.signed);
      else if (reader.field === GENERIC_FIELD.uint && reader.type === VARINT)
        value = unsigned(reader.unsigned);
    }
    fields.push({ name, value });
  }
  return fields;
}

function kprobeFields(event: WireReader): readonly Field[] {
  const fields: Field[] = [];
  while (event.next()) {
    if (event.field === KPROBE.name && event.type === BYTES) fields.push({ name: 'name', value: event.text });
    else if (event.field === KPROBE.type && event.type === VARINT)
      fields.push({ name: 'type', value: KPROBE_TYPES[event.number] ?? String(event.number) });
  }
  return fields;
}

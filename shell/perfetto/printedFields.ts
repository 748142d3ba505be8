/** All that a trace prints of its events, for a file that is to be opened elsewhere. */
import type { EventTable } from '../../parsers/events/table.js';
import type { Segment } from '../../parsers/events/segment.js';
import { lineOf } from '../../model/tables/owners.js';
import { ShapeList, spareCpu, withoutNul, type FieldSource, type Shape, type ShapeField } from './ftrace.js';
import { FIELD_TYPE, FIRST_EVENT_ID, LAST_EVENT_ID, LAST_FIELD } from '../../parsers/perfetto/protos.js';
import { OwnRowsWriter } from './ownRows.js';
import type { Wire } from './wire.js';

/** A field of an event as its trace prints it. */
export interface Printed {
  readonly name: string;
  readonly value: string;
}

/** Leads from a row back to the source, and spares an event from having no field: it would show another's. */
const LINE: ShapeField = { name: 'line', number: LAST_FIELD, type: FIELD_TYPE.int64 };
/** Fields with numbers of their own; what is more is in the last of them, as text. */
const FIELDS_MAX = LAST_FIELD - 1;
/** Shapes that leave room for one more. */
const SHAPES_MAX = LAST_EVENT_ID - FIRST_EVENT_ID - 1;
const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);
const UINT64_MAX = 2n ** 64n - 1n;
const NUMBER_LENGTH_MAX = 20;
/** The processor draws slices and counters of fields that are called so. */
const MEANS_SOMETHING = /^(?:track_event_type|slice_name|track_name|counter_value|scope_)/;

interface Value {
  readonly field: ShapeField;
  readonly value: bigint | string;
}

export class PrintedFields implements FieldSource {
  private readonly shapes = new ShapeList();
  readonly beside: OwnRowsWriter;
  private values: (readonly Value[])[] = [];

  constructor(
    private readonly table: EventTable,
    private readonly fieldsOf: (row: number) => readonly Printed[],
  ) {
    this.beside = new OwnRowsWriter(table, spareCpu(table));
  }

  begin(): void {
    this.values = [];
  }

  shapeOf(segment: Segment, i: number, row: number): Shape {
    const name = this.table.names.text(segment.name[i]!);
    const printed = this.fieldsOf(row);
    const [shownName, values] =
      this.shapes.size < SHAPES_MAX
        ? [name, valuesOf(printed)]
        : ['shimtrace:event', valuesOf([{ name: 'event', value: `${name}: ${joined(printed)}` }])];
    this.values.push(values);
    return this.shapes.of(shownName, [...values.map(({ field }) => field), LINE]);
  }

  write(wire: Wire, _shape: Shape, segment: Segment, i: number, row: number, at: number): void {
    for (const { field, value } of this.values[at]!) {
      if (typeof value === 'string') wire.text(field.number, value);
      else wire.uint64(field.number, Number(value & 0xffff_ffffn), Number((value >> 32n) & 0xffff_ffffn));
    }
    wire.uint(LINE.number, lineOf(segment, i, row));
  }
}

function joined(printed: readonly Printed[]): string {
  return printed.map(({ name, value }) => `${name}=${value}`).join(', ');
}

function valuesOf(printed: readonly Printed[]): readonly Value[] {
  const names = new Set([LINE.name]);
  const kept = printed.length <= FIELDS_MAX ? printed : printed.slice(0, FIELDS_MAX - 1);
  const rest = printed.slice(kept.length);
  const all = rest.length === 0 ? kept : [...kept, { name: 'more', value: joined(rest) }];
  return all.map(({ name, value }, i): Value => {
    const typed = typedValue(value);
    return { field: { name: freeName(name, names), number: i + 1, type: typed.type }, value: typed.value };
  });
}

/** A name that no other field of the event has, and that means nothing to the processor. */
function freeName(name: string, taken: Set<string>): string {
  const base = withoutNul(MEANS_SOMETHING.test(name) ? `field_${name}` : name);
  let free = base;
  for (let n = 2; taken.has(free); n++) free = `${base}_${n}`;
  taken.add(free);
  return free;
}

/** Decimal numbers are numbers; what is printed otherwise stays as it is printed. */
function typedValue(text: string): { readonly type: number; readonly value: bigint | string } {
  if (text.length <= NUMBER_LENGTH_MAX && /^(?:0|-?[1-9]\d*)$/.test(text)) {
    const value = BigInt(text);
    if (value >= INT64_MIN && value <= INT64_MAX) return { type: FIELD_TYPE.int64, value };
    if (value > 0n && value <= UINT64_MAX) return { type: FIELD_TYPE.uint64, value };
  }
  return { type: FIELD_TYPE.string, value: withoutNul(text) };
}

/** The arguments of events as the table has them, for questions in SQL: quick, and all of them numbers. */
import { kindSlots } from '../../parsers/events/kinds.js';
import { UNKNOWN_CPU, type EventTable } from '../../parsers/events/table.js';
import type { Segment } from '../../parsers/events/segment.js';
import type { ArgColumns } from '../../model/tables/argColumns.js';
import { lineOf, VmOfEvents } from '../../model/tables/owners.js';
import { highWord, lowWord, READ_MASK } from '../../parsers/events/slots.js';
import type { Analysis } from '../../model/analysis.js';
import { ShapeList, threadsOf, type FieldSource, type Shape, type ShapeField } from './ftrace.js';
import { FIELD_TYPE } from '../../parsers/perfetto/protos.js';
import type { Wire } from './wire.js';

/** What of an event is no argument; names that no argument has. Arguments have the numbers below. */
export const OWN_FIELDS = {
  row: '~row',
  line: '~line',
  vm: '~vm',
  kind: '~kind',
  tgid: '~tgid',
  comm: '~comm',
  unknown: '~unknown',
};
const NUMBER = { row: 31, line: 30, vm: 29, kind: 28, tgid: 27, comm: 26, unknown: 25 } as const;
const FIRST_SLOT = 1;

/** Bits of `unknown`. */
export const UNKNOWN = { cpu: 1, tid: 2, comm: 4 } as const;
/** Bits of the fields that an event has besides the row. */
const HAS = { vm: 1, tgid: 2, comm: 4, unknown: 8, line: 16 } as const;
const MASK_RANGE = 1 << 16;

export class SlotFields implements FieldSource {
  private readonly shapes = new ShapeList();
  /** By id of the name: shapes by kind and what an event has. */
  private readonly known: Map<number, Shape>[] = [];
  private readonly vms: VmOfEvents;
  private readonly comms = new Map<number, number>();
  private vm = -1;
  private has: number[] = [];

  constructor(
    private readonly table: EventTable,
    analysis: Analysis,
    private readonly args: ArgColumns,
  ) {
    this.vms = new VmOfEvents(analysis);
    // The processor has a name of its own for the idle thread.
    for (const [tid, { comm }] of threadsOf(table)) if (tid > 0) this.comms.set(tid, comm);
  }

  begin(): void {
    this.has = [];
  }

  shapeOf(segment: Segment, i: number, row: number): Shape {
    const kind = segment.kind[i]!;
    const start = segment.payload[i]!;
    const mask = start === 0 ? 0 : segment.pool[start]! & READ_MASK;
    const has = this.whatHas(segment, i, row);
    this.has.push(has);
    this.known[segment.name[i]!] ??= new Map();
    const ofName = this.known[segment.name[i]!]!;
    const key = (kind * 32 + has) * MASK_RANGE + mask;
    let shape = ofName.get(key);
    if (!shape) {
      const name = this.table.names.text(segment.name[i]!);
      shape = this.shapes.of(name, [...this.slotFields(kind, mask), ...ownFields(has)]);
      ofName.set(key, shape);
    }
    return shape;
  }

  write(wire: Wire, _shape: Shape, segment: Segment, i: number, row: number, at: number): void {
    const start = segment.payload[i]!;
    if (start !== 0)
      for (let mask = segment.pool[start]! & READ_MASK; mask !== 0; mask &= mask - 1) {
        const slot = 31 - Math.clz32(mask & -mask);
        wire.uint64(FIRST_SLOT + slot, lowWord(segment, start, slot), highWord(segment, start, slot));
      }
    const has = this.has[at]!;
    if ((has & HAS.unknown) !== 0) wire.uint(NUMBER.unknown, this.unknown(segment, i));
    if ((has & HAS.comm) !== 0) wire.uint(NUMBER.comm, segment.comm[i]!);
    if ((has & HAS.tgid) !== 0) wire.uint(NUMBER.tgid, segment.tgid[i]!);
    wire.uint(NUMBER.kind, segment.kind[i]!);
    if ((has & HAS.vm) !== 0) wire.uint(NUMBER.vm, this.vms.of(segment, i, row));
    if ((has & HAS.line) !== 0) wire.uint(NUMBER.line, lineOf(segment, i, row));
    wire.uint(NUMBER.row, row);
  }

  private whatHas(segment: Segment, i: number, row: number): number {
    this.vm = this.vms.of(segment, i, row);
    let has = this.vm >= 0 ? HAS.vm : 0;
    if (segment.tgid[i]! >= 0) has |= HAS.tgid;
    if (this.unknown(segment, i) !== 0) has |= HAS.unknown;
    if (segment.comm[i] !== this.comms.get(segment.tid[i]!)) has |= HAS.comm;
    return segment.lineOf(i) > 0 ? has | HAS.line : has;
  }

  private unknown(segment: Segment, i: number): number {
    const cpu = segment.cpu[i] === UNKNOWN_CPU ? UNKNOWN.cpu : 0;
    return cpu | (segment.tid[i]! < 0 ? UNKNOWN.tid : 0);
  }

  private slotFields(kind: number, mask: number): readonly ShapeField[] {
    const columns = this.args.ofKind[kind] ?? [];
    return kindSlots(kind).flatMap((_, slot): ShapeField[] => {
      const column = columns[slot];
      if ((mask & (1 << slot)) === 0 || column === undefined) return [];
      return [{ name: this.args.specs[column]!.name, number: FIRST_SLOT + slot, type: FIELD_TYPE.int64 }];
    });
  }
}

function ownFields(has: number): readonly ShapeField[] {
  const field = (name: keyof typeof NUMBER): ShapeField => {
    return { name: OWN_FIELDS[name], number: NUMBER[name], type: FIELD_TYPE.int64 };
  };
  const some = (['unknown', 'comm', 'tgid', 'vm', 'line'] as const).filter((name) => (has & HAS[name]) !== 0);
  return [...some.map(field), field('kind'), field('row')];
}

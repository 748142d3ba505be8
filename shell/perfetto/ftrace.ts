/**
 * The events of a trace as Perfetto's: threads first, then bundles of events of one CPU. Every event is of a
 * kind that the trace describes itself, so that any event of any kernel arrives with all its fields.
 */
import { UNKNOWN_CPU, type EventTable } from '../../parsers/events/table.js';
import { SEGMENT_SHIFT, type Segment } from '../../parsers/events/segment.js';
import { TWO_32 } from '../../parsers/base/words.js';
import {
  BUNDLE,
  DESCRIPTOR,
  FIELD,
  FIRST_EVENT_ID,
  FTRACE,
  MESSAGE,
  PACKET,
  PROCESS,
  THREAD,
  TRACE_PACKET,
  TREE,
} from '../../parsers/perfetto/protos.js';
import { Wire } from './wire.js';

/** What an event of one shape holds. */
export interface Shape {
  /** Its field within FtraceEvent. */
  readonly id: number;
  readonly name: string;
  readonly fields: readonly ShapeField[];
}

export interface ShapeField {
  readonly name: string;
  readonly number: number;
  /** As in FIELD_TYPE. */
  readonly type: number;
}

/** Which fields events have: of the rows of a chunk first {@link shapeOf} is asked, then they are written. */
export interface FieldSource {
  /** What the file is to have besides, before all events and before each run of rows. */
  readonly beside?: {
    facts(wire: Wire): void;
    rows(wire: Wire, segment: Segment, from: number, until: number): void;
  };
  /** Called before the rows of a chunk. */
  begin(): void;
  shapeOf(segment: Segment, i: number, row: number): Shape;
  /** Writes the fields of a row; `at` counts the rows of the chunk that were asked for a shape. */
  write(wire: Wire, shape: Shape, segment: Segment, i: number, row: number, at: number): void;
}

/** Rows of a chunk: a packet for each CPU is made of them. */
const CHUNK_ROWS = 1 << 14;

/** Packets of all events, or of those in a part, each piece valid until the next is asked for. */
export function* ftracePackets(
  table: EventTable,
  source: FieldSource,
  isIn?: (row: number) => boolean,
): Generator<Uint8Array> {
  const wire = new Wire();
  source.beside?.facts(wire);
  processTree(wire, table);
  yield wire.take();
  const known = new Set<number>();
  for (let s = 0; s < table.segments.length; s++) {
    const segment = table.segments[s]!;
    for (let from = 0; from < segment.length; from += CHUNK_ROWS) {
      const until = Math.min(segment.length, from + CHUNK_ROWS);
      source.beside?.rows(wire, segment, from, until);
      chunk(wire, table, source, known, s, rowsWithin(s << SEGMENT_SHIFT, from, until, isIn));
      yield wire.take();
    }
  }
}

/** Indexes [from, until) of a segment, without those that are not in the part. */
function rowsWithin(
  row0: number,
  from: number,
  until: number,
  isIn: ((row: number) => boolean) | undefined,
): readonly number[] {
  const rows: number[] = [];
  for (let i = from; i < until; i++) if (!isIn || isIn(row0 + i)) rows.push(i);
  return rows;
}

/** The CPU that events go to whose own is not known: one more than there are. */
export function spareCpu(table: EventTable): number {
  let most = -1;
  for (const { cpu, length } of table.segments)
    for (let i = 0; i < length; i++) if (cpu[i] !== UNKNOWN_CPU) most = Math.max(most, cpu[i]!);
  return most + 1;
}

function chunk(
  wire: Wire,
  table: EventTable,
  source: FieldSource,
  known: Set<number>,
  s: number,
  /** Indexes within the segment. */
  rows: readonly number[],
): void {
  const segment = table.segments[s]!;
  const row0 = s << SEGMENT_SHIFT;
  source.begin();
  const shapes: Shape[] = [];
  const cpus = new Map<number, number[]>();
  for (let at = 0; at < rows.length; at++) {
    const i = rows[at]!;
    shapes.push(source.shapeOf(segment, i, row0 + i));
    const cpu = segment.cpu[i]!;
    const list = cpus.get(cpu);
    if (list) list.push(at);
    else cpus.set(cpu, [at]);
  }
  describe(wire, new Set(shapes), known);
  const t0 = startOf(table);
  for (const [cpu, list] of cpus) {
    const packet = wire.begin(TRACE_PACKET);
    const bundle = wire.begin(PACKET.ftraceEvents);
    wire.uint(BUNDLE.cpu, cpu === UNKNOWN_CPU ? spareCpu(table) : cpu);
    for (const at of list) {
      const i = rows[at]!;
      const shape = shapes[at]!;
      const event = wire.begin(BUNDLE.event);
      putTime(wire, t0, segment.ts[i]!);
      wire.uint(FTRACE.pid, Math.max(0, segment.tid[i]!));
      const payload = wire.begin(shape.id);
      source.write(wire, shape, segment, i, row0 + i, at);
      wire.end(payload);
      wire.end(event);
    }
    wire.end(bundle);
    wire.end(packet);
  }
}

/** The absolute time of ts 0 as two words. */
interface Start {
  readonly low: number;
  readonly high: number;
}

function startOf({ meta: { t0 } }: EventTable): Start {
  return { low: Number(t0 & 0xffff_ffffn), high: Number(BigInt.asIntN(32, t0 >> 32n)) };
}

function putTime(wire: Wire, start: Start, ts: number): void {
  const sum = start.low + ts;
  const carry = Math.floor(sum / TWO_32);
  wire.uint64(FTRACE.timestamp, sum - carry * TWO_32, start.high + carry);
}

/** A packet that says what events of new shapes hold. */
function describe(wire: Wire, shapes: ReadonlySet<Shape>, known: Set<number>): void {
  const fresh = [...shapes].filter(({ id }) => !known.has(id));
  if (fresh.length === 0) return;
  const packet = wire.begin(TRACE_PACKET);
  const bundle = wire.begin(PACKET.ftraceEvents);
  wire.uint(BUNDLE.cpu, 0);
  for (const shape of fresh) {
    known.add(shape.id);
    const descriptor = wire.begin(BUNDLE.descriptor);
    wire.uint(DESCRIPTOR.id, shape.id);
    const message = wire.begin(DESCRIPTOR.message);
    wire.text(MESSAGE.name, shape.name);
    for (const { name, number, type } of shape.fields) {
      const field = wire.begin(MESSAGE.field);
      wire.text(FIELD.name, name);
      wire.uint(FIELD.number, number);
      wire.uint(FIELD.type, type);
      wire.end(field);
    }
    wire.end(message);
    const system = shape.name.indexOf(':');
    if (system > 0) wire.text(DESCRIPTOR.group, shape.name.slice(0, system));
    wire.end(descriptor);
  }
  wire.end(bundle);
  wire.end(packet);
}

/** A thread, by the last that the trace says of it. */
export interface ThreadInfo {
  readonly comm: number;
  /** -1 where no event says it. */
  readonly tgid: number;
}

/** Threads by their ids. */
export function threadsOf(table: EventTable): ReadonlyMap<number, ThreadInfo> {
  const threads = new Map<number, { comm: number; tgid: number }>();
  for (const { tid, tgid, comm, length } of table.segments)
    for (let i = 0; i < length; i++) {
      const id = tid[i]!;
      if (id < 0) continue;
      const known = threads.get(id);
      if (!known) {
        threads.set(id, { comm: comm[i]!, tgid: tgid[i]! });
        continue;
      }
      known.comm = comm[i]!;
      if (tgid[i]! >= 0) known.tgid = tgid[i]!;
    }
  return threads;
}

/** Threads of which no group is known hang under none: a guess would be a process that there is not. */
function processTree(wire: Wire, table: EventTable): void {
  const threads = threadsOf(table);
  const packet = wire.begin(TRACE_PACKET);
  const tree = wire.begin(PACKET.processTree);
  const groups = new Set([...threads.values()].map(({ tgid }) => tgid).filter((tgid) => tgid > 0));
  for (const pid of groups) {
    const process = wire.begin(TREE.process);
    wire.uint(PROCESS.pid, pid);
    const leader = threads.get(pid);
    if (leader) wire.text(PROCESS.cmdline, table.comms.text(leader.comm));
    if (leader) wire.uint(PROCESS.isComm, 1);
    wire.end(process);
  }
  for (const [tid, { comm, tgid }] of threads) {
    if (tid === 0) continue;
    const thread = wire.begin(TREE.thread);
    wire.uint(THREAD.tid, tid);
    wire.text(THREAD.name, table.comms.text(comm));
    if (tgid > 0) wire.uint(THREAD.tgid, tgid);
    wire.end(thread);
  }
  wire.end(tree);
  wire.end(packet);
}

/** Shapes by a text that holds all of them; each is made once. */
export class ShapeList {
  private readonly shapes = new Map<string, Shape>();

  get size(): number {
    return this.shapes.size;
  }

  of(name: string, fields: readonly ShapeField[]): Shape {
    const key = JSON.stringify([name, fields.map(({ name: field, number, type }) => [field, number, type])]);
    let shape = this.shapes.get(key);
    if (!shape) {
      shape = { id: FIRST_EVENT_ID + this.shapes.size, name: withoutNul(name), fields };
      this.shapes.set(key, shape);
    }
    return shape;
  }
}

/** The processor ends a text at its first NUL. */
export function withoutNul(text: string): string {
  return text.replaceAll('\0', '\\x00');
}

/** Writes traces as Perfetto does: packets, bundles of events by CPU, and what is known of both. */
import zlib from 'node:zlib';
import { kindName, kindSlots } from '../../parsers/events/kinds.js';
import { resolveProbe, resolveTracepoint, type Resolved } from '../../parsers/events/resolve.js';
import type { EventTable } from '../../parsers/events/table.js';
import { VOCABULARY } from '../../parsers/events/vocabulary.js';
import {
  BUNDLE,
  CLOCK,
  COMPACT,
  DESCRIPTOR,
  FIELD,
  FIELD_TYPE,
  FIRST_EVENT_ID,
  FTRACE,
  GENERIC,
  GENERIC_EVENT,
  GENERIC_FIELD,
  MESSAGE,
  PACKET,
  PROCESS,
  SNAPSHOT,
  THREAD,
  TRACE_PACKET,
  TREE,
} from '../../parsers/perfetto/protos.js';
import { Wire } from '../../shell/perfetto/wire.js';

/** An event as it is written: its field in FtraceEvent, and what writes its own fields. */
export interface WrittenEvent {
  readonly ts: bigint;
  readonly pid: number;
  readonly id: number;
  readonly fields: (wire: Wire) => void;
}

export interface Described {
  readonly id: number;
  readonly name: string;
  readonly group?: string;
  /** Names and types of the fields, numbered from 1. */
  readonly fields: readonly (readonly [name: string, type: number])[];
}

export interface BundleOptions {
  readonly lost?: boolean;
  readonly clock?: number;
  readonly ftraceTime?: bigint;
  readonly bootTime?: bigint;
  readonly previousEnd?: bigint;
  readonly described?: readonly Described[];
  /** What else is in the bundle. */
  readonly more?: (wire: Wire) => void;
}

export interface PacketOptions {
  readonly sequence?: number;
  readonly isDropped?: boolean;
  readonly isFirst?: boolean;
  readonly machine?: number;
}

export class PerfettoWriter {
  private readonly wire = new Wire();

  /** A packet with what `fill` writes, and whose it is behind that. */
  packet(fill: (wire: Wire) => void, options: PacketOptions = {}): this {
    const { wire } = this;
    const packet = wire.begin(TRACE_PACKET);
    fill(wire);
    wire.uint(PACKET.sequenceId, options.sequence ?? 1);
    if (options.isDropped) wire.uint(PACKET.previousPacketDropped, 1);
    if (options.isFirst) wire.uint(PACKET.firstOnSequence, 1);
    if (options.machine !== undefined) wire.uint(PACKET.machineId, options.machine);
    wire.end(packet);
    return this;
  }

  bundle(
    cpu: number,
    events: readonly WrittenEvent[],
    options: BundleOptions = {},
    packet: PacketOptions = {},
  ): this {
    return this.packet((wire) => writeBundle(wire, cpu, events, options), packet);
  }

  /** Processes, and threads with their groups. */
  tree(threads: readonly { readonly tid: number; readonly tgid: number; readonly name: string }[]): this {
    return this.packet((wire) => {
      const tree = wire.begin(PACKET.processTree);
      for (const { tid, tgid, name } of threads) {
        const isProcess = tid === tgid;
        const entry = wire.begin(isProcess ? TREE.process : TREE.thread);
        if (isProcess) {
          wire.uint(PROCESS.pid, tid);
          wire.text(PROCESS.cmdline, name);
          wire.uint(PROCESS.isComm, 1);
        } else {
          wire.uint(THREAD.tid, tid);
          wire.text(THREAD.name, name);
          wire.uint(THREAD.tgid, tgid);
        }
        wire.end(entry);
      }
      wire.end(tree);
    });
  }

  /** What clocks say at one instant, by their ids. */
  clocks(times: Readonly<Record<number, bigint>>): this {
    return this.packet((wire) => {
      const all = wire.begin(PACKET.clockSnapshot);
      for (const [id, time] of Object.entries(times)) {
        const clock = wire.begin(SNAPSHOT.clock);
        wire.uint(CLOCK.id, Number(id));
        uint64(wire, CLOCK.timestamp, time);
        wire.end(clock);
      }
      wire.end(all);
    });
  }

  bytes(): Uint8Array {
    return this.wire.take().slice();
  }
}

function writeBundle(wire: Wire, cpu: number, events: readonly WrittenEvent[], options: BundleOptions): void {
  const bundle = wire.begin(PACKET.ftraceEvents);
  wire.uint(BUNDLE.cpu, cpu);
  for (const described of options.described ?? []) writeDescriptor(wire, described);
  for (const { ts, pid, id, fields } of events) {
    const event = wire.begin(BUNDLE.event);
    uint64(wire, FTRACE.timestamp, ts);
    wire.uint(FTRACE.pid, pid);
    const payload = wire.begin(id);
    fields(wire);
    wire.end(payload);
    wire.end(event);
  }
  if (options.lost) wire.uint(BUNDLE.lostEvents, 1);
  if (options.clock !== undefined) wire.uint(BUNDLE.ftraceClock, options.clock);
  if (options.ftraceTime !== undefined) uint64(wire, BUNDLE.ftraceTime, options.ftraceTime);
  if (options.bootTime !== undefined) uint64(wire, BUNDLE.bootTime, options.bootTime);
  if (options.previousEnd !== undefined) uint64(wire, BUNDLE.previousEnd, options.previousEnd);
  options.more?.(wire);
  wire.end(bundle);
}

function writeDescriptor(wire: Wire, { id, name, group, fields }: Described): void {
  const descriptor = wire.begin(BUNDLE.descriptor);
  wire.uint(DESCRIPTOR.id, id);
  if (group !== undefined) wire.text(DESCRIPTOR.group, group);
  const message = wire.begin(DESCRIPTOR.message);
  wire.text(MESSAGE.name, name);
  fields.forEach(([fieldName, type], i) => {
    const field = wire.begin(MESSAGE.field);
    wire.text(FIELD.name, fieldName);
    wire.uint(FIELD.number, i + 1);
    wire.uint(FIELD.type, type);
    wire.end(field);
  });
  wire.end(message);
  wire.end(descriptor);
}

export function uint64(wire: Wire, field: number, value: bigint): void {
  const bits = BigInt.asUintN(64, value);
  wire.uint64(field, Number(bits & 0xffff_ffffn), Number(bits >> 32n));
}

/** Values as one packed field. */
export function packed(values: readonly bigint[]): Uint8Array {
  const bytes = values.flatMap((value) => {
    const out: number[] = [];
    let rest = BigInt.asUintN(64, value);
    for (; rest > 127n; rest >>= 7n) out.push(Number(rest & 127n) | 128);
    return [...out, Number(rest)];
  });
  return Uint8Array.from(bytes);
}

export interface Switch {
  readonly ts: bigint;
  readonly prevState: bigint;
  readonly pid: number;
  readonly prio: number;
  readonly comm: string;
}

/** Switches in the compact form. */
export function compactSwitches(switches: readonly Switch[]): (wire: Wire) => void {
  return (wire) => {
    const compact = wire.begin(BUNDLE.compactSched);
    const names = [...new Set(switches.map(({ comm }) => comm))];
    for (const name of names) wire.text(COMPACT.names, name);
    const column = (field: number, values: readonly bigint[]): void => wire.blob(field, packed(values));
    column(
      COMPACT.switchTime,
      switches.map(({ ts }, i) => ts - (switches[i - 1]?.ts ?? 0n)),
    );
    column(
      COMPACT.switchPrevState,
      switches.map(({ prevState }) => prevState),
    );
    column(
      COMPACT.switchNextPid,
      switches.map(({ pid }) => BigInt(pid)),
    );
    column(
      COMPACT.switchNextPrio,
      switches.map(({ prio }) => BigInt(prio)),
    );
    column(
      COMPACT.switchNextName,
      switches.map(({ comm }) => BigInt(names.indexOf(comm))),
    );
    wire.end(compact);
  };
}

/** An event that says its name and those of its fields. */
export function generic(
  ts: bigint,
  pid: number,
  name: string,
  fields: Readonly<Record<string, bigint | string>>,
): WrittenEvent {
  return {
    ts,
    pid,
    id: GENERIC_EVENT,
    fields: (wire) => {
      wire.text(GENERIC.name, name);
      for (const [field, value] of Object.entries(fields)) {
        const mark = wire.begin(GENERIC.field);
        wire.text(GENERIC_FIELD.name, field);
        if (typeof value === 'string') wire.text(GENERIC_FIELD.text, value);
        else uint64(wire, GENERIC_FIELD.uint, value);
        wire.end(mark);
      }
    },
  };
}

/** Where a kernel's text lies. */
const SOME_FUNCTION = 0xffffffff81000000n;

/** How a row is recorded by a kernel of which no symbols are known. */
interface Shape {
  readonly name: string;
  readonly group: string;
  /** Fields before the arguments: a probe's place. */
  readonly place: readonly string[];
}

function shapeOf(printed: string, kind: number): Shape {
  const colon = printed.indexOf(':');
  const name = printed.slice(colon + 1);
  const group = colon < 0 ? '' : printed.slice(0, colon);
  const isOf = (resolved: Resolved | undefined): boolean => resolved?.kind === kind;
  const meanings = VOCABULARY.filter((meaning) => meaning.kind === kindName(kind));
  if (meanings.length === 0) return { name, group, place: [] };
  const tracepoint = meanings
    .flatMap(({ tracepoints = [] }) => tracepoints)
    .find((full) => full.endsWith(`:${name}`));
  if (tracepoint !== undefined && isOf(resolveTracepoint('', name)))
    return { name, group: tracepoint.slice(0, tracepoint.indexOf(':')), place: [] };
  for (const isReturn of [false, true]) {
    const names = [
      name,
      ...meanings.flatMap(({ names: own = [], entry = [], ret = [] }) => [
        ...own,
        ...(isReturn ? ret : entry),
      ]),
    ];
    const found = names.find((each) => isOf(resolveProbe(each, { symbol: '', offset: 0, isReturn })));
    if (found !== undefined)
      return {
        name: found,
        group: 'kprobes',
        place: isReturn ? ['__probe_func', '__probe_ret_ip'] : ['__probe_ip'],
      };
  }
  throw new Error(`no name tells ${kindName(kind)}`);
}

/** A small trace that has all of the forms in which events and losses are told. */
export function everyForm(): Uint8Array {
  const odd: Described = {
    id: FIRST_EVENT_ID,
    name: 'odd',
    group: 'sys',
    fields: [
      ['a', FIELD_TYPE.int64],
      ['b', FIELD_TYPE.sint32],
      ['c', FIELD_TYPE.string],
    ],
  };
  const described = (ts: bigint): WrittenEvent => ({
    ts,
    pid: 7,
    id: odd.id,
    fields: (wire) => {
      uint64(wire, 1, -5n);
      wire.uint(2, 9);
      wire.text(3, 'x y');
    },
  });
  const probe = (ts: bigint): WrittenEvent =>
    generic(ts, 8, 'kvm_gmem_get_pfn', { __probe_ip: SOME_FUNCTION, kvm: 1n, gfn: ts });
  const switches = [5, 6, 7].map((pid, i): Switch => {
    return { ts: BigInt(10 + 20 * i), prevState: 1n, pid, prio: 120, comm: `task ${pid}` };
  });
  const inner = new PerfettoWriter()
    .bundle(0, [probe(11n), described(31n)], { described: [odd], more: compactSwitches(switches) })
    .bundle(1, [probe(12n)], { lost: true })
    .bytes();
  return new PerfettoWriter()
    .clocks({ 1: 1_000_000n, 6: 100n })
    .tree([
      { tid: 7, tgid: 7, name: 'qemu' },
      { tid: 8, tgid: 7, name: 'vcpu' },
    ])
    .bundle(0, [probe(1n), described(2n)], { described: [odd] }, { isFirst: true, isDropped: true })
    .packet((wire) => wire.blob(PACKET.compressed, zlib.deflateSync(inner)))
    .bundle(1, [probe(40n), probe(50n)], { previousEnd: 12n }, { isDropped: true })
    .bundle(0, [probe(60n)], {}, { machine: 3, sequence: 2 })
    .bytes();
}

export interface OfTable {
  /** Events say their names and those of their fields; else they are described once. */
  readonly isNamed?: boolean;
  /** Rows of a bundle. */
  readonly bundleRows?: number;
  readonly t0?: bigint;
  /** Each bundle says that events before it were lost. */
  readonly isLossy?: boolean;
}

/** The events of a table as Perfetto would have recorded them, with the arguments that the model knows. */
export function perfettoOf(table: EventTable, options: OfTable = {}): Uint8Array {
  const writer = new PerfettoWriter();
  const threads = new Map<number, { tid: number; tgid: number; name: string }>();
  for (let row = 0; row < table.length; row++) {
    const tid = table.tid(row);
    if (tid > 0) threads.set(tid, { tid, tgid: table.tgid(row), name: table.comm(row) });
  }
  writer.tree([...threads.values()]);
  const described = new Map<string, Described>();
  const rows = options.bundleRows ?? 400;
  for (let from = 0; from < table.length; from += rows) {
    const cpus = new Map<number, { events: WrittenEvent[]; described: Described[] }>();
    for (let row = from; row < Math.min(table.length, from + rows); row++) {
      const cpu = cpus.get(table.cpu(row)) ?? { events: [], described: [] };
      cpus.set(table.cpu(row), cpu);
      const shape = shapeOf(table.name(row), table.kind(row));
      const values: [string, bigint][] = [
        ...shape.place.map((name): [string, bigint] => [name, SOME_FUNCTION]),
        ...kindSlots(table.kind(row)).flatMap((slot, i): [string, bigint][] => {
          const value = table.big(row, i);
          return value === undefined ? [] : [[slot, value]];
        }),
      ];
      // The processor shows the fields of another event where one has none.
      if (values.length === 0) values.push(['unused', 1n]);
      const ts = (options.t0 ?? table.meta.t0) + BigInt(table.ts(row));
      const pid = Math.max(0, table.tid(row));
      if (options.isNamed) cpu.events.push(generic(ts, pid, shape.name, Object.fromEntries(values)));
      else {
        const key = JSON.stringify([shape.name, shape.group, values.map(([name]) => name)]);
        const known: Described = described.get(key) ?? {
          id: FIRST_EVENT_ID + described.size,
          name: shape.name,
          group: shape.group,
          fields: values.map(([name]) => [name, FIELD_TYPE.uint64]),
        };
        if (!described.has(key)) cpu.described.push(known);
        described.set(key, known);
        cpu.events.push({
          ts,
          pid,
          id: known.id,
          fields: (wire) => {
            for (const [i, [, value]] of values.entries()) uint64(wire, i + 1, value);
          },
        });
      }
    }
    for (const [cpu, list] of cpus)
      writer.bundle(cpu, list.events, { described: list.described, lost: options.isLossy === true });
  }
  return writer.bytes();
}

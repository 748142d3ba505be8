/** The table `events`. */
import { KIND_UNKNOWN, kindName } from '../../parsers/events/kinds.js';
import { UNKNOWN_CPU, type EventTable } from '../../parsers/events/table.js';
import { SEGMENT_SHIFT, type Segment } from '../../parsers/events/segment.js';
import { highWord, lowWord, READ_MASK } from '../../parsers/events/slots.js';
import type { TraceReport } from '../findings/report.js';
import { argColumns, type ArgColumns } from './argColumns.js';
import { Batch, type Column } from './batch.js';
import { TableClock } from './clock.js';
import { lineOf, VmOfEvents } from './owners.js';
import { TABLES } from './schema.js';

export function* eventRows({ table, analysis }: TraceReport, args = argColumns(table)): Generator<Batch> {
  const batch = new Batch([...TABLES.events.columns, ...args.specs]);
  const writer = new EventWriter(table, batch, args);
  const vms = new VmOfEvents(analysis);
  const vmColumn = batch.column('vm');
  for (let s = 0; s < table.segments.length; s++) {
    const segment = table.segments[s]!;
    for (let i = 0; i < segment.length; i++) {
      const row = (s << SEGMENT_SHIFT) + i;
      const at = batch.add();
      writer.put(segment, i, row, at);
      const vm = vms.of(segment, i, row);
      if (vm >= 0) vmColumn.text(at, analysis.vms[vm]!.label);
      if (!batch.isFull) continue;
      yield batch;
      batch.clear();
    }
  }
  if (batch.length > 0) yield batch;
}

/** Columns by name, looked up once. */
class EventWriter {
  private readonly clock: TableClock;
  private readonly row: Column;
  private readonly ts: Column;
  private readonly cpu: Column;
  private readonly tid: Column;
  private readonly tgid: Column;
  private readonly comm: Column;
  private readonly event: Column;
  private readonly kind: Column;
  private readonly line: Column;
  private readonly args: readonly Column[];

  constructor(
    private readonly table: EventTable,
    batch: Batch,
    private readonly columns: ArgColumns,
  ) {
    this.clock = new TableClock(table);
    const named = (name: string): Column => batch.column(name);
    [this.row, this.ts, this.cpu] = [named('row'), named('ts'), named('cpu')];
    [this.tid, this.tgid, this.comm] = [named('tid'), named('tgid'), named('comm')];
    [this.event, this.kind, this.line] = [named('event'), named('kind'), named('line')];
    this.args = columns.specs.map(({ name }) => named(name));
  }

  put(segment: Segment, i: number, row: number, at: number): void {
    this.row.int(at, row);
    this.clock.put(this.ts, at, segment.ts[i]!);
    if (segment.cpu[i] !== UNKNOWN_CPU) this.cpu.int(at, segment.cpu[i]!);
    if (segment.tid[i]! >= 0) this.tid.int(at, segment.tid[i]!);
    if (segment.tgid[i]! >= 0) this.tgid.int(at, segment.tgid[i]!);
    const comm = this.table.comms.text(segment.comm[i]!);
    if (comm !== '') this.comm.text(at, comm);
    this.event.text(at, this.table.names.text(segment.name[i]!));
    const kind = segment.kind[i]!;
    if (kind !== KIND_UNKNOWN) this.kind.text(at, kindName(kind));
    this.line.whole(at, lineOf(segment, i, row));
    this.putArgs(segment, i, kind, at);
  }

  private putArgs(segment: Segment, i: number, kind: number, at: number): void {
    const start = segment.payload[i]!;
    if (start === 0) return;
    const columns = this.columns.ofKind[kind]!;
    for (let mask = segment.pool[start]! & READ_MASK; mask !== 0; mask &= mask - 1) {
      const slot = 31 - Math.clz32(mask & -mask);
      this.args[columns[slot]!]!.pair(at, lowWord(segment, start, slot), highWord(segment, start, slot));
    }
  }
}

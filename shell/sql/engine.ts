/**
 * Questions in SQL about a judged trace, answered by Perfetto's trace processor. Events go in as a trace of
 * Perfetto's, so that its own tables and functions are there too; the other tables are filled at the first
 * question that names them.
 */
import type { RowFilter } from '../../model/tables/partRows.js';
import type { Batch } from '../../model/tables/batch.js';
import type { TraceTables } from '../../model/tables/index.js';
import { TABLE_NAMES, type ColumnSpec, type TableName } from '../../model/tables/schema.js';
import { KIND_COUNT, KIND_UNKNOWN, kindName } from '../../parsers/events/kinds.js';
import { ftracePackets } from '../perfetto/ftrace.js';
import { ProcessorEnded } from '../perfetto/machine.js';
import { TraceProcessor } from '../perfetto/processor.js';
import type { Cell, QueryResult } from '../perfetto/queryResult.js';
import { OWN_FIELDS, SlotFields, UNKNOWN } from '../perfetto/slotFields.js';
import { literal, quoted, quotedName } from './literals.js';

/** Rows of one statement that fills a table. */
const INSERT_ROWS = 4096;
/** Above this its 4 GiB of memory do not hold a trace: 337 bytes an event were measured. */
export const EVENTS_MAX = 10_000_000;

/** A trace, or a part of one, that is too large for the processor. */
export class TooManyEvents extends Error {
  override readonly name = 'TooManyEvents';

  constructor(readonly count: number) {
    super(`${count} events are more than the trace processor holds (${EVENTS_MAX})`);
  }
}

export interface SqlOptions {
  readonly progress?: (what: string) => void;
  /**
   * Rows that `events` and `event_pages` are to have, and Perfetto's own tables; the others are of the whole
   * trace.
   */
  readonly part?: RowFilter | undefined;
}

export class SqlTrace {
  /** Undefined until it is needed, and after it has failed. */
  private processor: TraceProcessor | undefined;
  private readonly filled = new Set<TableName>();

  private readonly progress: (what: string) => void;
  private readonly part: RowFilter | undefined;
  /** Events that can be asked for: all, or those of the part. */
  readonly count: number;

  /**
   * `code` is the processor's WebAssembly. Throws {@link TooManyEvents}.
   */
  constructor(
    private readonly code: Uint8Array,
    readonly tables: TraceTables,
    { progress = () => undefined, part }: SqlOptions = {},
  ) {
    this.progress = progress;
    this.part = part;
    this.count = countIn(tables.report.table.length, part);
    if (this.count > EVENTS_MAX) throw new TooManyEvents(this.count);
  }

  /**
   * Runs statements and answers the last; see TraceProcessor.query. Throws QueryError, and ProcessorEnded
   * where the processor failed: the next question starts another, and what was made in this one is gone.
   */
  async query(
    sql: string,
    onRows?: (columns: readonly string[], rows: readonly (readonly Cell[])[]) => void,
  ): Promise<QueryResult> {
    try {
      const processor = await this.ready();
      for (const name of tablesNamed(sql)) this.fill(processor, name);
      this.progress('asking');
      return processor.query(sql, onRows);
    } catch (error) {
      if (error instanceof ProcessorEnded) this.processor = undefined;
      throw error;
    }
  }

  get memoryBytes(): number {
    return this.processor?.memoryBytes ?? 0;
  }

  private async ready(): Promise<TraceProcessor> {
    if (this.processor) return this.processor;
    this.filled.clear();
    this.progress('starting the trace processor');
    const processor = await TraceProcessor.start(this.code);
    this.loadEvents(processor);
    this.processor = processor;
    return processor;
  }

  private loadEvents(processor: TraceProcessor): void {
    const { tables } = this;
    const { table, analysis } = tables.report;
    const fields = new SlotFields(table, analysis, tables.args);
    let bytes = 0;
    for (const packets of ftracePackets(table, fields, this.part)) {
      processor.append(packets);
      bytes += packets.length;
      this.progress(`loading events: ${Math.floor(bytes / (1 << 20))} MB`);
    }
    processor.finish();
    for (const statement of eventsSql(tables)) processor.query(statement);
    this.filled.add('events');
  }

  private fill(processor: TraceProcessor, name: TableName): void {
    if (this.filled.has(name)) return;
    this.filled.add(name);
    const columns = this.tables.columns(name);
    processor.query(`create table ${name} (${columns.map(columnSql).join(', ')})`);
    let rows = 0;
    for (const batch of this.tables.rows(name)) {
      for (let from = 0; from < batch.length; from += INSERT_ROWS) {
        const values: string[] = [];
        for (let row = from; row < Math.min(batch.length, from + INSERT_ROWS); row++)
          if (this.isAsked(name, batch, row))
            values.push(`(${batch.columns.map((column) => literal(column, row)).join(',')})`);
        if (values.length === 0) continue;
        processor.query(`insert into ${name} values ${values.join(',')}`);
      }
      rows += batch.length;
      this.progress(`filling ${name}: ${rows} rows`);
    }
    for (const key of KEYS[name] ?? []) processor.query(`create index ${name}_${key} on ${name}(${key})`);
  }

  /** Of what is told of each event, only that of the part is asked for. */
  private isAsked(name: TableName, batch: Batch, row: number): boolean {
    if (!this.part || name !== 'event_pages') return true;
    return this.part(Number(batch.column('row').value(row)));
  }
}

function countIn(length: number, part: RowFilter | undefined): number {
  if (!part) return length;
  let count = 0;
  for (let row = 0; row < length; row++) if (part(row)) count++;
  return count;
}

/** What tables are joined by. */
const KEYS: Partial<Record<TableName, readonly string[]>> = {
  pages: ['page_id'],
  event_pages: ['row', 'page_id'],
  intervals: ['page_id'],
};

const SQL_TYPES = { bool: 'integer', int32: 'integer', int64: 'integer', string: 'text' } as const;

function columnSql({ name, type }: ColumnSpec): string {
  return `${quotedName(name)} ${SQL_TYPES[type]}`;
}

/** The tables that a text names, in it or in what it is made of; one too many costs time, nothing else. */
export function tablesNamed(sql: string): readonly TableName[] {
  const words = new Set(sql.toLowerCase().match(/\w+/g) ?? []);
  return TABLE_NAMES.filter((name) => words.has(name));
}

/** Statements that make `events` of what the processor has read. */
function eventsSql(tables: TraceTables): readonly string[] {
  const { table, analysis } = tables.report;
  const arg = (name: string): string => `extract_arg(f.arg_set_id, ${quoted(name)})`;
  const unknown = (bit: number, value: string): string =>
    `case when coalesce(${arg(OWN_FIELDS.unknown)}, 0) & ${bit} then null else ${value} end`;
  const lookUp = (name: string, texts: readonly string[]): string =>
    `create table ${name} (id integer primary key, text text); ` +
    (texts.length === 0
      ? ''
      : `insert into ${name} values ${texts.map((text, id) => `(${id},${quoted(text)})`).join(',')}`);
  const comms = Array.from({ length: table.comms.size }, (_, id) => table.comms.text(id));
  const kinds = Array.from({ length: KIND_COUNT }, (_, id) => (id === KIND_UNKNOWN ? '' : kindName(id)));
  const core = [
    `${arg(OWN_FIELDS.row)} as row`,
    'f.ts as ts',
    `${unknown(UNKNOWN.cpu, 'f.cpu')} as cpu`,
    `${unknown(UNKNOWN.tid, 't.tid')} as tid`,
    `${arg(OWN_FIELDS.tgid)} as tgid`,
    `nullif(coalesce(c.text, t.name), '') as comm`,
    'f.name as event',
    `nullif(k.text, '') as kind`,
    `coalesce(${arg(OWN_FIELDS.line)}, ${arg(OWN_FIELDS.row)} + 1) as line`,
    'v.text as vm',
    'f.arg_set_id as arg_set_id',
  ];
  const args = tables.args.specs.map(
    ({ name }) => `extract_arg(arg_set_id, ${quoted(name)}) as ${quotedName(name)}`,
  );
  const fixed = ['row', 'ts', 'cpu', 'tid', 'tgid', 'comm', 'event', 'kind', 'line', 'vm'];
  return [
    lookUp('_shimtrace_comms', comms),
    lookUp('_shimtrace_kinds', kinds),
    lookUp(
      '_shimtrace_vms',
      analysis.vms.map(({ label }) => label),
    ),
    // In the order of its rows it needs no index on them: with one, v55.3 ends at `where row in (…)`.
    `create perfetto table _shimtrace_events as select ${core.join(', ')} from ftrace_event f ` +
      `left join thread t using (utid) left join _shimtrace_comms c on c.id = ${arg(OWN_FIELDS.comm)} ` +
      `left join _shimtrace_kinds k on k.id = ${arg(OWN_FIELDS.kind)} ` +
      `left join _shimtrace_vms v on v.id = ${arg(OWN_FIELDS.vm)} order by row`,
    `create view events as select ${[...fixed, ...args, 'arg_set_id'].join(', ')} from _shimtrace_events`,
  ];
}

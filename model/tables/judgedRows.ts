/** The tables of what was judged, all of them short: trace, conversions, findings, loss, rules and such. */
import type { EventTable } from '../../parsers/events/table.js';
import type { Conversion } from '../analysis.js';
import { reportHeadline } from '../findings/headline.js';
import type { Finding } from '../findings/finding.js';
import { placeOf, type TraceReport } from '../findings/report.js';
import { Op } from '../ops/oplog.js';
import { ownerOf, spaceOf } from '../pages/space.js';
import { referenceKind } from '../pages/state.js';
import { Batch } from './batch.js';
import { TableClock } from './clock.js';
import { putInode, putPages } from './owners.js';
import { PHASE_COLUMNS, TABLES, type TableName } from './schema.js';

/** What the tables say of a recording that is not in it. */
export interface TraceFacts {
  /** SHA-256 of the file, '' where there is none. */
  readonly digest: string;
  /** Of shimtrace. */
  readonly version: string;
}

/** Batches of a table with a row for each of `list`. */
function* rowsOf<T>(
  name: TableName,
  list: Iterable<T>,
  put: (batch: Batch, at: number, one: T) => void,
): Generator<Batch> {
  const batch = new Batch(TABLES[name].columns);
  for (const one of list) {
    put(batch, batch.add(), one);
    if (!batch.isFull) continue;
    yield batch;
    batch.clear();
  }
  if (batch.length > 0) yield batch;
}

export function traceRows(report: TraceReport, facts: TraceFacts): Iterable<Batch> {
  const { table, analysis } = report;
  const { meta } = table;
  const clock = new TableClock(table);
  return rowsOf('trace', [report], (batch, at) => {
    const text = (name: string, value: string): void => batch.column(name).text(at, value);
    const said = (name: string, value: string | undefined): void => {
      if (value !== undefined && value !== '') text(name, value);
    };
    text('file', (report.files ?? [report.path]).join(' + '));
    said('digest', facts.digest);
    text('format', meta.format);
    said('kernel', meta.kernel);
    said('host', meta.host);
    text('clock', meta.clock);
    text('time_unit', meta.timeUnit);
    batch.column('resolution').whole(at, meta.resolution);
    batch.column('events').whole(at, table.length);
    const ends = timeEnds(table);
    if (ends) {
      clock.put(batch.column('first_ts'), at, ends.first);
      clock.put(batch.column('last_ts'), at, ends.last);
    }
    batch.column('unknown_events').whole(at, analysis.unknown);
    batch.column('unread_events').whole(at, analysis.unread);
    text('profiles', analysis.profiles.join(','));
    text('headline', reportHeadline(report).text);
    text('version', facts.version);
  });
}

/** The earliest and the latest time: the order of a trace need not be that of its times. */
function timeEnds(table: EventTable): { readonly first: number; readonly last: number } | undefined {
  if (table.length === 0) return undefined;
  let [first, last] = [Infinity, -Infinity];
  for (const { ts, length } of table.segments)
    for (let i = 0; i < length; i++) {
      first = Math.min(first, ts[i]!);
      last = Math.max(last, ts[i]!);
    }
  return { first, last };
}

export function conversionRows({ table, analysis }: TraceReport): Iterable<Batch> {
  const clock = new TableClock(table);
  return rowsOf('conversions', analysis.conversions, (batch, at, c) => {
    const int = (name: string, value: number): void => batch.column(name).int(at, value);
    int('conversion', c.index);
    if (c.parts.length > 0) int('request', Math.min(...c.parts));
    batch.column('scope').text(at, c.scope);
    putPages(analysis, batch, at, pagesOf(c));
    int('to_private', c.toPrivate ? 1 : 0);
    if (c.tid >= 0) int('tid', c.tid);
    int('from_row', c.fromRow);
    if (c.untilRow >= 0) int('until_row', c.untilRow);
    clock.putRow(batch.column('ts'), at, c.fromRow);
    clock.putDuration(batch.column('dur'), at, c.fromRow, c.untilRow);
    if (c.result !== undefined) int('result', c.result);
    PHASE_COLUMNS.forEach((name, phase) => {
      clock.putRow(batch.column(name), at, c.phaseRows[phase] ?? -1);
    });
  });
}

function pagesOf(c: Conversion): Parameters<typeof putPages>[3] {
  const [unit, owner] = [spaceOf(c), ownerOf(c)];
  const [vm, inode] = unit === 'gfn' ? [owner, -1] : [-1, owner];
  return { unit, vm, inode, first: c.first, count: c.count };
}

export function findingRows({ table, analysis }: TraceReport): Iterable<Batch> {
  const clock = new TableClock(table);
  return rowsOf('findings', analysis.findings, (batch, at, finding) => {
    const text = (name: string, value: string): void => batch.column(name).text(at, value);
    text('finding', finding.id);
    text('rule', finding.rule);
    text('profile', finding.profile);
    text('verdict', finding.verdict);
    if (finding.reason !== undefined) text('reason', finding.reason);
    batch.column('severity').int(at, finding.severity);
    text('message', finding.message);
    batch.column('row').int(at, finding.at);
    clock.putRow(batch.column('ts'), at, finding.at);
    batch.column('line').whole(at, placeOf(table, finding.at).line);
    if (!finding.pages) return;
    text('unit', finding.pages.unit);
    putPages(analysis, batch, at, finding.pages);
  });
}

export function evidenceRows({ analysis }: TraceReport): Iterable<Batch> {
  const all = function* (findings: readonly Finding[]): Generator<[string, Finding['evidence'][number]]> {
    for (const { id, evidence } of findings) for (const one of evidence) yield [id, one];
  };
  return rowsOf('evidence', all(analysis.findings), (batch, at, [id, { row, role, note }]) => {
    batch.column('finding').text(at, id);
    batch.column('row').int(at, row);
    batch.column('role').text(at, role);
    batch.column('note').text(at, note);
  });
}

export function refRows({ table, analysis }: TraceReport): Iterable<Batch> {
  const { ops } = analysis;
  const clock = new TableClock(table);
  const taken = function* (): Generator<number> {
    for (let i = 0; i < ops.length; i++) if (ops.op(i) === Op.RefGet || ops.op(i) === Op.RefPut) yield i;
  };
  return rowsOf('refs', taken(), (batch, at, i) => {
    batch.column('row').int(at, ops.row(i));
    clock.putRow(batch.column('ts'), at, ops.row(i));
    batch.column('op').text(at, ops.op(i) === Op.RefGet ? 'get' : 'put');
    batch.column('kind').text(at, referenceKind(ops.value(i)));
    if (ops.aux(i) >= 0) batch.column('tid').int(at, ops.aux(i));
    putInode(analysis, batch, at, ops.subject(i));
    batch.column('first').whole(at, ops.first(i));
    batch.column('count').whole(at, ops.count(i));
  });
}

export function lossRows({ table }: TraceReport): Iterable<Batch> {
  return rowsOf('loss', table.losses, (batch, at, loss) => {
    batch.column('row').int(at, loss.row);
    if (loss.cpu >= 0) batch.column('cpu').int(at, loss.cpu);
    if (loss.count > 0) batch.column('count').whole(at, loss.count);
    batch.column('from_start').int(at, loss.fromStart ? 1 : 0);
  });
}

export function ruleRows({ analysis, rules }: TraceReport): Iterable<Batch> {
  const infos = new Map(rules.map((rule) => [rule.id, rule]));
  return rowsOf('rules', analysis.rules, (batch, at, status) => {
    const info = infos.get(status.id);
    batch.column('rule').text(at, status.id);
    batch.column('name').text(at, info?.name ?? '');
    batch.column('profile').text(at, status.profile);
    batch.column('severity').int(at, info?.severity ?? 0);
    batch.column('status').text(at, status.status);
    for (const name of ['checks', 'held', 'broken', 'undecided'] as const)
      batch.column(name).whole(at, status[name]);
  });
}

export function doubtRows({ analysis }: TraceReport): Iterable<Batch> {
  const all = analysis.rules.flatMap(({ id, reasons }) => reasons.map((reason) => ({ id, ...reason })));
  return rowsOf('doubts', all, (batch, at, { id, reason, count, row, missing, detail }) => {
    batch.column('rule').text(at, id);
    batch.column('reason').text(at, reason);
    batch.column('count').whole(at, count);
    batch.column('row').int(at, row);
    batch.column('missing').text(at, missing.join(', '));
    batch.column('detail').text(at, detail);
  });
}

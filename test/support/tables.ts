/** Event tables as text, for goldens, and as one string that two equal tables share. */
import { NEVER_CANCELLED } from '../../parsers/base/cancel.js';
import { MemorySource } from '../../parsers/base/source.js';
import { ISSUE_KINDS } from '../../parsers/events/issues.js';
import { KIND_COUNT, kindName, kindSlots } from '../../parsers/events/kinds.js';
import { UNKNOWN_CPU, type EventTable } from '../../parsers/events/table.js';
import { FtraceTextReader } from '../../parsers/ftrace/reader.js';
import { readTrace } from '../../parsers/index.js';

/** Reads a whole ftrace text, pushed in pieces of `chunkBytes`. */
export function readFtrace(bytes: Uint8Array, chunkBytes = bytes.length || 1): EventTable {
  const reader = new FtraceTextReader();
  for (let at = 0; at < bytes.length; at += chunkBytes) reader.push(bytes.slice(at, at + chunkBytes));
  return reader.finish();
}

/** Reads a text pushed in pieces that end at `cuts` (in any order, duplicates allowed). */
export function readFtraceCutAt(bytes: Uint8Array, cuts: readonly number[]): EventTable {
  const reader = new FtraceTextReader();
  const ends = [...cuts, bytes.length].filter((cut) => cut <= bytes.length).sort((a, b) => a - b);
  let at = 0;
  for (const end of ends) {
    reader.push(bytes.slice(at, end));
    at = end;
  }
  return reader.finish();
}

/** The table of a text in whatever format it is in. */
export function readText(text: string): EventTable {
  return readTrace(new MemorySource(bytesOf(text)), { cancel: NEVER_CANCELLED }).table;
}

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/**
 * One row with every slot that was read: `+0ns cpu0 12/12 comm GetPfn
 * kvm_gmem_get_pfn kvm=0x1 gfn=0x2 @line 3`.
 */
export function rowText(table: EventTable, row: number): string {
  const kind = table.kind(row);
  const slots = kindSlots(kind).flatMap((slot, i) => {
    const value = table.big(row, i);
    return value === undefined ? [] : [`${slot}=0x${value.toString(16)}`];
  });
  const cpu = table.cpu(row) === UNKNOWN_CPU ? '?' : String(table.cpu(row));
  const who = `cpu${cpu} ${table.tid(row)}/${table.tgid(row)} ${JSON.stringify(table.comm(row))}`;
  return [
    `+${table.ts(row)}`,
    who,
    kindName(kind),
    table.name(row),
    ...slots,
    `@${table.line(row)}:${table.at(row)}`,
  ].join(' ');
}

/** Everything that is known of each event but its line: two readings of the same events give the same. */
export function eventTexts(table: EventTable): string[] {
  return Array.from({ length: table.length }, (_, row) => {
    const values = kindSlots(table.kind(row)).map((slot, i) => `${slot}=${table.big(row, i) ?? '-'}`);
    const cpu = table.cpu(row) === UNKNOWN_CPU ? '-' : table.cpu(row);
    const task = `${table.comm(row)}-${table.tid(row)}/${table.tgid(row)} [${cpu}]`;
    return `${table.absoluteTime(row)} ${task} ${table.name(row)} ${values.join(' ')}`;
  });
}

/** Everything that a table holds, as one text: equal tables give equal texts. */
export function tableText(table: EventTable): string {
  const rows = Array.from({ length: table.length }, (_, row) => rowText(table, row));
  return [...rows, noticesText(table)].join('\n');
}

/** The same without its rows. */
export function noticesText(table: EventTable): string {
  return [metaText(table), ...noticeLines(table)].join('\n');
}

/** Walks every index of a table; returns what is wrong with it. */
export function integrityErrors(table: EventTable): readonly string[] {
  const out: string[] = [];
  let lastAt = -1;
  for (let row = 0; row < table.length; row++) {
    if (table.kind(row) >= KIND_COUNT) out.push(`row ${row}: kind ${table.kind(row)}`);
    if (table.nameId(row) >= table.names.size) out.push(`row ${row}: name`);
    if (!Number.isFinite(table.ts(row))) out.push(`row ${row}: ts ${table.ts(row)}`);
    if (table.at(row) <= lastAt) out.push(`row ${row}: offset ${table.at(row)} after ${lastAt}`);
    if (table.tid(row) < -1 || table.tgid(row) < -1) out.push(`row ${row}: tid`);
    lastAt = table.at(row);
  }
  for (const loss of table.losses)
    if (loss.row > table.length || loss.row < 0) out.push(`loss at row ${loss.row}`);
  for (const stack of table.stacks)
    if (stack.row >= table.length || stack.endOffset <= stack.offset) out.push(`stack of row ${stack.row}`);
  for (const issue of table.issues) if (!(issue.code in ISSUE_KINDS)) out.push(`issue ${issue.code}`);
  return out;
}

function metaText(table: EventTable): string {
  const { meta } = table;
  const { format, clock, timeUnit, resolution, t0, cpus, kernel, hasTgid } = meta;
  const time = `clock=${clock} unit=${timeUnit} resolution=${resolution} t0=${t0}`;
  return `${format} ${time} cpus=${cpus} kernel=${kernel} tgid=${hasTgid}`;
}

function noticeLines(table: EventTable): string[] {
  return [
    ...table.issues.map(
      (issue) => `issue ${issue.code} x${issue.count} @${issue.line}:${issue.offset} ${issue.detail}`,
    ),
    ...table.losses.map((loss) => {
      const place = `@${loss.line}:${loss.offset}${loss.fromStart ? ' from start' : ''}`;
      return `loss before row ${loss.row} cpu ${loss.cpu} count ${loss.count} ${place}`;
    }),
    ...table.stacks.map((stack) => {
      const place = `@${stack.line}:${stack.offset}..${stack.endOffset}`;
      return `stack of row ${stack.row} ${stack.user ? 'user' : 'kernel'} ${place}`;
    }),
  ];
}

const EDGE_ROWS = 3;

/**
 * A summary that a person can check: counts by kind, the first and last
 * rows, one row of each kind, all notices.
 */
export function goldenText(table: EventTable): string {
  const counts = new Map<string, number>();
  const shown = new Set<number>();
  for (let row = 0; row < table.length; row++) {
    const key = `${kindName(table.kind(row))} ${table.name(row)}`;
    if (!counts.has(key) || row < EDGE_ROWS || row >= table.length - EDGE_ROWS) shown.add(row);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [
    metaText(table),
    `${table.length} rows`,
    ...[...counts].sort().map(([key, count]) => `  ${count} ${key}`),
    ...[...shown].map((row) => rowText(table, row)),
    ...noticeLines(table),
    '',
  ].join('\n');
}

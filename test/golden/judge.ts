/** Reads a trace's bytes and judges them, for the tests that hold verdicts against expectations. */
import { NEVER_CANCELLED } from '../../parsers/base/cancel.js';
import { MemorySource } from '../../parsers/base/source.js';
import type { EventTable } from '../../parsers/events/table.js';
import type { Segment } from '../../parsers/events/segment.js';
import { ftraceText } from '../../parsers/ftrace/format.js';
import { readTrace } from '../../parsers/index.js';
import type { Analysis, AnalyzeOptions } from '../../model/analysis.js';
import type { Finding, ProfileId } from '../../model/findings/finding.js';
import { analyze } from '../../model/index.js';
import { isThorough } from '../support/tries.js';

export interface Judged {
  readonly table: EventTable;
  readonly analysis: Analysis;
}

export function judge(bytes: Uint8Array, profiles: readonly ProfileId[], more: AnalyzeOptions = {}): Judged {
  const table = tableOf(bytes);
  return { table, analysis: analyze(table, { ...more, profiles }) };
}

/** The events of a trace. */
export function tableOf(bytes: Uint8Array): EventTable {
  return kept ? keptTable(kept, bytes) : readTable(bytes);
}

/**
 * Tables by their traces, where the same traces are judged thousands of times (scripts/mutate): reading one
 * takes longer than judging it.
 */
const kept = process.env['KEEP_TABLES'] === '1' ? new Map<string, EventTable>() : undefined;

function readTable(bytes: Uint8Array): EventTable {
  return readTrace(new MemorySource(bytes), { cancel: NEVER_CANCELLED }).table;
}

function keptTable(tables: Map<string, EventTable>, bytes: Uint8Array): EventTable {
  const key = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  let table = tables.get(key);
  if (table === undefined) {
    table = readTable(bytes);
    for (const segment of table.segments) trimSegment(segment);
    tables.set(key, table);
  }
  return table;
}

/** Without the memory for rows to come: a segment has room for far more than a sample has. */
function trimSegment(segment: Segment): void {
  const { length, poolUsed } = segment;
  Object.assign(segment, {
    ts: segment.ts.slice(0, length),
    at: segment.at.slice(0, length),
    line: segment.line.slice(0, length),
    tid: segment.tid.slice(0, length),
    tgid: segment.tgid.slice(0, length),
    comm: segment.comm.slice(0, length),
    name: segment.name.slice(0, length),
    payload: segment.payload.slice(0, length),
    cpu: segment.cpu.slice(0, length),
    kind: segment.kind.slice(0, length),
    pool: segment.pool.slice(0, poolUsed),
  } satisfies Partial<Segment>);
}

export function judgeText(text: string, profiles: readonly ProfileId[], more: AnalyzeOptions = {}): Judged {
  return judge(new TextEncoder().encode(text), profiles, more);
}

/**
 * The same of a text as the kernel prints it, changed a little. That it is no other text and was not pasted
 * takes longer to find out than to read and judge it: only a thorough run asks.
 */
export function judgeFtrace(text: string, profiles: readonly ProfileId[], more: AnalyzeOptions = {}): Judged {
  if (isThorough() || kept) return judgeText(text, profiles, more);
  const source = new MemorySource(new TextEncoder().encode(text));
  const { table } = ftraceText.read(source, { cancel: NEVER_CANCELLED });
  return { table, analysis: analyze(table, { ...more, profiles }) };
}

/** 1-based line of a finding. */
export function lineOf(judged: Judged, finding: Finding): number {
  return judged.table.line(finding.at);
}

/** `rule profile` of every violation, each once, sorted. */
export function violatedRules(judged: Judged): readonly string[] {
  const names = judged.analysis.findings
    .filter((f) => f.verdict === 'violation')
    .map((f) => `${f.rule} ${f.profile}`);
  return [...new Set(names)].sort();
}

/** Everything a user is told, as one comparable text. */
export function digest(judged: Judged): string {
  const { findings, rules, conversions, slots, inodes } = judged.analysis;
  return JSON.stringify(
    { rows: judged.table.length, findings, rules, conversions, slots, inodes },
    (_key, value: unknown) => (typeof value === 'bigint' ? value.toString() : value),
  );
}

/** What an answer is: sentences, each with the events that show it, or what is missing to give one. */
import { durationText } from '../../parsers/base/duration.js';
import type { EventKind } from '../../parsers/events/vocabulary.js';
import type { Analysis, Conversion } from '../analysis.js';
import { countKinds, dialectOf } from '../findings/dialect.js';
import { howToRecordAll } from '../findings/howToRecord.js';
import { kindId } from '../../parsers/events/kinds.js';
import type { Stack } from '../../parsers/events/frames.js';
import type { EventTable } from '../../parsers/events/table.js';
import { aliasesOf, type PageId } from '../pages/intervals.js';
import { opSpace, opSubject } from '../pages/space.js';
import type { OpCode } from '../ops/oplog.js';

export interface Statement {
  readonly text: string;
  /** Events that show it, in trace order. */
  readonly rows: readonly number[];
}

export interface Answer {
  readonly question: string;
  readonly statements: readonly Statement[];
  /** Probes and tracepoints without which more cannot be said. */
  readonly missing: readonly string[];
}

export interface Asked {
  readonly analysis: Analysis;
  readonly table: EventTable;
  readonly page: PageId;
  /** The instant that is asked about: after this event. */
  readonly row: number;
  /** Reads the stacks of an event again; absent where the source cannot be read. */
  readonly stacksOf?: (row: number) => readonly Stack[];
}

/** One operation on the asked page, under any of its names. */
export interface PageOp {
  readonly op: OpCode;
  readonly row: number;
  readonly value: number;
  readonly aux: number;
}

/** Operations on a page, in trace order. */
export function opsOfPage({ analysis, page }: Pick<Asked, 'analysis' | 'page'>): PageOp[] {
  const { ops } = analysis;
  const names: readonly PageId[] = [page, ...aliasesOf(analysis, page)];
  const out: PageOp[] = [];
  for (let i = 0; i < ops.length; i++) {
    const space = opSpace(analysis, ops, i);
    if (space === undefined) continue;
    const hit = names.some(
      (name) =>
        name.unit === space &&
        name.subject === opSubject(analysis, ops, i) &&
        name.page >= ops.first(i) &&
        name.page < ops.first(i) + ops.count(i),
    );
    if (hit) out.push({ op: ops.op(i), row: ops.row(i), value: ops.value(i), aux: ops.aux(i) });
  }
  return out;
}

/** Those of some kinds of events that the trace holds none of, as what would record them. */
export function absent({ table }: Pick<Asked, 'table'>, kinds: readonly EventKind[]): string[] {
  return howToRecordAll(absentKinds(table, kinds), dialectOf(table));
}

function absentKinds(table: EventTable, kinds: readonly EventKind[]): readonly EventKind[] {
  const counts = countKinds(table);
  return kinds.filter((kind) => counts[kindId(kind)] === 0);
}

/**
 * True when the trace holds no event of any of these kinds: what they show did not happen, or is not
 * recorded.
 */
export function noneOf({ table }: Pick<Asked, 'table'>, kinds: readonly EventKind[]): boolean {
  return absentKinds(table, kinds).length === kinds.length;
}

/** Kinds that show how a conversion ended, each with the ways to convert that it is of. */
const RESULT_KINDS: readonly { readonly kind: EventKind; readonly scopes: readonly Conversion['scope'][] }[] =
  [
    { kind: 'SysExitIoctl', scopes: ['vm', 'inode'] },
    { kind: 'GmemIoctlRet', scopes: ['inode'] },
    { kind: 'VmIoctlRet', scopes: ['vm'] },
    { kind: 'ConvertRet', scopes: ['inode'] },
  ];

/**
 * What would have told how these conversions ended, another ioctl for each way to convert; empty where the
 * trace has such events.
 */
export function resultsNotRecorded(asked: Pick<Asked, 'table'>, unknown: readonly Conversion[]): string[] {
  const kinds = RESULT_KINDS.flatMap(({ kind, scopes }) =>
    unknown.some(({ scope }) => scopes.includes(scope)) ? [kind] : [],
  );
  return noneOf(asked, kinds) ? absent(asked, kinds) : [];
}

/** Conversions whose range holds the page, under any of its names, in trace order. */
export function conversionsOfPage({ analysis, page }: Pick<Asked, 'analysis' | 'page'>): Conversion[] {
  const names: readonly PageId[] = [page, ...aliasesOf(analysis, page)];
  return analysis.conversions.filter((conversion) =>
    names.some(
      (name) =>
        (conversion.scope === 'vm'
          ? name.unit === 'gfn' && name.subject === conversion.vm
          : name.unit === 'pgoff' && name.subject === conversion.inode) &&
        name.page >= conversion.first &&
        name.page < conversion.first + conversion.count,
    ),
  );
}

/** The conversion over the page that is under way at a row, else the last one before it. */
export function conversionAt(asked: Asked): Conversion | undefined {
  const begun = conversionsOfPage(asked).filter((conversion) => conversion.fromRow <= asked.row);
  return (
    begun.find((conversion) => conversion.untilRow < 0 || conversion.untilRow >= asked.row) ??
    begun[begun.length - 1]
  );
}

/** `1.2 ms`, or `12 events` where the trace has no clock in nanoseconds. */
export function span({ table }: Pick<Asked, 'table'>, fromRow: number, untilRow: number): string {
  if (table.meta.timeUnit !== 'ns') return `${untilRow - fromRow} events`;
  return durationText(table.ts(untilRow) - table.ts(fromRow));
}

/** `comm-tid` of an event's task. */
export function task({ table }: Pick<Asked, 'table'>, row: number): string {
  const tid = table.tid(row);
  return tid < 0 ? 'an unknown task' : `${table.comm(row) || 'tid'}-${tid}`;
}

/** What it takes to print the report of a trace once more: its verdicts, and the rows that these name. */
import type { Analysis, Conversion } from '../../model/analysis.js';
import {
  analysisOf,
  dataOf,
  isAnalysisData,
  isConsistent,
  rowsNamed,
  type AnalysisData,
} from '../../model/kept/analysisData.js';
import { KeptOps } from '../../model/kept/keptOps.js';
import { columnsOfConversions, conversionsInSteps } from '../../model/kept/conversions.js';
import { columnsOf, formsOf, logInSteps, logOf, type OpBounds } from '../../model/kept/operations.js';
import type { OpLog } from '../../model/ops/oplog.js';
import { RULE_IDS } from '../../model/rules/registry.js';
import { fields, parsed, text, whole } from '../../parsers/base/shape.js';
import { allSteps } from '../../parsers/base/steps.js';
import { fewRows, fits, isFewRows, TableOfFewRows, type FewRows } from '../../parsers/events/fewRows.js';
import { isTableMarks, marksOf, type TableMarks } from '../../parsers/events/keptMarks.js';
import type { EventTable } from '../../parsers/events/table.js';
import type { PackReader, PackWriter } from './pack.js';

/** More than this is read again about as fast as a trace is. */
const TEXT_CHARS_MAX = 48 << 20;

/** Writes the parts, in steps; false where there is too much, or it is not what the whole trace says. */
export function* writeReport(
  pack: PackWriter,
  table: EventTable,
  analysis: Analysis,
): Generator<undefined, boolean> {
  const data = dataOf(analysis);
  if (!data) return false;
  const texts = {
    marks: JSON.stringify(marksOf(table)),
    rows: JSON.stringify(fewRows(table, rowsNamed(data))),
    analysis: JSON.stringify(data),
  };
  if (Object.values(texts).some(({ length }) => length > TEXT_CHARS_MAX)) return false;
  for (const [name, text] of Object.entries(texts)) {
    yield;
    pack.addText(name, text);
  }
  yield;
  const { ops } = analysis;
  const { columns, requests } = columnsOfConversions(analysis.conversions);
  pack.addPieces('conversions', columns);
  pack.add('requests', requests);
  pack.addText('log', JSON.stringify({ length: ops.length, forms: formsOf(ops) }));
  yield* pack.addInPieces('ops', columnsOf(ops));
  return true;
}

const isLog = fields({ length: whole(0), forms: text });

/** What operations point at. */
const boundsOf = ({ rowCount, conversionCount }: AnalysisData): OpBounds => ({
  rows: rowCount,
  conversions: conversionCount,
});

/** Conversions that are read when somebody asks for them, or in steps before that. */
export class KeptConversions {
  private read: readonly Conversion[] | undefined;

  /** `whole` has those of the trace, where what is kept is damaged. */
  constructor(
    private readonly pack: PackReader,
    private readonly data: AnalysisData,
    private readonly whole: () => readonly Conversion[],
  ) {}

  get all(): readonly Conversion[] {
    this.read ??= allSteps(this.steps()) ?? this.whole();
    return this.read;
  }

  *ahead(): Generator<undefined, void> {
    if (!this.read) yield* this.pack.ahead('conversions');
    this.read ??= yield* this.steps();
  }

  private *steps(): Generator<undefined, readonly Conversion[] | undefined> {
    const { conversionCount: count, vms, inodes, rowCount: rows } = this.data;
    const [columns, requests] = [this.pack.bytes('conversions'), this.pack.bytes('requests')];
    const bounds = { count, rows, vms: vms.length, inodes: inodes.length };
    return columns && requests && (yield* conversionsInSteps(columns, requests, bounds));
  }
}

/** The operations of an analysis; undefined where they are damaged. */
export function readOps(pack: PackReader, data: AnalysisData): OpLog | undefined {
  const log = parsed(isLog, pack.text('log') ?? '');
  const bytes = log && pack.bytes('ops');
  return bytes && logOf(log.length, log.forms, bytes, boundsOf(data));
}

/** The same in steps. */
export function* opsInSteps(pack: PackReader, data: AnalysisData): Generator<undefined, OpLog | undefined> {
  const log = parsed(isLog, pack.text('log') ?? '');
  yield* pack.ahead('ops');
  const bytes = log && pack.bytes('ops');
  return bytes && (yield* logInSteps(log.length, log.forms, bytes, boundsOf(data)));
}

/** The same, of which a few are read where they lie before all are; undefined where they are none. */
export function opsInPieces(pack: PackReader, data: AnalysisData, whole: () => OpLog): OpLog | undefined {
  const log = parsed(isLog, pack.text('log') ?? '');
  return log && KeptOps.of(log, boundsOf(data), pack.pieces('ops'), whole);
}

/** Undefined where the parts are not there, not whole, or do not go together. */
export function readAnalysis(
  pack: PackReader,
): { readonly marks: TableMarks; readonly data: AnalysisData } | undefined {
  const marks = parsed(isTableMarks, pack.text('marks') ?? '');
  const data = parsed(isAnalysisData, pack.text('analysis') ?? '');
  if (!marks || data?.rowCount !== marks.length || !isConsistent(data, RULE_IDS)) return undefined;
  return { marks, data };
}

/** The rows that the report of a trace of so many names; undefined where they are damaged. */
export function readRows(pack: PackReader, length: number): FewRows | undefined {
  const rows = parsed(isFewRows, pack.text('rows') ?? '');
  return rows && fits(rows, length) ? rows : undefined;
}

/** A trace that is read after all. */
export interface Whole {
  readonly table: EventTable;
  readonly analysis: Analysis;
}

/**
 * The report of a trace. Operations are read when they are asked for; the whole trace is where a row is that
 * the report does not name, or what is asked for turns out to be damaged.
 */
export function readReport(pack: PackReader, readWhole: () => Whole): Whole | undefined {
  const known = readAnalysis(pack);
  const rows = known && readRows(pack, known.marks.length);
  if (!known || !rows || !pack.has('ops')) return undefined;
  let read: Whole | undefined;
  const all = (): Whole => (read ??= readWhole());
  let ops: OpLog | undefined;
  const conversions = new KeptConversions(pack, known.data, () => all().analysis.conversions);
  const analysis = analysisOf(known.data, {
    ops: () => (ops ??= readOps(pack, known.data) ?? all().analysis.ops),
    conversions: () => conversions.all,
  });
  return { table: new TableOfFewRows(known.marks, rows, () => all().table), analysis };
}

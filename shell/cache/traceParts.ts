/**
 * A whole judged trace, to be looked into without reading it again: beside its report (reportParts.ts) its
 * rows, its operations by page, and what names it.
 */
import type { Analysis } from '../../model/analysis.js';
import { analysisOf, type AnalysisData } from '../../model/kept/analysisData.js';
import { recordParts } from '../../model/kept/keptIndex.js';
import { KeptOps } from '../../model/kept/keptOps.js';
import { fillIndex, giveKeptIndex, INDEX_COLUMNS, type KeptPlaces } from '../../model/kept/pageIndex.js';
import type { OpLog } from '../../model/ops/oplog.js';
import { indexOf } from '../../model/pages/intervals.js';
import { Interner } from '../../parsers/base/intern.js';
import { big, fields, finite, listOf, maybe, parsed, text, type Shaped } from '../../parsers/base/shape.js';
import { isStacks, metaOf, stacksData, stacksOf } from '../../parsers/events/keptMarks.js';
import {
  columnsOf,
  formOf,
  isSegmentForm,
  lazySegment,
  poolOf,
  SegmentPieces,
} from '../../parsers/events/keptRows.js';
import { RowsAtHand } from '../../parsers/events/fewRows.js';
import { EVENT_COUNTS } from '../../parsers/events/counts.js';
import { LINES_IN_ORDER } from '../../parsers/events/lineOrder.js';
import { givePageFrames, pageFramesInSteps, type PageFrames } from '../../parsers/events/pageFrames.js';
import { KeptTable } from '../../parsers/events/keptTable.js';
import type { ColumnOf } from '../../parsers/events/rowFacts.js';
import { SEGMENT_ROWS } from '../../parsers/events/segment.js';
import { EventTable } from '../../parsers/events/table.js';
import { TASKS } from '../../parsers/events/tasks.js';
import type { PackReader, PackWriter } from './pack.js';
import {
  KeptConversions,
  opsInPieces,
  opsInSteps,
  readAnalysis,
  readOps,
  readRows,
  writeReport,
  type Whole,
} from './reportParts.js';

/** What nobody has to look through all rows for again. */
const OF_ALL_ROWS = [
  ['tasks', TASKS],
  ['counts', EVENT_COUNTS],
  ['lines', LINES_IN_ORDER],
] as const;

/** Frames of more stacks are read again about as fast as a trace is. */
const STACKS_MAX = 200_000;

/**
 * Writes the parts, in steps; returns false where they are not to be kept. `columnOf` is asked for events
 * whose lines have to be read for it.
 */
export function* writeTrace(
  pack: PackWriter,
  table: EventTable,
  analysis: Analysis,
  columnOf: ColumnOf = () => -1,
): Generator<undefined, boolean> {
  if (table.stacks.length > STACKS_MAX || !(yield* writeReport(pack, table, analysis))) return false;
  pack.addText('stacks', JSON.stringify(stacksData(table.stacks)));
  for (const list of ['names', 'comms'] as const) {
    const { bytes, ends } = table[list].slices;
    pack.add(`${list}.bytes`, bytes);
    pack.add(`${list}.ends`, ends);
  }
  yield;
  const { columns } = indexOf(analysis);
  for (const name of INDEX_COLUMNS) yield* pack.addInPieces(`index.${name}`, [columns[name]]);
  let part = 0;
  for (const records of recordParts(analysis.ops, columns.entries, table, columnOf)) {
    if (records) yield* pack.addInPieces(`records.${part++}`, [records]);
    else yield;
  }
  pack.addText('frames', JSON.stringify(framesData(yield* pageFramesInSteps(table))));
  for (const [name, fact] of OF_ALL_ROWS) pack.addText(`all.${name}`, yield* fact.text(table));
  pack.addText('segments', JSON.stringify(table.segments.map(formOf)));
  for (const [i, segment] of table.segments.entries()) {
    yield* pack.addInPieces(`rows.${i}`, columnsOf(segment));
    yield* pack.addInPieces(`pool.${i}`, [poolOf(segment)]);
  }
  return true;
}

const isFrames = fields({
  reason: text,
  array: maybe(fields({ start: big, size: big, low: finite, high: finite })),
});

function framesData({ reason, array }: PageFrames): Shaped<typeof isFrames> {
  return { reason, array: array && { ...array, start: array.start.toString(), size: array.size.toString() } };
}

/** Where nothing is kept of them, they are looked for at the first question. */
function giveFrames(table: EventTable, kept: string): void {
  const frames = parsed(isFrames, kept);
  const size = BigInt(frames?.array?.size ?? 1);
  if (!frames || size <= 0n) return;
  const { array } = frames;
  givePageFrames(table, frames.reason, array && { ...array, start: BigInt(array.start), size });
}

/** More text about rows takes longer to read than the columns of all rows. */
const NAMED_BYTES_MAX = 8 << 20;

/** A trace that was kept, of which nothing need be there. */
export interface KeptWhole extends Whole {
  /** Reads what every click asks for, in steps. */
  ahead(): Generator<undefined, void>;
  /** Reads all that was not asked for yet, in steps: what a click asks for first, and rows at the end. */
  fill(): Generator<undefined, void>;
}

function readIds(pack: PackReader, list: 'names' | 'comms'): Interner | undefined {
  const bytes = pack.bytes(`${list}.bytes`);
  const ends = pack.bytes(`${list}.ends`);
  if (!bytes || !ends || ends.byteLength % Uint32Array.BYTES_PER_ELEMENT !== 0) return undefined;
  return Interner.of(new Uint8Array(bytes), new Uint32Array(ends));
}

/** The rows that the report names; undefined where they are so many that they are looked up as fast. */
function readNamed(pack: PackReader, length: number): RowsAtHand | undefined {
  const rows = pack.bytesOf('rows') > NAMED_BYTES_MAX ? undefined : readRows(pack, length);
  return rows && new RowsAtHand(rows);
}

/**
 * A trace that was kept whole; undefined where it is not, or does not go together. Rows, operations and the
 * index are read when somebody looks at them; `readWhole` stands in where one turns out to be damaged.
 */
export function readTraceParts(pack: PackReader, readWhole: () => Whole): KeptWhole | undefined {
  const known = readAnalysis(pack);
  const forms = parsed(listOf(isSegmentForm), pack.text('segments') ?? '');
  const stacks = parsed(isStacks, pack.text('stacks') ?? '');
  const [names, comms] = [readIds(pack, 'names'), readIds(pack, 'comms')];
  if (!known || !forms || !stacks || !names || !comms || !pack.has('ops')) return undefined;
  const { marks, data } = known;
  const isFull = forms.every(({ rows }, i) => rows === SEGMENT_ROWS || i === forms.length - 1);
  if (!isFull || forms.reduce((sum, { rows }) => sum + rows, 0) !== marks.length) return undefined;
  let read: Whole | undefined;
  const all = (): Whole => (read ??= readWhole());
  const pieces = forms.map(
    (form, i) =>
      new SegmentPieces(
        form,
        { names, comms },
        () => pack.pieces(`rows.${i}`),
        () => pack.pieces(`pool.${i}`),
      ),
  );
  const segments = forms.map((form, i) =>
    lazySegment(
      form,
      { names, comms },
      {
        columns() {
          pieces[i]!.columnsAreThere();
          return pack.bytes(`rows.${i}`);
        },
        pool() {
          pieces[i]!.poolIsThere();
          return pack.bytes(`pool.${i}`);
        },
      },
      () => all().table.segments[i]!,
    ),
  );
  const { length, issues, losses, unread } = marks;
  const meta = metaOf(marks);
  const kept = stacksOf(stacks);
  const rows = new EventTable(length, segments, meta, names, comms, issues, losses, kept, unread);
  const table = new KeptTable(rows, pieces, readNamed(pack, length));
  giveFrames(table, pack.text('frames') ?? '');
  for (const [name, fact] of OF_ALL_ROWS) fact.give(table, pack.text(`all.${name}`) ?? '');
  const lazy = lazyAnalysis(pack, data, table, all);
  function* fill(): Generator<undefined, void> {
    yield* lazy.fill();
    for (const [i, segment] of segments.entries()) {
      yield* pack.ahead(`rows.${i}`);
      void segment.ts;
      yield* pack.ahead(`pool.${i}`);
      void segment.pool;
    }
  }
  return { table, analysis: lazy.analysis, ahead: () => lazy.ahead(), fill };
}

function lazyAnalysis(
  pack: PackReader,
  data: AnalysisData,
  table: KeptTable,
  all: () => Whole,
): Pick<KeptWhole, 'analysis' | 'ahead' | 'fill'> {
  let ops: OpLog | undefined;
  const whole = (): OpLog => readOps(pack, data) ?? all().analysis.ops;
  const conversions = new KeptConversions(pack, data, () => all().analysis.conversions);
  const analysis = analysisOf(data, {
    ops: () => (ops ??= opsInPieces(pack, data, whole) ?? whole()),
    conversions: () => conversions.all,
  });
  const places: KeptPlaces = {
    bytes: (name) => pack.bytes(`index.${name}`),
    pieces: (name) => pack.pieces(`index.${name}`),
    bytesOf: (name) => pack.bytesOf(`index.${name}`),
    records: (part) => pack.pieces(`records.${part}`),
    give: (row, facts) => table.give(row, facts),
  };
  giveKeptIndex(analysis, places);
  function* fill(): Generator<undefined, void> {
    if (analysis.ops instanceof KeptOps && !analysis.ops.isWhole) {
      const read = yield* opsInSteps(pack, data);
      if (read) analysis.ops.fill(read);
    }
    yield* fillIndex(analysis, places, (name) => pack.ahead(`index.${name}`));
  }
  return { analysis, ahead: () => conversions.ahead(), fill };
}

/** The tables `pages`, `event_pages` and `intervals`. */
import type { EventTable } from '../../parsers/events/table.js';
import type { Analysis } from '../analysis.js';
import type { TraceReport } from '../findings/report.js';
import { PHASE_NAMES } from '../ops/oplog.js';
import { intervalsOf, type PageInterval } from '../pages/intervals.js';
import type { PageState } from '../pages/state.js';
import { Batch } from './batch.js';
import { TableClock } from './clock.js';
import { putPages } from './owners.js';
import type { Piece, Pieces } from './pieces.js';
import { TABLES } from './schema.js';

export function* pageRows({ analysis }: TraceReport, pieces: Pieces): Generator<Batch> {
  const batch = new Batch(TABLES.pages.columns);
  for (const piece of pieces) {
    const at = batch.add();
    putPiece(analysis, batch, at, piece);
    if (!batch.isFull) continue;
    yield batch;
    batch.clear();
  }
  if (batch.length > 0) yield batch;
}

function putPiece(analysis: Analysis, batch: Batch, at: number, piece: Piece): void {
  const { unit, subject } = piece;
  batch.column('page_id').int(at, piece.id);
  batch.column('unit').text(at, unit);
  const [vm, inode] = unit === 'gfn' ? [subject, -1] : [-1, subject];
  putPages(analysis, batch, at, { unit, vm, inode, first: piece.first, count: piece.count });
}

export function* eventPageRows({ analysis }: TraceReport, pieces: Pieces): Generator<Batch> {
  const { ops } = analysis;
  const batch = new Batch(TABLES.event_pages.columns);
  const [rows, ids] = [batch.column('row'), batch.column('page_id')];
  /** By piece, the last event that named it: an event says most things of a page several times. */
  const named = new Int32Array(pieces.length).fill(-1);
  let pending: number[] = [];
  for (let i = 0; i < ops.length; i++) {
    const row = ops.row(i);
    pieces.ofOperation(i, (pageId) => {
      if (named[pageId] === row) return;
      named[pageId] = row;
      pending.push(pageId);
    });
    for (const pageId of pending) {
      const at = batch.add();
      rows.int(at, row);
      ids.int(at, pageId);
      if (!batch.isFull) continue;
      yield batch;
      batch.clear();
    }
    pending = [];
  }
  if (batch.length > 0) yield batch;
}

export function* intervalRows({ table, analysis }: TraceReport, pieces: Pieces): Generator<Batch> {
  const batch = new Batch(TABLES.intervals.columns);
  const clock = new TableClock(table);
  for (const piece of pieces) {
    const { unit, subject, first: page } = piece;
    for (const interval of intervalsOf(analysis, { unit, subject, page })) {
      const at = batch.add();
      putPiece(analysis, batch, at, piece);
      putTimes(table, clock, batch, at, interval);
      putState(batch, at, interval.state);
      if (interval.changed.length > 0) batch.column('changed').text(at, interval.changed.join(','));
      if (!batch.isFull) continue;
      yield batch;
      batch.clear();
    }
  }
  if (batch.length > 0) yield batch;
}

function putTimes(
  table: EventTable,
  clock: TableClock,
  batch: Batch,
  at: number,
  { fromRow, untilRow }: PageInterval,
): void {
  batch.column('from_row').int(at, fromRow);
  batch.column('until_row').int(at, Math.min(untilRow, table.length));
  clock.putRow(batch.column('ts'), at, fromRow);
  clock.putRow(batch.column('until_ts'), at, untilRow);
  clock.putDuration(batch.column('dur'), at, fromRow, untilRow);
}

function putState(batch: Batch, at: number, state: PageState): void {
  const conversion = state.conversions[state.conversions.length - 1];
  batch.column('attribute').text(at, state.attribute);
  batch
    .column('state')
    .text(at, conversion ? `converting to ${conversion.toPrivate ? 'private' : 'shared'}` : state.attribute);
  if (conversion) {
    batch.column('conversion').int(at, conversion.conversion);
    batch.column('phase').text(at, PHASE_NAMES[conversion.phase] ?? '?');
  }
  const counted = (name: string, count: number, isKnown: boolean): void => {
    if (isKnown || count > 0) batch.column(name).int(at, count);
    batch.column(`${name}_known`).int(at, isKnown ? 1 : 0);
  };
  counted('mappings', state.mappings.length, state.mappingsKnown);
  counted('sptes', state.sptes.length, state.sptesKnown);
  counted('refs', state.references.length, state.referencesKnown);
  if (state.pfnKnown && state.pfn >= 0) batch.column('pfn').whole(at, state.pfn);
  batch.column('poisoned').int(at, state.poisoned ? 1 : 0);
}

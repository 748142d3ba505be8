/** A judged trace as tables: which there are for it, and their rows. */
import type { TraceReport } from '../findings/report.js';
import { argColumns, type ArgColumns } from './argColumns.js';
import type { Batch } from './batch.js';
import { eventRows } from './eventRows.js';
import {
  conversionRows,
  doubtRows,
  evidenceRows,
  findingRows,
  lossRows,
  refRows,
  ruleRows,
  traceRows,
  type TraceFacts,
} from './judgedRows.js';
import { eventPageRows, intervalRows, pageRows } from './pageRows.js';
import { Pieces } from './pieces.js';
import { TABLES, type ColumnSpec, type TableName } from './schema.js';

/** The tables of one trace. What several of them need is made once, at the first that needs it. */
export class TraceTables {
  private foundPieces: Pieces | undefined;
  private foundArgs: ArgColumns | undefined;

  constructor(
    readonly report: TraceReport,
    private readonly facts: TraceFacts,
  ) {}

  /** The columns of a table in this trace: of events, those of the arguments that occur too. */
  columns(name: TableName): readonly ColumnSpec[] {
    const { columns } = TABLES[name];
    return name === 'events' ? [...columns, ...this.args.specs] : columns;
  }

  get args(): ArgColumns {
    this.foundArgs ??= argColumns(this.report.table);
    return this.foundArgs;
  }

  /** The rows in batches, each of which is valid until the next one is asked for. */
  rows(name: TableName): Iterable<Batch> {
    const { report } = this;
    switch (name) {
      case 'trace':
        return traceRows(report, this.facts);
      case 'events':
        return eventRows(report, this.args);
      case 'pages':
        return pageRows(report, this.pieces);
      case 'event_pages':
        return eventPageRows(report, this.pieces);
      case 'intervals':
        return intervalRows(report, this.pieces);
      case 'conversions':
        return conversionRows(report);
      case 'findings':
        return findingRows(report);
      case 'evidence':
        return evidenceRows(report);
      case 'refs':
        return refRows(report);
      case 'loss':
        return lossRows(report);
      case 'rules':
        return ruleRows(report);
      case 'doubts':
        return doubtRows(report);
    }
  }

  private get pieces(): Pieces {
    this.foundPieces ??= new Pieces(this.report.analysis);
    return this.foundPieces;
  }
}

/** One trace being replayed: its indexes, the state at the cursor, and the state at the stop before. */
import { Cursor } from '../../model/cursor/cursor.js';
import { Moment } from '../../model/objects/moment.js';
import { TraceIndex } from '../../model/cursor/traceIndex.js';
import { rootObject } from '../../model/objects/root.js';
import type { ExprObject } from '../../model/expr/value.js';
import type { DebugHost, LoadedTrace } from './host.js';
import { Lines } from './lines.js';
import { Threads } from './threads.js';

export interface Seat {
  readonly moment: Moment;
  readonly root: ExprObject;
}

export class Replay {
  readonly index: TraceIndex;
  readonly lines: Lines;
  readonly threads: Threads;
  /** Where the replay stands. */
  readonly here: Seat;
  /** Where it stood at the stop before: what differs from there is marked. */
  readonly before: Seat;
  /** Goes to the row of whichever stack frame is looked at. */
  private readonly aside: Seat;

  constructor(
    readonly trace: LoadedTrace,
    path: string,
    host: DebugHost,
  ) {
    const { open, analysis } = trace;
    this.index = new TraceIndex(open.table, analysis, (row) => open.describe(row));
    this.lines = new Lines(this.index, path, host, trace.files, trace.shown);
    this.threads = new Threads(this.index);
    const cursor = new Cursor(analysis.ops, open.table.length);
    const share = { share: cursor.checkpoints, undoOps: 1024 };
    this.here = this.seat(cursor);
    this.before = this.seat(new Cursor(analysis.ops, open.table.length, share));
    this.aside = this.seat(new Cursor(analysis.ops, open.table.length, share));
  }

  get row(): number {
    return this.here.moment.row;
  }

  get lastRow(): number {
    return this.index.table.length - 1;
  }

  /**
   * The state after a row: the cursor's own where it stands there. Valid until the next call for another row.
   */
  at(row: number): Seat {
    if (row === this.row) return this.here;
    if (this.aside.moment.row !== row) this.aside.moment.cursor.seek(row);
    return this.aside;
  }

  private seat(cursor: Cursor): Seat {
    const moment = new Moment(this.index, cursor);
    return { moment, root: rootObject(moment) };
  }
}

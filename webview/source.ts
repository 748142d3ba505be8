/**
 * Keeps the picture supplied: asks for the rows and tiles that a view
 * needs, one request at a time, the newest first.
 */
import type { TimelineAsks } from '../model/timeline/asks.js';
import type { Tile, TileRequest } from '../model/timeline/tiles.js';
import type { View } from './state.js';
import { displayRowOf, ROW_H, rowKey, type DisplayRows, type Frame } from './picture/viewport.js';

export type AskTile = (request: TileRequest) => Promise<TimelineAsks['tile']['result']>;

/** A tile is wider than the view by this share on each side, so that panning finds something there. */
const OVERSCAN = 0.5;
const ROWS_OVERSCAN = 12;
const COLUMNS_MAX = 6000;
/** A tile is still good whose columns are as wide as this many of those that the view would have. */
const COARSER_MAX = 1.02;
const FINER_MAX = 0.5;

export interface Wanted {
  readonly rowSet: number;
  readonly view: View;
  readonly frame: Frame;
  readonly rows: DisplayRows;
  readonly lanes: readonly number[];
  /** Device pixels per CSS pixel. */
  readonly scale: number;
}

/** The tile request for a view. */
export function requestFor({ rowSet, view, frame, rows, lanes, scale }: Wanted): TileRequest {
  const first = Math.max(0, Math.floor(view.top) - ROWS_OVERSCAN);
  const end = Math.min(rows.length, Math.ceil(view.top + frame.rowsH / ROW_H) + ROWS_OVERSCAN);
  const triples: number[] = [];
  for (let i = first; i < end; i++) {
    const row = rows.at(i)!;
    triples.push(row.group, row.first, row.count);
  }
  const span = view.until - view.from;
  return {
    rowSet,
    rows: Int32Array.from(triples),
    from: view.from - span * OVERSCAN,
    until: view.until + span * OVERSCAN,
    columns: Math.min(COLUMNS_MAX, Math.ceil(frame.plotW * Math.min(2, scale) * (1 + 2 * OVERSCAN))),
    compress: view.compress,
    lanes: Int32Array.from(lanes),
    marks: view.marks,
    tid: view.filter.tid,
  };
}

/** True when a tile shows the view as well as a new one would: same rows, wide enough, about as fine. */
export function isGoodFor(tile: Tile, wanted: Wanted): boolean {
  const { request } = tile;
  const { view } = wanted;
  const sameRows = request.rowSet === wanted.rowSet && request.compress === view.compress;
  const sameMarks = request.marks === view.marks && request.tid === view.filter.tid;
  if (!sameRows || !sameMarks) return false;
  if (request.from > view.from || request.until < view.until) return false;
  const fine = (request.until - request.from) / request.columns;
  const ideal = requestFor(wanted);
  const idealFine = (ideal.until - ideal.from) / ideal.columns;
  if (fine > idealFine * COARSER_MAX || fine < idealFine * FINER_MAX) return false;
  if (ideal.lanes.some((lane) => !request.lanes.includes(lane))) return false;
  const have = new Set(Array.from(tile.rowFirst, (_, row) => rowKey(displayRowOf(tile, row))));
  const first = Math.floor(view.top);
  for (let i = first; i < Math.min(wanted.rows.length, view.top + wanted.frame.rowsH / ROW_H); i++) {
    if (!have.has(rowKey(wanted.rows.at(i)!))) return false;
  }
  return true;
}

export class TileSource {
  tile: Tile | null = null;
  private busy = false;
  private next: Wanted | null = null;

  constructor(
    private readonly ask: AskTile,
    private readonly arrived: (tile: Tile) => void,
    private readonly lost: () => void,
    private readonly failed: (error: unknown) => void,
  ) {}

  /** Says what is to be seen; asks for a tile unless the present one will do. */
  want(wanted: Wanted): void {
    if (this.tile && isGoodFor(this.tile, wanted)) {
      this.next = null;
      return;
    }
    this.next = wanted;
    if (!this.busy) void this.run();
  }

  /** Forgets the tile: the trace is another one now. */
  drop(): void {
    this.tile = null;
  }

  private async run(): Promise<void> {
    this.busy = true;
    try {
      while (this.next) {
        const wanted = this.next;
        this.next = null;
        const tile = await this.ask(requestFor(wanted));
        if (tile) {
          this.tile = tile;
          this.arrived(tile);
        } else this.lost();
      }
    } catch (error) {
      this.failed(error);
    } finally {
      this.busy = false;
    }
  }
}

/**
 * Tiles: the part of a timeline that a picture needs, as typed arrays that can be transferred between
 * threads. A picture asks for rows, a span of time and a width in columns; the answer has a byte per row,
 * column and plane, and marks, losses, lanes and conversions in columns. What was violated is not in tiles:
 * findings are always drawn in full.
 */

/** Planes of a tile, one byte per cell. */
export const Plane = {
  Shared: 0,
  Private: 1,
  Spte4K: 2,
  Spte2M: 3,
  Spte1G: 4,
  Mapped: 5,
  Referenced: 6,
  Converting: 7,
  Unconverted: 8,
} as const;
export const PLANE_COUNT = 9;
/** Planes of a tile that has rows with two lines of SPTEs: those of the second line. */
export const SECOND_LINE = { Spte4K: 9, Spte2M: 10, Spte1G: 11 } as const;
export const SECOND_LINE_PLANES = 3;

/**
 * Cell values: 0 none of the row's pages at any time in the column, 1 some for a moment, 2..255 their share
 * at its end.
 */
export const CELL_MOMENT = 1;
export const CELL_MIN = 2;
export const CELL_MAX = 255;

export interface TileRequest {
  /** Which row set, as the reply to a rows request named it. */
  readonly rowSet: number;
  /** Triples of group, first row, number of rows; first row -1 is the whole group. */
  readonly rows: Int32Array;
  /** Span in view coordinates, see axis.ts. */
  readonly from: number;
  readonly until: number;
  readonly columns: number;
  readonly compress: boolean;
  /** Lanes wanted, as numbers in TimelineMeta.lanes. */
  readonly lanes: Int32Array;
  /** Mark bits wanted, and the only thread whose marks are wanted (-1: any). */
  readonly marks: number;
  readonly tid: number;
}

export interface Tile {
  readonly request: TileRequest;
  /** First page, one past the last page, and number of pages of each row, in its group's unit. */
  readonly rowFirst: Float64Array;
  readonly rowEnd: Float64Array;
  readonly rowPages: Float64Array;
  /**
   * Columns [rowFrom, rowUntil) in which the row's pages were there at all: before and after there is nothing
   * to know.
   */
  readonly rowFrom: Uint32Array;
  readonly rowUntil: Uint32Array;
  /** Cell of row r, column c and plane p is planes[(p * rows + r) * columns + c]. */
  readonly planes: Uint8Array;
  /**
   * 2 for a row whose pages several VMs bind: SPTEs of the first VM are on the first line, those of others on
   * the second. Else 1.
   */
  readonly spteLines: Uint8Array;
  /** Marks: cell r * columns + c, bits by Mark, how many, and the first event. */
  readonly markCell: Uint32Array;
  readonly markBits: Uint16Array;
  readonly markCount: Uint32Array;
  readonly markRow: Uint32Array;
  /** Columns before which events are missing, ascending, and the event after each gap. */
  readonly lossColumn: Uint32Array;
  readonly lossRow: Uint32Array;
  /** Columns [0, n) are before recording began to be complete; 0 when it was complete from the start. */
  readonly lossUntil: number;
  /**
   * Cell of lane l and column c is at l * columns + c: Actor bits, and twice the logarithm of the number of
   * events.
   */
  readonly laneActors: Uint8Array;
  readonly laneEvents: Uint8Array;
  /**
   * Lanes that were not wanted and have events in the tile's span, the busiest there first, no more than
   * LANES_ELSEWHERE_MAX.
   */
  readonly lanesElsewhere: Uint32Array;
  /**
   * Conversions in flight, by {@link Span}: lane (-1 not shown), column from, column until, conversion, its
   * value as outcome.ts reads it, row of the picture (-1 not shown).
   */
  readonly spans: Int32Array;
  /** Conversions left out of `spans` because there were too many. */
  readonly spansOmitted: number;
}

/** Fields of a conversion in Tile.spans. */
export const Span = { Lane: 0, From: 1, Until: 2, Conversion: 3, Value: 4, Row: 5 } as const;
export const SPAN_FIELDS = 6;
export const LANES_ELSEWHERE_MAX = 64;

/** Fields of a row in TileRequest.rows. */
export const RowField = { Group: 0, First: 1, Count: 2 } as const;
export const ROW_FIELDS = 3;

/** A row that is asked for: rows `first .. first + count` of a group; first -1 is the whole group. */
export interface WantedRow {
  readonly group: number;
  readonly first: number;
  readonly count: number;
}

/** The rows that a request asks for, from their packed fields. */
export function wantedRows(rows: Int32Array): readonly WantedRow[] {
  return Array.from({ length: Math.floor(rows.length / ROW_FIELDS) }, (_, r) => ({
    group: rows[r * ROW_FIELDS + RowField.Group]!,
    first: rows[r * ROW_FIELDS + RowField.First]!,
    count: rows[r * ROW_FIELDS + RowField.Count]!,
  }));
}

/** One of {@link RowField} of row `row` of a tile. */
export function rowField(tile: Tile, row: number, field: number): number {
  return tile.request.rows[row * ROW_FIELDS + field]!;
}

/** Fields of RowsReply.findingRows. */
export const FindingRow = { Finding: 0, Group: 1, First: 2, Last: 3 } as const;
export const FINDING_ROW_FIELDS = 4;

/** Buffers of a tile, for a transfer list. */
export function tileBuffers(tile: Tile): ArrayBuffer[] {
  const columns = [
    tile.rowFirst,
    tile.rowEnd,
    tile.rowPages,
    tile.rowFrom,
    tile.rowUntil,
    tile.planes,
    tile.spteLines,
    tile.markCell,
    tile.markBits,
    tile.markCount,
    tile.markRow,
    tile.lossColumn,
    tile.lossRow,
    tile.laneActors,
    tile.laneEvents,
    tile.lanesElsewhere,
    tile.spans,
  ];
  return columns.map((c) => c.buffer as ArrayBuffer);
}

/** All that a picture is made from, and what layout makes of it. */
import type { FindingReply } from '../../model/timeline/asks.js';
import { FINDING_ROW_FIELDS, FindingRow, type Tile } from '../../model/timeline/tiles.js';
import type { RowsReply, TimelineMeta } from '../../model/timeline/shapes.js';
import type { DrawList } from './drawList.js';
import type { View } from '../state.js';
import type { Bounds, DisplayRows, Frame, RowGroup } from './viewport.js';

/** In TimelineMeta.findingVerdict. */
const UNDECIDABLE = 2;

export interface Scene {
  readonly meta: TimelineMeta;
  readonly rowsReply: RowsReply;
  readonly rows: DisplayRows;
  readonly view: View;
  readonly frame: Frame;
  readonly bounds: Bounds;
  /** Lanes shown, as numbers in meta.lanes. */
  readonly lanes: readonly number[];
  /** How many lanes there are in all, and the number of the first shown among them. */
  readonly laneCount: number;
  readonly lanesTop: number;
  /** The newest tile, which may be of an older view. */
  readonly tile: Tile | null;
  /** Whole groups over the whole trace. */
  readonly minimap: Tile | null;
  /** Detail of the selected finding, for its arrows. */
  readonly finding: FindingReply | null;
  /** Time of the selected event and x of the pointer, NaN for none. */
  readonly selectedTime: number;
  readonly hoverX: number;
}

/** Something that a pointer can meet. */
export interface Hit {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
  readonly kind: 'finding' | 'mark' | 'conversion' | 'group' | 'loss' | 'lanes' | 'active';
  /**
   * Finding, mark in the tile, conversion, group, loss; 0 for the head of
   * the lanes and what it says of other threads.
   */
  readonly index: number;
  /** How many findings the sign stands for; 1 for everything else. */
  readonly count: number;
}

export interface Picture {
  /** Below the bands, and above them. */
  readonly under: DrawList;
  readonly over: DrawList;
  /**
   * Where the tile's picture goes: x and width of the whole tile, and for
   * each row of the tile its y, NaN when not shown.
   */
  readonly bands: { readonly x: number; readonly w: number; readonly y: Float32Array };
  readonly hits: readonly Hit[];
}

/** x of a column edge of a tile in the present view. */
export function xOfColumn(scene: Scene, tile: Tile, column: number): number {
  const at = tile.request.from + ((tile.request.until - tile.request.from) * column) / tile.request.columns;
  const { frame, view } = scene;
  return frame.plotX + ((at - view.from) / (view.until - view.from)) * frame.plotW;
}

/** Rows of findings in a group that stand alone, at most: more say nothing each. */
const ALONE_MAX = 64;

/** Groups with the rows of faults, which are merged with none. */
export function groupsOf({ groups, findingRows }: RowsReply, meta: TimelineMeta): readonly RowGroup[] {
  const rows = groups.map(() => new Set<number>());
  for (let at = 0; at < findingRows.length; at += FINDING_ROW_FIELDS) {
    const isUndecided = meta.findingVerdict[findingRows[at + FindingRow.Finding]!] === UNDECIDABLE;
    const own = rows[findingRows[at + FindingRow.Group]!]!;
    const last = findingRows[at + FindingRow.Last]!;
    for (let row = findingRows[at + FindingRow.First]!; row <= last && !isUndecided; row++)
      if (own.size < ALONE_MAX) own.add(row);
      else break;
  }
  return groups.map((group, g) => ({ ...group, alone: [...rows[g]!].sort((a, b) => a - b) }));
}

/** Where rows show a finding, in the first group that does; undefined when none does. */
export function placeOfFinding(
  { findingRows }: RowsReply,
  finding: number,
): { readonly group: number; readonly first: number } | undefined {
  for (let at = 0; at < findingRows.length; at += FINDING_ROW_FIELDS) {
    if (findingRows[at + FindingRow.Finding] === finding)
      return { group: findingRows[at + FindingRow.Group]!, first: findingRows[at + FindingRow.First]! };
  }
  return undefined;
}

/**
 * A table that was kept, of which a row is looked up before the columns of its segment are there: a click
 * asks for a hundred rows of as many places, and not for all that lies between.
 */
import type { SegmentPieces } from './keptRows.js';
import { SEGMENT_MASK, SEGMENT_SHIFT } from './segment.js';
import { EventTable } from './table.js';

/** Who has asked for so many pieces of a segment will ask for more: its columns are read. */
const PIECES_MAX = 48;

export class KeptTable extends EventTable {
  constructor(
    table: EventTable,
    /** By segment. */
    private readonly pieces: readonly SegmentPieces[],
  ) {
    super(
      table.length,
      table.segments,
      table.meta,
      table.names,
      table.comms,
      table.issues,
      table.losses,
      table.stacks,
      table.unread,
    );
  }

  /** The rows of a segment whose columns are not there; undefined where they are, or had better be. */
  private of(row: number): SegmentPieces | undefined {
    const segment = this.pieces[row >>> SEGMENT_SHIFT];
    return segment === undefined || segment.isOver || segment.count > PIECES_MAX ? undefined : segment;
  }

  override ts(row: number): number {
    return this.of(row)?.number('ts', row & SEGMENT_MASK) ?? super.ts(row);
  }
  override at(row: number): number {
    return this.of(row)?.at(row & SEGMENT_MASK) ?? super.at(row);
  }
  override line(row: number): number {
    return this.of(row)?.line(row & SEGMENT_MASK) ?? super.line(row);
  }
  override cpu(row: number): number {
    return this.of(row)?.number('cpu', row & SEGMENT_MASK) ?? super.cpu(row);
  }
  override tid(row: number): number {
    return this.of(row)?.number('tid', row & SEGMENT_MASK) ?? super.tid(row);
  }
  override tgid(row: number): number {
    return this.of(row)?.number('tgid', row & SEGMENT_MASK) ?? super.tgid(row);
  }
  override kind(row: number): number {
    return this.of(row)?.below('kind', row & SEGMENT_MASK) ?? super.kind(row);
  }
  override nameId(row: number): number {
    return this.of(row)?.below('name', row & SEGMENT_MASK) ?? super.nameId(row);
  }
  override commId(row: number): number {
    return this.of(row)?.below('comm', row & SEGMENT_MASK) ?? super.commId(row);
  }
}

/**
 * A table that was kept, of which a row is looked up before the columns of its segment are there: a click
 * asks for a hundred rows of as many places, and not for all that lies between.
 */
import type { RowsAtHand } from './fewRows.js';
import type { SegmentPieces } from './keptRows.js';
import type { RowFacts } from './rowFacts.js';
import { SEGMENT_MASK, SEGMENT_SHIFT } from './segment.js';
import { hasSlot, readBig, readSlot, type Payloads } from './slots.js';
import { EventTable } from './table.js';

/** So many rows are at hand, of which a page's life is told. */
const AT_HAND_MAX = 1 << 13;

export class KeptTable extends EventTable {
  private readonly atHand = new Map<number, RowFacts>();
  /** Who asks for one slot of an event asks for others of it. */
  private last: { readonly row: number; readonly payload: Payloads } | undefined;

  constructor(
    table: EventTable,
    /** By segment. */
    private readonly pieces: readonly SegmentPieces[],
    /** Rows that the report names: it is told from row to row, all over the trace. */
    private readonly named?: RowsAtHand,
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
    return segment === undefined || segment.isOver || segment.isMuchAsked ? undefined : segment;
  }

  /** The payload of a row, at 1 of a pool; undefined where that of its segment is there, or had better be. */
  private payload(row: number): Payloads | undefined {
    if (this.last?.row === row) return this.last.payload;
    const segment = this.pieces[row >>> SEGMENT_SHIFT];
    if (segment === undefined || segment.isPoolOver || segment.isPoolMuchAsked) return undefined;
    const i = row & SEGMENT_MASK;
    const p = this.of(row)?.number('payload', i) ?? this.segments[row >>> SEGMENT_SHIFT]!.payload[i]!;
    const payload = segment.payload(p);
    if (payload) this.last = { row, payload };
    return payload;
  }

  /** Says of a row what was found beside an operation. */
  give(row: number, facts: RowFacts): void {
    if (facts.name >= this.names.size || facts.comm >= this.comms.size) return;
    if (row >= this.length || this.pieces[row >>> SEGMENT_SHIFT]?.isOver !== false) return;
    if (this.atHand.size >= AT_HAND_MAX) this.atHand.clear();
    this.atHand.set(row, facts);
  }

  /** A number of a row; undefined where that of its segment is there, or had better be. */
  private number(column: 'ts' | 'cpu' | 'tid' | 'tgid', row: number): number | undefined {
    const pieces = this.of(row);
    return pieces && (this.named?.of(column, row) ?? pieces.number(column, row & SEGMENT_MASK));
  }

  override ts(row: number): number {
    return this.atHand.get(row)?.ts ?? this.number('ts', row) ?? super.ts(row);
  }
  override at(row: number): number {
    const pieces = this.of(row);
    const at = this.atHand.get(row)?.at ?? (pieces && this.named?.of('at', row));
    return at ?? pieces?.at(row & SEGMENT_MASK) ?? super.at(row);
  }
  override toNext(row: number): number {
    return this.atHand.get(row)?.toNext ?? super.toNext(row);
  }
  override line(row: number): number {
    return this.atHand.get(row)?.line ?? this.of(row)?.line(row & SEGMENT_MASK) ?? super.line(row);
  }
  override timeAt(row: number): number {
    return this.atHand.get(row)?.timeAt ?? this.of(row)?.timeAt(row & SEGMENT_MASK) ?? super.timeAt(row);
  }
  override columnAt(row: number): number {
    return this.atHand.get(row)?.column ?? -1;
  }
  override cpu(row: number): number {
    return this.atHand.get(row)?.cpu ?? this.number('cpu', row) ?? super.cpu(row);
  }
  override tid(row: number): number {
    return this.atHand.get(row)?.tid ?? this.number('tid', row) ?? super.tid(row);
  }
  override tgid(row: number): number {
    return this.number('tgid', row) ?? super.tgid(row);
  }
  override kind(row: number): number {
    return this.of(row)?.below('kind', row & SEGMENT_MASK) ?? super.kind(row);
  }
  override has(row: number, slot: number): boolean {
    const payload = this.payload(row);
    return payload ? hasSlot(payload, 1, slot) : super.has(row, slot);
  }
  override num(row: number, slot: number): number {
    const payload = this.payload(row);
    return payload ? readSlot(payload, 1, slot) : super.num(row, slot);
  }
  override big(row: number, slot: number): bigint | undefined {
    const payload = this.payload(row);
    return payload ? readBig(payload, 1, slot) : super.big(row, slot);
  }
  override nameId(row: number): number {
    return this.atHand.get(row)?.name ?? this.of(row)?.below('name', row & SEGMENT_MASK) ?? super.nameId(row);
  }
  override commId(row: number): number {
    return this.atHand.get(row)?.comm ?? this.of(row)?.below('comm', row & SEGMENT_MASK) ?? super.commId(row);
  }
  override name(row: number): string {
    return (this.of(row) && this.named?.of('name', row)) ?? super.name(row);
  }
  override comm(row: number): string {
    return (this.of(row) && this.named?.of('comm', row)) ?? super.comm(row);
  }
}

/**
 * Rows that one thread reads and another one has while the table is still made: full segments, whose columns
 * lie in memory that both share, and what is known besides. What is handed over is plain data.
 */
import { Interner, type Slices } from '../base/intern.js';
import type { Issue, LossMark } from './issues.js';
import { Segment, SEGMENT_ROWS, type SegmentParts } from './segment.js';
import {
  EventTable,
  type StackMark,
  type TableBuilder,
  type TableGrowth,
  type TraceMeta,
  type UnreadEvents,
} from './table.js';

/** What came since the rows that were handed over before. */
export interface HandedRows {
  /** They follow those before; all but the last of all are full. */
  readonly segments: readonly SegmentParts[];
  readonly names: Slices;
  readonly comms: Slices;
  /** By {@link lossNumbers}. */
  readonly losses: Float64Array;
  /** Of all rows. */
  readonly meta: Readonly<TraceMeta>;
  readonly unread: readonly UnreadEvents[];
}

/** A table as far as it was read, and how it goes on from the one before. */
export interface ReadRows {
  readonly table: EventTable;
  readonly growth: TableGrowth;
}

/** The last rows, and what is known only then. */
export interface LastRows extends HandedRows {
  /** True where the rows that were handed over are none of this table. */
  readonly isOther: boolean;
  /** True where some of them say something else than they did then; what is missing is told of all rows. */
  readonly isReworked: boolean;
  readonly issues: readonly Issue[];
  readonly stacks: readonly StackMark[];
}

/** Numbers of a loss. */
const LOSS_NUMBERS = 6;

/** There may be very many: as numbers they cost a message next to nothing. */
function lossNumbers(losses: readonly LossMark[]): Float64Array {
  const numbers = new Float64Array(losses.length * LOSS_NUMBERS);
  for (const [i, { row, cpu, count, offset, line, fromStart }] of losses.entries())
    numbers.set([row, cpu, count, offset, line, Number(fromStart)], i * LOSS_NUMBERS);
  return numbers;
}

function* lossesIn(numbers: Float64Array): Generator<LossMark> {
  for (let i = 0; i < numbers.length; i += LOSS_NUMBERS) {
    const [row, cpu, count, offset, line, fromStart] = numbers.subarray(i, i + LOSS_NUMBERS);
    yield { row: row!, cpu: cpu!, count: count!, offset: offset!, line: line!, fromStart: fromStart === 1 };
  }
}

/** What is handed over as far as it is new. */
type Added = 'segments' | 'names' | 'comms' | 'losses';

/** The end of the thread that reads. */
export class HandingOver {
  private segments = 0;
  private names = 0;
  private comms = 0;
  private losses = 0;
  private builder: TableBuilder | undefined;

  constructor(private readonly give: (rows: HandedRows) => void) {}

  /** Hands over the rows of a builder, which has none yet. */
  of(builder: TableBuilder): void {
    this.builder = builder;
    const { meta, names, comms, losses } = builder;
    builder.handOver((segments) =>
      this.give({ ...this.since({ segments, names, comms, losses }), meta, unread: builder.unreadSoFar }),
    );
  }

  /** What a table that was read has besides. */
  last(table: EventTable): LastRows {
    const { meta, unread, issues, stacks } = table;
    const { builder } = this;
    const isOther = builder?.names !== table.names;
    if (isOther) this.segments = this.names = this.comms = this.losses = 0;
    const isReworked = builder !== undefined && (builder.wasReworked || builder.disowned > 0);
    if (isReworked) this.losses = 0;
    return { ...this.since(table), meta, unread, isOther, isReworked, issues, stacks };
  }

  private since({ segments, names, comms, losses }: Pick<EventTable, Added>): Pick<HandedRows, Added> {
    const rows = {
      segments: segments.slice(this.segments).map(({ parts }) => parts),
      names: names.slicesFrom(this.names),
      comms: comms.slicesFrom(this.comms),
      losses: lossNumbers(losses.slice(this.losses)),
    };
    this.segments = segments.length;
    this.names = names.size;
    this.comms = comms.size;
    this.losses = losses.length;
    return rows;
  }
}

/** The other thread's end. */
export class HandedTable {
  private segments: Segment[] = [];
  private names = new Interner();
  private comms = new Interner();
  private losses: LossMark[] = [];
  private known: Pick<HandedRows, 'meta' | 'unread'> | undefined;

  /** Rows that were handed over, all in full segments. */
  get length(): number {
    return this.segments.length * SEGMENT_ROWS;
  }

  take(rows: HandedRows): void {
    this.segments.push(...rows.segments.map((parts) => Segment.ofParts(parts)));
    this.names.goOn(rows.names);
    this.comms.goOn(rows.comms);
    for (const loss of lossesIn(rows.losses)) this.losses.push(loss);
    this.known = rows;
  }

  /** The table of the rows so far, as one that goes on. */
  soFar(): ReadRows {
    const { meta, unread } = this.known!;
    // An array of its own: that of the next table is a longer one.
    const segments = [...this.segments];
    const table = this.tableOf(segments, this.length, { meta, unread, losses: [...this.losses] });
    return { table, growth: { goesOn: true, segments, lastingRows: table.length } };
  }

  /** The whole table. */
  end(rows: LastRows): ReadRows {
    const { isOther, isReworked } = rows;
    if (isOther) Object.assign(this, new HandedTable());
    if (isReworked) this.losses = [];
    this.take(rows);
    const { segments } = this;
    const last = segments[segments.length - 1]!;
    const length = this.length - SEGMENT_ROWS + last.length;
    const table = this.tableOf(segments, length, { ...rows, losses: this.losses });
    return { table, growth: { goesOn: !isOther && !isReworked, segments, lastingRows: -1 } };
  }

  private tableOf(
    segments: readonly Segment[],
    length: number,
    known: Pick<EventTable, 'meta' | 'unread' | 'losses'> & Partial<Pick<EventTable, 'issues' | 'stacks'>>,
  ): EventTable {
    const { meta, unread, losses, issues = [], stacks = [] } = known;
    return new EventTable(length, segments, meta, this.names, this.comms, issues, losses, stacks, unread);
  }
}

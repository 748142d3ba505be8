/**
 * An index that was kept, by which the operations of one page are read where they lie: each bucket has its
 * operations as they are, one behind the other, so that a page's history takes a few pieces of it.
 */
import type { Pieces } from '../../parsers/base/pieces.js';
import { endsStep } from '../../parsers/base/steps.js';
import {
  ROW_FACTS_BYTES,
  rowFactsIn,
  writeRowFacts,
  type ColumnOf,
  type RowFacts,
} from '../../parsers/events/rowFacts.js';
import type { EventTable } from '../../parsers/events/table.js';
import type { Analysis } from '../analysis.js';
import { Op, OpLog, type OpCode } from '../ops/oplog.js';
import { bucketKeys, findBucket, OpIndex, type IndexColumns, type PageOps } from '../pages/opindex.js';
import { rangeOwner, rangeSpace } from '../pages/space.js';
import type { PageTrack } from '../pages/joinedPage.js';
import { OP_MAX } from './operations.js';

/** Operations of a part of the records. */
export const RECORDS_A_PART = 1 << 14;
const OPERATION_BYTES = 48;
/** Behind an operation is what is told of its row. */
const RECORD_BYTES = OPERATION_BYTES + ROW_FACTS_BYTES;
/** A history of more operations is read with all others. */
const OPERATIONS_MAX = 20_000;
/** Who has asked for so many pages asks for all of them. */
const PAGES_MAX = 128;
/** Losses are of every page. */
const LOSSES_MAX = 256;

/** Where an index lies. */
export interface KeptColumns {
  /** A column, by its name; undefined where there is none. */
  pieces(name: keyof IndexColumns): Pieces | undefined;
  /** How many numbers a column has. */
  length(name: keyof IndexColumns): number;
  /** Records of {@link RECORDS_A_PART} operations of the buckets. */
  records(part: number): Pieces;
  /** Hears what is told of a row of a page that is asked for. */
  give(row: number, facts: RowFacts): void;
}

/** The operations of all buckets as records, a part after the other, some thousand of them a step. */
export function* recordParts(
  ops: OpLog,
  entries: Uint32Array,
  table: EventTable,
  columnOf: ColumnOf,
): Generator<Uint8Array | undefined> {
  for (let from = 0; from < entries.length; from += RECORDS_A_PART) {
    const count = Math.min(RECORDS_A_PART, entries.length - from);
    const bytes = new ArrayBuffer(count * RECORD_BYTES);
    const [words, numbers] = [new Uint32Array(bytes), new Float64Array(bytes)];
    for (let k = 0; k < count; k++) {
      if (endsStep(k)) yield undefined;
      const i = entries[from + k]!;
      const [w, n] = [(k * RECORD_BYTES) / 4, (k * RECORD_BYTES) / 8];
      words[w] = i;
      words[w + 1] = ops.row(i);
      // Two's complement, as it is read again.
      words[w + 2] = ops.subject(i);
      words[w + 3] = ops.op(i);
      numbers[n + 2] = ops.first(i);
      numbers[n + 3] = ops.count(i);
      numbers[n + 4] = ops.value(i);
      numbers[n + 5] = ops.aux(i);
      writeRowFacts(table, ops.row(i), { numbers, words }, k * RECORD_BYTES + OPERATION_BYTES, columnOf);
    }
    yield new Uint8Array(bytes);
  }
}

/** An operation, and its place among all. */
interface Found {
  readonly i: number;
  readonly op: OpCode;
  readonly subject: number;
  readonly row: number;
  readonly first: number;
  readonly count: number;
  readonly value: number;
  readonly aux: number;
}

/** What is kept is not what an index is. */
class Damaged extends Error {}

const needed = (n: number | undefined): number => {
  if (n === undefined) throw new Damaged();
  return n;
};

export class KeptIndex extends OpIndex {
  private readonly parts: Pieces[] = [];
  private isDamaged = false;
  private asked = 0;

  /** `whole` reads all columns, or makes them anew. */
  constructor(
    private readonly of: Analysis,
    private readonly kept: KeptColumns,
    whole: () => IndexColumns,
  ) {
    super(of, whole);
  }

  override opsOf(tracks: readonly PageTrack[]): PageOps {
    if (this.isWhole || this.isDamaged || ++this.asked > PAGES_MAX) return super.opsOf(tracks);
    try {
      return this.lookUp(tracks) ?? super.opsOf(tracks);
    } catch (error) {
      if (!(error instanceof Damaged)) throw error;
      this.isDamaged = true;
      return super.opsOf(tracks);
    }
  }

  /** Undefined where there are too many. */
  private lookUp(tracks: readonly PageTrack[]): PageOps | undefined {
    const found: Found[] = [];
    for (const track of tracks) if (!this.gather(track, found)) return undefined;
    if (!this.gatherLosses(found)) return undefined;
    found.sort((a, b) => a.i - b.i);
    const once = found.filter(({ i }, at) => at === 0 || i !== found[at - 1]!.i);
    return { ops: new FewOps(once), mine: Uint32Array.from(once, (_, at) => at) };
  }

  private gather({ space, subject, page }: PageTrack, into: Found[]): boolean {
    const slots = this.column('slots');
    const keys = this.column('keys');
    const starts = this.column('starts');
    for (const key of bucketKeys(space, subject, page)) {
      const id = findBucket(key, this.kept.length('slots'), this.kept.length('keys'), slots, keys);
      if (id < 0) continue;
      const [from, until] = [starts(id), starts(id + 1)];
      if (until - from > OPERATIONS_MAX || into.length > OPERATIONS_MAX) return false;
      for (let e = from; e < until; e++) {
        const [part, at] = [this.part(e), (e % RECORDS_A_PART) * RECORD_BYTES];
        const first = needed(part.number('f64', at + 16));
        if (page < first || page >= first + needed(part.number('f64', at + 24))) continue;
        const record = this.record(part, at, first);
        const isOf = rangeOwner(this.of, record.op, record.subject) === subject;
        if (!isOf || rangeSpace(this.of, record.op, record.subject) !== space) continue;
        into.push(record);
        const facts = rowFactsIn(part, at + OPERATION_BYTES);
        if (facts) this.kept.give(record.row, facts);
      }
    }
    return true;
  }

  override fill(columns: IndexColumns): void {
    super.fill(columns);
    this.parts.length = 0;
  }

  private column(name: 'slots' | 'keys' | 'starts'): (i: number) => number {
    const pieces = this.kept.pieces(name);
    const form = ({ slots: 'i32', keys: 'f64', starts: 'u32' } as const)[name];
    const width = form === 'f64' ? 8 : 4;
    return (i) => needed(pieces?.number(form, i * width));
  }

  private part(e: number): Pieces {
    const part = Math.floor(e / RECORDS_A_PART);
    this.parts[part] ??= this.kept.records(part);
    return this.parts[part];
  }

  private record(part: Pieces, at: number, first: number): Found {
    const word = (k: number): number => needed(part.number('u32', at + k * 4));
    const double = (k: number): number => needed(part.number('f64', at + k * 8));
    const op = word(3);
    const record = { i: word(0), op: op as OpCode, subject: word(2) | 0, row: word(1), first };
    const isOne = op >= 1 && op <= OP_MAX && op !== Op.Loss && record.subject >= -1;
    if (!isOne || record.i >= this.of.ops.length || record.row > this.of.rowCount) throw new Damaged();
    return { ...record, count: double(3), value: double(4), aux: double(5) };
  }

  private gatherLosses(into: Found[]): boolean {
    const count = this.kept.length('losses');
    const pieces = this.kept.pieces('losses');
    if (count > LOSSES_MAX) return false;
    const { ops } = this.of;
    for (let k = 0; k < count; k++) {
      const i = needed(pieces?.number('u32', k * 4));
      if (i >= ops.length || ops.op(i) !== Op.Loss) throw new Damaged();
      const [op, subject, row] = [ops.op(i), ops.subject(i), ops.row(i)];
      const [first, pages, value, aux] = [ops.first(i), ops.count(i), ops.value(i), ops.aux(i)];
      into.push({ i, op, subject, row, first, count: pages, value, aux });
    }
    return true;
  }
}

/** The operations of a page's history, by themselves. */
class FewOps extends OpLog {
  constructor(private readonly few: readonly Found[]) {
    super();
    this.length = few.length;
  }

  override op(i: number): OpCode {
    return this.few[i]!.op;
  }
  override subject(i: number): number {
    return this.few[i]!.subject;
  }
  override row(i: number): number {
    return this.few[i]!.row;
  }
  override first(i: number): number {
    return this.few[i]!.first;
  }
  override count(i: number): number {
    return this.few[i]!.count;
  }
  override value(i: number): number {
    return this.few[i]!.value;
  }
  override aux(i: number): number {
    return this.few[i]!.aux;
  }
}

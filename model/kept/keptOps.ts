/**
 * Operations that were kept, of which a few are looked up where they lie before all of them are read: those
 * of one event are found by its row, and those of one page in the index (keptIndex.ts).
 */
import { WIDTHS, type NumberForm, type Pieces } from '../../parsers/base/pieces.js';
import { Op, OP_BLOCK_LENGTH, OP_BLOCK_SHIFT, OpLog, type OpBlock, type OpCode } from '../ops/oplog.js';
import { layoutOf, OP_MAX, type OpBounds } from './operations.js';

/** Who has asked for so many pieces passes over all of them; a click asks for some twenty. */
const PIECES_MAX = 1024;
/** So has who has asked for so many numbers. */
const NUMBERS_MAX = 1 << 17;

type Column = keyof OpBlock;

/** Where a column of a block lies. */
interface Place {
  readonly form: NumberForm;
  readonly at: number;
}

export class KeptOps extends OpLog {
  /** All of them are there. */
  isWhole = false;
  private asked = 0;
  private readonly places: readonly Readonly<Record<Column, Place>>[];

  /** `whole` reads all of it, from the trace where what is kept is damaged. */
  private constructor(
    length: number,
    layout: readonly Readonly<Record<Column, Place>>[],
    private readonly bounds: OpBounds,
    private readonly pieces: Pieces,
    private readonly whole: () => OpLog,
  ) {
    super();
    this.length = length;
    this.places = layout;
  }

  /** Undefined where the forms are none of so many operations. */
  static of(
    { length, forms }: { readonly length: number; readonly forms: string },
    bounds: OpBounds,
    pieces: Pieces,
    whole: () => OpLog,
  ): KeptOps | undefined {
    const layout = layoutOf(length, forms);
    return layout && new KeptOps(length, layout, bounds, pieces, whole);
  }

  override get blocks(): readonly OpBlock[] {
    this.readAll();
    return super.blocks;
  }

  /** Gives it all operations, where nobody has asked for them yet. */
  fill({ blocks, length }: OpLog): void {
    if (this.isWhole) return;
    this.isWhole = true;
    this.pieces.forget();
    this.list.push(...blocks);
    this.length = length;
  }

  private readAll(): void {
    if (!this.isWhole) this.fill(this.whole());
  }

  /** A number of operation `i`; undefined where all of them are there, or had better be. */
  private number(column: Column, i: number): number | undefined {
    if (this.isWhole || !(i >= 0 && i < this.length)) return undefined;
    const { form, at } = this.places[i >>> OP_BLOCK_SHIFT]![column];
    const n =
      ++this.asked > NUMBERS_MAX || this.pieces.count > PIECES_MAX
        ? undefined
        : this.pieces.number(form, at + (i & (OP_BLOCK_LENGTH - 1)) * WIDTHS[form]);
    if (n === undefined) this.readAll();
    return n;
  }

  /** The same, where it is one that an operation has. */
  private checked(n: number | undefined, isOne: boolean): number | undefined {
    if (n !== undefined && !isOne) this.readAll();
    return isOne ? n : undefined;
  }

  override op(i: number): OpCode {
    const n = this.number('op', i);
    return (this.checked(n, n !== undefined && n >= 1 && n <= OP_MAX) as OpCode | undefined) ?? super.op(i);
  }
  override subject(i: number): number {
    const n = this.number('subject', i);
    const isOne = n !== undefined && n >= -1 && (n < this.bounds.conversions || this.op(i) !== Op.Phase);
    return this.checked(n, isOne) ?? super.subject(i);
  }
  override row(i: number): number {
    const n = this.number('row', i);
    return this.checked(n, n !== undefined && n <= this.bounds.rows) ?? super.row(i);
  }
  override first(i: number): number {
    return this.number('first', i) ?? super.first(i);
  }
  override count(i: number): number {
    return this.number('count', i) ?? super.count(i);
  }
  override value(i: number): number {
    return this.number('value', i) ?? super.value(i);
  }
  override aux(i: number): number {
    return this.number('aux', i) ?? super.aux(i);
  }
}

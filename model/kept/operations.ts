/**
 * Operations as bytes that can be written down and read back: block by block, column by column, each in as
 * many bytes as it has in memory, so that nothing is copied number by number.
 */
import { allSteps } from '../../parsers/base/steps.js';
import { WIDTHS, type NumberForm } from '../../parsers/base/pieces.js';
import { Op, OP_BLOCK_LENGTH, OP_BLOCK_SHIFT, OpLog, type OpBlock } from '../ops/oplog.js';

/** Columns of a block in their order, and the forms that each may have. */
const FORMS = {
  op: [Uint8Array],
  subject: [Int16Array, Int32Array],
  row: [Uint32Array],
  first: [Uint32Array, Float64Array],
  count: [Uint16Array, Uint32Array, Float64Array],
  value: [Int32Array, Float64Array],
  aux: [Int16Array, Int32Array, Float64Array],
} as const;
const COLUMNS = Object.keys(FORMS) as readonly (keyof OpBlock)[];
const ALIGNED = 8;
export const OP_MAX = Math.max(...Object.values(Op));

/** Operations of a block of a log. */
const filled = (length: number, block: number): number =>
  Math.min(OP_BLOCK_LENGTH, length - (block << OP_BLOCK_SHIFT));

/** The columns of all blocks, as far as they are filled. */
export function* columnsOf(ops: OpLog): Generator<ArrayBufferView> {
  for (const [i, block] of ops.blocks.entries())
    for (const name of COLUMNS) yield block[name].subarray(0, filled(ops.length, i));
}

/** The form of each of them: an index into {@link FORMS}, a digit each. */
export function formsOf(ops: OpLog): string {
  return ops.blocks
    .flatMap((block) => COLUMNS.map((name) => FORMS[name].findIndex((form) => block[name] instanceof form)))
    .join('');
}

/** Of the forms above, how a number is read where it lies. */
const NUMBERS = {
  op: ['u8'],
  subject: ['i16', 'i32'],
  row: ['u32'],
  first: ['u32', 'f64'],
  count: ['u16', 'u32', 'f64'],
  value: ['i32', 'f64'],
  aux: ['i16', 'i32', 'f64'],
} as const satisfies Readonly<Record<keyof OpBlock, readonly NumberForm[]>>;

type Layout = Record<keyof OpBlock, { readonly form: NumberForm; readonly at: number }>;

/** Where the columns of each block lie; undefined where the forms are none of so many operations. */
export function layoutOf(length: number, forms: string): readonly Readonly<Layout>[] | undefined {
  const count = Math.ceil(length / OP_BLOCK_LENGTH);
  if (forms.length !== count * COLUMNS.length) return undefined;
  const blocks: Layout[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    const block: Partial<Layout> = {};
    for (const [c, name] of COLUMNS.entries()) {
      const form = NUMBERS[name][Number(forms[i * COLUMNS.length + c])];
      if (form === undefined) return undefined;
      at = Math.ceil(at / ALIGNED) * ALIGNED;
      block[name] = { form, at };
      at += filled(length, i) * WIDTHS[form];
    }
    blocks.push(block as Layout);
  }
  return blocks;
}

/** What {@link isLog} asks of operations besides their form. */
export interface OpBounds {
  readonly rows: number;
  readonly conversions: number;
}

/**
 * The log of `length` operations whose columns lie one after another in `bytes`; undefined where they are
 * none of an analysis with these bounds.
 */
export function logOf(
  length: number,
  forms: string,
  bytes: ArrayBuffer,
  bounds: OpBounds,
): OpLog | undefined {
  return allSteps(logInSteps(length, forms, bytes, bounds));
}

/** The same, a block of operations a step. */
export function* logInSteps(
  length: number,
  forms: string,
  bytes: ArrayBuffer,
  bounds: OpBounds,
): Generator<undefined, OpLog | undefined> {
  const count = Math.ceil(length / OP_BLOCK_LENGTH);
  if (forms.length !== count * COLUMNS.length) return undefined;
  const blocks: OpBlock[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    const block: Record<string, unknown> = {};
    const rows = filled(length, i);
    for (const [c, name] of COLUMNS.entries()) {
      const form = FORMS[name][Number(forms[i * COLUMNS.length + c])];
      at = Math.ceil(at / ALIGNED) * ALIGNED;
      if (form === undefined || at + rows * form.BYTES_PER_ELEMENT > bytes.byteLength) return undefined;
      block[name] = new form(bytes, at, rows);
      at += rows * form.BYTES_PER_ELEMENT;
    }
    blocks.push(block as unknown as OpBlock);
  }
  const isOne = at === bytes.byteLength && (yield* isLog(blocks, bounds));
  return isOne ? OpLog.ofBlocks(length, blocks) : undefined;
}

/** True for operations that there are, in the order of rows that there are. */
function* isLog(blocks: readonly OpBlock[], { rows, conversions }: OpBounds): Generator<undefined, boolean> {
  let last = 0;
  for (const { op, row, subject } of blocks) {
    yield;
    for (let i = 0; i < op.length; i++) {
      const code = op[i]!;
      if (code < 1 || code > OP_MAX || row[i]! < last || row[i]! > rows) return false;
      if (subject[i]! < -1 || (code === Op.Phase && subject[i]! >= conversions)) return false;
      last = row[i]!;
    }
  }
  return true;
}

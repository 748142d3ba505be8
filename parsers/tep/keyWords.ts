/**
 * Of what a text of a print format is made: one or two words of a record, where it is no more than that. What
 * was printed of the same words is printed again.
 */
import type { Expr } from './cexpr.js';
import { namedType } from './ctype.js';
import { compileNum } from './numbers.js';
import type { RecordBytes, TraceContext } from './record.js';
import { findField, type EventFormat } from './tep.js';

const ALL = (1n << 64n) - 1n;
const WORDS_MAX = 2;
/** Calls whose text is made of their first argument and of constants. */
const BY_FIRST = new Set([
  ...['__print_flags', '__print_flags_u64'],
  ...['__print_symbolic', '__print_symbolic_u64'],
]);
const NOTHING: RecordBytes = { bytes: new Uint8Array(0), start: 0, end: 0 };

/** A part of a field of at most four bytes, little-endian. */
export interface KeySource {
  readonly offset: number;
  readonly size: number;
  /** Where the whole field ends: a record that ends within it has none of it. */
  readonly limit: number;
  mask: number;
}

const NO_SOURCE: KeySource = { offset: 0, size: 0, limit: 0, mask: 0 };

export class KeyWords {
  constructor(
    readonly first: KeySource,
    readonly second: KeySource,
  ) {}

  low(record: RecordBytes): number {
    return wordOf(this.first, record);
  }

  high(record: RecordBytes): number {
    return wordOf(this.second, record);
  }
}

function wordOf({ offset, size, limit, mask }: KeySource, { bytes, start, end }: RecordBytes): number {
  if (size === 0 || start + limit > end) return 0;
  const at = start + offset;
  let word = bytes[at]!;
  if (size > 1) word |= bytes[at + 1]! << 8;
  if (size > 2) word |= (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
  return word & mask;
}

/** The words that an expression is made of; undefined where these are more, or nobody knows. */
export function keyWordsOf(expr: Expr, format: EventFormat, context: TraceContext): KeyWords | undefined {
  const sources = new Sources(format, context);
  if (!sources.collect(expr, ALL) || sources.all.length > WORDS_MAX) return undefined;
  return new KeyWords(sources.all[0] ?? NO_SOURCE, sources.all[1] ?? NO_SOURCE);
}

class Sources {
  readonly all: KeySource[] = [];

  constructor(
    private readonly format: EventFormat,
    private readonly context: TraceContext,
  ) {}

  /** Takes the fields of an expression of which some bits are used; false for what it does not know. */
  collect(expr: Expr, mask: bigint): boolean {
    switch (expr.op) {
      case 'num':
      case 'str':
      case 'name':
      case 'sizeof':
        return true;
      case 'field':
        return this.field(expr.name, mask);
      case 'cast':
        return this.collect(expr.item, namedType(expr.type, this.context.longSize).signed ? ALL : mask);
      case 'unary':
        return this.collect(expr.item, ALL);
      case 'binary': {
        const { operator, left, right } = expr;
        if (operator !== '&') return this.collect(left, ALL) && this.collect(right, ALL);
        const [a, b] = [this.constant(left), this.constant(right)];
        if (b !== undefined) return this.collect(left, mask & b);
        return a === undefined
          ? this.collect(left, ALL) && this.collect(right, ALL)
          : this.collect(right, mask & a);
      }
      case 'cond':
        return this.collect(expr.test, ALL) && this.collect(expr.yes, ALL) && this.collect(expr.no, ALL);
      case 'call':
        return BY_FIRST.has(expr.name) && expr.args[0] !== undefined && this.collect(expr.args[0], ALL);
      default:
        return false;
    }
  }

  /** The value of an expression without fields, as 64 bits. */
  private constant(expr: Expr): bigint | undefined {
    const bare = new Sources(this.format, this.context);
    if (!bare.collect(expr, ALL) || bare.all.length > 0) return undefined;
    const value = compileNum(expr, this.format, this.context)?.get(NOTHING);
    return value === undefined ? undefined : BigInt.asUintN(64, value);
  }

  private field(name: string, mask: bigint): boolean {
    const field = findField(this.format, name);
    if (!field || field.isArray || field.location !== 'inline' || ![1, 2, 4, 8].includes(field.size))
      return false;
    const { offset, size } = field;
    // Bits beyond the field are those of its sign.
    const used = field.signed || mask >> BigInt(size * 8) !== 0n ? ALL : mask;
    const limit = offset + size;
    this.add({ offset, size: Math.min(size, 4), limit, mask: Number(BigInt.asIntN(32, used)) });
    if (size === 8)
      this.add({ offset: offset + 4, size: 4, limit, mask: Number(BigInt.asIntN(32, used >> 32n)) });
    return true;
  }

  private add(source: KeySource): void {
    if (source.mask === 0) return;
    const same = this.all.find(({ offset, limit }) => offset === source.offset && limit === source.limit);
    if (same) same.mask |= source.mask;
    else this.all.push(source);
  }
}

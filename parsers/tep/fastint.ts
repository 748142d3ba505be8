/**
 * The usual integer conversion, `%u` or `%lx` of a field, by numbers alone: a listing prints tens of millions
 * of them, and a bigint for each is most of its time. Whatever is not usual is left to {@link formatInteger},
 * which this must agree with.
 */
import { TWO_32 } from '../base/words.js';
import type { Expr } from './cexpr.js';
import { ABSENT, lengthSize, pad, STAR, type Spec } from './cprintf.js';
import { namedType } from './ctype.js';
import { smallUnsigned, type RecordBytes, type TraceContext } from './record.js';
import { findField, type EventFormat, type FormatField } from './tep.js';

/** Above this a high word makes a number beyond 2^53. */
const EXACT_HIGH = 1 << 21;
const ALL_ONES = 0xffffffff;
const SIGN_BIT = 0x80000000;
/** Texts of one field's values, or of high words, that are remembered. */
const REMEMBERED = 4096;

/** A field under casts of its own size, and whether the outermost of them is signed. */
function directField(
  expr: Expr,
  format: EventFormat,
  context: TraceContext,
): { field: FormatField; signed: boolean } | undefined {
  if (expr.op === 'field') {
    const field = findField(format, expr.name);
    return field && { field, signed: field.signed };
  }
  if (expr.op !== 'cast' || expr.type[0] === 'struct') return undefined;
  const inner = directField(expr.item, format, context);
  const type = namedType(expr.type, context.longSize);
  return inner && type.size === inner.field.size ? { field: inner.field, signed: type.signed } : undefined;
}

/** A conversion of a field that is usual. */
export interface FastInteger {
  readonly field: FormatField;
  readonly offset: number;
  readonly size: number;
  /** Whether the value of a field of less than 8 bytes is. */
  readonly isSigned: boolean;
  /** Bits by which a field of 8 bytes is shifted to the left: of pages these are bytes. */
  readonly leftShift: number;
  readonly conversion: Conversion;
  /** Characters, at least. */
  readonly width: number;
  /** Zeros fill the width, else blanks before. */
  readonly hasZeros: boolean;
  /** Length of what stands before all but zero. */
  readonly prefix: number;
}

/** What a conversion of a field does; undefined for one that is not usual. */
export function fastInteger(
  spec: Spec,
  arg: Expr,
  format: EventFormat,
  context: TraceContext,
): FastInteger | undefined {
  const { conv, flags, width } = spec;
  const isUsual =
    'diux'.includes(conv) && !/[^0#]/.test(flags) && width !== STAR && spec.precision === ABSENT;
  if (!isUsual) return undefined;
  const leftShift = shiftOf(arg);
  const direct = directField(leftShift > 0 && arg.op === 'binary' ? arg.left : arg, format, context);
  if (!direct || ![1, 2, 4, 8].includes(direct.field.size)) return undefined;
  if (leftShift > 0 && direct.field.size !== 8) return undefined;
  const radix: Conversion['radix'] = conv === 'x' ? 16 : 10;
  const bits = lengthSize(spec.length, context.longSize) * 8;
  return {
    ...{ field: direct.field, offset: direct.field.offset, size: direct.field.size },
    ...{ isSigned: direct.signed, leftShift },
    conversion: { bits, signed: conv === 'd' || conv === 'i', radix },
    width: Math.max(0, width),
    hasZeros: flags.includes('0'),
    prefix: radix === 16 && flags.includes('#') ? PREFIX.length : 0,
  };
}
const PREFIX = '0x';

/** By how many bits an expression shifts to the left what it begins with; 0 for another expression. */
function shiftOf(expr: Expr): number {
  if (expr.op !== 'binary' || expr.operator !== '<<' || expr.right.op !== 'num') return 0;
  return expr.right.value < 32n ? Number(expr.right.value) : 0;
}

/** Compiles a conversion of a field; undefined for one that is not usual. */
export function compileFastInteger(
  spec: Spec,
  fast: FastInteger | undefined,
  context: TraceContext,
): ((record: RecordBytes) => string) | undefined {
  if (!fast || fast.leftShift > 0) return undefined;
  const { flags, width } = spec;
  const { field, conversion, isSigned } = fast;
  const digits =
    field.size === 8 ? wide(field, conversion, context) : narrow(field, isSigned, conversion, context);
  if (width === ABSENT && flags === '') return digits;
  const prefix = fast.prefix > 0 ? PREFIX : '';
  return (r) => {
    const text = digits(r);
    return text.startsWith('-')
      ? pad(text.slice(1), flags, width, '-')
      : pad(text, flags, width, text === '0' ? '' : prefix);
  };
}

/** What a conversion does with an integer. */
export interface Conversion {
  /** Bits of the argument that it reads. */
  readonly bits: number;
  readonly signed: boolean;
  readonly radix: 10 | 16;
}

/** The text of a field of at most 4 bytes, whose type is `isSigned`. */
function narrow(
  field: FormatField,
  isSigned: boolean,
  { bits, signed, radix }: Conversion,
  context: TraceContext,
): (record: RecordBytes) => string {
  const { offset, size } = field;
  const unread = 32 - size * 8;
  const shift = Math.max(0, 32 - bits);
  return (r) => {
    const raw = smallUnsigned(context, r, offset, size);
    const value = isSigned ? (raw << unread) >> unread : raw;
    if (bits < 64) return (signed ? (value << shift) >> shift : (value << shift) >>> shift).toString(radix);
    return signed || value >= 0 ? value.toString(radix) : unsignedText(ALL_ONES, value >>> 0, radix);
  };
}

/** The text of a field of 8 bytes. */
function wide(
  field: FormatField,
  { bits, signed, radix }: Conversion,
  context: TraceContext,
): (record: RecordBytes) => string {
  const { offset } = field;
  const loAt = context.bigEndian ? offset + 4 : offset;
  const hiAt = context.bigEndian ? offset : offset + 4;
  const shift = Math.max(0, 32 - bits);
  return (r) => {
    // A record that ends within the field has none of it.
    const fits = r.start + offset + 8 <= r.end;
    const lo = fits ? smallUnsigned(context, r, loAt, 4) : 0;
    if (bits < 64) return (signed ? (lo << shift) >> shift : (lo << shift) >>> shift).toString(radix);
    const hi = fits ? smallUnsigned(context, r, hiAt, 4) : 0;
    if (signed && hi >= SIGN_BIT)
      return `-${unsignedText((~hi + (lo === 0 ? 1 : 0)) >>> 0, -lo >>> 0, radix)}`;
    return unsignedText(hi, lo, radix);
  };
}

function unsignedText(hi: number, lo: number, radix: number): string {
  if (hi === 0) return lo.toString(radix);
  if (radix === 16) return highHex(hi) + hex4(lo >>> 16) + hex4(lo & 0xffff);
  return hi < EXACT_HIGH ? String(hi * TWO_32 + lo) : String((BigInt(hi) << 32n) | BigInt(lo));
}

/** Texts of 16 bits, made when they are first printed: addresses are most of what is printed. */
const padded: string[] = new Array<string>(0x10000).fill('');

/** Texts of high words, which are few: most addresses lie in a few regions. */
const highs = new Map<number, string>();

function highHex(hi: number): string {
  let known = highs.get(hi);
  if (known === undefined) {
    known = hi.toString(16);
    if (highs.size < REMEMBERED) highs.set(hi, known);
  }
  return known;
}

/** Four hexadecimal digits. */
function hex4(value: number): string {
  let text = padded[value]!;
  if (text === '') {
    text = value.toString(16).padStart(4, '0');
    padded[value] = text;
  }
  return text;
}

/**
 * What `text` makes of a field of at most 4 bytes, made once for each value; `text` itself for any other
 * expression.
 */
export function rememberByField(
  expr: Expr,
  format: EventFormat,
  context: TraceContext,
  text: (record: RecordBytes) => string,
): (record: RecordBytes) => string {
  const direct = directField(expr, format, context);
  if (!direct || ![1, 2, 4].includes(direct.field.size)) return text;
  const { offset, size } = direct.field;
  const known = new Map<number, string>();
  return (r) => {
    const value = smallUnsigned(context, r, offset, size);
    let made = known.get(value);
    if (made === undefined) {
      made = text(r);
      if (known.size < REMEMBERED) known.set(value, made);
    }
    return made;
  };
}

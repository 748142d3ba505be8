/** C printf for the conversions that print formats use. */

/** A width or precision that the format does not have. */
export const ABSENT = -1;
/** A width or precision that is an argument: `*`. */
export const STAR = -2;

export interface Spec {
  readonly flags: string;
  /** {@link ABSENT}, {@link STAR} or a count. */
  readonly width: number;
  /** {@link ABSENT}, {@link STAR} or a count. */
  readonly precision: number;
  /** `hh`, `h`, ``, `l`, `ll`, `z`, `j`, `t`. */
  readonly length: string;
  /** Conversion letter; for `p` the extension follows in `ext`. */
  readonly conv: string;
  /** What follows `%p`: `S`, `s`, `I4`, `M`, `UB`, … */
  readonly ext: string;
}

export type Piece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'spec'; readonly spec: Spec };

const SPEC = /%([-+ #0]*)(\*|\d+)?(?:\.(\*|\d+)?)?(hh|h|ll|l|L|q|z|Z|j|t)?([%diouxXcspn])/y;
/** Extensions of %p: symbols, MAC, IP (with version and modifiers), UUID, raw buffer. */
const POINTER_EXT = /(?:[SsFf]|[Mm][RF]?|[Ii](?:S[pfs]*[hnbl]?c?|4[hnbl]?|6c?)|U[LlBb]?|h[CDN]?)/y;
/** Wider than anything a kernel prints; larger widths are damage. */
const WIDTH_LIMIT = 4096;

/** Splits a format into literal text and conversions; undefined when a conversion is not one of C's. */
export function parsePieces(format: string): Piece[] | undefined {
  const pieces: Piece[] = [];
  let at = 0;
  while (at < format.length) {
    const percent = format.indexOf('%', at);
    if (percent < 0) {
      pieces.push({ kind: 'text', text: format.slice(at) });
      break;
    }
    if (percent > at) pieces.push({ kind: 'text', text: format.slice(at, percent) });
    SPEC.lastIndex = percent;
    const match = SPEC.exec(format);
    if (!match) return undefined;
    at = SPEC.lastIndex;
    const conv = match[5]!;
    if (conv === '%') {
      pieces.push({ kind: 'text', text: '%' });
      continue;
    }
    let ext = '';
    if (conv === 'p') {
      POINTER_EXT.lastIndex = at;
      ext = POINTER_EXT.exec(format)?.[0] ?? '';
      at += ext.length;
    }
    // A point without digits is a precision of zero.
    const point = match[0].includes('.') ? '0' : undefined;
    const spec: Spec = {
      flags: match[1]!,
      width: numberOrStar(match[2]),
      length: match[4] ?? '',
      conv,
      ext,
      precision: numberOrStar(match[3] ?? point),
    };
    pieces.push({ kind: 'spec', spec });
  }
  return pieces;
}

function numberOrStar(text: string | undefined): number {
  if (text === undefined) return ABSENT;
  return text === '*' ? STAR : Math.min(Number(text), WIDTH_LIMIT);
}

/** Bytes of the argument that an integer conversion reads. */
export function lengthSize(length: string, longSize: number): number {
  if (length === 'hh') return 1;
  if (length === 'h') return 2;
  if (length === 'l' || length === 'z' || length === 'Z' || length === 't') return longSize;
  return length === '' ? 4 : 8;
}

/** One integer conversion. `width` and `precision` stand for the spec's own, stars resolved. */
export function formatInteger(
  spec: Spec,
  value: bigint,
  longSize: number,
  width: number,
  precision: number,
): string {
  const bits = lengthSize(spec.length, longSize) * 8;
  if (spec.conv === 'c')
    return pad(String.fromCharCode(Number(BigInt.asUintN(8, value))), spec.flags, width, '');
  const signed = spec.conv === 'd' || spec.conv === 'i';
  const number = signed ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value);
  const magnitude = number < 0n ? -number : number;
  const radix = radixOf(spec.conv);
  let digits = magnitude.toString(radix);
  if (precision === 0 && magnitude === 0n) digits = '';
  if (precision > digits.length) digits = digits.padStart(precision, '0');
  let sign = '';
  if (number < 0n) sign = '-';
  else if (signed && spec.flags.includes('+')) sign = '+';
  else if (signed && spec.flags.includes(' ')) sign = ' ';
  if (spec.flags.includes('#') && magnitude !== 0n) sign += RADIX_PREFIX[radix];
  // A precision turns the zero flag off.
  const flags = precision >= 0 ? spec.flags.replaceAll('0', '') : spec.flags;
  const out = pad(digits, flags, width, sign);
  return spec.conv === 'X' ? out.toUpperCase() : out;
}

const RADIX_PREFIX = { 8: '0', 10: '', 16: '0x' } as const;

function radixOf(conv: string): keyof typeof RADIX_PREFIX {
  if (conv === 'x' || conv === 'X') return 16;
  return conv === 'o' ? 8 : 10;
}

export function formatString(spec: Spec, text: string, width: number, precision: number): string {
  const cut = precision >= 0 ? text.slice(0, precision) : text;
  return pad(cut, spec.flags.replaceAll('0', ''), width, '');
}

/** `sign` and `body` in `width`: blanks before them or, by the flags, behind them, or zeros between. */
export function pad(body: string, flags: string, width: number, sign: string): string {
  const left = flags.includes('-') || width < -1;
  const wanted = Math.min(Math.abs(width), WIDTH_LIMIT);
  const missing = width === -1 ? 0 : wanted - body.length - sign.length;
  if (missing <= 0) return sign + body;
  if (left) return sign + body + ' '.repeat(missing);
  if (flags.includes('0')) return sign + '0'.repeat(missing) + body;
  return ' '.repeat(missing) + sign + body;
}

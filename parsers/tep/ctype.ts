/**
 * The C integer types that print formats use, and arithmetic on them: a value is a bigint in its type's
 * range.
 */
export interface CType {
  /** Bytes: 1, 2, 4 or 8. */
  readonly size: number;
  readonly signed: boolean;
}

export const INT: CType = { size: 4, signed: true };
export const UINT: CType = { size: 4, signed: false };
export const LLONG: CType = { size: 8, signed: true };
export const ULLONG: CType = { size: 8, signed: false };

/** `value` converted to `type`, as a C assignment does. */
export function convert(value: bigint, type: CType): bigint {
  return type.signed ? BigInt.asIntN(type.size * 8, value) : BigInt.asUintN(type.size * 8, value);
}

/** Integer promotion: what is narrower than an int becomes an int. */
export function promote(type: CType): CType {
  return type.size < 4 ? INT : type;
}

/** The common type of a binary operator's operands. */
export function commonType(a: CType, b: CType): CType {
  const left = promote(a);
  const right = promote(b);
  if (left.size !== right.size) return left.size > right.size ? left : right;
  return left.signed ? right : left;
}

const EXACT: ReadonlyMap<string, CType> = new Map([
  ['u8', { size: 1, signed: false }],
  ['s8', { size: 1, signed: true }],
  ['u16', { size: 2, signed: false }],
  ['s16', { size: 2, signed: true }],
  ['u32', UINT],
  ['s32', INT],
  ['u64', ULLONG],
  ['s64', LLONG],
  ['bool', { size: 1, signed: false }],
  ['_Bool', { size: 1, signed: false }],
  ['uint8_t', { size: 1, signed: false }],
  ['int8_t', { size: 1, signed: true }],
  ['uint16_t', { size: 2, signed: false }],
  ['int16_t', { size: 2, signed: true }],
  ['uint32_t', UINT],
  ['int32_t', INT],
  ['uint64_t', ULLONG],
  ['int64_t', LLONG],
  ['gfp_t', UINT],
  ['pid_t', INT],
  ['dev_t', UINT],
  ['umode_t', { size: 2, signed: false }],
  ['loff_t', LLONG],
  ['gpa_t', ULLONG],
  ['gfn_t', ULLONG],
  ['hpa_t', ULLONG],
  ['hfn_t', ULLONG],
  ['kvm_pfn_t', ULLONG],
  ['dma_addr_t', ULLONG],
  ['phys_addr_t', ULLONG],
  ['resource_size_t', ULLONG],
  ['sector_t', ULLONG],
  ['ktime_t', LLONG],
]);
const WORDS = new Set(['unsigned', 'signed', 'long', 'int', 'short', 'char', 'const', 'volatile', 'void']);
const AGGREGATES = new Set(['struct', 'union', 'enum']);

/** True when a type can begin with this word. */
export function isTypeWord(word: string): boolean {
  return WORDS.has(word) || AGGREGATES.has(word) || EXACT.has(word.replace(/^__/, '')) || word.endsWith('_t');
}

/** The type that the words of a declaration name; pointers and unknown types are as wide as a long. */
export function namedType(words: readonly string[], longSize: number): CType {
  const long: CType = { size: longSize, signed: false };
  if (words.includes('*')) return long;
  const plain = words.filter((w) => w !== 'const' && w !== 'volatile');
  if (plain[0] === 'enum') return UINT;
  const exact = plain.length === 1 ? EXACT.get(plain[0]!.replace(/^__/, '')) : undefined;
  if (exact) return exact;
  const signed = !plain.includes('unsigned');
  const longs = plain.filter((w) => w === 'long').length;
  if (longs > 1) return { size: 8, signed };
  if (longs === 1) return { size: longSize, signed };
  if (plain.includes('short')) return { size: 2, signed };
  if (plain.includes('char')) return { size: 1, signed };
  if (plain.includes('int') || plain.includes('unsigned') || plain.includes('signed'))
    return { size: 4, signed };
  if (plain[0] === 'size_t' || plain[0] === 'pgoff_t') return long;
  return long;
}

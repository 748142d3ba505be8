/** The shapes of the tables that say what numbers mean, each with its source, and how they are read. */

/** Whose processor numbers are of. `unknown`: words of both x86 vendors are told, each named. */
export const VENDORS = ['amd', 'intel', 'arm', 'unknown'] as const;
export type Vendor = (typeof VENDORS)[number];

/** What one bit of a word means. */
export interface BitWord {
  readonly bit: number;
  /** The constant's name, without what all of its table begin with. */
  readonly name: string;
  /** Said where the bit is set; '' where other bits say it too. */
  readonly words: string;
}

/** A word of flags. */
export interface BitTable {
  /** Header or file of the kernel, or manual and section. */
  readonly source: string;
  readonly bits: readonly BitWord[];
}

/** A number that stands for one thing. */
export interface ValueTable {
  readonly source: string;
  readonly values: ReadonlyMap<number, string>;
}

export function hasBit(value: bigint, bit: number): boolean {
  return ((value >> BigInt(bit)) & 1n) === 1n;
}

/** The bits from `low` on, `count` of them, as a number. */
export function bitsOf(value: bigint, low: number, count: number): number {
  return Number((value >> BigInt(low)) & ((1n << BigInt(count)) - 1n));
}

export function hexText(value: bigint | number): string {
  return `0x${value.toString(16)}`;
}

/** Names of the bits that are set, as `WRITE|USER`; undefined where none is known. */
export function bitNames(table: BitTable, value: bigint): string | undefined {
  const names = table.bits.filter(({ bit }) => hasBit(value, bit)).map(({ name }) => name);
  return names.length === 0 ? undefined : names.join('|');
}

/** What the set bits say, in the table's order; bits that no entry is about are told as such. */
export function bitWords(table: BitTable, value: bigint): string[] {
  const said = table.bits.filter(({ bit, words }) => words !== '' && hasBit(value, bit));
  return [...said.map(({ words }) => words), ...unknownBits(table, value)];
}

/** The bits that no entry of the table is about, as one text; none where all are known. */
export function unknownBits(table: BitTable, value: bigint): string[] {
  let left = value;
  for (const { bit } of table.bits) left &= ~(1n << BigInt(bit));
  const bits: number[] = [];
  for (let bit = 0; left !== 0n; bit++, left >>= 1n) if ((left & 1n) === 1n) bits.push(bit);
  if (bits.length === 0) return [];
  return [`unknown bit${bits.length === 1 ? '' : 's'} ${bits.join(', ')}`];
}

/** A flag word as the names of its bits alone, `none` where it is 0. */
export function flagText(table: BitTable, value: bigint): string {
  const names = bitNames(table, value);
  const parts = [...(names === undefined ? [] : [names]), ...unknownBits(table, value)];
  return parts.length === 0 ? 'none' : parts.join(', ');
}

/** A table of flags whose names say enough, from the first bit up; '' for a bit without a name. */
export function namedBits(source: string, names: readonly string[], first = 0): BitTable {
  const bits = names.map((name, i) => ({ bit: first + i, name, words: name }));
  return { source, bits: bits.filter(({ name }) => name !== '') };
}

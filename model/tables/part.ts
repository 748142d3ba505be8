/** A part of a trace as people write it: the events between two places, those about some guest frames. */
/** What is written; all of it must hold. Where nothing is, the whole trace is meant. */
export interface AskedPart {
  /** A line of a text trace or the number of an event; a time in seconds with a fraction; `@` and ticks. */
  readonly from?: string;
  /** The same; what is there belongs to the part. */
  readonly to?: string;
  /** `A`, `A-B` (both included) or `A+N`, in hex with 0x or decimal. */
  readonly gfn?: string;
}

/** The names of what is written, in the order in which it is said. */
export const PART_NAMES = ['from', 'to', 'gfn'] as const satisfies readonly (keyof AskedPart)[];

/** What is written names no part of any trace. */
export class NoSuchPart extends Error {
  override readonly name = 'NoSuchPart';
}

/** Pages from the first on. */
export interface PageSpan {
  readonly first: number;
  readonly count: number;
}

const NUMBER = '(0x[0-9a-fA-F]+|\\d+)';
const RANGE = new RegExp(`^${NUMBER}(?:(-|\\+)${NUMBER})?$`);
const NS_PER_SECOND = 1_000_000_000n;
/** Digits of a second's fraction. */
const NS_DIGITS = 9;

/** `A`, `A-B` or `A+N` as a range of pages. Throws {@link NoSuchPart} with what is expected. */
export function pageSpan(text: string): PageSpan {
  const match = RANGE.exec(text);
  const first = Number(match?.[1] ?? NaN);
  const count = countOf(first, match?.[2], match?.[3]);
  if (!Number.isSafeInteger(first) || !Number.isSafeInteger(count) || count < 1) {
    const forms = 'a page number such as 0x100000, a range 0x100000-0x10000f or a count 0x100000+16';
    throw new NoSuchPart(`${forms}; not '${text}'`);
  }
  return { first, count };
}

/** Pages from `first` on: by the count behind a `+`, or up to the last page behind a `-`. */
function countOf(first: number, sign: string | undefined, second: string | undefined): number {
  if (second === undefined) return 1;
  return sign === '+' ? Number(second) : Number(second) - first + 1;
}

/** Where something stands: a line or the number of an event, or an instant in nanoseconds or ticks. */
export type Place = { readonly line: number } | { readonly time: bigint };

/** A line, a time in seconds, or ticks. Throws {@link NoSuchPart} with what is expected. */
export function placeOf(text: string): Place {
  if (/^\d+$/.test(text)) return { line: Number(text) };
  const ticks = /^@(\d+)$/.exec(text);
  if (ticks) return { time: BigInt(ticks[1]!) };
  const seconds = /^(\d+)\.(\d{1,9})$/.exec(text);
  if (!seconds)
    throw new NoSuchPart(`a line, a time such as 12.345678 or ticks such as @123456, not '${text}'`);
  return { time: BigInt(seconds[1]!) * NS_PER_SECOND + BigInt(seconds[2]!.padEnd(NS_DIGITS, '0')) };
}

/** A part in words, as it was written; '' for the whole trace. */
export function partText(asked: AskedPart): string {
  return PART_NAMES.flatMap((name) => (asked[name] === undefined ? [] : [`${name} ${asked[name]}`])).join(
    ', ',
  );
}

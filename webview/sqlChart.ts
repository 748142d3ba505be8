/** What picture an answer in SQL makes: bars by a name, or points over a number that rises. */
import type { SqlOutput } from './protocol/sqlOutput.js';

/** More cannot be told apart. */
export const BARS_MAX = 50;
export const SERIES_MAX = 4;

/** Numbers that name something: nothing to draw as high as it is. */
const NAMES =
  /^(row|from_row|until_row|line|tid|tgid|vm|page_id|pgoff|gfn|pfn|kvm|inode|conversion|finding)$/;

export interface Bar {
  readonly label: string;
  readonly value: number;
}

export type Chart =
  | {
      readonly kind: 'bars';
      /** Names of the columns. */
      readonly by: string;
      readonly of: string;
      readonly bars: readonly Bar[];
      /** Rows that have no bar, for want of room or of a value. */
      readonly left: number;
    }
  | {
      readonly kind: 'points';
      readonly by: string;
      readonly xs: readonly number[];
      /** By series, a value for each of `xs`; NaN where there is none. */
      readonly series: readonly { readonly of: string; readonly ys: readonly number[] }[];
    };

/** The picture of an answer, undefined where it makes none. */
export function chartOf({ columns, numeric, rows }: SqlOutput): Chart | undefined {
  if (rows.length < 2 || columns.length < 2) return undefined;
  const values = columns.flatMap((name, k) => (k > 0 && numeric[k] && !NAMES.test(name) ? [k] : []));
  if (values.length === 0) return undefined;
  const column = (k: number): number[] => rows.map((row) => numberOf(row[k]));
  const by = columns[0]!;
  const xs = numeric[0] ? column(0) : [];
  if (isRising(xs)) {
    const series = values.slice(0, SERIES_MAX).map((k) => ({ of: columns[k]!, ys: column(k) }));
    return { kind: 'points', by, xs, series };
  }
  const k = values[0]!;
  const ys = column(k);
  const bars = rows
    .map((row, i) => ({ label: row[0] ?? 'NULL', value: ys[i]! }))
    .filter(({ value }) => Number.isFinite(value))
    .slice(0, BARS_MAX);
  return { kind: 'bars', by, of: columns[k]!, bars, left: rows.length - bars.length };
}

function numberOf(text: string | null | undefined): number {
  return text === null || text === undefined || text === '' ? NaN : Number(text);
}

/** Two that rise may be two names. */
function isRising(xs: readonly number[]): boolean {
  return xs.length > 2 && xs.every((x, i) => i === 0 || x > xs[i - 1]!);
}

/** The least and the greatest of some numbers, 0 among them. */
export function extentOf(values: Iterable<number>): { readonly least: number; readonly most: number } {
  let [least, most] = [0, 0];
  for (const value of values) {
    if (value < least) least = value;
    if (value > most) most = value;
  }
  return { least, most };
}

/**
 * Conversions as columns that can be written down and read back: as text, a hundred thousand of them take
 * longer to read than the rest of a report.
 */
import type { Conversion } from '../analysis.js';
import { Phase } from '../ops/oplog.js';

/** Columns before those of the phases, each of as many numbers as there are conversions. */
const COLUMNS = [
  'flags',
  'vm',
  'inode',
  'first',
  'count',
  'tid',
  'fromRow',
  'untilRow',
  'result',
  'request',
] as const;
type Column = (typeof COLUMNS)[number];

const OF_INODE = 1;
const TO_PRIVATE = 2;
const HAS_RESULT = 4;
const FLAGS_MAX = OF_INODE | TO_PRIVATE | HAS_RESULT;
const PHASES = Object.keys(Phase).length;
/** Conversions that are read in a step. */
const AT_ONCE = 2048;

const NO_PARTS: readonly number[] = [];

/** Columns of conversions, and the conversions of each request, its length before it. */
export interface ConversionColumns {
  readonly columns: readonly Float64Array[];
  readonly requests: Uint32Array;
}

export function columnsOfConversions(all: readonly Conversion[]): ConversionColumns {
  const columns = Array.from({ length: COLUMNS.length + PHASES }, () => new Float64Array(all.length));
  const of = (name: Column): Float64Array => columns[COLUMNS.indexOf(name)]!;
  // The conversions of a request have one list.
  const requests = new Map<readonly number[], number>();
  const lists: number[] = [];
  const requestOf = (parts: readonly number[]): number => {
    if (parts.length === 0) return -1;
    const known = requests.get(parts);
    if (known !== undefined) return known;
    const id = requests.size;
    requests.set(parts, id);
    lists.push(parts.length, ...parts);
    return id;
  };
  for (const name of ['vm', 'inode', 'first', 'count', 'tid', 'fromRow', 'untilRow'] as const) {
    const column = of(name);
    for (let i = 0; i < all.length; i++) column[i] = all[i]![name];
  }
  for (const [i, { scope, toPrivate, result, parts, phaseRows }] of all.entries()) {
    const flags = (scope === 'inode' ? OF_INODE : 0) | (toPrivate ? TO_PRIVATE : 0);
    of('flags')[i] = flags | (result === undefined ? 0 : HAS_RESULT);
    of('result')[i] = result ?? 0;
    of('request')[i] = requestOf(parts);
    for (let k = 0; k < PHASES; k++) columns[COLUMNS.length + k]![i] = phaseRows[k]!;
  }
  return { columns, requests: Uint32Array.from(lists) };
}

/** What conversions point at. */
export interface ConversionBounds {
  readonly count: number;
  readonly vms: number;
  readonly inodes: number;
  readonly rows: number;
}

/** The conversions in these bytes, in steps; undefined where they are none of such an analysis. */
export function* conversionsInSteps(
  bytes: ArrayBuffer,
  lists: ArrayBuffer,
  { count, vms, inodes, rows }: ConversionBounds,
): Generator<undefined, readonly Conversion[] | undefined> {
  const requests = requestsIn(lists, count);
  const width = count * Float64Array.BYTES_PER_ELEMENT;
  if (!requests || bytes.byteLength !== width * (COLUMNS.length + PHASES)) return undefined;
  const columns = Array.from(
    { length: COLUMNS.length + PHASES },
    (_, i) => new Float64Array(bytes, i * width, count),
  );
  for (const column of columns) {
    for (let i = 0; i < count; i++) if (!Number.isFinite(column[i])) return undefined;
    yield;
  }
  const [flags, vm, inode, first, pages, tid, fromRow, untilRow, result, request] = columns;
  const all: Conversion[] = [];
  const isIndex = (n: number, limit: number): boolean => Number.isInteger(n) && n >= -1 && n < limit;
  for (let i = 0; i < count; i++) {
    if (i % AT_ONCE === AT_ONCE - 1) yield;
    const has = flags![i]!;
    const isOne =
      Number.isInteger(has) &&
      has >= 0 &&
      has <= FLAGS_MAX &&
      isIndex(vm![i]!, vms) &&
      isIndex(inode![i]!, inodes) &&
      isIndex(fromRow![i]!, rows) &&
      isIndex(untilRow![i]!, rows) &&
      isIndex(request![i]!, requests.length);
    if (!isOne) return undefined;
    const phaseRows: number[] = [];
    for (let k = 0; k < PHASES; k++) {
      const row = columns[COLUMNS.length + k]![i]!;
      if (!isIndex(row, rows)) return undefined;
      phaseRows.push(row);
    }
    all.push({
      index: i,
      scope: (has & OF_INODE) === 0 ? 'vm' : 'inode',
      vm: vm![i]!,
      inode: inode![i]!,
      first: first![i]!,
      count: pages![i]!,
      toPrivate: (has & TO_PRIVATE) !== 0,
      tid: tid![i]!,
      fromRow: fromRow![i]!,
      untilRow: untilRow![i]!,
      result: (has & HAS_RESULT) === 0 ? undefined : result![i]!,
      phaseRows,
      parts: requests[request![i]!] ?? NO_PARTS,
    });
  }
  return all;
}

function requestsIn(lists: ArrayBuffer, count: number): readonly (readonly number[])[] | undefined {
  if (lists.byteLength % Uint32Array.BYTES_PER_ELEMENT !== 0) return undefined;
  const words = new Uint32Array(lists);
  const requests: (readonly number[])[] = [];
  for (let at = 0; at < words.length; ) {
    const parts = words.subarray(at + 1, at + 1 + words[at]!);
    if (parts.length !== words[at] || parts.some((part) => part >= count)) return undefined;
    requests.push([...parts]);
    at += 1 + parts.length;
  }
  return requests;
}

import assert from 'node:assert/strict';
import { allSteps } from '../../parsers/base/steps.js';
import type { Conversion } from '../analysis.js';
import { columnsOfConversions, conversionsInSteps } from './conversions.js';

const BOUNDS = { count: 5000, vms: 3, inodes: 2, rows: 100_000 };
const HALVES = [7, 8, 9];

const conversion = (index: number): Conversion => ({
  index,
  scope: index % 3 === 0 ? 'inode' : 'vm',
  vm: (index % 4) - 1,
  inode: (index % 3) - 1,
  first: index * 2 ** 33,
  count: index % 7,
  toPrivate: index % 2 === 0,
  tid: index - 1,
  fromRow: index * 3,
  untilRow: index % 5 === 0 ? -1 : index * 3 + 2,
  result: [0, undefined, -11][index % 3],
  phaseRows: Array.from({ length: 10 }, (_, phase) => (phase % 2 === 0 ? index * 3 : -1)),
  parts: HALVES.includes(index) ? HALVES : [],
});
const ALL = Array.from({ length: BOUNDS.count }, (_, i) => conversion(i));

function bytesOf(all: readonly Conversion[]): { columns: Float64Array; requests: Uint32Array } {
  const { columns, requests } = columnsOfConversions(all);
  return { columns: Float64Array.from(columns.flatMap((column) => [...column])), requests };
}
const read = (
  columns: Float64Array,
  requests: Uint32Array,
  bounds = BOUNDS,
): readonly Conversion[] | undefined =>
  allSteps(conversionsInSteps(columns.slice().buffer, requests.slice().buffer, bounds));

describe('conversions in columns', () => {
  const { columns, requests } = bytesOf(ALL);

  it('are read back as they were, with one list for each request', () => {
    const again = read(columns, requests)!;
    assert.deepEqual(again, ALL);
    assert.equal(again[7]!.parts, again[9]!.parts);
    const none = bytesOf([]);
    assert.deepEqual(read(none.columns, none.requests, { ...BOUNDS, count: 0 }), []);
  });

  it('are none where they point at what there is not, or their bytes are others', () => {
    const changed = (column: number, value: number): unknown => {
      const other = columns.slice();
      other[column * BOUNDS.count + 4] = value;
      return read(other, requests);
    };
    const bad: readonly (readonly [number, number])[] = [
      ...[8, -1, 0.5].map((flags) => [0, flags] as const),
      ...[3, -2, 0.5].map((vm) => [1, vm] as const),
      [2, 2],
      [6, BOUNDS.rows],
      [7, -2],
      [9, 1],
      ...[BOUNDS.rows, -2, 0.5].map((row) => [19, row] as const),
      ...Array.from({ length: 20 }, (_, column) => [column, Number.NaN] as const),
    ];
    for (const [column, value] of bad) assert.equal(changed(column, value), undefined, `${column}: ${value}`);
    assert.ok(changed(3, 5), 'another page');
    for (const other of [[3, 7, 8], [1, BOUNDS.count], [4]])
      assert.equal(read(columns, Uint32Array.from(other)), undefined, `${other.join()}`);
    assert.equal(read(columns.subarray(1), requests), undefined);
    assert.equal(read(columns, requests, { ...BOUNDS, count: BOUNDS.count - 1 }), undefined);
  });
});

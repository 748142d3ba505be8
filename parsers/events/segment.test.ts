import assert from 'node:assert/strict';
import type { Segment } from './segment.js';
import { copyOf } from '../base/copy.js';
import { TableBuilder } from './table.js';

/** Places and lines of rows, told to a narrow segment and a wide one. */
function told(rows: readonly (readonly [at: number, line: number])[], isNarrow: boolean): Segment {
  const builder = new TableBuilder(isNarrow);
  for (const [at, line] of rows) builder.addRow(0, 0, 0, 0, 0, 0, 0, at, line);
  return builder.current;
}
const placesOf = (segment: Segment): readonly (readonly number[])[] =>
  Array.from({ length: segment.length }, (_, i) => [segment.atOf(i), segment.lineOf(i)]);

describe('a narrow segment', () => {
  const texts: readonly (readonly [what: string, rows: readonly (readonly [number, number])[]])[] = [
    [
      'lines that follow one another',
      [
        [5, 1],
        [60, 2],
        [90, 3],
      ],
    ],
    [
      'lines between rows',
      [
        [5, 1],
        [60, 2],
        [900, 13],
        [950, 14],
      ],
    ],
    [
      'rows without lines',
      [
        [5, 0],
        [60, 0],
      ],
    ],
    [
      'rows of which some have lines',
      [
        [5, 0],
        [60, 7],
      ],
    ],
    [
      'rows of which some have none',
      [
        [5, 7],
        [60, 0],
        [70, 9],
      ],
    ],
    [
      'places far apart',
      [
        [5, 1],
        [2 ** 33, 2],
        [2 ** 33 + 1, 3],
      ],
    ],
    [
      'a place before the first one',
      [
        [500, 1],
        [60, 2],
      ],
    ],
  ];
  for (const [what, rows] of texts)
    it(`holds ${what}`, () => {
      assert.deepEqual(placesOf(told(rows, true)), rows);
      assert.deepEqual(placesOf(told(rows, false)), rows);
      const columns = told(rows, true);
      const { at, line } = columns;
      assert.deepEqual(
        rows.map((_, i) => [at[i], line[i]]),
        rows,
      );
    });

  it('holds them with room for more rows, and greater ids', () => {
    const builder = new TableBuilder(true);
    for (let row = 0; row < 2000; row++) {
      const id = row === 1500 ? 0x12345 : row;
      builder.addRow(row, 0, 0, 0, id, 0, row, 2 ** 32 + 150 * row, 10 + row);
    }
    const { current } = builder;
    for (let row = 0; row < 2000; row++) {
      assert.equal(current.comm[row], row === 1500 ? 0x12345 : row);
      assert.deepEqual(
        [current.name[row], current.atOf(row), current.lineOf(row)],
        [row, 2 ** 32 + 150 * row, 10 + row],
      );
    }
  });

  it('takes the place of a row that was taken back', () => {
    const builder = new TableBuilder(true);
    builder.addRow(0, 0, 0, 0, 0, 0, 0, 700, 9);
    builder.undoRow();
    builder.addRow(0, 0, 0, 0, 0, 0, 0, 800, 11);
    builder.addRow(0, 0, 0, 0, 0, 0, 0, 900, 12);
    builder.undoRow();
    builder.addRow(0, 0, 0, 0, 0, 0, 0, 950, 13);
    assert.deepEqual(placesOf(builder.current), [
      [800, 11],
      [950, 13],
    ]);
  });

  it('takes many rows at once, near and far', () => {
    for (const at of [100, 2 ** 31 + 100, 2 ** 33]) {
      const { current } = { current: told([[50, 1]], true) };
      const origin = current.originFor(at);
      current.putPlaces(1, origin, Uint32Array.of(at - origin, at - origin + 7));
      current.putLines(1, 2, 2);
      current.length += 2;
      assert.deepEqual(placesOf(current), [
        [50, 1],
        [at, 2],
        [at + 7, 3],
      ]);
    }
  });

  it('takes many rows at once in any order, as a binary trace has them', () => {
    for (const first of [100, 2 ** 33]) {
      const { current } = { current: told([], true) };
      const places = [first, first - 50, first + 2 ** 30, first - 99];
      current.putAll(0, Float64Array.from(places.slice(0, 2)));
      current.putAll(2, Float64Array.from(places.slice(2)));
      current.length = 4;
      assert.notEqual(current.distances, undefined);
      assert.deepEqual(
        placesOf(current).map(([at]) => at),
        places,
      );
      current.putAll(4, Float64Array.of(first + 1, first + 2 ** 33, first + 2));
      current.length = 7;
      assert.deepEqual(
        placesOf(current).map(([at]) => at),
        [...places, first + 1, first + 2 ** 33, first + 2],
      );
    }
  });

  it('has places at once where those before it were too far apart', () => {
    const builder = new TableBuilder(true);
    for (let row = 0; row < 70_000; row++)
      builder.addRow(0, 0, 0, 0, 0, 0, 0, row % 2 === 0 ? row : 2 ** 33 + row, 0);
    assert.deepEqual(
      builder.segmentsSoFar().map(({ distances, isPacked }) => [distances, isPacked]),
      [
        [undefined, true],
        [undefined, true],
      ],
    );
    assert.equal(builder.current.atOf(1), 2 ** 33 + 65_537);
  });
});

describe('thread groups of a segment', () => {
  const NONE = -1;
  const row = (builder: TableBuilder, tgid: number): number => builder.addRow(0, 0, 1, tgid, 0, 0, 0, 0, 0);

  it('are none, or what was said, in the segment and in a larger one', () => {
    const builder = new TableBuilder(true);
    for (let i = 0; i < 600; i++) row(builder, i === 500 ? 7 : NONE);
    const table = builder.freeze();
    assert.deepEqual(
      [table.tgid(499), table.tgid(500), table.tgid(501), table.tgid(599)],
      [NONE, 7, NONE, NONE],
    );
  });

  it('are those of one trace alone: a copy that learns of one changes no other', () => {
    const builder = new TableBuilder(true);
    row(builder, NONE);
    const copy = copyOf(builder, builder.sharedWithCopy());
    row(copy, 77);
    row(builder, NONE);
    const other = new TableBuilder(true);
    for (let i = 0; i < 3; i++) row(other, NONE);
    assert.equal(copy.freeze().tgid(1), 77);
    for (const { tgid } of [builder.current, other.current])
      assert.deepEqual([...tgid.subarray(0, 3)], [NONE, NONE, NONE]);
  });
});

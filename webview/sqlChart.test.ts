import assert from 'node:assert/strict';
import type { SqlOutput } from './protocol/sqlOutput.js';
import { BARS_MAX, chartOf, extentOf } from './sqlChart.js';

/** An answer; columns whose name begins with # hold numbers. */
function answer(columns: readonly string[], rows: readonly (readonly (string | null)[])[]): SqlOutput {
  const numeric = columns.map((name) => name.startsWith('#'));
  const names = columns.map((name) => name.replace('#', ''));
  return { columns: names, numeric, rows, places: [], foot: '', hint: '', chart: '' };
}

describe('the picture of an answer in SQL', () => {
  it('has a bar for each name', () => {
    assert.deepEqual(
      chartOf(
        answer(
          ['event', '#line', '#n'],
          [
            ['a', '9', '5'],
            [null, '8', '-2'],
            ['c', '7', null],
          ],
        ),
      ),
      {
        kind: 'bars',
        by: 'event',
        of: 'n',
        bars: [
          { label: 'a', value: 5 },
          { label: 'NULL', value: -2 },
        ],
        left: 1,
      },
    );
  });

  it('has points over a number that rises, and bars by one that does not', () => {
    const rows = [
      ['10', '1', '4'],
      ['20', null, '5'],
      ['30', '3', '6'],
    ];
    assert.deepEqual(chartOf(answer(['#ts', '#n', '#m'], rows)), {
      kind: 'points',
      by: 'ts',
      xs: [10, 20, 30],
      series: [
        { of: 'n', ys: [1, NaN, 3] },
        { of: 'm', ys: [4, 5, 6] },
      ],
    });
    assert.equal(chartOf(answer(['#cpu', '#n'], [...rows].reverse()))?.kind, 'bars');
    assert.equal(chartOf(answer(['#cpu', '#n'], rows.slice(0, 1).concat(rows.slice(2))))?.kind, 'bars');
  });

  it('is none where there is nothing to draw', () => {
    const two = [
      ['a', '1'],
      ['b', '2'],
    ];
    assert.equal(chartOf(answer(['a', '#row'], two)), undefined, 'a number that names something');
    assert.equal(chartOf(answer(['a', 'b'], two)), undefined);
    assert.equal(chartOf(answer(['a', '#n'], two.slice(1))), undefined);
    assert.equal(chartOf(answer(['#n'], [['1'], ['2']])), undefined);
    assert.equal(chartOf(answer([], [])), undefined);
  });

  it('says how many rows it leaves out', () => {
    const rows = Array.from({ length: BARS_MAX + 3 }, (_, i) => [`x${i}`, String(i)]);
    const chart = chartOf(answer(['a', '#n'], rows));
    assert.deepEqual(chart?.kind === 'bars' && [chart.bars.length, chart.left], [BARS_MAX, 3]);
  });

  it('has 0 on its axis', () => {
    assert.deepEqual(extentOf([3, 5]), { least: 0, most: 5 });
    assert.deepEqual(extentOf([-3, NaN]), { least: -3, most: 0 });
  });
});

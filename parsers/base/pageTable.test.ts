import assert from 'node:assert/strict';
import fc from 'fast-check';
import { layoutOf, PageTable } from './pageTable.js';
import { asPgoff, type Pgoff } from './units.js';

const LAYOUT = layoutOf((rows) => ({ row: new Uint32Array(rows), frame: new Float64Array(rows) }));
type Table = PageTable<Pgoff, (typeof LAYOUT)['none']>;
const newTable = (): Table => new PageTable(LAYOUT);

function put(table: Table, page: number, value: number): void {
  const at = table.at(asPgoff(page)) || table.add(asPgoff(page));
  table.columns.row[at] = value;
  table.columns.frame[at] = -value / 2;
}

function all(table: Table): readonly (readonly [number, number])[] {
  const found: (readonly [number, number])[] = [];
  for (let at = table.next(0); at !== 0; at = table.next(at)) {
    assert.equal(table.columns.frame[at], -table.columns.row[at]! / 2);
    found.push([table.pageOf(at), table.columns.row[at]!]);
  }
  return found;
}

describe('a table of pages', () => {
  const page = fc.oneof(
    fc.integer({ min: 0, max: 40 }),
    fc.integer({ min: 0, max: 2 ** 20 }).map((n) => n * 4096),
  );
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.tuple(fc.constant('put' as const), page, fc.nat(1000)) },
    { weight: 3, arbitrary: fc.tuple(fc.constant('delete' as const), page, fc.constant(0)) },
    { weight: 1, arbitrary: fc.tuple(fc.constant('clear' as const), page, fc.constant(0)) },
  );

  it('holds what a Map holds, in its order', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
        const table = newTable();
        const map = new Map<number, number>();
        for (const [what, at, value] of steps) {
          if (what === 'put') {
            put(table, at, value);
            map.set(at, value);
          } else if (what === 'delete') assert.equal(table.delete(asPgoff(at)), map.delete(at));
          // Rarely: most of what a long series of steps made is to stay.
          else if (at % 16 === 0) {
            table.clear();
            map.clear();
          }
          assert.deepEqual([table.size, table.has(asPgoff(at))], [map.size, map.has(at)]);
        }
        assert.deepEqual(all(table), [...map]);
        const within: (readonly [number, number])[] = [];
        table.within(asPgoff(10), asPgoff(5000), (at, found) => within.push([found, table.columns.row[at]!]));
        const inRange = [...map].filter(([at]) => at >= 10 && at < 5000).sort(([a], [b]) => a - b);
        assert.deepEqual(within, inRange);
      }),
    );
  });

  it('takes no more room where pages come and go than those that are there at once', () => {
    const table = newTable();
    for (let i = 0; i < 10_000; i++) {
      put(table, i, i);
      if (i >= 20) table.delete(asPgoff(i - 20));
    }
    assert.deepEqual(
      all(table).map(([at]) => at),
      Array.from({ length: 20 }, (_, i) => 9980 + i),
    );
    assert.ok(table.columns.row.length <= 64, `${table.columns.row.length} rows`);
  });

  it('goes over few rows where most pages have gone', () => {
    const table = newTable();
    for (let i = 0; i < 1000; i++) put(table, i, i);
    for (let i = 0; i < 999; i++) table.delete(asPgoff(i));
    assert.ok(table.next(0) < 20, `the first at row ${table.next(0)}`);
    assert.deepEqual(all(table), [[999, 999]]);
    table.delete(asPgoff(999));
    assert.equal(table.next(0), 0);
    table.within(asPgoff(0), asPgoff(1000), () => assert.fail('it has gone'));
  });

  it('has nothing for a page that is not known', () => {
    const table = newTable();
    assert.deepEqual(
      [table.at(asPgoff(0)), table.has(asPgoff(-1)), table.delete(asPgoff(3))],
      [0, false, false],
    );
    put(table, 0, 1);
    assert.deepEqual([table.at(asPgoff(0)), table.at(asPgoff(-1))], [1, 0]);
  });
});

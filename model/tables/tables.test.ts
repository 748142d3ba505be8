import assert from 'node:assert/strict';
import { OVERLAP, rowsOf, tablesOf, tablesOfSample } from '../../test/support/sqlTables.js';
import { Batch, BATCH_ROWS } from './batch.js';
import { TABLE_NAMES, TABLES } from './schema.js';

const SAMPLES = [
  'labelled/inplace/M2.p.txt',
  'scenarios/20-pin-with-loss.txt',
  'ftrace/7.2.13/twovms.default.txt',
  'tracecmd/conv.restrictedmem.dat',
  'perf/7.2.13/conv.lost.perf-script.txt',
];

describe('the tables of a trace', () => {
  for (const sample of SAMPLES)
    it(`are as their schema says: ${sample}`, () => {
      const tables = tablesOfSample(sample);
      for (const name of TABLE_NAMES)
        for (const row of rowsOf(tables, name))
          for (const { name: column, type, isNullable } of tables.columns(name)) {
            const value = row[column]!;
            if (value === null) assert.ok(isNullable, `${name}.${column} is null`);
            else {
              const wanted = { bool: 'boolean', int32: 'number', int64: 'bigint', string: 'string' }[type];
              assert.equal(typeof value, wanted, `${name}.${column}`);
            }
          }
    });

  it('have keys that lead to rows of one another', () => {
    const tables = tablesOfSample('labelled/inplace/M2.p.txt');
    const events = rowsOf(tables, 'events').length;
    const pages = rowsOf(tables, 'pages');
    assert.deepEqual(
      pages.map((page) => page['page_id']),
      pages.map((_, id) => id),
    );
    const links = rowsOf(tables, 'event_pages');
    assert.ok(links.length > 100);
    for (const { row, page_id: id } of links) {
      assert.ok(Number(row) >= 0 && Number(row) < events);
      assert.ok(pages[Number(id)]);
    }
    const once = new Set(links.map(({ row, page_id: id }) => `${row} ${id}`));
    assert.equal(once.size, links.length, 'each pair once');
    const findings = new Set(rowsOf(tables, 'findings').map((row) => row['finding']));
    for (const { finding } of rowsOf(tables, 'evidence')) assert.ok(findings.has(finding!));
  });

  it('tile the trace by intervals, page by page', () => {
    const tables = tablesOfSample('scenarios/20-pin-with-loss.txt');
    const events = rowsOf(tables, 'events').length;
    let [page, end] = [-1, events];
    for (const row of rowsOf(tables, 'intervals')) {
      if (row['page_id'] !== page) {
        assert.equal(end, events);
        assert.equal(row['from_row'], -1);
        assert.equal(row['ts'], null);
        page = Number(row['page_id']);
      } else assert.equal(row['from_row'], end);
      end = Number(row['until_row']);
      assert.equal(row['until_ts'] === null, end === events);
      assert.equal(row['dur'] === null, row['ts'] === null || row['until_ts'] === null);
    }
    assert.equal(end, events);
  });

  it('say what was found, what was lost, and what could not be judged', () => {
    const tables = tablesOfSample('scenarios/20-pin-with-loss.txt');
    assert.deepEqual(rowsOf(tables, 'loss'), [{ row: 83, cpu: 2, count: 57n, from_start: false }]);
    assert.ok(
      rowsOf(tables, 'findings').every(
        (row) => (row['verdict'] === 'undecidable') === (row['reason'] !== null),
      ),
    );
    const doubts = rowsOf(tables, 'doubts');
    assert.ok(doubts.some(({ reason }) => reason === 'lost'));
    const [trace] = rowsOf(tables, 'trace');
    assert.equal(trace!['time_unit'], 'ns');
    assert.equal(trace!['digest'], null);
    assert.equal(rowsOf(tables, 'refs').length, 3);
  });

  it('have conversions with their ranges, times and results', () => {
    const rows = rowsOf(tablesOf(OVERLAP), 'conversions');
    assert.deepEqual(
      rows.map(
        ({ vm, first, count, to_private: to, tid, from_row: from, until_row: until, ts, dur, result }) => [
          ...[vm, first, count, to, tid, from, until, ts, dur, result],
        ],
      ),
      [
        ['kvm:0xffff888101c58000', 0x1000n, 8n, true, 671, 0, 3, 10_000_001_000n, 300_000n, 0],
        ['kvm:0xffff888101c58000', 0x1004n, 2n, false, 672, 1, 2, 10_000_101_000n, 100_000n, 0],
        ['kvm:0xffff888101c58000', 0x2000n, 1n, true, 671, 4, 5, 10_000_401_000n, 100_000n, 0],
      ],
    );
  });

  it('have a column for each argument that occurs, a pointer as a signed number', () => {
    const tables = tablesOf(OVERLAP);
    const names = tables.columns('events').map(({ name }) => name);
    assert.deepEqual(names.slice(TABLES.events.columns.length), ['attrs', 'end', 'kvm', 'ret', 'start']);
    const [first, , ended] = rowsOf(tables, 'events');
    assert.equal(first!['kvm'], BigInt.asIntN(64, 0xffff_8881_01c5_8000n));
    assert.deepEqual([ended!['kvm'], ended!['ret'], ended!['line']], [null, 0n, 5n]);
  });

  it('come in batches that hold nothing of those before', () => {
    const batch = new Batch(TABLES.refs.columns);
    while (!batch.isFull) {
      const at = batch.add();
      batch.column('tid').int(at, at);
      batch.column('first').whole(at, 2 ** 52 + 1);
      batch.column('kind').text(at, 'pin');
    }
    assert.equal(batch.length, BATCH_ROWS);
    assert.equal(batch.column('first').value(BATCH_ROWS - 1), 2n ** 52n + 1n);
    batch.clear();
    const at = batch.add();
    assert.deepEqual(
      ['tid', 'first', 'kind'].map((name) => batch.column(name).value(at)),
      [null, null, null],
    );
  });

  it('say times before zero and beyond 2^53 exactly', () => {
    const column = new Batch(TABLES.refs.columns).column('ts');
    for (const value of [-1, -(2 ** 40), 0, 2 ** 52 + 3]) {
      column.whole(0, value);
      assert.equal(column.value(0), BigInt(value));
    }
  });
});

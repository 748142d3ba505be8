import assert from 'node:assert/strict';
import type { Column } from '../../model/tables/batch.js';
import type { TraceTables } from '../../model/tables/index.js';
import { partFilter } from '../../model/tables/partRows.js';
import { TABLE_NAMES, type TableName } from '../../model/tables/schema.js';
import {
  askedSamples,
  OVERLAP,
  processorOr,
  tablesOf,
  tablesOfSample,
} from '../../test/support/sqlTables.js';
import { ProcessorEnded } from '../perfetto/machine.js';
import { QueryError, TraceProcessor } from '../perfetto/processor.js';
import type { Cell } from '../perfetto/queryResult.js';
import { EVENTS_MAX, SqlTrace, tablesNamed, TooManyEvents } from './engine.js';
import { quoted, quotedName } from './literals.js';
import { QUESTIONS } from '../../model/tables/questions.js';

/** A value of a table as the processor has it. */
function cellOf(column: Column, row: number): Cell {
  const value = column.value(row);
  if (typeof value === 'boolean') return value ? 1n : 0n;
  if (typeof value === 'number') return BigInt(value);
  return typeof value === 'string' ? value.replaceAll('\0', '\\x00') : value;
}

/** Fails where a table of the processor is not, cell by cell, the one that went in. */
async function compareAll(asked: SqlTrace, tables: TraceTables): Promise<void> {
  for (const name of TABLE_NAMES) {
    const columns = tables.columns(name).map((column) => quotedName(column.name));
    const order = name === 'events' ? ' order by row' : '';
    const { rows } = await asked.query(`select ${columns.join(', ')} from ${name}${order}`);
    let next = 0;
    for (const batch of tables.rows(name))
      for (let row = 0; row < batch.length; row++)
        assert.deepEqual(
          rows[next++],
          batch.columns.map((column) => cellOf(column, row)),
          `${name}, row ${next}`,
        );
    assert.equal(rows.length, next, name);
  }
}

describe('questions in SQL', function () {
  this.timeout(60_000);
  let code: Uint8Array;
  before(function () {
    code = processorOr(this);
  });

  for (const sample of [
    'labelled/inplace/M2.p.txt',
    'ftrace/7.2.13/twovms.default.txt',
    'tracecmd/conv.restrictedmem.dat',
  ])
    it(`are asked of every table as it is: ${sample}`, async () => {
      const tables = tablesOfSample(sample);
      const asked = new SqlTrace(code, tables);
      await compareAll(asked, tables);
      const { rows } = await asked.query(`select name from stats where severity <> 'info' and value <> 0`);
      assert.deepEqual(rows, []);
    });

  it('have twenty to start from, all of which are answered', async () => {
    assert.equal(QUESTIONS.length, 20);
    const answered = new Set<string>();
    for (const tables of askedSamples()) {
      const asked = new SqlTrace(code, tables);
      for (const { title, sql } of QUESTIONS)
        if ((await asked.query(sql)).rows.length > 0) answered.add(title);
    }
    assert.deepEqual(
      QUESTIONS.map(({ title }) => title).filter((title) => !answered.has(title)),
      [],
    );
  });

  it('find two conversions that overlap', async () => {
    const { sql } = QUESTIONS.find(({ title }) => title.startsWith('Which conversions overlapped'))!;
    const { rows } = await new SqlTrace(code, tablesOf(OVERLAP)).query(sql);
    assert.deepEqual(rows, [[0n, 1n, 0x1000n, 8n, 0x1004n, 2n]]);
  });

  it('say where they are wrong, and go on', async () => {
    const asked = new SqlTrace(code, tablesOf(OVERLAP));
    const wrong: readonly (readonly [sql: string, line: number, column: number, message: RegExp])[] = [
      ['select absent from events', 1, 8, /no such column: absent/],
      ['select 1;\n\nselect * from nowhere', 3, 1, /no such table: nowhere/],
      ['selec 1', 1, 1, /syntax error near 'selec'/],
      [`select 'a`, 1, 8, /illegal token/],
    ];
    for (const [sql, line, column, message] of wrong)
      await assert.rejects(asked.query(sql), (error) => {
        assert.ok(error instanceof QueryError);
        assert.deepEqual([error.line, error.column], [line, column], sql);
        return message.test(error.message);
      });
    await assert.rejects(asked.query(''), /No valid SQL to run/);
    assert.deepEqual((await asked.query('select count(*) from events')).rows, [[6n]]);
  });

  it('start another processor where one fails, and say what was missing', async () => {
    const asked = new SqlTrace(code, tablesOf(OVERLAP));
    assert.deepEqual((await asked.query('create table mine (a); select count(*) from events')).rows, [[6n]]);
    await assert.rejects(
      asked.query('select * from events where'),
      (error) => error instanceof ProcessorEnded && /something is missing after 'where'/.test(error.message),
    );
    assert.deepEqual((await asked.query('select count(*) from conversions')).rows, [[3n]]);
    await assert.rejects(asked.query('select * from mine'), QueryError);
  });

  it('keep a name of any kind within its quotes', async () => {
    const name = `a'); drop table findings; --`;
    const line = (comm: string): string =>
      ` ${comm}-1     [000] .....    10.000001: set_attr: (kvm_vm_set_mem_attributes+0x0/0x1) kvm=0xffff888101c58000 start=0x1 end=0x2 attributes=0x8`;
    const trace = ['# tracer: nop', '#', line(`x');drop--`), line(`'`), line('"'), ''].join('\n');
    const tables = tablesOf(Buffer.from(trace), name);
    const asked = new SqlTrace(code, tables);
    await compareAll(asked, tables);
    assert.deepEqual((await asked.query('select file from trace')).rows, [[name]]);
    assert.deepEqual((await asked.query('select comm from events order by row')).rows, [
      [`x');drop--`],
      [`'`],
      ['"'],
    ]);
  });

  it('give rows as they come, and keep none', async () => {
    const asked = new SqlTrace(code, tablesOf(OVERLAP));
    const seen: Cell[] = [];
    const result = await asked.query('select row from events order by row', (columns, rows) => {
      assert.deepEqual(columns, ['row']);
      seen.push(...rows.flat());
    });
    assert.deepEqual(seen, [0n, 1n, 2n, 3n, 4n, 5n]);
    assert.deepEqual([result.columns, result.rows], [['row'], []]);
  });

  it('are of some events where a part is asked, and of all that is told of the whole', async () => {
    const tables = tablesOfSample('labelled/inplace/M2.p.txt');
    const { table, analysis } = tables.report;
    const whole = new SqlTrace(code, tables);
    const all = async (asked: SqlTrace, sql: string): Promise<unknown> => (await asked.query(sql)).rows;
    for (const part of [{ from: '700', to: '900' }, { gfn: '0x100000+2' }]) {
      const isIn = partFilter(table, analysis, part)!;
      const rows = Array.from({ length: table.length }, (_, row) => row).filter(isIn);
      assert.ok(rows.length > 1 && rows.length < table.length);
      const asked = new SqlTrace(code, tables, { part: isIn });
      assert.equal(asked.count, rows.length);
      const within = ` where row in (${rows.join()})`;
      for (const name of ['events', 'event_pages']) {
        const columns = tables.columns(name as TableName).map((column) => quotedName(column.name));
        const select = `select ${columns.join()} from ${name}`;
        const order = ` order by row${name === 'events' ? '' : ', page_id'}`;
        assert.deepEqual(await all(asked, select + order), await all(whole, select + within + order), name);
      }
      const others = 'select (select count(*) from pages), (select count(*) from findings)';
      assert.deepEqual(await all(asked, others), await all(whole, others));
    }
    const none = new SqlTrace(code, tables, { part: () => false });
    assert.deepEqual(await all(none, 'select count(*) from events, event_pages'), [[0n]]);
  });

  it('hold every type of value', async () => {
    const processor = await TraceProcessor.start(code);
    processor.finish();
    const { columns, rows } = processor.query(
      `select -9223372036854775808 a, 1.5 b, 'é' c, null d, x'00ff' e, '' f`,
    );
    assert.deepEqual(columns, ['a', 'b', 'c', 'd', 'e', 'f']);
    assert.deepEqual(rows, [[-(2n ** 63n), 1.5, 'é', null, Uint8Array.of(0, 255), '']]);
  });
});

describe('a trace processor that cannot be used', () => {
  it('is refused with a sentence', async () => {
    await assert.rejects(TraceProcessor.start(Uint8Array.of(1, 2, 3)), /this is no trace processor/);
    const empty = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
    await assert.rejects(TraceProcessor.start(empty), ProcessorEnded);
  });

  it('is not asked of more events than it holds', () => {
    const tables = tablesOf(OVERLAP);
    Object.assign(tables.report.table, { length: EVENTS_MAX + 1 });
    assert.throws(() => new SqlTrace(new Uint8Array(0), tables), TooManyEvents);
    const some = (row: number): boolean => row < EVENTS_MAX;
    assert.equal(new SqlTrace(new Uint8Array(0), tables, { part: some }).count, EVENTS_MAX);
    assert.throws(() => new SqlTrace(new Uint8Array(0), tables, { part: () => true }), TooManyEvents);
  });
});

describe('texts of SQL', () => {
  it('name their tables, in any case and not within other names', () => {
    assert.deepEqual(tablesNamed('select * from EVENTS e, my_pages join refs'), ['events', 'refs']);
  });

  it('quote what they are given', () => {
    assert.equal(quoted(`a'b\0`), `'a''b\\x00'`);
    assert.equal(quotedName('a"b'), '"a""b"');
  });
});

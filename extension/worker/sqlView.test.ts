import assert from 'node:assert/strict';
import type { AskedPart } from '../../model/tables/part.js';
import type { SqlAnswer } from '../protocol/sql.js';
import { processorOr } from '../../test/support/sqlTables.js';
import { TraceProcessor } from '../../shell/perfetto/processor.js';
import { SAMPLE, workerOn } from '../test/askWorker.js';

const DAT = 'sample-traces/tracecmd/conv.restrictedmem.dat';
const ASKED = { path: 'a.txt', version: '0', limit: 100, part: {} };

describe('the worker answers in SQL', function () {
  this.timeout(60_000);

  it('with rows that lead to their lines, as many as are wanted', async function () {
    const code = processorOr(this);
    const worker = await workerOn(SAMPLE);
    const found = (await worker.later('sql', {
      ...ASKED,
      code,
      sql: 'select rule, line, reason from findings',
    })) as SqlAnswer;
    assert.deepEqual(
      [found.columns, found.numeric, found.rows, found.total],
      [['rule', 'line', 'reason'], [false, true, true], [['G9', '702', null]], 1],
    );
    assert.deepEqual(
      found.spots.map((spot) => [spot?.row, spot?.line]),
      [[689, 702]],
    );
    const events = (await worker.later('sql', {
      ...ASKED,
      limit: 3,
      sql: 'select row, event from events order by row',
    })) as SqlAnswer;
    assert.deepEqual([events.rows.length, events.total], [3, 1727]);
    assert.deepEqual(
      events.spots.map((spot) => spot?.row),
      [0, 1, 2],
    );
    const counts = (await worker.later('sql', {
      ...ASKED,
      sql: 'select count(*) n, file from events, trace',
    })) as SqlAnswer;
    assert.deepEqual([counts.rows, counts.spots], [[['1727', 'a.txt']], [null]]);
  });

  it('of a binary trace, whose lines are those of its listing', async function () {
    const code = processorOr(this);
    const worker = await workerOn(DAT);
    const answer = (await worker.later('sql', {
      ...ASKED,
      code,
      sql: 'select line, event from events where row = 7',
    })) as SqlAnswer;
    assert.deepEqual([answer.rows[0]![0], answer.spots[0]?.row, answer.spots[0]?.line], ['8', 7, 8]);
  });

  it('and writes a file for Perfetto that the processor reads', async function () {
    const code = processorOr(this);
    const worker = await workerOn(SAMPLE);
    const file = worker.ask('perfetto', { path: 'a.txt' });
    assert.deepEqual(worker.moved, [file.buffer]);
    const processor = await TraceProcessor.start(code);
    processor.append(file);
    processor.finish();
    assert.deepEqual(processor.query('select count(*) from ftrace_event').rows, [[1727n]]);
    assert.deepEqual(
      processor.query(`select name from stats where severity <> 'info' and value <> 0`).rows,
      [],
    );
  });

  it('of a part of the events, as often as another one is wanted', async function () {
    const code = processorOr(this);
    const worker = await workerOn(SAMPLE);
    const answerOf = async (part: AskedPart): Promise<unknown> => {
      const sql = 'select min(line), max(line), (select count(*) from findings) from events';
      const answer = await worker.later('sql', { ...ASKED, code, sql, part });
      return 'refused' in answer ? answer.refused : [answer.rows, answer.events];
    };
    assert.deepEqual(await answerOf({ from: '700', to: '702' }), [[['700', '702', '1']], 3]);
    assert.deepEqual(await answerOf({}), [[['13', '1739', '1']], undefined]);
    assert.equal(
      await answerOf({ gfn: 'x' }),
      `gfn takes a page number such as 0x100000, a range 0x100000-0x10000f or a count 0x100000+16; not 'x'`,
    );
    assert.deepEqual(await answerOf({ to: '13' }), [[['13', '13', '1']], 1]);
  });

  it('or says what is wrong with the question, with the processor, or that there is none', async function () {
    const code = processorOr(this);
    const worker = await workerOn(SAMPLE);
    assert.deepEqual(await worker.later('sql', { ...ASKED, sql: 'select 1' }), {
      refused: 'this build has no trace processor, which answers SQL',
    });
    assert.deepEqual(await worker.later('sql', { ...ASKED, code, sql: 'select\n  absent' }), {
      refused: 'no such column: absent',
      line: 2,
      column: 3,
    });
    const cut = await worker.later('sql', { ...ASKED, sql: 'select 1 from events where' });
    assert.match('refused' in cut ? cut.refused : '', /something is missing after 'where'/);
    const answer = (await worker.later('sql', { ...ASKED, sql: 'select 2' })) as SqlAnswer;
    assert.deepEqual(answer.rows, [['2']]);
  });
});

import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { processorOr } from '../test/support/sqlTables.js';
import { run } from './run.js';
import { completions } from './sqlPrompt.js';

const SAMPLE = 'sample-traces/labelled/inplace/M2.p.txt';
const WRONG_CODE = 'package.json';

async function sql(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ['', ''];
  const code = await run(['sql', ...argv], {
    out: (text) => (out += text),
    err: (line) => (err += `${line}\n`),
    progress: () => undefined,
  });
  return { code, out, err };
}

describe('shimtrace sql', function () {
  this.timeout(60_000);
  let folder = '';
  before(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'shimtrace-'))));
  after(() => fs.rmSync(folder, { recursive: true }));

  it('answers a question about a trace, of a file too', async function () {
    processorOr(this);
    const question = 'select rule, line from findings';
    const { code, out } = await sql(SAMPLE, question, '--format', 'csv');
    assert.deepEqual([code, out], [0, 'rule,line\nG9,702\n']);
    const file = path.join(folder, 'q.sql');
    fs.writeFileSync(file, `select 1;\n${question};\n`);
    assert.equal((await sql(SAMPLE, '-f', file, '--format', 'tsv')).out, 'rule\tline\nG9\t702\n');
  });

  it('says where a question is wrong', async function () {
    processorOr(this);
    const { code, out, err } = await sql(SAMPLE, 'select rule\nfrom nowhere');
    assert.deepEqual([code, out], [2, '']);
    assert.match(err, /^shimtrace: SQL:1:1: no such table: nowhere\n$/);
    const file = path.join(folder, 'wrong.sql');
    fs.writeFileSync(file, 'select 1;\nselect absent;');
    assert.match((await sql(SAMPLE, '-f', file)).err, /wrong\.sql:2:8: no such column: absent\n$/);
    assert.match((await sql(SAMPLE, 'select 1 where')).err, /something is missing after 'where'\n$/);
  });

  it('asks a part of the events, and says so', async function () {
    processorOr(this);
    const question = 'select count(*) n, min(line) a, max(line) b from events';
    const asked = await sql(SAMPLE, '--from', '700', '--to', '702', question, '--format', 'csv');
    assert.deepEqual([asked.code, asked.out], [0, 'n,a,b\n3,700,702\n']);
    assert.match(asked.err, /events and event_pages are of 3 of 1727 events; other tables are of all/);
    const wrong = await sql(SAMPLE, '--gfn', 'x', question);
    assert.deepEqual([wrong.code, /--gfn takes a page number/.test(wrong.err)], [2, true]);
  });

  it('refuses what it cannot use before it reads the trace', async () => {
    const wrong = await sql('--processor', WRONG_CODE, SAMPLE, 'select 1');
    assert.equal(wrong.code, 2);
    assert.match(wrong.err, /this is no trace processor/);
    const missing = await sql('--processor', path.join(folder, 'none.wasm'), SAMPLE, 'select 1');
    assert.deepEqual([missing.code, /--processor: ENOENT/.test(missing.err)], [2, true]);
    assert.equal((await sql()).code, 2);
    assert.equal((await sql(SAMPLE, '-f', path.join(folder, 'none.sql'))).code, 2);
  });

  it('completes the names of tables and columns at its prompt', () => {
    assert.deepEqual(completions('select conv'), [['conversion', 'conversions'], 'conv']);
    assert.deepEqual(completions('select '), [[], '']);
  });
});

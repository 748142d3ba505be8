import assert from 'node:assert/strict';
import fs from 'node:fs';
import type { Report } from '../protocol/report.js';
import { MemorySource } from '../../parsers/base/source.js';
import { ChangingFile } from '../../test/support/growth.js';
import { AskedWorker, SAMPLE, textWorker, workerOn } from '../test/askWorker.js';

const WHOLE = fs.readFileSync(SAMPLE);
const PARTS = [0.6, 0.8, 0.9, 0.95, 1].map((part) => Math.floor(part * WHOLE.length));

function growing(): { readonly file: ChangingFile; readonly worker: AskedWorker; readonly from: number[] } {
  const file = new ChangingFile();
  const from: number[] = [];
  const worker = new AskedWorker({
    open: () => file.source(),
    openAgain: () => file.source(),
    digest: (source, known = 0) => {
      from.push(known);
      return `sum of ${source.size}`;
    },
  });
  return { file, worker, from };
}

function timeless(report: Report): Omit<Report, 'tookMs'> {
  const { tookMs, ...rest } = report;
  return rest;
}

describe('a worker whose file has changed', () => {
  it('reports of it what a new worker does, and reads on what it has read', () => {
    const { file, worker, from } = growing();
    for (const length of PARTS) {
      file.bytes = WHOLE.slice(0, length);
      if (length > PARTS[0]!) assert.equal(worker.ask('again', { beside: undefined }), true);
      const report = worker.ask('check', {});
      const fresh = new AskedWorker({
        open: () => new MemorySource(file.bytes),
        digest: (source) => `sum of ${source.size}`,
      });
      assert.deepEqual(timeless(report), timeless(fresh.ask('check', {})));
      const line = { line: report.lines - 1 };
      assert.deepEqual(worker.ask('eventAtLine', line), fresh.ask('eventAtLine', line));
      assert.deepEqual(worker.ask('life', line), fresh.ask('life', line));
    }
    // What is kept begins with the second reading, which is of all of it.
    assert.deepEqual(from, [0, 0, ...PARTS.slice(1, -1)]);
  });

  it('looks at what lies beside it now', () => {
    const { file, worker } = growing();
    file.bytes = WHOLE.slice();
    assert.equal(worker.ask('check', {}).clock, 'unknown');
    const said = ['fact clock mono', 'cpu cpu0 entries=0 overrun=0 commit-overrun=0 dropped=0 read=1727'];
    const log = [...said, 'state complete'].map((text) => `@shimtrace ab ${text}\n`).join('');
    worker.ask('again', { beside: { json: undefined, log } });
    assert.equal(worker.ask('check', {}).clock, 'mono');
  });

  it('is to be another one where it cannot open it again, replayed it or was asked in SQL', async () => {
    const text = textWorker(WHOLE.toString());
    assert.equal(text.ask('again', { beside: undefined }), false);
    text.ask('check', {});
    assert.equal(text.ask('again', { beside: undefined }), false);
    const replayed = await workerOn(SAMPLE, { openAgain: (before) => before });
    replayed.ask('check', {});
    replayed.ask('debug', { session: 1, message: { seq: 1, type: 'request', command: 'initialize' } });
    assert.equal(replayed.ask('again', { beside: undefined }), false);
    const asked = await workerOn(SAMPLE, { openAgain: (before) => before });
    await asked.later('sql', { sql: 'select 1', path: SAMPLE, version: '0', limit: 1, part: {} });
    assert.equal(asked.ask('again', { beside: undefined }), false);
  });
});

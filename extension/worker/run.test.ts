import assert from 'node:assert/strict';
import { spotsIn } from '../protocol/place.js';
import { workerOnRun, type AskedWorker } from '../test/askWorker.js';

const HOST = 'sample-traces/session/host.dat';
const GUEST = 'sample-traces/session/guest.dat';
const at = (file: string, line: number) => ({ line, file: `file:///${file}` });

describe('a run of several files in the worker', () => {
  let worker: AskedWorker;
  before(async () => {
    worker = await workerOnRun([HOST, GUEST]);
  });

  it('leads from an event of one file to those of the others', () => {
    assert.deepEqual(worker.ask('spot', { row: 3 }), {
      row: 3,
      line: 1,
      column: 0,
      file: `file:///${GUEST}`,
    });
    const next = worker.ask('neighbour', { ...at(HOST, 3), along: 'page', forward: true });
    assert.deepEqual(next, { row: 6, line: 4, column: 0, file: `file:///${HOST}` });
    assert.deepEqual(worker.ask('neighbour', { ...at(HOST, 4), along: 'page', forward: false })?.row, 2);
    assert.equal(worker.ask('neighbour', { ...at(HOST, 9), along: 'page', forward: false }), null);
    assert.equal(worker.ask('neighbour', { ...at('elsewhere.dat', 3), along: 'page', forward: true }), null);
  });

  it("has a page's life over all of them", () => {
    const life = spotsIn(worker.ask('life', at(HOST, 4)));
    assert.deepEqual(
      life.map(({ line, file }) => `${file} ${line}`),
      [`file:///${HOST} 3`, `file:///${HOST} 4`],
    );
  });

  it('tells a line without its file of the end, and shows no text by lines alone', () => {
    assert.equal(worker.ask('lists', { line: 1 }).at, 'at line 4');
    assert.deepEqual(worker.ask('window', { line: 1, lines: 5 }), { firstLine: 1, text: '' });
    assert.deepEqual(worker.ask('stacks', {}), []);
    assert.deepEqual(worker.ask('hints', { fromLine: 1, toLine: 5 }), []);
  });

  it('squiggles the whole line where a file of it is shown as a listing', () => {
    const { place } = worker.ask('eventAtLine', at(HOST, 4))!;
    assert.ok(place.startColumn === 0 && place.endColumn > 1000);
  });

  it('may be of one file, whose listing it is then', async () => {
    const file = 'sample-traces/perf/7.2.13/M2.p.perf.data';
    const alone = await workerOnRun([file]);
    const report = alone.ask('check', {});
    assert.deepEqual(
      report.files?.map(({ lines, shown }) => [lines, shown]),
      [[2354, 'events']],
    );
    const found = report.findings.find(({ verdict }) => verdict === 'violation')!;
    assert.deepEqual([found.id, found.at.line, found.at.file], ['G9@1962', 1962, `file:///${file}`]);
    const event = alone.ask('eventAtLine', at(file, 1962))!;
    assert.deepEqual([event.place.row, alone.ask('life', at(file, 1962)).rows.length > 1], [1961, true]);
  });
});

import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Judges } from './judges.js';

/** A process that does with a trace what the trace's name says, and else tells its own number. */
const FAKE = `process.on('message', ({ file }) => {
  if (file === 'crash') { console.error('out of memory'); process.exit(7); }
  if (file === 'die') process.kill(process.pid, 'SIGKILL');
  if (file !== 'hang') process.send({ outcome: 'judged', message: String(process.pid) });
});`;

describe('processes that judge traces', function () {
  this.timeout(60_000);
  let folder = '';
  let judges: Judges;
  before(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'shimtrace-'));
    const entry = path.join(folder, 'fake.cjs');
    fs.writeFileSync(entry, FAKE);
    judges = new Judges({ entry, args: [], execArgv: [], timeLimitMs: 20_000 });
  });
  after(() => {
    judges.close();
    fs.rmSync(folder, { recursive: true });
  });

  const judge = (file: string): ReturnType<Judges['judge']> => judges.judge({ file, folder });

  it('judge many after each other, and are replaced where they end', async () => {
    const [first, second] = [await judge('a'), await judge('b')];
    assert.equal(first.message, second.message, 'the same process');
    assert.deepEqual(await judge('crash'), { outcome: 'failed', message: 'out of memory' });
    assert.deepEqual(await judge('die'), { outcome: 'failed', message: 'ended by SIGKILL' });
    const third = await judge('c');
    assert.equal(third.outcome, 'judged');
    assert.notEqual(third.message, first.message);
  });

  it('are as many as are asked at a time', async () => {
    const [one, other] = await Promise.all([judge('a'), judge('b')]);
    assert.notEqual(one.message, other.message);
  });

  it('have an end where a trace takes too long', async () => {
    const hasty = new Judges({
      entry: path.join(folder, 'fake.cjs'),
      args: [],
      execArgv: [],
      timeLimitMs: 1,
    });
    assert.equal((await hasty.judge({ file: 'hang', folder })).outcome, 'timeout');
    hasty.close();
  });
});

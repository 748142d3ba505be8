import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import type { FromWorker, Method, Methods } from '../protocol/requests.js';
import { SAMPLE } from '../test/askWorker.js';
import type { NodeWorkerData } from './worker.node.js';
import { INDEXED_FROM_BYTES } from './worker.js';

type Ask = <M extends Method>(method: M, params: Methods[M]['params']) => Promise<FromWorker>;

/** Has a thread to ask. */
async function withThread<T>(workerData: NodeWorkerData, run: (ask: Ask) => Promise<T>): Promise<T> {
  const worker = new Worker(new URL('./worker.node.js', import.meta.url), { workerData });
  const ask: Ask = (method, params) =>
    new Promise((done, fail) => {
      worker.removeAllListeners();
      worker.on('error', fail);
      worker.on('message', (message: FromWorker) => {
        if ('id' in message) done(message);
      });
      worker.postMessage({ id: 1, method, params });
    });
  try {
    return await run(ask);
  } finally {
    await worker.terminate();
  }
}

/** What a thread replies to one request. */
function reply<M extends Method>(
  workerData: NodeWorkerData,
  method: M,
  params: Methods[M]['params'],
): Promise<FromWorker> {
  return withThread(workerData, (ask) => ask(method, params));
}

async function resultOf<M extends Method>(
  workerData: NodeWorkerData,
  method: M,
  params: Methods[M]['params'],
): Promise<Methods[M]['result']> {
  const message = await reply(workerData, method, params);
  assert.ok('result' in message, JSON.stringify(message));
  return message.result as Methods[M]['result'];
}

describe('the worker as a thread', () => {
  it('judges a file by its path, and bytes that it is handed', async () => {
    const sum = crypto.createHash('sha256').update(fs.readFileSync(SAMPLE)).digest('hex');
    for (const data of [{ path: SAMPLE }, { bytes: new Uint8Array(fs.readFileSync(SAMPLE)) }]) {
      const { findings, recording } = await resultOf(data, 'check', {});
      assert.equal(recording, sum);
      assert.deepEqual(
        findings.filter(({ verdict }) => verdict === 'violation').map(({ id }) => id),
        ['G9@702'],
      );
    }
  });

  it('judges the files of a run', async () => {
    const run = ['sample-traces/session/host.dat', 'sample-traces/session/guest.dat'].map((file) => ({
      path: file,
      described: {
        uri: `file:///${file}`,
        path: file,
        name: path.basename(file),
        role: undefined,
        offsetNs: undefined,
      },
    }));
    const report = await resultOf({ run }, 'check', {});
    assert.deepEqual(
      report.files?.map(({ name, role }) => `${name} ${role}`),
      ['host.dat host', 'guest.dat guest'],
    );
    const sums = run.map(({ path: file }) =>
      crypto.createHash('sha256').update(fs.readFileSync(file)).digest('hex'),
    );
    assert.equal(report.recording, sums.sort().join('+'));
  });

  it('has the digest of a large file that was handed over', async () => {
    const bytes = crypto.randomBytes(INDEXED_FROM_BYTES + 1);
    const sum = crypto.createHash('sha256').update(bytes).digest('hex');
    assert.equal(await resultOf({ bytes }, 'digest', {}), sum);
  });

  it('reads on a file that grows, and knows its digest at each length', async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'shimtrace-'));
    try {
      const whole = fs.readFileSync(SAMPLE);
      const file = path.join(folder, 'growing.txt');
      fs.writeFileSync(file, whole.subarray(0, 200_000));
      await withThread({ path: file }, async (ask) => {
        for (const length of [200_000, 230_000, 260_001, whole.length]) {
          fs.writeFileSync(file, whole.subarray(0, length));
          if (length > 200_000)
            assert.deepEqual(await ask('again', { beside: undefined }), { id: 1, result: true });
          const message = await ask('check', {});
          assert.ok('result' in message, JSON.stringify(message));
          const { recording, findings } = message.result as Methods['check']['result'];
          const sum = crypto.createHash('sha256').update(whole.subarray(0, length)).digest('hex');
          assert.equal(recording, sum);
          const found = findings.filter(({ verdict }) => verdict === 'violation').map(({ id }) => id);
          assert.deepEqual(found, ['G9@702']);
        }
      });
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  });

  it('refuses a file that is not there', async () => {
    const message = await reply({ path: 'sample-traces/gone.txt' }, 'check', {});
    assert.ok('error' in message);
    assert.equal(message.error.code, 'io');
    assert.match(message.error.message, /^sample-traces\/gone\.txt: no such file; check the path$/);
  });
});

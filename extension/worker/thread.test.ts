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

/** What a thread replies to one request. */
async function reply<M extends Method>(
  workerData: NodeWorkerData,
  method: M,
  params: Methods[M]['params'],
): Promise<FromWorker> {
  const worker = new Worker(new URL('./worker.node.js', import.meta.url), { workerData });
  try {
    return await new Promise((done, fail) => {
      worker.on('error', fail);
      worker.on('message', (message: FromWorker) => {
        if ('id' in message) done(message);
      });
      worker.postMessage({ id: 1, method, params });
    });
  } finally {
    await worker.terminate();
  }
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

  it('has the digest of a large file', async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'shimtrace-'));
    try {
      const bytes = crypto.randomBytes(INDEXED_FROM_BYTES + 1);
      const file = path.join(folder, 'large');
      fs.writeFileSync(file, bytes);
      const sum = crypto.createHash('sha256').update(bytes).digest('hex');
      assert.equal(await resultOf({ path: file }, 'digest', {}), sum);
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  });

  it('refuses a file that is not there', async () => {
    const message = await reply({ path: 'sample-traces/gone.txt' }, 'check', {});
    assert.ok('error' in message);
    assert.equal(message.error.code, 'io');
    assert.match(message.error.message, /^sample-traces\/gone\.txt: ENOENT/);
  });
});

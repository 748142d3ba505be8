import assert from 'node:assert/strict';
import { once } from 'node:events';
import v8 from 'node:v8';
import { Worker } from 'node:worker_threads';

/** Compiles what reads a typed array, hands an array over, and says whether that code is still there. */
const SCRIPT = `
  const { parentPort } = require('node:worker_threads');
  function sum(numbers) {
    let all = 0;
    for (let i = 0; i < numbers.length; i++) all += numbers[i];
    return all;
  }
  import(${JSON.stringify(new URL('./handedOver.js', import.meta.url).href)}).then(({ moveFirst, movedWith }) => {
    const numbers = new Uint32Array(1000);
    moveFirst();
    %PrepareFunctionForOptimization(sum);
    sum(numbers);
    %OptimizeFunctionOnNextCall(sum);
    sum(numbers);
    const isOptimized = () => (%GetOptimizationStatus(sum) & 16) !== 0;
    const before = isOptimized();
    const column = () => new Uint32Array(10);
    const life = { rows: column(), lines: column(), columns: column(), fileOf: new Uint8Array(10) };
    parentPort.postMessage(life, movedWith('life', life));
    parentPort.postMessage([before, isOptimized(), life.rows.length]);
  });
`;

describe('what goes over to the host', () => {
  it('is handed over, and leaves the code that reads what stays', async () => {
    v8.setFlagsFromString('--allow-natives-syntax');
    const told: unknown[] = [];
    const worker = new Worker(SCRIPT, { eval: true });
    worker.on('message', (message) => told.push(message));
    await once(worker, 'exit');
    v8.setFlagsFromString('--no-allow-natives-syntax');
    const [life, behind] = told as [{ readonly rows: Uint32Array }, unknown];
    assert.equal(life.rows.length, 10);
    assert.deepEqual(behind, [true, true, 0], 'compiled before, compiled behind, nothing left here');
  });
});

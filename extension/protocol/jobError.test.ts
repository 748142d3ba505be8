import assert from 'node:assert/strict';
import { Worker } from 'node:worker_threads';
import { LESS_AT_ONCE } from '../../parsers/events/issues.js';
import { jobErrorOf } from './jobError.js';

describe('an error that ends a request', () => {
  it('of a worker without memory says so, and what to do', async () => {
    const worker = new Worker('const kept = []; for (;;) kept.push(new Array(1000).fill(kept.length))', {
      eval: true,
      resourceLimits: { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 2 },
    });
    const ended = await new Promise((resolve) => worker.on('error', resolve));
    assert.deepEqual(jobErrorOf(ended), {
      code: 'limit',
      message: `a limit was met: there is no memory for more. ${LESS_AT_ONCE}`,
    });
  });

  it('of ours is a bug, with the place', () => {
    const { code, message } = jobErrorOf(new TypeError('x is undefined'));
    assert.equal(code, 'internal');
    assert.match(message, /x is undefined\n +at .*jobError\.test/);
  });
});

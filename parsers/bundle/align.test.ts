import assert from 'node:assert/strict';
import fs from 'node:fs';
import { NEVER_CANCELLED } from '../base/cancel.js';
import { MemorySource } from '../base/source.js';
import type { ClockName, TraceMeta } from '../events/table.js';
import { readTrace } from '../index.js';
import { clockOffsets, whyUnaligned, type Aligned } from './align.js';

function file(path: string, clock: ClockName, more: Partial<TraceMeta> = {}, offsetNs?: bigint): Aligned {
  const meta: TraceMeta = { format: '', clock, timeUnit: 'ns', resolution: 1, t0: 0n, cpus: 0, kernel: '', producer: '', hasTgid: false, ...more };
  return { path, meta, offsetNs };
}

function check(title: string, files: readonly Aligned[], expected: readonly bigint[] | RegExp): void {
  it(title, () => {
    const why = whyUnaligned(files);
    if (expected instanceof RegExp) assert.match(why ?? 'aligned', expected);
    else {
      assert.equal(why, undefined);
      assert.deepEqual(clockOffsets(files), expected);
    }
  });
}

const wall = { wallOffsetNs: 1000n };

describe('clocks of several files', () => {
  check('are one where they have one name', [file('a', 'mono'), file('b', 'mono', wall)], [0n, 0n]);
  check('meet at the wall clock where each is tied to it', [file('a', 'mono', wall), file('b', 'realtime')], [1000n, 0n]);
  check('meet there whatever the order', [file('a', 'realtime'), file('b', 'boot', wall), file('c', 'mono', { wallOffsetNs: 7n })], [0n, 1000n, 7n]);
  check('do not meet where one is not tied', [file('a', 'mono'), file('b', 'realtime')], /b has the clock realtime, a has mono/);
  check('go by the user\'s offset', [file('a', 'mono', wall), file('b', 'realtime', {}, -5n)], [0n, -5n]);
  check('of ftrace text are not known', [file('a', 'unknown'), file('b', 'unknown')], /does not say a clock/);
  check('of different kernels are different', [file('a', 'mono', { kernel: '6.12' }), file('b', 'mono', { kernel: '7.2' })], /another kernel/);
  check('need times', [file('a', 'mono'), file('b', 'mono', { timeUnit: 'none' })], /b has no times/);

  it('are tied to the wall clock by CLOCK_DATA', () => {
    const bytes = new Uint8Array(fs.readFileSync('sample-traces/perf/7.2.13/M2.p.perf.data'));
    const { table } = readTrace(new MemorySource(bytes), { cancel: NEVER_CANCELLED });
    const first = table.absoluteTime(0) + table.meta.wallOffsetNs!;
    // As `perf script -F +tod` prints it: 2026-11-22 13:34:20.705937.
    assert.equal(first / 1000n, BigInt(Date.UTC(2026, 10, 22, 13, 34, 20)) * 1000n + 705937n);
  });
});

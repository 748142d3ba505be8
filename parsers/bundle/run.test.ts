import assert from 'node:assert/strict';
import fs from 'node:fs';
import { NEVER_CANCELLED } from '../base/cancel.js';
import { MemorySource } from '../base/source.js';
import { KIND_COUNT } from '../events/kinds.js';
import type { TraceMeta } from '../events/table.js';
import { runHint } from '../index.js';
import { provenRuns, type RunFacts } from './run.js';

/** A file from `first` to `last` on the wall clock, with events of these kinds. */
function file(
  first: number,
  last: number,
  kinds: readonly number[],
  more: Partial<TraceMeta> = {},
  isRelative = false,
): RunFacts {
  const meta: TraceMeta = {
    format: 'perf.data',
    clock: 'mono',
    timeUnit: 'ns',
    resolution: 1,
    t0: 0n,
    cpus: 0,
    kernel: '7.2.13',
    producer: '',
    hasTgid: false,
    wallOffsetNs: 0n,
    host: 'metal',
    ...more,
  };
  return {
    path: '',
    meta,
    isRelative,
    role: undefined,
    offsetNs: undefined,
    first: BigInt(first),
    last: BigInt(last),
    kinds: Uint8Array.from({ length: KIND_COUNT }, (_, kind) => (kinds.includes(kind) ? 1 : 0)),
  };
}

const log = (first: number, last: number): RunFacts =>
  file(first, last, [9], { format: 'qemu-log', clock: 'realtime', kernel: '', host: '' });

function check(title: string, files: readonly RunFacts[], expected: readonly (readonly number[])[]): void {
  it(title, () => assert.deepEqual(provenRuns(files), expected));
}

describe('which files are one run by what they say', () => {
  check(
    'two recordings of a machine at one time, of different events',
    [file(0, 10, [1]), file(5, 20, [2])],
    [[0, 1]],
  );
  check('not of the same events: they would count twice', [file(0, 10, [1, 2]), file(5, 20, [2])], []);
  check('not at two times', [file(0, 10, [1]), file(11, 20, [2])], []);
  check('not of two machines', [file(0, 10, [1]), file(5, 20, [2], { host: 'other' })], []);
  check(
    'not of machines without a name',
    [file(0, 10, [1], { host: '' }), file(5, 20, [2], { host: '' })],
    [],
  );
  check('not of two kernels', [file(0, 10, [1]), file(5, 20, [2], { kernel: '6.12' })], []);
  check(
    'not where one does not say the wall time',
    [{ ...file(0, 10, [1]), meta: { ...file(0, 10, []).meta, wallOffsetNs: undefined! } }, file(5, 20, [2])],
    [],
  );
  check('not where times count from their own start', [file(0, 10, [1]), file(5, 20, [2], {}, true)], []);
  check(
    'a QEMU log beside the one trace of its time',
    [file(0, 10, [1]), log(5, 6), file(100, 110, [1])],
    [[0, 1]],
  );
  check('not one of another time', [file(0, 10, [1]), log(50, 60)], []);
  check("not two QEMU logs: which is the VM's?", [file(0, 10, [1]), log(5, 6), log(5, 7)], []);
  check(
    'not a QEMU log beside traces of two machines',
    [file(0, 10, [1]), log(5, 6), file(0, 10, [1], { host: 'other' })],
    [],
  );
  check('not two QEMU logs by themselves', [log(5, 6), log(5, 7)], []);
  check(
    'a QEMU log beside two traces of one run',
    [log(5, 6), file(0, 10, [1]), file(0, 10, [2])],
    [[0, 1, 2]],
  );

  for (const [path, may] of [
    ['session/host.dat', true],
    ['session/guest.dat', true],
    ['tracecmd/multibuf.dat', false],
    ['perf/7.2.13/M2.p.perf.data', true],
    ['perf/7.2.13/conv_small.zstd.perf.data', true],
    ['qemu/11.1.3/q35-seabios.log', true],
    ['qemu/7.2.22/virtio-mem.log', true],
    ['qemu/11.1.3/pc-anon.log', false],
    ['labelled/inplace/M2.p.txt', false],
    ['compressed/M2.p.txt.gz', true],
  ] as const) {
    it(`${may ? 'may be said' : 'cannot be said'} by ${path}, as its head shows`, () => {
      assert.equal(
        runHint(new MemorySource(new Uint8Array(fs.readFileSync(`sample-traces/${path}`))), {
          cancel: NEVER_CANCELLED,
        }).may,
        may,
      );
    });
  }
});

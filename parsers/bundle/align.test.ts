import assert from 'node:assert/strict';
import fs from 'node:fs';
import { NEVER_CANCELLED } from '../base/cancel.js';
import { MemorySource } from '../base/source.js';
import type { ClockName, Session, TraceMeta } from '../events/table.js';
import { readTrace } from '../index.js';
import { alignFiles, rolesOf, type RunFile } from './align.js';

function file(
  path: string,
  clock: ClockName,
  more: Partial<TraceMeta> = {},
  given: Partial<RunFile> = {},
): RunFile {
  const meta: TraceMeta = {
    format: '',
    clock,
    timeUnit: 'ns',
    resolution: 1,
    t0: 0n,
    cpus: 0,
    kernel: '',
    producer: '',
    hasTgid: false,
    ...more,
  };
  return { path, meta, isRelative: false, role: undefined, offsetNs: undefined, ...given };
}

/** `expected`: for one run the offset of each file, else why there are several. */
function check(title: string, files: readonly RunFile[], expected: readonly bigint[] | RegExp): void {
  it(title, () => {
    const { runs, why } = alignFiles(files);
    if (expected instanceof RegExp) assert.match(why ?? 'one run', expected);
    else
      assert.deepEqual(
        [why, runs.map((run) => run.map((placed) => placed.offsetNs))],
        [undefined, [expected]],
      );
    assert.deepEqual(
      runs
        .flat()
        .map((placed) => placed.index)
        .sort(),
      files.map((_, i) => i),
      'each file is in one run',
    );
  });
}

const wall = { wallOffsetNs: 1000n };
const session = (
  traceId: bigint,
  peerTraceId?: bigint,
  guests: Session['guests'] = [],
): Partial<TraceMeta> => ({ session: { traceId, peerTraceId, guests } });

describe('clocks of several files', () => {
  check('are one where they have one name', [file('a', 'mono'), file('b', 'mono', wall)], [0n, 0n]);
  check(
    'meet at the wall clock where each is tied to it',
    [file('a', 'mono', wall), file('b', 'realtime')],
    [0n, -1000n],
  );
  check(
    'meet there whatever the order',
    [file('a', 'realtime'), file('b', 'boot', wall), file('c', 'mono', { wallOffsetNs: 7n })],
    [0n, 1000n, 7n],
  );
  check(
    'meet by way of a third',
    [file('a', 'boot', wall), file('b', 'mono'), file('c', 'mono', { wallOffsetNs: 7n })],
    [0n, -993n, -993n],
  );
  check(
    'do not meet where one is not tied',
    [file('a', 'mono'), file('b', 'realtime')],
    /b has the clock realtime, a has mono/,
  );
  check(
    "go by the user's offset",
    [file('a', 'mono', wall), file('b', 'realtime', {}, { offsetNs: -5n })],
    [0n, -5n],
  );
  check('of ftrace text are not known', [file('a', 'unknown'), file('b', 'unknown')], /does not say a clock/);
  check(
    'of different kernels are different',
    [file('a', 'mono', { kernel: '6.12' }), file('b', 'mono', { kernel: '7.2' })],
    /another kernel/,
  );
  check(
    'of different machines are different',
    [file('a', 'mono', { host: 'x' }), file('b', 'mono', { host: 'y' })],
    /another machine/,
  );
  check('need times', [file('a', 'mono'), file('b', 'mono', { timeUnit: 'none' })], /b has no times/);
  check(
    "need times that count from the clock's start",
    [file('a', 'perf'), file('b', 'perf', {}, { isRelative: true })],
    /b counts its times from its own start/,
  );
  check(
    'take what --date added away',
    [file('a', 'mono', { addedNs: 50n, wallOffsetNs: 0n }), file('b', 'mono')],
    [0n, 50n],
  );
  check(
    'put a time with --date on the wall clock as it is',
    [file('a', 'mono', { addedNs: 50n, wallOffsetNs: 0n }), file('b', 'realtime')],
    [0n, 0n],
  );
  check(
    "take a --ts-offset as the user's word",
    [file('a', 'mono', { addedNs: 50n }), file('b', 'mono')],
    [0n, 0n],
  );
  check(
    'of ticks are one where both have ticks',
    [file('a', 'x86-tsc', { timeUnit: 'ticks' }), file('b', 'x86-tsc', { timeUnit: 'ticks' })],
    [0n, 0n],
  );
  check(
    'of ticks and nanoseconds do not meet',
    [file('a', 'x86-tsc'), file('b', 'x86-tsc', { timeUnit: 'ticks' })],
    /b has ticks/,
  );
  check(
    "of a guest are its host's by its time shift",
    [
      file('host', 'local', session(1n)),
      file('guest', 'x86-tsc', { ...session(2n, 1n), host: 'vm', kernel: '6.1' }),
    ],
    [0n, 0n],
  );
  check(
    "of a guest are its host's, though that has no id and only names it",
    [
      file('host', 'local', {
        session: {
          traceId: undefined,
          peerTraceId: undefined,
          guests: [{ name: 'vm', traceId: 2n, vcpuTids: new Map() }],
        },
      }),
      file('guest', 'local', session(2n, 1n)),
    ],
    [0n, 0n],
  );
  check(
    'of a guest are not those of a host that names another',
    [
      file('host', 'local', {
        session: {
          traceId: undefined,
          peerTraceId: undefined,
          guests: [{ name: 'vm', traceId: 3n, vcpuTids: new Map() }],
        },
      }),
      file('guest', 'local', session(2n, 1n)),
    ],
    /guest is of a guest.*no time shift to host/,
  );
  check(
    'of two guests of one host are one',
    [file('g', 'local', session(2n, 1n)), file('h', 'local', session(3n, 1n))],
    [0n, 0n],
  );
  check(
    'of a guest are its own',
    [file('a', 'mono'), file('b', 'mono', {}, { role: 'guest' })],
    /b is of a guest.*no time shift to a/,
  );
  check(
    "of a guest go by the user's offset",
    [file('a', 'mono'), file('b', 'mono', {}, { role: 'guest', offsetNs: 9n })],
    [0n, 9n],
  );

  it('keep what meets together, beside what does not', () => {
    const { runs, why } = alignFiles([
      file('qemu.log', 'unknown', { format: 'qemu-log', timeUnit: 'none' }),
      file('host', 'local', session(1n)),
      file('guest', 'local', session(2n, 1n)),
    ]);
    assert.deepEqual(
      runs.map((run) => run.map((placed) => placed.index)),
      [[0], [1, 2]],
    );
    assert.match(why ?? '', /qemu\.log has no times/);
  });

  it("come with roles: as given, by format, by session, and a host's else", () => {
    const guests = [{ name: 'vm', traceId: 2n, vcpuTids: new Map<number, number>() }];
    const roles = (...files: readonly RunFile[]): readonly string[] => rolesOf(files);
    assert.deepEqual(
      roles(
        file('a', 'mono', session(1n, undefined, guests)),
        file('b', 'mono', session(2n)),
        file('c', 'realtime', { format: 'qemu-simple' }),
      ),
      ['host', 'guest', 'qemu'],
    );
    assert.deepEqual(roles(file('a', 'mono', session(2n, 1n)), file('b', 'mono')), ['guest', 'host']);
    assert.deepEqual(
      roles(file('a', 'mono', session(2n, 1n))),
      ['host'],
      'by itself it is judged as any other',
    );
  });

  it('are tied to the wall clock by CLOCK_DATA', () => {
    const bytes = new Uint8Array(fs.readFileSync('sample-traces/perf/7.2.13/M2.p.perf.data'));
    const { table } = readTrace(new MemorySource(bytes), { cancel: NEVER_CANCELLED });
    const first = table.absoluteTime(0) + table.meta.wallOffsetNs!;
    // As `perf script -F +tod` prints it: 2026-11-22 13:34:20.705937.
    assert.equal(first / 1000n, BigInt(Date.UTC(2026, 10, 22, 13, 34, 20)) * 1000n + 705937n);
    assert.notEqual(table.meta.host ?? '', '');
  });
});

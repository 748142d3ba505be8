import assert from 'node:assert/strict';
import fs from 'node:fs';
import { NEVER_CANCELLED } from '../base/cancel.js';
import { MemorySource } from '../base/source.js';
import type { EventTable } from '../events/table.js';
import { readTrace } from '../index.js';
import type { OpenTrace } from '../reader.js';
import { openRun, whyApart, type ReadFile } from './open.js';
import { holdSameEvents } from './same.js';

const SAMPLES = 'sample-traces';
const TEXT = 'labelled/inplace/N.p.txt';
const OTHER = 'labelled/inplace/M2.p.txt';

const open = (bytes: Uint8Array): OpenTrace =>
  readTrace(new MemorySource(bytes), { cancel: NEVER_CANCELLED });
const read = (file: string): Buffer => fs.readFileSync(`${SAMPLES}/${file}`);
const tableOf = (file: string): EventTable => open(read(file)).table;

/** The trace of those lines of a text that a test keeps, by the number of the event. */
function part(file: string, keep: (line: string, event: number) => boolean): Buffer {
  let event = 0;
  return Buffer.from(
    read(file)
      .toString()
      .split('\n')
      .filter((line) => line === '' || line.startsWith('#') || keep(line, event++))
      .join('\n'),
  );
}

/**
 * Whether they are the same where both count from one time; `startAlike` makes the second begin with the
 * first.
 */
function same(a: EventTable, b: EventTable, startAlike = false): boolean {
  const starts = [
    a.meta.t0,
    startAlike ? a.meta.t0 + BigInt(Math.round(a.ts(0) - b.ts(0))) : b.meta.t0,
  ] as const;
  const [forth, back] = [
    holdSameEvents({ table: a, start: starts[0] }, { table: b, start: starts[1] }),
    holdSameEvents({ table: b, start: starts[1] }, { table: a, start: starts[0] }),
  ];
  assert.equal(forth, back);
  return forth;
}

describe('the same events twice', () => {
  for (const [one, other] of [
    [TEXT, TEXT],
    ['perf/7.2.13/conv.restrictedmem.perf.data', 'perf/7.2.13/conv.restrictedmem.perf-script.txt'],
    ['qemu/11.1.3/q35-seabios.log', 'qemu/11.1.3/q35-seabios.log'],
  ] as const)
    it(`are in ${one} and ${one === other ? 'itself' : other}`, () =>
      assert.ok(same(tableOf(one), tableOf(other))));

  it('are in a trace and a part of it: its end, one CPU, what a search found, three lines', () => {
    const whole = tableOf(TEXT);
    const ofOneCpu = part(TEXT, (line) => line.includes('[001]'));
    for (const bytes of [
      part(TEXT, (_, event) => event >= 700),
      ofOneCpu,
      part(TEXT, (line) => /spte_changed|kvm_gmem/.test(line)),
    ]) {
      const { table } = open(bytes);
      assert.ok(table.length >= 8 && table.length < whole.length);
      assert.ok(same(whole, table));
    }
    const few = part(TEXT, (_, event) => event < 3);
    assert.ok(same(open(few).table, open(few).table));
  });

  it('are in two snapshots of one buffer that share a half', () => {
    assert.ok(
      same(
        open(part(TEXT, (_, event) => event < 800)).table,
        open(part(TEXT, (_, event) => event >= 400)).table,
      ),
    );
  });

  it('are not in a trace and one that ends before, or has another clock', () => {
    const [start, end] = [
      open(part(TEXT, (_, event) => event < 700)).table,
      open(part(TEXT, (_, event) => event >= 700)).table,
    ];
    assert.ok(!same(start, end));
    const whole = tableOf(TEXT);
    assert.ok(
      !holdSameEvents({ table: whole, start: 0n }, { table: whole, start: 5000n }),
      'five microseconds apart',
    );
  });

  it('are not in two buffers of one machine that recorded different events', () => {
    const halves: readonly ((line: string, event: number) => boolean)[] = [
      (line) => /kvm/.test(line),
      (line) => line.includes('[000]'),
      (_, event) => event % 2 === 0,
      (_, event) => event % 50 < 25,
      (line) => /gfn [0-9a-f]*[02468ace] /.test(line),
      (line) => /^\s*qemu/.test(line),
    ];
    for (const [i, half] of halves.entries()) {
      const [one, other] = [
        open(part(TEXT, half)).table,
        open(part(TEXT, (line, event) => !half(line, event))).table,
      ];
      assert.ok(one.length >= 8 && other.length >= 8, `half ${i}`);
      assert.ok(!same(one, other), `half ${i}`);
    }
  });

  it('are not in two recordings, though they were begun at one time', () => {
    const files = ['labelled/inplace', 'labelled/base', 'labelled/shim'].flatMap((folder) =>
      fs.readdirSync(`${SAMPLES}/${folder}`).map((name) => tableOf(`${folder}/${name}`)),
    );
    assert.ok(files.length > 15);
    for (const [i, one] of files.entries()) {
      for (const other of files.slice(i + 1)) assert.ok(!same(one, other) && !same(one, other, true));
    }
  });

  it('are not in a trace without events', () =>
    assert.ok(!same(tableOf(TEXT), open(Buffer.from('# tracer: nop\n')).table)));
});

describe('a run in which two files hold the same events', () => {
  const file = (path: string, bytes: Uint8Array, more: Partial<ReadFile> = {}): ReadFile => ({
    path,
    open: open(bytes),
    offsetNs: 0n,
    ...more,
  });
  const reasons = ({ open: { table } }: { readonly open: OpenTrace }): readonly string[] =>
    table.issues.flatMap(({ code, detail }) => (code === 'same-events' ? [detail] : []));
  const whole = tableOf(TEXT).length;

  it('leaves one of them out, with the reason, and merges the others', () => {
    const other = read(OTHER);
    const runs = openRun([file('a', read(TEXT)), file('b', read(TEXT)), file('c', other)]);
    assert.deepEqual(
      runs.map(({ files }) => files),
      [[0, 2], [1]],
    );
    assert.deepEqual(
      runs.map(({ open: { table } }) => table.length),
      [whole + open(other).table.length, whole],
    );
    for (const run of runs) assert.deepEqual(reasons(run), ['b holds events of a']);
    assert.equal(whyApart(runs), 'b holds events of a, and each would count twice; give one of the two');
  });

  it('keeps the larger one beside the others', () => {
    const runs = openRun([
      file(
        'cut',
        part(TEXT, (_, event) => event < 300),
      ),
      file('whole', read(TEXT)),
      file('log', read(OTHER)),
    ]);
    assert.deepEqual(
      runs.map(({ files }) => files),
      [[0], [1, 2]],
    );
    for (const run of runs) assert.deepEqual(reasons(run), ['cut holds events of whole']);
  });

  it('is every file by itself where all are the same', () => {
    const runs = openRun(['a', 'b', 'c'].map((path) => file(path, read(TEXT))));
    assert.deepEqual(
      runs.map(({ files, bundle }) => [files, bundle]),
      [
        [[0], undefined],
        [[1], undefined],
        [[2], undefined],
      ],
    );
    assert.deepEqual(runs.map(reasons), [
      ['b holds events of a', 'c holds events of a'],
      ['b holds events of a'],
      ['c holds events of a'],
    ]);
  });

  it("is none of a host's trace with a guest's or QEMU's", () => {
    for (const role of ['guest', 'qemu'] as const) {
      const runs = openRun([file('host', read(TEXT)), file('other', read(TEXT), { role })]);
      assert.deepEqual([runs.length, runs[0]!.open.table.length, reasons(runs[0]!)], [1, 2 * whole, []]);
    }
    const [run, ...more] = openRun(
      ['session/host.dat', 'session/guest.dat'].map((path) =>
        file(path, read(path), { offsetNs: undefined }),
      ),
    );
    assert.deepEqual([more, run!.files, reasons(run!)], [[], [0, 1], []]);
    const beside = openRun(
      ['qemu/11.1.3/q35-seabios.ftrace.txt', 'qemu/11.1.3/q35-seabios.log'].map((path) =>
        file(path, read(path)),
      ),
    );
    assert.deepEqual([beside.length, reasons(beside[0]!)], [1, []]);
  });
});

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { analyze } from '../../model/index.js';
import { GUEST_BEHIND_NS, sessionFiles } from '../../test/support/tracedatSession.js';
import { NEVER_CANCELLED } from '../base/cancel.js';
import { MemorySource } from '../base/source.js';
import { KIND_GUEST, kindId } from '../events/kinds.js';
import { TableBuilder, UNKNOWN_CPU, type EventTable } from '../events/table.js';
import { readTrace } from '../index.js';
import type { OpenTrace } from '../reader.js';
import type { Bundle } from './bundle.js';
import { mergeTraces } from './merge.js';
import { openRun } from './open.js';
import { factsOf, provenRuns } from './run.js';

const options = { cancel: NEVER_CANCELLED };
const open = (bytes: Uint8Array): OpenTrace => readTrace(new MemorySource(bytes), options);

/** A trace of events at these times, in this order; `lines` gives them lines. */
function made(times: readonly number[], lines: boolean): OpenTrace {
  const builder = new TableBuilder();
  const kind = kindId('SpteChanged');
  times.forEach((ts, i) => {
    builder.addRow(
      ts,
      i % 3,
      10 + i,
      -1,
      builder.comms.internString(`task${i}`),
      i % 2 === 0 ? kind : 0,
      builder.names.internString(`name${i % 4}`),
      i * 10,
      lines ? 2 * i + 1 : 0,
    );
    if (i % 2 !== 0) return;
    const at = builder.payload(kind);
    builder.current.pool[at] = 1;
    builder.current.pool[at + 1] = i;
  });
  return { table: builder.finish(), describe: (row) => ({ name: '', fields: [], text: String(row) }) };
}

const part = (trace: OpenTrace, i: number): Parameters<typeof mergeTraces>[0][number] => ({
  path: `f${i}`,
  open: trace,
  role: 'host',
  offsetNs: 0n,
});
const rowsOf = ({ table }: { readonly table: EventTable }): readonly number[] =>
  Array.from({ length: table.length }, (_, row) => row);

describe('merging files of one run', () => {
  it("is stable by time and file, keeps columns and payloads, and knows each row's place both ways", () => {
    const times = fc.array(fc.nat(40), { maxLength: 30 }).map((list) => list.sort((a, b) => a - b));
    fc.assert(
      fc.property(fc.array(fc.tuple(times, fc.boolean()), { minLength: 1, maxLength: 5 }), (files) => {
        const bundle = mergeTraces(files.map(([list, lines], i) => part(made(list, lines), i)));
        const expected = files
          .flatMap(([list], file) => list.map((ts, row) => ({ ts, file, row })))
          .sort((a, b) => a.ts - b.ts || a.file - b.file || a.row - b.row);
        assert.equal(bundle.table.length, expected.length);
        expected.forEach(({ ts, file, row }, at) => {
          const { table } = bundle;
          assert.deepEqual(bundle.sourceOf(at), { part: file, row });
          assert.deepEqual(
            [
              table.ts(at),
              table.cpu(at),
              table.tid(at),
              table.comm(at),
              table.name(at),
              table.at(at),
              table.num(at, 0),
            ],
            [ts, row % 3, 10 + row, `task${row}`, `name${row % 4}`, row * 10, row % 2 === 0 ? row : -1],
          );
          assert.equal(table.line(at), files[file]![1] ? 2 * row + 1 : row + 1);
          assert.equal(bundle.describe(at).text, String(row));
          assert.equal(bundle.rowAtLine(file, table.line(at)), at);
          if (files[file]![1])
            assert.equal(bundle.rowAtLine(file, 2 * row), at, 'a line before it without an event');
        });
        assert.equal(bundle.rowAtLine(0, 1_000_000), bundle.table.length);
      }),
    );
  });

  it('gives up what it has copied', () => {
    const [a, b] = [
      made(
        Array.from({ length: 70_000 }, (_, i) => i),
        false,
      ),
      made([5, 6], false),
    ];
    const { table } = mergeTraces([part(a, 0), part(b, 1)]);
    assert.equal(table.length, 70_002);
    assert.deepEqual(
      a.table.segments.map((segment) => [segment.ts.length, segment.pool.length, segment.at.length > 0]),
      [
        [0, 0, true],
        [0, 0, true],
      ],
    );
    assert.equal(table.num(69_000, 0), 68_998);
  });
});

describe('a host and its guest', () => {
  const merged = (): Bundle => {
    const { host, guest } = sessionFiles();
    const [run, ...more] = openRun([
      { path: 'guest.dat', open: open(guest) },
      { path: 'host.dat', open: open(host) },
    ]);
    assert.deepEqual(more, []);
    return run!.bundle!;
  };

  it('are one run by their session ids, in any order, and no other', () => {
    const { host, guest } = sessionFiles();
    const [h, g] = [factsOf('h', open(host).table), factsOf('g', open(guest).table)];
    assert.deepEqual(provenRuns([h, g]), [[0, 1]]);
    assert.deepEqual(provenRuns([g, h]), [[0, 1]]);
    assert.deepEqual(provenRuns([h, h]), [], 'a file twice is no run');
    const stranger = { ...g, meta: { ...g.meta, session: { traceId: 5n, peerTraceId: 6n, guests: [] } } };
    assert.deepEqual(provenRuns([stranger, h]), []);
  });

  it("are in the order of the host's clock", () => {
    const bundle = merged();
    assert.deepEqual(
      rowsOf(bundle).map((row) => [bundle.sourceOf(row).part, Number(bundle.table.absoluteTime(row)) / 1e6]),
      [
        [1, 10],
        [1, 10.5],
        [1, 11],
        [0, 12],
        [0, 12.5],
        [0, 13],
        [1, 15],
      ],
    );
    assert.equal(GUEST_BEHIND_NS, 5_000_000n);
    assert.deepEqual(
      bundle.parts.map(({ role }) => role),
      ['guest', 'host'],
    );
  });

  it("are told apart: a guest's event stands on its vCPU thread, under its guest's name", () => {
    const bundle = merged();
    const { table } = bundle;
    const [first, second] = [3, 4];
    assert.deepEqual(
      [table.kind(first), table.cpu(first), table.tid(first), table.tgid(first), table.comm(first)],
      [KIND_GUEST, UNKNOWN_CPU, 100, -1, 'CPU 0/KVM'],
    );
    assert.deepEqual([table.tid(second), table.comm(second)], [101, 'CPU 1/KVM']);
    assert.equal(table.name(first), 'vm1:kvmmmu:kvm_tdp_mmu_spte_changed');
    const event = bundle.describe(first);
    assert.equal(event.name, 'vm1:kvmmmu:kvm_tdp_mmu_spte_changed');
    assert.deepEqual(event.fields.slice(0, 4), [
      { name: 'guest_cpu', value: '0' },
      { name: 'guest_tid', value: '77' },
      { name: 'guest_comm', value: 'nested' },
      { name: 'gfn', value: '100000' },
    ]);
    assert.equal(
      event.text,
      'nested-77 [000]: as id 0 gfn 100000 level 1 old_spte 0 new_spte 8600000123456907',
    );
  });

  it('are judged by what the host saw: the same operations as without the guest', () => {
    const bundle = merged();
    const alone = open(sessionFiles().host);
    const operations = (table: EventTable, rowOf: (row: number) => number): readonly string[] => {
      const { ops } = analyze(table);
      return Array.from(
        { length: ops.length },
        (_, i) =>
          `${ops.op(i)} ${rowOf(ops.row(i))} ${ops.subject(i)} ${ops.first(i)} ${ops.count(i)} ${ops.value(i)}`,
      );
    };
    const own = operations(alone.table, (row) => row);
    assert.ok(own.length > 0);
    assert.deepEqual(
      operations(bundle.table, (row) => bundle.sourceOf(row).row),
      own,
    );
    assert.deepEqual(bundle.table.losses, [], "what the guest lost is none of the host's");
    assert.ok(
      bundle.table.issues.some((issue) => issue.code === 'lost-events' && issue.file === 'guest.dat'),
      'but is told',
    );
    const { understood, unknown } = analyze(bundle.table);
    assert.deepEqual([understood, unknown], [4, 0]);
    assert.deepEqual(
      [bundle.table.meta.clock, bundle.table.meta.host, bundle.table.meta.kernel],
      ['local', 'metal', '7.2.13'],
    );
  });
});

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { readText } from '../../test/support/tables.js';
import { NEVER_CANCELLED } from '../base/cancel.js';
import { MemorySource } from '../base/source.js';
import { allSteps } from '../base/steps.js';
import { readTrace } from '../index.js';
import { EVENT_COUNTS } from './counts.js';
import { kindId, kindName } from './kinds.js';
import { LINES_IN_ORDER } from './lineOrder.js';
import { SEGMENT_ROWS } from './segment.js';
import { TableBuilder, UNKNOWN_CPU, type EventTable } from './table.js';
import { TASKS } from './tasks.js';

const recording = (): EventTable =>
  readTrace(new MemorySource(fs.readFileSync('sample-traces/perf/7.2.13/M2.p.perf.data')), {
    cancel: NEVER_CANCELLED,
  }).table;

const RUNS = [
  '     qemu-a-10    (      9) [000] ..... 1.000001: kvm_userspace_exit: reason KVM_EXIT_IO (2)',
  '      CPU 1-11    (      9) [001] ..... 1.000002: kvm_entry: vcpu 1, rip 0x10',
  '     qemu-a-10    (      9) [000] ..... 1.000003: kvm_entry: vcpu 0, rip 0x10',
  '     qemu-b-10    (      9) [000] ..... 1.000004: kvm_entry: vcpu 3, rip 0x10',
].join('\n');
const runs = (): EventTable => readText(`${RUNS}\n`);

const rowsOf = ({ length }: EventTable): readonly number[] => Array.from({ length }, (_, row) => row);

describe('what all rows of a trace say', () => {
  it('is of each task, where it is first seen, and on which vCPU it enters a guest', () => {
    const table = runs();
    assert.deepEqual(
      TASKS.of(table).map(({ comm, ...task }) => ({ ...task, comm: table.comms.text(comm) })),
      [
        { tid: 10, row: 0, tgid: 9, comm: 'qemu-a', events: 3, entersGuest: true, vcpu: 0 },
        { tid: 11, row: 1, tgid: 9, comm: 'CPU 1', events: 1, entersGuest: true, vcpu: 1 },
      ],
    );
  });

  it('counts every event of a recording once: its task, CPU, kind and name', () => {
    const table = recording();
    const count = (test: (row: number) => boolean): number => rowsOf(table).filter(test).length;
    for (const { tid, row, events } of TASKS.of(table)) {
      assert.equal(
        rowsOf(table).find((one) => table.tid(one) === tid),
        row,
      );
      assert.equal(
        count((one) => table.tid(one) === tid),
        events,
      );
    }
    const { cpus, kinds, names, unknown } = EVENT_COUNTS.of(table);
    for (const { of, events } of cpus)
      assert.equal(
        count((row) => table.cpu(row) === of),
        events,
      );
    for (const { of, events } of kinds)
      assert.equal(
        count((row) => table.kind(row) === of),
        events,
        kindName(of),
      );
    for (const { of, events } of names)
      assert.equal(
        count((row) => table.nameId(row) === of),
        events,
      );
    assert.deepEqual(unknown, []);
    for (const counts of [cpus, kinds, names])
      assert.equal(
        counts.reduce((sum, { events }) => sum + events, 0),
        table.length,
      );
  });

  it('is which events are the earliest and the latest, and which names are not understood', () => {
    const builder = new TableBuilder();
    for (const ts of [0, 19_540_000, 70_000, -3000])
      builder.addRow(ts, UNKNOWN_CPU, 1, 1, 0, 0, builder.names.internString('e'), 0, 1);
    const { earliest, latest, cpus, unknown } = EVENT_COUNTS.of(builder.finish());
    assert.deepEqual([earliest, latest], [3, 1]);
    assert.deepEqual([cpus, unknown], [[{ of: UNKNOWN_CPU, events: 4 }], [{ of: 0, events: 4 }]]);
    const none = EVENT_COUNTS.of(new TableBuilder().finish());
    assert.deepEqual([none.earliest, none.latest, none.names], [-1, -1, []]);
  });

  it('says where lines are not in the order of the rows', () => {
    const table = runs();
    assert.equal(LINES_IN_ORDER.of(table), true);
    const other = runs();
    other.segments[0]!.line[2] = 1;
    assert.equal(LINES_IN_ORDER.of(other), false);
  });

  it('is found segment by segment, and rows are numbered through all of them', () => {
    const builder = new TableBuilder();
    for (let row = 0; row < SEGMENT_ROWS + 3; row++)
      builder.addRow(row, 0, row < SEGMENT_ROWS + 1 ? 1 : 2, 1, 0, kindId('KvmEntry'), 0, row, row + 1);
    builder.names.internString('kvm_entry');
    builder.comms.internString('a');
    const table = builder.finish();
    const steps = TASKS.text(table);
    let count = 0;
    while (!steps.next().done) count++;
    assert.equal(count, 2);
    assert.deepEqual(
      TASKS.of(table).map(({ row, events }) => [row, events]),
      [
        [0, SEGMENT_ROWS + 1],
        [SEGMENT_ROWS + 1, 2],
      ],
    );
    assert.equal(EVENT_COUNTS.of(table).latest, SEGMENT_ROWS + 2);
  });

  it('is no more kept than is worth it, and not all found for that', () => {
    const builder = new TableBuilder();
    builder.comms.internString('a');
    builder.names.internString('e');
    for (let row = 0; row < 2 * SEGMENT_ROWS; row++) builder.addRow(row, 0, row, 1, 0, 0, 0, row, row + 1);
    const table = builder.finish();
    assert.deepEqual(TASKS.text(table).next(), { done: true, value: '' }, 'behind the first segment');
    assert.equal(TASKS.of(table).length, 2 * SEGMENT_ROWS);
    assert.deepEqual(TASKS.text(table).next(), { done: true, value: '' }, 'nor where it is known');
  });

  it('is not looked for again to be kept', () => {
    const table = runs();
    const tasks = TASKS.of(table);
    assert.deepEqual(TASKS.text(table).next(), { done: true, value: JSON.stringify(tasks) });
  });

  it('is taken as it was kept where it can be that, and else found', () => {
    const tasks = TASKS.of(runs());
    const given = (text: string): readonly unknown[] => {
      const table = runs();
      TASKS.give(table, text);
      return TASKS.of(table);
    };
    const renamed = tasks.map((task) => ({ ...task, comm: 0 }));
    assert.deepEqual(given(JSON.stringify(renamed)), renamed);
    assert.deepEqual(given(allSteps(TASKS.text(runs()))), tasks);
    for (const wrong of [
      [],
      tasks.slice(1),
      tasks.map((task) => ({ ...task, row: 4 })),
      tasks.map((task) => ({ ...task, comm: 9 })),
      tasks.map((task) => ({ ...task, events: 0.5 })),
    ])
      assert.deepEqual(given(JSON.stringify(wrong)), tasks);
    for (const text of ['', '{', 'null']) assert.deepEqual(given(text), tasks);
    const counts = EVENT_COUNTS.of(runs());
    const table = runs();
    EVENT_COUNTS.give(
      table,
      JSON.stringify({
        ...counts,
        names: [
          { of: 0, events: 4 },
          { of: 1, events: 1 },
        ],
      }),
    );
    assert.deepEqual(EVENT_COUNTS.of(table), counts);
  });
});

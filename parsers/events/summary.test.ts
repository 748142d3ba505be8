import assert from 'node:assert/strict';
import fs from 'node:fs';
import { readText } from '../../test/support/tables.js';
import { NEVER_CANCELLED } from '../base/cancel.js';
import { MemorySource } from '../base/source.js';
import { readTrace } from '../index.js';
import { giveSummary, summaryOf, summaryText } from './summary.js';
import type { EventTable } from './table.js';

const read = (file: string): EventTable =>
  readTrace(new MemorySource(fs.readFileSync(file)), { cancel: NEVER_CANCELLED }).table;

const RUNS = [
  '     qemu-a-10    (      9) [000] ..... 1.000001: kvm_userspace_exit: reason KVM_EXIT_IO (2)',
  '      CPU 1-11    (      9) [001] ..... 1.000002: kvm_entry: vcpu 1, rip 0x10',
  '     qemu-a-10    (      9) [000] ..... 1.000003: kvm_entry: vcpu 0, rip 0x10',
  '     qemu-b-10    (      9) [000] ..... 1.000004: kvm_entry: vcpu 3, rip 0x10',
].join('\n');

describe('what all rows of a trace say', () => {
  it('is of each task, where it is first seen, and on which vCPU it enters a guest', () => {
    const table = readText(`${RUNS}\n`);
    const { tasks, areLinesInOrder } = summaryOf(table);
    assert.deepEqual(
      tasks.map(({ comm, ...task }) => ({ ...task, comm: table.comms.text(comm) })),
      [
        { tid: 10, row: 0, tgid: 9, comm: 'qemu-a', events: 3, entersGuest: true, vcpu: 0 },
        { tid: 11, row: 1, tgid: 9, comm: 'CPU 1', events: 1, entersGuest: true, vcpu: 1 },
      ],
    );
    assert.ok(areLinesInOrder);
  });

  it('counts every event of a recording once', () => {
    const table = read('sample-traces/perf/7.2.13/M2.p.perf.data');
    const { tasks } = summaryOf(table);
    for (const { tid, row, events } of tasks) {
      const rows = Array.from({ length: table.length }, (_, i) => i).filter((i) => table.tid(i) === tid);
      assert.deepEqual([rows[0], rows.length], [row, events]);
    }
    assert.equal(new Set(tasks.map(({ tid }) => tid)).size, tasks.length);
  });

  it('says where lines are not in the order of the rows', () => {
    const table = readText(`${RUNS}\n`);
    table.segments[0]!.line[2] = 1;
    assert.equal(summaryOf(table).areLinesInOrder, false);
  });

  it('is taken as it was kept where it can be that, and else found', () => {
    const of = summaryOf(readText(`${RUNS}\n`));
    const kept = { ...of, areLinesInOrder: false };
    const given = (text: string): boolean => {
      const table = readText(`${RUNS}\n`);
      giveSummary(table, text);
      const { areLinesInOrder, tasks } = summaryOf(table);
      assert.deepEqual(tasks, of.tasks);
      return areLinesInOrder;
    };
    assert.equal(given(summaryText(kept)), false);
    for (const text of [
      '',
      '{',
      '{"tasks":[],"areLinesInOrder":false}',
      summaryText({ ...kept, tasks: kept.tasks.slice(1) }),
      summaryText({ ...kept, tasks: kept.tasks.map((task) => ({ ...task, row: 4 })) }),
      summaryText({ ...kept, tasks: kept.tasks.map((task) => ({ ...task, comm: 9 })) }),
    ])
      assert.equal(given(text), true, text);
  });
});

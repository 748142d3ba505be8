import assert from 'node:assert/strict';
import { attr, perfFile, sample, STANDARD } from '../../test/support/perfFile.js';
import { NEVER_CANCELLED } from '../base/cancel.js';
import { MemorySource } from '../base/source.js';
import type { EventTable } from '../events/table.js';
import { perfData } from './format.js';

const ENABLE_ON_EXEC = 12;
const FREQUENCY = 10;
const EXCLUDE_KERNEL = 5;

/** A recording of one event; `command` is perf's command line, undefined where the file does not have it. */
function recorded(
  command: readonly string[] | undefined,
  more: { readonly period?: number; readonly flags?: readonly number[] } = {},
): EventTable {
  const attrs = [{ attr: attr(false, STANDARD, 1, 42, more), id: 1 }];
  const bytes = perfFile(false, attrs, [sample(false, STANDARD, { time: 1000 })], undefined, command);
  return perfData.read(new MemorySource(bytes), { cancel: NEVER_CANCELLED }).table;
}

const ALL = ['perf', 'record', '-a', '-e', 'kvm:kvm_userspace_exit'];
const why = (table: EventTable, kind: 'UserspaceExit' | 'KvmPageFault'): string =>
  table.meta.unseen!.get(kind)!.why;

describe('what a perf.data says of its recording', () => {
  it('is that an event did not happen, where all of it was recorded', () => {
    const table = recorded(ALL);
    assert.deepEqual([...table.meta.enabledEvents!], ['kvm:kvm_userspace_exit']);
    assert.deepEqual(table.meta.unseen!.get('UserspaceExit'), {
      isRecorded: true,
      why: 'recorded: it did not happen',
    });
    assert.equal(why(table, 'KvmPageFault'), 'not recorded: perf was not told to');
    assert.equal(table.meta.onlyTasks, undefined);
    assert.deepEqual(table.losses, []);
  });

  it('is not, where tasks, CPUs, times or events may have been left out', () => {
    const left = [
      undefined,
      ['perf'],
      ALL.filter((word) => word !== '-a'),
      [...ALL, '--filter', 'reason == 2'],
      [...ALL, '-p', '77'],
      [...ALL, '-C', '0'],
      [...ALL, '--delay=100'],
    ];
    for (const command of left) {
      const { meta } = recorded(command);
      assert.equal(meta.unseen!.get('UserspaceExit')!.isRecorded, false, command?.join(' '));
      assert.equal(meta.enabledEvents, undefined);
    }
    assert.equal(
      recorded(ALL, { flags: [EXCLUDE_KERNEL] }).meta.unseen!.get('UserspaceExit')!.isRecorded,
      false,
    );
  });

  it('is that only the tasks of a command were recorded, whatever the words of that command', () => {
    const { meta } = recorded([...ALL.filter((word) => word !== '-a'), 'ls', '-a'], {
      flags: [ENABLE_ON_EXEC],
    });
    assert.equal(meta.onlyTasks, true);
    assert.equal(meta.unseen!.get('UserspaceExit')!.isRecorded, false);
    assert.match(meta.said!.join(), /tasks of its command alone/);
  });

  it('is that samples were taken, so that any event may be missing', () => {
    for (const [more, detail] of [
      [{ period: 100 }, 'kvm:kvm_userspace_exit: one of 100'],
      [{ period: 99, flags: [FREQUENCY] }, 'kvm:kvm_userspace_exit: up to 99 a second'],
    ] as const) {
      const table = recorded(ALL, more);
      assert.deepEqual(
        table.issues.map((issue) => `${issue.code} ${issue.detail}`),
        [`sampled ${detail}`],
      );
      assert.deepEqual(
        table.losses.map(({ cpu, fromStart }) => [cpu, fromStart]),
        [[-1, true]],
      );
      assert.equal(table.meta.enabledEvents, undefined);
    }
  });
});

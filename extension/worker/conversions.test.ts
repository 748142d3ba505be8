import assert from 'node:assert/strict';
import type { ConversionGroup, ConversionRow } from '../protocol/shapes.js';
import { SAMPLE, textWorker, workerOn, type AskedWorker } from '../test/askWorker.js';
import { manyConversions } from '../test/many.js';

function rowsOf(worker: AskedWorker, group: ConversionGroup, shown = {}): readonly ConversionRow[] {
  return worker.ask('conversionGroups', { shown }).groups.find((found) => found.group === group)!.rows;
}

describe('conversions in groups', () => {
  it('say of one what it was, how it ended and through which phases', async () => {
    const [first] = rowsOf(await workerOn(SAMPLE), 'all');
    const { phases, ...facts } = first!;
    assert.deepEqual(facts, {
      index: 0,
      label: 'pages 0x4..0x5 of ino:268 to private',
      toPrivate: true,
      pages: 'pages 0x4..0x5',
      owner: '',
      state: 'done',
      errno: '',
      durationNs: 547_000,
      duration: '547 µs',
      retries: 0,
      spot: { row: 669, line: 682, column: 61 },
      lastLine: 705,
      pageCount: 2,
    });
    assert.deepEqual(
      phases.map(({ name, spot }) => `${name} ${spot.line}`),
      [
        'requested 682',
        'faults blocked 684',
        'unmapped 685',
        'zapped 690',
        'bracket open 696',
        'stored 702',
        'bracket closed 703',
        'done 705',
      ],
    );
  });

  it('name the VM where there are several', async () => {
    const rows = rowsOf(await workerOn('sample-traces/scenarios/23-two-vms-one-process.txt'), 'all');
    assert.deepEqual(
      rows.map(({ pages, owner }) => `${pages} ${owner}`),
      [
        'gfn 0x10000f kvm:0xffff888100ba8000',
        'gfn 0x10000f kvm:0xffff888100ba8000',
        'gfn 0x10000f kvm:0xffff888100bb0000',
        'gfn 0x10000f kvm:0xffff888100bb0000',
        'gfn 0x100003 kvm:0xffff888100ba8000',
      ],
    );
  });

  it('are not tried again where the one before went well', async () => {
    const rows = rowsOf(await workerOn('sample-traces/scenarios/18-converted-twice.txt'), 'all');
    const same = rows.filter(({ pages, toPrivate }) => pages === rows.at(-1)!.pages && toPrivate);
    assert.ok(same.length > 1);
    assert.deepEqual(
      same.map(({ state, retries }) => `${state} ${retries}`),
      same.map(() => 'done 0'),
    );
  });

  describe('of many', () => {
    // Every tenth is refused and made again, every eighth is slow, the last is in flight.
    const worker = textWorker(manyConversions({ conversions: 40, failEvery: 10, slowEvery: 8 }));
    const found = (group: ConversionGroup): number[] => rowsOf(worker, group).map(({ index }) => index);

    it('are what is worth a look', () => {
      assert.deepEqual(found('in flight'), [39]);
      assert.deepEqual(found('failed'), [9, 19, 29]);
      assert.deepEqual(found('slow'), [7, 15, 23, 31]);
      assert.deepEqual(found('repeated'), [10, 20, 30]);
      assert.deepEqual(
        found('all'),
        Array.from({ length: 40 }, (_, i) => i),
      );
    });

    it('say why one failed, and how often it had been tried', () => {
      const failed = rowsOf(worker, 'failed')[0]!;
      assert.deepEqual([failed.state, failed.errno, failed.duration], ['failed', 'ENOMEM', '10 µs']);
      assert.equal(failed.retries, 0);
      assert.equal(rowsOf(worker, 'repeated')[0]!.retries, 1);
    });

    it('know no end and no duration of one in flight', () => {
      const { state, durationNs, duration, lastLine } = rowsOf(worker, 'in flight')[0]!;
      assert.deepEqual([state, durationNs, duration, lastLine], ['in flight', -1, '', 0]);
    });

    it('begin with the slowest where that is asked', () => {
      const slower = textWorker(
        manyConversions({ conversions: 40, failEvery: 50, slowEvery: 8 }).replace(
          /100\.00(\d+): kvm_vm_ioctl_attr_ret/,
          '100.09$1: kvm_vm_ioctl_attr_ret',
        ),
      );
      const durations = rowsOf(slower, 'slow').map(({ durationNs }) => durationNs);
      assert.deepEqual(
        durations,
        [...durations].sort((a, b) => b - a),
      );
      assert.ok(durations.length > 3);
    });

    it('are filtered by all that their entries say', () => {
      const matching = (filter: string): number => worker.ask('conversionGroups', { filter }).matching;
      assert.equal(matching('enomem'), 3);
      assert.equal(matching('In Flight'), 1);
      assert.equal(matching('5.03 ms'), 4);
      assert.equal(matching('line 263'), 1);
      assert.equal(matching('gfn 0x100002 of'), 1);
      assert.equal(matching('to shared'), 0);
      assert.equal(worker.ask('conversionGroups', { filter: 'enomem' }).total, 40);
    });

    it('are handed over as many as is asked for', () => {
      const groups = worker.ask('conversionGroups', { shown: { all: 3, failed: 1 } }).groups;
      assert.deepEqual(
        groups.map(({ group, total, rows }) => [group, total, rows.length]),
        [
          ['in flight', 1, 1],
          ['failed', 3, 1],
          ['slow', 4, 4],
          ['repeated', 3, 3],
          ['all', 40, 3],
        ],
      );
    });
  });
});

describe('conversions in lines of a document', () => {
  it('are those that begin there, both lines included', async () => {
    const worker = await workerOn(SAMPLE);
    const found = (fromLine: number, toLine: number): number[] =>
      worker.ask('conversionsIn', { fromLine, toLine }).rows.map(({ index }) => index);
    assert.deepEqual(found(1, 1739), [0, 1]);
    assert.deepEqual(found(682, 682), [0]);
    assert.deepEqual(found(683, 784), [1]);
    assert.deepEqual(found(683, 783), []);
  });

  it('are the first two thousand, of how many', () => {
    const worker = textWorker(manyConversions({ conversions: 2100, failEvery: 5000, slowEvery: 5000 }));
    const { rows, total } = worker.ask('conversionsIn', { fromLine: 1, toLine: 1e6 });
    assert.deepEqual([rows.length, total], [2000, 2100]);
  });
});

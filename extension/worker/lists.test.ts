import assert from 'node:assert/strict';
import { HOLDERS } from '../protocol/shapes.js';
import { SAMPLE, textWorker, workerOn, type AskedWorker } from '../test/askWorker.js';
import { manyConversions } from '../test/many.js';

const STORED_LINE = 702;

describe('pages and references at an instant', () => {
  let worker: AskedWorker;
  before(async () => {
    worker = await workerOn(SAMPLE);
  });

  it('are those of the memslots that are there, as runs of one state', () => {
    const { slots, runsTotal, runsMatching, at } = worker.ask('lists', { line: STORED_LINE });
    assert.equal(at, 'at line 702');
    assert.equal(slots.length, 1);
    const [slot] = slots;
    assert.equal(slot!.vm, 'kvm:0xffff8881009cc000');
    assert.equal(slot!.label, 'slot 10: gfns 0x100000..0x10000f of ino:268');
    assert.deepEqual(slot!.counts, { shared: 14, converting: 2 });
    assert.deepEqual(
      slot!.runs.map(({ label, kind, count, since }) => [label, kind, count, since.line]),
      [
        ['0x100000..0x100003', 'shared', 4, 357],
        ['0x100004', 'converting', 1, STORED_LINE],
        ['0x100005', 'converting', 1, STORED_LINE],
        ['0x100006..0x10000f', 'shared', 10, 357],
      ],
    );
    assert.equal(
      slot!.runs[1]!.state,
      'private, converting to private (stored), no user mapping, no SPTE, 1 pin, pfn 0x102a73',
    );
    assert.deepEqual([slot!.total, slot!.leftOut, runsTotal, runsMatching], [4, 0, 4, 4]);
  });

  it('are, once the slots are gone, those of the file and of the VM that anything is known of', () => {
    const { slots, at } = worker.ask('lists', {});
    assert.equal(at, 'at the end of the trace');
    const [file, vm] = slots;
    assert.deepEqual([file!.vm, file!.label], ['no memslot', 'pages 0x0..0xf of ino:268']);
    assert.deepEqual(file!.counts, { shared: 16 });
    // Pages with lives of their own are one run where they are alike by then.
    assert.deepEqual(
      file!.runs.map(({ label, count }) => [label, count]),
      [
        ['0x0..0x3', 4],
        ['0x4..0x5', 2],
        ['0x6..0xf', 10],
      ],
    );
    assert.deepEqual([vm!.vm, vm!.label], ['kvm:0xffff8881009cc000', 'gfns 0x5..0x10000f']);
  });

  it('are those of the end where a line is before every event', () => {
    assert.deepEqual(worker.ask('lists', { line: 12 }), worker.ask('lists', {}));
    assert.equal(worker.ask('lists', { line: 13 }).at, 'at line 13');
  });

  it('name who holds a page, since when and for how long', () => {
    const lists = worker.ask('lists', { line: STORED_LINE });
    assert.deepEqual(lists.holders, [
      {
        pages: 'gfn 0x100004',
        kind: 'pin',
        holder: 'CPU 0/KVM-275',
        age: '952 µs',
        outlived: 0,
        spot: { row: 649, line: 662, column: 61 },
      },
    ]);
    assert.deepEqual([lists.holdersMatching, lists.holdersTotal], [1, 1]);
    assert.deepEqual(worker.ask('lists', { line: 661 }).holders, []);
    assert.deepEqual(worker.ask('lists', { line: 778 }).holders, [], 'unpinned in this line');
  });

  it('count the conversions that a reference has outlived', async () => {
    const pinned = await workerOn('sample-traces/scenarios/04-in-place-with-pin.txt');
    const failed = pinned.ask('conversionGroups', {}).groups.find(({ group }) => group === 'failed')!
      .rows[0]!;
    const ages = (line: number): number[] =>
      pinned.ask('lists', { line }).holders.map(({ outlived }) => outlived);
    assert.deepEqual(ages(failed.lastLine - 1), [0]);
    assert.deepEqual(ages(failed.lastLine), [1]);
  });

  it('are filtered by what their entries say, whatever the case', () => {
    const lists = worker.ask('lists', { line: STORED_LINE, filter: '0X100005' });
    assert.deepEqual(
      lists.slots[0]!.runs.map(({ label }) => label),
      ['0x100005'],
    );
    assert.deepEqual(
      [lists.runsMatching, lists.runsTotal, lists.holdersMatching, lists.holdersTotal],
      [1, 4, 0, 1],
    );
    assert.deepEqual(lists.slots[0]!.counts, { shared: 14, converting: 2 }, 'whatever is listed of them');
    assert.equal(worker.ask('lists', { line: STORED_LINE, filter: 'slot 10' }).runsMatching, 4);
    for (const [filter, holders] of [
      ['pin by cpu 0/kvm', 1],
      ['952 µs', 1],
      ['line 662', 1],
      ['gup reference', 0],
    ] as const)
      assert.equal(worker.ask('lists', { line: STORED_LINE, filter }).holdersMatching, holders, filter);
  });

  it('are handed over in parts: as many of each as is asked for', () => {
    const slot = worker.ask('lists', { line: STORED_LINE }).slots[0]!;
    const some = worker.ask('lists', { line: STORED_LINE, shown: { [slot.key]: 2, [HOLDERS]: 0 } });
    assert.deepEqual(
      some.slots[0]!.runs.map(({ label }) => label),
      ['0x100000..0x100003', '0x100004'],
    );
    assert.deepEqual([some.slots[0]!.total, some.holders.length, some.holdersTotal], [4, 0, 1]);
  });

  it('are counted where too many differ to be worked out', () => {
    const many = textWorker(manyConversions({ conversions: 12_000, failEvery: 20_000, slowEvery: 20_000 }));
    const [slot] = many.ask('lists', {}).slots;
    assert.equal(slot!.runs.length, 200);
    // Every other page was converted, and each page is a stretch of its own.
    assert.deepEqual([slot!.total, slot!.leftOut], [20_000, 2 * 11_999 - 1 - 20_000]);
  });
});

/** Parts of a trace, as people write them. */
import assert from 'node:assert/strict';
import { judgeAll } from '../../test/support/oneTrace.js';
import { NoSuchPart, pageSpan, partText, type AskedPart } from './part.js';
import { partFilter, placeFilter } from './partRows.js';

const KVM = '0xffff888100aa0000';
const judged = judgeAll([
  `kvm_gmem_bind: (kvm_gmem_bind+0x0/0x190) kvm=${KVM} slot=1 base_gfn=0x1000 npages=4 fd=8 offset=0x0`,
  'kvm_gmem_bind_ret2: (kvm_set_memory_region+0x34c/0x5b0 <- kvm_gmem_bind) ret=0 slot=1 ino=70 pgoff=0x0',
  `kvm_arch_post_set_memory_attributes: (kvm_arch_post_set_memory_attributes+0x0/0x250) kvm=${KVM} slot=1 start=0x1002 end=0x1004 attributes=0x8`,
  'page_fault_user: address=0x5000 ip=0x1 error_code=0x4',
]);
const { table, analysis } = judged;
const rowsOf = (asked: AskedPart): readonly number[] => {
  const isIn = partFilter(table, analysis, asked);
  return [0, 1, 2, 3].filter((row) => isIn?.(row) ?? true);
};

describe('a part of a trace', () => {
  it('is all of it where nothing is said', () => {
    assert.equal(partFilter(table, analysis, {}), undefined);
    assert.equal(partText({}), '');
  });

  it('lies between two places, both included, by line or time', () => {
    const line = table.line(1);
    assert.deepEqual(rowsOf({ from: String(line) }), [1, 2, 3]);
    assert.deepEqual(rowsOf({ to: String(line) }), [0, 1]);
    assert.deepEqual(rowsOf({ from: String(line), to: String(line) }), [1]);
    // The first event is at 10.0001 s, the others 100 µs after one another.
    assert.deepEqual(rowsOf({ from: '10.0002', to: '10.000300' }), [1, 2]);
    assert.deepEqual(rowsOf({ from: '10.000200001' }), [2, 3]);
    assert.deepEqual(rowsOf({ to: '@10000200000' }), [0, 1], 'ticks');
    assert.deepEqual(rowsOf({ from: '@10000200001' }), [2, 3]);
  });

  it('is told by number where events have no lines', () => {
    const binary = { length: 3, line: () => 0 } as unknown as typeof table;
    const rows = (end: 'from' | 'to'): readonly number[] => [0, 1, 2].filter(placeFilter(binary, '2', end));
    assert.deepEqual(
      [rows('from'), rows('to')],
      [
        [1, 2],
        [0, 1],
      ],
    );
  });

  it('is about guest frames, of which one is enough', () => {
    assert.deepEqual(rowsOf({ gfn: '0x1000-0x1003' }), [2]);
    assert.deepEqual(rowsOf({ gfn: '0x1000' }), []);
    assert.deepEqual(rowsOf({ gfn: '0x1001+2' }), [2]);
    assert.deepEqual(rowsOf({ gfn: '0x1004' }), []);
    assert.deepEqual(rowsOf({ gfn: '0x1003', from: '10.0003' }), [2]);
  });

  it('is said again as it was written', () => {
    assert.equal(partText({ gfn: '0x1', from: '5' }), 'from 5, gfn 0x1');
  });

  it('is refused by its name where it is none', () => {
    const wrong: readonly AskedPart[] = [
      { from: 'x' },
      { to: '1.' },
      { to: '-1' },
      { gfn: '' },
      { gfn: '5-4' },
    ];
    for (const asked of wrong)
      assert.throws(
        () => partFilter(table, analysis, asked),
        (error) =>
          error instanceof NoSuchPart && error.message.startsWith(`${Object.keys(asked)[0]} takes a`),
      );
    for (const text of ['0x', '1+', '1+0', '1--2', '0x1ffffffffffffff'])
      assert.throws(() => pageSpan(text), NoSuchPart);
  });
});

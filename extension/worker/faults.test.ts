import assert from 'node:assert/strict';
import { faultPart } from '../protocol/shapes.js';
import { textWorker, workerOn } from '../test/askWorker.js';

const HUNG = 'sample-traces/rules/G8/violation.txt';
/** 300 pages that fault three times each, in the text of a kernel. */
const MANY = Array.from({ length: 900 }, (_, i) => {
  const address = (0x100000 + (i % 300)).toString(16);
  const head = ` CPU 0/KVM-7 [000] ..... 1.${String(i).padStart(6, '0')}:`;
  return `${head} kvm_page_fault: vcpu 0 rip 0x1 address 0x${address}000 error_code 0x6\n`;
}).join('');

describe('the list of faults', () => {
  it('has the pages that fault again and again, with where and what', async () => {
    const worker = await workerOn(HUNG);
    const { groups, total, matching } = worker.ask('faultGroups', {});
    assert.deepEqual([total, matching], [2, 2]);
    assert.deepEqual(
      groups.map(({ group, total: all, rows }) => [group, all, rows.length]),
      [
        ['repeated', 1, 1],
        ['all', 2, 2],
      ],
    );
    const [row] = groups[0]!.rows;
    assert.deepEqual(
      [row!.label, row!.pattern, row!.faults, row!.installs, row!.spot.line],
      ['gfn 0x100007', 'no install', 8, 0, 115],
    );
    assert.deepEqual(
      row!.places.map(({ name, spot }) => [name, spot.line]),
      [
        ['first fault', 115],
        ['last fault', 150],
      ],
    );
    assert.match(row!.facts[0]!, /^8 faults with error code 0x100000006 by 1 vCPU, over 3\.44 ms/);
  });

  it('hands over the first, more when asked, and what holds a text', async () => {
    const worker = await textWorker(MANY);
    const ask = (params: { filter?: string; shown?: Readonly<Record<string, number>> }) =>
      worker.ask('faultGroups', params).groups[0]!;
    assert.deepEqual([ask({}).total, ask({}).rows.length], [300, 200]);
    assert.equal(ask({ shown: { [faultPart('repeated')]: 400 } }).rows.length, 300);
    const found = ask({ filter: 'GFN 0x10012b' });
    assert.deepEqual([found.total, found.rows[0]!.faults], [1, 3]);
    assert.equal(ask({ filter: 'no such words' }).total, 0);
  });
});

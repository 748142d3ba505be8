import assert from 'node:assert/strict';
import { workloadDifference, type Workload } from './workload.js';

const BASE: Workload = { conversions: 10, faults: 100, vms: 1, seconds: 2 };

describe('workloads of two sets', () => {
  it('that are about the same are not worth a word', () => {
    for (const after of [BASE, { ...BASE, conversions: 15, seconds: 3 }, { ...BASE, faults: 60 }])
      assert.equal(workloadDifference(BASE, after, 'with the patch'), undefined);
  });

  it('that differ in what they had to do, or how fast, are said to', () => {
    for (const after of [
      { ...BASE, conversions: 20 },
      { ...BASE, conversions: 0 },
      { ...BASE, faults: 0 },
      { ...BASE, vms: 2 },
      { ...BASE, seconds: 0.5 },
    ])
      assert.ok(workloadDifference(BASE, after, 'with the patch') !== undefined, JSON.stringify(after));
    assert.equal(
      workloadDifference(BASE, { ...BASE, vms: 2, seconds: 0.5 }, 'with v3'),
      'The workloads differ: 10 conversions (5.0 a second), 100 page faults, 1 VM without the patch; ' +
        '10 conversions (20 a second), 100 page faults, 2 VMs with v3.',
    );
  });
});

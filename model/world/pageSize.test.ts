/** Pages of another size than 4 KiB: how they are known, and that nothing is judged of them. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { judgeText } from '../../test/golden/judge.js';
import { traceText } from '../../test/support/oneTrace.js';
import { bytesOf, readFtrace } from '../../test/support/tables.js';
import { withMarks } from '../../parsers/events/table.js';
import { pageBytesOf } from './pageSize.js';
import { Survey } from './survey.js';

const map = (size: string): string =>
  `kvm_pgtable_stage2_map: (kvm_pgtable_stage2_map+0x0/0x140) pgt=0xfff0000004326b80 addr=0x40000000 size=${size} phys=0x42d2c000 prot=0xf`;

function pageBytes(events: readonly string[], said: { pageBytes?: number; kernel?: string } = {}): number {
  const table = readFtrace(bytesOf(traceText(events)));
  const marked = withMarks(table, { meta: { ...table.meta, ...said } });
  return pageBytesOf(marked, new Survey(marked).counts);
}

describe('the size of pages', () => {
  it('is the least that a stage 2 maps', () => {
    assert.equal(pageBytes([map('0x2000000'), map('0x4000'), map('0x4000')]), 16384);
    assert.equal(pageBytes([map('0x10000'), map('0x20000000')]), 65536);
    assert.equal(pageBytes([map('0x4000'), map('0x1000')]), 4096);
    const unsized = map('0x1').replace('size=0x1 ', '');
    assert.equal(pageBytes([unsized, map('0x0'), map('0x4000')]), 16384, 'no size, or none at all');
  });

  it('is looked for in maps of either kind, among all else', () => {
    const pkvm = map('0x4000').replaceAll('kvm_pgtable_stage2_map', 'pkvm_pgtable_stage2_map');
    const other = 'page_fault_user: address=0x5000 ip=0x1 error_code=0x4';
    assert.equal(pageBytes([other, pkvm, other]), 16384);
    assert.equal(pageBytes([other, map('0x200000'), pkvm]), 16384);
    assert.equal(pageBytes([map('0x4000'), other, map('0x800')]), 4096, 'less than any page');
    const unmap = map('0x4000').replaceAll('stage2_map', 'stage2_unmap');
    assert.equal(pageBytes([unmap]), 4096, 'what is unmapped says nothing');
  });

  it('is 4096 where only blocks are mapped, or nothing is', () => {
    assert.equal(pageBytes([map('0x200000')]), 4096);
    assert.equal(pageBytes(['kvm_entry: vcpu 0, rip 0x1']), 4096);
  });

  it('is what the recorder says, or the name of the kernel', () => {
    assert.equal(pageBytes([map('0x1000')], { pageBytes: 16384 }), 16384);
    assert.equal(pageBytes([], { kernel: '7.3.4+deb13-arm64-16k' }), 16384);
    assert.equal(pageBytes([], { kernel: '6.12.0-55.9.1.el10_0.aarch64+64k' }), 65536);
    assert.equal(pageBytes([], { kernel: '7.3.4+deb13-arm64' }), 4096);
  });
});

describe('pages of another size', () => {
  const VIOLATION = fs.readFileSync('sample-traces/rules/P1/violation.txt', 'utf8');

  it('leave every rule undecided, and nothing found', () => {
    assert.ok(judgeText(VIOLATION, ['pkvm']).analysis.findings.some((f) => f.verdict === 'violation'));
    const { findings, rules } = judgeText(VIOLATION.replaceAll('size=4096', 'size=16384'), ['pkvm']).analysis;
    assert.deepEqual(findings, []);
    assert.ok(rules.length > 0);
    for (const { id, status, reasons } of rules) {
      assert.equal(status, 'undecidable', id);
      assert.match(reasons[0]!.detail, /have 16 KiB/);
    }
  });
});

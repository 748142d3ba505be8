import assert from 'node:assert/strict';
import fs from 'node:fs';
import { judge } from '../../test/golden/judge.js';
import { judgeAll, type Said } from '../../test/support/oneTrace.js';
import { faultsOf, type PageFaults } from './faults.js';
import { faultFacts, pageName, patternOf } from './text.js';

const LOSS = 'CPU:0 [LOST 3 EVENTS]';
const NOTHING = '8000000000000000';

const fault = (gfn: string, tid = 100, code = '0x6'): Said => ({
  event: `kvm_page_fault: vcpu 0 rip 0x403516 address 0x${gfn}000 error_code ${code}`,
  tid,
});
const change = (gfn: string, from: string, to: string, level = 1, tid = 100): Said => ({
  event: `kvm_tdp_mmu_spte_changed: as id 0 gfn ${gfn} level ${level} old_spte ${from} new_spte ${to}`,
  tid,
});
const install = (gfn: string, tid = 100, spte = '120e67'): Said => change(gfn, NOTHING, spte, 1, tid);
const zap = (gfn: string, spte = '120e67'): Said => change(gfn, spte, NOTHING);
const repeat = (count: number, ...events: readonly (string | Said)[]): (string | Said)[] =>
  Array.from({ length: count }, () => events).flat();

/** Everything on one frame, and what is said of it. */
function of(
  gfn: number,
  events: readonly (string | Said)[],
): { readonly page: PageFaults; readonly pattern: string; readonly facts: readonly string[] } {
  const { analysis, table } = judgeAll(events);
  const list = faultsOf(analysis, table);
  const { pages } = list.select({ min: 1, limit: 9, first: gfn, end: gfn + 1 });
  const page = pages.find(({ count }) => count === 1);
  assert.ok(page, 'the frame has faults or installs');
  return { page, pattern: patternOf(list, page), facts: faultFacts(list, table, page) };
}

describe('faults again and again', () => {
  it('without an install', () => {
    const { pattern, facts } = of(0x10, [install('11'), ...repeat(4, fault('10'))]);
    assert.equal(pattern, 'no install');
    assert.deepEqual(facts, [
      '4 faults with error code 0x6 by 1 vCPU, over 300 µs (10000 a second)',
      'no install is seen',
      '4 faults that no install follows, up to the end',
    ]);
  });

  it('with the SPTE zapped in between', () => {
    const { page, pattern, facts } = of(0x10, repeat(3, fault('10'), install('10'), zap('10')));
    assert.equal(pattern, 'comes and goes');
    assert.deepEqual(facts, [
      '3 faults with error code 0x6 by 1 vCPU, over 600 µs (3330 a second)',
      '3 installs, 2 of them of the frame that was there before, 3 zaps',
      'from fault to install 100 µs to 100 µs, 100 µs on average, 3 times',
    ]);
    assert.deepEqual([page.whileMapped, page.unserved], [0, 0]);
  });

  it('while the page is mapped', () => {
    const { page, pattern } = of(0x10, [install('10'), ...repeat(3, fault('10'))]);
    assert.deepEqual([page.whileMapped, page.unserved], [3, 3]);
    // That no install follows weighs more than that none is needed.
    assert.equal(pattern, 'no install');
    const permissions = change('10', '120e67', '120e77');
    assert.equal(of(0x10, [install('10'), ...repeat(3, fault('10'), permissions)]).page.whileMapped, 3);
  });

  it('of several vCPUs, where another one installs', () => {
    const { page, facts } = of(0x10, [fault('10', 1), fault('10', 2, '0x7'), install('10', 2)]);
    assert.deepEqual([page.vcpus, page.served, page.servedByOther, page.errorCodesDiffer], [2, 1, 1, true]);
    assert.match(facts.join('\n'), /^2 faults with several error codes by 2 vCPUs/);
    assert.match(facts.join('\n'), /200 µs, 1 time, 1 of them by another thread than had faulted/);
  });

  it('are served by the install of a huge page around them, once each', () => {
    const huge = change('200', NOTHING, '100a00ee7', 2);
    const events = [fault('210'), fault('211'), huge, fault('210'), change('200', '100a00ee7', NOTHING, 2)];
    const page = of(0x210, events).page;
    assert.deepEqual([page.faults, page.served, page.whileMapped, page.installs, page.zaps], [2, 1, 1, 1, 1]);
    assert.equal(of(0x211, events).page.served, 1);
  });

  it('are at least so many where events were lost, and what was known before is not known', () => {
    const { page, facts } = of(0x10, [install('10'), fault('10'), LOSS, fault('10'), install('10')]);
    assert.deepEqual([page.whileMapped, page.served, page.losses], [1, 1, 1]);
    assert.equal(facts[0], 'at least 2 faults with error code 0x6 by 1 vCPU, over 100 µs (10000 a second)');
    assert.equal(facts.at(-1), 'events were lost 1 time in between');
    const unserved = of(0x10, [install('11'), ...repeat(2, fault('10')), LOSS, fault('10')]).page;
    assert.equal(unserved.unserved, 1);
  });

  it('are not called mapped where the SPTE may have gone', () => {
    const set = 'kvm_mmu_set_spte: gfn 10 spte 120825 (r-xu) level 1 at 8a53b01ff8';
    const unmap = 'kvm_unmap_hva_range: mmu notifier unmap range: 0x7f0000000000 -- 0x7f0000001000';
    assert.equal(of(0x10, [set, fault('10')]).page.whileMapped, 1);
    assert.equal(of(0x10, [set, unmap, fault('10')]).page.whileMapped, 0);
  });

  it('of two VMs are not added up', () => {
    const { analysis, table } = judgeAll([
      { ...fault('10', 101), tgid: 100 },
      { ...fault('10', 201), tgid: 200 },
      { ...fault('10', 201), tgid: 200 },
    ]);
    const { pages } = faultsOf(analysis, table).select({ min: 1, limit: 9 });
    assert.deepEqual(
      pages.map(({ vm, faults }) => [analysis.vms[vm]!.label, faults]),
      [
        ['tgid:200', 2],
        ['tgid:100', 1],
      ],
    );
  });

  it('are named by their frame, and by their VM where there are several', () => {
    const page = { ...of(0x10, [fault('10')]).page, vm: 0 };
    const one = { label: 'tgid:7' };
    assert.equal(pageName({ vms: [one] }, page), 'gfn 0x10');
    assert.equal(pageName({ vms: [one] }, { ...page, vm: -1 }), 'gfn 0x10 of vm?');
    assert.equal(pageName({ vms: [] }, { ...page, vm: -1, count: 512 }), 'gfns 0x10..0x20f');
    assert.equal(pageName({ vms: [one, { label: 'tgid:8' }] }, page), 'gfn 0x10 of tgid:7');
  });

  it('tell the conversions of the page', () => {
    const converted = 'kvm_vm_set_mem_attributes: 0x00000000000008 -- 0x00000000000018 [0x8]';
    assert.equal(of(0x10, [fault('10'), converted, converted.replace('[0x8]', '[0x0]')]).page.conversions, 2);
    assert.equal(of(0x18, [fault('18'), converted]).page.conversions, 0);
  });
});

describe('installs of a page of which nothing else is known', () => {
  it('are told of kvm_mmu_set_spte', () => {
    const bytes = fs.readFileSync('sample-traces/pastes/P14-report-grep-context.md');
    const { analysis, table } = judge(new Uint8Array(bytes), []);
    const list = faultsOf(analysis, table);
    assert.deepEqual([list.faultsRecorded, list.atLeast], [false, true]);
    const { pages } = list.select({ min: 1, limit: 9 });
    assert.deepEqual([...new Set(pages.map(({ first }) => first))], [0xfffff]);
    assert.equal(
      pages.reduce((sum, { installs }) => sum + installs, 0),
      4,
    );
    assert.match(
      faultFacts(list, table, pages[0]!).join('\n'),
      /^faults are not recorded\nat least \d installs/,
    );
  });

  it('are not recorded where no event tells of any', () => {
    const { facts } = of(0x10, [fault('10')]);
    assert.deepEqual(facts, ['1 fault with error code 0x6 by 1 vCPU', 'installs are not recorded']);
  });

  it('of a million events cost a pass', () => {
    // Each of the 512 frames of a huge page waits for the one that installs it, again and again.
    const frames = Array.from({ length: 512 }, (_, i) => (0x200 + i).toString(16));
    const huge = change('200', NOTHING, '100a00ee7', 2);
    const gone = change('200', '100a00ee7', NOTHING, 2);
    const round = [...frames.map((gfn) => fault(gfn)), huge, gone];
    const { analysis, table } = judgeAll([...round, ...repeat(1000, huge, gone), ...round]);
    const { pages, total } = faultsOf(analysis, table).select({ min: 1, limit: 1, first: 0x3ff, end: 0x400 });
    assert.equal(total, 2);
    assert.equal(pages[0]!.installs, 1002);
  });
});

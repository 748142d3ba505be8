import assert from 'node:assert/strict';
import { SAMPLE, workerOn, type AskedWorker } from '../test/askWorker.js';

describe('a finding explained', () => {
  let worker: AskedWorker;
  before(async () => {
    worker = await workerOn(SAMPLE);
  });

  it('is a chain of events, each with its place and the state that it left', () => {
    const { steps, ...of } = worker.ask('explain', { finding: 'G9@702' })!;
    assert.deepEqual([of.id, of.rule, of.name, of.verdict], ['G9@702', 'G9', 'refs-safe', 'violation']);
    assert.equal(of.message, 'pages 0x4..0x5 of inode 268 became private while page 0x4 is pinned');
    assert.equal(of.pages, 'gfn 0x100004 (page 0x4 of inode 268)');
    assert.equal(of.stateBefore, 'unknown');
    assert.match(of.statement, /no page of the range is pinned, referenced or mapped/);
    assert.match(of.fix, /-EAGAIN/);
    const pin = steps.find(({ spot }) => spot.line === 662)!;
    assert.deepEqual(pin, {
      spot: { row: 649, line: 662, column: 61 },
      time: '62.291405',
      actor: '[000] CPU 0/KVM-275',
      event: 'gup_longterm_ret',
      text:
        '(gup_fast_fallback+0x4ff/0xc50 <- __gup_longterm_locked) ' +
        'ret=1 start=0x7f5591b12000 page0=0xffffea00040a9cc0 index0=0x4 ino0=268',
      details: ['page 0xffffea00040a9cc0: struct page of pfn 0x102a73'],
      role: 'state',
      note: 'page 0x4 referenced here',
      stateAfter: 'shared, 1 user mapping, SPTE 4K pfn 0x102a73, 1 pin',
    });
    const lines = steps.map(({ spot }) => spot.line);
    assert.deepEqual(
      lines,
      [...lines].sort((a, b) => a - b),
    );
    assert.ok(lines.includes(702) && lines.includes(778), lines.join());
  });

  it('is none where the trace has no such finding', () =>
    assert.equal(worker.ask('explain', { finding: 'G9@1' }), null));
});

describe('the recipe', () => {
  it('records what the trace does not hold, and nothing that it does', async () => {
    const recipe = (await workerOn(SAMPLE)).ask('recipe', {});
    assert.match(recipe, /\ncd \/sys\/kernel\/tracing && mkdir instances\/shimtrace /);
    assert.match(recipe, /\nprobe 'p:guest_memfd\/kvm_gmem_error_folio kvm_gmem_error_folio /);
    assert.doesNotMatch(recipe, /kvm_gmem_store_attributes/);
    assert.ok(recipe.endsWith('\n'));
  });
});

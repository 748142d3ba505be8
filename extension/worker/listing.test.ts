import assert from 'node:assert/strict';
import fs from 'node:fs';
import zlib from 'node:zlib';
import { MemorySource } from '../../parsers/base/source.js';
import { nodeCodecs } from '../../shell/codecs.node.js';
import { AskedWorker, SAMPLE, textWorker, workerOn, workerOnRun } from '../test/askWorker.js';
import { fillerLine } from '../../test/support/filler.js';

const PERF = 'sample-traces/perf/7.2.13/M2.p.perf.data';

describe('the listing', () => {
  it('of a recording has an event in each line', async () => {
    const worker = await workerOn(PERF);
    assert.equal(
      worker.ask('listing', { first: 1961, last: 1962 }),
      [
        'CPU 0/KVM-3071 [000] 529.255076778: guest_memfd:kvm_unmap_gfn_range_ret: ' +
          '(ffffffff812a0880 <- ffffffff8125396d) flush=0',
        'CPU 0/KVM-3071 [000] 529.255085682: guest_memfd:kvm_gmem_store_attributes: ' +
          '(ffffffff812537a0) index=0x4 last=0x5 attrs=0x8',
      ].join('\n'),
    );
    const all = worker.ask('listing', { first: 1, last: 1e9 }).split('\n');
    assert.equal(all.length, 2354);
    assert.equal(all[1961], worker.ask('listing', { first: 1962, last: 1962 }));
    assert.equal(worker.ask('listing', { first: 2355, last: 2400 }), '');
  });

  it("of perf's JSON has an event in each line, and places that are its lines", () => {
    const sample = (at: number): object => ({
      timestamp: at,
      pid: 7,
      tid: 7,
      cpu: 1,
      comm: 'vmm',
      callchain: [{ ip: '0xffffffff8154bbf1', symbol: 'unmap_vmas', dso: '[kernel.kallsyms]' }],
      __probe_ip: 'ffffffff8154bbf0',
      vma_start: '0x0',
    });
    const recording = { 'linux-perf-json-version': 1, headers: {}, samples: [sample(1000), sample(2000)] };
    const worker = textWorker(JSON.stringify(recording, undefined, '\t'));
    assert.match(
      worker.ask('listing', { first: 2, last: 2 }),
      /^vmm-7 \[001\] 0\.000002000: probe:unmap_vmas: /,
    );
    const { shown, lines } = worker.ask('check', {});
    assert.deepEqual([shown, lines], ['events', 2]);
    assert.equal(worker.ask('spot', { row: 1 }).line, 2);
  });

  it('of a text without its padding has its lines, with the same numbers', async () => {
    const worker = await workerOn(SAMPLE);
    const { findings, shown } = worker.ask('check', { compact: true });
    const [{ line, startColumn }] = findings.map(({ at }) => at) as [(typeof findings)[0]['at']];
    assert.deepEqual([shown, line], ['compact', 702]);
    const text = worker.ask('listing', { first: 1, last: 1e9 }).split('\n');
    const lines = fs.readFileSync(SAMPLE, 'utf8').trimEnd().split('\n');
    assert.equal(text.length, lines.length);
    assert.ok(
      text[701]!.startsWith('CPU 0/KVM-275 (274) [000] ..... 62.292357: kvm_gmem_store_attributes: '),
    );
    assert.equal(text[701]!.indexOf('kvm_gmem_store_attributes'), startColumn);
    const bare = (all: readonly string[]): readonly string[] => all.map((one) => one.replace(/ /g, ''));
    assert.deepEqual(bare(text), bare(lines));
    for (const [first, last] of [
      [1, 1],
      [700, 703],
      [1739, 1739],
    ] as const)
      assert.equal(worker.ask('listing', { first, last }), text.slice(first - 1, last).join('\n'));
    assert.equal(worker.ask('check', {}).shown, 'file');
  });

  it('of a compressed text is its lines as they are', async () => {
    const worker = await workerOn('sample-traces/compressed/M2.p.txt.zst');
    const lines = fs.readFileSync(SAMPLE, 'utf8').trimEnd().split('\n');
    for (const [first, last] of [
      [1, 2],
      [1, 1739],
      [12, 14],
      [702, 703],
      [1739, 1739],
      [1700, 5000],
    ] as const)
      assert.equal(
        worker.ask('listing', { first, last }),
        lines.slice(first - 1, last).join('\n'),
        `${first} to ${last}`,
      );
  });

  it('of a compressed text is right wherever its lines are in it', async () => {
    // Longer than what is read at once, so that a line begins in one piece and ends in the next.
    const lines = ['# tracer: nop', ...Array.from({ length: 25_000 }, (_, i) => fillerLine(1e8 + i * 10))];
    const bytes = new Uint8Array(zlib.gzipSync(`${lines.join('\n')}\n`));
    const worker = new AskedWorker({ open: () => new MemorySource(bytes), decompress: await nodeCodecs() });
    assert.equal(worker.ask('check', {}).events.total, 25_000);
    for (const first of [1, 2, 4000, 9_500, 12_345, 20_000, 24_990])
      assert.equal(
        worker.ask('listing', { first, last: first + 3999 }),
        lines.slice(first - 1, first + 3999).join('\n'),
        `from ${first}`,
      );
  });

  it('of a run has the events of all its files', async () => {
    const worker = await workerOnRun(['sample-traces/session/host.dat', 'sample-traces/session/guest.dat']);
    const lines = worker.ask('listing', { first: 1, last: 7 }).split('\n');
    assert.equal(lines.length, 7);
    assert.match(lines[0]!, /^CPU 0\/KVM-100 \[000\] 0\.010000000: kvm:kvm_userspace_exit: /);
    assert.match(lines[3]!, /^CPU 0\/KVM-100 0\.012000000: vm1:kvmmmu:kvm_tdp_mmu_spte_changed: nested-77 /);
  });
});

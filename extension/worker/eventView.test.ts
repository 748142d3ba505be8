import assert from 'node:assert/strict';
import { SAMPLE, textWorker, workerOn, workerOnRun } from '../test/askWorker.js';
import { fillerLine } from '../../test/support/filler.js';

describe('an event under the mouse', () => {
  it('is told with its fields and with its pages before and after it', async () => {
    const event = (await workerOn(SAMPLE)).ask('eventAtLine', { line: 702 })!;
    assert.equal(event.name, 'kvm_gmem_store_attributes');
    assert.equal(event.text, '(kvm_gmem_store_attributes+0x0/0x20) index=0x4 last=0x5 attrs=0x8');
    assert.deepEqual(
      event.fields.map(({ name, value }) => `${name}=${value}`),
      ['__probe_ip=kvm_gmem_store_attributes+0x0/0x20', 'index=0x4', 'last=0x5', 'attrs=0x8'],
    );
    assert.deepEqual([event.understood, event.ofGuest], [true, false]);
    assert.deepEqual(event.pages, [
      {
        label: 'gfns 0x100004..0x100005 (pages 0x4..0x5 of inode 268)',
        before: 'shared, converting to private (bracket open), no user mapping, no SPTE, 1 pin, pfn 0x102a73',
        after: 'private, converting to private (stored), no user mapping, no SPTE, 1 pin, pfn 0x102a73',
        dataId: 'pgoff:0:0x4:2:state',
      },
    ]);
    assert.deepEqual(event.place, {
      row: 689,
      line: 702,
      offset: 96338,
      startColumn: 61,
      endColumn: 153,
      time: '62.292357',
      cpu: 0,
      tid: 275,
      comm: 'CPU 0/KVM',
      event: 'kvm_gmem_store_attributes',
    });
  });

  it('is none in a heading, and none behind the last one', async () => {
    const worker = await workerOn(SAMPLE);
    for (const line of [1, 12, 1740]) assert.equal(worker.ask('eventAtLine', { line }), null, `line ${line}`);
    assert.equal(worker.ask('eventAtLine', { line: 13 })?.place.row, 0);
    assert.equal(worker.ask('eventAtLine', { line: 1739 })?.place.row, 1726);
  });

  it('is told on every line of its stack, and on no line after it', async () => {
    const worker = await workerOn('sample-traces/ftrace/7.2.13/inplace.stacktrace.txt');
    const lineOf = (line: number): number | undefined => worker.ask('eventAtLine', { line })?.place.line;
    for (const line of [13, 14, 15, 24]) assert.equal(lineOf(line), 13, `line ${line}`);
    assert.equal(lineOf(25), 25);
    const second = `${fillerLine(2e6)}\n${fillerLine(3e6).replace(/tlb_flush.*/, '<stack trace>')}\n => f\n`;
    const after = textWorker(`# tracer: nop\n${fillerLine(1e6)}\n# a comment\n${second}`);
    assert.equal(after.ask('eventAtLine', { line: 3 }), null, 'a comment behind an event without a stack');
    assert.equal(after.ask('eventAtLine', { line: 6 })?.place.line, 4);
  });

  it('is told on every line over which a paste has broken it, and on those of its stack', () => {
    const event = (time: number): string =>
      `> qemu-system-x86-274     [001] .....    ${time}.000001: kvm_page_fault: vcpu 0 rip 0x1\n> address 0x1000 error_code 0x6`;
    const frames = '>  => kvm_tdp_mmu_map\n>  => kvm_tdp_page_fault';
    const stack = '> qemu-system-x86-274     [001] .....    2.000002: <stack trace>';
    const worker = textWorker(`Look:\n\n${event(2)}\n${stack}\n${frames}\n\nand\n${event(3)}\n${event(4)}\n`);
    const lineOf = (line: number): number | undefined => worker.ask('eventAtLine', { line })?.place.line;
    assert.deepEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13].map(lineOf), [
      undefined,
      undefined,
      3,
      3,
      3,
      3,
      3,
      undefined,
      undefined,
      10,
      10,
      12,
      12,
    ]);
  });

  it('is told as unknown where the vocabulary has no such event', () => {
    const worker = textWorker(`# tracer: nop\n${fillerLine(1e6).replace('tlb_flush', 'new_event')}\n`);
    const event = worker.ask('eventAtLine', { line: 2 })!;
    assert.deepEqual([event.name, event.understood, event.pages], ['new_event', false, []]);
  });

  it('is told of the file of a run that the line is of', async () => {
    const [host, guest] = ['sample-traces/session/host.dat', 'sample-traces/session/guest.dat'];
    const worker = await workerOnRun([host!, guest!]);
    const at = (file: string, line: number) => worker.ask('eventAtLine', { line, file: `file:///${file}` });
    const zap = at(host!, 4)!;
    assert.deepEqual([zap.place.row, zap.place.line, zap.place.file], [6, 4, `file:///${host}`]);
    assert.equal(
      zap.pages[0]!.before,
      'attribute unknown, user mappings unknown, SPTE 4K pfn 0x123456, references unknown',
    );
    const own = at(guest!, 1)!;
    assert.deepEqual([own.place.row, own.ofGuest, own.understood], [3, true, false]);
    assert.equal(at(host!, 5), null);
    assert.equal(worker.ask('eventAtLine', { line: 4 }), null, 'a line of no file');
  });
});

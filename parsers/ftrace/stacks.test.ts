import assert from 'node:assert/strict';
import type { EventTable } from '../events/table.js';
import { FtraceTextReader } from './reader.js';

const GET_PFN = 'kvm_mmu_spte_requested: gfn 180 pfn 102a0e level 1';

function line(event: string, { cpu = 0 } = {}): string {
  return `       qemu-274     [00${cpu}] .....    62.263697: ${event}\n`;
}

function read(text: string): EventTable {
  const reader = new FtraceTextReader();
  reader.push(new TextEncoder().encode(text));
  return reader.finish();
}

describe('stacks in ftrace text', () => {
  it("reads trace-cmd's stacks, and frames right behind an event where a paste has no heading", () => {
    const frames = ' => a (ffffffff81176659)\n => b\n';
    const pasted =
      line(GET_PFN, { cpu: 0 }) +
      line(GET_PFN, { cpu: 1 }) +
      line('kernel_stack:', { cpu: 0 }) +
      frames +
      line(GET_PFN, { cpu: 1 }) +
      frames;
    const table = read(pasted);
    assert.deepEqual([table.length, table.issues], [4, []]);
    assert.deepEqual(
      table.stacks.map((stack) => [stack.row, stack.user, stack.line]),
      [
        [0, false, 4],
        [3, false, 7],
      ],
    );
  });
  it('gives no event the frames of a stack whose heading is gone', () => {
    const frames = ' => a\n => b\n';
    const whole = line(GET_PFN) + line('<stack trace>') + frames;
    const apart = `${line(GET_PFN)}# a comment\n${frames}`;
    for (const text of [`# tracer: nop\n${line(GET_PFN)}${frames}`, whole + line(GET_PFN) + frames, apart])
      assert.equal(read(text).stacks.length, text.startsWith(whole) ? 1 : 0, text);
    const alone = read(`${line('kernel_stack:')}${frames}`);
    assert.deepEqual(
      [alone.length, alone.stacks.map(({ row }) => row)],
      [1, [0]],
      'its own, without another',
    );
  });
  it('keeps stacks in the order of their events, whatever the order in which they are printed', () => {
    const event = (cpu: number): string => line(GET_PFN, { cpu });
    const stack = (cpu: number): string => `${line('<stack trace>', { cpu })} => f${cpu}\n`;
    const table = read(event(0) + event(1) + stack(1) + stack(0));
    assert.deepEqual(
      table.stacks.map(({ row }) => row),
      [0, 1],
    );
  });
});

/** What the line before makes a reader expect is never what it reads of a line that is something else. */
import assert from 'node:assert/strict';
import { line, read } from '../../test/support/ftraceLines.js';

describe('an event that is foreseen', () => {
  it('is an event of QEMU behind any other text that user space wrote', () => {
    const convert = 'tracing_mark_write: kvm_convert_memory start 0x1000 size 0x2000 shared_to_private';
    const round = (marker: string): string => line('tlb_flush: ') + line(marker);
    const table = read(round('tracing_mark_write: a text').repeat(2) + round(convert).repeat(2));
    const names = [1, 3, 5, 7].map((row) => table.name(row));
    const [text, event] = ['tracing_mark_write', 'qemu:kvm_convert_memory'];
    assert.deepEqual(names, [text, text, event, event]);
  });
});

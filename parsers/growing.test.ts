import assert from 'node:assert/strict';
import { NEVER_CANCELLED } from './base/cancel.js';
import { MemorySource } from './base/source.js';
import { Growing, type ReadFrom } from './growing.js';
import { readTrace } from './registry.js';
import { tableText } from '../test/support/tables.js';

const LINES = 400;

/** A trace of so many lines, which begins at a second. */
function trace(lines: number, second = 100): string {
  const events = Array.from(
    { length: lines },
    (_, i) => `  qemu-77      [001] d..1.   ${second}.${String(i).padStart(6, '0')}: kvm_exit: n ${i}\n`,
  );
  return `# tracer: nop\n#\n${events.join('')}`;
}

/** Looks at a file that has these contents one after another; each look is as a fresh reading. */
function looks(...contents: readonly string[]): readonly ReadFrom[] {
  const grown = new Growing();
  return contents.map((content) => {
    const bytes = new TextEncoder().encode(content);
    const open = readTrace(new MemorySource(bytes), { cancel: NEVER_CANCELLED, grown });
    const fresh = readTrace(new MemorySource(bytes), { cancel: NEVER_CANCELLED });
    assert.equal(tableText(open.table), tableText(fresh.table));
    assert.equal(open.describe(open.table.length - 1).text, fresh.describe(fresh.table.length - 1).text);
    return grown.from;
  });
}

const WHOLE = trace(LINES);

describe('a file that is read again while it grows', () => {
  it('is read on where it was, in the middle of a line too', () => {
    const lengths = [0.6, 0.7, 0.9, 1].map((part) => Math.floor(part * WHOLE.length));
    const froms = looks(...lengths.map((length) => WHOLE.slice(0, length)));
    assert.deepEqual(
      froms.map(({ offset }) => offset),
      [0, ...lengths.slice(0, -1)],
    );
  });

  it('is read whole where it is shorter, or another one', () => {
    const part = WHOLE.slice(0, 0.6 * WHOLE.length);
    const why = (next: string): string => looks(part, next)[1]!.why;
    assert.equal(why(WHOLE.slice(0, 0.4 * WHOLE.length)), 'shorter than before');
    assert.equal(why(trace(LINES, 200)), 'other bytes than before');
    assert.equal(why(part), 'as long as before');
    assert.equal(why(part.replace('n 7\n', 'n 8\n')), 'as long as before');
    // Its beginning alone, or its end alone.
    assert.equal(why(WHOLE.replace('tracer: nop', 'tracer: nip')), 'other bytes than before');
    assert.equal(why(part.slice(0, -5) + '.'.repeat(300)), 'other bytes than before');
  });

  it('is compared whole when it has become twice as long', () => {
    const froms = looks(trace(100), trace(190), trace(250), trace(300), trace(550));
    assert.deepEqual(
      froms.map(({ offset }) => offset > 0),
      [false, true, true, true, true],
    );
  });

  it('is read whole where a byte between the samples is another one, once it is twice as long', () => {
    // Samples are taken of the beginning and the end of what comes at once.
    const first = trace(LINES);
    const other = (lines: number): string => trace(lines).replace(' n 200\n', ' n 201\n');
    const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
    const grown = new Growing();
    const look = (text: string): string => {
      readTrace(new MemorySource(bytes(text)), { cancel: NEVER_CANCELLED, grown });
      return grown.from.why;
    };
    assert.deepEqual([first, other(600), other(800)].map(look), ['first', '', 'other bytes than before']);
    assert.equal(look(other(1600)), '');
  });

  it('is read whole where a piece of it may not have been written yet', () => {
    const zeros = '\0'.repeat(100);
    const froms = looks(WHOLE.slice(0, 20_000), WHOLE.slice(0, 21_000) + zeros, WHOLE);
    assert.deepEqual(
      froms.map(({ offset }) => offset),
      [0, 20_000, 0],
    );
  });

  it('is read whole where it is another format now', () => {
    const other = WHOLE.replaceAll(/^ {2}qemu-77 {6}\[001\] d\.\.1\. {2}/gm, 'qemu 77 [001]');
    assert.equal(looks(WHOLE.slice(0, 20_000), other)[1]!.offset, 0);
  });
});

/**
 * Stacks in every printed form, damaged and hostile: nothing is made up, no frame belongs to an event that
 * is not there, and what is kept grows no faster than the text.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { NEVER_CANCELLED } from '../../parsers/base/cancel.js';
import { MemorySource } from '../../parsers/base/source.js';
import { FRAMES_MAX } from '../../parsers/events/frames.js';
import { readTrace } from '../../parsers/index.js';
import type { OpenTrace } from '../../parsers/reader.js';
import { stacksOf } from '../../parsers/stacks.js';
import { mutate, random } from '../support/mutate.js';

const RUNS = Number(process.env['SHIMTRACE_RUNS'] ?? 40);

const read = (bytes: Uint8Array): OpenTrace =>
  readTrace(new MemorySource(bytes), { cancel: NEVER_CANCELLED });
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

const ARGUMENTS = 'pfn=0x9f83a8 flags=0x0 count=4 mapcount=0 mapping=0 mt=4 val=1';
const EVENT = (i: number): string =>
  `      crosvm_VmRun-6493    [007] ...2.   144.${767288 + i}: page_ref_mod: ${ARGUMENTS}\n`;
const HEADING = EVENT(1).replace(/page_ref_mod.*/, '<stack trace>');

/** Texts with stacks: of ftrace, of trace-cmd, of perf, and of pastes. */
const TEXTS: Readonly<Record<string, string>> = {
  'of a reply': fs.readFileSync('sample-traces/pastes/P16-pkvm-pin-stacks.txt', 'utf8'),
  'of trace-cmd': fs.readFileSync('sample-traces/pastes/P18-page-ref-report-stacks.txt', 'utf8'),
  'of ftrace': fs
    .readFileSync('sample-traces/ftrace/7.2.13/inplace.stacktrace.txt', 'utf8')
    .split('\n')
    .slice(0, 200)
    .join('\n'),
  'of perf': [0, 1, 2]
    .map(
      (i) =>
        `CPU 0/KVM  4961 [001]  1685.86635${i}: kvm:kvm_entry: vcpu 0, rip 0x1\n\tffffffff8154bbf1 unmap_vmas+0x1 ([kernel.kallsyms])\n\tffffffff8155b3d8 exit_mmap+0x1c8 ([kernel.kallsyms])\n\n`,
    )
    .join(''),
};

/** All frames of a trace, with what must hold of each. */
function framesOf(open: OpenTrace, text: string): number {
  let frames = 0;
  for (const { row } of open.table.stacks) assert.ok(row >= 0 && row < open.table.length, `row ${row}`);
  for (let row = 0; row < open.table.length; row++) {
    for (const stack of stacksOf(open, row)) {
      assert.ok(stack.frames.length <= FRAMES_MAX);
      for (const { symbol } of stack.frames) assert.ok(text.includes(symbol), `${symbol} is made up`);
      frames += stack.frames.length;
    }
  }
  return frames;
}

const linesIn = (text: string): number => text.split('\n').length;

describe('damaged stacks', () => {
  for (const [name, text] of Object.entries(TEXTS)) {
    it(`${name} have frames of their text alone, and no more than it has lines`, () => {
      const bytes = encode(text);
      assert.ok(framesOf(read(bytes), text) > 0, 'it has stacks');
      for (let seed = 0; seed < RUNS; seed++) {
        const damaged = mutate(bytes, seed, bytes.length);
        const now = new TextDecoder().decode(damaged);
        assert.ok(framesOf(read(damaged), now) <= linesIn(now), `seed ${seed}`);
      }
    });

    it(`${name} with lines lost, doubled and put elsewhere have none of an event that is not there`, () => {
      for (let seed = 0; seed < RUNS; seed++) {
        const next = random(seed);
        const lines = text.split('\n').flatMap((line) => {
          const what = next();
          if (what < 0.1) return [];
          return what < 0.2 ? [line, line] : [line];
        });
        const at = Math.floor(next() * lines.length);
        const moved = [...lines.slice(at), ...lines.slice(0, at)].join('\n');
        assert.ok(framesOf(read(encode(moved)), moved) <= linesIn(moved), `seed ${seed}`);
      }
    });
  }
});

describe('hostile stacks', () => {
  it('without end are read up to a limit, and keep one mark', () => {
    const text = `${EVENT(0)}${HEADING}${' => f\n'.repeat(200_000)}${EVENT(9)}`;
    const open = read(encode(text));
    assert.deepEqual([open.table.length, open.table.stacks.length], [2, 1]);
    assert.ok(framesOf(open, text) <= FRAMES_MAX);
  });

  it('of nothing but headings keep a mark for each event at most', () => {
    const text = `${EVENT(0)}${HEADING.repeat(50_000)}`;
    const open = read(encode(text));
    assert.ok(open.table.stacks.length <= open.table.length, `${open.table.stacks.length} marks`);
    assert.equal(framesOf(open, text), 0);
  });

  it('with a symbol as long as a file, and with names that are markup, are plain text', () => {
    const long = 'x'.repeat(1 << 20);
    const text = `${EVENT(0)}${HEADING} => ${long}\n => <img src=x onerror=y>\n => a\x1b[31m\n${EVENT(9)}`;
    assert.equal(read(encode(text)).table.length, 2);
  });

  it('before the first event belong to none', () => {
    const text = `${' => f\n'.repeat(1000)}${EVENT(0)}${EVENT(1)}`;
    const open = read(encode(text));
    assert.deepEqual([open.table.length, open.table.stacks.length], [2, 0]);
  });
});

/** Nothing that a paste has is missing without a word. */
import assert from 'node:assert/strict';
import { bytesOf } from '../../test/support/tables.js';
import { NEVER_CANCELLED } from '../base/cancel.js';
import { MemorySource } from '../base/source.js';
import type { EventTable } from '../events/table.js';
import { readTrace } from '../index.js';
import { stacksOf } from '../stacks.js';
import { withoutSeams } from './join.js';
import { withMissing } from './missing.js';

const read = (text: string): EventTable =>
  readTrace(new MemorySource(bytesOf(text)), { cancel: NEVER_CANCELLED }).table;

const event = (at: number): string =>
  `            bash-12      [000] .....   ${(331 + at / 1e6).toFixed(6)}: kvm_entry: vcpu ${at}, rip 0x1`;
const EVENTS = [1, 2, 3, 4, 5].map(event);
const placed = (texts: readonly string[]): { texts: string[]; lines: number[] } => ({
  texts: [...texts],
  lines: texts.map((_, i) => i + 1),
});
const losses = (table: EventTable): (readonly [row: number, line: number])[] =>
  table.losses.map(({ row, line }) => [row, line]);

describe('what a paste has and its reading has not', () => {
  const table = read(`${EVENTS.join('\n')}\n`);

  it('is nothing where each line has its event', () => {
    assert.equal(withMissing(table, placed(EVENTS)), table);
    const inHtml = EVENTS.map((line) => `${line.replace(/ /g, '&nbsp;')}<br>`);
    assert.equal(withMissing(table, placed(inHtml)), table);
  });

  it('is told at its line, wherever it is', () => {
    const more = [event(0), ...EVENTS.slice(0, 4), event(4), EVENTS[4]!, event(6)];
    const short = read(`\n${EVENTS.slice(0, 4).join('\n')}\n\n${EVENTS[4]!}\n`);
    assert.deepEqual(losses(withMissing(short, placed(more))), [
      [0, 1],
      [4, 6],
      [5, 8],
    ]);
  });

  it('is no event that somebody wrote about, or printed', () => {
    const said = [
      'See what happens at 331.000003: kvm_entry: of the',
      event(9).replace('kvm_entry', 'print'),
    ];
    const around = read(`\n\n${EVENTS.join('\n')}\n`);
    assert.equal(withMissing(around, placed([...said, ...EVENTS])), around);
  });

  it('may be a mark that something was left out', () => {
    const apart = read(`${EVENTS[0]!}\n\n${EVENTS[1]!}\n`);
    for (const mark of ['host kernel: ....', '> [snip]', '…', 'x] <snip>'])
      assert.deepEqual(losses(withMissing(apart, placed([EVENTS[0]!, mark, EVENTS[1]!]))), [[1, 2]], mark);
    for (const none of ['bash-12 [000] .....', 'and so on'])
      assert.equal(withMissing(apart, placed([EVENTS[0]!, none, EVENTS[1]!])), apart, none);
  });
});

describe('stacks with other lines within', () => {
  const FRAMES = [' => kvm_gmem_fault', ' => __do_fault', ' => do_fault'];
  const stacked = (within: string, from = ''): EventTable =>
    read(
      [
        EVENTS[0]!,
        event(1).replace(/: kvm.*/, ': <stack trace>'),
        FRAMES[0]!,
        within,
        ...FRAMES.slice(1),
        from,
      ].join('\n'),
    );

  it('go on behind a line of the console', () => {
    const { stacks, losses: none } = stacked('[   12.345678] usb 1-1: new high-speed USB device\n');
    assert.deepEqual([stacks.length, none], [1, []]);
    assert.ok(stacks[0]!.endOffset - stacks[0]!.offset > FRAMES.join('\n').length);
  });

  it('end at any other, which is said though no event follows', () => {
    const { stacks, losses: said } = stacked('this is the culprit');
    assert.deepEqual([stacks.length, said.map(({ line }) => line)], [1, [4]]);
  });

  it("are whole with remarks behind frames, and nobody's behind a mark of a cut", () => {
    const heading = event(1).replace(/: kvm.*/, ': <stack trace>');
    const framesOf = (lines: readonly string[]): readonly string[] => {
      const open = readTrace(new MemorySource(bytesOf(`${lines.join('\n')}\n`)), { cancel: NEVER_CANCELLED });
      return stacksOf(open, 0).flatMap(({ frames }) => frames.map(({ symbol }) => symbol));
    };
    const remarked = [FRAMES[0]!, `${FRAMES[1]!}   <-- this one`, FRAMES[2]!];
    assert.equal(framesOf([EVENTS[0]!, heading, ...remarked]).length, 3);
    assert.equal(framesOf([EVENTS[0]!, '[snip]', heading, ...FRAMES]).length, 0);
  });

  it('have no blank in the symbol or the module of a frame that was broken', () => {
    const whole = '\tffffffff81577737 do_vmi_munmap+0xe2 ([kernel.kallsyms])';
    for (const at of [24, 35, 40, 48, whole.length - 1])
      assert.equal(withoutSeams(`${whole.slice(0, at).trimEnd()} ${whole.slice(at).trimStart()}`), whole);
  });
});

describe('columns of perf that are few, or broken', () => {
  it('are no threads where uniq -c counted lines', () => {
    const line = (at: number): string => `      1     0.00002${at}:           syscalls:sys_exit_ioctl: 0x0`;
    const table = read(`${[1, 2, 3, 4].map(line).join('\n')}\n`);
    assert.deepEqual([table.length, table.tid(0)], [4, -1]);
  });

  it('leave the name of a task to the event that was broken behind it', () => {
    const lines = [1, 2, 3, 4].flatMap((at) => [
      `Nov 22 10:00:07 host-1 tracer[812]: ${'gmem_mut'.padStart(16)}`,
      `3069/3069 [000]   529.20537${at}: kvm:kvm_entry: vcpu 0, rip 0x1`,
    ]);
    const table = read(`${lines.join('\n')}\n`);
    assert.deepEqual([table.length, table.comm(0), table.line(0)], [4, 'gmem_mut', 1]);
  });
});

/** What a paste's events are for certain: none is made up, none stands with fewer fields or other values. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { eventTexts, readText } from '../../test/support/tables.js';
import {
  cutAtColumn,
  daemon,
  dated,
  diffMarks,
  htmlBreaks,
  listed,
  mangle,
  quote,
  tabled,
  wrapAtBlanks,
  type Step,
} from '../../test/support/mangle.js';

const headOf = (file: string, lines: number): string =>
  fs.readFileSync(`sample-traces/${file}`, 'utf8').split('\n').slice(0, lines).concat('').join('\n');

/** Texts that were taken for others, each with what was done to it. */
const WHOLE: readonly (readonly [what: string, text: string, steps: readonly Step[]])[] = [
  [
    'a header broken off its mark',
    headOf('ftrace/7.2.13/inplace.stacktrace.txt', 60),
    [dated, wrapAtBlanks(61, 1), htmlBreaks],
  ],
  [
    'times relative to the line before',
    headOf('perf/7.2.13/conv.perf-script.deltatime.txt', 60),
    [wrapAtBlanks(60)],
  ],
  ['the same, cut', headOf('perf/7.2.13/conv.perf-script.deltatime.txt', 60), [cutAtColumn(60)]],
  [
    'the verbose latency format',
    headOf('ftrace/7.2.13/conv.verbose.txt', 60),
    [quote('> '), wrapAtBlanks(60)],
  ],
  [
    'rows broken at blanks, all alike',
    headOf('ftrace/7.2.13/conv.stacktrace.txt', 60),
    [tabled, wrapAtBlanks(91), listed],
  ],
  ["a mail's source in a log", headOf('pastes/P08-double-bind-mail-qp.eml', 70), [daemon]],
  ["a mail's source in a table", headOf('pastes/P08-double-bind-mail-qp.eml', 70), [tabled]],
  ['fields with both bases', headOf('ftrace/7.2.13/conv.fields.txt', 60), [wrapAtBlanks(68, 0, true)]],
  [
    'calls behind marks of a diff',
    headOf('ftrace/7.2.13/fgraph.txt', 80),
    [quote('>'), wrapAtBlanks(82, 0, true), diffMarks],
  ],
];

describe('events of a paste', () => {
  for (const [what, text, steps] of WHOLE)
    it(`are those of ${what}: ${steps.map(({ name }) => name).join(', then ')}`, () => {
      const expected = eventTexts(readText(text));
      assert.ok(expected.length > 2, `${expected.length} events`);
      assert.deepEqual(eventTexts(readText(mangle(text, steps))), expected);
    });

  it('have no other values in a table whose rows were cut into three', () => {
    const text = headOf('perf/7.2.13/conv.lost.perf-script.txt', 60);
    const all = new Set(eventTexts(readText(text)));
    const cut = eventTexts(readText(mangle(text, [tabled, cutAtColumn(61)])));
    assert.ok(cut.length > 40);
    assert.deepEqual(
      cut.filter((event) => !all.has(event)),
      [],
    );
  });

  it('are none of a time alone, nor of the words of a header', () => {
    const delta = readText(
      '    0.000000:  kvm:kvm_entry: vcpu 0\n    0.000021:\n    0.000093:  kvm:kvm_entry: vcpu 1\n',
    );
    assert.deepEqual(
      eventTexts(delta).map((event) => event.split(' ')[3]),
      ['kvm:kvm_entry', 'kvm:kvm_entry'],
    );
    const header = readText('# tracer: nop\n#\n entries-in-buffer/entries-written: 3212/3212   #P:2\n#\n');
    assert.equal(header.length, 0);
    assert.equal(readText('# tracer: nop\n#\nwhatever: x\n').length, 1);
  });

  const event = (at: number, text: string): string =>
    `            bash-12      [000] .....   ${(331 + at / 1e6).toFixed(6)}: ${text}`;

  it('are damage where they have fewer fields than others of their name', () => {
    const whole = 'my_event: (my_function+0x0/0x10) first=0x1 second=0x2 third=0x3';
    const lines = [1, 2, 3, 4].map((at) => event(at, whole).replace(' second', '\nsecond'));
    lines[2] = lines[2]!.replace(/ third=.*/, '');
    const table = readText(`${lines.join('\n')}\n`);
    assert.equal(table.length, 3);
    assert.deepEqual(
      table.losses.map(({ line }) => line),
      [5],
    );
  });

  it('are damage where lines are put together in two ways that give other values', () => {
    const table = readText(`${event(1, 'my_event: count 12')}\n34\n${event(2, 'my_event: count 12')}\n34\n`);
    assert.equal(table.length, 0);
  });
});

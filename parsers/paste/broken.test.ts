/** Events that were broken more than once, or behind marks; and lines that only look like the rest of one. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { kindSlots } from '../events/kinds.js';
import type { EventTable } from '../events/table.js';
import {
  catNumbers,
  cutAtColumn,
  daemon,
  dated,
  grepNumbers,
  mangle,
  quote,
  wrapAtBlanks,
  type Step,
} from '../../test/support/mangle.js';
import { eventTexts, readText } from '../../test/support/tables.js';

const TEXT = fs
  .readFileSync('sample-traces/labelled/inplace/M2.p.txt', 'utf8')
  .split('\n')
  .filter((line) => /^ +\S.*\[\d+\]/.test(line))
  .slice(300, 360)
  .join('\n');

const read = (text: string): EventTable => readText(`${text}\n`);

const EXPECTED = eventTexts(read(TEXT));

const headOf = (file: string, lines: number): string =>
  fs.readFileSync(file, 'utf8').split('\n').slice(0, lines).join('\n');
/** `uniq -c`: a count before each line. */
const counted: Step = { name: 'uniq -c', lines: (lines) => lines.map((line) => `      1 ${line}`) };

describe('events broken over lines', () => {
  const ways: readonly (readonly Step[])[] = [
    [wrapAtBlanks(96), quote('> '), wrapAtBlanks(72)],
    [quote('>> '), cutAtColumn(80)],
    [catNumbers, cutAtColumn(76)],
    [catNumbers, cutAtColumn(88)],
    [quote('> '), wrapAtBlanks(76), grepNumbers],
    [quote('>> '), cutAtColumn(80), daemon],
  ];
  for (const steps of ways) {
    it(`are whole again: ${steps.map(({ name }) => name).join(', then ')}`, () => {
      assert.equal(EXPECTED.length, 60);
      assert.deepEqual(eventTexts(read(mangle(TEXT, steps))), EXPECTED);
    });
  }

  it('are whole again where the seconds have a digit more from one event on', () => {
    const text = headOf('sample-traces/labelled/stock/x86-7.3.unzapped.txt', 60);
    const once = eventTexts(read(text));
    const seconds = new Set(once.map((event) => event.split(' ')[0]!.length));
    assert.deepEqual([...seconds].sort(), [11, 12]);
    assert.deepEqual(eventTexts(read(mangle(text, [daemon, wrapAtBlanks(84)]))), once);
  });

  it('are whole again where a text that came wrapped was wrapped once more', () => {
    const wrapped = fs.readFileSync('sample-traces/pastes/P01-thp-crosses-private-wrapped.txt', 'utf8');
    const once = eventTexts(read(wrapped));
    assert.equal(once.length, 11);
    for (const column of [60, 64, 68, 76])
      assert.deepEqual(eventTexts(read(mangle(wrapped, [wrapAtBlanks(column)]))), once, `${column}`);
  });

  it('are whole again where a quotation was folded, its ends without blanks', () => {
    const pasted = fs.readFileSync('sample-traces/pastes/P16-pkvm-pin-stacks.txt', 'utf8');
    const once = eventTexts(read(pasted));
    assert.equal(once.length, 3);
    for (const column of [60, 68, 76])
      assert.deepEqual(eventTexts(read(mangle(pasted, [quote('> '), cutAtColumn(column, true)]))), once);
  });

  it('are whole again behind counts, and where numbers came after they were broken', () => {
    const wrapped = fs.readFileSync('sample-traces/pastes/P01-thp-crosses-private-wrapped.txt', 'utf8');
    const once = eventTexts(read(wrapped));
    assert.deepEqual(eventTexts(read(mangle(wrapped, [counted]))), once);
    const bare = fs.readFileSync('sample-traces/pastes/P20-payload-only.md', 'utf8');
    assert.deepEqual(
      eventTexts(read(mangle(bare, [cutAtColumn(66, true), grepNumbers]))),
      eventTexts(read(bare)),
    );
  });

  it('are whole again in comments of the function graph, and their head keeps what it says', () => {
    const graph = headOf('sample-traces/ftrace/7.2.13/fgraph.txt', 30);
    for (const step of [wrapAtBlanks(72), cutAtColumn(76)])
      assert.deepEqual(eventTexts(read(mangle(graph, [step]))), eventTexts(read(graph)), step.name);
    const cut = headOf('sample-traces/labelled/inplace/M2.p.txt', 60);
    const said = read(cut).losses.length;
    assert.ok(said > 0);
    for (const steps of [[quote('> '), wrapAtBlanks(72)], [dated]])
      assert.equal(read(mangle(cut, steps)).losses.length, said);
  });

  it('are whole again though a value is a raw byte', () => {
    const probes = headOf('sample-traces/ftrace/7.2.13/dyn.probes.txt', 40);
    assert.ok(probes.includes("'\0'"));
    assert.deepEqual(eventTexts(read(mangle(probes, [wrapAtBlanks(76)]))), eventTexts(read(probes)));
  });

  it('are read with the digits of a value that stand alone under the number of their line', () => {
    const lines = TEXT.split('\n').map((line, i) => `${String(i + 1).padStart(6)}\t${line}`);
    const at = lines.findIndex((line) => /=0x[0-9a-f]{3,}$/.test(line));
    const own = String(at + 1).slice(-1);
    lines[at] = lines[at]!.replace(/0x[0-9a-f]+$/, `0x7f${own}`);
    const whole = eventTexts(read(lines.join('\n')));
    const width = lines[at]!.length - 1;
    assert.deepEqual(eventTexts(read(mangle(lines.join('\n'), [cutAtColumn(width)]))), whole);
  });
});

describe('lines that no event goes on in', () => {
  it('have lost their beginning: what was torn is a loss, behind whatever line', () => {
    const lines = TEXT.split('\n');
    for (let at = 5; at < 50; at += 3) {
      const torn = [...lines.slice(0, at), '       CPU 0x=0x4 s_dev=16 order=0', ...lines.slice(at + 1)];
      const { losses } = read(torn.join('\n'));
      assert.ok(
        losses.some(({ line, cpu }) => cpu === -1 && Math.abs(line - at - 1) <= 1),
        `line ${at + 1}`,
      );
    }
  });

  it("are a shell's prompt", () => {
    const lines = TEXT.split('\n').slice(0, 4);
    for (const prompt of ['root@host:~#', '[root@host ~]# ls', 'user@host:/tmp$ cat trace']) {
      const wrapped = mangle(lines.join('\n'), [wrapAtBlanks(76)]);
      assert.deepEqual(eventTexts(read(`${wrapped}\n${prompt}`)), EXPECTED.slice(0, 4), prompt);
    }
  });
});

describe('lines with a date that is not of their format', () => {
  it('end what stands before them, also where that is as wide as the column', () => {
    const head = 'CPU 0/KVM-2069 [017] d... 15504452.412981: kvm_entry: vcpu 20';
    const dated = [1, 2, 3].flatMap((n) => [`2026-11-22 10:00:0${n}.1 2021-12-12 16:11:10.214139`, head]);
    const table = read(dated.join('\n'));
    assert.deepEqual(
      [0, 1, 2].map((row) => table.num(row, 0)),
      [20, 20, 20],
    );
  });
});

describe('a value that was broken', () => {
  it('is whole or unknown, and never its first digits', () => {
    const head = '<...>-9018  [004]    92.678375: page_ref_set: pfn=0x17';
    for (const [first, rest] of [
      [head, 'ac9 flags=0x0 count=1 mapcount=0 mapping=(nil) mt=4 val=1'],
      [`${head}ac`, '9'],
    ]) {
      const table = read(`${first}\n${rest}\n`);
      const pfn = table.length > 0 ? table.big(0, kindSlots(table.kind(0)).indexOf('pfn')) : undefined;
      assert.ok([0x17ac9n, undefined].includes(pfn), `${String(pfn)} of ${first}`);
      if (pfn === undefined) assert.deepEqual([table.length, table.issues[0]!.code], [0, 'empty'], first);
    }
  });

  it('is whole again among events that were broken at blanks', () => {
    const head = '<...>-9018  [004]    92.67837';
    const rest = 'flags=0x0 count=1 mapcount=0 mapping=(nil) mt=4 val=1';
    const pieces = [1, 2, 3].flatMap((n) => [`${head}${n}: page_ref_set: pfn=0x17ac${n}`, rest]);
    pieces.push(`${head}9: page_ref_set: pfn=0x17`, `ac9 ${rest}`);
    const table = read(pieces.join('\n'));
    assert.deepEqual(
      Array.from({ length: table.length }, (_, row) => table.num(row, 0)),
      [0x17ac1, 0x17ac2, 0x17ac3, 0x17ac9],
    );
  });
});

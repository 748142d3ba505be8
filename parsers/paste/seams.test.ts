/** Where events were broken: what is put together there, and what is said where it cannot be. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { kindSlots } from '../events/kinds.js';
import type { EventTable } from '../events/table.js';
import {
  cutAtColumn,
  daemon,
  dated,
  grepNames,
  html,
  htmlBreaks,
  mangle,
  quote,
  tabled,
  wrapAtBlanks,
  type Step,
} from '../../test/support/mangle.js';
import { readText } from '../../test/support/tables.js';

const counted: Step = { name: 'uniq -c', lines: (lines) => lines.map((line) => `      1 ${line}`) };
const indented: Step = { name: 'indent', lines: (lines) => lines.map((line) => `    ${line}`) };
/** The last line of a piece is not indented: it is the first of the next. */
const foldIndented = (column: number): Step => ({
  name: `fold ${column} indented`,
  lines: (lines) =>
    lines.flatMap((line) => {
      const pieces = [line.slice(0, column)];
      for (let at = column; at < line.length; at += column - 2)
        pieces.push(`  ${line.slice(at, at + column - 2)}`);
      return pieces.map((piece) => piece.trimEnd());
    }),
});
const encoded: Step = {
  name: 'quoted-printable without a header',
  lines: (lines) =>
    lines.flatMap((line) => {
      const text = line.replace(/=/g, '=3D');
      // No escape is broken.
      const at = text.slice(68, 71).indexOf('=') >= 0 ? 72 : 70;
      return text.length > at ? [`${text.slice(0, at)}=`, text.slice(at)] : [text];
    }),
};

const front = (mark: string): Step => quote(mark);
const named: Step = {
  name: 'string of an object',
  lines: (lines) => [JSON.stringify({ name: 'trace', output: `${lines.join('\n')}\n`, code: 0 })],
};

function eventsOf(table: EventTable): string[] {
  return Array.from({ length: table.length }, (_, row) => {
    const values = kindSlots(table.kind(row)).map((slot, i) => `${slot}=${table.big(row, i) ?? '-'}`);
    const name = table.name(row).replace(/^\w+:/, '');
    return `${table.absoluteTime(row)} ${table.comm(row)}-${table.tid(row)} ${name} ${values.join(' ')}`;
  });
}

function headOf(file: string, lines: number): string {
  return fs.readFileSync(`sample-traces/${file}`, 'utf8').split('\n').slice(0, lines).join('\n');
}

const LABELLED = headOf('labelled/inplace/M2.p.txt', 60);
const QEMU = headOf('pastes/P30-tdx-boot-qemu-log.txt', 40);

/** Steps that lose nothing of their text. */
const WHOLE: readonly (readonly [text: string, steps: readonly Step[]])[] = [
  [LABELLED, [counted, foldIndented(96), quote('>')]],
  [LABELLED, [counted, cutAtColumn(82), tabled]],
  [LABELLED, [tabled, cutAtColumn(80)]],
  [LABELLED, [tabled, cutAtColumn(76), daemon]],
  [LABELLED, [html, cutAtColumn(84)]],
  [LABELLED, [htmlBreaks, cutAtColumn(90, true)]],
  [headOf('pastes/P16-pkvm-pin-stacks.txt', 70), [foldIndented(96), indented]],
  [headOf('pastes/P03-set-mem-attributes-v1.txt', 30), [counted, indented]],
  [QEMU, [quote('>'), foldIndented(86), dated]],
  [QEMU, [html, foldIndented(89), grepNames]],
  [QEMU, [encoded, quote('> ')]],
  [QEMU, [encoded]],
  [headOf('qemu/11.1.3/q35-seabios.log', 40), [daemon, wrapAtBlanks(72, 1), quote('>')]],
  [headOf('qemu/7.2.0/virtio-mem.log', 40), [dated, cutAtColumn(74)]],
  [headOf('ftrace/7.2.13/conv.verbose.txt', 40), [dated]],
  // What is left out is said on a line of no event, which has the same in front.
  [headOf('pastes/P36-elided-middle.txt', 60), [front('2026-11-22T10:00:07+0000 host-1 kernel: ')]],
  [headOf('pastes/P36-elided-middle.txt', 60), [front('[   12.345678] host-1 kernel: ')]],
  [headOf('pastes/P14-report-grep-context.md', 60), [front('Nov 22 10:00:07 ')]],
  [headOf('pastes/P18-page-ref-report-stacks.txt', 60), [front('INFO:root:')]],
  [headOf('pastes/P03-set-mem-attributes-v1.txt', 30), [front('│ ')]],
  [headOf('pastes/P03-set-mem-attributes-v1.txt', 30), [front('\t')]],
  [headOf('ftrace/7.2.13/fgraph.txt', 60), [front('[   12.345678] host-1 kernel: ')]],
  [QEMU, [named]],
  [headOf('perf/7.2.13/conv.lost.perf-script.txt', 40), [grepNames, wrapAtBlanks(78, 2)]],
];

describe('events of a text that was mangled in turn', () => {
  for (const [text, steps] of WHOLE) {
    it(`are the same: ${steps.map(({ name }) => name).join(', then ')}`, () => {
      const [now, before] = [readText(mangle(text, steps)), readText(`${text}\n`)];
      assert.deepEqual(eventsOf(now), eventsOf(before));
      assert.equal(now.losses.length, before.losses.length);
    });
  }
});

describe('an event that may not be whole', () => {
  const event = (i: number, args: string): string =>
    `       CPU 0/KVM-829     (    828) [000] .....   113.5084${10 + i}: ${args}`;
  const whole =
    'kvm_gmem_get_pfn_ret: (kvm_mmu_faultin_pfn+0x1df/0x740 <- kvm_gmem_get_pfn) gfn=0x100001 ret=0';
  const others = (from: number): string[] => [0, 1, 2, 3].map((i) => event(from + i, whole));
  /** Places at which nobody knows what stood there: its pieces, and what is left over of it. */
  const BROKEN: Readonly<Record<string, readonly string[]>> = {
    'its value and the digits below': [`${whole.slice(0, -13)}=0x10`, '   0001 ret=0'],
    'a field below': [whole.slice(0, -6), ' ret=0'],
    'the first half of its name': ['kvm_gmem_get_p', 'fn_ret: (kvm_mmu_faultin_pfn+0x1df/0x740) ret=0'],
    'its place, which is not closed': ['kvm_gmem_get_pfn_ret: (kvm_mmu', ' _faultin_pfn+0x1df/0x740) ret=0'],
  };
  for (const [name, [first, rest]] of Object.entries(BROKEN)) {
    it(`is damage, never an event of fewer fields: ${name}`, () => {
      // A quotation around it, so that it is a paste; its line is shorter than where others would break.
      const lines = [...others(0), event(4, first!), rest!, ...others(5)];
      const table = readText(mangle(lines.join('\n'), [quote('> ')]));
      const expected = eventsOf(readText(`${others(0).join('\n')}\n`)).map((one) => one.replace(/^\d+ /, ''));
      const now = eventsOf(table).map((one) => one.replace(/^\d+ /, ''));
      const isWhole = now.length === 9 && now.every((one) => one === expected[0]);
      const isSaid = table.losses.some(({ line, cpu }) => cpu === -1 && (line === 5 || line === 6));
      assert.ok(isWhole || (isSaid && now.every((one) => one === expected[0])), now.join('\n'));
    });
  }

  it('is none of these where every line is whole', () => {
    const table = readText(mangle(others(0).join('\n'), [quote('> ')]));
    assert.deepEqual([table.length, table.losses.length], [4, 0]);
  });
});

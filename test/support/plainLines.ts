/** Texts that are read with the kernel of plain lines and without it: both must say the same of them. */
import { eventLine, taskOf } from '../../model/findings/listing.js';
import { MemorySource } from '../../parsers/base/source.js';
import { kindSlots } from '../../parsers/events/kinds.js';
import type { EventTable } from '../../parsers/events/table.js';
import { openFtraceText } from '../../parsers/ftrace/format.js';
import type { KernelCode } from '../../parsers/ftrace/kernelExports.js';
import { FtraceTextReader } from '../../parsers/ftrace/reader.js';
import { builtFrom } from './builtKernel.js';
import type { Random } from '../fuzz/harness.js';
import { noticesText } from './tables.js';

/** The kernel as `npm run build` has compiled it. */
export function builtKernel(): KernelCode {
  return builtFrom<KernelCode>('out/lineKernel.wasm');
}

/** A reader that counts the lines which the kernel takes. */
class CountingReader extends FtraceTextReader {
  lines = 0;
  override take(pos: number, at: number, line: number): number {
    const lines = super.take(pos, at, line);
    this.lines += lines;
    return lines;
  }
}

export interface Reading {
  readonly table: EventTable;
  /** Lines that the kernel took. */
  readonly lines: number;
}

/** Reads a text pushed in chunks whose lengths come from `chunk`. */
export function readIn(bytes: Uint8Array, chunk: () => number, kernel?: KernelCode): Reading {
  const reader = new CountingReader(kernel);
  for (let at = 0; at < bytes.length; ) {
    const length = Math.max(1, chunk());
    reader.push(bytes.slice(at, at + length));
    at += length;
  }
  return { table: reader.finish(), lines: reader.lines };
}

/** What differs of two readings of one text, the ids of names and tasks included; '' for nothing. */
export function difference(a: EventTable, b: EventTable): string {
  for (let row = 0; row < Math.min(a.length, b.length); row++) {
    const what = rowDifference(a, b, row);
    if (what !== '') return `row ${row}, line ${a.line(row)}: ${what}`;
  }
  for (const interned of ['names', 'comms'] as const) {
    const [left, right] = [a, b].map((table) => texts(table[interned]));
    if (left !== right) return `${interned}: ${left} | ${right}`;
  }
  if (JSON.stringify(a.unread) !== JSON.stringify(b.unread)) return 'what could not be read';
  if (symbols(a) !== symbols(b)) return 'symbols';
  if (a.length !== b.length) return `${a.length} rows | ${b.length}`;
  return noticesText(a) === noticesText(b) ? '' : 'issues, losses, stacks or what is known of the text';
}

const COLUMNS = ['ts', 'at', 'line', 'cpu', 'tid', 'tgid', 'kind', 'nameId', 'commId'] as const;

function rowDifference(a: EventTable, b: EventTable, row: number): string {
  for (const column of COLUMNS) {
    const [left, right] = [a[column](row), b[column](row)];
    if (left !== right) return `${column} ${left} | ${right}`;
  }
  const slots = kindSlots(a.kind(row)).length;
  for (let slot = 0; slot < slots; slot++) {
    const [left, right] = [a.big(row, slot), b.big(row, slot)];
    if (left !== right) return `${kindSlots(a.kind(row))[slot]} ${left} | ${right}`;
  }
  return '';
}

function texts(interned: EventTable['names']): string {
  return Array.from({ length: interned.size }, (_, id) => interned.text(id)).join('\n');
}

function symbols({ meta }: EventTable): string {
  return [...(meta.symbols ?? [])].join(' ');
}

/** Where a line, from the time on that the kernel has noted, is not what is printed; '' where none is. */
export function misplacedTime(bytes: Uint8Array, table: EventTable): string {
  const open = openFtraceText(new MemorySource(bytes), table);
  for (let row = 0; row < table.length; row++) {
    const at = table.timeAt(row);
    if (at === 0) continue;
    const from = table.at(row) + at;
    const line = Buffer.from(bytes.subarray(from, bytes.indexOf(0x0a, from))).toString('latin1');
    // Who prints the copies does that with all of them at once.
    const copied = line.replace(/\r$/, '').replace(/\r+/g, ' ');
    const printed = eventLine(table, row, open.describe(row)).slice(taskOf(table, row).length);
    if (copied !== printed) return `row ${row}, line ${table.line(row)}: ${copied} | ${printed}`;
  }
  return '';
}

const ODD = ' \t,:=()[]{}\'"<>-+.#|/_\r\n\0xX0123456789abcdefgGzZ\u00e9';
const NUMBERS = [
  ...['', '0', '7', '-1', '-0', '00', '0x', '0x0', '0X1f', '0xffff888100eb8000', '0xffff888100eb800'],
  ...['ffff888100eb8000', 'deadbeef', '1234567', '12345678', '123456789', '1234567890', '99999.999999'],
  ...['123456789012345678', '1234567890123456789', '18446744073709551616', '0x12345678123456789'],
  ...[
    '0x00000000000000001',
    '(fault)',
    '(31)',
    "'c'",
    '"a b"',
    '{1,2}',
    '0x1f (-31)',
    '1: 2',
    '65535',
    '1024',
  ],
];

type LineEdit = (lines: string[], at: number, random: Random) => void;

/** Edits that leave a line nearly what it was, where a kernel may see less than the reader does. */
const EDITS: readonly LineEdit[] = [
  (lines, at, random) => {
    const line = lines[at]!;
    const p = random.below(line.length + 1);
    lines[at] = line.slice(0, p) + ODD[random.below(ODD.length)]! + line.slice(p + random.below(2));
  },
  (lines, at, random) => {
    const numbers = [...lines[at]!.matchAll(/(?:0x)?[0-9a-f]*\d[0-9a-f]*/g)];
    if (numbers.length === 0) return;
    const { index, 0: number } = random.pick(numbers);
    lines[at] = lines[at]!.slice(0, index) + random.pick(NUMBERS) + lines[at]!.slice(index + number.length);
  },
  (lines, at, random) => {
    const p = random.below(lines[at]!.length + 1);
    lines[at] = lines[at]!.slice(0, p);
  },
  (lines, at, random) => {
    const p = random.below(lines[at]!.length + 1);
    lines[at] = lines[at]!.slice(0, p) + lines[at]!.slice(p + 1 + random.below(12));
  },
  // The end of one line and all before some place of a later one were lost.
  (lines, at, random) => {
    const [line, other] = [lines[at]!, lines[Math.min(lines.length - 1, at + random.below(4))]!];
    lines[at] = line.slice(0, random.below(line.length + 1)) + other.slice(random.below(other.length + 1));
  },
  (lines, at, random) => {
    lines[at] += random.pick(lines);
  },
  (lines, at) => {
    lines[at] += '\r';
  },
  (lines, at, random) => {
    lines.splice(at, random.below(3), ...lines.slice(random.below(lines.length)).slice(0, random.below(3)));
  },
  (lines, at, random) => {
    const [head] = lines[at]!.split(': ', 1);
    const other = random.pick(lines);
    lines[at] = `${head}: ${other.slice(other.indexOf(': ') + 2)}`;
  },
  (lines, at, random) => {
    const fields = lines[at]!.split(' ');
    const p = random.below(fields.length);
    const q = random.below(fields.length);
    [fields[p], fields[q]] = [fields[q]!, fields[p]!];
    lines[at] = fields.join(' ');
  },
  (lines, at, random) => {
    lines[at] = lines[at]!.replace(
      random.pick([/ {2}/, / /, /=/, /: /, /\(.*\) ?/]),
      random.pick([' ', '', '  ']),
    );
  },
  (lines, at, random) => {
    const time = /(\d+)(?=\.\d{6})/;
    const by = random.pick([-1, 1, 100_000, -100]);
    lines[at] = lines[at]!.replace(time, (seconds) => String(Math.max(0, Number(seconds) + by)));
  },
];

/** Habits that a whole text has: wide times, wide threads, times of nanoseconds. */
const HABITS: readonly ((text: string) => string)[] = [
  (text) => text,
  (text) => text,
  (text) => text.replace(/ ( *)(\d+)(\.\d{6}: )/g, ' 1234567$3'),
  (text) => text.replace(/(\.\d{6})(: )/g, '$1000$2'),
  (text) => text.replace(/\n/g, '\r\n'),
];

/** Some lines of a text, again and again, and some of them changed. */
export function nearlyPlain(texts: readonly string[], random: Random): Uint8Array {
  const text = random.pick(texts);
  const all = text.split('\n');
  const from = random.below(Math.max(1, all.length - 20));
  const part = all.slice(random.next() < 0.5 ? 0 : from).slice(0, 10 + random.below(60));
  // A second time, most of what is to be learned of them is known.
  const lines = random.next() < 0.7 ? [...part, ...part] : part;
  // Behind most lines, so that the kernel takes those before.
  for (let edits = random.below(8); edits > 0; edits--)
    random.pick(EDITS)(lines, Math.floor(lines.length * Math.sqrt(random.next())), random);
  return Buffer.from(`${random.pick(HABITS)(lines.join('\n'))}\n`, 'utf8');
}

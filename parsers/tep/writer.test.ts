import assert from 'node:assert/strict';
import { ByteSink } from '../base/byteSink.js';
import { EventPrinter } from './printfmt.js';
import type { RecordBytes, TraceContext } from './record.js';
import { parseFormat } from './tep.js';

const context = (bigEndian: boolean): TraceContext => ({
  ...{ bigEndian, longSize: 8, symbols: () => undefined, printk: () => undefined },
});

const NUMBERS = [
  ...['%d', '%u', '%i', '%x', '%ld', '%lu', '%lx', '%lld', '%llu', '%llx', '%hd', '%hhu', '%hx'],
  ...['0x%08x', '0x%016llx', '%#x', '%#llx', '%#010x', '%3d', '%012lld', '%20llu', '%5x', '%08d'],
];
/** What the evaluator prints, by an expression of two fields and of one. */
const EXPRESSIONS: readonly (readonly [format: string, args: string])[] = [
  ['%s%s', 'REC->f ? "yes" : "no", REC->f & (1ULL << 1) ? "w" : "-"'],
  ['<%s>', '__print_flags(REC->f, "|", { 0x1, "A" }, { 0x80, "B" })'],
  ['<%s>', '__print_symbolic(REC->f & 0xf, { 0, "zero" }, { 1, "one" }, { 15, "many" })'],
  ['%s', '(REC->g == 1) ? __print_symbolic(REC->f, { 1, "x" }) : "other"'],
  ['%d:%d', '((unsigned int) ((REC->f) >> 20)), ((unsigned int) ((REC->f) & ((1U << 20) - 1)))'],
  ['%lu %llx', 'REC->f << 12, REC->f << 31'],
  ['%s %p %pS', 'REC->f & 0x100 ? "sign" : "", REC->f, REC->f'],
  ['100%% %c %o', 'REC->f, REC->g'],
  ['%s', '(s8)REC->f & 0x100 ? "extended" : "not"'],
  ['%-6d| %+d %.4x', 'REC->f, REC->f, REC->f'],
  ['%*d', 'REC->g, REC->f'],
];
const TYPES = [
  ...(['u8', 's8', 'u16', 's16', 'u32', 's32', 'u64', 's64'] as const),
  ...(['bool', 'unsigned long'] as const),
];
const SIZES: Readonly<Record<(typeof TYPES)[number], number>> = {
  ...{ u8: 1, s8: 1, bool: 1, u16: 2, s16: 2, u32: 4, s32: 4, u64: 8, s64: 8, 'unsigned long': 8 },
};
const VALUES = [
  ...[0n, 1n, 2n, 9n, 10n, 15n, 16n, 99n, 100n, 127n, 128n, 255n, 256n, 0x7fffn, 0x8000n, 0xffffn],
  ...[0x7fffffffn, 0x80000000n, 0xffffffffn, 0x100000000n, 0x1234567890n, 999999999999n, 1n << 53n],
  ...[(1n << 53n) - 1n, (1n << 63n) - 1n, 1n << 63n, (1n << 64n) - 1n, 0xfedcba9876543210n],
];

function printer(type: (typeof TYPES)[number], text: string, args: string, bigEndian = false): EventPrinter {
  const signed = type.startsWith('s') ? 1 : 0;
  const fields =
    `\tfield:${type} f;\toffset:8;\tsize:${SIZES[type]};\tsigned:${signed};\n` +
    '\tfield:u16 g;\toffset:16;\tsize:2;\tsigned:0;\n';
  const format = `name: e\nID: 1\nformat:\n${fields}\nprint fmt: "${text}", ${args}\n`;
  return new EventPrinter(parseFormat(format, 'x', 8)!, context(bigEndian));
}

function recordOf(value: bigint, g: number, end = 20): RecordBytes {
  const bytes = new Uint8Array(24);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(10, value, true);
  view.setUint16(18, g, true);
  return { bytes, start: 2, end };
}

/** What was put; undefined where it was refused. */
function put(of: EventPrinter, record: RecordBytes): string | undefined {
  const sink = new ByteSink(1);
  sink.putText('before ');
  if (!of.write(record, sink)) return undefined;
  return new TextDecoder().decode(sink.bytes.subarray('before '.length, sink.used));
}

describe('texts of print formats as bytes', () => {
  it('are the strings, of every type, conversion and value', () => {
    let compared = 0;
    for (const type of TYPES)
      for (const [text, args] of [...NUMBERS.map((number) => [number, 'REC->f'] as const), ...EXPRESSIONS]) {
        const of = printer(type, text, args);
        assert.ok(of.parsed, text);
        // Twice, for what is kept.
        for (const value of [...VALUES, ...VALUES])
          for (const g of [0, 1, 7]) {
            const record = recordOf(value, g);
            const expected = of.text(record);
            const isLine = !/[\r\n]/.test(expected);
            assert.equal(put(of, record), isLine ? expected : undefined, `${type} ${text} of ${value}, ${g}`);
            compared++;
          }
      }
    assert.ok(compared > 10_000, `${compared}`);
  });

  it('are those of records that end within a field', () => {
    for (const type of TYPES)
      for (const end of [9, 11, 13, 17]) {
        const of = printer(type, '%lld %x %s', 'REC->f, REC->f, REC->f & 3 ? "a" : "b"');
        const record = recordOf(0xffff_ffff_ffff_ffffn, 1, end);
        assert.equal(put(of, record), of.text(record), `${type} to ${end}`);
      }
  });

  it('are left to the evaluator where a line ends in them, and of big-endian records', () => {
    const record = recordOf(1n, 1);
    assert.equal(put(printer('u32', 'a\\nb %d', 'REC->f'), record), undefined);
    assert.equal(put(printer('u32', '%s', 'REC->f ? "a\\n" : "b"'), record), undefined);
    assert.equal(put(printer('u32', '%s', 'REC->f ? "a\\n" : "b"'), recordOf(0n, 1)), 'b');
    assert.equal(put(printer('u32', '%d', 'REC->f', true), record), undefined);
    assert.equal(put(printer('u32', '%d', 'REC->unknown'), record), undefined);
  });

  it('are UTF-8', () => assert.equal(put(printer('u8', 'é %d', 'REC->f'), recordOf(5n, 0)), 'é 5'));
});

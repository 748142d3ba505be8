import assert from 'node:assert/strict';
import { EventPrinter } from './printfmt.js';
import { parseArguments } from './cexpr.js';
import { formatInteger, parsePieces } from './cprintf.js';
import { compileFastInteger, fastInteger } from './fastint.js';
import { compileNum } from './numbers.js';
import type { TraceContext } from './record.js';
import { parseFormat } from './tep.js';

const SIZES: readonly (readonly [string, number, number])[] = [
  ['u8', 1, 0],
  ['s8', 1, 1],
  ['u16', 2, 0],
  ['s16', 2, 1],
  ['u32', 4, 0],
  ['s32', 4, 1],
  ['u64', 8, 0],
  ['s64', 8, 1],
];
const CONVERSIONS = [
  '%d',
  '%i',
  '%u',
  '%x',
  '%hhd',
  '%hhu',
  '%hd',
  '%hx',
  '%ld',
  '%lu',
  '%lx',
  '%lld',
  '%llu',
  '%llx',
  '%#x',
  '%#llx',
  '%08x',
  '%08d',
  '%#010x',
  '%5d',
  '%012llu',
];
const CASTS = ['', '(u8)', '(s16)', '(u32)', '(int)', '(unsigned long long)', '(long long)'];
const VALUES = [
  0n,
  1n,
  9n,
  127n,
  128n,
  255n,
  0x7fffn,
  0x8000n,
  0xfff0n,
  0x7fffffffn,
  0x80000000n,
  0xffffffffn,
  0x100000000n,
  0x1fffffffffffffn,
  0x20000000000000n,
  0x7fffffffffffffffn,
  0x8000000000000000n,
  0xffffea0004080e00n,
  0xffffffff81541510n,
  0xfffffffffffffff5n,
  0xffffffffffffffffn,
];

const context = (bigEndian: boolean): TraceContext => ({
  bigEndian,
  longSize: 8,
  symbols: () => undefined,
  printk: () => undefined,
});

describe('integer conversions by numbers alone', () => {
  for (const bigEndian of [false, true]) {
    it(`print what bigints print, ${bigEndian ? 'big' : 'little'} endian`, () => {
      let compared = 0;
      for (const [type, size, signed] of SIZES) {
        const format = parseFormat(
          `name: e\nID: 1\nformat:\n\tfield:${type} f;\toffset:3;\tsize:${size};\tsigned:${signed};\n\nprint fmt: "", 0\n`,
          'x',
          8,
        )!;
        for (const conversion of CONVERSIONS)
          for (const cast of CASTS) {
            const [piece] = parsePieces(conversion)!;
            assert.ok(piece?.kind === 'spec');
            const { spec } = piece;
            const [, arg] = parseArguments(`"${conversion}", ${cast}REC->f`)!;
            const fast = compileFastInteger(
              spec,
              fastInteger(spec, arg!, format, context(bigEndian)),
              context(bigEndian),
            );
            if (!fast) continue;
            const num = compileNum(arg!, format, context(bigEndian))!;
            for (const value of VALUES) {
              const bytes = new Uint8Array(16);
              for (let i = 0; i < size; i++)
                bytes[4 + (bigEndian ? size - 1 - i : i)] = Number((value >> BigInt(8 * i)) & 0xffn);
              const record = { bytes, start: 1, end: 4 + size };
              assert.equal(
                fast(record),
                formatInteger(spec, num.get(record), 8, spec.width, spec.precision),
                `${conversion} of ${cast}${type} ${value}`,
              );
              compared++;
            }
          }
      }
      assert.ok(compared > 5000, String(compared));
    });
  }

  it('print 0 for a field that the record ends within', () => {
    const format = parseFormat(
      'name: e\nID: 1\nformat:\n\tfield:u64 f;\toffset:8;\tsize:8;\tsigned:0;\n\nprint fmt: "%llx", REC->f\n',
      'x',
      8,
    )!;
    assert.equal(
      new EventPrinter(format, context(false)).text({
        bytes: new Uint8Array(16).fill(255),
        start: 0,
        end: 12,
      }),
      '0',
    );
  });

  it('leave to others what is not usual', () => {
    const format = parseFormat(
      'name: e\nID: 1\nformat:\n\tfield:u64 f;\toffset:8;\tsize:8;\tsigned:0;\n\nprint fmt: "", 0\n',
      'x',
      8,
    )!;
    for (const conversion of ['%c', '%o', '%+d', '%-5d', '%.3d', '%*d']) {
      const [piece] = parsePieces(conversion)!;
      assert.ok(piece?.kind === 'spec');
      assert.equal(
        fastInteger(piece.spec, { op: 'field', name: 'f' }, format, context(false)),
        undefined,
        conversion,
      );
    }
  });
});

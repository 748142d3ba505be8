import assert from 'node:assert/strict';
import fc from 'fast-check';
import { bytesOf } from '../../test/support/tables.js';
import { LineSplitter, MAX_LINE_BYTES, isUtf8 } from './lines.js';

interface Line {
  readonly text: string;
  readonly at: number;
  readonly line: number;
  readonly terminated: boolean;
}

/**
 * Splits chunks; lines as text, too long ones as their length. Checks that the flag for non-ASCII bytes is
 * never missing.
 */
function split(chunks: readonly Uint8Array[]): readonly Line[] {
  const out: Line[] = [];
  const splitter = new LineSplitter({
    line: (bytes, start, end, at, line, terminated, mayBeUtf8) => {
      const slice = bytes.slice(start, end);
      assert.ok(mayBeUtf8 || slice.every((c) => c < 0x80), 'a byte above 0x7f was not announced');
      assert.ok(bytes[end] === 0x0a || bytes[end] === 0x0d, 'no line end after the line');
      out.push({ text: Buffer.from(slice).toString('latin1'), at, line, terminated });
    },
    longLine: (at, line, length) => out.push({ text: `${length} bytes`, at, line, terminated: true }),
  });
  for (const chunk of chunks) splitter.push(chunk);
  splitter.finish();
  return out;
}

describe('lines', () => {
  const texts = (text: string): readonly unknown[] =>
    split([bytesOf(text)]).map((line) => [line.text, line.at, line.line, line.terminated]);

  it('end with LF or CRLF, and keep a CR elsewhere', () => {
    assert.deepEqual(texts('a\nb\r\nc\rd\n'), [
      ['a', 0, 1, true],
      ['b', 2, 2, true],
      ['c\rd', 5, 3, true],
    ]);
  });
  it('may be empty', () =>
    assert.deepEqual(texts('\n\r\n\nx\n'), [
      ['', 0, 1, true],
      ['', 1, 2, true],
      ['', 3, 3, true],
      ['x', 4, 4, true],
    ]));
  it('are marked when the input ends inside one', () =>
    assert.deepEqual(texts('a\nb\r'), [
      ['a', 0, 1, true],
      ['b\r', 2, 2, false],
    ]));
  it('are none in an empty input', () => assert.deepEqual(texts(''), []));

  it('longer than the limit are skipped, in one chunk or in many', () => {
    const long = new Uint8Array(MAX_LINE_BYTES + 5).fill(0x78);
    const bytes = Uint8Array.from([...bytesOf('a\n'), ...long, ...bytesOf('\nb\n')]);
    const expected = [
      ['a', 1],
      [`${long.length} bytes`, 2],
      ['b', 3],
    ];
    assert.deepEqual(
      split([bytes]).map((line) => [line.text, line.line]),
      expected,
    );
    const pieces = Array.from({ length: Math.ceil(bytes.length / 999_983) }, (_, i) =>
      bytes.slice(i * 999_983, (i + 1) * 999_983),
    );
    assert.deepEqual(split(pieces), split([bytes]));
  });
  it('as long as the limit are kept', () =>
    assert.equal(
      split([new Uint8Array(MAX_LINE_BYTES).fill(0x78), bytesOf('\n')])[0]!.text.length,
      MAX_LINE_BYTES,
    ));

  it('are the same for any chunks at any alignment', () => {
    const byte = fc.oneof(
      { weight: 3, arbitrary: fc.constant(0x0a) },
      { weight: 1, arbitrary: fc.constant(0x0d) },
      { weight: 9, arbitrary: fc.nat(0xff) },
    );
    const bytes = fc.array(byte, { maxLength: 200 }).map((values) => Uint8Array.from(values));
    fc.assert(
      fc.property(bytes, fc.array(fc.nat(200)), fc.nat(7), (raw, cuts, shift) => {
        const backing = new Uint8Array(raw.length + shift);
        backing.set(raw, shift);
        const ends = [...cuts.filter((cut) => cut < raw.length).sort((a, b) => a - b), raw.length];
        const chunks = ends.map((end, i) => backing.subarray((ends[i - 1] ?? 0) + shift, end + shift));
        const expected = Buffer.from(raw).toString('latin1').split('\n');
        const last = expected.pop()!;
        const wanted = [...expected.map((text) => text.replace(/\r$/, '')), ...(last === '' ? [] : [last])];
        assert.deepEqual(
          split(chunks).map((line) => line.text),
          wanted,
        );
      }),
    );
  });
});

describe('UTF-8', () => {
  it('is told from what is not', () => {
    assert.ok(isUtf8(bytesOf('žluť'), 0, 6));
    assert.ok(!isUtf8(Uint8Array.of(0x61, 0xff), 0, 2));
    assert.ok(!isUtf8(Uint8Array.of(0xc5), 0, 1));
  });
});

import assert from 'node:assert/strict';
import { FrameReader } from './frames.js';

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));

/** What is taken of a text that comes in pieces of so many bytes. */
function taken(text: string, piece: number): { readonly all: readonly string[]; readonly isWhole: boolean } {
  const all: string[] = [];
  const reader = new FrameReader({
    pages: (cpu, part) => {
      const last = all.pop();
      const said = `cpu${cpu} `;
      const before = last?.startsWith(said) === true ? last : undefined;
      if (last !== undefined && before === undefined) all.push(last);
      all.push(`${before ?? said}${Buffer.from(part).toString('latin1')}`);
    },
    file: (name, part) => all.push(`${name}=${Buffer.from(part).toString('latin1')}`),
  });
  const data = bytes(text);
  for (let at = 0; at < data.length; at += piece) reader.take(data.subarray(at, at + piece));
  return { all, isWhole: reader.isWhole };
}

const MARK = '@shimtrace ab12 ';

describe('the frames of a raw recording', () => {
  it('are the same in any pieces, whatever bytes are in them', () => {
    const text = `${MARK}file header_page 3\na\nb${MARK}pages 0 4\n\n@s\x00${MARK}file empty 0\n${MARK}pages 12 2\nxy`;
    const whole = ['header_page=a\nb', 'cpu0 \n@s\x00', 'empty=', 'cpu12 xy'];
    for (const piece of [1, 2, 3, 7, 1000])
      assert.deepEqual(taken(text, piece), { all: whole, isWhole: true });
    assert.equal(taken(text.slice(0, -1), 5).isWhole, false);
    assert.equal(taken(`${text}@shim`, 5).isWhole, false);
  });

  it('are not anything else, nor larger than a kernel makes them', () => {
    for (const text of [
      'CPU: 0\n',
      'x'.repeat(10_000),
      `${MARK}pages 0 99999999999\n`,
      `${MARK}pages 99999 1\n`,
      `${MARK}pages x 1\n`,
      `${MARK}file big 99999999\n`,
      `${MARK}file a 0\n`.repeat(9000),
    ])
      assert.throws(() => taken(text, 1000), /the host sent/, text.slice(0, 40));
  });
});

import assert from 'node:assert/strict';
import { mayBeUnseen, visible, visibleLine } from './visible.js';

describe('unseen characters', () => {
  it('are shown by their numbers; tabs and line feeds stay, but not in a line', () => {
    assert.equal(visible('a\u001b[0m\u009b\u007f\u202e\r\tb\n'), 'a\\x1b[0m\\u009b\\u007f\\u202e\\x0d\tb\n');
    assert.equal(visibleLine('a\tb\nc'), 'a b\\x0ac');
    assert.equal(visible('größe 你好'), 'größe 你好');
  });
  it('leave JSON what it says', () => {
    const value = { text: '\u001b\u0000\u007f\u009b\u202e\u2028"\\' };
    assert.deepEqual(JSON.parse(visible(JSON.stringify(value))), value);
  });
  it('are looked for in bytes, wherever they stand', () => {
    for (let byte = 0; byte < 256; byte++) {
      const isPlain = byte === 9 || byte === 10 || (byte >= 0x20 && byte < 0x7f);
      for (let at = 0; at < 11; at++) {
        for (const start of [0, 1, 2, 3]) {
          const bytes = new Uint8Array(20).fill(0x61).subarray(start, start + 11);
          bytes[at] = byte;
          assert.equal(mayBeUnseen(bytes), !isPlain, `${byte} at ${start}+${at}`);
        }
      }
    }
  });
});

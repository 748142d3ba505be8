import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { isWorthKeeping } from './worth.node.js';

const COMPRESSED = 'sample-traces/compressed/M2.p.txt.zst';

describe('what is worth keeping', () => {
  let folder = '';
  before(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'shimtrace-'));
  });
  after(() => fs.rmSync(folder, { recursive: true }));

  function file(name: string, bytes: Uint8Array): string {
    const made = path.join(folder, name);
    fs.writeFileSync(made, bytes);
    return made;
  }

  it('is what is long by itself or together', () => {
    const text = file('a.txt', new Uint8Array(3000).fill(0x61));
    assert.equal(isWorthKeeping([text], 3000), true);
    assert.equal(isWorthKeeping([text], 3001), false);
    assert.equal(isWorthKeeping([text, text], 6000), true);
    assert.equal(isWorthKeeping([text]), false);
  });

  it('is what is long once it is decompressed', () => {
    const { size } = fs.statSync(COMPRESSED);
    assert.equal(isWorthKeeping([COMPRESSED], 10 * size), true);
    assert.equal(isWorthKeeping([COMPRESSED], 10 * size + 10), false);
    const text = file('b.txt', new Uint8Array(size).fill(0x61));
    assert.equal(isWorthKeeping([text], 10 * size), false);
    assert.equal(isWorthKeeping([text, COMPRESSED], 20 * size), true);
  });

  it('is no file that is not there, or cannot be one', () => {
    const text = file('c.txt', new Uint8Array(10));
    for (const name of ['none', 'c.txt/none', '.'])
      assert.equal(isWorthKeeping([path.join(folder, name)], 1e6), false);
    assert.equal(isWorthKeeping([path.join(text, 'none'), text], 10), true);
  });
});

import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { openSpool } from './spool.node.js';

describe('a file without a name', () => {
  let folder = '';
  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'shimtrace-'));
  });
  afterEach(() => fs.rmSync(folder, { recursive: true }));

  it('has what was put into it, and is in no folder', () => {
    const spool = openSpool(path.join(folder, 'new'), 0, 0)!;
    const bytes = Uint8Array.from({ length: 200_000 }, (_, i) => i % 253);
    assert.ok(spool.add(bytes.subarray(0, 150_000)) && spool.add(bytes.subarray(150_000)));
    assert.deepEqual(fs.readdirSync(path.join(folder, 'new')), []);
    for (const [at, length] of [
      [0, 10],
      [149_990, 20],
      [1, 199_999],
      [199_999, 10],
      [200_000, 1],
    ] as const)
      assert.deepEqual([...spool.read(at, length)!], [...bytes.slice(at, at + length)], `${at}`);
    spool.close();
    spool.close();
    assert.equal(spool.read(0, 10), undefined, 'it cannot be read any more');
  });

  it('is not there where the disk has no room, or the folder cannot be', () => {
    assert.equal(openSpool(folder, 0, Number.MAX_SAFE_INTEGER)!.add(new Uint8Array(1)), false);
    assert.equal(openSpool(folder, 2 ** 33, 0), undefined);
    fs.writeFileSync(path.join(folder, 'file'), '');
    assert.equal(openSpool(path.join(folder, 'file'), 0, 0), undefined);
  });
});

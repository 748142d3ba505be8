import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { FileSource } from './fileSource.node.js';
import { JobFailure } from './judged.js';

describe('a file read by range', () => {
  let folder = '';
  before(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'shimtrace-'));
  });
  after(() => fs.rmSync(folder, { recursive: true }));

  const file = (bytes: Uint8Array): string => {
    const name = path.join(folder, 'file');
    fs.writeFileSync(name, bytes);
    return name;
  };

  it('gives what lies there, and no more than there is', () => {
    const source = new FileSource(file(Uint8Array.of(1, 2, 3, 4)));
    assert.equal(source.size, 4);
    assert.deepEqual([...source.read(1, 2)], [2, 3]);
    assert.deepEqual([...source.read(2, 100)], [3, 4]);
    assert.deepEqual([...source.read(4, 1)], []);
    assert.deepEqual([...source.read(9, 1)], []);
  });

  it('gives ranges longer than its buffer', () => {
    const bytes = Uint8Array.from({ length: (1 << 20) + 5 }, (_, i) => i & 0xff);
    assert.deepEqual(
      Buffer.from(new FileSource(file(bytes)).read(1, bytes.length)),
      Buffer.from(bytes.subarray(1)),
    );
  });

  it('gives what is left of a file that became shorter', () => {
    const name = file(new Uint8Array(1000));
    const source = new FileSource(name);
    fs.truncateSync(name, 10);
    assert.equal(source.read(0, 1000).length, 10);
    assert.equal(source.read(500, 100).length, 0);
  });

  it('is refused where it is not there or is a folder, by its name', () => {
    for (const [name, what] of [
      [path.join(folder, 'gone'), /gone: no such file; check the path$/],
      [folder, /: is a directory, expected a trace file; give the files inside it$/],
    ] as const)
      assert.throws(
        () => new FileSource(name),
        (error) => error instanceof JobFailure && error.error.code === 'io' && what.test(error.message),
      );
  });
});

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { InputError } from './errors.js';
import { openSource, readToEnd, type OpenSource } from './fileSource.js';

const MEGABYTE = 1 << 20;
const SAMPLE = 'sample-traces/labelled/inplace/M2.p.txt';

describe('what a pipe brings', () => {
  let folder = '';
  let file = '';
  const bytes = Uint8Array.from({ length: 3 * MEGABYTE + 17 }, (_, i) => (i * 7919) >> 3);
  const { TMPDIR } = process.env;

  /** A file is read to its end as a pipe is. */
  function pipe(keep: number): OpenSource {
    const fd = fs.openSync(file, 'r');
    try {
      return readToEnd('pipe', fd, keep);
    } finally {
      fs.closeSync(fd);
    }
  }

  before(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'shimtrace-'));
    file = path.join(folder, 'bytes');
    fs.writeFileSync(file, bytes);
    process.env['TMPDIR'] = folder;
  });
  after(() => {
    if (TMPDIR === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = TMPDIR;
    fs.rmSync(folder, { recursive: true });
  });

  for (const keep of [4 * MEGABYTE, 2 * MEGABYTE, 0])
    it(`is the same where more than ${keep} bytes go into a file`, () => {
      const source = pipe(keep);
      assert.equal(source.size, bytes.length);
      assert.deepEqual(source.read(0, bytes.length).slice(), bytes);
      const across = [MEGABYTE - 5, 10] as const;
      assert.deepEqual(source.read(...across).slice(), bytes.slice(across[0], across[0] + across[1]));
      assert.equal(source.changed(), undefined);
      assert.deepEqual(fs.readdirSync(folder), ['bytes'], 'the file has no name');
      source.close();
    });

  it('is no trace where the folder for temporary files is none', () => {
    process.env['TMPDIR'] = path.join(folder, 'gone');
    try {
      const said = /^pipe: is too large for memory, and .*gone does not take it: ENOENT.*TMPDIR/;
      assert.throws(
        () => pipe(0),
        (error) => error instanceof InputError && said.test(error.message),
      );
    } finally {
      process.env['TMPDIR'] = folder;
    }
  });

  it('is judged as a file is', () => {
    const judged = (args: readonly string[], input?: Buffer): string =>
      spawnSync(process.execPath, ['dist/cli.js', 'check', ...args], { encoding: 'utf8', input }).stdout;
    const said = judged(['-'], fs.readFileSync(SAMPLE)).replaceAll('<stdin>', SAMPLE);
    assert.match(said, /violation/);
    assert.equal(said, judged([SAMPLE]));
  });
});

describe('a file', () => {
  it('is read into the room that a reader has for it, as far as that goes', () => {
    const source = openSource(SAMPLE);
    try {
      const length = Math.min(source.size, 300_000);
      const bytes = fs.readFileSync(SAMPLE).subarray(0, length);
      assert.ok(length > 1 << 18, 'less than a window would not be');
      const room = new Uint8Array(length);
      const read = source.read(0, length, room);
      assert.equal(read.buffer, room.buffer);
      assert.deepEqual(Buffer.from(read), bytes);
      const small = source.read(0, length, new Uint8Array(length - 1));
      assert.deepEqual(Buffer.from(small), bytes);
    } finally {
      source.close();
    }
  });
});

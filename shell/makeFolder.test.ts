import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { makeFolder } from './makeFolder.node.js';

describe('a folder that is made', () => {
  let root = '';
  before(() => {
    root = fs.mkdtempSync(path.join(os.tmpdir(), 'shimtrace-'));
  });
  after(() => fs.rmSync(root, { recursive: true }));

  it('is there with those above it, of this mode, and may be there already', () => {
    const folder = path.join(root, 'a', 'b', 'c');
    makeFolder(folder, 0o700);
    makeFolder(folder, 0o700);
    makeFolder(path.join(root, 'a', 'b'));
    for (const made of [folder, path.dirname(folder)])
      assert.equal(fs.statSync(made).mode & 0o777, 0o700, made);
    const relative = path.relative(process.cwd(), path.join(root, 'd', 'e'));
    makeFolder(relative);
    assert.ok(fs.statSync(path.join(root, 'd', 'e')).isDirectory());
  });

  it('is not made where a file is', () => {
    const file = path.join(root, 'file');
    fs.writeFileSync(file, '');
    assert.throws(() => makeFolder(file), { code: 'EEXIST' });
    assert.throws(() => makeFolder(path.join(file, 'below')), { code: 'ENOTDIR' });
  });

  it('ends where the system makes none, though what is above it is there', function () {
    if (process.platform !== 'linux') this.skip();
    for (const name of ['/proc/shimtrace', '/proc/shimtrace/below'])
      assert.throws(() => makeFolder(name), { code: 'ENOENT' });
  });
});

/** The comparison with goldens fails where it should. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { assertGolden, assertOnlyGoldens } from './golden.js';

describe('a golden', () => {
  let folder: string;
  const update = process.env['UPDATE'];
  before(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'shimtrace-golden-'));
    delete process.env['UPDATE'];
  });
  after(() => {
    fs.rmSync(folder, { recursive: true, force: true });
    if (update !== undefined) process.env['UPDATE'] = update;
  });

  it('that is missing, or another text, fails', () => {
    const file = path.join(folder, 'a.txt');
    assert.throws(() => assertGolden(file, 'a\n'), /a\.txt is missing/);
    fs.writeFileSync(file, 'a\n');
    assertGolden(file, 'a\n');
    assert.throws(() => assertGolden(file, 'b\n'), /npm run golden/);
  });

  it('that nothing compares fails', () => {
    assert.throws(() => assertOnlyGoldens(folder, []), /the goldens in/);
    assert.throws(() => assertOnlyGoldens(folder, ['a.txt', 'b.txt']), /the goldens in/);
    assertOnlyGoldens(folder, ['a.txt']);
  });

  it('is written when goldens are updated, and one that nothing compares goes', () => {
    process.env['UPDATE'] = '1';
    try {
      assertGolden(path.join(folder, 'b.txt'), 'b\n');
      assertOnlyGoldens(folder, ['b.txt']);
      assert.deepEqual(fs.readdirSync(folder), ['b.txt']);
    } finally {
      delete process.env['UPDATE'];
    }
  });
});

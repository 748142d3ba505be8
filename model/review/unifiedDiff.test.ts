import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { readSeries } from '../../parsers/patch/series.js';
import { applyFile } from './apply.js';
import { unifiedDiff } from './unifiedDiff.js';

const lines = fc.array(fc.constantFrom('a', 'b', 'c', '', '}', '- x', '+ y', '@@ -1 +1 @@'), {
  maxLength: 40,
});
const textOf = (all: readonly string[]): string => all.map((line) => `${line}\n`).join('');

function patchOf(before: readonly string[], after: readonly string[]) {
  const text = unifiedDiff('mm/x.c', textOf(before), textOf(after));
  return readSeries([new TextEncoder().encode(text)]).patches[0];
}

describe('a diff of two texts', () => {
  it('is a patch that makes one of the other', () => {
    fc.assert(
      fc.property(lines, lines, (before, after) => {
        const file = patchOf(before, after)?.files[0];
        if (file === undefined) return assert.deepEqual(before, after);
        assert.equal(file.newPath, 'mm/x.c');
        assert.deepEqual(
          file.hunks.map((hunk) => hunk.fault),
          file.hunks.map(() => undefined),
        );
        return assert.deepEqual(applyFile(before, file, 'forward')?.lines, after);
      }),
      { numRuns: 500 },
    );
  });

  it('has three lines of context, and hunks apart where more lies between', () => {
    const before = Array.from({ length: 40 }, (_, i) => `line ${i}`);
    const after = before.map((line, i) => (i === 10 || i === 30 ? 'other' : line));
    const hunks = patchOf(before, after)!.files[0]!.hunks;
    assert.deepEqual(
      hunks.map(({ oldStart, oldCount, newCount }) => [oldStart, oldCount, newCount]),
      [
        [8, 7, 7],
        [28, 7, 7],
      ],
    );
    assert.equal(unifiedDiff('x', textOf(before), textOf(before)), '');
  });

  it('tells texts that have nothing in common as one block, however long', () => {
    const before = Array.from({ length: 3000 }, (_, i) => `old ${i}`);
    const after = Array.from({ length: 3000 }, (_, i) => `new ${i}`);
    const file = patchOf(before, after)!.files[0]!;
    assert.equal(file.hunks.length, 1);
    assert.deepEqual(applyFile(before, file, 'forward')?.lines, after);
  });
});

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { asPgoff } from '../../parsers/base/units.js';
import { Inode } from '../world/state.js';
import { PageWaits } from './pageWaits.js';

const PAGES = 70;
const files = [0, 1].map((index) => new Inode(index, index, -1, 0));

const anyAdd = fc.record({
  file: fc.nat(1),
  first: fc.nat(PAGES),
  length: fc.integer({ min: 1, max: PAGES }),
});
const anyTake = fc.record({ file: fc.nat(1), page: fc.nat(2 * PAGES) });

describe('what waits for pages', () => {
  it('is taken out by any of them, as from a list, and no other is', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(anyAdd, anyTake), { maxLength: 60 }), (steps) => {
        const waits = new PageWaits<number>();
        let plain: { file: number; first: number; end: number; item: number }[] = [];
        for (const [item, step] of steps.entries()) {
          const inode = files[step.file]!;
          if ('page' in step) {
            const { file, page } = step;
            const isIn = (each: (typeof plain)[number]): boolean =>
              each.file === file && each.first <= page && page < each.end;
            assert.deepEqual(
              waits.take(inode, asPgoff(page)),
              plain.filter(isIn).map((each) => each.item),
            );
            plain = plain.filter((each) => !isIn(each));
          } else {
            const { file, first, length } = step;
            // The longest ones have no end.
            const end = length === PAGES ? Infinity : first + length;
            waits.add(inode, asPgoff(first), asPgoff(end), item);
            plain.push({ file, first, end, item });
          }
          assert.equal(waits.size, plain.length);
        }
        assert.deepEqual(
          waits.all,
          plain.map((each) => each.item),
        );
      }),
    );
  });

  it('costs a page that nothing waits for nothing, however much waits for others', () => {
    const waits = new PageWaits<number>();
    const many = 20_000;
    const started = process.cpuUsage();
    for (let i = 0; i < many; i++) waits.add(files[0]!, asPgoff(4 * i), asPgoff(4 * i + 3), i);
    for (let i = 0; i < many; i++) waits.add(files[0]!, asPgoff(4 * many), asPgoff(4 * many + 3), many + i);
    let taken = 0;
    for (let i = 0; i < many; i++) taken += waits.take(files[0]!, asPgoff(4 * i + 3)).length;
    // Where each is compared with each it takes seconds.
    assert.ok(process.cpuUsage(started).user < 1_000_000);
    assert.equal(taken, 0);
    assert.equal(waits.take(files[0]!, asPgoff(4 * many)).length, many);
  });
});

/** Which memslot stands in the way of another. */
import assert from 'node:assert/strict';
import { asGfn, asPgoff } from '../../parsers/base/units.js';
import { holderOf, regionKey } from './regions.js';
import { Inode, type Region } from './state.js';
import { PAGE_SIZE } from '../../parsers/base/units.js';

const [A, B] = [new Inode(0, 70, -1, 0), new Inode(1, 71, -1, 0)];

/** A memslot of four pages of a file at a gfn, a user address and a page of its own. */
const region = (id: number, more: Partial<Region> = {}): Region => ({
  id,
  asId: 0,
  baseGfn: asGfn(0x1000 * id),
  npages: 4,
  ua: 0x7000_0000 + 0x10_0000 * id,
  isOfFile: true,
  fd: 8,
  pgoff: asPgoff(100 * id),
  inode: undefined,
  row: id,
  ...more,
});
const asked = region(1, { inode: A });
/** What stands in the way of `asked`, as the number of the memslot and what both want. */
const held = (...others: readonly Region[]): readonly unknown[] => {
  const found = holderOf(others, asked, PAGE_SIZE);
  return found ? [found.region.id, found.clash] : [];
};
const samePages = { pgoff: asked.pgoff };
const sameMemory = { ua: asked.ua };
const sameGfns = { baseGfn: asked.baseGfn };

describe('a memslot that was refused', () => {
  it('stood in no other’s way, where nothing is the same', () => {
    assert.deepEqual(held(), []);
    assert.deepEqual(held(region(2), region(3)), []);
    assert.deepEqual(held(region(1, samePages)), [], 'it changes itself');
    assert.notEqual(regionKey(region(1)), regionKey(region(1, { asId: 1 })));
    const keys = [0, 1, 2].flatMap((asId) => [0, 1, 2, 0x7fff].map((id) => regionKey(region(id, { asId }))));
    assert.equal(new Set(keys).size, keys.length);
    assert.ok(keys.every(Number.isInteger));
  });

  it('wanted pages of a file that another holds, by the file where it is known, else by its descriptor', () => {
    assert.deepEqual(held(region(2, { ...samePages, inode: A, fd: 9 })), [2, 'file']);
    assert.deepEqual(held(region(2, { ...samePages, inode: B })), []);
    assert.deepEqual(held(region(2, samePages)), [2, 'file']);
    assert.deepEqual(held(region(2, { ...samePages, fd: 9 })), []);
    assert.deepEqual(held(region(2, { ...samePages, isOfFile: false })), []);
    const unnamed = { pgoff: asPgoff(0), fd: -1, ua: -1 };
    assert.equal(
      holderOf([region(2, unnamed)], region(1, unnamed), PAGE_SIZE),
      undefined,
      'two descriptors not known',
    );
    const first = { pgoff: asPgoff(0), fd: 0 };
    assert.equal(
      holderOf([region(2, first)], region(1, first), PAGE_SIZE)?.clash,
      'file',
      'page 0 of descriptor 0',
    );
  });

  it('wanted the last page of another, or the first, and not the one beside', () => {
    const at = (pages: number): readonly unknown[] =>
      held(region(2, { inode: A, pgoff: asPgoff(asked.pgoff + pages) }));
    assert.deepEqual([at(-4), at(-3), at(3), at(4)], [[], [2, 'file'], [2, 'file'], []]);
  });

  it('wanted the same memory, where pages or files are not known', () => {
    const unplaced = { pgoff: asPgoff(-1) };
    assert.deepEqual(held(region(2, { ...sameMemory, ...unplaced })), [2, 'memory']);
    assert.deepEqual(held(region(2, { ...sameMemory, fd: -1 })), [2, 'memory']);
    assert.deepEqual(held(region(2, { ...sameMemory, fd: 9 })), [], 'two files may share memory');
    const known = region(1, { fd: 0 });
    assert.equal(
      holderOf([region(2, { ua: known.ua, fd: 0 })], known, PAGE_SIZE),
      undefined,
      'descriptor 0 is known',
    );
    const noFd = region(1, { fd: -1 });
    assert.equal(holderOf([region(2, { ua: noFd.ua })], noFd, PAGE_SIZE)?.clash, 'memory');
    assert.equal(holderOf([region(2, { ua: noFd.ua, fd: 0 })], noFd, PAGE_SIZE)?.clash, 'memory');
    assert.deepEqual(held(region(2, { ...sameMemory, inode: B, fd: -1 })), []);
    assert.deepEqual(held(region(2, { ...sameMemory, ...unplaced, isOfFile: false })), []);
    for (const ua of [0, -1]) assert.deepEqual(held(region(2, { ...unplaced, ua })), []);
    const next = asked.ua + 4 * 4096;
    assert.deepEqual(held(region(2, { ...unplaced, ua: next })), []);
    assert.deepEqual(held(region(2, { ...unplaced, ua: next - 4096 })), [2, 'memory']);
    const nowhere = holderOf([region(2, { ...unplaced, ua: 0 })], region(1, { ua: 0 }), PAGE_SIZE);
    assert.equal(nowhere, undefined, 'two addresses that are not known');
  });

  it('wanted guest frames that another has in the same address space', () => {
    assert.deepEqual(held(region(2, sameGfns)), [2, 'gfns']);
    assert.deepEqual(held(region(2, { ...sameGfns, asId: 1 })), []);
  });

  it('is told of pages of the file first, then of memory, then of frames, whatever comes first', () => {
    const gfns = region(2, sameGfns);
    const memory = region(3, { ...sameMemory, fd: -1 });
    const file = region(4, samePages);
    for (const others of [
      [gfns, memory, file],
      [file, memory, gfns],
      [memory, file, gfns],
    ])
      assert.deepEqual(held(...others), [4, 'file']);
    assert.deepEqual(held(gfns, memory), [3, 'memory']);
    assert.deepEqual(held(memory, gfns), [3, 'memory']);
    assert.deepEqual(held(gfns, region(5, sameGfns)), [5, 'gfns']);
    assert.deepEqual(held(memory, region(5, { ...sameMemory, fd: -1 })), [3, 'memory']);
  });
});

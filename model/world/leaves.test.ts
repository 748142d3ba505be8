import assert from 'node:assert/strict';
import { Random } from '../../test/fuzz/harness.js';
import { asGfn, asPfn, PAGES_PER_LEVEL } from '../../parsers/base/units.js';
import { Leaves } from './leaves.js';
import type { Install, SpteWaiter } from './spte.js';

let row = 0;
function leaf(gfn: number, level = 1, asId = 0): Install {
  return {
    gfn: asGfn(gfn),
    level,
    asId,
    pfn: asPfn(gfn + 0x1000),
    row: row++,
    side: -1,
    root: -1,
    vmSure: true,
  };
}

/** The rows of all records. */
function rowsOf(leaves: Leaves): readonly number[] {
  const rows: number[] = [];
  leaves.all((rec) => rows.push(rec.row));
  return rows;
}

describe('leaves', () => {
  it('keeps the records of one leaf in the order in which they came', () => {
    const leaves = new Leaves();
    const [a, b, c] = [leaf(5), leaf(5), leaf(5)].map((install) => leaves.add(install));
    leaves.remove(b!);
    assert.deepEqual(rowsOf(leaves), [a!.row, c!.row]);
    leaves.remove(a!);
    assert.equal(leaves.first(0, 1, asGfn(5))?.row, c!.row);
    leaves.remove(c!);
    assert.deepEqual([leaves.first(0, 1, asGfn(5)), leaves.count], [undefined, 0]);
  });

  it('keeps all that an install tells, and what is said of it later, also where records are used again', () => {
    const leaves = new Leaves();
    const install: Install = { ...leaf(7, 3, 1), pfn: asPfn(2 ** 33 + 5), side: 1, root: 0, vmSure: false };
    leaves.remove(leaves.add(leaf(7)));
    leaves.add(install);
    const rec = leaves.first(1, 3, asGfn(7))!;
    const { pfn, side, root, vmSure, doubtful } = rec;
    assert.deepEqual(
      [pfn, rec.row, side, root, vmSure, doubtful],
      [2 ** 33 + 5, install.row, 1, 0, false, false],
    );
    rec.root = 1;
    rec.doubtful = true;
    const again = leaves.first(1, 3, asGfn(7))!;
    assert.deepEqual([again.root, again.doubtful, again.side], [1, true, 1]);
    again.doubtful = false;
    assert.deepEqual([again.doubtful, again.root, again.side, again.vmSure], [false, 1, 1, false]);
    leaves.remove(again);
    const other = leaves.add(leaf(8));
    assert.deepEqual([other.root, other.doubtful], [-1, false]);
    leaves.doubtAll();
    assert.equal(other.doubtful, true);
  });

  it('tells those that wait for a record once what came of it, in the order in which they began to', () => {
    const leaves = new Leaves();
    const told: unknown[] = [];
    const waiter = (name: string): SpteWaiter => ({ settled: (...what) => told.push([name, ...what]) });
    const [a, b] = [waiter('a'), waiter('b')];
    const recs = Array.from({ length: 40 }, (_, i) => leaves.add(leaf(i)));
    for (const [i, rec] of recs.entries()) rec.await(i % 2 === 0 ? a : b, i);
    recs[4]!.await(b, 100);
    recs[4]!.await(a, 101);
    leaves.first(0, 1, asGfn(4))!.settle(true, 7);
    recs[4]!.settle(true, 8);
    recs[39]!.settle(false, 9);
    assert.deepEqual(told.splice(0), [
      ['a', 4, true, 7],
      ['b', 100, true, 7],
      ['a', 101, true, 7],
      ['b', 39, false, 9],
    ]);
    // With a record goes what waits for it: the next one in its place has none.
    leaves.remove(recs[5]!);
    leaves.add(leaf(50)).settle(true, 10);
    recs[6]!.await(b, 102);
    recs[6]!.settle(true, 11);
    leaves.clear();
    leaves.add(leaf(7)).settle(true, 12);
    assert.deepEqual(told, [
      ['a', 6, true, 11],
      ['b', 102, true, 11],
    ]);
  });

  it('tells levels and address spaces apart', () => {
    const leaves = new Leaves();
    const recs = [leaf(512), leaf(512, 2), leaf(512, 1, 1)];
    for (const rec of recs) leaves.add(rec);
    const first = (asId: number, level: number): number | undefined =>
      leaves.first(asId, level, asGfn(512))?.row;
    assert.deepEqual(
      [first(0, 1), first(0, 2), first(1, 1), first(1, 2)],
      [...recs.map((rec) => rec.row), undefined],
    );
  });

  it('keeps more records than there was room for, and uses the places of those that went again', () => {
    const leaves = new Leaves();
    const many = 300;
    const recs = Array.from({ length: many }, (_, i) => leaves.add({ ...leaf(i), side: i % 2, root: -1 }));
    const all = (): readonly string[] =>
      leaves.covering(asGfn(0), asGfn(many), []).map((r) => `${r.gfn} ${r.pfn} ${r.row} ${r.side}`);
    const texts = recs.map((r) => `${r.gfn} ${r.pfn} ${r.row} ${r.side}`);
    assert.deepEqual(all(), texts);
    for (const rec of recs.slice(0, 200)) leaves.remove(rec);
    assert.deepEqual([all(), leaves.count], [texts.slice(200), 100]);
    const capacity = leaves['rows'].length;
    for (const [i, rec] of recs.slice(0, 200).entries())
      leaves.add({ ...rec, side: rec.side, gfn: asGfn(i) } as Install);
    assert.deepEqual(all(), texts);
    assert.equal(leaves['rows'].length, capacity, 'in the same room');
    leaves.doubtAll();
    leaves.all((rec) => assert.equal(rec.doubtful, true));
  });

  it('says of every record of which level and address space it is', () => {
    const leaves = new Leaves();
    const places = [1, 2, 3].flatMap((level) => [0, 1].map((asId) => [level, asId] as const));
    for (const [level, asId] of places) leaves.add(leaf(1 << 18, level, asId));
    const seen: string[] = [];
    leaves.all((rec) => seen.push(`${rec.asId} ${rec.level} ${rec.gfn}`));
    assert.deepEqual(seen.sort(), places.map(([level, asId]) => `${asId} ${level} ${1 << 18}`).sort());
    for (const level of [1, 2, 3]) leaves.remove(leaves.first(0, level, asGfn(1 << 18))!);
    assert.deepEqual(
      leaves.covering(asGfn(1 << 18), asGfn((1 << 18) + 1), []).map((r) => `${r.asId} ${r.level}`),
      ['1 1', '1 2', '1 3'],
    );
  });

  it('keeps a leaf that was installed more often than a VM has roots, in doubt, whatever is zapped', () => {
    const leaves = new Leaves();
    const times = 100;
    for (let i = 0; i < times; i++) leaves.add(leaf(9));
    assert.ok(leaves.count < times, `${leaves.count} records`);
    for (let i = 0; i < times; i++) leaves.remove(leaves.first(0, 1, asGfn(9))!);
    const left = leaves.first(0, 1, asGfn(9))!;
    assert.deepEqual([left.doubtful, left.next, leaves.count], [true, undefined, 1]);
    // The next install stands beside it.
    leaves.add(leaf(9));
    assert.equal(left.next?.doubtful, false);
  });

  it('finds what covers a range, whether the range or the VM is the larger', () => {
    const leaves = new Leaves();
    const huge = leaf(512, 2);
    const all = [leaf(511), leaf(512), leaf(600), leaf(1024), huge];
    for (const rec of all) leaves.add(rec);
    const gfns = (first: number, end: number): string[] =>
      leaves.covering(asGfn(first), asGfn(end), []).map((r) => `${r.level}:${r.gfn}`);
    assert.deepEqual(gfns(600, 601), ['1:600', '2:512']);
    assert.deepEqual(gfns(512, 1024), ['1:512', '1:600', '2:512']);
    assert.deepEqual(gfns(0, 2 ** 40), ['1:511', '1:512', '1:600', '1:1024', '2:512']);
    assert.deepEqual(gfns(700, 700), []);
    leaves.clear();
    assert.deepEqual(gfns(0, 2 ** 40), []);
  });

  it('finds the first leaf that maps a frame as one goes through all of a range', () => {
    const random = new Random(20261201);
    let found = 0;
    for (let i = 0; i < 300; i++) {
      const leaves = new Leaves();
      for (let k = 0; k < 12; k++) {
        const level = 1 + random.below(2);
        const gfn = level === 1 ? random.below(20) : 512 * random.below(2);
        leaves.add({ ...leaf(gfn, level, random.below(2)), pfn: asPfn(random.below(30)) });
      }
      const [first, pfn, count] = [random.below(20), asPfn(random.below(30)), 1 + random.below(3)];
      const [from, end] = [asGfn(first), asGfn(first + 1 + random.below(2) * random.below(4))];
      const before = row - random.below(14);
      const one = leaves
        .covering(from, end, [])
        .find((r) => r.row < before && r.pfn < pfn + count && pfn < r.pfn + PAGES_PER_LEVEL[r.level]!);
      const told = leaves.mapping(from, end, pfn, count, before);
      assert.deepEqual([told?.row, told?.gfn, told?.level], [one?.row, one?.gfn, one?.level]);
      if (one) found++;
    }
    assert.ok(found > 50 && found < 250, `${found} of 300`);
  });
});

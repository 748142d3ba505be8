import assert from 'node:assert/strict';
import fc from 'fast-check';
import { AtomBuilder } from './atoms.js';
import { BandSweep } from './bands.js';
import { BitSet } from './bits.js';

const ATOMS = 40;
const END = 1000;

describe('timeline bits', () => {
  it('finds neighbours like a plain set does', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.boolean(), fc.nat(4999)), { maxLength: 200 }),
        fc.array(fc.nat(4999), { maxLength: 20 }),
        (changes, asked) => {
          const bits = new BitSet(5000);
          const plain = new Set<number>();
          for (const [add, i] of changes) {
            if (add) {
              bits.set(i);
              plain.add(i);
            } else {
              bits.clear(i);
              plain.delete(i);
            }
          }
          for (const i of asked) {
            const sorted = [...plain].sort((a, b) => a - b);
            assert.equal(bits.next(i), sorted.find((x) => x >= i) ?? -1);
            assert.equal(bits.previous(i), sorted.filter((x) => x <= i).pop() ?? -1);
          }
        },
      ),
    );
  });
});

describe('timeline atoms', () => {
  it('numbers boundaries of each space in page order', () => {
    const builder = new AtomBuilder(2);
    builder.add(0, 0x100, 4);
    builder.add(1, 7, 1);
    builder.add(0, 0x102, 2 ** 20);
    builder.add(0, 2 ** 33, 1);
    const atoms = builder.finish();
    assert.deepEqual([...atoms.start], [0x100, 0x102, 0x104, 0x102 + 2 ** 20, 2 ** 33, 2 ** 33 + 1, 7, 8]);
    assert.deepEqual([...atoms.spaceStart], [0, 6, 8]);
    assert.equal(atoms.at(0, 0x104), 2);
    assert.equal(atoms.at(0, 0x103), 2);
    assert.equal(atoms.at(0, 0x105), 3);
    assert.equal(atoms.at(0, 2 ** 30), 4);
    assert.equal(atoms.holding(0, 0x103), 1);
    assert.equal(atoms.holding(0, 0x10), -1);
    assert.equal(atoms.spaceOf(6), 1);
  });

  it('stays bounded when boundaries scatter over more chunks than the limit', () => {
    const builder = new AtomBuilder(1);
    for (let i = 0; i < 40000; i++) builder.add(0, i * 2 ** 20 + 5, 1);
    const atoms = builder.finish();
    assert.ok(atoms.length > 40000 && atoms.length < 80001, `${atoms.length} atoms`);
    assert.equal(atoms.at(0, 39999 * 2 ** 20 + 5), atoms.at(0, 39999 * 2 ** 20));
  });
});

type Step = {
  readonly what: 'assign' | 'carve' | 'add' | 'remove' | 'clear';
  readonly a: number;
  readonly n: number;
  readonly value: number;
};
const step = fc.record<Step>({
  what: fc.constantFrom('assign', 'carve', 'add', 'remove', 'clear'),
  a: fc.nat(ATOMS - 1),
  n: fc.integer({ min: 1, max: 12 }),
  value: fc.integer({ min: 1, max: 3 }),
});

/** What holds for every atom after every row, kept the slow way. */
function plainly(steps: readonly Step[]): number[][] {
  const now = new Array<number>(ATOMS).fill(0);
  return steps.map(({ what, a, n, value }) => {
    for (let i = 0; i < ATOMS; i++) {
      if (what === 'clear') now[i] = 0;
      else if (i < a || i >= a + n) continue;
      else if (what === 'assign') now[i] = value;
      else if (what === 'carve') now[i] = 0;
      else now[i] = Math.max(0, now[i]! + (what === 'add' ? 1 : -1));
    }
    return [...now];
  });
}

describe('timeline bands', () => {
  it('are rectangles that never overlap and say what a page by page account says', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const sweep = new BandSweep(ATOMS);
        steps.forEach(({ what, a, n, value }, row) => {
          const until = Math.min(ATOMS, a + n);
          if (what === 'assign') sweep.assign(a, until, value, row);
          else if (what === 'carve') sweep.carve(a, until, row);
          else if (what === 'clear') sweep.clearAll(row);
          else sweep.add(a, until, what === 'add' ? 1 : -1, row);
        });
        sweep.store.finish(END);
        const rows = plainly(steps.map((s) => ({ ...s, n: Math.min(s.n, ATOMS - s.a) })));
        const got = steps.map(() => new Array<number>(ATOMS).fill(0));
        for (const b of sweep.store.blocks) {
          for (let i = 0; i < b.length; i++) {
            assert.ok(b.a0[i]! < b.a1[i]! && b.from[i]! <= b.until[i]!);
            for (let row = b.from[i]!; row < Math.min(b.until[i]!, steps.length); row++) {
              for (let a = b.a0[i]!; a < b.a1[i]!; a++) {
                assert.equal(got[row]![a], 0, 'overlap');
                got[row]![a] = b.value[i]!;
              }
            }
          }
        }
        assert.deepEqual(got, rows);
      }),
    );
  });

  it('goes on when a range is given the value that it has', () => {
    const sweep = new BandSweep(8);
    sweep.assign(2, 6, 1, 10);
    sweep.assign(2, 6, 1, 20);
    assert.equal(sweep.store.length, 1);
    assert.equal(sweep.store.blocks[0]!.from[0], 10);
  });
});

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ABSENT, StepMap, type OverwriteSink } from './stepMap.js';

const SPAN = 400;

/** The ranges as text: `[2,5)=1 [5,9)=0`. */
function picture(map: StepMap): string {
  const parts: string[] = [];
  map.visit(-Infinity, Infinity, (first, end, value) => void parts.push(`[${first},${end})=${value}`));
  return parts.join(' ');
}

function plainPicture(plain: readonly number[]): string {
  const parts: string[] = [];
  for (let i = 0; i < plain.length; ) {
    let j = i + 1;
    while (j < plain.length && plain[j] === plain[i]) j++;
    if (plain[i] !== ABSENT) parts.push(`[${i},${j})=${plain[i]}`);
    i = j;
  }
  return parts.join(' ');
}

const assignment = fc.record({
  first: fc.nat(SPAN - 2),
  count: fc.integer({ min: 1, max: 40 }),
  value: fc.constantFrom(0, 1, 2, ABSENT),
});

describe('StepMap', () => {
  it('keeps ranges compressed and clears with ABSENT', () => {
    const map = new StepMap(0);
    map.assign(0, 2 ** 24, 1, undefined);
    assert.equal(picture(map), '[0,16777216)=1');
    map.assign(16, 48, 0, undefined);
    map.assign(32, 64, ABSENT, undefined);
    assert.equal(picture(map), '[0,16)=1 [16,32)=0 [64,16777216)=1');
    assert.equal(map.ranges, 3);
    assert.equal(map.get(15), 1);
    assert.equal(map.get(16), 0);
    assert.equal(map.get(40), ABSENT);
    map.assign(16, 64, 1, undefined);
    assert.equal(map.entries, 2);
    assert.equal(map.assign(3, 9, 1, undefined), false);
  });

  it('holds the same function as a plain array, whatever is assigned', () => {
    fc.assert(
      fc.property(fc.array(assignment, { maxLength: 300 }), (steps) => {
        const map = new StepMap(0);
        const plain = new Array<number>(SPAN + 40).fill(ABSENT);
        for (const { first, count, value } of steps) {
          const differs = plain.slice(first, first + count).some((v) => v !== value);
          assert.equal(map.assign(first, first + count, value, undefined), differs);
          plain.fill(value, first, first + count);
        }
        assert.equal(picture(map), plainPicture(plain));
        assert.equal(map.ranges, picture(map) === '' ? 0 : picture(map).split(' ').length);
        for (let k = 0; k < plain.length; k += 7) assert.equal(map.get(k), plain[k]);
      }),
    );
  });

  it('splits and joins chunks without losing an entry', () => {
    const map = new StepMap(0);
    for (let k = 4000; k > 0; k -= 2) map.assign(k, k + 1, k % 7, undefined);
    assert.equal(map.ranges, 2000);
    assert.equal(map.get(1234), 1234 % 7);
    const page: string[] = [];
    map.visitPage(10, 2, (first, end, value) => void page.push(`[${first},${end})=${value}`));
    assert.deepEqual(page, ['[22,23)=1', '[24,25)=3']);
    map.assign(100, 3900, ABSENT, undefined);
    assert.equal(map.ranges, 49 + 51);
    map.assign(-10, 10000, ABSENT, undefined);
    assert.equal(map.entries, 0);
  });

  it('tells what it overwrites, so that assigning it again undoes the change', () => {
    fc.assert(
      fc.property(fc.array(assignment, { maxLength: 60 }), assignment, (steps, last) => {
        const map = new StepMap(7);
        for (const { first, count, value } of steps) map.assign(first, first + count, value, undefined);
        const before = picture(map);
        const pieces: [number, number, number][] = [];
        const sink: OverwriteSink = {
          overwritten: (id, first, end, value) => {
            assert.equal(id, 7);
            pieces.push([first, end, value]);
          },
        };
        const changed = map.assign(last.first, last.first + last.count, last.value, sink);
        assert.equal(pieces.length > 0, changed);
        for (const [first, end, value] of pieces.reverse()) map.assign(first, end, value, undefined);
        assert.equal(picture(map), before);
      }),
    );
  });

  it('leaves a checkpoint as it was, whoever writes afterwards', () => {
    fc.assert(
      fc.property(
        fc.array(assignment, { minLength: 1, maxLength: 80 }),
        fc.array(assignment, { maxLength: 80 }),
        (a, b) => {
          const map = new StepMap(0);
          for (const { first, count, value } of a) map.assign(first, first + count, value, undefined);
          const frozen = map.freeze();
          const before = picture(map);
          const other = new StepMap(0);
          other.thaw(frozen);
          for (const { first, count, value } of b) map.assign(first, first + count, value, undefined);
          assert.equal(picture(other), before);
          for (const { first, count, value } of b) other.assign(first, first + count, value, undefined);
          assert.equal(picture(other), picture(map));
          map.thaw(frozen);
          assert.equal(picture(map), before);
          assert.equal(map.entries, frozen.entries);
        },
      ),
    );
  });
});

import assert from 'node:assert/strict';
import { Having } from './having.js';

describe('which of many have something', () => {
  const make = (index: number): { index: number; open: number } => ({ index, open: 1 });

  it('lists those that were added, in the order of their numbers', () => {
    const having = new Having<{ index: number; open: number }>(({ open }) => open > 0);
    const [first, second, third] = [make(0), make(1), make(2)];
    assert.deepEqual(having.list(), []);
    for (const item of [third!, first!, third!]) having.add(item);
    assert.deepEqual(having.list(), [first, third]);
    having.add(second!);
    assert.deepEqual(having.list(), [first, second, third]);
  });

  it('forgets one that has nothing any more, until it is added again', () => {
    const having = new Having<{ index: number; open: number }>(({ open }) => open > 0);
    const [first, second] = [make(0), make(1)];
    having.add(first!);
    having.add(second!);
    first!.open = 0;
    assert.deepEqual(having.list(), [second]);
    first!.open = 1;
    assert.deepEqual(having.list(), [second]);
    having.add(first!);
    assert.deepEqual(having.list(), [first, second]);
  });
});

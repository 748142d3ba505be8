import assert from 'node:assert/strict';
import fc from 'fast-check';
import { RunHeap } from './heap.js';
import { earliest, type Run } from './merge.js';

/** A run over times; it knows its name. */
class Times implements Run {
  private i = 0;
  constructor(
    readonly name: number,
    private readonly times: readonly number[],
  ) {}
  get ts(): number {
    return this.times[this.i] ?? Infinity;
  }
  advance(): boolean {
    return ++this.i < this.times.length;
  }
}

function byHeap(lists: readonly (readonly number[])[]): string[] {
  const heap = new RunHeap(lists.map((times, name) => new Times(name, times)));
  const out: string[] = [];
  for (let run = heap.top; run; run = heap.top) {
    let more = true;
    do {
      out.push(`${run.name} ${run.ts}`);
      more = run.advance();
    } while (more && heap.topStays);
    if (more) heap.settle();
    else heap.drop();
  }
  return out;
}

function byLooking(lists: readonly (readonly number[])[]): string[] {
  const live = lists.map((times, name) => new Times(name, times));
  const out: string[] = [];
  while (live.length > 0) {
    const i = earliest(live);
    out.push(`${live[i]!.name} ${live[i]!.ts}`);
    if (!live[i]!.advance()) live.splice(i, 1);
  }
  return out;
}

describe('a heap of runs', () => {
  it('gives their events as looking at all of them would, times that go back included', () => {
    const lists = fc.array(fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 8 }), {
      maxLength: 12,
    });
    fc.assert(fc.property(lists, (all) => assert.deepEqual(byHeap(all), byLooking(all))));
  });
});

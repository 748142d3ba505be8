import assert from 'node:assert/strict';
import fc from 'fast-check';
import { earliest, runnerUp, type Run } from './merge.js';

class ListRun implements Run {
  private at = 0;
  constructor(
    private readonly times: readonly number[],
    readonly index: number,
  ) {}
  get ts(): number {
    return this.times[this.at]!;
  }
  get sequence(): number {
    return this.at;
  }
  advance(): boolean {
    return ++this.at < this.times.length;
  }
}

/** Merges as a reader does: a run goes on up to the time of the next one. */
function merge(lists: readonly (readonly number[])[]): [number, number, number][] {
  const out: [number, number, number][] = [];
  const live = lists.map((times, i) => new ListRun(times, i)).filter((_, i) => lists[i]!.length > 0);
  while (live.length > 0) {
    const chosen = earliest(live);
    const run = live[chosen]!;
    const next = runnerUp(live, chosen);
    const until = next < 0 ? Infinity : live[next]!.ts;
    let more = true;
    do {
      out.push([run.ts, run.index, run.sequence]);
      more = run.advance();
    } while (more && (run.ts < until || (run.ts === until && chosen < next)));
    if (!more) live.splice(chosen, 1);
  }
  return out;
}

describe('merge', () => {
  it('is the stable sort by time, run and sequence of runs in order', () => {
    const run = fc.array(fc.nat(20)).map((times) => times.sort((a, b) => a - b));
    fc.assert(
      fc.property(fc.array(run, { maxLength: 6 }), (lists) => {
        const wanted = lists.flatMap((times, i) =>
          times.map((ts, k): [number, number, number] => [ts, i, k]),
        );
        wanted.sort((a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2]);
        assert.deepEqual(merge(lists), wanted);
      }),
    );
  });

  it('keeps the order of a run whose clock jumps back, and loses nothing', () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.nat(20)), { maxLength: 4 }), (lists) => {
        const merged = merge(lists);
        for (const [i, times] of lists.entries()) {
          const ofRun = merged.filter((e) => e[1] === i).map((e) => e[0]);
          assert.deepEqual(ofRun, times);
        }
      }),
    );
  });

  it('knows when there is nothing', () => assert.equal(earliest([]), -1));
});

/**
 * Runs in the order of {@link earliest}, for any number of them: the top comes first, and going on costs the
 * logarithm of how many there are.
 */
import type { Run } from './merge.js';

export class RunHeap<R extends Run> {
  /** Places of the list that it was made of: of equal times the earlier place comes first. */
  private readonly ranks: number[];
  private readonly runs: R[];

  constructor(runs: readonly R[]) {
    this.runs = [...runs];
    this.ranks = runs.map((_, i) => i);
    for (let i = (runs.length >>> 1) - 1; i >= 0; i--) this.sink(i);
  }

  /** The run whose current event comes first; undefined where none is left. */
  get top(): R | undefined {
    return this.runs[0];
  }

  /** True when the top, which has gone on, still comes first. */
  get topStays(): boolean {
    const { runs } = this;
    return (runs.length < 2 || this.isBefore(0, 1)) && (runs.length < 3 || this.isBefore(0, 2));
  }

  /** Finds the top's place after it has gone on. */
  settle(): void {
    this.sink(0);
  }

  /** Takes out the top, which has ended. */
  drop(): void {
    const run = this.runs.pop();
    const rank = this.ranks.pop();
    if (this.runs.length === 0) return;
    this.runs[0] = run!;
    this.ranks[0] = rank!;
    this.sink(0);
  }

  private isBefore(a: number, b: number): boolean {
    const [one, other] = [this.runs[a]!.ts, this.runs[b]!.ts];
    return one < other || (one === other && this.ranks[a]! < this.ranks[b]!);
  }

  private sink(from: number): void {
    const { runs, ranks } = this;
    for (let i = from; ; ) {
      let first = i;
      const child = 2 * i + 1;
      if (child < runs.length && this.isBefore(child, first)) first = child;
      if (child + 1 < runs.length && this.isBefore(child + 1, first)) first = child + 1;
      if (first === i) return;
      const [run, rank] = [runs[i]!, ranks[i]!];
      runs[i] = runs[first]!;
      ranks[i] = ranks[first]!;
      runs[first] = run;
      ranks[first] = rank;
      i = first;
    }
  }
}

/**
 * What a rule sees near the end of a trace that grows, and judges by whether events are missing: more of the
 * trace may show that some are. Judged at once, each such loss would have all of the trace judged anew.
 */
import type { Survey } from '../world/survey.js';

/** Seen in the order of their rows; taken in that order, when it is settled what is missing up to them. */
export class Late<Seen extends { readonly row: number }> {
  private waiting: Seen[] = [];

  constructor(
    private readonly survey: Survey,
    private readonly take: (seen: Seen) => void,
  ) {}

  /** What is not taken yet: the trace's end is told with it. */
  get all(): readonly Seen[] {
    return this.waiting;
  }

  /** True where what is seen at a row can be taken at once; else it is to {@link wait}. */
  isDue(row: number): boolean {
    const { survey, waiting } = this;
    const [first] = waiting;
    if (first && survey.isSettled(first.row)) {
      const still = waiting.findIndex((seen) => !survey.isSettled(seen.row));
      const due = still < 0 ? waiting : waiting.slice(0, still);
      this.waiting = still < 0 ? [] : waiting.slice(still);
      for (const seen of due) this.take(seen);
    }
    return this.waiting.length === 0 && survey.isSettled(row);
  }

  wait(seen: Seen): void {
    this.waiting.push(seen);
  }
}

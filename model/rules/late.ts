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

  /** Takes it in where that can be at once, and else when it can. */
  see(seen: Seen): void {
    if (this.isDue(seen.row)) this.take(seen);
    else this.waiting.push(seen);
  }

  /** Takes what can be taken by now; true where what is seen at a row can be, too. */
  isDue(row: number): boolean {
    const { survey, waiting } = this;
    let due = 0;
    while (due < waiting.length && survey.isSettled(waiting[due]!.row)) this.take(waiting[due++]!);
    if (due > 0) this.waiting = waiting.slice(due);
    return this.waiting.length === 0 && survey.isSettled(row);
  }
}

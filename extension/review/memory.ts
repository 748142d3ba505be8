/** What is remembered of a series, by what it is known again by: its change-id, else its message-id. */
import type { App } from '../app.js';

/** Series of which a thing is remembered; the oldest goes first. */
const SERIES_KEPT = 50;

/** One kind of thing, under a name of its own in the workspace's memory. */
export class SeriesMemory<T> {
  constructor(private readonly name: string) {}

  of({ context }: App, series: string): T | undefined {
    return context.workspaceState.get<Readonly<Record<string, T>>>(this.name, {})[series];
  }

  async remember({ context }: App, series: string, thing: T): Promise<void> {
    const { [series]: _, ...others } = context.workspaceState.get<Readonly<Record<string, T>>>(this.name, {});
    const all = [...Object.entries(others), [series, thing] as const].slice(-SERIES_KEPT);
    await context.workspaceState.update(this.name, Object.fromEntries(all));
  }
}

/** Claims of a series, as they were written. */
export const CLAIMS = new SeriesMemory<readonly string[]>('shimtrace.review.claims');

/** What is remembered of a series, by its change-id, else its message-id or title. */
import type { App } from '../app.js';

/** Series of which a thing is remembered; the oldest goes first. */
const SERIES_KEPT = 50;

/** One kind of thing, under a name of its own in the workspace's memory. */
export class SeriesMemory<T> {
  constructor(private readonly name: string) {}

  of(app: App, series: string): T | undefined {
    return this.all(app).get(series);
  }

  async remember(app: App, series: string, thing: T): Promise<void> {
    const all = this.all(app);
    all.delete(series);
    all.set(series, thing);
    const kept = Object.fromEntries([...all].slice(-SERIES_KEPT));
    await app.context.workspaceState.update(this.name, kept);
  }

  /** A map: a series may be called as what every object has, such as `constructor`. */
  private all({ context }: App): Map<string, T> {
    return new Map(Object.entries(context.workspaceState.get<Readonly<Record<string, T>>>(this.name, {})));
  }
}

/** Claims of a series, as they were written. */
export const CLAIMS = new SeriesMemory<readonly string[]>('shimtrace.review.claims');

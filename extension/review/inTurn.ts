/** A job that looks at how things are when it begins: never twice at the same time. */
export class InTurn<T> {
  private running: Promise<T> | undefined;
  private waiting: Promise<T> | undefined;

  constructor(private readonly job: () => Promise<T>) {}

  /** What a job says that begins now or later: one that began earlier may have looked at what is over. */
  run(): Promise<T> {
    if (this.waiting) return this.waiting;
    if (!this.running) return this.begin();
    this.waiting = this.running
      .then(
        () => undefined,
        () => undefined,
      )
      .then(() => {
        this.waiting = undefined;
        return this.begin();
      });
    return this.waiting;
  }

  private begin(): Promise<T> {
    const job = this.job().finally(() => {
      this.running = undefined;
    });
    this.running = job;
    return job;
  }
}

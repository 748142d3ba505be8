/** Answers that take a while: one after another, and in turns with every other question. */

/** Nobody notices that an answer is this much later. */
const TURN_MS = 2;

export class Turns {
  private last: Promise<unknown> | undefined;

  constructor(
    private readonly now: () => number,
    private readonly behind: (next: () => void) => void = (next) => void setTimeout(next, 0),
  ) {}

  /** Makes an answer: at once where it takes no more than a turn, and no other one is being made. */
  answer<T>(make: () => Generator<undefined, T>): T | Promise<T> {
    if (this.last) return this.inTurn(this.last.then(() => this.goOn(make())));
    const steps = make();
    const made = this.turn(steps);
    return made.done === true ? made.value : this.inTurn(this.later(steps));
  }

  /** As many steps as there is time for. */
  private turn<T>(steps: Generator<undefined, T>): IteratorResult<undefined, T> {
    const start = this.now();
    let made = steps.next();
    while (made.done !== true && this.now() - start < TURN_MS) made = steps.next();
    return made;
  }

  private goOn<T>(steps: Generator<undefined, T>): T | Promise<T> {
    const made = this.turn(steps);
    return made.done === true ? made.value : this.later(steps);
  }

  /** Behind what waits for the thread. */
  private later<T>(steps: Generator<undefined, T>): Promise<T> {
    return new Promise((tell, fail) => {
      this.behind(() => {
        try {
          tell(this.goOn(steps));
        } catch (error) {
          fail(error as Error);
        }
      });
    });
  }

  /** What fails has been made, too: it does not keep the next one waiting. */
  private inTurn<T>(made: Promise<T>): Promise<T> {
    const over = made.then(
      () => undefined,
      () => undefined,
    );
    this.last = over;
    void over.then(() => {
      if (this.last === over) this.last = undefined;
    });
    return made;
  }
}

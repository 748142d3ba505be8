/** Work that is done in steps, between which somebody else may have the thread: all of it at once. */
export function allSteps<T>(steps: Generator<undefined, T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

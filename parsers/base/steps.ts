/** Work that is done in steps, between which somebody else may have the thread: all of it at once. */
export function allSteps<T>(steps: Generator<undefined, T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/** Rows, operations or numbers of a step less one; it takes about a millisecond. */
const STEP_MASK = 0x1fff;

/** True for the last one of a step, by its place among all that are looked at. */
export function endsStep(i: number): boolean {
  return (i & STEP_MASK) === STEP_MASK;
}

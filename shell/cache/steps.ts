/** Work that is done in steps, between which its thread answers whoever asks. */

/** Does a step at a time, each behind what waits for the thread; `isOver` ends it early. */
export function inSteps<T>(
  steps: Generator<undefined, T>,
  later: (next: () => void) => void,
  isOver: () => boolean,
  end: (result: T) => void,
): void {
  const step = (): void => {
    if (isOver()) {
      // Whatever it has begun, it ends by itself.
      steps.return(undefined as never);
      return;
    }
    const { done, value } = steps.next();
    if (done) end(value);
    else later(step);
  };
  later(step);
}

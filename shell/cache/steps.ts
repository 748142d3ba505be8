/** Work that is done in steps, between which its thread answers whoever asks. */

/** Nobody notices that an answer is this much later. */
const TURN_MS = 1;

/** Does as many steps as there is time for, and then what waits for the thread; `isOver` ends it early. */
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
    const start = performance.now();
    let next = steps.next();
    while (next.done !== true && performance.now() - start < TURN_MS) next = steps.next();
    if (next.done === true) end(next.value);
    else later(step);
  };
  later(step);
}

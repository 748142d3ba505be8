/**
 * A broken invariant: a bug of ours, never a property of the input. Caught at the worker and CLI boundary.
 */
export class AssertionError extends Error {
  override readonly name = 'AssertionError';
}

/**
 * Throws {@link AssertionError} when `condition` is false. For programmer errors only; content is reported as
 * issues.
 */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}

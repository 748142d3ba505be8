/** A thread of which nothing is heard for so long has ended, or will not go on. */
export const PATIENCE_MS = 10_000;

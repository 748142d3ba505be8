/** Put behind a title where no two CPUs are to be ordered. */
export const UNORDERED = ', in no order';

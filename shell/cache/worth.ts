/** A smaller trace is read in the time that an entry takes. */
export const LEAST_BYTES = 4 << 20;

/** How a conversion ended and which way it went, as one number in bands and tiles. */

/** Outcome of a conversion as drawn. */
export const Outcome = { Done: 1, Failed: 2, Unfinished: 3, Unknown: 4 } as const;
/** A value is the Outcome, and a bit for the way to private. */
const OUTCOME_MASK = 7;
const TO_PRIVATE = 8;

/** The value of a conversion. */
export function conversionValue(outcome: number, toPrivate: boolean): number {
  return outcome | (toPrivate ? TO_PRIVATE : 0);
}

/** Outcome in the value of a conversion. */
export function outcomeIn(value: number): number {
  return value & OUTCOME_MASK;
}

/** True for the value of a conversion that failed or is stuck. */
export function isUnconverted(value: number): boolean {
  const outcome = outcomeIn(value);
  return outcome === Outcome.Failed || outcome === Outcome.Unfinished;
}

/** True for the value of a conversion to private. */
export function isToPrivate(value: number): boolean {
  return (value & TO_PRIVATE) !== 0;
}

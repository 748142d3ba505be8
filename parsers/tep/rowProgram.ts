/** An event's plan as kernels of rows have it in their memory: see kernel/payload.ts. */
import { isUnderstood } from '../events/understood.js';
import type { SlotPlan } from './plan.js';

/** The greatest id of a name that such a kernel knows. */
export const ROW_ID_MAX = 0xffff;
const WORD_BYTES = 4;
/** Of a plan's step. */
const STEP_WORDS = 4;
/** Words of a check that fetches did not fail, and how many an event has at most. */
const CHECK_WORDS = 3;
const CHECKS_MAX = 6;

/** Of a probe: where its records have their address, -1 for none, the address's size, and its two words. */
export type RowAddress = readonly [offset: number, size: number, low: number, high: number];

/** Bytes behind the head of a program with so many steps at most. */
export function rowProgramBytes(steps: number): number {
  return WORD_BYTES * (STEP_WORDS * steps + CHECK_WORDS * CHECKS_MAX);
}

/** The words of a program, whose steps begin at `behind`. */
export function rowProgram(
  { kind, words, steps, guard }: Pick<SlotPlan, 'kind' | 'words' | 'steps' | 'guard'>,
  name: number,
  address: RowAddress,
  behind: number,
): number[] {
  let mask = 0;
  for (let i = 0; i < steps.length; i += STEP_WORDS) mask |= 1 << steps[i]!;
  const head = [kind, name, words, mask, Number(!isUnderstood(kind, mask)), ...address];
  const counts = [steps.length / STEP_WORDS, guard.length / CHECK_WORDS];
  return [...head, behind, ...counts, ...bySlots(steps), ...guard];
}

/** The same steps by ascending slots, as packed payloads have them. */
function bySlots(steps: Int32Array): readonly number[] {
  const all = Array.from({ length: steps.length / STEP_WORDS }, (_, i) =>
    steps.subarray(STEP_WORDS * i, STEP_WORDS * (i + 1)),
  );
  return all.sort((a, b) => a[0]! - b[0]!).flatMap((step) => [...step]);
}

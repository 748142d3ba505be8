/** Whether an event says what can be judged, by the slots of its payload that were read. */
import { readsPage } from './failedFetch.js';
import { KIND_COUNT, kindId, kindSlots } from './kinds.js';
import { FAILED_SHIFT } from './slots.js';
import { VOCABULARY } from './vocabulary.js';

/** By kind: masks of slots, of each of which one must have been read. */
const GROUPS: readonly number[][] = Array.from({ length: KIND_COUNT }, () => []);
/**
 * By kind: 1 where a fetch that failed says enough, since the page behind it is then none of a guest_memfd.
 */
const FAILING_TELLS = Uint8Array.from({ length: KIND_COUNT }, (_, kind) => (readsPage(kind) ? 1 : 0));

for (const { kind, needs = [] } of VOCABULARY) {
  const slots = kindSlots(kindId(kind));
  for (const need of needs) {
    const names = typeof need === 'string' ? [need] : need;
    GROUPS[kindId(kind)]!.push(names.reduce((mask, name) => mask | (1 << slots.indexOf(name)), 0));
  }
}

/** True for kinds that need some of their slots. */
export function needsSlots(kind: number): boolean {
  return GROUPS[kind]!.length > 0;
}

/** True when an event of a kind whose payload has this mask (see table.ts) says what its kind needs. */
export function isUnderstood(kind: number, mask: number): boolean {
  const groups = GROUPS[kind]!;
  const told = FAILING_TELLS[kind]! === 1 ? mask | (mask >>> FAILED_SHIFT) : mask;
  for (let i = 0; i < groups.length; i++) if ((told & groups[i]!) === 0) return false;
  return true;
}

/** Kinds and slot indexes by name, resolved once per module: a handler reads `ev.num(S.gfn)`, not a name. */
import { kindId, slotIndex } from '../../parsers/events/kinds.js';
import type { EventKind, SlotName } from '../../parsers/events/vocabulary.js';

/** Kind number by name. */
export const K = kindId;

/** Indexes of some slots of a kind, by name. */
export function slotsOf<const Kind extends EventKind, const Name extends SlotName<Kind>>(
  kind: Kind,
  ...names: Name[]
): { readonly [N in Name]: number } {
  return Object.fromEntries(names.map((name) => [name, slotIndex(kind, name)])) as Record<Name, number>;
}

/** Kinds and slot indexes by name, resolved once: handlers read `K.SpteChanged` and `S.SpteChanged.gfn`. */
import { kindId, kindSlots } from '../../parsers/events/kinds.js';
import { VOCABULARY } from '../../parsers/events/vocabulary.js';

type SlotTable = Record<string, number>;

function build(): { kinds: Record<string, number>; slots: Record<string, SlotTable> } {
  const kinds: Record<string, number> = {};
  const slots: Record<string, SlotTable> = {};
  for (const meaning of VOCABULARY) {
    const id = kindId(meaning.kind);
    kinds[meaning.kind] = id;
    const table: SlotTable = {};
    kindSlots(id).forEach((slot, i) => (table[slot] = i));
    slots[meaning.kind] = table;
  }
  return { kinds, slots };
}

const built = build();

/** Kind number by name; throws for a name that the vocabulary does not have. */
export function K(name: string): number {
  return kindId(name);
}

/** Slot indexes of a kind as a plain object; a slot that does not exist is a bug and throws. */
export function slotsOf<const N extends string>(kind: string, ...names: N[]): { readonly [P in N]: number } {
  const table = built.slots[kind];
  const out: Record<string, number> = {};
  for (const name of names) {
    const at = table?.[name];
    if (at === undefined) throw new Error(`${kind} has no slot ${name}`);
    out[name] = at;
  }
  return out as { readonly [P in N]: number };
}

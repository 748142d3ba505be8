/** Model event kinds as dense numbers, derived from the vocabulary: kind 0 is "nobody knows this event". */
import { assert } from '../base/assert.js';
import { FUNCTION, GRAPH_ENTRY, GRAPH_EXIT } from './functionCall.js';
import { VOCABULARY, type EventKind, type SlotName } from './vocabulary.js';

/** Slots of one kind at most: half a payload's mask has a bit for each. */
export const SLOTS_MAX = 16;

/** An event with no row in the vocabulary: kept, shown, counted. */
export const KIND_UNKNOWN = 0;

const names: string[] = ['Unknown'];
const ids = new Map<string, number>();
const slotNames: string[][] = [[]];

for (const meaning of VOCABULARY) {
  let id = ids.get(meaning.kind);
  if (id === undefined) {
    id = names.length;
    ids.set(meaning.kind, id);
    names.push(meaning.kind);
    slotNames.push([]);
  }
  const slots = slotNames[id]!;
  for (const slot of Object.keys(meaning.slots)) if (!slots.includes(slot)) slots.push(slot);
  assert(slots.length <= SLOTS_MAX, `${meaning.kind} has more than ${SLOTS_MAX} slots`);
  for (const slot of meaning.needs?.flat() ?? [])
    assert(slots.includes(slot), `${meaning.kind} needs ${slot}, which is none of its slots`);
}

/**
 * An event of a guest's own kernel, in a trace that was merged with its host's: kept and shown, but it says
 * nothing of the host's pages, whatever its name.
 */
export const KIND_GUEST = names.length;
names.push('GuestEvent');
slotNames.push([]);

/** Calls and returns by the function tracers: they say of functions that they ran, of pages nothing. */
export const KIND_FUNCTION_CALL = names.length;
names.push('FunctionCall');
slotNames.push([]);
export const KIND_FUNCTION_RETURN = names.length;
names.push('FunctionReturn');
slotNames.push([]);

const FUNCTION_KINDS: ReadonlyMap<string, number> = new Map([
  [FUNCTION, KIND_FUNCTION_CALL],
  [GRAPH_ENTRY, KIND_FUNCTION_CALL],
  [GRAPH_EXIT, KIND_FUNCTION_RETURN],
]);

/** The kind of an event of the function tracers, by its name without a system; unknown for any other. */
export function functionKind(name: string): number {
  return FUNCTION_KINDS.get(name) ?? KIND_UNKNOWN;
}

export const KIND_COUNT = names.length;
/** As many as the column of kinds has room for. */
const KINDS_MAX = 256;
assert(KIND_COUNT <= KINDS_MAX, `${KIND_COUNT} kinds of events`);

export function kindName(kind: number): string {
  return names[kind] ?? 'Unknown';
}

/** Number of a model event kind. */
export function kindId(name: EventKind): number {
  const id = ids.get(name);
  assert(id !== undefined, `no event kind ${name}`);
  return id;
}

/** Whether a word is the name of a model event kind. */
export function isEventKind(word: string | undefined): word is EventKind {
  return word !== undefined && ids.has(word);
}

/** Slot names of a kind, in slot order. */
export function kindSlots(kind: number): readonly string[] {
  return slotNames[kind]!;
}

/** Index of a slot within a kind. */
export function slotIndex<Kind extends EventKind>(kind: Kind, slot: SlotName<Kind>): number {
  const at = slotNames[kindId(kind)]!.indexOf(slot);
  assert(at >= 0, `${kind} has no slot ${slot}`);
  return at;
}

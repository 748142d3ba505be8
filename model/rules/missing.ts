/** What would have decided a check, as rules name it. */
import { kindId } from '../../parsers/events/kinds.js';
import { VOCABULARY, type EventKind } from '../../parsers/events/vocabulary.js';

/** Settings of a recording that leave rules undecided, in words that can be followed. */
type Setting =
  | 'a global trace_clock'
  | 'an empty set_event_pid'
  | 'options/context-info'
  | 'kretprobe:pin_user_pages with page0=+0(pages)'
  | "events of the hypervisor's own for MEM_SHARE and MEM_UNSHARE (CONFIG_NVHE_EL2_TRACING has only hyp_enter and hyp_exit)";

/**
 * What would have decided a check: event kinds, also with an argument that their probe must read, or
 * settings. A kind behind a question mark is missing only where the trace as a whole shows neither it nor
 * what stands behind it.
 */
export type Missing = EventKind | `${EventKind} ${string}` | Setting | Unshown;
type Unshown = `?${EventKind}` | '?InvRange|UnmapGfnRange';

const KINDS: ReadonlySet<string> = new Set(VOCABULARY.map(({ kind }) => kind));

export function isKind(what: Missing): what is EventKind {
  return KINDS.has(what);
}

/** What is missing, the number of the kind that it is, -1 where it is none, and those that show it. */
interface Lack {
  readonly name: Missing;
  readonly kind: number;
  readonly unless: readonly number[];
}
const lacks = new Map<Missing, Lack>();

export function unshown(what: Missing): Lack {
  let lack = lacks.get(what);
  if (!lack) {
    const kinds = what.startsWith('?') ? (what.slice(1).split('|') as EventKind[]) : [];
    const name = kinds[0] ?? what;
    lack = { name, kind: isKind(name) ? kindId(name) : -1, unless: kinds.map(kindId) };
    lacks.set(what, lack);
  }
  return lack;
}

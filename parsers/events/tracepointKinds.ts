/** Kinds of event that are tracepoints alone: what names them says whether they can have been recorded. */
import { VOCABULARY, type EventKind, type Meaning } from './vocabulary.js';

const probed = new Set(VOCABULARY.filter(isProbed).map(({ kind }) => kind));

/**
 * The tracepoints of each kind. Kinds that probes make are left out: a probe's name does not say where it
 * is.
 */
export const TRACEPOINT_KINDS: ReadonlyMap<EventKind, readonly string[]> = tracepointKinds();

function tracepointKinds(): ReadonlyMap<EventKind, readonly string[]> {
  const out = new Map<EventKind, readonly string[]>();
  for (const { kind, tracepoints = [] } of VOCABULARY)
    if (tracepoints.length > 0 && !probed.has(kind))
      out.set(kind, [...(out.get(kind) ?? []), ...tracepoints]);
  return out;
}

function isProbed({ entry = [], ret = [], probe }: Meaning): boolean {
  return entry.length > 0 || ret.length > 0 || probe !== undefined;
}

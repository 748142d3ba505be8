/**
 * What the formats in a trace.dat say of events that it has none of. trace-cmd stores the formats of what
 * it was told to record: of an event without one none can have been. That there is one does not prove
 * that the event was on the whole time, nor that no filter left it out.
 */
import type { UnseenKind } from '../events/table.js';
import { TRACEPOINT_KINDS } from '../events/tracepointKinds.js';
import type { EventKind } from '../events/vocabulary.js';
import type { StoredFormat } from './model.js';

const NAME = /^name: (\S+)/;
const WITHOUT = 'not recorded: the file has no format of it';
const WITH = 'the file has its format: it did not happen, it was not on, or a filter left it out';

export function unseenIn(formats: readonly StoredFormat[]): ReadonlyMap<EventKind, UnseenKind> {
  const stored = new Set(formats.map(({ system, text }) => `${system}:${NAME.exec(text)?.[1] ?? ''}`));
  return new Map(
    [...TRACEPOINT_KINDS].map(([kind, tracepoints]) => {
      const why = tracepoints.some((name) => stored.has(name)) ? WITH : WITHOUT;
      return [kind, { isRecorded: false, why }];
    }),
  );
}

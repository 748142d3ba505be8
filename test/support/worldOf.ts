/** A world that no event has been told to yet, for tests of how it names who and what an event is about. */
import assert from 'node:assert/strict';
import { Ev } from '../../model/world/event.js';
import { FactBus } from '../../model/world/facts.js';
import type { Thread } from '../../model/world/state.js';
import { World } from '../../model/world/world.js';
import { SEGMENT_ROWS } from '../../parsers/events/segment.js';
import { type Said, traceText } from './oneTrace.js';
import { bytesOf, readFtrace } from './tables.js';

/** Cross-CPU pairs closer than this are not ordered. */
export const SKEW_NS = 1000;

/** An event by a task that is its own thread group. */
export const by = (tid: number, event: string, more: Partial<Said> = {}): Said => ({
  event,
  tid,
  tgid: tid,
  ...more,
});

export interface NewWorld {
  readonly w: World;
  /** An event of the trace, and its thread. */
  at(row: number): [Ev, Thread];
}

/** A world before the first event of a trace, and the trace's events. */
export function worldOf(...events: readonly (string | Said)[]): NewWorld {
  const table = readFtrace(bytesOf(traceText(events)));
  assert.ok(table.length < SEGMENT_ROWS);
  const w = new World(table, SKEW_NS, new FactBus());
  return {
    w,
    at(row) {
      const ev = new Ev();
      ev.point(table.segments[0]!, 0, row);
      return [ev, w.thread(ev)];
    },
  };
}

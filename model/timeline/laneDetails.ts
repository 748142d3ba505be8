/** What a thread did near a time, for whoever points at its lane. */
import type { LaneReply } from './asks.js';
import { eventRef } from './details.js';
import type { Timeline } from './timeline.js';

const EVENTS_MAX = 12;

/** Events of a lane within `tolerance` of a time, in order. */
export function laneEvents(timeline: Timeline, lane: number, time: number, tolerance: number): LaneReply {
  const { axis, lanes } = timeline;
  const until = axis.rowAt(time + tolerance);
  const rows: number[] = [];
  let count = 0;
  for (let row = axis.rowAt(time - tolerance); row < until; row++) {
    if (lanes.laneOfRow(row) !== lane) continue;
    if (rows.length < EVENTS_MAX) rows.push(row);
    count++;
  }
  return { events: rows.map((row) => eventRef(timeline, row)), moreEvents: count - rows.length };
}

/** One door to a timeline: a question by name, its answer, and the buffers that may be moved with it. */
import type { AskName, FindReply, Place, TimelineAsk, TimelineAsks, TimelineResult } from './asks.js';
import { findingDetail, inspect, measure, tableLines } from './details.js';
import { find, locate } from './find.js';
import { laneEvents } from './laneDetails.js';
import { tileBuffers, type Tile } from './tiles.js';
import type { Timeline } from './timeline.js';

const NOWHERE: Omit<Place, 'row'> = { time: NaN, group: -1, groupRow: -1, lane: -1, line: 0, event: null };
const DROPPED: FindReply = { place: null, message: 'The rows have changed: try again' };

const ANSWERS: {
  readonly [K in AskName]: (
    timeline: Timeline,
    params: TimelineAsks[K]['params'],
  ) => TimelineAsks[K]['result'];
} = {
  meta: (timeline) => timeline.meta(),
  rows: (timeline, filter) => timeline.rows(filter),
  tile: (timeline, request) => timeline.tile(request) ?? null,
  inspect,
  lane: (timeline, { lane, time, tolerance }) => laneEvents(timeline, lane, time, tolerance),
  table: tableLines,
  measure: (timeline, { fromTime, untilTime }) => measure(timeline, fromTime, untilTime),
  find: (timeline, { text, rowSet, fromTime }) => {
    const set = timeline.rowSet(rowSet);
    return set ? find(timeline, set, text, fromTime) : DROPPED;
  },
  locate: (timeline, { row, rowSet }) => {
    const set = timeline.rowSet(rowSet);
    return set ? locate(timeline, set, row) : { ...NOWHERE, row };
  },
  finding: (timeline, { index }) => findingDetail(timeline, index),
};

export function answerTimeline(timeline: Timeline, ask: TimelineAsk): TimelineResult {
  const answer = ANSWERS[ask.ask] as (timeline: Timeline, params: TimelineAsk['params']) => TimelineResult;
  return answer(timeline, ask.params);
}

/** Buffers to transfer with an answer: only a tile's, which nobody else holds. */
export function transferOf(result: TimelineResult): ArrayBuffer[] {
  return result !== null && 'markCell' in result ? tileBuffers(result as Tile) : [];
}

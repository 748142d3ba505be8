/**
 * The first click on a page would run code that nothing has run yet. Behind a report, before anybody can have
 * seen it, some pages of the trace are asked for as a click would ask, one a step; nobody gets the answers.
 */
import { vendorOfTraceInSteps } from '../../parsers/told.js';
import type { LineOf } from '../protocol/place.js';
import { eventAtLine } from './eventView.js';
import { isAtHand, lineOfRow } from './place.js';
import { life } from './moves.js';
import type { Judged } from './judged.js';

/** By then engines have compiled what a click runs. */
const CLICKS = 40;
/** The same of what a hover runs besides. */
const HOVERS = 10;
/** Of a long life no more is told in a step: somebody may click meanwhile. */
const TOLD_A_CLICK = 500;

export function* warmUp(judged: Judged): Generator<undefined, void> {
  for (const at of somePages(judged, CLICKS)) {
    yield;
    // What is compressed is not read from its start for each of them.
    life(judged, at, isAtHand(judged), TOLD_A_CLICK);
  }
}

/** What hovers wait for: it takes longer, and comes behind what clicks wait for. */
export function* warmUpHovers(judged: Judged): Generator<undefined, void> {
  yield* vendorOfTraceInSteps(judged.trace);
  for (const at of somePages(judged, HOVERS)) {
    yield;
    eventAtLine(judged, at);
  }
}

/** Events with pages, from all over the trace. */
function* somePages(judged: Judged, count: number): Generator<LineOf> {
  const { ops } = judged.analysis;
  for (let k = 0; k < count && ops.length > 0; k++) {
    const row = ops.row(Math.floor(((k + 0.5) / count) * ops.length));
    if (row < judged.trace.table.length) yield lineOfRow(judged, row);
  }
}

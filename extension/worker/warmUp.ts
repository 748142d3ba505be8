/**
 * The first click on a page would run code that nothing has run yet. Behind a report, before anybody can have
 * seen it, some pages of the trace are asked for as a click would ask, one a step; nobody gets the answers.
 */
import { lineOfRow } from './place.js';
import { life } from './moves.js';
import type { Judged } from './judged.js';

/** By then engines have compiled what a click runs. */
const CLICKS = 40;

export function* warmUp(judged: Judged): Generator<undefined, void> {
  const { ops } = judged.analysis;
  for (let k = 0; k < CLICKS && ops.length > 0; k++) {
    yield;
    const row = ops.row(Math.floor(((k + 0.5) / CLICKS) * ops.length));
    if (row < judged.trace.table.length) life(judged, lineOfRow(judged, row));
  }
}

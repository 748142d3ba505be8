/** An event as a hover shows it: its decoded fields, and the state of its pages before and after it. */
import { KIND_GUEST, KIND_UNKNOWN } from '../../parsers/events/kinds.js';
import { frameText } from '../../parsers/events/frames.js';
import { wordLines } from '../../parsers/events/words/fieldWords.js';
import { tellEvent } from '../../parsers/told.js';
import { pagesTold } from '../../model/findings/title.js';
import type { PageRange } from '../../model/findings/finding.js';
import { describeState } from '../../model/pages/state.js';
import { pageOf, pagesOfRow, stateAtRow } from '../../model/pages/query.js';
import { watchIdOfRange } from '../debugger/watchId.js';
import type { LineOf } from '../protocol/place.js';
import type { EventDetails, PageChange } from '../protocol/shapes.js';
import { beginOfLine, lastLineOf, rowOfLine } from './moves.js';
import { placeOf } from './place.js';
import type { Judged } from './judged.js';

/** A hover shows no more ranges than this. */
const PAGES_SHOWN = 4;

/** The event whose line, or whose stack's line, this is; null when the line belongs to none. */
export function eventAtLine(judged: Judged, at: LineOf): EventDetails | null {
  const { table } = judged.trace;
  const line = beginOfLine(judged, at.line);
  const row = at.file === undefined && judged.files ? -1 : rowOfLine(judged, at);
  if (row < 0) return null;
  if (judged.files) return eventDetails(judged, row);
  if (table.line(row) !== line && !inStack(judged, row, line)) return null;
  return eventDetails(judged, row);
}

/** True when `line`, which is behind `row` and before the next event, lies in a stack or its heading. */
function inStack(judged: Judged, row: number, line: number): boolean {
  for (const stack of judged.trace.table.stacks) {
    if (stack.row !== row || stack.line === 0) continue;
    if (line <= lastLineOf(judged, stack)) return true;
  }
  return false;
}

export function eventDetails(judged: Judged, row: number): EventDetails {
  const { trace, analysis } = judged;
  const told = tellEvent(trace, row);
  const kind = trace.table.kind(row);
  return {
    place: placeOf(judged, row),
    name: told.name,
    fields: told.fields,
    text: told.text,
    words: wordLines(told.words),
    stacks: told.stacks.map(({ user, frames }) => ({ user, frames: frames.map(frameText) })),
    understood: kind !== KIND_UNKNOWN && kind !== KIND_GUEST,
    ofGuest: kind === KIND_GUEST,
    pages: pagesOfRow(analysis, trace.table, row)
      .slice(0, PAGES_SHOWN)
      .map((range) => pageChange(judged, range, row)),
  };
}

/** State of the range's first page before and after the event; the label names the whole range. */
function pageChange({ analysis }: Judged, range: PageRange, row: number): PageChange {
  const page = pageOf(range);
  const state = (at: number): string => (page ? describeState(stateAtRow(analysis, page, at)) : 'unknown');
  return {
    label: pagesTold(analysis, range, row),
    before: state(row - 1),
    after: state(row),
    dataId: watchIdOfRange(range),
  };
}

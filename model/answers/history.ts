/** The whole ownership of a page, and how a conversion differs from the last good one. */
import type { Conversion } from '../analysis.js';
import { phasesSeen } from '../shim/view_conversion.js';
import { pageHistory } from '../timeline/intervals.js';
import { PHASE_NAMES } from '../timeline/oplog.js';
import { describeDimension, describeState } from '../timeline/state.js';
import { conversionAt, conversionsOfPage, span, task, type Answer, type Asked, type Statement } from './answer.js';

const SHOWN = 500;

export function ownership(asked: Asked): Answer {
  const { intervals } = pageHistory(asked.analysis, asked.page);
  const statements = intervals.filter(({ fromRow }) => fromRow >= 0).slice(0, SHOWN).map(({ fromRow, state, changed }): Statement => ({
    text: `${changed.map((dimension) => describeDimension(state, dimension)).filter((text) => text !== '').join(', ') || describeState(state)} (${task(asked, fromRow)})`, rows: [fromRow],
  }));
  if (statements.length === 0) statements.push({ text: 'Nothing in this trace changes the page.', rows: [] });
  return { question: 'Who owned this page, from the beginning?', statements, missing: [] };
}

export function difference(asked: Asked): Answer {
  const question = 'What differs between this conversion and the last good one?';
  const here = conversionAt(asked);
  if (!here) return { question, statements: [{ text: 'No conversion of this page has begun.', rows: [] }], missing: [] };
  const good = lastGood(asked, here);
  if (!good) return { question, statements: [{ text: `No other conversion to ${here.toPrivate ? 'private' : 'shared'} ended well before it.`, rows: [here.fromRow] }], missing: [] };
  return { question, statements: [{ text: `Compared with the one that ended well ${span(asked, good.fromRow, here.fromRow)} before.`, rows: [good.fromRow, here.fromRow] }, ...phaseDifferences(asked, good, here)], missing: [] };
}

/** Of the same pages if there is one, else any in the same direction. */
function lastGood(asked: Asked, here: Conversion): Conversion | undefined {
  const isGood = (other: Conversion): boolean => other.toPrivate === here.toPrivate && other.result === 0 && other.fromRow < here.fromRow;
  return conversionsOfPage(asked).filter(isGood).at(-1) ?? asked.analysis.conversions.filter(isGood).at(-1);
}

function phaseDifferences(asked: Asked, good: Conversion, here: Conversion): Statement[] {
  const rowsOf = (conversion: Conversion): Map<number, number> => new Map(phasesSeen(conversion).map(({ phase, row }) => [phase, row]));
  const [before, now] = [rowsOf(good), rowsOf(here)];
  const statements: Statement[] = [];
  PHASE_NAMES.forEach((name, phase) => {
    const [a, b] = [before.get(phase), now.get(phase)];
    if (a !== undefined && b === undefined) statements.push({ text: `${name} is missing here.`, rows: [a] });
    else if (a === undefined && b !== undefined) statements.push({ text: `${name} is only here.`, rows: [b] });
    else if (a !== undefined && b !== undefined) statements.push({ text: `${name} after ${span(asked, here.fromRow, b)}, then after ${span(asked, good.fromRow, a)}.`, rows: [a, b] });
  });
  if (here.result !== good.result) statements.push({ text: `It ended with ${here.result ?? 'nothing known'}, the good one with 0.`, rows: here.untilRow < 0 ? [] : [here.untilRow] });
  return statements;
}

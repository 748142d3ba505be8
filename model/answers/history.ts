/** The whole ownership of a page, and how a conversion differs from the last good one. */
import type { Conversion } from '../analysis.js';
import { phasesSeen } from '../shim/view_conversion.js';
import { pageHistory } from '../timeline/intervals.js';
import { PHASE_NAMES } from '../timeline/oplog.js';
import { describeDimension, describeState } from '../timeline/state.js';
import { absent, conversionAt, conversionsOfPage, span, task, type Answer, type Asked, type Statement } from './answer.js';

const SHOWN = 500;
/** Both ends of two conversions: where no more phases are seen, a comparison says little. */
const PHASES_OF_ANY = 4;
/** Kinds that show whose a page is. */
const OWNER_KINDS = ['SetAttrRequest', 'PostSetAttr', 'StoreAttr', 'GmemCreate', 'FilemapAdd', 'SpteChanged'] as const;
/** Kinds that show the phases in between. */
const PHASE_KINDS = ['UnmapMappingPages', 'ConvertSafeRet', 'InvStart', 'StoreAttr', 'PostSetAttr', 'InvEnd'] as const;

export function ownership(asked: Asked): Answer {
  const { intervals } = pageHistory(asked.analysis, asked.page);
  const statements = intervals.filter(({ fromRow }) => fromRow >= 0).slice(0, SHOWN).map(({ fromRow, state, changed }): Statement => ({
    text: `${changed.map((dimension) => describeDimension(state, dimension)).filter((text) => text !== '').join(', ') || describeState(state)} (${task(asked, fromRow)})`, rows: [fromRow],
  }));
  const none = statements.length === 0;
  if (none) statements.push({ text: 'Nothing in this trace changes the page: who owned it cannot be said.', rows: [] });
  return { question: 'Who owned this page, from the beginning?', statements, missing: none && absent(asked, OWNER_KINDS).length === OWNER_KINDS.length ? absent(asked, OWNER_KINDS) : [] };
}

export function difference(asked: Asked): Answer {
  const question = 'What differs between this conversion and the last good one?';
  const here = conversionAt(asked);
  if (!here) return { question, statements: [{ text: 'No conversion of this page has begun.', rows: [] }], missing: [] };
  const good = lastGood(asked, here);
  if (!good) return { question, statements: [{ text: `No other conversion to ${here.toPrivate ? 'private' : 'shared'} ended well before it.`, rows: [here.fromRow] }], missing: [] };
  const phases = phasesSeen(here).length + phasesSeen(good).length;
  const statements = [{ text: `Compared with the one that ended well ${span(asked, good.fromRow, here.fromRow)} before.`, rows: [good.fromRow, here.fromRow] }, ...phaseDifferences(asked, good, here)];
  return { question, statements, missing: phases <= PHASES_OF_ANY ? absent(asked, PHASE_KINDS) : [] };
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
    if (a === good.fromRow && b === here.fromRow) return;
    if (a !== undefined && b === undefined) statements.push({ text: `${name} is missing here.`, rows: [a] });
    else if (a === undefined && b !== undefined) statements.push({ text: `${name} is only here.`, rows: [b] });
    else if (a !== undefined && b !== undefined) statements.push({ text: `${name} after ${span(asked, here.fromRow, b)} here, after ${span(asked, good.fromRow, a)} in the good one.`, rows: [a, b] });
  });
  if (here.result === undefined) statements.push({ text: 'How it ended cannot be said; the good one ended with 0.', rows: [] });
  else if (here.result !== good.result) statements.push({ text: `It ended with ${here.result}, the good one with 0.`, rows: here.untilRow < 0 ? [] : [here.untilRow] });
  return statements;
}

/** Who holds what blocks a conversion, and which retry went through and why. */
import type { Conversion } from '../analysis.js';
import { howToRecord } from '../rules/rule.js';
import { intervalAtRow } from '../timeline/query.js';
import { Op } from '../timeline/oplog.js';
import type { Reference } from '../timeline/state.js';
import { kindId } from '../../parsers/events/kinds.js';
import { conversionsOfPage, opsOfPage, span, task, type Answer, type Asked, type Statement } from './answer.js';

const failed = ({ result }: Conversion): boolean => result !== undefined && result < 0;

/** Kinds that show a reference being taken or dropped. */
const REFERENCE_KINDS = ['GupRet', 'GrabFolio', 'UnpinPage', 'UnpinPages', 'UnpinFolio', 'GetPfnRet'] as const;

/** Who holds the reference that blocks the conversion of this page. */
export function whoHolds(asked: Asked): Answer {
  const { state } = intervalAtRow(asked.analysis, asked.page, asked.row);
  const statements = state.references.map((reference) => holderStatement(asked, reference));
  for (const mapping of state.mappings) {
    statements.push({ text: `A user mapping of ${mapping.holder < 0 ? 'an unknown task' : `task ${mapping.holder}`} stands${mapping.row >= 0 ? ` since ${span(asked, mapping.row, asked.row)}` : ''}.`, rows: mapping.row < 0 ? [] : [mapping.row] });
  }
  if (statements.length === 0) statements.push(nobody(asked, state.referencesKnown));
  return { question: 'Who holds this page?', statements, missing: state.referencesKnown ? [] : missing(asked) };
}

function holderStatement(asked: Asked, { kind, tid, row }: Reference): Statement {
  const what = kind === 'pin' ? 'A long-term or DMA pin' : kind === 'get_pfn' ? 'A fault in flight (get_pfn)' : 'A GUP reference';
  const who = row >= 0 && asked.table.tid(row) === tid ? task(asked, row) : tid < 0 ? 'an unknown task' : `task ${tid}`;
  const outlived = conversionsOfPage(asked).filter((c) => failed(c) && c.fromRow >= row && c.untilRow <= asked.row);
  const retries = outlived.length === 0 ? '' : `; ${outlived.length} conversion${outlived.length === 1 ? '' : 's'} failed since`;
  const released = opsOfPage(asked).find((op) => op.op === Op.RefPut && op.row > asked.row);
  const until = released ? `; released ${span(asked, asked.row, released.row)} later` : '; not seen to be released';
  return { text: `${what} of ${who}, held for ${row >= 0 ? span(asked, row, asked.row) : 'an unknown time'}${retries}${until}.`, rows: [row, ...outlived.map((c) => c.untilRow), ...(released ? [released.row] : [])].filter((r) => r >= 0) };
}

function nobody(asked: Asked, known: boolean): Statement {
  const blocked = conversionsOfPage(asked).filter((c) => failed(c) && c.fromRow <= asked.row).at(-1);
  if (blocked) return { text: 'A conversion was refused although no holder is seen: a reference in an LRU batch, or one that was not recorded.', rows: [blocked.untilRow] };
  return { text: known ? 'Nobody holds it.' : 'No holder is seen, but not every reference is recorded.', rows: [] };
}

function missing({ table }: Asked): string[] {
  const present = new Set<number>();
  for (let row = 0; row < table.length; row++) present.add(table.kind(row));
  return REFERENCE_KINDS.filter((kind) => !present.has(kindId(kind))).map(howToRecord);
}

/** Which retry of a conversion went through, and what had been released since the last refusal. */
export function whichRetry(asked: Asked): Answer {
  const conversions = conversionsOfPage(asked);
  const statements: Statement[] = [];
  let refusals: Conversion[] = [];
  for (const conversion of conversions) {
    if (failed(conversion)) refusals.push(conversion);
    else if (conversion.result === 0 && refusals.length > 0) {
      statements.push(retryStatement(asked, refusals, conversion));
      refusals = [];
    } else refusals = [];
  }
  if (refusals.length > 0) statements.push({ text: `${refusals.length} refused, and no retry that went through.`, rows: refusals.map((c) => c.untilRow) });
  if (statements.length === 0) statements.push({ text: 'No conversion of this page was refused.', rows: conversions.map((c) => c.fromRow).slice(0, 1) });
  return { question: 'Which retry succeeded, and what released it?', statements, missing: [] };
}

function retryStatement(asked: Asked, refusals: readonly Conversion[], done: Conversion): Statement {
  const last = refusals[refusals.length - 1]!;
  const released = opsOfPage(asked).filter((op) => (op.op === Op.RefPut || op.op === Op.MapRemove) && op.row >= last.fromRow && op.row <= done.untilRow);
  const by = released.length === 0 ? 'what released it is not seen' : `after ${released.map((op) => `${op.op === Op.RefPut ? 'a reference' : 'a mapping'} was dropped by ${task(asked, op.row)}`).join(' and ')}`;
  return { text: `Retry ${refusals.length} went through, ${span(asked, last.fromRow, done.fromRow)} after the last refusal: ${by}.`, rows: [...refusals.map((c) => c.untilRow), ...released.map((op) => op.row), done.untilRow] };
}

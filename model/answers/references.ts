/** Who holds what blocks a conversion, and which retry went through and why. */
import type { Conversion } from '../analysis.js';
import { intervalAtRow } from '../pages/query.js';
import { Op } from '../ops/oplog.js';
import { opSpace, opSubject } from '../pages/space.js';
import type { Reference } from '../pages/state.js';
import {
  absent,
  conversionsOfPage,
  opsOfPage,
  resultsNotRecorded,
  span,
  task,
  type Answer,
  type Asked,
  type PageOp,
  type Statement,
} from './answer.js';
import { plural } from '../../parsers/base/plural.js';

const failed = ({ result }: Conversion): boolean => result !== undefined && result < 0;

/** Kinds that show a reference being taken or dropped. */
export const REFERENCE_KINDS = [
  'GupRet',
  'GrabFolio',
  'UnpinPage',
  'UnpinPages',
  'UnpinFolio',
  'GetPfnRet',
] as const;

/** What a conversion that meets a holder is refused with. */
const EAGAIN = 11;
/** Pages of a refused range whose holders are looked for. */
const RANGE_LOOKED_AT = 512;
const SHOWN = 20;

/** Who holds the reference that blocks the conversion of this page. */
export function whoHolds(asked: Asked): Answer {
  const { state } = intervalAtRow(asked.analysis, asked.page, asked.row);
  const statements = state.references.map((reference) => holderStatement(asked, reference));
  for (const mapping of state.mappings) {
    const since = mapping.row >= 0 ? ` since ${span(asked, mapping.row, asked.row)}` : '';
    statements.push({
      text: `A user mapping of ${taskText(mapping.holder)} stands${since}.`,
      rows: mapping.row < 0 ? [] : [mapping.row],
    });
  }
  if (statements.length === 0) statements.push(noneSeen(asked, state.referencesKnown));
  return {
    question: 'Who holds this page?',
    statements,
    missing: state.referencesKnown ? [] : absent(asked, REFERENCE_KINDS),
  };
}

const REFERENCE_TEXTS: Readonly<Record<Reference['kind'], string>> = {
  pin: 'A long-term or DMA pin',
  get_pfn: 'A fault in flight (get_pfn)',
  gup: 'A GUP reference',
};

function taskText(tid: number): string {
  return tid < 0 ? 'an unknown task' : `task ${tid}`;
}

function holderStatement(asked: Asked, { kind, tid, row }: Reference): Statement {
  const what = REFERENCE_TEXTS[kind];
  const who = row >= 0 && asked.table.tid(row) === tid ? task(asked, row) : taskText(tid);
  const outlived = conversionsOfPage(asked).filter(
    (c) => failed(c) && c.fromRow >= row && c.untilRow <= asked.row,
  );
  const retries = outlived.length === 0 ? '' : `; ${plural(outlived.length, 'conversion')} failed since`;
  const released = opsOfPage(asked).find((op) => op.op === Op.RefPut && op.row > asked.row);
  const until = released
    ? `; released ${span(asked, asked.row, released.row)} later`
    : '; not seen to be released';
  const time = row >= 0 ? span(asked, row, asked.row) : 'an unknown time';
  return {
    text: `${what} of ${who}, held for ${time}${retries}${until}.`,
    rows: [row, ...outlived.map((c) => c.untilRow), ...(released ? [released.row] : [])].filter(
      (r) => r >= 0,
    ),
  };
}

/**
 * What is said where nobody is seen to hold the page: of the last conversion that ended, if it was refused,
 * why.
 */
function noneSeen(asked: Asked, known: boolean): Statement {
  const { analysis, page } = asked;
  const last = conversionsOfPage(asked)
    .filter((c) => c.result !== undefined && c.untilRow >= 0 && c.untilRow <= asked.row)
    .sort((a, b) => a.untilRow - b.untilRow)
    .at(-1);
  if (last?.result === -EAGAIN) {
    const then = intervalAtRow(analysis, page, last.untilRow).state;
    const held = then.references.length + then.mappings.length > 0 || others(asked, last);
    return held
      ? {
          text: 'No holder is seen now; what blocked its last conversion is not seen any more.',
          rows: [last.untilRow],
        }
      : {
          text: 'A conversion was refused although no holder is seen: a reference in an LRU batch, or one that was not recorded.',
          rows: [last.untilRow],
        };
  }
  return {
    text: known
      ? 'No holder is seen.'
      : 'No holder is seen, but not every reference is recorded, or known from before the trace.',
    rows: [],
  };
}

/** True when another page of a refused conversion was held: the refusal is about the range. */
function others({ analysis }: Asked, { scope, inode, vm, first, count, untilRow }: Conversion): boolean {
  for (let page = first; page < first + Math.min(count, RANGE_LOOKED_AT); page++) {
    const { references, mappings } = intervalAtRow(
      analysis,
      scope === 'vm' ? { unit: 'gfn', subject: vm, page } : { unit: 'pgoff', subject: inode, page },
      untilRow,
    ).state;
    if (references.length + mappings.length > 0) return true;
  }
  return false;
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
  if (refusals.length > 0)
    statements.push({
      text: `${refusals.length} refused, and no retry that went through.`,
      rows: refusals.map((c) => c.untilRow),
    });
  const unknown = conversions.filter((c) => c.result === undefined);
  if (unknown.length > 0)
    statements.push({
      text: `How ${plural(unknown.length, 'conversion')} of this page ended cannot be said.`,
      rows: unknown.map((c) => c.fromRow).slice(0, SHOWN),
    });
  if (conversions.length === 0) statements.push({ text: 'No conversion of this page is seen.', rows: [] });
  else if (statements.length === 0)
    statements.push({
      text: 'No conversion of this page is seen to be refused.',
      rows: conversions.map((c) => c.fromRow).slice(0, 1),
    });
  return {
    question: 'Which retry succeeded, and what released it?',
    statements,
    missing: unknown.length > 0 ? resultsNotRecorded(asked, unknown) : [],
  };
}

function retryStatement(asked: Asked, refusals: readonly Conversion[], done: Conversion): Statement {
  const last = refusals[refusals.length - 1]!;
  const between = (op: PageOp): boolean =>
    (op.op === Op.RefPut || op.op === Op.MapRemove) && op.row >= last.fromRow && op.row <= done.untilRow;
  const own = opsOfPage(asked).filter(between);
  const released = own.length > 0 ? own : opsOfRange(asked, last).filter(between);
  const where = own.length > 0 ? '' : ' on another page of the range';
  const what = released.map((op) => {
    const dropped = op.op === Op.RefPut ? 'a reference' : 'a mapping';
    return `${dropped} was dropped${where} by ${task(asked, op.row)}`;
  });
  const by =
    released.length === 0 ? 'what released it is not seen' : `after ${[...new Set(what)].join(' and ')}`;
  return {
    text: `Retry ${refusals.length} went through, ${span(asked, last.fromRow, done.fromRow)} after the last refusal: ${by}.`,
    rows: [
      ...refusals.map((c) => c.untilRow),
      ...released.map((op) => op.row).slice(0, SHOWN),
      done.untilRow,
    ],
  };
}

/** Operations on the pages of a conversion, in its own unit. */
function opsOfRange({ analysis }: Asked, { scope, inode, vm, first, count }: Conversion): PageOp[] {
  const { ops } = analysis;
  const [unit, subject] = scope === 'vm' ? ['gfn', vm] : ['pgoff', inode];
  const out: PageOp[] = [];
  for (let i = 0; i < ops.length; i++) {
    if (opSpace(analysis, ops, i) !== unit || opSubject(analysis, ops, i) !== subject) continue;
    if (ops.first(i) < first + count && first < ops.first(i) + ops.count(i))
      out.push({ op: ops.op(i), row: ops.row(i), value: ops.value(i), aux: ops.aux(i) });
  }
  return out;
}

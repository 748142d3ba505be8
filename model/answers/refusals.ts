/** Calls about a page that were refused, and what stood in their way. */
import { errnoName } from '../../parsers/events/errno.js';
import type { Conversion, RefusedSlot } from '../analysis.js';
import { aliasesOf, type PageId } from '../pages/intervals.js';
import { intervalAtRow } from '../pages/query.js';
import { inTheWayText } from '../pages/refusedSlot.js';
import { hex } from '../pages/state.js';
import {
  absent,
  conversionsOfPage,
  noneOf,
  resultsNotRecorded,
  type Answer,
  type Asked,
  type Statement,
} from './answer.js';

const SHOWN = 20;
/** Pages of a refused range whose holders are looked for. */
const LOOKED_AT = 512;
const MEMSLOT_KINDS = ['QemuSetUserMemory', 'GmemBindRet'] as const;

/** Why a memslot or a conversion over this page was refused. */
export function refusals(asked: Asked): Answer {
  const { analysis, page } = asked;
  const names: readonly PageId[] = [page, ...aliasesOf(analysis, page)];
  const slots = analysis.refusedSlots.filter((refused) => names.some((name) => isOver(refused, name)));
  const conversions = conversionsOfPage(asked);
  const refused = conversions.filter(({ result }) => result !== undefined && result < 0);
  const unknown = conversions.filter(({ result }) => result === undefined);
  const statements = [
    ...slots.map(slotStatement),
    ...refused.map((conversion) => conversionStatement(asked, conversion)),
  ];
  if (statements.length === 0)
    statements.push({ text: 'No call about this page is seen to be refused.', rows: [] });
  return {
    question: 'Was a call about this page refused, and what stood in its way?',
    statements: statements.slice(0, SHOWN),
    missing: [
      ...resultsNotRecorded(asked, unknown),
      ...(noneOf(asked, MEMSLOT_KINDS) ? absent(asked, ['GmemBindRet']) : []),
    ],
  };
}

function isOver({ vm, baseGfn, pageCount }: RefusedSlot, { unit, subject, page }: PageId): boolean {
  return unit === 'gfn' && subject === vm && page >= baseGfn && page < baseGfn + Math.max(1, pageCount);
}

function slotStatement({ slot, errno, row, holder }: RefusedSlot): Statement {
  return {
    text: `Memslot ${slot} was refused with ${errnoName(errno)}: ${inTheWayText(holder)}.`,
    rows: [...(holder ? [holder.row] : []), row],
  };
}

function conversionStatement(asked: Asked, conversion: Conversion): Statement {
  const { toPrivate, result, untilRow } = conversion;
  const held = holderAt(asked, conversion);
  const why = held ? `: ${held.text}` : '; no holder of a page of it is seen';
  return {
    text: `A conversion to ${toPrivate ? 'private' : 'shared'} was refused with ${errnoName(result!)}${why}.`,
    rows: [...(held && held.row >= 0 ? [held.row] : []), untilRow].filter((row) => row >= 0),
  };
}

/** The first page of a conversion's range that somebody is seen to hold when it was refused. */
function holderAt(
  { analysis }: Asked,
  { scope, vm, inode, first, count, untilRow }: Conversion,
): { readonly text: string; readonly row: number } | undefined {
  for (let page = first; page < first + Math.min(count, LOOKED_AT); page++) {
    const id: PageId =
      scope === 'vm' ? { unit: 'gfn', subject: vm, page } : { unit: 'pgoff', subject: inode, page };
    const { references, mappings } = intervalAtRow(analysis, id, untilRow).state;
    const name = `${scope === 'vm' ? 'gfn' : 'page'} ${hex(page)}`;
    const [reference] = references;
    if (reference) {
      const how = reference.kind === 'pin' ? 'is pinned' : `is referenced (${reference.kind})`;
      const who = reference.tid < 0 ? '' : ` by task ${reference.tid}`;
      return { text: `${name} ${how}${who}`, row: reference.row };
    }
    if (mappings[0]) return { text: `${name} is mapped by user space`, row: mappings[0].row };
  }
  return undefined;
}

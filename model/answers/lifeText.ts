/** The life of a frame in sentences: for the command line, and as an answer of the editor. */
import type { EventTable } from '../../parsers/events/table.js';
import { pageFrames, structPageOf } from '../../parsers/events/pageFrames.js';
import { task, type Answer, type Asked, type Statement } from './answer.js';
import { frameOfRow, lifeOfFrame, type FrameLife, type HeldReference, type LifeEvent } from './life.js';
import { intervalAtRow } from '../pages/query.js';
import type { PageState } from '../pages/state.js';
import { plural } from '../../parsers/base/plural.js';

/** Sentences of an answer; the command line has no such limit. */
const SHOWN = 40;

/** `get +1, count 3, by qemu-12, from kvm_gmem_get_pfn`. */
export function lifeEventText(table: EventTable, event: LifeEvent): string {
  const { row, what, by, count, caller } = event;
  const parts = [
    by === undefined || by === 0 ? what : `${what} ${by > 0 ? '+' : ''}${by}`,
    ...(count === undefined ? [] : [`count ${count}`]),
    `by ${task({ table }, row)}`,
    ...(caller === '' ? [] : [`from ${caller}`]),
  ];
  return parts.join(', ');
}

/** Of events that name a page by its struct page alone: that they are told here, or why they are not. */
export function structPageNote({ byStructPage, structPages }: FrameLife): Statement[] {
  if (byStructPage === 0) return [];
  const text = structPages.isProved
    ? `Struct pages are tied to frames: ${structPages.reason}.`
    : 'Events that name pages by their struct page alone may be about this frame too ' +
      `(${byStructPage} in the trace): ${structPages.reason}.`;
  return [{ text, rows: [] }];
}

/** What follows from a life: who still holds the frame, or why that cannot be said. */
export function lifeVerdicts(table: EventTable, life: FrameLife): Statement[] {
  const { held, heldOf, whyNot, events, isSorted } = life;
  const statements: Statement[] = [];
  if (isSorted)
    statements.push({
      text: 'The lines of the trace are not in order of time: these are, by their times.',
      rows: [],
    });
  if (events.every(({ count }) => count === undefined)) {
    statements.push({
      text: 'No change of its reference count is recorded: page_ref:* would show them.',
      rows: [],
    });
    return statements;
  }
  if (whyNot !== '') {
    const text = `Whether a reference was never put cannot be said: ${whyNot}.`;
    return [...statements, { text, rows: [] }];
  }
  for (const reference of held) {
    const text = `Never put up to the end of the trace: ${heldText(table, life, reference)}.`;
    statements.push({ text, rows: [reference.row] });
  }
  for (const { references, candidates } of heldOf)
    statements.push({
      text:
        `Never put up to the end of the trace: ${references} of these, and which is not shown, because other ` +
        `tasks put some: ${candidates.map((each) => heldText(table, life, each)).join('; ')}.`,
      rows: candidates.map(({ row }) => row),
    });
  if (held.length + heldOf.length === 0)
    statements.push({ text: 'Every reference that was taken was put.', rows: [] });
  return statements;
}

function heldText(table: EventTable, { events }: FrameLife, held: HeldReference): string {
  const caller = events.find(({ row }) => row === held.row)?.caller ?? '';
  const what = plural(held.references, held.isPin ? 'pin' : 'reference');
  const from = caller === '' ? '' : ` from ${caller}`;
  return `${what} of ${task({ table }, held.row)}${from}`;
}

/** Frames that a page has by its state: that of the page cache, and those that its SPTEs map. */
export function framesOfState({ pfn, pfnKnown, sptes }: PageState): readonly number[] {
  return [...(pfnKnown ? [pfn] : []), ...sptes.map((spte) => spte.pfn)].filter((frame) => frame >= 0);
}

/** The frame behind what is asked about: that of the event itself, else that of the page at its instant. */
function frameOf({ analysis, table, page, row }: Asked): number | undefined {
  const own = frameOfRow(table, row);
  if (own !== undefined) return own;
  const { state } = intervalAtRow(analysis, page, row);
  return framesOfState(state)[0];
}

/** Why an event that names its struct page alone is not tied to a frame; '' for other events. */
function whyUntied({ table, row }: Asked): string {
  if (structPageOf(table, row) === undefined) return '';
  return `: the event names its struct page alone, and ${pageFrames(table).reason}`;
}

/** Who took references to the page's frame, who put them, and which was never put. */
export function lifeOfPage(asked: Asked): Answer {
  const pfn = frameOf(asked);
  if (pfn === undefined)
    return {
      question: 'Who held references to its frame?',
      statements: [
        { text: `Which frame the page has at this event is not known${whyUntied(asked)}.`, rows: [] },
      ],
      missing: [],
    };
  return lifeAnswer(asked, pfn);
}

/** The same of a frame that an event names, though it be no page of a guest's. */
export function lifeAnswer({ table, stacksOf }: Pick<Asked, 'table' | 'stacksOf'>, pfn: number): Answer {
  const life = lifeOfFrame(table, pfn, stacksOf ?? (() => []));
  const shown = life.events
    .slice(0, SHOWN)
    .map((event): Statement => ({ text: lifeEventText(table, event), rows: [event.row] }));
  const left = life.events.length - shown.length;
  if (left > 0) shown.push({ text: `… and ${left} more`, rows: [] });
  return {
    question: `Who held references to pfn 0x${pfn.toString(16)}?`,
    statements: [...lifeVerdicts(table, life), ...structPageNote(life), ...shown],
    missing: [],
  };
}

/** The whole ownership of a page, and how a conversion differs from the last good one. */
import type { EventKind } from '../../parsers/events/vocabulary.js';
import type { Conversion } from '../analysis.js';
import { phasesSeen } from '../objects/conversion.js';
import { intervalsOf, type PageInterval } from '../pages/intervals.js';
import { Phase, PHASE_WORDS } from '../ops/oplog.js';
import { describeDimension, describeState } from '../pages/state.js';
import {
  absent,
  conversionAt,
  conversionsOfPage,
  noneOf,
  resultsNotRecorded,
  span,
  task,
  type Answer,
  type Asked,
  type Statement,
} from './answer.js';
import { REFERENCE_KINDS } from './references.js';

const SHOWN = 500;

/** Each of them shows that a conversion has begun. */
const CONVERSION_KINDS = [
  'SetAttrRequest',
  'VmSetAttr',
  'VmIoctl',
  'PreSetAttr',
  'PostSetAttr',
  'GmemIoctl',
  'ConvertEnter',
  'ConvertBlocked',
  'StoreAttr',
  'ConvertRet',
] as const;
/** Those of them that are worth recording. */
const CONVERSION_RECIPE = ['SetAttrRequest', 'PostSetAttr', 'ConvertEnter', 'StoreAttr'] as const;

/** What a history is made of: all kinds that show it, and those to record where there are none. */
const SHOWN_BY: readonly {
  readonly what: string;
  readonly kinds: readonly EventKind[];
  readonly record: readonly EventKind[];
}[] = [
  { what: 'conversions', kinds: CONVERSION_KINDS, record: CONVERSION_RECIPE },
  { what: 'user mappings', kinds: ['RmapAdd', 'RmapRemove'], record: ['RmapAdd', 'RmapRemove'] },
  { what: 'SPTEs', kinds: ['SpteChanged', 'SetSpte', 'ExternalSpte'], record: ['SpteChanged'] },
  { what: 'references', kinds: REFERENCE_KINDS, record: ['GrabFolio', 'GupRet', 'UnpinPages'] },
];
/**
 * These show whose a page is before its first conversion, by the flags of its file, and that the page cache
 * has it.
 */
const BEGINNING_KINDS = ['GmemCreate', 'FilemapAdd'] as const;

/**
 * Kinds of events that make a phase of a conversion seen, by the two ways to convert; none where a way has no
 * such phase.
 */
const PHASE_KINDS: Readonly<
  Partial<Record<number, Readonly<Record<Conversion['scope'], readonly EventKind[]>>>>
> = {
  [Phase.Blocked]: { vm: [], inode: ['ConvertBlocked'] },
  [Phase.Unmapped]: { vm: [], inode: ['UnmapMappingPages', 'UnmapMappingRange', 'UnmapMappingFolio'] },
  [Phase.RefsOk]: { vm: [], inode: ['ConvertSafeRet', 'HasRefsRet'] },
  [Phase.InvOpen]: { vm: ['InvStart'], inode: ['GmemInvStart', 'ShimInvStart'] },
  [Phase.Zapped]: { vm: ['SpteChanged'], inode: ['SpteChanged'] },
  [Phase.Stored]: { vm: ['PostSetAttr'], inode: ['StoreAttr'] },
  [Phase.InvClosed]: { vm: ['InvEnd'], inode: ['GmemInvEnd', 'ShimInvEndRet'] },
};

export function ownership(asked: Asked): Answer {
  const first: PageInterval[] = [];
  let changes = 0;
  let nextRow = -1;
  let isEverKnown = false;
  for (const interval of intervalsOf(asked.analysis, asked.page)) {
    isEverKnown ||= interval.state.attribute !== 'unknown';
    if (interval.fromRow < 0) continue;
    if (changes < SHOWN) first.push(interval);
    else if (changes === SHOWN) nextRow = interval.fromRow;
    changes++;
  }
  const losses = new Set(asked.table.losses.map(({ row }) => row));
  const statements = first.map(
    ({ fromRow, state, changed }): Statement => ({
      text: `${losses.has(fromRow) ? 'events were lost before it: ' : ''}${
        changed
          .map((dimension) => describeDimension(state, dimension))
          .filter((text) => text !== '')
          .join(', ') || describeState(state)
      } (${task(asked, fromRow)})`,
      rows: [fromRow],
    }),
  );
  if (changes > SHOWN) statements.push({ text: `${changes - SHOWN} more changes follow.`, rows: [nextRow] });
  if (changes === 0)
    statements.push({
      text: 'Nothing in this trace changes the page: who owned it cannot be said.',
      rows: [],
    });
  const unseen = SHOWN_BY.filter(({ kinds }) => noneOf(asked, kinds));
  const missing = unseen.flatMap(({ record }) => absent(asked, record));
  if (unseen.length > 0)
    statements.push({
      text: `Of ${list(unseen.map(({ what }) => what))} this trace shows nothing, for any page: there were none, or they are not recorded.`,
      rows: [],
    });
  if (changes > 0 && !isEverKnown) {
    missing.push(...absent(asked, BEGINNING_KINDS));
    statements.push({ text: 'Whether it was shared or private cannot be said at any time.', rows: [] });
  }
  return { question: 'Who owned this page, from the beginning?', statements, missing };
}

export function difference(asked: Asked): Answer {
  const question = 'What differs between this conversion and the last good one?';
  const here = conversionAt(asked);
  if (!here) {
    return noneOf(asked, CONVERSION_KINDS)
      ? {
          question,
          statements: [
            {
              text: 'This trace shows no conversion of any page: whether one of this page has begun cannot be said.',
              rows: [],
            },
          ],
          missing: absent(asked, CONVERSION_RECIPE),
        }
      : {
          question,
          statements: [{ text: 'No conversion of this page is seen to begin.', rows: [] }],
          missing: [],
        };
  }
  const isBefore = (other: Conversion): boolean =>
    other.toPrivate === here.toPrivate && other.fromRow < here.fromRow;
  const good = lastGood(asked, isBefore);
  if (!good)
    return {
      question,
      ...withoutGood(
        asked,
        here,
        asked.analysis.conversions.filter((other) => isBefore(other) && other.result === undefined),
      ),
    };
  const unseen = phasesUnseen(asked, good, here);
  const statements = [
    {
      text: `Compared with the one that ended well ${span(asked, good.fromRow, here.fromRow)} before.`,
      rows: [good.fromRow, here.fromRow],
    },
    ...phaseDifferences(asked, good, here),
  ];
  if (unseen.length > 0) {
    const phases = sentence(list(unseen.map((phase) => PHASE_WORDS[phase]!)));
    const why = 'this trace has no event that shows such a phase, of any conversion';
    const text = `${phases} cannot be compared: ${why}; there was none, or it is not recorded.`;
    statements.push({ text, rows: [] });
  }
  const missing = unseen.flatMap((phase) => absent(asked, PHASE_KINDS[phase]![here.scope].slice(0, 1)));
  return {
    question,
    statements,
    missing: [...missing, ...(here.result === undefined ? resultsNotRecorded(asked, [here]) : [])],
  };
}

/** Of the same pages if there is one, else any in the same direction. */
function lastGood(asked: Asked, isBefore: (other: Conversion) => boolean): Conversion | undefined {
  const isGood = (other: Conversion): boolean => isBefore(other) && other.result === 0;
  return conversionsOfPage(asked).filter(isGood).at(-1) ?? asked.analysis.conversions.filter(isGood).at(-1);
}

/** One whose end is not seen may have ended well: then there is no saying that none did. */
function withoutGood(
  asked: Asked,
  here: Conversion,
  unknown: readonly Conversion[],
): Pick<Answer, 'statements' | 'missing'> {
  const direction = here.toPrivate ? 'private' : 'shared';
  if (unknown.length === 0)
    return {
      statements: [
        { text: `No other conversion to ${direction} is seen to end well before it.`, rows: [here.fromRow] },
      ],
      missing: [],
    };
  const which = unknown.length === 1 ? 'the conversion' : `${unknown.length} conversions`;
  const text = `How ${which} to ${direction} before it ended cannot be said, so there is none to compare it with.`;
  return {
    statements: [{ text, rows: unknown.map(({ fromRow }) => fromRow).slice(0, SHOWN) }],
    missing: resultsNotRecorded(asked, unknown),
  };
}

/** With a capital at its beginning. */
function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Phases of which neither shows one, nor could: the trace has no event of the kinds that show them. */
function phasesUnseen(asked: Asked, good: Conversion, here: Conversion): number[] {
  const seen = new Set([...phasesSeen(good), ...phasesSeen(here)].map(({ phase }) => phase));
  return PHASE_WORDS.flatMap((_, phase) => {
    const kinds = PHASE_KINDS[phase]?.[here.scope] ?? [];
    return kinds.length > 0 && !seen.has(phase) && noneOf(asked, kinds) ? [phase] : [];
  });
}

function phaseDifferences(asked: Asked, good: Conversion, here: Conversion): Statement[] {
  const rowsOf = (conversion: Conversion): Map<number, number> =>
    new Map(phasesSeen(conversion).map(({ phase, row }) => [phase, row]));
  const [before, now] = [rowsOf(good), rowsOf(here)];
  const statements: Statement[] = [];
  const doubt = (conversion: Conversion): string =>
    hasLoss(asked, conversion) ? '; events were lost meanwhile, so it may have been' : '';
  PHASE_WORDS.forEach((words, phase) => {
    const name = sentence(words);
    const [a, b] = [before.get(phase), now.get(phase)];
    if (a === good.fromRow && b === here.fromRow) return;
    if (a !== undefined && b === undefined)
      statements.push({
        text: doubt(here) === '' ? `${name} is missing here.` : `${name} is not seen here${doubt(here)}.`,
        rows: [a],
      });
    else if (a === undefined && b !== undefined)
      statements.push({
        text:
          doubt(good) === '' ? `${name} is only here.` : `${name} is not seen in the good one${doubt(good)}.`,
        rows: [b],
      });
    else if (a !== undefined && b !== undefined)
      statements.push({
        text: `${name} after ${span(asked, here.fromRow, b)} here, after ${span(asked, good.fromRow, a)} in the good one.`,
        rows: [a, b],
      });
  });
  if (here.result === undefined)
    statements.push({ text: 'How it ended cannot be said; the good one ended with 0.', rows: [] });
  else if (here.result !== good.result)
    statements.push({
      text: `It ended with ${here.result}, the good one with 0.`,
      rows: here.untilRow < 0 ? [] : [here.untilRow],
    });
  return statements;
}

/** True when events are missing between the first and the last event of a conversion. */
function hasLoss({ table }: Asked, { fromRow, untilRow }: Conversion): boolean {
  return table.losses.some(({ row }) => row > fromRow && (untilRow < 0 || row <= untilRow));
}

function list(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)!}`;
}

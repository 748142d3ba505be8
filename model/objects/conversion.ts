/** A conversion: its range, the phase it is in at the cursor, and what it waits for. */
import type { Analysis, Conversion } from '../analysis.js';
import { PHASE_NAMES, PHASE_WORDS, Phase } from '../ops/oplog.js';
import { makeList, makeObject, type ExprObject, type Item, type Value } from '../expr/value.js';
import type { Moment } from './moment.js';
import { ABSENT } from '../cursor/stepMap.js';
import { MapKind } from '../cursor/mapRegistry.js';
import { rangeText, sizeText } from './lists.js';

/** The phase at the cursor, undefined before the first one. */
export function phaseOf(moment: Moment, conversion: Conversion): number | undefined {
  const phase = moment.state.value(MapKind.Phase, -1, conversion.index);
  return phase === ABSENT ? undefined : phase;
}

/** The phase at the cursor, in words. */
function phaseText(moment: Moment, conversion: Conversion): string {
  const phase = phaseOf(moment, conversion);
  return phase === undefined ? 'not begun' : phaseName(phase);
}

export function phaseName(phase: number): string {
  return PHASE_WORDS[phase] ?? `phase ${phase}`;
}

/** Phases in the order in which the trace shows them, with their rows. */
export function phasesSeen(
  conversion: Conversion,
): readonly { readonly phase: number; readonly row: number }[] {
  return conversion.phaseRows
    .map((row, phase) => ({ phase, row }))
    .filter(({ row }) => row >= 0)
    .sort((a, b) => a.row - b.row || a.phase - b.phase);
}

/** The range in the field's words: `gfns 0x100..0x1ff of kvm:0x… to private`. */
export function conversionText(analysis: Analysis, conversion: Conversion): string {
  const owner =
    conversion.scope === 'vm' ? analysis.vms[conversion.vm]?.label : analysis.inodes[conversion.inode]?.label;
  const unit = conversion.scope === 'vm' ? 'gfn' : 'page';
  const plural = conversion.count === 1 ? '' : 's';
  const to = conversion.toPrivate ? 'private' : 'shared';
  const of = owner ? ` of ${owner}` : '';
  const part = conversion.parts.length > 0 ? `, ${partText(analysis, conversion)}` : '';
  return `${unit}${plural} ${rangeText(conversion.first, conversion.count)}${of} to ${to}${part}`;
}

/** `part 2 of 4 of the request for 0x100..0x4ff`, for one that has parts. */
function partText(analysis: Analysis, { index, parts }: Conversion): string {
  const { first, count } = wholeRequest(analysis, parts);
  return `part ${parts.indexOf(index) + 1} of ${parts.length} of the request for ${rangeText(first, count)}`;
}

/** The pages of the request that has these parts. */
export function wholeRequest(
  { conversions }: Analysis,
  parts: readonly number[],
): { readonly first: number; readonly count: number } {
  const { first } = conversions[parts[0]!]!;
  const last = conversions[parts[parts.length - 1]!]!;
  return { first, count: last.first + last.count - first };
}

function waitsFor(moment: Moment, conversion: Conversion): string {
  const next = phasesSeen(conversion).find(({ row }) => row > moment.row);
  if (next) return `${phaseName(next.phase)} at ${moment.index.place(next.row)}`;
  const phase = phaseOf(moment, conversion);
  if (phase === Phase.Done || phase === Phase.Failed) return 'nothing: it has ended';
  if (conversion.untilRow >= 0 && conversion.untilRow <= moment.row) return 'nothing: it has ended';
  return 'nothing that this trace shows';
}

function phaseItems(moment: Moment, conversion: Conversion): Item[] {
  return phasesSeen(conversion).map(({ phase, row }) => ({
    name: phaseName(phase),
    value: makeObject(
      'phase',
      () => `${phaseName(phase)} at ${moment.index.place(row)}${row > moment.row ? ' (to come)' : ''}`,
      {
        row: { doc: 'Row of the event', get: () => row },
        reached: { doc: 'It was entered at or before the cursor', get: () => row <= moment.row },
      },
    ),
  }));
}

/** A conversion as an object; `conversion(3)` names another one. */
export function conversionObject(
  moment: Moment,
  conversion: Conversion,
  call?: (args: readonly Value[]) => Value,
): ExprObject {
  const phase = (): string | undefined => {
    const at = phaseOf(moment, conversion);
    return at === undefined ? undefined : (PHASE_NAMES[at] ?? `phase ${at}`);
  };
  const { index } = moment;
  return makeObject(
    'conversion',
    () => `${phaseText(moment, conversion)}: ${conversionText(moment.index.analysis, conversion)}`,
    {
      phase: {
        doc: 'Requested, Blocked, Unmapped, RefsOk, InvOpen, Zapped, Stored, InvClosed, Done or Failed',
        get: phase,
      },
      waitsFor: { doc: 'The next phase that the trace shows', get: () => waitsFor(moment, conversion) },
      to: { doc: 'Private or Shared', get: () => (conversion.toPrivate ? 'Private' : 'Shared') },
      range: { doc: 'Pages in its own unit', get: () => rangeText(conversion.first, conversion.count) },
      first: { doc: 'First page', format: 'hex', get: () => conversion.first },
      count: { doc: 'How many pages', get: () => conversion.count },
      size: { doc: 'How many bytes', get: () => sizeText(conversion.count, index.analysis.pageBytes) },
      scope: { doc: 'vm: guest frames of a VM; inode: pages of a file', get: () => conversion.scope },
      of: {
        doc: 'The VM or the file',
        get: () =>
          conversion.scope === 'vm'
            ? index.analysis.vms[conversion.vm]?.label
            : index.analysis.inodes[conversion.inode]?.label,
      },
      tid: { doc: 'Thread that converts', get: () => (conversion.tid < 0 ? undefined : conversion.tid) },
      result: {
        doc: 'What it returns in the end: 0, or a negative errno',
        format: 'errno',
        get: () => conversion.result,
      },
      begins: { doc: 'Where it begins', get: () => index.place(conversion.fromRow) },
      ends: {
        doc: 'Where it ends',
        get: () => (conversion.untilRow < 0 ? undefined : index.place(conversion.untilRow)),
      },
      phases: {
        doc: 'Where each phase is entered',
        get: () => makeList('phases', phaseItems(moment, conversion)),
      },
      index: { doc: 'Its number, for conversion(number)', get: () => conversion.index },
    },
    call ? { call } : {},
  );
}

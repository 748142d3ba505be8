/**
 * What is known of one page at one instant, as plain data, and how the field says it. Unknown is a value of
 * its own: a trace that starts in mid-life, or lost events, leaves things unknown until an event establishes
 * them again.
 */
import { PAGE_SIZE } from '../../parsers/base/units.js';
import { RefKind, PHASE_WORDS } from '../ops/oplog.js';

export type Attribute = 'shared' | 'private' | 'unknown';
export type ReferenceKind = 'get_pfn' | 'gup' | 'pin';
export const REFERENCE_KINDS: readonly ReferenceKind[] = ['get_pfn', 'gup', 'pin'];

/** One user mapping: the thread group (or thread) that has it and the start of its VMA. */
export interface UserMapping {
  /** Thread group, or thread when no thread group is known; -1 unknown. */
  readonly holder: number;
  /** Address of the VMA or of the mapping, 0 or -1 when not known. */
  readonly address: number;
  readonly row: number;
}

export interface Spte {
  /** Index into Analysis.vms. */
  readonly vm: number;
  readonly gfn: number;
  /** 1 is a page; of pages of 4 KiB 2 is 2M, 3 is 1G. */
  readonly level: number;
  /** Bytes of a page; undefined where it has 4 KiB. */
  readonly pageBytes?: number;
  /** Host frame that maps this very page's leaf start, -1 unknown. */
  readonly pfn: number;
  readonly row: number;
}

export interface Reference {
  readonly kind: ReferenceKind;
  /** Thread that took it, -1 unknown. */
  readonly tid: number;
  readonly row: number;
}

/** A conversion in flight: index into Analysis.conversions and the phase last entered. */
export interface PhaseState {
  readonly conversion: number;
  /** Index into PHASE_NAMES. */
  readonly phase: number;
  readonly toPrivate: boolean;
  readonly row: number;
}

export interface PageState {
  readonly attribute: Attribute;
  /** Row that set the attribute, -1 while unknown. */
  readonly attributeRow: number;
  /** Conversions in flight over this page, oldest first. */
  readonly conversions: readonly PhaseState[];
  readonly mappings: readonly UserMapping[];
  /** False: there may be mappings that the trace does not show. */
  readonly mappingsKnown: boolean;
  readonly sptes: readonly Spte[];
  readonly sptesKnown: boolean;
  readonly references: readonly Reference[];
  readonly referencesKnown: boolean;
  /** Frame in the page cache; -1 none or unknown, see pfnKnown. */
  readonly pfn: number;
  readonly pfnKnown: boolean;
  readonly poisoned: boolean;
}

/** What can change of a page, one lane each. */
export const DIMENSIONS = [
  'attribute',
  'conversion',
  'mappings',
  'sptes',
  'references',
  'pfn',
  'poison',
] as const;
export type Dimension = (typeof DIMENSIONS)[number];

const LEVEL_NAMES = ['level 0', '4K', '2M', '1G', '512G', '256T'] as const;

/** `4K`, `2M` or `1G` for the level of an SPTE; of larger pages `16K` or `block`, a part of one perhaps. */
export function levelName(level: number, pageBytes: number = PAGE_SIZE): string {
  if (pageBytes !== PAGE_SIZE) return level === 1 ? `${pageBytes / 1024}K` : 'block';
  return LEVEL_NAMES[level] ?? `level ${level}`;
}

/** RefKind of the operation log to the name used here. */
export function referenceKind(value: number): ReferenceKind {
  if (value === RefKind.Pin) return 'pin';
  return value === RefKind.Gup ? 'gup' : 'get_pfn';
}

/** `0x1f`: how frames and addresses are written everywhere. */
export function hex(n: number): string {
  return n < 0 ? '?' : `0x${n.toString(16)}`;
}

/** One dimension of a state in the field's words; '' when there is nothing to say. */
export function describeDimension(state: PageState, dimension: Dimension): string {
  switch (dimension) {
    case 'attribute':
      return state.attribute === 'unknown' ? 'attribute unknown' : state.attribute;
    case 'conversion':
      return describeConversions(state.conversions);
    case 'mappings':
      return counted(state.mappings.length, state.mappingsKnown, 'user mapping');
    case 'sptes':
      return describeSptes(state);
    case 'references':
      return describeReferences(state);
    case 'pfn':
      return state.pfnKnown && state.pfn >= 0 ? `pfn ${hex(state.pfn)}` : '';
    case 'poison':
      return state.poisoned ? 'poisoned' : '';
  }
}

/** The whole state on one line: `private, no user mapping, SPTE 4K pfn 0x103059, 1 pin`. */
export function describeState(state: PageState): string {
  if (isUnknown(state)) return 'unknown';
  const parts: string[] = [];
  for (const dimension of DIMENSIONS) {
    // The SPTE names the frame already; the page cache's is worth a word only where no SPTE does.
    if (dimension === 'pfn' && state.sptes.some((s) => s.pfn === state.pfn)) continue;
    const text = describeDimension(state, dimension);
    if (text !== '') parts.push(text);
  }
  return parts.join(', ');
}

/** True when no dimension holds anything that an event established. */
export function isUnknown(state: PageState): boolean {
  return (
    state.attribute === 'unknown' &&
    state.conversions.length === 0 &&
    state.mappings.length === 0 &&
    !state.mappingsKnown &&
    state.sptes.length === 0 &&
    !state.sptesKnown &&
    state.references.length === 0 &&
    !state.referencesKnown &&
    !state.pfnKnown &&
    !state.poisoned
  );
}

/**
 * True for states whose words differ in frames alone; false does not say that they differ in more. It costs
 * less than to put both into words.
 */
export function readsAlike(a: PageState, b: PageState): boolean {
  const plain = ({ conversions, references }: PageState): boolean =>
    conversions.length === 0 && references.length === 0;
  return (
    a.attribute === b.attribute &&
    a.mappings.length === b.mappings.length &&
    a.mappingsKnown === b.mappingsKnown &&
    a.sptesKnown === b.sptesKnown &&
    a.referencesKnown === b.referencesKnown &&
    a.pfnKnown === b.pfnKnown &&
    a.pfn >= 0 === b.pfn >= 0 &&
    a.poisoned === b.poisoned &&
    plain(a) &&
    plain(b) &&
    sptesReadAlike(a, b)
  );
}

function sptesReadAlike({ sptes, pfn }: PageState, { sptes: others, pfn: other }: PageState): boolean {
  if (sptes.length !== others.length) return false;
  for (let i = 0; i < sptes.length; i++) {
    const [a, b] = [sptes[i]!, others[i]!];
    if (a.level !== b.level || a.pageBytes !== b.pageBytes || a.pfn >= 0 !== b.pfn >= 0) return false;
    if ((a.pfn === pfn) !== (b.pfn === other)) return false;
  }
  return true;
}

function counted(count: number, known: boolean, noun: string): string {
  if (count === 0) return known ? `no ${noun}` : `${noun}s unknown`;
  return `${known ? '' : 'at least '}${count} ${noun}${count === 1 ? '' : 's'}`;
}

function describeSptes(state: PageState): string {
  if (state.sptes.length === 0) return state.sptesKnown ? 'no SPTE' : 'SPTE unknown';
  return state.sptes
    .map((s) => `SPTE ${levelName(s.level, s.pageBytes)}${s.pfn >= 0 ? ` pfn ${hex(s.pfn)}` : ''}`)
    .join(', ');
}

const REFERENCE_NOUNS: Readonly<Record<ReferenceKind, string>> = {
  get_pfn: 'get_pfn reference',
  gup: 'GUP reference',
  pin: 'pin',
};

/** So many conversions of one page are told, the youngest; there may be one for each vCPU. */
const CONVERSIONS_TOLD = 8;

function describeConversions(conversions: readonly PhaseState[]): string {
  if (conversions.length === 0) return '';
  const told = conversions
    .slice(-CONVERSIONS_TOLD)
    .map((c) => `converting to ${c.toPrivate ? 'private' : 'shared'} (${PHASE_WORDS[c.phase] ?? '?'})`);
  const others = conversions.length - told.length;
  return (others > 0 ? [`${others} older conversions`, ...told] : told).join(', ');
}

/** References are named when there are any; none is the normal case and is not worth a word. */
function describeReferences(state: PageState): string {
  if (state.references.length === 0) return state.referencesKnown ? '' : 'references unknown';
  const counts: Record<ReferenceKind, number> = { get_pfn: 0, gup: 0, pin: 0 };
  for (const { kind } of state.references) counts[kind]++;
  return REFERENCE_KINDS.filter((kind) => counts[kind] > 0)
    .map((kind) => `${counts[kind]} ${REFERENCE_NOUNS[kind]}${counts[kind] === 1 ? '' : 's'}`)
    .join(', ');
}

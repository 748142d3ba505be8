/** One page under all of its names: a track for each, and what they say together at a row. */
import type { Analysis } from '../analysis.js';
import type { Alias, PageId } from './aliases.js';
import { Holding } from './holding.js';
import type { PageState, PhaseState, Spte } from './state.js';
import { FileTrack, GfnTrack } from './tracks.js';

export type PageTrack = GfnTrack | FileTrack;

/** A track of a page of which nothing is known yet. */
export function trackOf(analysis: Analysis, { unit, subject, page }: PageId): PageTrack {
  return unit === 'gfn'
    ? new GfnTrack(analysis.conversions, subject, page, analysis.pageBytes)
    : new FileTrack(analysis.conversions, subject, page, analysis.shows);
}

/** Makes a track know what another of its space knew. */
export function takeOver(track: PageTrack, from: PageTrack): void {
  if (track instanceof GfnTrack && from instanceof GfnTrack) track.take(from);
  if (track instanceof FileTrack && from instanceof FileTrack) track.take(from);
}

/** Tracks that hold at the row that is looked at: one list for all pages, of which there may be many. */
const frames: GfnTrack[] = [];
const files: FileTrack[] = [];

/** A page's own track, with those of its aliases. */
export class JoinedPage {
  private readonly aliases: Holding<Alias>;

  constructor(
    private readonly analysis: Analysis,
    private readonly own: PageTrack,
    aliases: readonly Alias[],
    /** The track of each alias. */
    private readonly ofAliases: readonly PageTrack[],
  ) {
    this.aliases = new Holding(aliases);
  }

  /** The state after `row`: the page's own track, joined with those names that hold at that row. */
  at(row: number): PageState {
    frames.length = 0;
    files.length = 0;
    addOnce(this.own);
    this.aliases.at(row, (_, i) => addOnce(this.ofAliases[i]!));
    return joinTracks(this.analysis, frames, files);
  }
}

function addOnce(track: PageTrack): void {
  if (track instanceof GfnTrack) {
    if (!frames.includes(track)) frames.push(track);
  } else if (!files.includes(track)) files.push(track);
}

/** For all states: a history of hundreds must not leave thousands of lists behind. */
const NOTHING: readonly never[] = [];

const isKnown = (track: GfnTrack | FileTrack): boolean => track.attribute !== 'unknown';
const conversionsOf = (track: GfnTrack | FileTrack): readonly PhaseState[] => track.conversions;
const sptesOf = (track: GfnTrack): readonly Spte[] => track.sptes;

function joinTracks(analysis: Analysis, frames: readonly GfnTrack[], files: readonly FileTrack[]): PageState {
  const file = files[0];
  let ofInode = false;
  let sptesKnown = frames.length > 0;
  for (const frame of frames) {
    ofInode ||= analysis.vms[frame.subject]?.attributesOf === 'inode';
    sptesKnown &&= frame.sptesKnown;
  }
  const attribute = ofInode
    ? (files.find(isKnown) ?? frames.find(isKnown))
    : (frames.find(isKnown) ?? files.find(isKnown));
  return {
    attribute: attribute?.attribute ?? 'unknown',
    attributeRow: attribute?.attributeRow ?? -1,
    conversions: joined(frames, conversionsOf, joined(files, conversionsOf)),
    mappings: file?.mappings ?? NOTHING,
    mappingsKnown: file?.mappingsKnown ?? false,
    sptes: joined(frames, sptesOf),
    sptesKnown,
    references: file?.references ?? NOTHING,
    referencesKnown: file?.referencesKnown ?? false,
    pfn: file?.pfn ?? -1,
    pfnKnown: file?.pfnKnown ?? false,
    poisoned: file?.poisoned ?? false,
  };
}

/** Lists one after another; the only filled one as it is, since tracks never change a list in place. */
function joined<K, T>(
  tracks: readonly K[],
  listOf: (track: K) => readonly T[],
  before: readonly T[] = NOTHING,
): readonly T[] {
  let only = before;
  let made: T[] | undefined;
  for (const track of tracks) {
    const list = listOf(track);
    if (list.length === 0) continue;
    if (made) for (const one of list) made.push(one);
    else if (only.length === 0) only = list;
    else made = [...only, ...list];
  }
  return made ?? only;
}

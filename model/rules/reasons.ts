/** Why checks stayed undecided. */
import type { PageRange, UndecidedReason } from '../findings/finding.js';
import type { Missing } from './missing.js';

export function undecidedText({ detail, count, missing }: UndecidedReason): string {
  const times = count > 1 ? ` (${count} checks)` : '';
  return `${detail}${times}${missing.length > 0 ? ` Missing: ${missing.join(', ')}.` : ''}`;
}

/** A sentence; or a kind of event that could not be read: how many of it, is said at the end. */
export type Detail = string | { readonly unread: number };

/** Why checks stayed undecided, so far. */
export interface OpenReason {
  count: number;
  row: number;
  /** What the first of them lacks, and those of other words. */
  missing: readonly Missing[];
  readonly more: Set<Missing>;
  detail: Detail;
  pages: PageRange | undefined;
}

/** Checks that wait for evidence report late: the first row is the smallest, and its words are said. */
export function bothOf(known: OpenReason, said: OpenReason): OpenReason {
  const [first, other] = said.row < known.row ? [said, known] : [known, said];
  const more = new Set([...first.more, ...other.missing, ...other.more]);
  return { ...first, more, count: known.count + said.count };
}

/** Adds a reason; one that is there already keeps its words, and takes over what is missing. */
export function joinReason(reasons: UndecidedReason[], added: UndecidedReason): void {
  const at = reasons.findIndex(({ reason }) => reason === added.reason);
  const known = reasons[at];
  if (known) reasons[at] = { ...known, missing: [...new Set([...known.missing, ...added.missing])].sort() };
  else reasons.push(added);
}

/** By the event that they begin at, then by name. */
export function inOrder(a: UndecidedReason, b: UndecidedReason): number {
  return a.row - b.row || compareText(a.reason, b.reason);
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** What the rules say of a trace, as plain data. Everything points back at event rows. */
import type { EventRow } from '../../parsers/base/units.js';

export type ProfileId = 'sean-2022' | 'luto-2022' | 'guest-memfd' | 'pkvm';
export const PROFILES: readonly ProfileId[] = ['sean-2022', 'luto-2022', 'guest-memfd', 'pkvm'];

/** A finding is a violation or a suspicion; what could not be decided is a finding of its own kind. */
export type Verdict = 'violation' | 'suspicious' | 'undecidable';

/**
 * Why a rule could not decide. A closed list. `not-read`: what an event that is there says could not be read.
 */
export type Reason = 'lost' | 'not-recorded' | 'not-read' | 'order' | 'vm-identity' | 'unknown-start';

/** 1 isolation broken, 2 contract broken, 3 harmful, 4 hygiene. */
export type Severity = 1 | 2 | 3 | 4;

/** What an evidence row shows. */
export type EvidenceRole = 'witness' | 'state' | 'cause' | 'missing-since' | 'confirms' | 'related';

export interface Evidence {
  readonly row: EventRow;
  readonly role: EvidenceRole;
  /** One clause that says what this row shows, for example `page 4 pinned`. */
  readonly note: string;
}

/** Pages of a finding: guest frames of a VM, or pages of an inode. */
export interface PageRange {
  /** Index into Analysis.vms, -1 when not known. */
  readonly vm: number;
  /** Index into Analysis.inodes, -1 when not known. */
  readonly inode: number;
  readonly unit: 'gfn' | 'pgoff';
  readonly first: number;
  readonly count: number;
}

export interface Finding {
  /** Stable for the same bytes and options: `rule@line`, with `.2` and so on where several share it. */
  readonly id: string;
  readonly rule: string;
  readonly profile: ProfileId;
  readonly verdict: Verdict;
  readonly severity: Severity;
  /** What happened, in the field's words, one sentence. */
  readonly message: string;
  /** Set when verdict is undecidable. */
  readonly reason?: Reason;
  readonly at: EventRow;
  readonly pages?: PageRange;
  /** In trace order; holds at least `at`. */
  readonly evidence: readonly Evidence[];
}

/** Why a rule was not decided somewhere, added up. */
export interface UndecidedReason {
  readonly reason: Reason;
  /** How many checks of the rule ended so. */
  readonly count: number;
  /** First row where it happened. */
  readonly row: EventRow;
  /** Exact probes, tracepoints or options that were missing, in words that can be copied. */
  readonly missing: readonly string[];
  /** One sentence. */
  readonly detail: string;
}

export interface RuleStatus {
  readonly id: string;
  readonly profile: ProfileId;
  /** `judged`: at least one check was decided (OK or not). */
  readonly status: 'judged' | 'undecidable' | 'not-applicable';
  /** Checks made, decided or not: those that held, were broken or stayed undecided. */
  readonly checks: number;
  /** Checks that came out well. */
  readonly held: number;
  /** Checks that ended in a violation or a suspicion. */
  readonly broken: number;
  /** Checks that could not be decided: there is a reason for each. */
  readonly undecided: number;
  readonly reasons: readonly UndecidedReason[];
}

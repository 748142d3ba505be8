/** The report of a judged trace, all that the host keeps of it: plain data. */
import type {
  EvidenceRole,
  ProfileId,
  Reason,
  RuleStatus,
  Severity,
  UndecidedReason,
  Verdict,
} from '../../model/findings/finding.js';
import type { IssueCode, IssueSeverity } from '../../parsers/events/issues.js';
import type { ClockName } from '../../parsers/events/table.js';
import type { EventPlace, Shown } from './place.js';

export interface ReportedEvidence {
  readonly place: EventPlace;
  readonly role: EvidenceRole;
  readonly note: string;
}

export interface ReportedFinding {
  readonly id: string;
  readonly rule: string;
  readonly profile: ProfileId;
  readonly verdict: Verdict;
  readonly severity: Severity;
  /** Its page and what is wrong with it: `gfn 0x100001 private while mapped`. */
  readonly title: string;
  readonly message: string;
  readonly reason?: Reason;
  readonly at: EventPlace;
  readonly pages?: ReportedPages;
  readonly evidence: readonly ReportedEvidence[];
}

export interface ReportedPages {
  /** Index of the VM, -1 unknown. */
  readonly vm: number;
  /** Index of the inode, -1 unknown. */
  readonly inode: number;
  readonly unit: 'gfn' | 'pgoff';
  readonly first: number;
  readonly count: number;
  /** `tgid:493 gfn 0x100001..0x100002`: what a finding that is set aside is known again by. */
  readonly label: string;
  /** `gfns 0x100001..0x100002 (pages 0x1..0x2 of inode 268)`. */
  readonly told: string;
}

export interface ReportedReason extends Omit<UndecidedReason, 'row'> {
  readonly at: EventPlace;
}

export interface ReportedRule extends Omit<RuleStatus, 'reasons'> {
  readonly reasons: readonly ReportedReason[];
  /** Short name, statement and advice from the rule's own file. */
  readonly name: string;
  readonly statement: string;
  readonly fix: string;
  readonly severity: Severity;
}

export interface ReportedIssue {
  readonly code: IssueCode;
  readonly severity: IssueSeverity;
  readonly sentence: string;
  readonly advice: string;
  readonly detail: string;
  readonly line: number;
  readonly offset: number;
  readonly count: number;
}

/** All that the host keeps of a trace. */
export interface Report {
  /** The files of a trace of several, by their URIs. */
  readonly files?: readonly {
    readonly uri: string;
    readonly name: string;
    readonly role: string;
    readonly shown: Shown;
    readonly lines: number;
  }[];
  readonly format: string;
  readonly clock: ClockName;
  readonly kernel: string;
  readonly producer: string;
  readonly sizeBytes: number;
  /** How it was recorded, a line for each thing worth knowing; empty where nothing lies beside the trace. */
  readonly recorded: readonly string[];
  /** Digest of its file or its files, to know it again by; '' where the host makes none. */
  readonly recording: string;
  readonly shown: Shown;
  /** Line of its last event, in its file or its listing. */
  readonly lines: number;
  readonly events: {
    readonly total: number;
    readonly understood: number;
    /** Known by their names, but what rules need of them could not be read. */
    readonly unread: number;
    readonly unknown: number;
    /** Of KVM, guest_memfd or a restricted memfd. */
    readonly ofKvm: number;
  };
  readonly profiles: readonly ProfileId[];
  readonly profileReason: string;
  readonly findings: readonly ReportedFinding[];
  readonly rules: readonly ReportedRule[];
  readonly issues: readonly ReportedIssue[];
  readonly tookMs: { readonly read: number; readonly judge: number };
}

/**
 * What was found of a trace that is still read or judged: violations and suspicions in the order of the
 * trace, as one has them that ends at this line. Rules and events are told of that part alone, and nothing is
 * said of what was not found.
 */
export interface FirstReport {
  readonly report: Report;
  /** Line of the last event that was judged. */
  readonly untilLine: number;
  /** More were found than are told. */
  readonly more: number;
}

/** What a rule is: its texts, what it needs from a trace, and the listener that judges. One file per rule. */
import { kindId } from '../../parsers/events/kinds.js';
import type { EventKind } from '../../parsers/events/vocabulary.js';
import type { EventRow, Gfn, Pgoff } from '../../parsers/base/units.js';
import type {
  Evidence,
  EvidenceRole,
  Finding,
  PageRange,
  ProfileId,
  Reason,
  RuleStatus,
  Severity,
  UndecidedReason,
  Verdict,
} from '../findings/finding.js';
import { howToRecord } from '../findings/recipe.js';
import type { Listener } from '../world/facts.js';
import type { Conv, Inode, Vm } from '../world/state.js';
import type { World } from '../world/world.js';

export interface RuleDef {
  readonly id: string;
  readonly name: string;
  readonly profile: ProfileId;
  readonly severity: Severity;
  /** `invariant`: can be violated; `suspicion`: at most suspicious. */
  readonly nature: 'invariant' | 'suspicion';
  /** The rule in one sentence. */
  readonly statement: string;
  /** Kernel function or mail that lays it down. */
  readonly source: string;
  /** Event kinds without which it cannot be decided: every group needs one of its kinds. */
  readonly needs: readonly (readonly EventKind[])[];
  /** Kinds that make the rule a topic of a trace at all; where none is recorded it is not applicable. */
  readonly about: readonly EventKind[];
  /** How to fix what it finds. */
  readonly fix: string;
  readonly listen: (run: RuleRun) => Listener;
}

/** Settings of a recording that leave rules undecided, in words that can be followed. */
type Setting = 'a global trace_clock' | 'an empty set_event_pid' | 'options/context-info';

/** What would have decided a check: event kinds, probes as they are written, or settings. */
export type Missing = EventKind | `${'kprobe' | 'kretprobe'}:${string}` | Setting;

export interface Ruling {
  readonly row: number;
  readonly message: string;
  readonly evidence?: readonly (readonly [row: number, role: EvidenceRole, note: string])[];
  readonly pages?: PageRange;
}

function undecidedText({ detail, count, missing }: UndecidedReason): string {
  const times = count > 1 ? ` (${count} checks)` : '';
  return `${detail}${times}${missing.length > 0 ? ` Missing: ${missing.join(', ')}.` : ''}`;
}

/** One rule on one trace: counts its checks and collects what it finds. */
export class RuleRun {
  private held = 0;
  private broken = 0;
  private open = 0;
  readonly findings: Finding[] = [];
  private readonly reasons = new Map<
    Reason,
    { count: number; row: number; missing: Set<Missing>; detail: string; pages: PageRange | undefined }
  >();

  constructor(
    readonly def: RuleDef,
    readonly w: World,
    /** Set when no order can be decided in this trace at all. */
    private readonly blanket: Reason | undefined,
  ) {}

  recorded(...kinds: EventKind[]): boolean {
    for (const k of kinds) if (this.w.recorded(kindId(k))) return true;
    return false;
  }

  /** The check came out well. */
  ok(): void {
    this.held++;
  }

  violation(ruling: Ruling): void {
    if (this.blanket) {
      this.undecided(
        this.blanket,
        ruling.row,
        'The trace has neither tasks nor times, so no order can be decided.',
        ['options/context-info'],
      );
      return;
    }
    this.broken++;
    this.add(this.def.nature === 'invariant' ? 'violation' : 'suspicious', ruling);
  }

  suspicious(ruling: Ruling): void {
    this.broken++;
    this.add('suspicious', ruling);
  }

  /**
   * The check could not be decided. `missing` are event kinds, or
   * probes and options in words that can be copied.
   */
  undecided(
    reason: Reason,
    row: number,
    detail: string,
    missing: readonly Missing[] = [],
    pages?: PageRange,
  ): void {
    this.open++;
    const entry = this.reasons.get(reason);
    if (entry && entry.detail === detail && row >= entry.row) {
      entry.count++;
      return;
    }
    if (!entry) this.reasons.set(reason, { count: 1, row, missing: new Set(missing), detail, pages });
    else {
      entry.count++;
      // Checks that wait for evidence report late: the first row is the smallest.
      if (row < entry.row) {
        entry.row = row;
        entry.detail = detail;
        entry.pages = pages;
      }
      for (const m of missing) entry.missing.add(m);
    }
  }

  /** Undecided because these kinds do not fire in the trace. */
  notRecorded(row: number, detail: string, kinds: readonly EventKind[], pages?: PageRange): void {
    this.undecided('not-recorded', row, detail, kinds, pages);
  }

  /** True, and counted as undecided, when events are missing between two rows. */
  lost(fromRow: number, row: number, pages?: PageRange): boolean {
    if (!this.w.gapBetween(Math.max(0, Math.min(fromRow, row)), Math.max(fromRow, row))) return false;
    this.undecided('lost', row, 'Events are missing between the evidence and this event.', [], pages);
    return true;
  }

  pagesOfConv(conv: Conv): PageRange {
    return {
      vm: conv.vm?.index ?? -1,
      inode: conv.inode?.index ?? -1,
      unit: conv.scope === 'vm' ? 'gfn' : 'pgoff',
      first: conv.first,
      count: conv.end - conv.first,
    };
  }

  pagesOf(inode: Inode, first: Pgoff, count = 1): PageRange {
    return { vm: -1, inode: inode.index, unit: 'pgoff', first, count };
  }

  gfns(vm: Vm, first: Gfn, count = 1): PageRange {
    return { vm: vm.index, inode: -1, unit: 'gfn', first, count };
  }

  private add(verdict: Verdict, ruling: Ruling): void {
    const evidence: Evidence[] = [{ row: ruling.row as EventRow, role: 'witness', note: ruling.message }];
    for (const [row, role, note] of ruling.evidence ?? []) {
      if (row >= 0 && row < this.w.table.length && row !== ruling.row)
        evidence.push({ row: row as EventRow, role, note });
    }
    evidence.sort((a, b) => a.row - b.row);
    const { def } = this;
    this.findings.push({
      id: '',
      rule: def.id,
      profile: def.profile,
      verdict,
      severity: def.severity,
      message: ruling.message,
      at: ruling.row as EventRow,
      evidence,
      ...(ruling.pages ? { pages: ruling.pages } : {}),
    });
  }

  private statusWord(): RuleStatus['status'] {
    if (this.held + this.broken > 0) return 'judged';
    return this.open > 0 ? 'undecidable' : 'not-applicable';
  }

  /**
   * What the rule says of the trace as a whole, with its findings and one more for
   * each reason that left checks undecided. A rule that nothing in the trace
   * triggers has a reason, but no event to put a finding on.
   */
  close(): { status: RuleStatus; findings: readonly Finding[] } {
    const { def } = this;
    const missingGroups = def.needs.filter((group) => !this.recorded(...group));
    const { held, broken, open } = this;
    const counts = { checks: held + broken + open, held, broken, undecided: open };
    if (counts.checks === 0 && missingGroups.length > 0 && this.recorded(...def.about)) {
      const missing = missingGroups.map((g) => howToRecord(g[0]!));
      const reason: UndecidedReason = {
        reason: 'not-recorded',
        count: 0,
        row: 0 as EventRow,
        missing,
        detail: 'What would trigger or decide this rule is not in the trace.',
      };
      return {
        status: { id: def.id, profile: def.profile, status: 'undecidable', ...counts, reasons: [reason] },
        findings: [],
      };
    }
    const reasons: UndecidedReason[] = [...this.reasons].map(([reason, r]) => ({
      reason,
      count: r.count,
      row: r.row as EventRow,
      missing: [...r.missing].map(howToRecord).sort(),
      detail: r.detail,
    }));
    reasons.sort((a, b) => a.row - b.row || (a.reason < b.reason ? -1 : 1));
    const undecided = reasons.map((r): Finding => {
      const pages = this.reasons.get(r.reason)?.pages;
      return {
        id: '',
        rule: def.id,
        profile: def.profile,
        verdict: 'undecidable',
        severity: def.severity,
        reason: r.reason,
        at: r.row,
        message: undecidedText(r),
        evidence: [{ row: r.row, role: 'witness', note: 'first check that could not be decided' }],
        ...(pages ? { pages } : {}),
      };
    });
    return {
      status: { id: def.id, profile: def.profile, status: this.statusWord(), ...counts, reasons },
      findings: [...this.findings, ...undecided],
    };
  }
}

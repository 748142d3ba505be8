/**
 * Findings that are one fault. Rules that are broken at one event by the same defect say the same thing, and
 * a defect that is met at four events is one fault that was seen four times. What rules could not decide is
 * no fault.
 */
import { firstAbove } from '../../parsers/base/search.js';
import { COMPANIONS, defectOf } from './defects.js';
import type { Evidence, Finding, Severity, Verdict } from './finding.js';

/** What grouping asks of a finding: the model's own, or the editor's copy of it. */
export interface Groupable extends Pick<Finding, 'id' | 'rule' | 'verdict' | 'severity' | 'message'> {
  /** Row of its event. */
  readonly row: number;
  /** Rows of what caused it. */
  readonly causeRows: readonly number[];
}

/** The findings of one fault at one event, the worst first. */
export interface Sight<T> {
  readonly findings: readonly T[];
}

export interface Fault<T> {
  /** The id of the finding that leads: the worst where it was seen first. */
  readonly id: string;
  readonly verdict: Verdict;
  /** The worst of its findings'. */
  readonly severity: Severity;
  /** In the order of the trace. */
  readonly sights: readonly Sight<T>[];
}

export function groupable({ id, rule, verdict, severity, message, at, evidence }: Finding): Groupable {
  const causeRows = evidence.filter(isCause).map(({ row }) => row);
  return { id, rule, verdict, severity, message, row: at, causeRows };
}

function isCause({ role }: Pick<Evidence, 'role'>): boolean {
  return role === 'cause';
}

/** Faults by their first event. `findings` are in the order of the trace, and `as` says what each is. */
export function faultsOf<T>(findings: readonly T[], as: (finding: T) => Groupable): readonly Fault<T>[] {
  const { faultOf, firstOf, leads } = new Grouping(findings, as);
  const faults = leads.map((): T[][] => []);
  /** Which of its fault's sights the one is that begins with a finding. */
  const sightAt = new Uint32Array(findings.length);
  findings.forEach((finding, i) => {
    const sights = faults[faultOf[i]!];
    if (sights === undefined) return;
    if (firstOf[i] === i) sightAt[i] = sights.push([finding]) - 1;
    else sights[sightAt[firstOf[i]!]!]!.push(finding);
  });
  const severity = (finding: T): number => as(finding).severity;
  return faults.map((sights): Fault<T> => {
    for (const sight of sights) if (sight.length > 1) sight.sort((a, b) => severity(a) - severity(b));
    const { id, verdict } = as(sights[0]![0]!);
    const worst = sights.reduce<number>((least, [lead]) => Math.min(least, severity(lead!)), 4) as Severity;
    return { id, verdict, severity: worst, sights: sights.map((findings) => ({ findings })) };
  });
}

/** How many faults the violations among findings are. */
export function violatedFaults<T>(findings: readonly T[], as: (finding: T) => Groupable): number {
  return new Grouping(findings, as).leads.filter(({ verdict }) => verdict === 'violation').length;
}

const NONE = -1;

type Broken = Exclude<Verdict, 'undecidable'>;

/** A defect as one verdict has it: all findings of one kind are one fault. */
class Kind {
  /** The kind that stands for all that are one fault with it. */
  lead: Kind = this;
  /** Kinds that one event has together with it. */
  readonly companions: readonly string[];
  /** Rows where it was met, ascending, and the first finding at each. */
  private readonly rows: number[] = [];
  private readonly firsts: number[] = [];

  constructor(
    readonly verdict: Broken,
    defect: string,
  ) {
    this.companions = COMPANIONS.flatMap(([a, b]) => {
      if (a === defect) return [b];
      return b === defect ? [a] : [];
    });
  }

  /** The first finding at the row of a further one, which may be that one. */
  add(row: number, finding: number): number {
    if (this.rows.at(-1) === row) return this.firsts.at(-1)!;
    this.rows.push(row);
    this.firsts.push(finding);
    return finding;
  }

  /** The first finding at a row; undefined where there is none. */
  firstAt(row: number): number | undefined {
    const at = firstAbove(this.rows, row) - 1;
    return this.rows[at] === row ? this.firsts[at] : undefined;
  }
}

/** Which findings are one fault, and which of those one sight: in columns, for there may be a million. */
class Grouping<T> {
  /** Number of each finding's fault, in the order of their first findings; -1 where it is none. */
  readonly faultOf: Int32Array;
  /** The first finding of the same sight. */
  readonly firstOf: Uint32Array;
  /** The kind that leads each fault. */
  readonly leads: Kind[] = [];
  private readonly kinds = { violation: new Map<string, Kind>(), suspicious: new Map<string, Kind>() };

  /** @param findings in the order of the trace */
  constructor(findings: readonly T[], as: (finding: T) => Groupable) {
    this.firstOf = Uint32Array.from(findings.keys());
    const kinds = findings.map((finding, i) => this.place(i, as(finding)));
    kinds.forEach((kind, i) => {
      if (kind && kind.companions.length > 0) this.joinCompanions(i, kind, as(findings[i]!));
    });
    const numbers = new Map<Kind, number>();
    this.faultOf = Int32Array.from(kinds, (kind) => {
      if (!kind) return NONE;
      const known = numbers.get(kind.lead) ?? this.leads.push(kind.lead) - 1;
      numbers.set(kind.lead, known);
      return known;
    });
    for (let i = 0; i < findings.length; i++) this.firstOf[i] = this.root(i);
  }

  /** The kind of a finding, among which it has its place now; undefined of what is undecided. */
  private place(i: number, known: Groupable): Kind | undefined {
    if (known.verdict === 'undecidable') return undefined;
    const kinds = this.kinds[known.verdict];
    const defect = defectOf(known);
    const kind = kinds.get(defect) ?? new Kind(known.verdict, defect);
    kinds.set(defect, kind);
    this.firstOf[i] = kind.add(known.row, i);
    return kind;
  }

  /** What one event, or its cause, has together with this finding is one fault with it, and one sight. */
  private joinCompanions(i: number, kind: Kind, { row, causeRows }: Groupable): void {
    for (const defect of kind.companions) {
      const other = this.kinds[kind.verdict].get(defect);
      if (!other) continue;
      for (const at of [row, ...causeRows]) {
        const there = other.firstAt(at);
        if (there === undefined) continue;
        this.joinSights(there, i);
        this.joinKinds(other.lead, kind.lead);
      }
    }
  }

  private joinSights(a: number, b: number): void {
    const [x, y] = [this.root(a), this.root(b)];
    // The first of a sight stands for it.
    this.firstOf[Math.max(x, y)] = Math.min(x, y);
  }

  private joinKinds(lead: Kind, other: Kind): void {
    if (lead === other) return;
    for (const kind of this.kinds[lead.verdict].values()) if (kind.lead === other) kind.lead = lead;
  }

  private root(index: number): number {
    const { firstOf } = this;
    let at = index;
    while (firstOf[at] !== at) {
      firstOf[at] = firstOf[firstOf[at]!]!;
      at = firstOf[at]!;
    }
    return at;
  }
}

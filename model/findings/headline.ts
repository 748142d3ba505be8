/**
 * The one line that sums up a judged trace, and says first what could be judged: the same in every output of
 * the command line and everywhere in the editor. That nothing was found means little where nothing could be
 * found.
 */
import { ISSUE_KINDS, type IssueCode } from '../../parsers/events/issues.js';
import { groupable, violatedFaults } from './fault.js';
import type { RuleStatus, Verdict } from './finding.js';
import type { TraceReport } from './report.js';
import { plural } from '../../parsers/base/plural.js';

/** What became of a rule over a whole trace. */
export type RuleOutcome =
  /** A check ended in a violation or a suspicion. */
  | 'broken'
  /** Every check came out well, and nothing that the rule asks for was missing. */
  | 'held'
  /** None was broken, and some could not be decided, or could not have been found. */
  | 'undecided'
  | 'not-applicable';

/** What tells the outcome of a rule: its status, or what the editor keeps of it. */
export type RuleCounts = Pick<RuleStatus, 'status' | 'broken'> & { readonly reasons: readonly unknown[] };

export function outcomeOf({ status, broken, reasons }: RuleCounts): RuleOutcome {
  if (broken > 0) return 'broken';
  if (status === 'undecidable' || reasons.length > 0) return 'undecided';
  return status === 'judged' ? 'held' : 'not-applicable';
}

/** What a headline is made of: plain data, so that it can be made where the analysis is no longer at hand. */
export interface HeadlineFacts {
  readonly rules: readonly RuleCounts[];
  /** Without those that were set aside. */
  readonly findings: readonly { readonly verdict: Verdict }[];
  /** How many faults the violations among them are. */
  readonly faults: number;
  /** Violations and suspicions that somebody set aside with a reason. */
  readonly setAside: number;
  readonly issues: readonly { readonly code: IssueCode }[];
  /** Events of the trace, and those of KVM, guest_memfd or a restricted memfd among them. */
  readonly events: { readonly total: number; readonly ofKvm: number };
}

export interface Headline {
  /** `no violation found · 14 rules held, 5 undecided`, without the trace's name. */
  readonly text: string;
  /**
   * The worst that is to be said. `held`, and only that, deserves a tick: every rule that applies was
   * decided, and none is broken but by what was set aside.
   */
  readonly state: 'nothing-judged' | 'violation' | 'suspicious' | 'undecided' | 'held';
  readonly violations: number;
  /** How many faults they are. */
  readonly faults: number;
  readonly suspicious: number;
  readonly setAside: number;
  /** Rules by their outcome. */
  readonly rules: Readonly<Record<RuleOutcome, number>>;
}

export function headlineOf(facts: HeadlineFacts): Headline {
  const outcomes = facts.rules.map(outcomeOf);
  const count = (outcome: RuleOutcome): number => outcomes.filter((o) => o === outcome).length;
  const rules: Headline['rules'] = {
    broken: count('broken'),
    held: count('held'),
    undecided: count('undecided'),
    'not-applicable': count('not-applicable'),
  };
  const of = (verdict: Verdict): number => facts.findings.filter((f) => f.verdict === verdict).length;
  const counts = {
    violations: of('violation'),
    faults: facts.faults,
    suspicious: of('suspicious'),
    setAside: facts.setAside,
    rules,
  };
  const cut = cutText(facts.issues);
  const lost = facts.issues.some(({ code }) => ISSUE_KINDS[code].severity === 'dataLoss');
  const judged = facts.rules.some(({ status }) => status === 'judged');
  const text = judged
    ? `${judgedText(counts)}${lost ? ' · events were lost' : ''}`
    : `nothing could be judged: ${whyNothing(facts, rules)}`;
  return {
    ...counts,
    text: cut === '' ? text : `${cut} · ${text}`,
    state: judged ? judgedState(counts, cut !== '' || lost) : 'nothing-judged',
  };
}

type Counts = Omit<Headline, 'text' | 'state'>;

function judgedState({ violations, suspicious, rules }: Counts, isPartial: boolean): Headline['state'] {
  if (violations > 0) return 'violation';
  if (suspicious > 0) return 'suspicious';
  return rules.undecided > 0 || isPartial ? 'undecided' : 'held';
}

function judgedText({ violations, faults, suspicious, setAside, rules }: Counts): string {
  const are = faults < violations ? ` (${plural(faults, 'fault')})` : '';
  const found = [violations === 0 ? 'no violation found' : `${plural(violations, 'violation')}${are}`];
  if (suspicious > 0) found.push(`${suspicious} suspicious`);
  if (setAside > 0) found.push(`${setAside} set aside`);
  const decided = [`${rules.held === 0 ? 'no rule' : plural(rules.held, 'rule')} held`];
  if (rules.undecided > 0) decided.push(`${rules.undecided} undecided`);
  return `${found.join(', ')} · ${decided.join(', ')}`;
}

function whyNothing({ events }: HeadlineFacts, rules: Headline['rules']): string {
  if (events.total === 0) return 'no event';
  if (events.ofKvm === 0) return 'no event of KVM or guest_memfd';
  if (rules.undecided === 0) return 'no event that a rule is about';
  return `${plural(rules.undecided, 'rule')} undecided`;
}

/** Issues that say that not all of the trace is told of, worst first, in the words of a headline. */
const CUTS: readonly (readonly [IssueCode, string])[] = [
  ['limit-met', 'a limit was met, the rest was not read'],
  ['not-all-judged', 'a limit was met, the rest was not judged'],
  ['bad-header', 'the file is damaged'],
  ['decompress-failed', 'the file is damaged'],
  ['bad-record', 'the file is damaged'],
  ['torn-tail', 'the file is cut off'],
  ['fewer-entries', 'the file is cut or filtered'],
  ['not-all-read', 'the file lacks events that the kernel counted'],
  ['sampled', 'the recorder took samples'],
];

function cutText(issues: HeadlineFacts['issues']): string {
  return CUTS.find(([code]) => issues.some((issue) => issue.code === code))?.[1] ?? '';
}

/** The headline of a trace that was judged here. */
export function reportHeadline({ analysis, table, suppressed }: TraceReport): Headline {
  return headlineOf({
    rules: analysis.rules,
    findings: analysis.findings,
    faults: violatedFaults(analysis.findings, groupable),
    setAside: suppressed?.filter(({ finding }) => finding.verdict !== 'undecidable').length ?? 0,
    issues: table.issues,
    events: { total: table.length, ofKvm: analysis.ofKvm },
  });
}

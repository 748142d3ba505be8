/**
 * Findings that somebody has looked at and set aside, with a written reason: the `suppress` list of a
 * .shimtrace.json.
 *
 *     { "suppress": [ {
 *       "trace": "runs/conversion.txt",
 *       "recording": "6f0c…",
 *       "rule": "G9", "verdict": "violation", "pages": "ino:268 pgoff 0x4",
 *       "message": "pages 0x4..0x5 of inode 268 became private while page 0x4 is pinned",
 *       "evidence": ["state gup_longterm_ret", "witness kvm_gmem_store_attributes"],
 *       "reason": "known, fixed in v9"
 *     } ] }
 *
 * An entry is bound to what it was about: `recording` is the SHA-256 of the file, of several files those of
 * all of them. The file may be moved or renamed; another recording under its name has its findings back.
 * `trace` is where the file was, relative to the .shimtrace.json with `/` between its parts: it tells only
 * which entries are stale.
 */
import type { EvidenceRole, Finding, Verdict } from './finding.js';
import { pagesText, type StaleSuppression, type TraceReport } from './report.js';

export const PROJECT_FILE = '.shimtrace.json';

/** What a finding is about, wherever it stands. */
export interface About {
  readonly rule: string;
  readonly verdict: Verdict;
  /** The pages as they are printed, '' for none. */
  readonly pages: string;
  readonly message: string;
  /** Kinds of evidence, each once: its role and the event's name without its system. */
  readonly evidence: readonly string[];
}

export interface Suppression extends About {
  readonly trace: string;
  readonly recording: string;
  readonly reason: string;
}

/** An entry as they were once: by a file's name and a row, which the next recording of that name has too. */
export interface UnboundSuppression {
  readonly trace: string;
  /** `G9@689`. */
  readonly finding: string;
  readonly reason: string;
}

export interface Suppressions {
  readonly bound: readonly Suppression[];
  /** They set nothing aside, and are listed as stale. */
  readonly unbound: readonly UnboundSuppression[];
  /** What is wrong with the file, one sentence each; the entries that are right are used. */
  readonly problems: readonly string[];
}

export const NO_SUPPRESSIONS: Suppressions = { bound: [], unbound: [], problems: [] };

/** Reads the text of a .shimtrace.json. Never throws: what it cannot use it says. */
export function parseSuppressions(text: string): Suppressions {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { ...NO_SUPPRESSIONS, problems: [`is not JSON: ${why}`] };
  }
  const entries = isObject(data) ? data['suppress'] : undefined;
  if (entries === undefined) return NO_SUPPRESSIONS;
  if (!Array.isArray(entries)) return { ...NO_SUPPRESSIONS, problems: ['`suppress` is not a list'] };
  const bound: Suppression[] = [];
  const unbound: UnboundSuppression[] = [];
  const problems: string[] = [];
  entries.forEach((entry: unknown, index) => {
    const found = boundOf(entry);
    const old = found ? undefined : unboundOf(entry);
    if (found) bound.push(found);
    else if (old) unbound.push(old);
    else problems.push(`entry ${index + 1} of \`suppress\` ${WANTED}`);
  });
  return { bound, unbound, problems };
}

const TEXTS = ['trace', 'recording', 'rule', 'pages', 'message', 'reason'] as const;
const VERDICTS: readonly unknown[] = ['violation', 'suspicious', 'undecidable'] satisfies readonly Verdict[];
const WANTED =
  'needs "trace", "recording", "rule", "verdict", "pages", "message", "evidence" and a "reason" that is not ' +
  'empty: `shimtrace suppress` and the editor write one';

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function hasReason({ reason }: Record<string, unknown>): boolean {
  return typeof reason === 'string' && reason.trim() !== '';
}

function boundOf(entry: unknown): Suppression | undefined {
  if (!isObject(entry) || !hasReason(entry)) return undefined;
  const { evidence, verdict } = entry;
  const isWhole = TEXTS.every((name) => typeof entry[name] === 'string') && entry['recording'] !== '';
  const hasEvidence = Array.isArray(evidence) && evidence.every((kind) => typeof kind === 'string');
  if (!isWhole || !hasEvidence || !VERDICTS.includes(verdict)) return undefined;
  const { trace, recording, rule, pages, message, reason } = entry as Record<(typeof TEXTS)[number], string>;
  return { trace, recording, rule, verdict: verdict as Verdict, pages, message, evidence, reason };
}

function unboundOf(entry: unknown): UnboundSuppression | undefined {
  if (!isObject(entry) || !hasReason(entry) || 'recording' in entry) return undefined;
  const { trace, finding, reason } = entry;
  if (typeof trace !== 'string' || typeof finding !== 'string' || typeof reason !== 'string')
    return undefined;
  return { trace, finding, reason };
}

/** Kinds of evidence, each once, in their order. */
export function evidenceKinds(
  evidence: Iterable<{ readonly role: EvidenceRole; readonly event: string }>,
): readonly string[] {
  const kinds = new Set<string>();
  for (const { role, event } of evidence) kinds.add(`${role} ${event.slice(event.indexOf(':') + 1)}`);
  return [...kinds];
}

/** What a finding of a trace that was judged here is about. */
export function aboutFinding({ analysis, table }: TraceReport, finding: Finding): About {
  const { rule, verdict, message, evidence } = finding;
  const pages = pagesText(analysis, finding.pages);
  const events = evidence.map(({ role, row }) => ({ role, event: table.name(row) }));
  return { rule, verdict, pages, message, evidence: evidenceKinds(events) };
}

function isAbout(entry: About, { rule, verdict, pages, message, evidence }: About): boolean {
  return (
    entry.rule === rule &&
    entry.verdict === verdict &&
    entry.pages === pages &&
    entry.message === message &&
    entry.evidence.join('\n') === evidence.join('\n')
  );
}

/** A trace whose findings are to be set aside. */
export interface Judgement<F> {
  /** Its files, relative to the .shimtrace.json. */
  readonly paths: readonly string[];
  /**
   * Its digest, see {@link recordingOf}; asked for only where an entry may be about it. '' matches nothing.
   */
  readonly recording: () => string;
  /** Rules that were judged: an entry about another one is not stale. */
  readonly rules: ReadonlySet<string>;
  readonly findings: readonly F[];
  readonly about: (finding: F) => About;
}

export interface SetAside<F> {
  readonly open: readonly F[];
  readonly aside: readonly { readonly finding: F; readonly entry: Suppression }[];
  readonly stale: readonly Stale[];
}

/** An entry for a file of the trace that sets nothing of it aside. */
export interface Stale extends StaleSuppression {
  readonly entry: Suppression | UnboundSuppression;
}

/** Sorts the findings of a trace by whether an entry sets them aside. What is alike goes together. */
export function setAside<F>(suppressions: Suppressions, judgement: Judgement<F>): SetAside<F> {
  const { paths, rules, findings, about } = judgement;
  let digest: string | undefined;
  const isOfRecording = ({ recording }: Suppression): boolean => {
    digest ??= judgement.recording();
    return recording === digest;
  };
  const open: F[] = [];
  const aside: { finding: F; entry: Suppression }[] = [];
  const used = new Set<Suppression>();
  for (const finding of findings) {
    const of = suppressions.bound.length === 0 ? undefined : about(finding);
    const entry = of && suppressions.bound.find((known) => isAbout(known, of) && isOfRecording(known));
    if (entry) {
      used.add(entry);
      aside.push({ finding, entry });
    } else open.push(finding);
  }
  const isHere = ({ trace }: { readonly trace: string }): boolean => paths.includes(trace);
  const stale: Stale[] = suppressions.unbound
    .filter(isHere)
    .map((entry) => ({ entry, about: entry.finding, reason: entry.reason, why: 'unbound' }));
  for (const entry of suppressions.bound) {
    if (used.has(entry) || !isHere(entry) || !rules.has(entry.rule)) continue;
    const why = isOfRecording(entry) ? 'not-found' : 'other-recording';
    stale.push({ entry, about: `${entry.rule}: ${entry.message}`, reason: entry.reason, why });
  }
  return { open, aside, stale };
}

/**
 * The digest of a recording from those of its files, in whatever order they are; '' where one is not known.
 */
export function recordingOf(digests: readonly string[]): string {
  return digests.includes('') ? '' : [...digests].sort().join('+');
}

/**
 * The text of a .shimtrace.json with one more entry, in place of those that it takes up again: about the same
 * in the same recording or in an older one under its name, or by `finding`, its id. What else the file holds
 * stays. Throws on text that is not JSON.
 */
export function withSuppression(text: string, added: Suppression, finding: string): string {
  const data = text.trim() === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
  const isTakenUp = (entry: unknown): boolean => {
    const bound = boundOf(entry);
    if (bound)
      return isAbout(bound, added) && (bound.recording === added.recording || bound.trace === added.trace);
    const unbound = unboundOf(entry);
    return unbound?.finding === finding && unbound.trace === added.trace;
  };
  const { trace, recording, rule, verdict, pages, message, evidence, reason } = added;
  const entry = { trace, recording, rule, verdict, pages, message, evidence, reason };
  return textOf(data, [...entriesOf(data).filter((known) => !isTakenUp(known)), entry]);
}

/** The text without an entry. Throws on text that is not JSON. */
export function withoutSuppression(text: string, gone: Suppression | UnboundSuppression): string {
  const data = JSON.parse(text) as Record<string, unknown>;
  const wanted = JSON.stringify(gone);
  const isGone = (entry: unknown): boolean => JSON.stringify(boundOf(entry) ?? unboundOf(entry)) === wanted;
  return textOf(
    data,
    entriesOf(data).filter((entry) => !isGone(entry)),
  );
}

function entriesOf({ suppress }: Record<string, unknown>): readonly unknown[] {
  return Array.isArray(suppress) ? suppress : [];
}

function textOf(data: Record<string, unknown>, suppress: readonly unknown[]): string {
  return `${JSON.stringify({ ...data, suppress }, null, 2)}\n`;
}

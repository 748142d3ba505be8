/**
 * Findings that somebody has looked at and set aside, with a written reason: the `suppress` list of a
 * .shimtrace.json.
 *
 *     { "suppress": [ { "trace": "runs/a.txt", "finding": "G9@689", "reason": "known, fixed in v9" } ] }
 *
 * `trace` is a path relative to the .shimtrace.json, with `/` between its parts. A finding's id holds
 * its rule and row.
 */
import type { Finding } from './finding.js';

export const PROJECT_FILE = '.shimtrace.json';

export interface Suppression {
  readonly trace: string;
  readonly finding: string;
  readonly reason: string;
}

export interface Suppressions {
  readonly list: readonly Suppression[];
  /** What is wrong with the file, one sentence each; the entries that are right are used. */
  readonly problems: readonly string[];
}

export const NO_SUPPRESSIONS: Suppressions = { list: [], problems: [] };

/** Reads the text of a .shimtrace.json. Never throws: what it cannot use it says. */
export function parseSuppressions(text: string): Suppressions {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    return { list: [], problems: [`is not JSON: ${error instanceof Error ? error.message : String(error)}`] };
  }
  const entries: unknown =
    typeof data === 'object' && data !== null
      ? (data as { readonly suppress?: unknown }).suppress
      : undefined;
  if (entries === undefined) return NO_SUPPRESSIONS;
  if (!Array.isArray(entries)) return { list: [], problems: ['`suppress` is not a list'] };
  const list: Suppression[] = [];
  const problems: string[] = [];
  entries.forEach((entry: unknown, index) => {
    const found = suppressionOf(entry);
    if (found) list.push(found);
    else
      problems.push(
        `entry ${index + 1} of \`suppress\` needs "trace", "finding" and a "reason" that is not empty`,
      );
  });
  return { list, problems };
}

function suppressionOf(entry: unknown): Suppression | undefined {
  if (typeof entry !== 'object' || entry === null) return undefined;
  const { trace, finding, reason } = entry as Record<'trace' | 'finding' | 'reason', unknown>;
  if (
    typeof trace !== 'string' ||
    typeof finding !== 'string' ||
    typeof reason !== 'string' ||
    reason.trim() === ''
  )
    return undefined;
  return { trace, finding, reason };
}

/**
 * The suppression of a finding in the trace at `path` (relative to the .shimtrace.json), undefined when there
 * is none.
 */
export function suppressionFor(
  { list }: Suppressions,
  path: string,
  finding: Pick<Finding, 'id'>,
): Suppression | undefined {
  return list.find((entry) => entry.finding === finding.id && entry.trace === path);
}

/**
 * The text of a .shimtrace.json with one more suppression; what else it holds stays. Throws on text that is
 * not JSON.
 */
export function withSuppression(text: string, added: Suppression): string {
  const data = (text.trim() === '' ? {} : JSON.parse(text)) as { suppress?: unknown };
  const others = Array.isArray(data.suppress)
    ? (data.suppress as unknown[]).filter((entry) => !sameFinding(entry, added))
    : [];
  return `${JSON.stringify({ ...data, suppress: [...others, added] }, null, 2)}\n`;
}

/** The text without the suppression of a finding. */
export function withoutSuppression(text: string, gone: Pick<Suppression, 'trace' | 'finding'>): string {
  const data = JSON.parse(text) as { suppress?: unknown };
  const others = Array.isArray(data.suppress)
    ? (data.suppress as unknown[]).filter((entry) => !sameFinding(entry, gone))
    : [];
  return `${JSON.stringify({ ...data, suppress: others }, null, 2)}\n`;
}

function sameFinding(entry: unknown, { trace, finding }: Pick<Suppression, 'trace' | 'finding'>): boolean {
  const found = suppressionOf(entry);
  return found !== undefined && found.trace === trace && found.finding === finding;
}

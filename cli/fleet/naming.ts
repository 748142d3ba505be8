/** Names of runs by a pattern of their paths, `{day}/{host}/{run}`. */
import { InputError, UsageError } from '../errors.js';
import { NO_HOST, runName, type RunName } from './runName.js';
import type { FleetTrace } from './traces.js';

/** What a pattern, or a column of a manifest, may say of a run. */
export const NAME_PARTS = ['host', 'run', 'day', 'kernel'] as const;
export type NamePart = (typeof NAME_PARTS)[number];
export type NameParts = Readonly<Partial<Record<NamePart, string>>>;

const SHOWN_MAX = 3;

/** Gives the name of a run by the trace's place; undefined where the place does not fit. */
export type Naming = (relative: string) => RunName | undefined;

/**
 * The naming by a pattern: `{host}`, `{day}` and `{kernel}` are a text without a slash, `{run}` is any, `*`
 * is a text without a slash that is not wanted. Throws UsageError for a pattern that says nothing.
 */
export function namingOf(pattern: string): Naming {
  const parts: NamePart[] = [];
  const source = pattern
    .split(/(\{[^{}]*\}|\*)/)
    .map((piece) => {
      if (piece === '*') return '[^/]*';
      if (!piece.startsWith('{')) return piece.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
      const part = NAME_PARTS.find((name) => piece === `{${name}}`);
      if (part === undefined || parts.includes(part))
        throw new UsageError(`--name: '${piece}' is not one of {${NAME_PARTS.join('}, {')}}, each once`);
      parts.push(part);
      return part === 'run' ? '(.+)' : '([^/]+)';
    })
    .join('');
  if (parts.length === 0) throw new UsageError(`--name takes a pattern such as '{day}/{host}/{run}'`);
  const form = new RegExp(`^${source}$`, 's');
  return (relative) => {
    const match = form.exec(relative.replaceAll('\\', '/'));
    if (!match) return undefined;
    const said = Object.fromEntries(parts.map((part, i) => [part, match[i + 1]!])) as NameParts;
    return nameOf(said, relative);
  };
}

/**
 * The name that was said, whole: what was not said, or is empty, is as without a pattern. Day and kernel
 * stand before the run's name, too: what is called alike on each day are different runs. Throws InputError
 * for no day.
 */
export function nameOf(said: NameParts, relative: string): RunName {
  const text = (part: NamePart): string | undefined => (said[part] === '' ? undefined : said[part]);
  const [run, day, kernel] = [text('run') ?? relative, text('day'), text('kernel')];
  const before = [day, kernel].filter((part) => part !== undefined && !run.includes(part));
  return {
    host: text('host') ?? NO_HOST,
    run: [...before, run].join('/'),
    day: day === undefined ? undefined : dayOf(day, relative),
    kernel,
  };
}

/** `2026-11-30`, also of `20261130`: days are compared as texts. */
function dayOf(text: string, relative: string): string {
  const match = /^(\d{4})-?(\d{2})-?(\d{2})$/.exec(text);
  const day = match && `${match[1]!}-${match[2]!}-${match[3]!}`;
  const isDay = day && !Number.isNaN(Date.parse(day)) && new Date(day).toISOString().startsWith(day);
  if (!isDay) throw new InputError(`${relative}: '${text}' is no day, such as 2026-11-30 or 20261130`);
  return day;
}

/** The traces with their names. Throws InputError where one has none, and where two are of one name. */
export function named(traces: readonly FleetTrace[], pattern: string | undefined): readonly FleetTrace[] {
  if (pattern === undefined) return traces;
  const naming = namingOf(pattern);
  const unfit: string[] = [];
  const all = traces.map((trace) => {
    const name = naming(trace.relative);
    if (name === undefined) unfit.push(trace.relative);
    return { ...trace, name: name ?? runName(trace.relative) };
  });
  if (unfit.length === 0) return all;
  const more = unfit.length > SHOWN_MAX ? ` and ${unfit.length - SHOWN_MAX} more` : '';
  throw new InputError(
    `--name '${pattern}' does not fit ${unfit.slice(0, SHOWN_MAX).join(', ')}${more}, of ${traces.length}`,
  );
}

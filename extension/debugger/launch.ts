/** Launch arguments: what to replay, by which rules, from where, following whom. */
import { firstIndex } from '../../parsers/base/search.js';
import type { Conversion } from '../../model/analysis.js';
import type { TraceIndex } from '../../model/cursor/traceIndex.js';
import type { Moment } from '../../model/objects/moment.js';
import type { SourceMap } from './host.js';
import type { Lines } from './lines.js';
import { UserError } from './protocol.js';

export interface LaunchArgs {
  readonly trace: string;
  /** Further files of the same run. */
  readonly more: readonly string[];
  readonly rules: readonly string[];
  readonly from: From;
  readonly follow: Follow;
  readonly sourceMap: SourceMap;
  readonly stopOnEntry: boolean;
}

/** Where the replay begins. */
export type From =
  | { readonly kind: 'start' }
  | { readonly kind: 'line' | 'row' | 'conversion'; readonly number: number }
  | { readonly kind: 'time'; readonly text: string }
  | { readonly kind: 'finding'; readonly id: string };

/** Which events a step goes to. `here` is what the event that the launch begins at is about. */
export type Follow =
  | { readonly kind: 'all' }
  | { readonly kind: 'here'; readonly what: 'page' | 'thread' | 'conversion' }
  | {
      readonly kind: 'page';
      readonly gfn: number;
      readonly pgoff: number;
      readonly vm: number;
      readonly inode: number;
    }
  | { readonly kind: 'vcpu' | 'thread' | 'conversion'; readonly number: number };

function text(value: unknown, what: string): string {
  if (typeof value !== 'string' || value === '') throw new UserError(10, `launch: "${what}" must be a text`);
  return value;
}

/** Whole number from a JSON number or from text such as `0x100`. */
function whole(value: unknown, what: string): number {
  const number =
    typeof value === 'string' && /^\s*(?:0x[0-9a-f]+|\d+)\s*$/i.test(value) ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isInteger(number) || number < 0)
    throw new UserError(11, `launch: ${what} must be a whole number`);
  return number;
}

function fields(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new UserError(12, `launch: "${what}" must be an object`);
  return value as Record<string, unknown>;
}

/** One file, or several of one run. */
function traces(value: unknown): readonly string[] {
  return Array.isArray(value) && value.length > 0
    ? value.map((file) => text(file, 'trace'))
    : [text(value, 'trace')];
}

/** Checks what a client sent; throws UserError that names what is wrong. */
export function launchArgs(raw: unknown): LaunchArgs {
  const args = fields(raw, 'arguments');
  const rules = args['rules'] ?? [];
  const list = typeof rules === 'string' ? [rules] : rules;
  if (!Array.isArray(list) || list.some((rule) => typeof rule !== 'string'))
    throw new UserError(13, 'launch: "rules" must be a list of profile names');
  const [trace, ...more] = traces(args['trace'] ?? args['program']);
  return {
    trace: trace!,
    more,
    rules: list as string[],
    from: fromOf(args['from']),
    follow: followOf(args['follow']),
    sourceMap: sourceMapOf(args['sourceMap']),
    stopOnEntry: args['stopOnEntry'] !== false,
  };
}

const FROM_EXAMPLES =
  '"start", {"line": 120}, {"time": "81.502913"}, {"finding": "G9@115"} or {"conversion": 0}';

function fromOf(value: unknown): From {
  if (value === undefined || value === 'start') return { kind: 'start' };
  if (typeof value === 'number') return { kind: 'line', number: whole(value, '"from"') };
  const object = typeof value === 'string' ? prefixed(value) : fields(value, 'from');
  if (object['line'] !== undefined) return { kind: 'line', number: whole(object['line'], '"from".line') };
  if (object['row'] !== undefined) return { kind: 'row', number: whole(object['row'], '"from".row') };
  if (object['conversion'] !== undefined)
    return { kind: 'conversion', number: whole(object['conversion'], '"from".conversion') };
  if (object['finding'] !== undefined)
    return { kind: 'finding', id: text(object['finding'], 'from.finding') };
  if (object['time'] !== undefined) return { kind: 'time', text: String(object['time']) };
  throw new UserError(14, `launch: "from" must be ${FROM_EXAMPLES}`);
}

/** `line 120`, `finding:G9@115` as typed in a prompt. */
function prefixed(value: string): Record<string, unknown> {
  const match = /^(line|row|conversion|finding|time)[:\s]+(\S+)$/.exec(value.trim());
  return match ? { [match[1]!]: match[2] } : {};
}

const FOLLOW_EXAMPLES =
  '"all", "page", "thread", "conversion", {"page": "0x100"}, ' +
  '{"vcpu": 0}, {"thread": 1234} or {"conversion": 0}';

function followOf(value: unknown): Follow {
  if (value === undefined || value === 'all') return { kind: 'all' };
  if (value === 'page' || value === 'thread' || value === 'conversion') return { kind: 'here', what: value };
  const object = fields(value, 'follow');
  const optional = (name: string): number =>
    object[name] === undefined ? -1 : whole(object[name], `"follow".${name}`);
  const page = object['page'] ?? object['gfn'];
  if (page !== undefined)
    return { kind: 'page', gfn: whole(page, '"follow".page'), pgoff: -1, vm: optional('vm'), inode: -1 };
  if (object['pgoff'] !== undefined)
    return { kind: 'page', gfn: -1, pgoff: optional('pgoff'), vm: -1, inode: optional('inode') };
  for (const kind of ['vcpu', 'thread', 'conversion'] as const) {
    if (object[kind] !== undefined) return { kind, number: whole(object[kind], `"follow".${kind}`) };
  }
  throw new UserError(15, `launch: "follow" must be ${FOLLOW_EXAMPLES}`);
}

function sourceMapOf(value: unknown): SourceMap {
  if (value === undefined || value === null) return { vmlinux: '', tree: '', prefixes: [] };
  if (typeof value === 'string') return { vmlinux: '', tree: value, prefixes: [] };
  const prefixes: [string, string][] = [];
  let vmlinux = '';
  let tree = '';
  for (const [key, target] of Object.entries(fields(value, 'sourceMap'))) {
    const path = text(target, `sourceMap.${key}`);
    if (key === 'vmlinux') vmlinux = path;
    else if (key === 'tree') tree = path;
    else prefixes.push([key, path]);
  }
  prefixes.sort((a, b) => b[0].length - a[0].length);
  return { vmlinux, tree, prefixes };
}

/**
 * What a launch follows, once it stands where it begins;
 * throws UserError where there is nothing of that sort.
 */
export function followHere(follow: Follow, moment: Moment): Follow {
  if (follow.kind === 'conversion') conversionOf(moment.index.analysis.conversions, follow.number);
  if (follow.kind !== 'here') return follow;
  if (follow.what === 'thread') return { kind: 'thread', number: moment.index.table.tid(moment.row) };
  const conversion = follow.what === 'conversion' ? moment.conversion() : undefined;
  if (conversion) return { kind: 'conversion', number: conversion.index };
  const page = follow.what === 'page' ? moment.page() : undefined;
  if (page) return { kind: 'page', ...page };
  throw new UserError(
    19,
    `launch: the event at ${moment.index.place(moment.row)} belongs to no ${follow.what} that could be followed`,
  );
}

/** The row that a launch begins at. */
export function rowOfFrom(from: From, index: TraceIndex, lines: Lines): number {
  const { analysis, table } = index;
  const last = table.length - 1;
  switch (from.kind) {
    case 'start':
      return 0;
    case 'row':
      return Math.min(from.number, last);
    case 'line':
      return lines.rowAt(from.number);
    case 'conversion':
      return conversionOf(analysis.conversions, from.number).fromRow;
    case 'finding': {
      // A rule's name alone means its first finding.
      const found =
        analysis.findings.find((finding) => finding.id === from.id) ??
        analysis.findings.find((finding) => finding.rule === from.id);
      if (!found)
        throw new UserError(
          16,
          `launch: no finding ${from.id} in this trace; the list of findings shows their ids`,
        );
      return found.at;
    }
    case 'time':
      return rowAtTime(index, from.text);
  }
}

export function conversionOf(conversions: readonly Conversion[], number: number): Conversion {
  const found = conversions[number];
  if (!found)
    throw new UserError(
      17,
      conversions.length === 0
        ? 'this trace holds no conversion'
        : `conversions go from 0 to ${conversions.length - 1}`,
    );
  return found;
}

const NS_PER_SECOND = 1_000_000_000n;
/** Digits of a second's fraction that are kept. */
const NS_DIGITS = 9;

/** First row at or after a time as the trace prints it. Digits are read as integers: no time is rounded. */
function rowAtTime(index: TraceIndex, timeText: string): number {
  const { table } = index;
  const match = /^(\d+)(?:\.(\d{1,9}))?$/.exec(timeText.trim());
  if (!match || table.meta.timeUnit === 'none') {
    throw new UserError(
      18,
      table.meta.timeUnit === 'none'
        ? 'launch: this trace has no clock'
        : 'launch: "from".time must be seconds as the trace prints them',
    );
  }
  const whole = BigInt(match[1]!);
  const wanted =
    table.meta.timeUnit === 'ticks'
      ? whole
      : whole * NS_PER_SECOND + BigInt((match[2] ?? '').padEnd(NS_DIGITS, '0'));
  return Math.min(
    firstIndex(table.length, (row) => table.absoluteTime(row) >= wanted),
    table.length - 1,
  );
}

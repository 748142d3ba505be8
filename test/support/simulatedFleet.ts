/**
 * A fleet whose truth is known: traces made by varying shipped ones, on hosts with kernels over days, with
 * bugs that come on a day and show in all or in some of the runs. The truth is counted here, from how each
 * trace was made and what the model says of the shipped one, without files, names or SQL.
 */
import fs from 'node:fs';
import path from 'node:path';
import { outcomeOf } from '../../model/findings/headline.js';
import { random } from './mutate.js';
import { judgeText } from '../golden/judge.js';
import { rowsOf, tablesOf } from './sqlTables.js';

export const PATTERN = '{day}/{host}/{kernel}/{run}';

/** A kernel of the fleet, and how many times slower than the shipped traces it is. */
const KERNELS = [
  { release: '6.12.9', slowness: 1 },
  { release: '6.13.0-rc2', slowness: 2 },
  { release: "6.14.0-it's", slowness: 3 },
] as const;
type Kernel = (typeof KERNELS)[number];
const FIRST_DAY = Date.UTC(2026, 9, 1);
const DAY_MS = 86_400_000;

/**
 * What runs on a host: traces about one rule, of which there are a clean, a violating and an undecidable one.
 */
interface Workload {
  readonly host: string;
  readonly rule: string;
  /** The kernels that have the bug. */
  readonly has: (kernel: Kernel) => boolean;
  /** The part of the days in which they have it. */
  readonly from: number;
  readonly until: number;
  /** Of these runs, how many show it. */
  readonly rate: number;
  /** Of all runs, how many are recorded so that nothing can be said of it. */
  readonly undecidable: number;
}
const WORKLOADS: readonly Workload[] = [
  { host: 'alpha', rule: 'G9', has: (k) => k.slowness === 1, from: 0.4, until: 1, rate: 1, undecidable: 0.1 },
  { host: 'beta', rule: 'G1', has: () => true, from: 0, until: 1, rate: 0.3, undecidable: 0.1 },
  { host: 'gamma 3', rule: 'G13', has: () => true, from: 0.2, until: 0.6, rate: 1, undecidable: 0.4 },
  { host: 'delta', rule: 'G11', has: () => false, from: 0, until: 0, rate: 0, undecidable: 0.3 },
];
const DAMAGED = 0.03;
/** Recordings of a correct kernel, as it printed them, are some of the runs of the host without a bug. */
const REAL = 'labelled/inplace/N.p.txt';
const REAL_SHARE = 0.2;

export interface SimulatedTrace {
  /** `{day}/{host}/{kernel}/{run}` */
  readonly relative: string;
  readonly host: string;
  readonly kernel: Kernel;
  readonly day: string;
  /** The shipped trace; undefined: it is damaged. */
  readonly base: string | undefined;
  readonly text: string;
}

export interface Plan {
  readonly traces: number;
  readonly days: number;
  readonly seed: number;
}

/** The traces of a fleet, the same ones for the same plan. */
export function* simulated({ traces, days, seed }: Plan): Generator<SimulatedTrace> {
  const next = random(seed);
  const pick = <T>(all: readonly T[]): T => all[Math.floor(next() * all.length)]!;
  for (let i = 0; i < traces; i++) {
    const [workload, kernel, at] = [pick(WORKLOADS), pick(KERNELS), Math.floor((i * days) / traces)];
    const { host } = workload;
    const day = new Date(FIRST_DAY + at * DAY_MS).toISOString().slice(0, 10);
    const base = next() < DAMAGED ? undefined : baseOf(workload, kernel, at / days, next);
    // Every trace is at a time of its own: no two have the same bytes.
    const text = base === undefined ? junk(next) : varied(base, kernel.slowness, 1 + i);
    yield { relative: `${day}/${host}/${kernel.release}/${i}%.txt`, host, kernel, day, base, text };
  }
}

function baseOf(workload: Workload, kernel: Kernel, at: number, next: () => number): string {
  const { rule, has, from, until, rate, undecidable } = workload;
  if (rate === 0 && next() < REAL_SHARE) return REAL;
  const isBroken = has(kernel) && at >= from && at < until && next() < rate;
  const isSeen = next() >= undecidable;
  const judged = isBroken ? 'violation' : 'clean';
  return `rules/${rule}/${isSeen ? judged : 'undecidable'}.txt`;
}

function junk(next: () => number): string {
  return Array.from({ length: 200 }, () => String.fromCharCode(128 + Math.floor(next() * 100))).join('');
}

const texts = new Map<string, string>();

/** A shipped trace with the times between its events longer, and all of it later. */
function varied(base: string, slowness: number, seconds: number): string {
  const text = texts.get(base) ?? fs.readFileSync(path.join('sample-traces', base), 'utf8');
  texts.set(base, text);
  return text.replace(/(\s)(\d+)\.(\d{6}): /g, (_, blank: string, whole: string, micro: string) => {
    const us = (Number(whole) * 1e6 + Number(micro)) * slowness + seconds * 1e6;
    return `${blank}${Math.floor(us / 1e6)}.${String(us % 1e6).padStart(6, '0')}: `;
  });
}

/** How a rule stands on a host with a kernel. */
export interface Standing {
  broken: number;
  held: number;
  suspicious: number;
  undecided: number;
  since: string | null;
  last_broken: string | null;
  /** The days of all runs in which it held. */
  readonly heldOn: string[];
}

export interface Truth {
  /** By `rule/host/kernel`. */
  readonly standing: ReadonlyMap<string, Standing>;
  /** Durations in ns, in order, by `kernel/becoming`. */
  readonly conversions: ReadonlyMap<string, readonly number[]>;
  readonly damaged: number;
  readonly traces: number;
}

export function truthOf(traces: readonly Omit<SimulatedTrace, 'text'>[]): Truth {
  const standing = new Map<string, Standing>();
  const conversions = new Map<string, number[]>();
  for (const { base, kernel, host, day } of traces) {
    if (base === undefined) continue;
    const known = knownOf(base, kernel.slowness);
    for (const [rule, outcome] of known.outcomes) {
      const key = `${rule}/${host}/${kernel.release}`;
      const of = standing.get(key) ?? nothing();
      standing.set(key, of);
      of[outcome]++;
      if (outcome === 'held') of.heldOn.push(day);
      if (outcome !== 'broken') continue;
      // Traces come by their days.
      of.since ??= day;
      of.last_broken = day;
    }
    for (const [becoming, dur] of known.conversions) put(conversions, `${kernel.release}/${becoming}`, dur);
  }
  for (const all of conversions.values()) all.sort((a, b) => a - b);
  const damaged = traces.filter(({ base }) => base === undefined).length;
  return { standing, conversions, damaged, traces: traces.length };
}

function put<T>(lists: Map<string, T[]>, key: string, value: T): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

function nothing(): Standing {
  return {
    broken: 0,
    held: 0,
    suspicious: 0,
    undecided: 0,
    since: null,
    last_broken: null,
    heldOn: [],
  };
}

type Decided = 'broken' | 'held' | 'suspicious' | 'undecided';
interface Known {
  readonly outcomes: readonly (readonly [rule: string, outcome: Decided])[];
  readonly conversions: readonly (readonly [becoming: string, ns: number])[];
}
const knownTraces = new Map<string, Known>();

/** What the model says of a shipped trace at a slowness, once for all that are made of it. */
function knownOf(base: string, slowness: number): Known {
  const key = `${base} ${slowness}`;
  const before = knownTraces.get(key);
  if (before) return before;
  const text = varied(base, slowness, 0);
  const { analysis } = judgeText(text, ['guest-memfd']);
  const violated = new Set(analysis.findings.filter((f) => f.verdict === 'violation').map((f) => f.rule));
  const outcomes = analysis.rules.flatMap((status): (readonly [string, Decided])[] => {
    const outcome = outcomeOf(status);
    if (outcome === 'not-applicable') return [];
    if (outcome !== 'broken') return [[status.id, outcome]];
    return [[status.id, violated.has(status.id) ? 'broken' : 'suspicious']];
  });
  const ended = rowsOf(tablesOf(Buffer.from(text)), 'conversions').filter(
    (row) => row['dur'] !== null && (row['result'] === null || row['result'] === 0),
  );
  const known = {
    outcomes,
    conversions: ended.map((row) => [row['to_private'] ? 'private' : 'shared', Number(row['dur'])] as const),
  };
  knownTraces.set(key, known);
  return known;
}

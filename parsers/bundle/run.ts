/**
 * Which of several files are one run, by what they say of themselves. Two recordings of one kernel look the
 * same whether they were made at once or on two days, so a common clock's name proves nothing. What does:
 *
 * 1. Session ids: trace-cmd gives a host's and its guests' files of one session ids that name each other.
 * 2. Two kernel traces of one machine (by name and kernel) whose times, on the wall clock that both say,
 *    overlap, and that recorded different events: the same ones twice would count twice.
 * 3. A QEMU log on the wall clock beside one such kernel trace, when their times overlap and nothing else
 *    comes into question.
 */
import { KIND_COUNT, KIND_UNKNOWN } from '../events/kinds.js';
import type { EventTable, TraceMeta } from '../events/table.js';
import { isPeer, listedGuest, rolesOf, wallOffset, type RunFile } from './align.js';

/** What tells of a file whether it belongs with another. */
export interface RunFacts extends RunFile {
  /** Times of its first and last event, as the file has them. */
  readonly first: bigint;
  readonly last: bigint;
  /** By kind: whether it holds such an event. */
  readonly kinds: Uint8Array;
}

export function factsOf(path: string, table: EventTable): RunFacts {
  const kinds = new Uint8Array(KIND_COUNT);
  let first = Infinity;
  let last = -Infinity;
  for (const segment of table.segments) {
    for (let i = 0; i < segment.length; i++) {
      kinds[segment.kind[i]!] = 1;
      const ts = segment.ts[i]!;
      if (ts < first) first = ts;
      if (ts > last) last = ts;
    }
  }
  kinds[KIND_UNKNOWN] = 0;
  const has = table.length > 0;
  return {
    ...runFile(path, table),
    kinds,
    first: has ? table.meta.t0 + BigInt(first) : 0n,
    last: has ? table.meta.t0 + BigInt(last) : -1n,
  };
}

/** A file as alignment sees it; role and offset are what the user gives. */
export function runFile(path: string, table: EventTable, role?: RunFile['role'], offsetNs?: bigint): RunFile {
  return {
    path,
    meta: table.meta,
    isRelative: table.issues.some((issue) => issue.code === 'relative-time'),
    role,
    offsetNs,
  };
}

/** Files in groups, each known by its least member. */
class Groups {
  private readonly of: number[];

  constructor(files: number) {
    this.of = Array.from({ length: files }, (_, i) => i);
  }

  /** The group that a file is in. */
  groupOf(file: number): number {
    return this.of[file]!;
  }

  join(a: number, b: number): void {
    const from = Math.max(this.of[a]!, this.of[b]!);
    const to = Math.min(this.of[a]!, this.of[b]!);
    for (const [file, group] of this.of.entries()) if (group === from) this.of[file] = to;
  }

  /** Members of each group, in order. */
  members(): readonly (readonly number[])[] {
    const byGroup = new Map<number, number[]>();
    for (const [file, group] of this.of.entries()) byGroup.set(group, [...(byGroup.get(group) ?? []), file]);
    return [...byGroup.values()];
  }
}

/** Groups of two and more files that are one run, by index, each in the order of the files. */
export function provenRuns(files: readonly RunFacts[]): readonly (readonly number[])[] {
  const groups = new Groups(files.length);
  const roles = rolesOf(files);
  const kernels = files.flatMap((_, i) => (roles[i] === 'host' ? [i] : []));
  const logs = files.flatMap((_, i) => (roles[i] === 'qemu' ? [i] : []));
  joinSessions(files, groups);
  joinKernels(files, kernels, groups);
  joinLogs(files, logs, kernels, groups);
  return groups.members().filter((members) => members.length > 1);
}

function joinSessions(files: readonly RunFacts[], groups: Groups): void {
  for (let a = 0; a < files.length; a++) {
    for (let b = a + 1; b < files.length; b++)
      if (oneSession(files[a]!.meta, files[b]!.meta)) groups.join(a, b);
  }
}

function joinKernels(files: readonly RunFacts[], kernels: readonly number[], groups: Groups): void {
  for (const a of kernels) {
    for (const b of kernels) if (a < b && areOneMachinesRun(files[a]!, files[b]!)) groups.join(a, b);
  }
}

/**
 * A log belongs to the one group of kernel traces that overlap it, when no other log could belong there too.
 */
function joinLogs(
  files: readonly RunFacts[],
  logs: readonly number[],
  kernels: readonly number[],
  groups: Groups,
): void {
  const beside = logs.map((log) => [
    ...new Set(
      kernels
        .filter((kernel) => overlap(files[log]!, files[kernel]!))
        .map((kernel) => groups.groupOf(kernel)),
    ),
  ]);
  for (const [i, log] of logs.entries()) {
    const [only, ...more] = beside[i]!;
    if (only === undefined || more.length > 0) continue;
    const rivals = beside.filter((found) => found.includes(only));
    if (rivals.length === 1) groups.join(log, only);
  }
}

function oneSession(a: Readonly<TraceMeta>, b: Readonly<TraceMeta>): boolean {
  if (isPeer(a, b) || isPeer(b, a)) return true;
  const id = a.session?.traceId;
  if (id !== undefined && id === b.session?.traceId) return false;
  return listedGuest(a, b) !== undefined || listedGuest(b, a) !== undefined;
}

function areOneMachinesRun(a: RunFacts, b: RunFacts): boolean {
  return sameMachine(a, b) && overlap(a, b) && !recordedTwice(a, b);
}

function sameMachine(a: RunFacts, b: RunFacts): boolean {
  return (
    a.meta.host !== undefined &&
    a.meta.host !== '' &&
    a.meta.host === b.meta.host &&
    a.meta.kernel !== '' &&
    a.meta.kernel === b.meta.kernel
  );
}

function overlap(a: RunFacts, b: RunFacts): boolean {
  const [left, right] = [wallOffset(a.meta), wallOffset(b.meta)];
  if (left === undefined || right === undefined || a.isRelative || b.isRelative) return false;
  return a.first + left <= b.last + right && b.first + right <= a.last + left;
}

/** Both hold events of one kind, which may be the same events. */
function recordedTwice(a: RunFacts, b: RunFacts): boolean {
  return a.kinds.some((has, kind) => has === 1 && b.kinds[kind] === 1);
}

/**
 * Whether files of one run can be put on one clock, and what that takes: what they say of themselves, or what
 * the user says of them. Nothing is guessed.
 *
 * 1. Host and guest of one trace-cmd session: the guest's file holds the corrections (TIME_SHIFT) that bring
 *    its times to the host's clock, and each names the other by its session id.
 * 2. Both have the same clock, one that every program of a machine reads alike, on the same machine.
 * 3. Each says how its clock stands to the wall clock, on the same machine.
 */
import type { ClockName, GuestInfo, TraceMeta } from '../events/table.js';

/**
 * Clocks that read the same in every program on one machine; `local` and its like start anew with each
 * tracer.
 */
const SHARED_CLOCKS: readonly ClockName[] = [
  'mono',
  'mono_raw',
  'boot',
  'tai',
  'realtime',
  'perf',
  'x86-tsc',
];

/** `host`: the kernel that runs the VMs; `guest`: one of theirs; `qemu`: the VMM. */
export type Role = 'host' | 'guest' | 'qemu';
export const ROLES: readonly Role[] = ['host', 'guest', 'qemu'];

/** What is known of a file of a run. */
export interface RunFile {
  readonly path: string;
  readonly meta: Readonly<TraceMeta>;
  /** Its times are differences, to the event before or to the first one. */
  readonly isRelative: boolean;
  /** Given by the user; undefined: what the file says. */
  readonly role: Role | undefined;
  /**
   * Added to its times, to be on the first file's clock: given by the user; undefined: the file's own clock
   * decides.
   */
  readonly offsetNs: bigint | undefined;
}

/** A file by its index, and what to add to its times to be on the clock of the first file beside it. */
export interface Placed {
  readonly index: number;
  readonly offsetNs: bigint;
}

export interface Alignment {
  /** Files whose clocks meet, each file in one run. */
  readonly runs: readonly (readonly Placed[])[];
  /** Why there is more than one run, in a clause; undefined when there is one. */
  readonly why: string | undefined;
}

/**
 * The parts that files play beside each other: as given, or as their sessions say; by itself, every kernel's
 * trace is a host's.
 */
export function rolesOf(files: readonly RunFile[]): Role[] {
  return files.map((file) => {
    if (file.role !== undefined) return file.role;
    if (file.meta.format.startsWith('qemu')) return 'qemu';
    const others = files.filter((other) => other !== file);
    return others.length > 0 &&
      (file.meta.session?.peerTraceId !== undefined ||
        others.some((host) => listedGuest(host.meta, file.meta)))
      ? 'guest'
      : 'host';
  });
}

/** What the host's file says of the guest whose file this is; undefined when it says nothing. */
export function listedGuest(host: Readonly<TraceMeta>, guest: Readonly<TraceMeta>): GuestInfo | undefined {
  const id = guest.session?.traceId;
  if (id !== undefined) {
    const named = host.session?.guests.find((info) => info.traceId === id);
    if (named) return named;
  }
  const only = host.session?.guests.length === 1 ? host.session.guests[0] : undefined;
  return only && id === undefined && isPeer(guest, host) ? only : undefined;
}

/**
 * True when `guest` was brought to the clock of the session that `host` is. A host that recorded into
 * instances alone has no id of its own (add_options() in tracecmd/trace-record.c of trace-cmd 3.4), but names
 * its guests by theirs.
 */
export function isPeer(guest: Readonly<TraceMeta>, host: Readonly<TraceMeta>): boolean {
  const peer = guest.session?.peerTraceId;
  if (peer === undefined || !host.session) return false;
  const { traceId, guests } = host.session;
  return traceId !== undefined
    ? peer === traceId
    : guests.some((info) => info.traceId === guest.session?.traceId);
}

/**
 * Puts files of one run on one clock, as far as they can be. A file with an offset of its own is on the first
 * file's clock.
 */
export function alignFiles(files: readonly RunFile[]): Alignment {
  const roles = rolesOf(files);
  const runs: Placed[][] = [];
  const left = new Set(files.keys());
  while (left.size > 0) {
    const seed = left.values().next().value!;
    left.delete(seed);
    const run = grow(files, roles, { index: seed, offsetNs: files[seed]!.offsetNs ?? 0n }, left);
    runs.push(run.sort((a, b) => a.index - b.index));
  }
  if (runs.length < 2) return { runs, why: undefined };
  return {
    runs,
    why:
      offsetBetween(files, roles, runs[1]![0]!.index, runs[0]![0]!.index).why ?? 'their clocks do not meet',
  };
}

/** The seed and all that can be placed beside it, one by one; these are taken out of `left`. */
function grow(files: readonly RunFile[], roles: readonly Role[], seed: Placed, left: Set<number>): Placed[] {
  const run = [seed];
  for (let i = 0; i < run.length; i++) {
    const { index, offsetNs } = run[i]!;
    for (const other of left) {
      const between = offsetBetween(files, roles, other, index);
      if (between.offsetNs === undefined) continue;
      run.push({ index: other, offsetNs: files[other]!.offsetNs ?? offsetNs + between.offsetNs });
      left.delete(other);
    }
  }
  return run;
}

type Between =
  | { readonly offsetNs: bigint; readonly why?: undefined }
  | { readonly offsetNs?: undefined; readonly why: string };

/** What to add to the times of file `a` to be on file `b`'s clock, or why that is not known. */
function offsetBetween(files: readonly RunFile[], roles: readonly Role[], a: number, b: number): Between {
  const [left, right] = [files[a]!, files[b]!];
  for (const { path, meta, isRelative } of [left, right]) {
    if (meta.timeUnit === 'none') return { why: `${path} has no times` };
    if (isRelative && left.offsetNs === undefined)
      return { why: `${path} counts its times from its own start` };
  }
  if (left.meta.timeUnit !== right.meta.timeUnit)
    return {
      why: `${left.meta.timeUnit === 'ticks' ? left.path : right.path} has ticks in place of nanoseconds`,
    };
  // The user's word goes over what the files say.
  if (left.offsetNs !== undefined) return { offsetNs: left.offsetNs };
  if (isPeer(left.meta, right.meta) || isPeer(right.meta, left.meta) || areSiblings(left.meta, right.meta))
    return { offsetNs: 0n };
  const guest = [left, right].find((_, i) => roles[i === 0 ? a : b] === 'guest');
  if (guest) {
    const other = guest === left ? right : left;
    return {
      why: `${guest.path} is of a guest, whose clock is its own, and has no time shift to ${other.path}`,
    };
  }
  return (
    betweenMachines(left, right) ??
    ownClocks(left, right) ??
    wallClocks(left, right) ?? { why: clockWhy(left, right) }
  );
}

/** Two guests of one host, both brought to its clock. */
function areSiblings(a: Readonly<TraceMeta>, b: Readonly<TraceMeta>): boolean {
  return a.session?.peerTraceId !== undefined && a.session.peerTraceId === b.session?.peerTraceId;
}

function betweenMachines(a: RunFile, b: RunFile): Between | undefined {
  if (differ(a.meta.host, b.meta.host))
    return { why: `${a.path} is of another machine (${a.meta.host}) than ${b.path} (${b.meta.host})` };
  if (differ(a.meta.kernel, b.meta.kernel))
    return { why: `${a.path} is of another kernel (${a.meta.kernel}) than ${b.path} (${b.meta.kernel})` };
  return undefined;
}

function differ(a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && b !== undefined && a !== '' && b !== '' && a !== b;
}

/**
 * By the clock that both have. What --date and --ts-offset added is no part of it, but a --ts-offset is the
 * user's word.
 */
function ownClocks(a: RunFile, b: RunFile): Between | undefined {
  if (a.meta.clock !== b.meta.clock || !SHARED_CLOCKS.includes(a.meta.clock)) return undefined;
  return { offsetNs: addedByDate(b.meta) - addedByDate(a.meta) };
}

function addedByDate({ addedNs, wallOffsetNs }: Readonly<TraceMeta>): bigint {
  return addedNs === undefined || wallOffsetNs === undefined ? 0n : addedNs + wallOffsetNs;
}

/** What to add to a file's times for the wall clock's; undefined when it does not say. */
export function wallOffset(meta: Readonly<TraceMeta>): bigint | undefined {
  return meta.timeUnit === 'ns' && meta.clock === 'realtime' ? 0n : meta.wallOffsetNs;
}

function wallClocks(a: RunFile, b: RunFile): Between | undefined {
  const [left, right] = [wallOffset(a.meta), wallOffset(b.meta)];
  return left === undefined || right === undefined ? undefined : { offsetNs: left - right };
}

function clockWhy(a: RunFile, b: RunFile): string {
  const silent = [b, a].find(
    (file) => !SHARED_CLOCKS.includes(file.meta.clock) && wallOffset(file.meta) === undefined,
  );
  if (silent)
    return `${silent.path} does not say a clock that others can be held against (${silent.meta.clock})`;
  const clocks = `${a.path} has the clock ${a.meta.clock}, ${b.path} has ${b.meta.clock}`;
  return `${clocks}, and they do not both say how these stand to the wall clock`;
}

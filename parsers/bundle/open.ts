/** From files that were read to traces: what is one run becomes one trace, where its clocks meet. */
import { withIssue, type EventTable, type TraceMeta } from '../events/table.js';
import { withTable, type OpenTrace } from '../reader.js';
import { alignFiles, listedGuest, rolesOf, type Placed, type Role, type RunFile } from './align.js';
import { guestOf, type Guest } from './guest.js';
import type { Bundle } from './bundle.js';
import { mergeTraces } from './merge.js';
import type { Part } from './part.js';
import { PARTS_MAX } from './places.js';
import { runFile } from './run.js';
import { holdSameEvents, type OnClock } from './same.js';

/** A file of a run that was read, and what the user says of it. */
export interface ReadFile {
  readonly path: string;
  readonly open: OpenTrace;
  readonly role?: Role | undefined;
  readonly offsetNs?: bigint | undefined;
}

/** A trace of one or several files, by their indexes. */
export interface OpenedRun {
  readonly files: readonly number[];
  readonly open: OpenTrace;
  /** Where there are several. */
  readonly bundle?: Bundle;
}

/** Why files are not one trace. */
interface Reason {
  readonly code: 'unaligned-clocks' | 'same-events';
  readonly detail: string;
}

/** Files that become one trace, and what is to be said of it. */
interface Wanted {
  readonly placed: readonly Placed[];
  readonly reasons: readonly Reason[];
}

/**
 * Files that somebody says are one run: one trace where their clocks meet and no two hold the same events,
 * else as few as there can be, each with an issue that says why. Uses up the tables of what it merges.
 */
export function openRun(files: readonly ReadFile[]): readonly OpenedRun[] {
  const known = files.map((file) => runFile(file.path, file.open.table, file.role, file.offsetNs));
  const { runs, why } = alignFiles(known);
  const tooMany = files.length > PARTS_MAX ? `more than ${PARTS_MAX} files` : undefined;
  const reason = tooMany ?? why;
  const apart: readonly (readonly Placed[])[] =
    tooMany === undefined ? runs : files.map((_, index) => [{ index, offsetNs: 0n }]);
  const reasons: readonly Reason[] =
    files.length > 1 && reason !== undefined ? [{ code: 'unaligned-clocks', detail: reason }] : [];
  const roles = rolesOf(known);
  return apart
    .flatMap((placed) => withoutRepeats(files, roles, placed))
    .map((run) => openAligned(files, known, { ...run, reasons: [...reasons, ...run.reasons] }));
}

/**
 * The files of a run, but for those that hold the events of a larger one once more: each of them is a run by
 * itself.
 */
function withoutRepeats(
  files: readonly ReadFile[],
  roles: readonly Role[],
  run: readonly Placed[],
): readonly Wanted[] {
  const tableOf = ({ index }: Placed): EventTable => files[index]!.open.table;
  const onClock = (placed: Placed): OnClock => ({
    table: tableOf(placed),
    start: tableOf(placed).meta.t0 + placed.offsetNs,
  });
  const kept: Placed[] = [];
  const repeats: Wanted[] = [];
  for (const placed of [...run].sort((a, b) => tableOf(b).length - tableOf(a).length || a.index - b.index)) {
    const same = kept.find(
      (other) =>
        roles[other.index] === roles[placed.index] && holdSameEvents(onClock(other), onClock(placed)),
    );
    if (!same) kept.push(placed);
    else
      repeats.push({
        placed: [placed],
        reasons: [
          {
            code: 'same-events',
            detail: `${files[placed.index]!.path} holds events of ${files[same.index]!.path}`,
          },
        ],
      });
  }
  if (repeats.length === 0) return [{ placed: run, reasons: [] }];
  const rest: Wanted = {
    placed: kept.sort((a, b) => a.index - b.index),
    reasons: repeats.flatMap(({ reasons }) => reasons),
  };
  return [rest, ...repeats].sort((a, b) => a.placed[0]!.index - b.placed[0]!.index);
}

function openAligned(
  files: readonly ReadFile[],
  known: readonly RunFile[],
  { placed: run, reasons }: Wanted,
): OpenedRun {
  const indexes = run.map(({ index }) => index);
  const withReasons = (open: OpenTrace): OpenTrace =>
    reasons.reduce((trace, { code, detail }) => withReason(trace, code, detail), open);
  if (run.length === 1) return { files: indexes, open: withReasons(files[indexes[0]!]!.open) };
  const roles = rolesOf(known);
  const taken: string[] = [];
  const parts = run.map(({ index, offsetNs }): Part => {
    const guest = roles[index] === 'guest' ? guestBeside(known, index, taken) : undefined;
    return {
      path: files[index]!.path,
      open: files[index]!.open,
      role: roles[index]!,
      offsetNs,
      ...(guest && { guest }),
    };
  });
  const bundle = mergeTraces(parts);
  return { files: indexes, open: withReasons(bundle), bundle };
}

function guestBeside(known: readonly RunFile[], index: number, taken: string[]): Guest {
  const { meta } = known[index]!;
  const host = known
    .map((file): Readonly<TraceMeta> => file.meta)
    .find((other) => listedGuest(other, meta) !== undefined);
  const guest = guestOf(host && listedGuest(host, meta), taken);
  taken.push(guest.name);
  return guest;
}

/** The same trace with an issue that says why it stands by itself. */
export function unalignedTrace(open: OpenTrace, why: string): OpenTrace {
  return withReason(open, 'unaligned-clocks', why);
}

function withReason(open: OpenTrace, code: Reason['code'], detail: string): OpenTrace {
  return withTable(open, withIssue(open.table, { code, offset: 0, line: 0, count: 1, detail }));
}

/** Why files that were opened as a run are not one trace, in a clause; undefined where no issue says so. */
export function whyApart(runs: readonly Pick<OpenedRun, 'open'>[]): string | undefined {
  const issues = runs.flatMap(({ open }) => open.table.issues);
  const repeat = issues.find(({ code }) => code === 'same-events');
  if (repeat) return `${repeat.detail}, and each would count twice; give one of the two`;
  const unaligned = issues.find(({ code }) => code === 'unaligned-clocks');
  return unaligned && `${unaligned.detail}; give --offset FILE=NS, or one file at a time`;
}

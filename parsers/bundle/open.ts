/** From files that were read to traces: what is one run becomes one trace, where its clocks meet. */
import { withIssue, type TraceMeta } from '../events/table.js';
import type { OpenTrace } from '../reader.js';
import { alignFiles, listedGuest, rolesOf, type Placed, type Role, type RunFile } from './align.js';
import { guestOf, type Guest } from './guest.js';
import { mergeTraces, type Bundle, type Part } from './merge.js';
import { PARTS_MAX } from './places.js';
import { runFile } from './run.js';

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

/**
 * Files that somebody says are one run: one trace where their clocks meet, else as few as there can be, each with an issue that
 * says why. Uses up the tables of what it merges.
 */
export function openRun(files: readonly ReadFile[]): readonly OpenedRun[] {
  const known = files.map((file) => runFile(file.path, file.open.table, file.role, file.offsetNs));
  const { runs, why } = alignFiles(known);
  const tooMany = files.length > PARTS_MAX ? `more than ${PARTS_MAX} files` : undefined;
  const reason = tooMany ?? why;
  const wanted: readonly (readonly Placed[])[] = tooMany === undefined ? runs : files.map((_, index) => [{ index, offsetNs: 0n }]);
  return wanted.map((run) => openAligned(files, known, run, files.length > 1 ? reason : undefined));
}

function openAligned(files: readonly ReadFile[], known: readonly RunFile[], run: readonly Placed[], why: string | undefined): OpenedRun {
  const indexes = run.map(({ index }) => index);
  if (run.length === 1) {
    const { open } = files[indexes[0]!]!;
    return { files: indexes, open: why === undefined ? open : unalignedTrace(open, why) };
  }
  const roles = rolesOf(known);
  const taken: string[] = [];
  const parts = run.map(({ index, offsetNs }): Part => {
    const guest = roles[index] === 'guest' ? guestBeside(known, index, taken) : undefined;
    return { path: files[index]!.path, open: files[index]!.open, role: roles[index]!, offsetNs, ...(guest && { guest }) };
  });
  const bundle = mergeTraces(parts);
  const open = why === undefined ? bundle : unalignedTrace(bundle, why);
  return { files: indexes, open, bundle };
}

function guestBeside(known: readonly RunFile[], index: number, taken: string[]): Guest {
  const { meta } = known[index]!;
  const host = known.map((file): Readonly<TraceMeta> => file.meta).find((other) => listedGuest(other, meta) !== undefined);
  const guest = guestOf(host && listedGuest(host, meta), taken);
  taken.push(guest.name);
  return guest;
}

/** The same trace with an issue that says why it stands by itself. */
export function unalignedTrace(open: OpenTrace, why: string): OpenTrace {
  const { plain, symbolOf } = open;
  const table = withIssue(open.table, { code: 'unaligned-clocks', offset: 0, line: 0, count: 1, detail: why });
  return { table, describe: (row, part) => open.describe(row, part), ...(plain && { plain }), ...(symbolOf && { symbolOf }) };
}

/** What a recorder has written beside a trace, and what it adds to what the trace itself says. */
import type { Issue } from '../parsers/events/issues.js';
import { isEventKind } from '../parsers/events/kinds.js';
import { withIssue, withMarks, type EventTable, type UnseenKind } from '../parsers/events/table.js';
import type { EventKind } from '../parsers/events/vocabulary.js';
import { printable } from './control.js';
import type { Beside } from './names.js';
import { absenceOf } from './outlook.js';
import { parseSidecar, sidecarOfLog, type Sidecar } from './sidecar.js';

/** The sidecar of a trace of so many bytes; `problem` where there is one that is of no use. */
export function sidecarIn(
  { json, log }: Beside,
  bytes: number,
): { readonly sidecar?: Sidecar; readonly problem?: string } {
  if (json === undefined) return log === undefined ? {} : { sidecar: sidecarOfLog(log) };
  const found = parseSidecar(json);
  if ('problem' in found) return { problem: found.problem };
  if (found.bytes !== bytes)
    return { problem: `it is of a trace of ${found.bytes} bytes, this one has ${bytes}` };
  return { sidecar: found };
}

/** The table with the clock, the kernel, the losses and the silences that the recorder knows of. */
export function withSidecar(table: EventTable, beside: Beside, bytes: number): EventTable {
  const { sidecar, problem } = sidecarIn(beside, bytes);
  if (problem !== undefined) return withIssue(table, issueOf('record-unusable', problem));
  if (sidecar === undefined) return table;
  const [first] = unplacedLosses(table, sidecar);
  // A log says nothing of the trace's size: one that counted other events may be of another trace.
  const known = isOfOthers(table, sidecar) ? table : withSource(table, sidecar);
  if (first === undefined) return known;
  const anywhere = { cpu: -1, count: 0, fromStart: true };
  return withIssue(known, issueOf('record-incomplete', first), anywhere);
}

/**
 * The same of the first events of a trace that is still read; undefined where it is not certain before its
 * end what is beside it says: a log may be of another trace, and where something went wrong, the whole trace
 * tells whether its marks account for it.
 */
export function withSidecarSoFar(table: EventTable, beside: Beside, bytes: number): EventTable | undefined {
  if (beside.json === undefined) return beside.log === undefined ? table : undefined;
  const { sidecar } = sidecarIn(beside, bytes);
  if (sidecar === undefined) return table;
  return sidecar.proof.problems.length > 0 ? undefined : withSource(table, sidecar);
}

/** The table with what the recorder knows of its source, where the trace itself does not say. */
function withSource(table: EventTable, sidecar: Sidecar): EventTable {
  const { meta } = table;
  const { clock, kernel, producer, pageBytes, wallOffsetNs } = sidecar;
  // The offset is the monotonic clock's.
  const isMono = clock === 'mono' && meta.wallOffsetNs === undefined && meta.timeUnit === 'ns';
  return withMarks(table, {
    meta: {
      ...meta,
      clock: meta.clock === 'unknown' && meta.timeUnit === 'ns' ? clock : meta.clock,
      kernel: meta.kernel === '' ? kernel : meta.kernel,
      producer: meta.producer === '' ? producer : meta.producer,
      ...(pageBytes !== undefined && { pageBytes }),
      ...(isMono && wallOffsetNs !== undefined && { wallOffsetNs: BigInt(wallOffsetNs) }),
      unseen: unseenIn(sidecar),
      // It sets no filter of tasks, and its instance records on every CPU.
      allTasks: true,
    },
  });
}

/** What is known of every kind that was asked of the kernel, should the trace have no event of it. */
function unseenIn(sidecar: Sidecar): ReadonlyMap<EventKind, UnseenKind> {
  const kinds = [...sidecar.tracepoints, ...sidecar.probes, ...sidecar.refused].map(({ kind }) => kind);
  return new Map(kinds.filter(isEventKind).map((kind) => [kind, absenceOf(sidecar, kind)]));
}

/** True for a sidecar made of a log whose count of events is not that of the trace. */
function isOfOthers(table: EventTable, { proof }: Sidecar): boolean {
  return proof.received < 0 && proof.read !== table.length;
}

/**
 * Why events may be missing that no mark in the trace stands for. What the ring buffers overwrote is marked
 * in the text, at its place.
 */
function unplacedLosses(table: EventTable, sidecar: Sidecar): readonly string[] {
  const { proof, buffers } = sidecar;
  if (proof.read >= 0 && isOfOthers(table, sidecar))
    return [`${proof.read} events were read on the host, ${table.length} are here.`, ...proof.problems];
  const overrun = buffers.reduce((sum, cpu) => sum + cpu.overrun, 0);
  const marked = table.losses.reduce((sum, loss) => sum + Math.max(0, loss.count), 0);
  const isMarked = proof.problems.length === 1 && proof.lost === overrun && marked >= overrun && overrun > 0;
  return isMarked ? [] : proof.problems;
}

function issueOf(code: Issue['code'], detail: string): Issue {
  return { code, offset: 0, line: 0, count: 1, detail: printable(detail) };
}

/**
 * What was recorded, as tracefs lists it. Where a probe was hit and its filter left some calls out, that none
 * is in the trace does not mean that the function did not run: it is not told of.
 */
export function probesTold({ probes, tracepoints }: Sidecar): string {
  const told = probes.filter(({ filter, hits }) => filter === '' || hits === 0);
  return [
    ...told.map(({ type, event, symbol }) => `${type}:${event} ${symbol}`),
    ...tracepoints.map(({ path }) => path.replace('/', ':')),
  ].join('\n');
}

/** What `shimtrace record` has written beside a trace, and what it adds to what the trace itself says. */
import fs from 'node:fs';
import type { Issue } from '../parsers/events/issues.js';
import { withIssue, withMarks, type EventTable } from '../parsers/events/table.js';
import { printable } from '../recorder/control.js';
import { LOG_SUFFIX, parseSidecar, SIDECAR_SUFFIX, sidecarOfLog, type Sidecar } from '../recorder/sidecar.js';

/** Larger ones are none of ours. */
const BYTES_MAX = 16 << 20;

/** The sidecar of a trace; `problem` where there is one that is of no use. */
export function sidecarBeside(path: string): { readonly sidecar?: Sidecar; readonly problem?: string } {
  const bytes = sizeOf(path);
  if (bytes === undefined) return {};
  const json = textOf(`${path}${SIDECAR_SUFFIX}`);
  if (json === undefined) {
    const log = textOf(`${path}${LOG_SUFFIX}`);
    return log === undefined ? {} : { sidecar: sidecarOfLog(log) };
  }
  const found = parseSidecar(json);
  if ('problem' in found) return { problem: found.problem };
  if (found.bytes !== bytes)
    return { problem: `it is of a trace of ${found.bytes} bytes, this one has ${bytes}` };
  return { sidecar: found };
}

/** The table with the clock, the kernel and the losses that the recorder knows of. */
export function withSidecar(table: EventTable, path: string): EventTable {
  const { sidecar, problem } = sidecarBeside(path);
  if (problem !== undefined) return withIssue(table, issueOf('record-unusable', problem));
  if (sidecar === undefined) return table;
  const [first] = unplacedLosses(table, sidecar);
  // A log says nothing of the trace's size: one that counted other events may be of another trace.
  const known = isOfOthers(table, sidecar) ? table : withSource(table, sidecar);
  if (first === undefined) return known;
  const anywhere = { cpu: -1, count: 0, fromStart: true };
  return withIssue(known, issueOf('record-incomplete', first), anywhere);
}

/** The table with what the recorder knows of its source, where the trace itself does not say. */
function withSource(table: EventTable, { clock, kernel, producer }: Sidecar): EventTable {
  const { meta } = table;
  return withMarks(table, {
    meta: {
      ...meta,
      clock: meta.clock === 'unknown' && meta.timeUnit === 'ns' ? clock : meta.clock,
      kernel: meta.kernel === '' ? kernel : meta.kernel,
      producer: meta.producer === '' ? producer : meta.producer,
    },
  });
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

function sizeOf(path: string): number | undefined {
  const stat = fs.statSync(path, { throwIfNoEntry: false });
  return stat?.isFile() ? stat.size : undefined;
}

/** The text of a file; undefined where there is none, or none that could be ours. */
function textOf(path: string): string | undefined {
  const size = sizeOf(path);
  return size === undefined || size > BYTES_MAX ? undefined : fs.readFileSync(path, 'utf8');
}

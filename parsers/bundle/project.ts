/**
 * The part of a .shimtrace.json that names the files of a run.
 *
 *     { "trace": [
 *       { "path": "host.dat" },
 *       { "path": "qemu.log", "role": "qemu", "clockOffsetNs": "-81250000" }
 *     ] }
 *
 * Paths are relative to the file. A time is a whole number of nanoseconds; as text where it is beyond what
 * JSON's numbers hold.
 */
import { ROLES, type Role } from './align.js';

export interface ProjectFile {
  readonly path: string;
  readonly role: Role | undefined;
  readonly offsetNs: bigint | undefined;
  /** QEMU's trace-events file, for a recording of its simple backend. */
  readonly traceEvents: string | undefined;
}

export interface Project {
  readonly files: readonly ProjectFile[];
  /** What is wrong with it, in one sentence; then it has no files. Undefined when it is right. */
  readonly problem?: string;
}

/** Reads the text of a .shimtrace.json. Never throws. */
export function parseProject(text: string): Project {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    return { files: [], problem: `is not JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
  const { trace, traceEvents } = fieldsOf(parsed);
  if (!Array.isArray(trace) || trace.length === 0)
    return { files: [], problem: 'expected "trace": [{"path": …, "role": …, "clockOffsetNs": …}]' };
  const files: ProjectFile[] = [];
  for (const [i, entry] of trace.entries()) {
    const file = parseFile(entry, traceEvents);
    if (typeof file === 'string') return { files: [], problem: `trace[${i}]${file}` };
    files.push(file);
  }
  return { files };
}

/** True when the text names traces, right or wrong: a .shimtrace.json may also hold suppressions only. */
export function namesTraces(text: string): boolean {
  try {
    return Array.isArray(fieldsOf(JSON.parse(text)).trace);
  } catch {
    // What is no JSON names nothing; whoever opens it is told so by the editor.
    return false;
  }
}

type Fields = { readonly [K in 'trace' | 'path' | 'role' | 'clockOffsetNs' | 'traceEvents']?: unknown };

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? value : {};
}

function parseFile(entry: unknown, common: unknown): ProjectFile | string {
  const {
    path,
    role,
    clockOffsetNs,
    traceEvents = common,
  } = typeof entry === 'string' ? { path: entry } : fieldsOf(entry);
  if (typeof path !== 'string' || path === '') return ' has no "path"';
  const known = ROLES.find((name) => name === role);
  if (role !== undefined && known === undefined)
    return `.role is one of ${ROLES.join(', ')}; not '${String(role)}'`;
  if (clockOffsetNs !== undefined && !/^[+-]?\d{1,19}$/.test(String(clockOffsetNs)))
    return '.clockOffsetNs is a whole number of nanoseconds, or such a string';
  if (traceEvents !== undefined && typeof traceEvents !== 'string')
    return ".traceEvents is the path of QEMU's trace-events file";
  return {
    path,
    role: known,
    offsetNs: clockOffsetNs === undefined ? undefined : BigInt(String(clockOffsetNs)),
    traceEvents,
  };
}

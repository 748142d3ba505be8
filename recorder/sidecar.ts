/**
 * What lies beside a recording, `NAME.record.json`: how it was made, and what that proves of it. Whether all
 * that was written has arrived is counted here, never assumed.
 */
import { CLOCKS, type ClockName } from '../parsers/events/table.js';
import { ControlReader, type CpuBuffer, type RecordedProbe, type RecordedTracepoint } from './control.js';
import type { OwnCopies } from './inlined.js';
import type { RecordLog, Refusal, RuleOutlook } from './control.js';

export const SIDECAR_SCHEMA = 'shimtrace.record/1';

export interface Sidecar {
  readonly schema: typeof SIDECAR_SCHEMA;
  readonly producer: string;
  /** Size of the trace in bytes: a sidecar is of no other file. -1 where it is not known. */
  readonly bytes: number;
  readonly question: string;
  readonly kernel: string;
  readonly machine: string;
  readonly bootId: string;
  readonly clock: ClockName;
  /** Bytes of a page; undefined in a sidecar from before it was asked. */
  readonly pageBytes?: number;
  readonly cpus: number;
  readonly bufferKbPerCpu: number;
  /** Seconds since 1970 by the host's clock when it began; -1 unknown. */
  readonly startedAt: number;
  /** What the wall clock was ahead of the monotonic one, in nanoseconds; undefined where it is not known. */
  readonly wallOffsetNs?: string;
  /** `exitCode` is null where it was not told. */
  readonly workload: { readonly command: string; readonly exitCode: number | null };
  readonly stoppedBy: string;
  readonly probes: readonly RecordedProbe[];
  readonly tracepoints: readonly RecordedTracepoint[];
  readonly refused: readonly Refusal[];
  readonly rules: readonly RuleOutlook[];
  /** What callers have copies of, read in the host's kvm.ko; undefined where that was not read. */
  readonly inlined?: readonly OwnCopies[];
  readonly buffers: readonly CpuBuffer[];
  readonly proof: Proof;
}

export interface Proof {
  /** Events that the kernel gave to the reader, and that are in the file; -1 where nobody counted. */
  readonly read: number;
  readonly received: number;
  /** Events of these, the oldest, that were not kept. */
  readonly letGo?: number;
  /** Events that the ring buffers overwrote or had no room for, and that probes missed. */
  readonly lost: number;
  /** Why the trace may lack events, a sentence each; empty where all that was written is there. */
  readonly problems: readonly string[];
}

/** What the recorder's end knows besides what the script said. */
export interface Received {
  readonly producer: string;
  readonly question: string;
  readonly command: string;
  /** Of the trace as it was written; -1 unknown. */
  readonly bytes: number;
  /** Lines that are events; -1 where nobody counted. */
  readonly events: number;
  /** Those of them, the oldest, that were not kept. */
  readonly letGo?: number;
  readonly inlined?: readonly OwnCopies[] | undefined;
  /** What went wrong at the receiving end, a sentence each. */
  readonly problems: readonly string[];
}

const DECIMAL = 10;
const NANOSECONDS = /^\d{1,19}$/;

export function sidecarOf(log: RecordLog, received: Received): Sidecar {
  const { facts } = log;
  const number = (name: string): number =>
    /^\d{1,15}$/.test(facts[name] ?? '') ? Number.parseInt(facts[name]!, DECIMAL) : -1;
  return {
    schema: SIDECAR_SCHEMA,
    producer: received.producer,
    bytes: received.bytes,
    question: received.question,
    kernel: facts['kernel'] ?? '',
    machine: facts['machine'] ?? '',
    bootId: facts['boot-id'] ?? '',
    clock: CLOCKS.find((name) => name === facts['clock']) ?? 'unknown',
    ...(number('page-bytes') > 0 && { pageBytes: number('page-bytes') }),
    cpus: number('cpus'),
    bufferKbPerCpu: number('buffer-kb'),
    startedAt: number('wall-clock'),
    ...(NANOSECONDS.test(facts['wall-offset'] ?? '') && { wallOffsetNs: facts['wall-offset']! }),
    workload: { command: received.command, exitCode: log.workload ?? null },
    stoppedBy: log.stoppedBy,
    probes: log.probes,
    tracepoints: log.tracepoints,
    refused: log.refused,
    rules: log.rules,
    ...(received.inlined && { inlined: received.inlined }),
    buffers: log.buffers,
    proof: proofOf(log, received),
  };
}

function proofOf(log: RecordLog, { events, letGo = 0, problems }: Received): Proof {
  const sum = (of: (cpu: CpuBuffer) => number): number =>
    log.buffers.reduce((total, cpu) => total + of(cpu), 0);
  const isComplete = log.state === 'complete' && log.buffers.length > 0;
  const read = isComplete ? sum((cpu) => cpu.read) : -1;
  const overwritten = sum((cpu) => cpu.overrun + cpu.commitOverrun + cpu.dropped);
  const left = sum((cpu) => cpu.entries);
  const missed = log.probes.reduce((total, probe) => total + (probe.missed ?? 0), 0);
  const missing = log.probes.filter((probe) => (probe.missed ?? 0) > 0).map((probe) => probe.event);
  const found: string[] = [...problems];
  if (!isComplete) found.push('The recording ended before it said how many events had been written.');
  if (overwritten > 0) found.push(`The ring buffers had no room for ${overwritten} events.`);
  if (left > 0) found.push(`${left} events were left in the ring buffers.`);
  if (missed > 0) found.push(`Probes missed ${missed} calls (${missing.join(', ')}).`);
  if (isComplete && events >= 0 && read !== events)
    found.push(`${read} events were read on the host, ${events} have arrived.`);
  for (const { code, detail } of log.errors) found.push(`The host said: ${code} ${detail}`.trimEnd());
  const lost = overwritten + left + missed;
  return { read, received: events, ...(letGo > 0 && { letGo }), lost, problems: found };
}

/**
 * The sidecar that a text is, or what is wrong with it. Every field is looked at: anybody may have written
 * it.
 */
export function parseSidecar(text: string): Sidecar | { readonly problem: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
  if (!isRecord(value) || value['schema'] !== SIDECAR_SCHEMA)
    return { problem: `its schema is not ${SIDECAR_SCHEMA}` };
  const wrong = Object.entries(SHAPE).find(([name, fits]) => !fits((value as Fields)[name]));
  if (wrong) return { problem: `its ${wrong[0]} is not as ${SIDECAR_SCHEMA} has it` };
  return value as unknown as Sidecar;
}

/** The same of the log of the script that is run by hand. The trace's size is not in it. */
export function sidecarOfLog(text: string): Sidecar {
  const reader = new ControlReader(undefined);
  for (const line of text.split('\n')) reader.take(line);
  return sidecarOf(reader.log(), {
    producer: 'the script of shimtrace record',
    question: '',
    command: '',
    bytes: -1,
    events: -1,
    problems: [],
  });
}

type Fields = Readonly<Record<string, unknown>>;
type Fits = (value: unknown) => boolean;

function isRecord(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const text: Fits = (value) => typeof value === 'string';
const number: Fits = (value) => Number.isSafeInteger(value);
const maybe =
  (fits: Fits): Fits =>
  (value) =>
    value === undefined || fits(value);
const list =
  (fits: Fits): Fits =>
  (value) =>
    Array.isArray(value) && value.every(fits);
const shape =
  (fields: Readonly<Record<string, Fits>>): Fits =>
  (value) =>
    isRecord(value) && Object.entries(fields).every(([name, fits]) => fits(value[name]));

const SHAPE: Readonly<Record<string, Fits>> = {
  producer: text,
  bytes: number,
  question: text,
  kernel: text,
  machine: text,
  bootId: text,
  clock: (value) => value === 'unknown' || CLOCKS.some((name) => name === value),
  pageBytes: maybe(number),
  cpus: number,
  bufferKbPerCpu: number,
  startedAt: number,
  wallOffsetNs: maybe((value) => typeof value === 'string' && NANOSECONDS.test(value)),
  workload: shape({ command: text, exitCode: (value) => value === null || number(value) }),
  stoppedBy: text,
  probes: list(
    shape({
      kind: text,
      type: (value) => value === 'p' || value === 'r',
      event: text,
      symbol: text,
      fetch: text,
      filter: text,
      hits: maybe(number),
      missed: maybe(number),
    }),
  ),
  tracepoints: list(shape({ kind: text, path: text })),
  refused: list(shape({ kind: text, what: text, reason: text })),
  rules: list(shape({ id: text, lacks: list(list(text)) })),
  inlined: maybe(list(shape({ kind: text, symbol: text, callers: list(text) }))),
  buffers: list(
    shape({
      cpu: number,
      entries: number,
      overrun: number,
      commitOverrun: number,
      dropped: number,
      read: number,
    }),
  ),
  proof: shape({ read: number, received: number, letGo: maybe(number), lost: number, problems: list(text) }),
};

/**
 * How to fill slots from an event's raw record: for each event of the trace's own format files, the fields that the
 * vocabulary asks for, as a short program over offsets. Compiled once, run per sample.
 */
import type { Interner } from '../base/intern.js';
import { KIND_UNKNOWN } from '../events/kinds.js';
import { resolveTracepoint, type Resolved } from '../events/resolve.js';
import { planSlots, probeField, resolveFormat } from '../format/plan.js';
import type { TraceContext } from '../format/record.js';
import type { EventFormat } from '../format/tep.js';

const NO_STEPS = new Int32Array(0);

export interface RawProgram {
  readonly kind: number;
  /** Id of `system:name` in the table's names. */
  readonly name: number;
  /** For `fillSlots`; empty when nothing is to be filled. */
  readonly steps: Int32Array;
  /** Of a probe: what its records mean depends on the address that they hit. */
  readonly probe: Probe | undefined;
}

/** A probe event's programs, by address; the last one is tried first. */
export interface Probe {
  readonly format: EventFormat;
  readonly name: number;
  /** Where in the record the probed address stands, and its size. */
  readonly addressAt: number;
  readonly addressSize: number;
  readonly programs: Map<number, RawProgram>;
  lastHigh: number;
  lastLow: number;
  last: RawProgram | undefined;
}

/** More addresses than one event can have been put at; beyond, programs are made again. */
const ADDRESSES_LIMIT = 4096;

/** Compiles the program of one event; a probe's is compiled when its address is known (see {@link placedProgram}). */
export function compileProgram(format: EventFormat, names: Interner): RawProgram {
  const name = names.internString(`${format.system}:${format.name}`);
  const address = probeField(format);
  if (!address) return fieldsProgram(format, name, resolveTracepoint(format.system, format.name));
  const probe: Probe = {
    format, name, addressAt: address.offset, addressSize: address.size, programs: new Map(), lastHigh: 0, lastLow: 0, last: undefined,
  };
  return { kind: KIND_UNKNOWN, name, steps: NO_STEPS, probe };
}

/** The program of the probe event whose record is view[base, end). */
export function placedProgram(
  probe: Probe, view: DataView, base: number, end: number, little: boolean, context: TraceContext,
): RawProgram {
  const at = base + probe.addressAt;
  let high = 0;
  let low = 0;
  if (at + probe.addressSize <= end) {
    const wide = probe.addressSize === 8;
    low = view.getUint32(little || !wide ? at : at + 4, little);
    if (wide) high = view.getUint32(little ? at + 4 : at, little);
  }
  if (probe.last !== undefined && high === probe.lastHigh && low === probe.lastLow) return probe.last;
  const key = high * 4294967296 + low;
  let program = probe.programs.get(key);
  if (program === undefined) {
    if (probe.programs.size >= ADDRESSES_LIMIT) probe.programs.clear();
    program = fieldsProgram(probe.format, probe.name, resolveAddress(probe, high, low, context));
    probe.programs.set(key, program);
  }
  probe.lastHigh = high;
  probe.lastLow = low;
  return (probe.last = program);
}

/** Meaning of a probe at an address; the name of a probe in user space means nothing here. */
function resolveAddress(probe: Probe, high: number, low: number, context: TraceContext): Resolved | undefined {
  // Kernel addresses have their top bit set on every architecture of this domain.
  if ((probe.addressSize === 8 ? high : low) < 0x80000000) return undefined;
  return resolveFormat(probe.format, context, (BigInt(high) << 32n) | BigInt(low));
}

function fieldsProgram(format: EventFormat, name: number, resolved: Resolved | undefined): RawProgram {
  if (!resolved) return { kind: KIND_UNKNOWN, name, steps: NO_STEPS, probe: undefined };
  return { kind: resolved.kind, name, steps: planSlots(format, resolved).steps, probe: undefined };
}

/** The program of an event that the file names but does not describe. */
export function bareProgram(fullName: string, names: Interner): RawProgram {
  const colon = fullName.indexOf(':');
  const system = colon < 0 ? '' : fullName.slice(0, colon);
  const resolved = colon < 0 ? undefined : resolveTracepoint(system, fullName.slice(colon + 1));
  return { kind: resolved?.kind ?? KIND_UNKNOWN, name: names.internString(fullName), steps: NO_STEPS, probe: undefined };
}

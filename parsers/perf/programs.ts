/**
 * How to fill slots from an event's raw record: for each event of the trace's own format files, the fields that the
 * vocabulary asks for, as a short program over offsets. Compiled once, run per sample.
 */
import type { Interner } from '../base/intern.js';
import type { EventFormat, FormatField } from '../format/tep.js';
import type { Kallsyms } from '../format/kallsyms.js';
import { KIND_UNKNOWN } from '../events/kinds.js';
import { resolveProbe, resolveTracepoint, type Resolved } from '../events/resolve.js';

export interface RawProgram {
  readonly kind: number;
  /** Id of `system:name` in the table's names. */
  readonly name: number;
  /** Quadruples of slot, offset in the record, size (1, 2, 4, 8) and signedness (0, 1). */
  readonly code: Int32Array;
  readonly format: EventFormat | undefined;
  /** Of a probe: what its records mean depends on the address that they hit. */
  readonly probe: Probe | undefined;
}

/** A probe event's programs, by address; the last one is tried first. */
export interface Probe {
  readonly format: EventFormat;
  readonly name: number;
  readonly isReturn: boolean;
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

/** The probe that a format describes, or undefined for a tracepoint's. */
function probeOf(format: EventFormat, name: number): Probe | undefined {
  const entry = format.fields.find((f) => f.name === '__probe_ip');
  const ret = format.fields.find((f) => f.name === '__probe_func') ?? format.fields.find((f) => f.name === '__probe_ret_ip' );
  const field = ret ?? entry;
  if (!field || (field.size !== 8 && field.size !== 4)) return undefined;
  return {
    format, name, isReturn: ret !== undefined, addressAt: field.offset, addressSize: field.size,
    programs: new Map(), lastHigh: 0, lastLow: 0, last: undefined,
  };
}

/** Compiles the program of one event; a probe's is compiled when its address is known (see {@link placedProgram}). */
export function compileProgram(format: EventFormat, names: Interner): RawProgram {
  const name = names.internString(`${format.system}:${format.name}`);
  const probe = probeOf(format, name);
  if (probe) return { kind: KIND_UNKNOWN, name, code: new Int32Array(0), format, probe };
  return fieldsProgram(format, name, resolveTracepoint(format.system, format.name));
}

/** The program of the probe event whose record is view[base, end). */
export function placedProgram(
  probe: Probe, view: DataView, base: number, end: number, little: boolean, symbols: () => Kallsyms | undefined,
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
    program = fieldsProgram(probe.format, probe.name, resolveAddress(probe, high, low, symbols()));
    probe.programs.set(key, program);
  }
  probe.lastHigh = high;
  probe.lastLow = low;
  return (probe.last = program);
}

/** Meaning of a probe at an address: by the symbol behind it where the trace has symbols, else by its event name. */
function resolveAddress(probe: Probe, high: number, low: number, symbols: Kallsyms | undefined): Resolved | undefined {
  const top = probe.addressSize === 8 ? high : low;
  // Kernel addresses have their top bit set; the name of a probe in user space means nothing here.
  if (top < 0x80000000) return undefined;
  const { isReturn, format } = probe;
  const aliases = symbols?.aliases((BigInt(high) << 32n) | BigInt(low)) ?? [];
  for (const alias of aliases) {
    const resolved = resolveProbe(format.name, { symbol: alias.name, offset: Number(alias.offset), isReturn });
    if (resolved) return resolved;
  }
  return aliases.length > 0 ? undefined : resolveProbe(format.name, { symbol: '', offset: 0, isReturn });
}

function fieldsProgram(format: EventFormat, name: number, resolved: Resolved | undefined): RawProgram {
  if (!resolved) return { kind: KIND_UNKNOWN, name, code: new Int32Array(0), format, probe: undefined };
  const ranks = new Map([...resolved.slotOf.keys()].map((argument, rank) => [argument, rank]));
  const best = new Map<number, FormatField>();
  for (const field of format.fields) {
    const slot = resolved.slotOf.get(field.name);
    if (slot === undefined || field.location !== 'inline' || ![1, 2, 4, 8].includes(field.size)) continue;
    const rival = best.get(slot);
    if (!rival || ranks.get(field.name)! < ranks.get(rival.name)!) best.set(slot, field);
  }
  const code: number[] = [];
  for (const [slot, field] of best) code.push(slot, field.offset, field.size, field.signed ? 1 : 0);
  return { kind: resolved.kind, name, code: Int32Array.from(code), format, probe: undefined };
}

/** The program of an event that the file names but does not describe. */
export function bareProgram(fullName: string, names: Interner): RawProgram {
  const colon = fullName.indexOf(':');
  const system = colon < 0 ? '' : fullName.slice(0, colon);
  const resolved = colon < 0 ? undefined : resolveTracepoint(system, fullName.slice(colon + 1));
  return { kind: resolved?.kind ?? KIND_UNKNOWN, name: names.internString(fullName), code: new Int32Array(0), format: undefined, probe: undefined };
}

/**
 * Runs a program over the record view[base, end): fills the payload at pool[at] (mask, then two words a slot). Fields
 * that would lie beyond the record's end stay absent.
 */
export function runProgram(
  code: Int32Array, view: DataView, base: number, end: number, little: boolean, pool: Uint32Array, at: number,
): void {
  let mask = 0;
  for (let i = 0; i < code.length; i += 4) {
    const slot = code[i]!;
    const from = base + code[i + 1]!;
    const size = code[i + 2]!;
    if (from + size > end) continue;
    const word = at + 1 + 2 * slot;
    mask |= 1 << slot;
    if (size === 8) {
      pool[word] = view.getUint32(little ? from : from + 4, little);
      pool[word + 1] = view.getUint32(little ? from + 4 : from, little);
      continue;
    }
    const signed = code[i + 3] === 1;
    let value: number;
    if (size === 4) value = view.getInt32(from, little);
    else if (size === 2) value = signed ? view.getInt16(from, little) : view.getUint16(from, little);
    else value = signed ? view.getInt8(from) : view.getUint8(from);
    pool[word] = value;
    pool[word + 1] = signed && value < 0 ? 0xffffffff : 0;
  }
  pool[at] = mask;
}

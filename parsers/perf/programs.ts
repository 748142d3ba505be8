/**
 * How to fill slots from an event's raw record: for each event of the trace's own format files, the fields
 * that the vocabulary asks for, as a short program over offsets. Compiled once, run per sample.
 */
import { TWO_32 } from '../base/words.js';
import type { Interner } from '../base/intern.js';
import { KIND_UNKNOWN, functionKind } from '../events/kinds.js';
import { resolveTracepoint, type Resolved } from '../events/resolve.js';
import { emptyPlan, planSlots, probeField, resolveFormat, type SlotPlan } from '../tep/plan.js';
import type { TraceContext } from '../tep/record.js';
import type { EventFormat } from '../tep/tep.js';

const NO_PLAN = emptyPlan(KIND_UNKNOWN);
export const NO_PROGRAM = -1;
const TYPES = 1 << 16;
/** More addresses than one event can have been put at; beyond, programs are made again. */
const ADDRESSES_LIMIT = 4096;

export interface RawProgram {
  /** Index among all programs. */
  readonly index: number;
  /** Id of `system:name` in the table's names. */
  readonly name: number;
  /** How to fill the payload; no words when nothing is to be filled. */
  readonly plan: SlotPlan;
  /** Of a probe: what its records mean depends on the address that they hit. */
  readonly probe: Probe | undefined;
}

/** A probe event's programs, by address; the last one is tried first. */
export interface Probe {
  readonly format: EventFormat;
  /** Where in the record the probed address stands, and its size. */
  readonly addressAt: number;
  readonly addressSize: number;
  readonly programs: Map<number, RawProgram>;
  lastHigh: number;
  lastLow: number;
  last: RawProgram | undefined;
}

/** All programs of one trace. */
export class Programs {
  readonly all: RawProgram[] = [];
  /** Format ID (`common_type`) to index; NO_PROGRAM for an ID without a format. */
  readonly ofType = new Int32Array(TYPES).fill(NO_PROGRAM);

  constructor(private readonly names: Interner) {}

  /**
   * Compiles formats; those already known are passed over. A probe's is compiled when its address is known.
   */
  addFormats(formats: readonly EventFormat[]): void {
    for (const format of formats) {
      if (format.id >= TYPES || this.ofType[format.id] !== NO_PROGRAM) continue;
      const name = this.names.internString(`${format.system}:${format.name}`);
      const address = probeField(format);
      const probe = address && {
        format,
        addressAt: address.offset,
        addressSize: address.size,
        programs: new Map<number, RawProgram>(),
        lastHigh: 0,
        lastLow: 0,
        last: undefined,
      };
      const resolved = probe ? undefined : resolveTracepoint(format.system, format.name);
      this.ofType[format.id] = this.add(name, planOf(format, resolved), probe).index;
    }
  }

  /** The program of an event that the file names but does not describe. */
  addBare(fullName: string): RawProgram {
    const colon = fullName.indexOf(':');
    const resolved =
      colon < 0 ? undefined : resolveTracepoint(fullName.slice(0, colon), fullName.slice(colon + 1));
    return this.add(
      this.names.internString(fullName),
      resolved ? emptyPlan(resolved.kind) : NO_PLAN,
      undefined,
    );
  }

  /** The program of the probe event whose record is view[base, end). */
  placed(
    from: RawProgram,
    probe: Probe,
    view: DataView,
    base: number,
    end: number,
    little: boolean,
    context: TraceContext,
  ): RawProgram {
    const at = base + probe.addressAt;
    let high = 0;
    let low = 0;
    if (at + probe.addressSize <= end) {
      const wide = probe.addressSize === 8;
      // Signed: an unsigned word of a kernel address would be boxed.
      low = view.getInt32(little || !wide ? at : at + 4, little);
      if (wide) high = view.getInt32(little ? at + 4 : at, little);
    }
    if (probe.last !== undefined && high === probe.lastHigh && low === probe.lastLow) return probe.last;
    const key = (high >>> 0) * TWO_32 + (low >>> 0);
    let program = probe.programs.get(key);
    if (program === undefined) {
      if (probe.programs.size >= ADDRESSES_LIMIT) probe.programs.clear();
      program = this.add(
        from.name,
        planOf(probe.format, resolveAddress(probe, high >>> 0, low >>> 0, context)),
        undefined,
      );
      probe.programs.set(key, program);
    }
    probe.lastHigh = high;
    probe.lastLow = low;
    probe.last = program;
    return program;
  }

  private add(name: number, plan: SlotPlan, probe: Probe | undefined): RawProgram {
    const program: RawProgram = { index: this.all.length, name, plan, probe };
    this.all.push(program);
    return program;
  }
}

/** Meaning of a probe at an address; the name of a probe in user space means nothing here. */
function resolveAddress(
  probe: Probe,
  high: number,
  low: number,
  context: TraceContext,
): Resolved | undefined {
  // Kernel addresses have their top bit set on every architecture of this domain.
  if ((probe.addressSize === 8 ? high : low) < 0x80000000) return undefined;
  return resolveFormat(probe.format, context, (BigInt(high) << 32n) | BigInt(low));
}

function planOf(format: EventFormat, resolved: Resolved | undefined): SlotPlan {
  if (!resolved) return format.system === 'ftrace' ? emptyPlan(functionKind(format.name)) : NO_PLAN;
  const plan = planSlots(format, resolved);
  return plan.steps.length > 0 ? plan : emptyPlan(resolved.kind);
}

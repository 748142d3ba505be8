/** What to do with a record of each event id, worked out when the first of them is seen. */
import type { IssueLog } from '../events/issues.js';
import type { Interner } from '../base/intern.js';
import { KIND_UNKNOWN, functionKind } from '../events/kinds.js';
import type { FetchGuard } from '../events/failedFetch.js';
import { emptyPlan, planSlots, probeField, resolveFormat, type SlotPlan } from '../tep/plan.js';
import { EventPrinter } from '../tep/printfmt.js';
import { isStackFormat } from '../tep/stack.js';
import type { TraceContext } from '../tep/record.js';
import { findField, formatId, parseFormat, type EventFormat } from '../tep/tep.js';
import { isMarkerFormat, Markers } from './marker.js';
import type { TraceDatFile } from './model.js';

const NO_STEPS = new Int32Array(0);
/** Different addresses of one probe event that are kept; a damaged file may have any number. */
const ADDRESS_LIMIT = 1024;
const EMPTY = emptyPlan(KIND_UNKNOWN);

/**
 * One event id's plan. Where the event is a probe, the plan holds for one address; {@link PlanBook.forProbe}
 * finds the others.
 */
export class EventPlan {
  kind = KIND_UNKNOWN;
  words = 0;
  steps: Int32Array = NO_STEPS;
  words4: Int32Array = NO_STEPS;
  span = 0;
  mask = 0;
  guard: FetchGuard = NO_STEPS;
  isSure = true;
  addressLo = 0;
  addressHi = 0;
  byAddress: Map<bigint, SlotPlan> | undefined;
  /** Made when a record is first printed. */
  printer: EventPrinter | undefined;

  constructor(
    readonly format: EventFormat | undefined,
    readonly nameId: number,
    /** Offset and size of a probe's address in the record, offset -1 for other events. */
    readonly addressOffset: number,
    readonly addressSize: number,
    readonly isStack: boolean,
    /** What finds QEMU's events in the texts of markers; undefined for other events. */
    readonly markers: Markers | undefined,
  ) {}

  use(plan: SlotPlan): void {
    this.kind = plan.kind;
    this.words = plan.words;
    this.steps = plan.steps;
    this.words4 = plan.words4;
    this.span = plan.span;
    this.mask = plan.mask;
    this.guard = plan.guard;
    this.isSure = plan.isSure;
  }
}

export class PlanBook {
  /** By id, of which there are 65536: an array that grew to the ids in use would be a slow, sparse one. */
  private readonly plans: (EventPlan | undefined)[] = new Array<EventPlan | undefined>(1 << 16).fill(
    undefined,
  );
  private readonly texts = new Map<number, { readonly system: string; readonly text: string }>();
  /** Where a record has its event's id and its thread's. */
  readonly typeOffset: number;
  readonly typeSize: number;
  readonly pidOffset: number;
  /** True for a type of two bytes at 0 and a pid at 4. */
  readonly isUsualHeader: boolean;

  constructor(
    private readonly file: TraceDatFile,
    readonly context: TraceContext,
    private readonly names: Interner,
    private readonly issues: IssueLog,
  ) {
    for (const stored of file.formats) {
      const id = formatId(stored.text);
      if (id >= 0 && !this.texts.has(id)) this.texts.set(id, stored);
    }
    const first = this.firstFormat();
    const type = first && findField(first, 'common_type');
    this.typeOffset = type?.offset ?? 0;
    this.typeSize = type?.size === 4 ? 4 : 2;
    this.pidOffset = (first && findField(first, 'common_pid'))?.offset ?? 4;
    this.isUsualHeader = this.typeOffset === 0 && this.typeSize === 2 && this.pidOffset === 4;
  }

  /** The plan of an event id; an id that the file does not describe gets an unnamed one. */
  plan(id: number): EventPlan {
    const known = this.plans[id];
    if (known) return known;
    const made = this.make(id);
    this.plans[id] = made;
    return made;
  }

  /** The event id of the record at view[start]. */
  idIn(view: DataView, start: number, little: boolean): number {
    const at = start + this.typeOffset;
    return this.typeSize === 2 ? view.getUint16(at, little) : view.getUint32(at, little) & 0xffff;
  }

  /** Switches a probe's plan to the address of the record at hand, given as two signed words. */
  forProbe(plan: EventPlan, hi: number, lo: number): void {
    const address = (BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0);
    plan.byAddress ??= new Map();
    const known = plan.byAddress;
    let slots = known.get(address);
    if (!slots) {
      const resolved = resolveFormat(plan.format!, this.context, address);
      slots = resolved ? planSlots(plan.format!, resolved) : EMPTY;
      if (known.size < ADDRESS_LIMIT) known.set(address, slots);
    }
    plan.use(slots);
    plan.addressHi = hi;
    plan.addressLo = lo;
  }

  /** Prints the records of a plan; undefined where the file does not describe them. */
  printer(plan: EventPlan): EventPrinter | undefined {
    if (plan.format) plan.printer ??= new EventPrinter(plan.format, this.context);
    return plan.printer;
  }

  private make(id: number): EventPlan {
    const stored = this.texts.get(id);
    const format = stored && parseFormat(stored.text, stored.system, this.context.longSize);
    if (!format) {
      this.issues.add(stored ? 'bad-format' : 'unknown-event-id', 0, 0, `event id ${id}`);
      return new EventPlan(undefined, this.names.internString(`event-${id}`), -1, 0, false, undefined);
    }
    const probe = probeField(format);
    const name = this.names.internString(`${format.system}:${format.name}`);
    const markers = isMarkerFormat(format) ? new Markers(format, this.names) : undefined;
    const plan = new EventPlan(
      format,
      name,
      probe?.offset ?? -1,
      probe?.size ?? 0,
      isStackFormat(format),
      markers,
    );
    const resolved = probe ? undefined : resolveFormat(format, this.context, 0n);
    if (resolved) plan.use(planSlots(format, resolved));
    else if (format.system === 'ftrace') plan.kind = functionKind(format.name);
    // No kernel function or user code lies at the last address: the first record switches the plan.
    plan.addressHi = plan.addressLo = -1;
    return plan;
  }

  private firstFormat(): EventFormat | undefined {
    for (const stored of this.file.formats) {
      const format = parseFormat(stored.text, stored.system, this.context.longSize);
      if (format && format.common.length > 0) return format;
    }
    return undefined;
  }
}

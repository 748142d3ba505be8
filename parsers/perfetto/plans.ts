/** What to do with events of each number, worked out when the first of them is seen. */
import type { Interner } from '../base/intern.js';
import { fetchGuard, type FetchGuard } from '../events/failedFetch.js';
import type { IssueLog } from '../events/issues.js';
import { functionKind, KIND_UNKNOWN, kindSlots } from '../events/kinds.js';
import { parsePlace } from '../events/place.js';
import { plainSymbol, resolveProbe, resolveTracepoint, type Resolved } from '../events/resolve.js';
import { payloadWords } from '../events/slots.js';
import { BUILTIN_EVENTS } from './builtinEvents.js';
import type { Descriptors } from './descriptors.js';
import type { DescribedField } from './bundles.js';
import { FIELD_TYPE, GENERIC_EVENT, KPROBE_EVENT, KPROBE_TYPE, LAST_FIELD } from './protos.js';

/** Fields with larger numbers fill no slot. */
export const SLOT_FIELDS = 256;
/** Places of one probe that are kept; a damaged file may have any number. */
const PLACES_MAX = 1 << 12;
/** Names of events that say theirs each time; a damaged file may have any number. */
const NAMES_MAX = 1 << 16;

/** How a field's value is written. */
export type FieldForm = 'unsigned' | 'signed' | 'zigzag' | 'text' | 'bytes';

export interface EventField {
  readonly name: string;
  readonly form: FieldForm;
}

/** Events that tell of threads. */
export const enum TaskEvent {
  None = 0,
  Switch = 1,
  Waking = 2,
  New = 3,
  Rename = 4,
}

const TASK_EVENTS: Readonly<Record<string, TaskEvent>> = {
  'sched:sched_switch': TaskEvent.Switch,
  'sched:sched_waking': TaskEvent.Waking,
  'sched:sched_wakeup': TaskEvent.Waking,
  'task:task_newtask': TaskEvent.New,
  'task:task_rename': TaskEvent.Rename,
};

/** The field by which each event of our own export leads to its line. */
const PRINTED_LINE = 'line';

const NEAR_MASK = 1023;
/** Marks of probes, and in the place of a place's id that it is a program's. */
const MARKS = 4;
const PROGRAM = -1;
/** The upper half of an address from which on it is the kernel's. */
export const KERNEL_HIGH = 0x80000000;

export const PROBE_IP = '__probe_ip';
export const PROBE_FUNC = '__probe_func';
export const PROBE_RETURN = '__probe_ret_ip';

/** How to read events of one number, of a probe at one place. */
export class EventPlan {
  readonly kind: number;
  readonly words: number;
  readonly guard: FetchGuard;
  /** Of our own export: its last field is no field of the event. */
  readonly isPrinted: boolean;
  /** By a field's number: its slot, -1 for none. */
  readonly slotOf = new Int8Array(SLOT_FIELDS).fill(-1);
  /** By a field's number: 1 where it is written zigzag. */
  readonly zigzag = new Uint8Array(SLOT_FIELDS);
  /** Plans of a probe whose place is a text, by the text's id. */
  readonly byPlace = new Map<number, EventPlan>();

  constructor(
    readonly name: string,
    readonly nameId: number,
    readonly fields: ReadonlyMap<number, EventField>,
    readonly resolved: Resolved | undefined,
    readonly task: TaskEvent,
    /** Number of the field with the place of a probe; 0 where there is none. */
    readonly placeField: number,
  ) {
    this.kind = resolved?.kind ?? functionKind(name.slice(name.indexOf(':') + 1));
    this.words = resolved ? payloadWords(kindSlots(resolved.kind).length) : 0;
    this.guard = fetchGuard(this.kind);
    this.isPrinted = isPrinted(fields);
    if (resolved && !this.isPrinted) this.findSlots(resolved);
    for (const [number, { form }] of fields)
      if (number < SLOT_FIELDS && form === 'zigzag') this.zigzag[number] = 1;
  }

  private findSlots(resolved: Resolved): void {
    const slots = kindSlots(resolved.kind);
    const numbers = new Map([...this.fields].map(([number, { name }]) => [name, number] as const));
    for (const [slot, names] of Object.entries(resolved.meaning.slots)) {
      const index = slots.indexOf(slot);
      for (const name of [...names, slot]) {
        const number = numbers.get(name);
        if (resolved.slotOf.get(name) !== index || number === undefined || number >= SLOT_FIELDS) continue;
        this.slotOf[number] = index;
        break;
      }
    }
  }
}

/** How to read an event that says the names of its fields. */
export interface NamedPlan {
  readonly nameId: number;
  readonly kind: number;
  readonly words: number;
  readonly guard: FetchGuard;
  /** By a field's name: its slot, and behind that how many other names are preferred to it. */
  readonly slotOf: ReadonlyMap<number, number>;
}

/** Bits of the slot in {@link NamedPlan.slotOf}. */
export const SLOT_BITS = 4;

/** What of an event's fields tells that it is a probe's. */
export const enum ProbeMark {
  None = 0,
  Entry = 1,
  Return = 2,
  /** Of a program: what its author called it says nothing of the kernel. */
  User = 3,
}

/** A plan with what it is found by. */
interface NearPlan {
  readonly sequence: number;
  readonly id: number;
  readonly plan: EventPlan;
}

export class PlanBook {
  private readonly plans = new Map<number, Map<number, EventPlan>>();
  /** The latest of them, by the low bits of their numbers. */
  private readonly near: (NearPlan | undefined)[] = new Array<undefined>(NEAR_MASK + 1).fill(undefined);
  private readonly named = new Map<number, NamedPlan>();
  private builtin: ReadonlyMap<number, string> | undefined;
  /** Names of fields, and places of probes. */
  readonly words: Interner;
  /** Functions that probes sit on or return to, where their places say it. */
  readonly symbols = new Set<string>();

  constructor(
    private readonly descriptors: Descriptors,
    private readonly names: Interner,
    words: Interner,
    private readonly issues: IssueLog,
  ) {
    this.words = words;
  }

  /** The plan of events of a number, nameless where nobody describes it; `at` is the first of them. */
  plan(sequence: number, id: number, at: number): EventPlan {
    const near = this.near[id & NEAR_MASK];
    if (near?.id === id && near.sequence === sequence) return near.plan;
    const known = this.plans.get(sequence) ?? new Map<number, EventPlan>();
    this.plans.set(sequence, known);
    const plan = known.get(id) ?? this.make(sequence, id, at);
    known.set(id, plan);
    this.near[id & NEAR_MASK] = { sequence, id, plan };
    return plan;
  }

  /** The plan for the place that the event's text says, which is bytes[start, end). */
  placed(plan: EventPlan, bytes: Uint8Array, start: number, end: number): EventPlan {
    const id = this.words.intern(bytes, start, end);
    const known = plan.byPlace.get(id);
    if (known) return known;
    const isReturn = plan.fields.get(plan.placeField)!.name === PROBE_FUNC;
    const text = this.words.text(id);
    const place = parsePlace(isReturn ? `(0x0 <- ${text})` : `(${text})`);
    if (place && place.symbol !== '' && this.symbols.size < NAMES_MAX)
      this.symbols.add(plainSymbol(place.symbol));
    const resolved = place && resolveProbe(bareName(plan.name), place);
    const made = new EventPlan(plan.name, plan.nameId, plan.fields, resolved, TaskEvent.None, 0);
    if (plan.byPlace.size < PLACES_MAX) plan.byPlace.set(id, made);
    return made;
  }

  /** The plan of a program's probe, whose name says nothing of the kernel. */
  ofProgram(plan: EventPlan): EventPlan {
    const known = plan.byPlace.get(PROGRAM);
    if (known) return known;
    const made = new EventPlan(plan.name, plan.nameId, plan.fields, undefined, TaskEvent.None, 0);
    plan.byPlace.set(PROGRAM, made);
    return made;
  }

  /** The plan of an event that says its name, bytes[start, end), and the names of its fields. */
  byName(bytes: Uint8Array, start: number, end: number, mark: ProbeMark): NamedPlan {
    const key = this.words.intern(bytes, start, end) * MARKS + mark;
    const known = this.named.get(key);
    if (known) return known;
    const name = this.words.text((key - mark) / MARKS);
    const made = this.makeNamed(name, resolveEvent(name, mark));
    if (this.named.size < NAMES_MAX) this.named.set(key, made);
    return made;
  }

  /** The plan of one of Perfetto's own probes, which tell their function and which of its ends it is. */
  kprobe(bytes: Uint8Array, start: number, end: number, type: number): NamedPlan {
    const isReturn = type === KPROBE_TYPE.end;
    const group = isReturn ? 'kretprobe:' : 'kprobe:';
    const symbol = this.words.text(this.words.intern(bytes, start, end));
    const key = -1 - (this.words.internString(group + symbol) * 4 + Math.min(3, type));
    const known = this.named.get(key);
    if (known) return known;
    const isKnown = isReturn || type === KPROBE_TYPE.begin || type === KPROBE_TYPE.instant;
    const resolved = isKnown ? resolveProbe(symbol, { symbol, offset: 0, isReturn }) : undefined;
    if (isKnown && this.symbols.size < NAMES_MAX) this.symbols.add(plainSymbol(symbol));
    const made = this.makeNamed(group + symbol, resolved);
    if (this.named.size < NAMES_MAX) this.named.set(key, made);
    return made;
  }

  private makeNamed(name: string, resolved: Resolved | undefined): NamedPlan {
    const slotOf = new Map<number, number>();
    for (const [slotName, names] of Object.entries(resolved?.meaning.slots ?? {}))
      [...names, slotName].forEach((field, rank) => {
        const slot = kindSlots(resolved!.kind).indexOf(slotName);
        const id = this.words.internString(field);
        if (resolved!.slotOf.get(field) === slot && !slotOf.has(id))
          slotOf.set(id, slot | (rank << SLOT_BITS));
      });
    return {
      nameId: this.names.internString(name),
      kind: resolved?.kind ?? functionKind(bareName(name)),
      words: resolved ? payloadWords(kindSlots(resolved.kind).length) : 0,
      guard: fetchGuard(resolved?.kind ?? KIND_UNKNOWN),
      slotOf,
    };
  }

  private make(sequence: number, id: number, at: number): EventPlan {
    const described = this.descriptors.find(sequence, id);
    if (described) {
      const isFull = described.group === '' || described.name.includes(':');
      return this.from(isFull ? described.name : `${described.group}:${described.name}`, described.fields);
    }
    const line = this.builtinLine(id);
    if (line !== undefined) return this.fromLine(line);
    if (id !== GENERIC_EVENT && id !== KPROBE_EVENT)
      this.issues.add('unknown-event-id', at, 0, `event ${id}`);
    const name = `event-${id}`;
    return new EventPlan(name, this.names.internString(name), new Map(), undefined, TaskEvent.None, 0);
  }

  private from(name: string, described: readonly DescribedField[]): EventPlan {
    const fields = new Map<number, EventField>();
    for (const field of described)
      if (!fields.has(field.number)) fields.set(field.number, { name: field.name, form: formOf(field.type) });
    return this.planOf(name, fields);
  }

  private planOf(name: string, fields: ReadonlyMap<number, EventField>): EventPlan {
    const byName = new Map([...fields].map(([number, field]) => [field.name, { number, ...field }] as const));
    const place = byName.get(PROBE_FUNC) ?? byName.get(PROBE_IP);
    const isPlaced = place?.form === 'text';
    const resolved = isPlaced
      ? undefined
      : resolveEvent(name, markOf(byName.has(PROBE_FUNC), byName.has(PROBE_IP)));
    const placeField = place?.number ?? 0;
    const task = TASK_EVENTS[name] ?? TaskEvent.None;
    return new EventPlan(name, this.names.internString(name), fields, resolved, task, placeField);
  }

  private builtinLine(id: number): string | undefined {
    this.builtin ??= new Map(
      BUILTIN_EVENTS.trim()
        .split('\n')
        .map(
          (line) => [Number(line.slice(0, line.indexOf(' '))), line.slice(line.indexOf(' ') + 1)] as const,
        ),
    );
    return this.builtin.get(id);
  }

  /** `system/name field:form 7=field:form`. */
  private fromLine(line: string): EventPlan {
    const [full = '', ...words] = line.split(' ');
    const fields = new Map<number, EventField>();
    let number = 0;
    for (const word of words) {
      const [, given, name, form] = /^(?:(\d+)=)?(\w+):(\w)$/.exec(word)!;
      number = given === undefined ? number + 1 : Number(given);
      fields.set(number, { name: name!, form: BUILTIN_FORMS[form!]! });
    }
    return this.planOf(full.startsWith('/') ? full.slice(1) : full.replace('/', ':'), fields);
  }
}

/** Of our own export: the values are as a source printed them, and which numbers they are is not known. */
function isPrinted(fields: ReadonlyMap<number, EventField>): boolean {
  return fields.get(LAST_FIELD)?.name === PRINTED_LINE;
}

const BUILTIN_FORMS: Readonly<Record<string, FieldForm>> = {
  u: 'unsigned',
  i: 'signed',
  s: 'text',
  b: 'bytes',
};

function formOf(type: number): FieldForm {
  if (type === FIELD_TYPE.string) return 'text';
  if (type === FIELD_TYPE.bytes) return 'bytes';
  if (type === FIELD_TYPE.sint32 || type === FIELD_TYPE.sint64) return 'zigzag';
  return type === FIELD_TYPE.int32 || type === FIELD_TYPE.int64 ? 'signed' : 'unsigned';
}

export function markOf(hasFunction: boolean, hasIp: boolean): ProbeMark {
  if (hasFunction) return ProbeMark.Return;
  return hasIp ? ProbeMark.Entry : ProbeMark.None;
}

/** Of a probe whose place is an address, which no symbols tell, its name decides. */
function resolveEvent(name: string, mark: ProbeMark): Resolved | undefined {
  if (mark === ProbeMark.User) return undefined;
  const colon = name.indexOf(':');
  if (mark === ProbeMark.None)
    return resolveTracepoint(colon < 0 ? '' : name.slice(0, colon), bareName(name));
  return resolveProbe(bareName(name), { symbol: '', offset: 0, isReturn: mark === ProbeMark.Return });
}

function bareName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

/**
 * From an event's printed name and payload to its kind and slots, the same way for every text format: the
 * kernel's own text, `trace-cmd report` and `perf script`. For each distinct name and probe place a plan is
 * made once and kept; per event there are byte comparisons only.
 */
import { Ascii } from '../base/ascii.js';
import { Interner } from '../base/intern.js';
import { isDigit, skipBlanks } from '../base/text.js';
import { hexRun } from './number.js';
import {
  ARGS_FAULT,
  ARGS_MORE,
  ARGS_OTHER_NAMES,
  ARGS_ODD_VALUE,
  ArgPlan,
  argFields,
  readArgs,
} from './args.js';
import { compileForm, endsWithLiteral, formFields, matchForm, type Form } from './form.js';
import { KIND_UNKNOWN, functionKind, kindSlots } from './kinds.js';
import { ARROW, findPlace, parsePlace, type ParsedPlace } from './place.js';
import { namesOf, plainSymbol, resolveProbe, resolveTracepoint, type Resolved } from './resolve.js';
import type { TableBuilder } from './table.js';
import { isUnderstood } from './understood.js';

/** Set in the result of {@link fillPayload}: a value that a slot wanted was printed as `(fault)`. */
export const PAYLOAD_FAULT = ARGS_FAULT;
/** Text stands behind the printed form, or among the arguments, that nothing accounts for. */
export const PAYLOAD_MORE = ARGS_MORE;
/** The arguments have other names than on the line before, or this is the first line. */
export const PAYLOAD_OTHER_NAMES = ARGS_OTHER_NAMES;
/** The event has printed forms, and this is none of them. */
export const PAYLOAD_NO_FORM = 8;
/** The printed form ends the line, where it did not on the lines before. */
export const PAYLOAD_LESS = 16;
/** The first line of its event that was read to its end. */
export const PAYLOAD_FIRST = 32;
/** What was a number on the line before is none, or a kernel pointer has lost digits. */
export const PAYLOAD_ODD_VALUE = ARGS_ODD_VALUE;
/** An event that nobody knows, of which not all was looked at. */
export const PAYLOAD_UNREAD = 64;

/** Plans of probe places kept at once; a trace with more distinct places makes some of them again. */
const PLANS_KEPT = 1 << 16;
/** Distinct names remembered at once, and shown at all: a kernel has some thousands of events. */
const NAMES_KEPT = 1 << 16;
const NAMES_SHOWN = 1 << 17;
const OTHER_NAME = '(another event)';
/** Above the largest id of a place, so that a name's and a place's id make one key. */
const PLACE_RANGE = 2 ** 26;

/** A printed form of an event. */
interface PrintedForm extends Form {
  /** It fills what the event's kind needs. */
  readonly isComplete: boolean;
}

/** How to decode the events of one name at one place. */
export interface EventPlan {
  /** Id in `builder.names` of the name to show. */
  readonly name: number;
  readonly kind: number;
  /** Bytes of the payload's start that this plan is for (the probe's place); empty where there is none. */
  readonly place: Uint8Array;
  readonly forms: readonly PrintedForm[];
  readonly args: ArgPlan | undefined;
  readonly slotCount: number;
  /** True when arguments are printed as `name: value, `. */
  readonly isSyscall: boolean;
  /** True once a line of it was read. */
  wasSeen: boolean;
  /** True when its lines go on behind the printed form, or have none. */
  goesOn: boolean;
  /** The last name before a value of such a line; undefined where it is not known, or there is none. */
  lastLabel: Uint8Array | undefined;
  /** How far before the line's end that name begins, as long as values have the same width. */
  labelFromEnd: number;
  /**
   * Of an event that nobody knows: the names before the last values of its lines, an empty one for lines that
   * end otherwise; undefined where they may end in anything.
   */
  endings: readonly Uint8Array[] | undefined;
}

/** The syntax of a payload. */
export const enum PayloadStyle {
  /** `name: payload`. */
  Event = 0,
  /** `sys_x(name: value, …)` and what user-space tools print for sys_enter_x. */
  SyscallEnter = 1,
  /** `sys_x -> 0x0` and what user-space tools print for sys_exit_x. */
  SyscallExit = 2,
}

const GUESS_MASK = 1023;
const NO_BYTES = new Uint8Array(0);
const SYSCALL_EXIT_FORM = '{ret:n}';
const formsOf = new Map<Resolved, readonly PrintedForm[]>();
const decoder = new TextDecoder();
const encoder = new TextEncoder();
/** Outlines of the names of QEMU's events: what has none of these is no such name. */
const QEMU_NAMES = new Set(
  namesOf('qemu').map((name) => {
    const bytes = encoder.encode(name);
    return outlineOf(bytes, 0, bytes.length);
  }),
);

interface NameEntry {
  readonly token: number;
  readonly bytes: Uint8Array;
  readonly text: string;
  last: EventPlan | undefined;
}

/** All plans of one source. */
export class PlanBook {
  private tokens = new Interner();
  private places = new Interner();
  private readonly plans = new Map<number, EventPlan>();
  private readonly events: NameEntry[] = [];
  /**
   * Names by a few of their bytes: nearly always right, always verified, and cheaper than hashing all of
   * them.
   */
  private readonly guesses: (NameEntry | undefined)[] = new Array<undefined>(GUESS_MASK + 1).fill(undefined);
  private readonly enters: (EventPlan | undefined)[] = [];
  private readonly exits: (EventPlan | undefined)[] = [];
  private readonly qemu: (EventPlan | undefined)[] = [];
  /** How often plans were made anew, those before forgotten. */
  startedOver = 0;
  /** Functions that probes sit on or return to, by their names: what the kernel has. */
  readonly symbols = new Set<string>();

  /** `isRaw`: the text is that of `trace-cmd report -R`, whose numbers lack their 0x. */
  constructor(
    private readonly names: Interner,
    private readonly isRaw = false,
  ) {}

  /**
   * Plan of `name: payload`, where the name may be `system:name`, at bytes[nameStart, nameEnd) and
   * bytes[start, end).
   */
  event(bytes: Uint8Array, nameStart: number, nameEnd: number, start: number, end: number): EventPlan {
    const guess =
      ((nameEnd - nameStart) * 8 + (bytes[nameEnd - 1]! ^ (bytes[(nameStart + nameEnd) >>> 1]! << 2))) &
      GUESS_MASK;
    const entry = this.guesses[guess];
    if (entry !== undefined && sameBytes(entry.bytes, bytes, nameStart, nameEnd)) {
      const last = entry.last;
      return last !== undefined && hasPlace(last.place, bytes, start, end)
        ? last
        : this.placed(entry, bytes, start, end);
    }
    const named = this.named(bytes, nameStart, nameEnd);
    this.guesses[guess] = named;
    return this.placed(named, bytes, start, end);
  }

  private named(bytes: Uint8Array, nameStart: number, nameEnd: number): NameEntry {
    const token = this.token(bytes, nameStart, nameEnd);
    this.events[token] ??= {
      token,
      bytes: bytes.slice(nameStart, nameEnd),
      text: this.tokens.text(token),
      last: undefined,
    };
    return this.events[token];
  }

  private placed(entry: NameEntry, bytes: Uint8Array, start: number, end: number): EventPlan {
    if (this.plans.size >= PLANS_KEPT) {
      this.startedOver++;
      this.plans.clear();
      this.places = new Interner();
    }
    const placeEnd = findPlace(bytes, start, end);
    const key = entry.token * PLACE_RANGE + this.places.intern(bytes, start, placeEnd);
    let plan = this.plans.get(key);
    if (plan === undefined) {
      plan = this.plan(entry.text, bytes, start, placeEnd, end);
      this.plans.set(key, plan);
    }
    entry.last = plan;
    return plan;
  }

  /** True when a line of the event whose name stands at bytes[nameStart, nameEnd) was read by this book. */
  hasRead(bytes: Uint8Array, nameStart: number, nameEnd: number): boolean {
    return this.events[this.token(bytes, nameStart, nameEnd)] !== undefined;
  }

  /** Plan of a syscall event whose bare name (`sys_ioctl`) stands at bytes[nameStart, nameEnd). */
  syscall(bytes: Uint8Array, nameStart: number, nameEnd: number, style: PayloadStyle): EventPlan {
    const token = this.token(bytes, nameStart, nameEnd);
    const plans = style === PayloadStyle.SyscallEnter ? this.enters : this.exits;
    let plan = plans[token];
    if (plan === undefined) {
      const call = this.tokens.text(token).replace(/^sys_/, '');
      const name = `sys_${style === PayloadStyle.SyscallEnter ? 'enter' : 'exit'}_${call}`;
      const resolved = resolveTracepoint('syscalls', name);
      plan = plans[token] = makePlan(this.nameId(name, resolved), NO_BYTES, resolved, style);
    }
    return plan;
  }

  /**
   * Plan of a QEMU trace event, whose bare name stands at bytes[nameStart, nameEnd), or undefined when the
   * vocabulary does not know it. QEMU's ftrace backend writes `name args` into trace_marker.
   */
  qemuEvent(bytes: Uint8Array, nameStart: number, nameEnd: number): EventPlan | undefined {
    // What user space writes begins with any word, and often with another one each time: none is kept.
    if (!QEMU_NAMES.has(outlineOf(bytes, nameStart, nameEnd))) return undefined;
    const token = this.token(bytes, nameStart, nameEnd);
    if (token in this.qemu) return this.qemu[token];
    const name = this.tokens.text(token);
    const resolved = resolveTracepoint('qemu', name);
    const plan =
      resolved && makePlan(this.names.internString(`qemu:${name}`), NO_BYTES, resolved, PayloadStyle.Event);
    this.qemu[token] = plan;
    return plan;
  }

  /**
   * Id of a name in `tokens`. A text with more names than any kernel has events makes the book start over.
   */
  private token(bytes: Uint8Array, start: number, end: number): number {
    if (this.tokens.size >= NAMES_KEPT) {
      this.tokens = new Interner();
      this.startedOver++;
      this.plans.clear();
      this.guesses.fill(undefined);
      for (const list of [this.events, this.enters, this.exits, this.qemu]) list.length = 0;
    }
    return this.tokens.intern(bytes, start, end);
  }

  /**
   * Id of the name to show; past a limit, one for all further unknown events: the source still has what was
   * printed.
   */
  private nameId(printed: string, resolved: Resolved | undefined): number {
    return this.names.internString(
      resolved !== undefined || this.names.size < NAMES_SHOWN ? printed : OTHER_NAME,
    );
  }

  private plan(printed: string, bytes: Uint8Array, start: number, placeEnd: number, end: number): EventPlan {
    const colon = printed.indexOf(':');
    const system = colon < 0 ? '' : printed.slice(0, colon);
    const bare = printed.slice(colon + 1);
    const place = bytes.slice(start, placeEnd);
    const isPlaced = place.length > 0;
    const parsed = isPlaced ? parsePlace(decoder.decode(place)) : undefined;
    if (parsed) this.noteSymbols(parsed);
    const resolved = isPlaced ? resolvePlace(bare, parsed) : resolveTracepoint(system, bare);
    const style = isPlaced ? PayloadStyle.Event : styleOf(bare, bytes, start, end);
    const kind = isPlaced ? KIND_UNKNOWN : functionKind(bare);
    return makePlan(this.nameId(printed, resolved), place, resolved, style, this.isRaw, kind);
  }

  private noteSymbols({ symbol, caller }: ParsedPlace): void {
    for (const spot of [symbol, caller]) {
      const [name = ''] = spot.split('+', 1);
      if (name !== '' && this.symbols.size < NAMES_KEPT) this.symbols.add(plainSymbol(name));
    }
  }
}

/** Syntax of a payload by the event's full name, for tools that print `sys_enter_ioctl: fd: 0x3, …`. */
function styleOf(bare: string, bytes: Uint8Array, start: number, end: number): PayloadStyle {
  if (bare.startsWith('sys_exit_')) return PayloadStyle.SyscallExit;
  if (!bare.startsWith('sys_enter_')) return PayloadStyle.Event;
  let p = start;
  while (p < end && bytes[p] !== Ascii.Blank && bytes[p] !== Ascii.Equals && bytes[p] !== Ascii.Colon) p++;
  return bytes[p] === Ascii.Equals ? PayloadStyle.Event : PayloadStyle.SyscallEnter;
}

function makePlan(
  name: number,
  place: Uint8Array,
  resolved: Resolved | undefined,
  style: PayloadStyle,
  isRaw = false,
  kindOfOthers = KIND_UNKNOWN,
): EventPlan {
  const isSyscall = style === PayloadStyle.SyscallEnter;
  return {
    name,
    kind: resolved?.kind ?? kindOfOthers,
    place,
    forms: resolved && place.length === 0 ? formsFor(resolved, style) : [],
    args: resolved && new ArgPlan(resolved, isSyscall, isRaw),
    slotCount: resolved ? kindSlots(resolved.kind).length : 0,
    isSyscall,
    wasSeen: false,
    goesOn: false,
    lastLabel: undefined,
    labelFromEnd: 0,
    endings: [],
  };
}

/** The printed forms of an event that has no place. */
function formsFor(resolved: Resolved, style: PayloadStyle): readonly PrintedForm[] {
  const known = formsOf.get(resolved);
  if (known) return known;
  const slots = kindSlots(resolved.kind);
  const text =
    style === PayloadStyle.SyscallExit && slots.includes('ret')
      ? [SYSCALL_EXIT_FORM]
      : (resolved.meaning.text ?? []);
  const forms = text.map((template) => {
    const form = compileForm(template, slots);
    return { ...form, isComplete: isUnderstood(resolved.kind, form.mask) };
  });
  formsOf.set(resolved, forms);
  return forms;
}

/** The length, the first and the last byte of a name that is not empty. */
function outlineOf(bytes: Uint8Array, start: number, end: number): number {
  return ((end - start) << 16) | (bytes[start]! << 8) | bytes[end - 1]!;
}

function sameBytes(known: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  const n = known.length;
  if (n !== end - start) return false;
  for (let i = 0; i < n; i++) if (known[i] !== bytes[start + i]) return false;
  return true;
}

/** True when bytes[start, end) begins with this place, or, for the plan without one, can have no place. */
function hasPlace(place: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  const n = place.length;
  if (n === 0) return bytes[start] !== Ascii.OpenParen && bytes[start] !== Ascii.Underscore;
  if (start + n > end) return false;
  for (let i = 0; i < n; i++) if (bytes[start + i] !== place[i]) return false;
  const next = bytes[start + n];
  return start + n === end || next === Ascii.Blank;
}

function resolvePlace(name: string, place: ParsedPlace | undefined): Resolved | undefined {
  if (!place) return undefined;
  if (place.symbol === '') return isKernelAddress(place.address) ? resolveProbe(name, place) : undefined;
  return resolveProbe(name, place);
}

/**
 * Kernel addresses have their top bit set on every architecture of this domain; a uprobe's name means nothing
 * here.
 */
function isKernelAddress(hex: string): boolean {
  return hex.length === 16 && Number.parseInt(hex[0]!, 16) >= 8;
}

/**
 * Fills the payload of the builder's last row from bytes[start, end), the text after the event's name (its
 * place included). What cannot be read leaves its slots unset; where its kind needs them, the row is noted as
 * unread. So is an event that has printed forms, and this text is none of them. Returns what there is to say
 * of the line, in flags (PAYLOAD_...); 0 for a line that is like the ones before, from its start to its end.
 */
export function fillPayload(
  builder: TableBuilder,
  plan: EventPlan,
  bytes: Uint8Array,
  start: number,
  end: number,
): number {
  if (plan.slotCount === 0) return unreadFlags(plan, bytes, start, end);
  const flags = readPayload(builder, plan, bytes, start, end);
  builder.packPayload();
  return flags;
}

function readPayload(
  builder: TableBuilder,
  plan: EventPlan,
  bytes: Uint8Array,
  start: number,
  end: number,
): number {
  const at = builder.payload(plan.kind);
  const pool = builder.current.pool;
  const forms = plan.forms;
  for (let i = 0; i < forms.length; i++) {
    const form = forms[i]!;
    const after = matchForm(form, bytes, start, end, pool, at);
    if (after < 0) continue;
    if (!form.isComplete) builder.noteUnread();
    return formEnd(plan, bytes, start, after, end);
  }
  const flags = readArgs(plan.args!, bytes, start + plan.place.length, end, pool, at);
  const mask = pool[at]!;
  if ((mask === 0 && forms.length > 0) || !isUnderstood(plan.kind, mask)) builder.noteUnread();
  if (forms.length === 0) return flags;
  return endsAsBefore(plan, bytes, start, end)
    ? flags & (PAYLOAD_FAULT | PAYLOAD_OTHER_NAMES)
    : flags | PAYLOAD_NO_FORM;
}

/** Of an event that nobody knows: most have no `: ` in their text, but a line's head has, and most lines. */
function unreadFlags(plan: EventPlan, bytes: Uint8Array, start: number, end: number): number {
  if (!plan.wasSeen) return seenFirst(plan, PAYLOAD_UNREAD);
  if (!hasKnownEnding(plan, bytes, start, end)) return PAYLOAD_UNREAD | PAYLOAD_OTHER_NAMES;
  return holdsColonBlank(bytes, start, end) ? PAYLOAD_UNREAD : 0;
}

/** True when the payload at bytes[start, end) ends with a name and values as its event did before. */
export function hasKnownEnding(
  { endings }: EventPlan,
  bytes: Uint8Array,
  start: number,
  end: number,
): boolean {
  if (endings === undefined) return true;
  const nameEnd = endOfLastName(bytes, start, end);
  for (let i = 0; i < endings.length; i++) {
    const name = endings[i]!;
    const from = nameEnd - name.length;
    if (from < start || !sameBytes(name, bytes, from, nameEnd)) continue;
    if (name.length > 0 ? from === start || separates(bytes[from - 1]!) : nameEnd === start) return true;
  }
  return false;
}

/** The name before the last values of the payload at bytes[start, end); empty where there is none. */
export function endingOf(bytes: Uint8Array, start: number, end: number): Uint8Array {
  const nameEnd = endOfLastName(bytes, start, end);
  return bytes.slice(startOfWord(bytes, start, nameEnd), nameEnd);
}

/**
 * End of the word before the last numbers of bytes[start, end), or before the `=` of a last word that is no
 * number; `start` where there is none.
 */
function endOfLastName(bytes: Uint8Array, start: number, end: number): number {
  let p = end;
  for (let numbers = 0; numbers <= LAST_NUMBERS; numbers++) {
    while (p > start && separates(bytes[p - 1]!)) p--;
    const wordEnd = p;
    p = startOfWord(bytes, start, wordEnd);
    if (isNumber(bytes, p, wordEnd)) continue;
    if (numbers > 0) return wordEnd;
    return p > start && bytes[p - 1] === Ascii.Equals ? p - 1 : start;
  }
  return start;
}

function startOfWord(bytes: Uint8Array, start: number, wordEnd: number): number {
  let p = wordEnd;
  while (p > start && !separates(bytes[p - 1]!)) p--;
  return p;
}

/**
 * True when bytes[start, end) holds a colon with a blank behind it. Every second byte is one of the two: to
 * look at these takes two thirds of the time of looking at all, or of calling indexOf.
 */
function holdsColonBlank(bytes: Uint8Array, start: number, end: number): boolean {
  for (let p = start + 1; p <= end; p += 2) {
    const c = bytes[p];
    if (c === Ascii.Blank) {
      if (bytes[p - 1] === Ascii.Colon) return true;
    } else if (c === Ascii.Colon && p < end && bytes[p + 1] === Ascii.Blank) return true;
  }
  return false;
}

/** What is behind the printed form at bytes[start, after). */
function formEnd(plan: EventPlan, bytes: Uint8Array, start: number, after: number, end: number): number {
  if (after < end && skipBlanks(bytes, after, end) < end)
    return endsAsBefore(plan, bytes, start, end) ? 0 : PAYLOAD_MORE;
  if (plan.goesOn) return PAYLOAD_LESS;
  return plan.wasSeen ? 0 : seenFirst(plan, 0);
}

/**
 * True when the line ends with the same label before its last values: found at once where these are as wide
 * as on the line before.
 */
function endsAsBefore(plan: EventPlan, bytes: Uint8Array, start: number, end: number): boolean {
  const { lastLabel, labelFromEnd } = plan;
  if (lastLabel === undefined) return false;
  const at = end - labelFromEnd;
  if (at > start && sameBytes(lastLabel, bytes, at, at + lastLabel.length)) return true;
  return findLabel(bytes, start, end, lastLabel) >= 0;
}

/** Numbers that may stand behind the last label. */
const LAST_NUMBERS = 4;

/** Start of the last word of bytes[start, end) before its last numbers, where it is `label`; else -1. */
export function findLabel(bytes: Uint8Array, start: number, end: number, label: Uint8Array): number {
  let p = end;
  for (let numbers = 0; numbers <= LAST_NUMBERS; numbers++) {
    while (p > start && separates(bytes[p - 1]!)) p--;
    const wordEnd = p;
    p = startOfWord(bytes, start, wordEnd);
    if (!isNumber(bytes, p, wordEnd)) return sameBytes(label, bytes, p, wordEnd) ? p : -1;
  }
  return -1;
}

function separates(c: number): boolean {
  return c === Ascii.Blank || c === Ascii.Equals || c === Ascii.Colon || c === Ascii.Comma;
}

function isNumber(bytes: Uint8Array, start: number, end: number): boolean {
  const c = bytes[start]!;
  return c === Ascii.Dash || isDigit(c) || (end > start && hexRun(bytes, start, end) === end - start);
}

function seenFirst(plan: EventPlan, flags: number): number {
  plan.wasSeen = true;
  return flags | PAYLOAD_FIRST;
}

/**
 * True when a line that ends at `lineEnd` without a newline is certainly whole: its payload matches a form
 * that ends with fixed text exactly there, or is a syscall closed by its parenthesis.
 */
export function closesLine(
  plan: EventPlan,
  bytes: Uint8Array,
  start: number,
  end: number,
  lineEnd: number,
): boolean {
  if (plan.kind === KIND_UNKNOWN) return false;
  if (plan.isSyscall && end === lineEnd - 1) return bytes[end] === Ascii.CloseParen;
  const scratch = new Uint32Array(1 + 2 * plan.slotCount);
  for (const form of plan.forms) {
    const after = matchForm(form, bytes, start, end, scratch, 0);
    if (after >= 0) return after === lineEnd && endsWithLiteral(form);
  }
  return false;
}

/** True when the payload at bytes[start, end) has one of the printed forms of its event. */
export function matchesForm(plan: EventPlan, bytes: Uint8Array, start: number, end: number): boolean {
  const scratch = new Uint32Array(1 + 2 * plan.slotCount);
  return plan.forms.some((form) => matchForm(form, bytes, start, end, scratch, 0) >= 0);
}

/** One printed field of a payload. */
export interface PayloadField {
  readonly name: string;
  readonly value: string;
}

/** All fields of bytes[start, end) in order, with their values as printed. Not for hot paths. */
export function describePayload(
  plan: EventPlan,
  bytes: Uint8Array,
  start: number,
  end: number,
): PayloadField[] {
  const text = (from: number, to: number): string => decoder.decode(bytes.subarray(from, to));
  const fields: PayloadField[] = [];
  const placeEnd = plan.place.length === 0 ? findPlace(bytes, start, end) : start + plan.place.length;
  const place =
    bytes[start] === Ascii.OpenParen && placeEnd > start ? parsePlace(text(start, placeEnd)) : undefined;
  if (place) {
    const spot = text(start + 1, placeEnd - 1);
    const arrow = spot.indexOf(ARROW);
    const name = place.isReturn ? '__probe_func' : '__probe_ip';
    fields.push({ name, value: arrow < 0 ? spot : place.symbol || place.address });
    if (place.caller !== '') fields.push({ name: '__probe_ret_ip', value: place.caller });
  }
  for (const form of plan.forms) {
    const found = formFields(form, bytes, start, end);
    if (!found) continue;
    // A form names what the model needs; what else the kernel prints as name=value is shown behind it.
    const rest = argFields(bytes, start, end, plan.isSyscall).filter((field) =>
      found.every((f) => field.end <= f.start || field.start >= f.end),
    );
    return [...found, ...rest]
      .sort((a, b) => a.start - b.start)
      .map((field) => ({ name: field.name, value: text(field.start, field.end) }));
  }
  const from = place ? placeEnd : start;
  for (const field of argFields(bytes, from, end, plan.isSyscall)) {
    fields.push({ name: field.name, value: text(field.start, field.end) });
  }
  return fields;
}

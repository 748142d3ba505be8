/**
 * Whether the name of an event, seen for the first time in a text, can be one: where the end of one line and
 * the beginning of another were lost between, names come out that begin as one and end as another, probes
 * lose their places, or one line holds two events. An odd name that comes again is believed.
 */
import { Ascii } from '../base/ascii.js';
import { argFields } from './args.js';
import { KIND_UNKNOWN } from './kinds.js';
import { endsWord } from './number.js';
import type { EventPlan } from './payload.js';
import { parsePlace } from './place.js';
import { isProbeName, PROBE_NAMES } from './resolve.js';
import type { TableBuilder } from './table.js';

const NAMES_KEPT = 4096;
/** A kernel with all its events in one text takes a hundredth of it. */
const LETTERS_TO_COMPARE = 300_000_000;
/** The kernel's events have shorter names. */
const NAME_BYTES = 128;
/** Text in quotes may hold anything. */
const QUOTED = /"[^"]*"|'[^']'|'[^']*'/g;
/**
 * An end that a name has in common with its symbol, where its author has named it after it in a way of his
 * own.
 */
const OWN_NAME_BYTES = 4;
/** What is left of a name's end at least, to be told from a word of its own. */
const HALF_BYTES = 3;
/** A probe's place that is not whole: `(kvm_gmem_get_pfn+0x`, `(__do_fault+0x2e/0x90 <- kvm`. */
const HALF_PLACE = /^\([A-Za-z_][\w.]*(?:\+0x| <- )/;
/** Of a place that is no address. */
const SYMBOL = /^[A-Za-z_][\w.]*[g-zG-Z_][\w.]*(?=\+)/;
const RETURN = /_ret\d?$/;
const SYSCALL = /^sys_(?:enter|exit)_(\w+)$/;

/** The words of all names of probes. */
const PROBE_WORDS: ReadonlySet<string> = new Set([...PROBE_NAMES].flatMap((name) => name.split('_')));

/** Events that hold what anybody writes, and the calls of a graph: names of functions. */
const FREE_TEXT: ReadonlySet<string> = new Set([
  'tracing_mark_write',
  'print',
  'bprint',
  'bputs',
  'console',
  'funcgraph_entry',
  'funcgraph_exit',
]);

const decoder = new TextDecoder();

/** What is known of the events' lines besides their names. */
export interface EventLines {
  /** Takes an event, by the id of its name, for torn where it has one line. */
  doubtOnly(name: number): void;
  /** The known events of which a form ends with the labels of the payload at bytes[start, end). */
  eventsEndingWith(bytes: Uint8Array, start: number, end: number): readonly EventPlan[];
}

export class EventNames {
  private readonly names = new Set<string>();
  /** The names of each place, with the ids that they are shown by. */
  private readonly namesAt = new Map<string, Map<string, number>>();
  /** What stands before the names of tools that print `system:event`. */
  private readonly systems = new Set<string>();
  /** Names of tracepoints that a printed form told: not judged, but others may be made of them. */
  private readonly printed = new Set<string>();
  /** Names that have a place. */
  private readonly placed = new Set<string>();
  private readonly doubted = new Set<string>();
  private hasOwnNames = false;
  /** A text in which more than these must be compared is hostile: its names are not looked at. */
  private lettersToCompare = LETTERS_TO_COMPARE;

  constructor(
    private readonly builder: TableBuilder,
    private readonly lines: EventLines,
  ) {}

  /** What is the same for all plans of one probe. */
  keyOf(plan: EventPlan): string {
    return `${this.nameOf(plan)} ${placeOf(plan)}`;
  }

  isFreeText(plan: EventPlan): boolean {
    return FREE_TEXT.has(this.nameOf(plan));
  }

  /**
   * True when the payload at bytes[start, end) has the name of a known event in it, as if one began there:
   * `name: `, `name(`, `name -> `.
   */
  holdsName(bytes: Uint8Array, start: number, end: number): boolean {
    for (let p = start + 1; p < end; p++) {
      const c = bytes[p]!;
      const begins =
        (c === Ascii.Colon && bytes[p + 1] === Ascii.Blank) ||
        c === Ascii.OpenParen ||
        (c === Ascii.Blank && bytes[p + 1] === Ascii.Dash && bytes[p + 2] === Ascii.Greater);
      if (begins && this.isName(bytes, start, p)) return true;
    }
    return false;
  }

  /** True when the word that ends at `end` is the name of an event. */
  private isName(bytes: Uint8Array, start: number, end: number): boolean {
    let from = end;
    while (from > start && end - from < NAME_BYTES && !endsWord(bytes, from - 1, end)) from--;
    if (from === end) return false;
    const name = decoder.decode(bytes.subarray(from, end));
    return this.names.has(name) || this.printed.has(name);
  }

  /** True when the event's first line, with its payload at bytes[start, end), has an odd name or place. */
  isOdd(plan: EventPlan, bytes: Uint8Array, start: number, end: number): boolean {
    const name = this.nameOf(plan);
    const place = placeOf(plan);
    const isOdd =
      place === ''
        ? this.isUnplaced(plan, name, bytes, start, end)
        : this.isMisplaced(plan, name, place) || isMixed(bytes, start + plan.place.length, end);
    const key = this.keyOf(plan);
    if (isOdd && !this.doubted.has(key)) {
      if (this.doubted.size < NAMES_KEPT) this.doubted.add(key);
      return true;
    }
    this.learn(plan, name, place);
    this.learnSystem(plan);
    return false;
  }

  /** A line of the event was read by its printed form. */
  sawPrinted(plan: EventPlan): void {
    if (this.printed.size < NAMES_KEPT) this.printed.add(this.nameOf(plan));
  }

  private nameOf(plan: EventPlan): string {
    const full = this.builder.names.text(plan.name);
    return full.slice(full.indexOf(':') + 1);
  }

  private learnSystem({ name }: EventPlan): void {
    const full = this.builder.names.text(name);
    const colon = full.indexOf(':');
    if (colon > 0 && this.systems.size < NAMES_KEPT) this.systems.add(full.slice(0, colon));
  }

  private learn(plan: EventPlan, name: string, place: string): void {
    if (this.names.size >= NAMES_KEPT || this.namesAt.size >= NAMES_KEPT) return;
    this.names.add(name);
    // As the kernel prints it: `sys_ioctl(`.
    const call = SYSCALL.exec(name);
    if (call) this.names.add(`sys_${call[1]!}`);
    if (place === '') return;
    this.placed.add(name);
    const there = this.namesAt.get(place) ?? new Map<string, number>();
    // A name that came before this one was known may have been made of its end.
    if (this.mayCompare(name, there.size))
      for (const [other, id] of there)
        if (!areAlike(name, other) && this.isMadeOf(other, name)) this.lines.doubtOnly(id);
    there.set(name, plan.name);
    this.namesAt.set(place, there);
  }

  /**
   * A probe sits at one place; two at the same place have names that are made of each other, if of anything.
   * Either may be the torn one.
   */
  private isMisplaced(plan: EventPlan, name: string, place: string): boolean {
    const there = this.namesAt.get(place);
    if (there?.has(name)) return false;
    if (this.placed.has(name)) return true;
    if (!this.mayCompare(name, there?.size ?? 0)) return false;
    for (const [other, id] of there ?? []) {
      if (isHalf(name, other) || isOverfull(name, other)) return true;
      if (areAlike(name, other) || !this.isMadeOf(name, other)) continue;
      this.lines.doubtOnly(id);
      return true;
    }
    if (there !== undefined) return false;
    const symbol = SYMBOL.exec(place)?.[0];
    const bare = name.replace(RETURN, '');
    if (symbol?.includes(bare) !== true && this.isHalfOfKnown(bare)) return true;
    if (symbol === undefined) return plan.kind === KIND_UNKNOWN && this.isOfHalves(bare);
    if (plan.kind === KIND_UNKNOWN && isProbeName(name)) return true;
    return isHalf(bare, symbol) || isOverfull(bare, symbol) || this.isNoNameOf(bare, symbol);
  }

  /**
   * A name that begins as another event's and ends as the symbol that it should be of. Where a probe's author
   * has names of his own that end so, it says nothing; an end of a few letters says something only where the
   * other's name is left within a word.
   */
  private isNoNameOf(name: string, symbol: string): boolean {
    if (areAlike(name, symbol) || symbol.endsWith(name) || name.includes(symbol)) return false;
    const end = endInCommon(name, symbol);
    if (end < OWN_NAME_BYTES) return this.leavesWord(name, end);
    const isMixed = isBeginning(name.slice(0, name.length - end), this.names);
    if (!isMixed) this.hasOwnNames = true;
    return isMixed && !this.hasOwnNames;
  }

  /** True when all of the name but at most so many last letters is another probe's up to within a word. */
  private leavesWord(name: string, letters: number): boolean {
    for (let k = 1; k <= letters; k++) if (this.leavesWordBefore(name, k)) return true;
    return false;
  }

  /** The same of exactly so many letters. Of a name's first word the beginning says nothing. */
  private leavesWordBefore(name: string, letters: number): boolean {
    const start = name.slice(0, name.length - letters);
    if (!/_.*[a-z]$/i.test(start)) return false;
    if (!this.mayCompare(start, PROBE_NAMES.size)) return false;
    return isHalfOfAny(start, PROBE_NAMES) || this.isHalfOfKnown(start);
  }

  /**
   * True when the name begins as one probe's, up to within a word, and ends as another's, and the word that
   * comes of it is in no probe's: all that tells where the place is an address.
   */
  private isOfHalves(name: string): boolean {
    for (let k = HALF_BYTES; k < name.length; k++) {
      if (PROBE_WORDS.has(wordAt(name, name.length - k))) continue;
      if (!this.leavesWordBefore(name, k)) continue;
      const end = name.slice(-k);
      if (!this.mayCompare(end, this.names.size + PROBE_NAMES.size)) return false;
      if (isEndOfAny(end, this.names) || isEndOfAny(end, PROBE_NAMES)) return true;
    }
    return false;
  }

  /** A name without a place: of a probe that has one, with half a place behind it, or made of two others. */
  private isUnplaced(plan: EventPlan, name: string, bytes: Uint8Array, start: number, end: number): boolean {
    if (this.placed.has(name) || this.systems.has(this.builder.names.text(plan.name))) return true;
    if (this.isFreeText(plan)) return false;
    const text = decoder.decode(bytes.subarray(start, end));
    if (HALF_PLACE.test(text) || !isBalanced(text)) return true;
    if (plan.slotCount > 0 || this.names.has(name)) return false;
    return this.lines.eventsEndingWith(bytes, start, end).some((known) => this.isMixOf(plan, known));
  }

  /** True when the name, no call's, is the beginning of a known one and the end of that of `other`. */
  isMixOf(plan: EventPlan, other: EventPlan): boolean {
    const name = this.nameOf(plan);
    const end = this.nameOf(other);
    return !/^sys_exit_/.test(name) && !areAlike(name, end) && this.isMadeOf(name, end);
  }

  /** True when `name` is the beginning of a known name, or all of it, and the end of `other`. */
  private isMadeOf(name: string, other: string): boolean {
    if (!this.mayCompare(name, this.names.size + this.printed.size + PROBE_NAMES.size)) return false;
    return [this.names, this.printed, PROBE_NAMES].some((known) => isMadeOf(name, other, known));
  }

  /** False for a text in which names were compared too often, with those that `name` is to be now. */
  private mayCompare(name: string, others: number): boolean {
    this.lettersToCompare -= others * name.length;
    return this.lettersToCompare >= 0;
  }

  private isHalfOfKnown(name: string): boolean {
    if (!this.mayCompare(name, this.names.size + this.printed.size)) return false;
    return isHalfOfAny(name, this.names) || isHalfOfAny(name, this.printed);
  }
}

/** True when `name` is the beginning of one of `known`, or all of it, and the end of `other`. */
function isMadeOf(name: string, other: string, known: ReadonlySet<string>): boolean {
  for (let k = 0; k < name.length; k++) {
    const start = name.slice(0, k);
    if (other.endsWith(name.slice(k)) && isBeginning(start, known)) return true;
  }
  return false;
}

function isBeginning(start: string, known: ReadonlySet<string>): boolean {
  for (const name of known) if (name.startsWith(start)) return true;
  return start === '';
}

/** True for the beginning of a name, broken off within a word. */
function isHalf(name: string, whole: string): boolean {
  return whole.startsWith(name) && /^[a-z]/i.test(whole.slice(name.length));
}

/** The word of a name that has its letter `at`. */
function wordAt(name: string, at: number): string {
  const end = name.indexOf('_', at);
  return name.slice(name.lastIndexOf('_', at - 1) + 1, end < 0 ? name.length : end);
}

function isHalfOfAny(name: string, known: ReadonlySet<string>): boolean {
  for (const other of known) if (isHalf(name, other)) return true;
  return false;
}

function isEndOfAny(end: string, known: ReadonlySet<string>): boolean {
  for (const name of known) if (name.length > end.length && name.endsWith(end)) return true;
  return false;
}

/** True for a name that ends as another, with the rest of a word before. */
function isOverfull(name: string, end: string): boolean {
  return name.endsWith(end) && /[a-z]$/i.test(name.slice(0, -end.length));
}

/**
 * True when a probe's arguments, at bytes[start, end), hold what no probe's can: one name twice, or a number
 * with the rest of a name behind it.
 */
function isMixed(bytes: Uint8Array, start: number, end: number): boolean {
  const text = (from: number, to: number): string => decoder.decode(bytes.subarray(from, to));
  const fields = argFields(bytes, start, end, false);
  const names = new Set(fields.map((field) => field.name));
  if (names.size < fields.length || !isBalanced(text(start, end))) return true;
  return fields.some((field) => NUMBER_AND_NAME.test(text(field.start, field.end)));
}
/** `0x7f453ifier=0xffff`. */
const NUMBER_AND_NAME = /^(?:0x[0-9a-f]+|-?\d+)[a-zA-Z_]*=/;

/** Text without what stands in quotes. */
export function withoutQuoted(text: string): string {
  return text.replace(QUOTED, '0');
}

function endInCommon(a: string, b: string): number {
  let n = 0;
  while (n < a.length && n < b.length && a[a.length - 1 - n] === b[b.length - 1 - n]) n++;
  return n;
}

/**
 * Names of one thing: one is the other with something in front or behind, `unmap_gfn_range`,
 * `kvm_gmem_bind_ret2`.
 */
function areAlike(a: string, b: string): boolean {
  return a.endsWith(`_${b}`) || b.endsWith(`_${a}`) || goesOnAs(a, b) || goesOnAs(b, a);
}

/** True when `name` is `start` with a word, a number or a suffix behind it, but no longer word. */
function goesOnAs(name: string, start: string): boolean {
  return name.startsWith(start) && !/^[a-z]/i.test(name.slice(start.length));
}

/** True when every `)` closes a `(`, and none is left open. */
function isBalanced(text: string): boolean {
  let open = 0;
  for (const c of withoutQuoted(text)) {
    if (c === '(') open++;
    else if (c === ')' && --open < 0) return false;
  }
  return open === 0;
}

/** Where a probe sits, whatever it returns to; '' for what is no probe. */
function placeOf(plan: EventPlan): string {
  const place = plan.place.length > 0 ? parsePlace(decoder.decode(plan.place)) : undefined;
  return place ? `${place.symbol || place.address}+${place.offset}${place.isReturn ? ' return' : ''}` : '';
}

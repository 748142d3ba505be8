/**
 * Whether an event's line is whole, by what lines of the same event look like in the same text: the names
 * before its values, in their order, and which of them are numbers. The kernel prints an event by one format,
 * so that a line with other names is either another form of it or torn: it is torn, until the same comes
 * again before one like those before.
 *
 * Readers ask about lines that the decoder found odd, and about the first of each event; lines like those
 * before cost nothing.
 */
import { holdsHalfHead, holdsHead } from './textHeads.js';
import {
  PAYLOAD_FAULT,
  PAYLOAD_FIRST,
  PAYLOAD_MORE,
  PAYLOAD_NO_FORM,
  PAYLOAD_ODD_VALUE,
  PAYLOAD_OTHER_NAMES,
  PAYLOAD_UNREAD,
  endingOf,
  findLabel,
  hasKnownEnding,
  type EventPlan,
} from './payload.js';
import type { TableBuilder } from './table.js';
import { EventNames, withoutQuoted, type EventLines } from './textNames.js';

/** Forms of one event that are kept, and events that are. */
const SHAPES_KEPT = 16;
const PLANS_KEPT = 4096;
/** How often an odd form must come, with no line of a known one between, to be one itself. */
const TIMES_TO_BELIEVE = 2;
/** Rows that are looked through for other lines of an event, in all of a text. */
const ROWS_TO_SEARCH = 50_000_000;
/** Names before values that are looked at; a kernel's event has fewer. */
const LABELS_MAX = 64;
/** Last names of one event that nobody knows; one with more may end in anything. */
const ENDINGS_KEPT = 8;
/** Events that nobody knows that are kept to be told from torn ones. */
const STRANGERS_KEPT = 256;
/** Names that are enough to know a line by whose values are printed otherwise. */
const NAMES_TO_KNOW = 2;

/** `name=`, and a word or `word:` before a number. */
const LABEL = /(?<![\w.])([A-Za-z_][\w.]*)(?:=|:? +(?=-?(?:0x)?[0-9a-f]+(?:[\s,)\]:]|$)))/g;
/** Hexadecimal without its 0x, before another number. */
const HEX = /^(?=.*\d)[0-9a-f]+$/;

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** Where a line stands, for what is said of it. */
export interface LinePlace {
  readonly row: number;
  readonly at: number;
  readonly line: number;
}

/** One line of an event that the decoder found odd, or the first one; its payload is bytes[start, end). */
interface OddLine {
  readonly plan: EventPlan;
  readonly flags: number;
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  readonly place: LinePlace;
}

/** The same of an event that is known, with what was read of it. */
interface ReadLine extends OddLine {
  readonly labels: readonly string[];
  /** What its form is known by. */
  readonly key: string;
  /** The slots that were read. */
  readonly mask: number;
}

/** What is known of an event's lines. */
interface Known {
  /** The slots that each form fills. */
  readonly masks: Map<string, number>;
  /** Odd forms since the last line of a known one, and how often they came. */
  readonly suspects: Map<string, number>;
  /** Forms whose lines go on with text that nothing accounts for. */
  readonly withMore: Set<string>;
}

export class LineShapes implements EventLines {
  private readonly names: EventNames;
  private readonly known = new Map<EventPlan, Known>();
  /** The same by name and place: a return probe has a plan for each place that it returns to. */
  private readonly knownAt = new Map<string, Known>();
  /** The events whose lines end in a name and a value, by that name; the first of those that share it. */
  private readonly endings = new Map<string, EventPlan>();
  /** The last name of an event's last line, where another event's lines end so. */
  private readonly oddEndings = new Map<EventPlan, string>();
  /** Events that nobody knows, without a place, with the names before the values of their first line. */
  private readonly strangers = new Map<EventPlan, string>();
  /** Lines of text from user space, one after another, that hold the head of a line. */
  private quotedHeads = 0;
  /** The line that taught what an event is like, by the event's name, until another one was like it. */
  private readonly firstLines = new Map<number, LinePlace>();
  private rowsToSearch = ROWS_TO_SEARCH;

  constructor(private readonly builder: TableBuilder) {
    this.names = new EventNames(builder, this);
  }

  eventsEndingWith(bytes: Uint8Array, start: number, end: number): readonly EventPlan[] {
    const key = labelsOf(bytes, start, end).join(' ');
    const isEnd = (form: string): boolean => endsIn(form, key);
    return [...this.known].filter(([, { masks }]) => [...masks.keys()].some(isEnd)).map(([plan]) => plan);
  }

  /** True when the line of the builder's last row, with its payload at bytes[start, end), is not whole. */
  isTorn(
    plan: EventPlan,
    flags: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    place: LinePlace,
  ): boolean {
    if ((flags & ~PAYLOAD_FAULT) === 0) return false;
    const line: OddLine = { plan, flags, bytes, start, end, place };
    const isTorn = (flags & PAYLOAD_UNREAD) !== 0 ? this.isUnreadTorn(line) : this.isReadTorn(line);
    if (isTorn) {
      // The next line is to be looked at, too: if it is like those before, the torn one was the exception.
      plan.wasSeen = false;
      plan.lastLabel = undefined;
    } else if ((flags & (PAYLOAD_FIRST | PAYLOAD_OTHER_NAMES)) !== 0) this.sawFirst(plan, place);
    return isTorn;
  }

  private sawFirst({ name }: EventPlan, place: LinePlace): void {
    if (!this.firstLines.has(name) && this.firstLines.size < PLANS_KEPT) this.firstLines.set(name, place);
  }

  /** Of an event that nobody knows: only what no event may hold tells. */
  private isUnreadTorn(line: OddLine): boolean {
    const { plan, flags, bytes, start, end } = line;
    if (holdsHead(bytes, start, end)) return !(this.names.isFreeText(plan) && this.isQuoted());
    this.quotedHeads = 0;
    const holdsPart = holdsHalfHead(bytes, start, end) || this.names.holdsName(bytes, start, end);
    if (holdsPart && !this.names.isFreeText(plan)) return true;
    const isFirst = (flags & PAYLOAD_FIRST) !== 0;
    if ((isFirst && this.hasOddName(line)) || this.hasOddEnding(line)) return true;
    if (isFirst && plan.place.length === 0 && this.strangers.size < STRANGERS_KEPT)
      this.strangers.set(plan, labelsOf(bytes, start, end).join(' '));
    return false;
  }

  /**
   * Takes those for torn that came once, and are made of the beginning of another event and the end of this
   * one, which comes for the first time.
   */
  private doubtStrangers({ plan, key }: ReadLine): void {
    for (const [stranger, end] of this.strangers)
      if (endsIn(key, end) && this.names.isMixOf(stranger, plan)) this.doubtOnly(stranger.name);
  }

  /** True when the line ends as another event's lines do, and its own never did; not when it does again. */
  private hasOddEnding({ plan, bytes, start, end }: OddLine): boolean {
    const { oddEndings } = this;
    const before = oddEndings.get(plan);
    oddEndings.delete(plan);
    if (hasKnownEnding(plan, bytes, start, end)) return false;
    const ending = endingOf(bytes, start, end);
    const name = decoder.decode(ending);
    const other = this.endings.get(name);
    const isFirst = plan.endings?.length === 0;
    if (!isFirst && other !== undefined && other !== plan && before !== name) {
      if (oddEndings.size < PLANS_KEPT) oddEndings.set(plan, name);
      this.doubtOnly(plan.name);
      return true;
    }
    this.learnEnding(plan, ending);
    this.sawEnding(plan, name);
    return false;
  }

  private learnEnding(plan: EventPlan, ending: Uint8Array): void {
    const mayEndInAnything = this.names.isFreeText(plan) || plan.endings?.length === ENDINGS_KEPT;
    plan.endings = mayEndInAnything ? undefined : [...(plan.endings ?? []), ending];
  }

  private sawEnding(plan: EventPlan, name: string): void {
    if (name !== '' && !this.endings.has(name) && this.endings.size < PLANS_KEPT)
      this.endings.set(name, plan);
  }

  private hasOddName({ plan, bytes, start, end }: OddLine): boolean {
    if (!this.names.isOdd(plan, bytes, start, end)) return false;
    this.doubtOnly(plan.name);
    return true;
  }

  /** True when marker after marker holds a head: somebody writes another trace into this one. */
  private isQuoted(): boolean {
    this.quotedHeads++;
    return this.quotedHeads >= TIMES_TO_BELIEVE;
  }

  private isReadTorn(odd: OddLine): boolean {
    const { plan, flags, bytes, start, end } = odd;
    if ((flags & PAYLOAD_ODD_VALUE) !== 0 || holdsHalfHead(bytes, start, end)) return true;
    const labels = labelsOf(bytes, start + plan.place.length, end);
    const isOtherForm = (flags & PAYLOAD_NO_FORM) !== 0 && labels.length < NAMES_TO_KNOW;
    const key = `${isOtherForm ? '~' : ''}${labels.join(' ')}`;
    const line: ReadLine = { ...odd, labels, key, mask: this.builder.lastMask() };
    const known = this.known.get(plan);
    if (known) return this.isOther(line, known);
    // A tracepoint may have the name of a probe: its printed form tells them apart.
    const isPrinted = plan.forms.length > 0 && (flags & (PAYLOAD_NO_FORM | PAYLOAD_MORE)) === 0;
    if (isPrinted) this.names.sawPrinted(plan);
    else if (this.hasOddName(line)) return true;
    return this.isFirstOdd(line);
  }

  /** The first line of a plan: it teaches what lines are like, unless another plan of the same probe has. */
  private isFirstOdd(line: ReadLine): boolean {
    const { plan, key, flags, mask } = line;
    const probe = this.names.keyOf(plan);
    const shared = this.knownAt.get(probe);
    if (shared) {
      this.known.set(plan, shared);
      return this.isOther(line, shared);
    }
    this.sawEnding(plan, decoder.decode(endingOf(line.bytes, line.start, line.end)));
    this.doubtStrangers(line);
    const known: Known = {
      masks: new Map([[key, mask]]),
      suspects: new Map(),
      withMore: new Set((flags & PAYLOAD_MORE) !== 0 ? [key] : []),
    };
    if (this.known.size < PLANS_KEPT) {
      this.known.set(plan, known);
      if (plan.place.length > 0) this.knownAt.set(probe, known);
    }
    settle(line);
    return false;
  }

  /** True when the line is none of the known forms, and not believed to be another. */
  private isOther(line: ReadLine, known: Known): boolean {
    const { plan, key, flags, mask } = line;
    const slots = known.masks.get(key);
    const hasMore = (flags & PAYLOAD_MORE) !== 0;
    const isKnown = slots !== undefined && (slots & ~mask) === 0 && (!hasMore || known.withMore.has(key));
    if (isKnown) known.suspects.clear();
    else if (isBelieved(known, `${key} ${mask} ${hasMore}`)) learn(line, known);
    else {
      this.doubtOnly(plan.name);
      return true;
    }
    settle(line);
    return false;
  }

  /**
   * Where a line disagrees with the only other of its event, either may be the torn one, so that neither is
   * believed.
   */
  doubtOnly(name: number): void {
    const { builder } = this;
    const first = this.firstLines.get(name);
    if (first === undefined) return;
    this.firstLines.delete(name);
    const now = builder.length - 1;
    this.rowsToSearch -= now - first.row;
    // A text that has been searched for long is hostile.
    if (this.rowsToSearch > 0 && builder.nextNamed(name, first.row) < now) return;
    builder.disown(first.row);
    builder.issues.add('torn-line', first.at, first.line, builder.names.text(name));
    builder.addLossAt(first.row, -1, 0, first.at, first.line);
  }
}

function learn({ key, mask, flags }: ReadLine, known: Known): void {
  if (known.masks.size < SHAPES_KEPT) known.masks.set(key, mask & (known.masks.get(key) ?? ~0));
  if ((flags & PAYLOAD_MORE) !== 0) known.withMore.add(key);
}

/** True when an odd form came often enough to be believed. */
function isBelieved({ suspects }: Known, key: string): boolean {
  const times = (suspects.get(key) ?? 0) + 1;
  if (suspects.size >= SHAPES_KEPT) suspects.clear();
  suspects.set(key, times);
  return times >= TIMES_TO_BELIEVE;
}

/** Notes how a line that was taken for whole goes on behind its printed form. */
function settle({ plan, flags, bytes, start, end, labels }: ReadLine): void {
  if (plan.forms.length === 0) return;
  plan.wasSeen = true;
  plan.goesOn = (flags & (PAYLOAD_MORE | PAYLOAD_NO_FORM)) !== 0;
  const last = encoder.encode(labels[labels.length - 1] ?? '');
  const at = plan.goesOn && last.length > 0 ? findLabel(bytes, start, end, last) : -1;
  plan.lastLabel = at >= 0 ? last : undefined;
  plan.labelFromEnd = end - at;
}

/** True where a form's names end in these, all of them. */
function endsIn(form: string, names: string): boolean {
  return form === names || (names !== '' && form.endsWith(` ${names}`));
}

/** The names before values, in order. */
function labelsOf(bytes: Uint8Array, start: number, end: number): readonly string[] {
  const text = withoutQuoted(decoder.decode(bytes.subarray(start, end)));
  const labels: string[] = [];
  for (const [, word] of text.matchAll(LABEL)) {
    if (!HEX.test(word!)) labels.push(word!);
    if (labels.length === LABELS_MAX) break;
  }
  return labels;
}

/**
 * Puts events together that a mail client, a terminal or `fold` broke over several lines. Two ways of
 * breaking are told apart: at blanks (the blank is gone, or stands at the line's end) and at a column,
 * within words. Which one it was shows in the lengths of the lines, but not always; then the caller tries
 * both.
 */
import {
  asksForMore,
  beginsWithDate,
  goesOnFromName,
  isBrokenHead,
  isCutMark,
  isEventStart,
  isProse,
  isSecondProbe,
  isTaskAlone,
  standsAlone,
  type Family,
} from './shapes.js';
import { FREE_TEXT } from './ends.js';
import type { PlacedLines } from '../mail/lines.js';

/** Columns at which texts are broken. */
const COLUMN_MIN = 40;
const COLUMN_MAX = 200;
/** Lines that one event goes on over, at most: more is no event. */
const PIECES_MAX = 64;
/**
 * How far a line may fall short of the column at which it was cut, for blanks that were taken from its end.
 */
const SHORT_MAX = 12;
/** Of the broken lines, the share of one length from which they may have been cut at a column. */
const COLUMN_SHARE = 0.5;

export type Break =
  | { readonly at: 'blank'; readonly column: number }
  | { readonly at: 'column'; readonly column: number };

/** What each line is to the one before. */
const enum Role {
  Alone = 0,
  Event = 1,
  /** An event's line that ends before the event's name. */
  Head = 2,
  /** None of these: it may go on from the line before. */
  Rest = 3,
  Blank = 4,
}

/** What each line is, by its text without the marks that it had in front. */
export function rolesOf(bare: PlacedLines, marked: PlacedLines, family: Family): Uint8Array {
  let before: Role = Role.Blank;
  return Uint8Array.from(bare.texts, (text, i) => {
    const last = bare.texts[i - 1];
    if (before === Role.Head && goesOnFromName(family, last, text)) before = Role.Rest;
    else if (isSecondProbe(last, text)) before = Role.Alone;
    else before = roleOf(text, text !== marked.texts[i], before, family);
    return before;
  });
}

function roleOf(text: string, isMarked: boolean, before: Role, family: Family): Role {
  if (text.trim() === '') return Role.Blank;
  if (isEventStart(family, text)) return Role.Event;
  if (isBrokenHead(family, text) || beginsWithDate(text)) return Role.Head;
  if (isMarked && isTaskAlone(family, text)) return Role.Head;
  // No frame goes on in words, and no event in words alone.
  if (isProse(text) && (before === Role.Alone || !/\d/.test(text))) return Role.Alone;
  if (before === Role.Alone && WORDS.test(text)) return Role.Alone;
  return standsAlone(text) ? Role.Alone : Role.Rest;
}

/** Three words, of which a frame's rest has one or two. */
const WORDS = /^[A-Za-z]+\s+\S+\s+\S/;

/** The same by marks alone: what has none goes on from the line before. */
export function rolesByMarks(texts: readonly string[], begins: Uint8Array): Uint8Array {
  let seen = false;
  return Uint8Array.from(texts, (text, i) => {
    seen ||= begins[i] === 1;
    if (text.trim() === '') return Role.Blank;
    if (!seen) return Role.Alone;
    if (begins[i] !== 1) return Role.Rest;
    return begins[i + 1] === 0 ? Role.Head : Role.Event;
  });
}

/** True for a line that may go on from the one before. */
export function goesOnFrom(roles: Uint8Array, index: number): boolean {
  return index > 0 && roles[index] === Role.Rest && roles[index - 1] !== Role.Blank;
}

/**
 * The ways in which the lines may have been broken, the likeliest first; none where no line goes on in the
 * next. `widths` are those of the lines when they were broken, with the marks that were taken off since.
 */
export function breaksOf(lines: PlacedLines, roles: Uint8Array, widths: Int32Array): readonly Break[] {
  const { texts } = lines;
  const indent = commonIndent(texts, roles);
  const lengths = new Map<number, number>();
  const spans: (readonly [length: number, withNext: number])[] = [];
  /** Widths of the lines that must go on anyway, for a text that has no other broken ones. */
  const asking = new Map<number, number>();
  let broken = 0;
  for (let i = 1; i < texts.length; i++) {
    if (!goesOnFrom(roles, i)) continue;
    const before = texts[i - 1]!;
    broken++;
    // What was put before rests may have come to their width.
    const width = widths[i - 1]! - (goesOnFrom(roles, i - 1) ? indent : 0);
    // What must go on anyway says nothing of a column: it may have ended early, at blanks that were taken
    // away.
    if (roles[i - 1] === Role.Head || asksForMore(before)) {
      asking.set(width, (asking.get(width) ?? 0) + 1);
      continue;
    }
    lengths.set(width, (lengths.get(width) ?? 0) + 1);
    const length = widths[i - 1]! - before.length + before.trimEnd().length;
    spans.push([length, length + 1 + firstWord(texts[i]!)]);
  }
  if (broken === 0) return [];
  const [usual, until] = columnsOfBlanks(spans);
  const longest = spans.reduce((most, [length]) => (length > COLUMN_MAX ? most : Math.max(most, length)), 0);
  // A line that is longer was broken later than most were, or by somebody else.
  const blanks = (longest > usual ? [usual, longest] : [usual]).map(
    (at): Break => ({ at: 'blank', column: at }),
  );
  const column =
    (spans.length > 0 ? columnOfCuts(lengths, spans.length, asking) : columnOfCuts(asking, broken)) ??
    columnOfLongest(texts, roles, widths);
  const cuts = column === undefined ? undefined : withLongest(column, widths);
  // A column may count what was put before rests, or not.
  const outer = indent > 0 ? columnOfRests(roles, widths) : undefined;
  const columns = [cuts, outer === cuts ? undefined : outer].flatMap((at) =>
    at === undefined ? [] : [{ at: 'column', column: at } as const],
  );
  const breaks: readonly Break[] = [...columns, ...blanks];
  return breaks.filter(({ at, column }) => {
    const last = at === 'blank' && column === usual ? until : column;
    return spans.length === 0 || unbrokenBeyond(lines, roles, widths, last) <= broken * BEYOND_MAX;
  });
}

/** The column, or the width of a line that is a little longer, where none is longer still: no cut one is. */
function withLongest(column: number, widths: Int32Array): number {
  const longest = widths.reduce((most, width) => Math.max(most, width), 0);
  return longest <= Math.min(column + SHORT_MAX, COLUMN_MAX) ? longest : column;
}

/** The width of the longest lines that go on from one and in the next, with what stands before them. */
function columnOfRests(roles: Uint8Array, widths: Int32Array): number | undefined {
  let longest = 0;
  for (let i = 1; i + 1 < widths.length; i++)
    if (goesOnFrom(roles, i) && goesOnFrom(roles, i + 1)) longest = Math.max(longest, widths[i]!);
  return longest >= COLUMN_MIN && longest <= COLUMN_MAX ? longest : undefined;
}

/** For each broken line, so many longer ones that were not. */
const BEYOND_MAX = 2;

/**
 * How many lines go on beyond the column, and were not broken: of a text that was broken there, few do. A
 * line without a beginning among longer ones is torn, and goes on from none.
 */
function unbrokenBeyond(
  { lines }: PlacedLines,
  roles: Uint8Array,
  widths: Int32Array,
  column: number,
): number {
  let beyond = 0;
  widths.forEach((width, i) => {
    // What was put together already takes several lines of the file.
    const isOneLine = i + 1 === lines.length || lines[i + 1]! - lines[i]! <= 1;
    if (width > column && isOneLine && roles[i] === Role.Event) beyond++;
  });
  return beyond;
}

/**
 * The column at which the lines may have been cut: near the length that most of them have, and the longest
 * there is, `others` among them, since blanks may have been taken from their ends.
 */
function columnOfCuts(
  lengths: ReadonlyMap<number, number>,
  broken: number,
  others: ReadonlyMap<number, number> = NO_LENGTHS,
): number | undefined {
  if (broken === 0) return undefined;
  let length = 0;
  for (const [each, count] of lengths) if (count > (lengths.get(length) ?? 0)) length = each;
  let near = 0;
  let longest = length;
  for (const [each, count] of lengths) {
    if (Math.abs(each - length) > SHORT_MAX) continue;
    near += count;
    longest = Math.max(longest, each);
  }
  for (const each of others.keys()) if (each <= length + SHORT_MAX) longest = Math.max(longest, each);
  return near < broken * COLUMN_SHARE || length < COLUMN_MIN || length > COLUMN_MAX ? undefined : longest;
}

const NO_LENGTHS: ReadonlyMap<number, number> = new Map();

/**
 * The length of the longest lines, where several have it and each goes on in the next: of a text that has
 * many other lines between.
 */
function columnOfLongest(
  texts: readonly string[],
  roles: Uint8Array,
  widths: Int32Array,
): number | undefined {
  let longest = 0;
  let count = 0;
  for (let i = 0; i < texts.length; i++) {
    const width = widths[i]!;
    if (width < longest || width > COLUMN_MAX) continue;
    count = (width === longest ? count : 0) + (i + 1 < texts.length && goesOnFrom(roles, i + 1) ? 1 : 0);
    longest = width;
  }
  return count >= LONGEST_MIN && longest >= COLUMN_MIN ? longest : undefined;
}
const LONGEST_MIN = 2;

const firstWord = (text: string): number => /^\s*\S*/.exec(text)![0].trimStart().length;

/**
 * The columns at which most of the spans would have been broken, the first and the last of them: not after
 * it, and not with the next word before it.
 */
function columnsOfBlanks(
  spans: readonly (readonly [length: number, withNext: number])[],
): readonly [first: number, last: number] {
  const gain = new Int32Array(COLUMN_MAX + 2);
  for (const [length, withNext] of spans) {
    if (length > COLUMN_MAX || length >= withNext) continue;
    gain[length]!++;
    gain[Math.min(withNext, COLUMN_MAX + 1)]!--;
  }
  let first = 0;
  let last = 0;
  let most = 0;
  let now = 0;
  for (let column = 0; column <= COLUMN_MAX; column++) {
    now += gain[column]!;
    if (now > most) {
      most = now;
      first = column;
      last = column;
    } else if (now === most && last === column - 1) last = column;
  }
  return [first, last];
}

/** The lines with events put together. What cannot go on from the line before stays a line of its own. */
export function join(lines: PlacedLines, roles: Uint8Array, widths: Int32Array, how: Break): PlacedLines {
  const { texts } = lines;
  // What stands behind a short line goes on from none, and has blanks of its own.
  const isFull = (i: number): boolean => widths[i]! >= how.column - SHORT_MAX;
  const indent = how.at === 'column' ? commonIndent(texts, roles, isFull) : 0;
  const out: PlacedLines = { texts: [], lines: [] };
  /** Pieces of the event under way. */
  let pieces: string[] = [];
  let from = 0;
  const flush = (): void => {
    if (pieces.length > 0) {
      out.texts.push(pieces.length > 1 ? withoutSeams(pieces.join('')) : pieces[0]!);
      out.lines.push(lines.lines[from]!);
    }
    pieces = [];
  };
  for (let i = 0; i < texts.length; i++) {
    const text = texts[i]!;
    const before = i > 0 ? texts[i - 1]! : '';
    const mayGoOn =
      pieces.length > 0 && pieces.length < PIECES_MAX && roles[i] === Role.Rest && !isCutMark(before);
    // What was put before the rests may have come to the column's width.
    const width = widths[i - 1]! - (pieces.length > 1 && widths[i - 1]! > how.column ? indent : 0);
    const rest = text.slice(Math.min(indent, blanksBefore(text)));
    if (mayGoOn && (roles[i - 1] === Role.Head || goesOn(before, width, rest, how))) {
      // A blank at the column's end may have been taken away.
      const missing = before.endsWith(' ') ? 0 : Math.max(0, how.column - width);
      if (how.at === 'column') pieces.push(' '.repeat(missing), rest);
      else pieces.push(ENDS_OPEN.test(before) && !BEGINS_WORDS.test(text) ? '' : ' ', text.trimStart());
      continue;
    }
    flush();
    from = i;
    pieces = [text];
  }
  flush();
  return out;
}

/**
 * An event that was put together, without the blanks that stand nowhere in one (`addr= 0x1000`,
 * `addr =0x1000`, `(  274 )`), and with the one that stands behind every event's name.
 */
export function withoutSeams(event: string): string {
  if (FREE_TEXT.test(event)) return event;
  const heading = HEADING.exec(event);
  if (heading && /^<stacktrace>$/.test(heading[2]!.replace(/ /g, '')))
    return `${heading[1]}<stack trace${heading[1]!.includes('_stack:') ? ' ' : ''}>`;
  const frame = KERNEL_FRAME.exec(event);
  if (frame) return `${frame[1]} ${frame[2]!.replace(/ +/g, '')} (${frame[3]!.replace(/ +/g, '')})`;
  return event
    .replace(/(\w=) +(?=0x[\da-f]|-?\d)/g, '$1')
    .replace(/(\s[a-z_]\w*) +(?==(?:0x[\da-f]|-?\d))/g, '$1')
    .replace(/(=0x[\da-f]+) {2,}(?=\(-?\d+\))/g, '$1 ')
    .replace(/\(( *\d+) +\)(?= +\[\d)/, '($1)')
    .replace(/(\w)\*\/$/, '$1 */')
    .replace(/(\d: +(?:\w+:)?\w+:)(?=\()/, '$1 ');
}

/** The heading of a stack, as trace-cmd prints it. */
const HEADING = /^(.{1,200}\d: +(?:(?:kernel|user)_stack: +)?)(<[stackre ]{1,40}>)\s*$/;

/** A frame of perf in the kernel: neither its symbol nor its module has a blank. */
const KERNEL_FRAME = /^(\s*f[0-9a-f]{15}) +([^()]{1,300}?) +\((\[[^()]{1,100}\] *)\)$/;

/** A blank, or what no blank stands behind: a value that has not begun. */
const ENDS_OPEN = /(?: |\w=)$/;
/** What stands behind a blank even then: the words of a number. */
const BEGINS_WORDS = /^\s*\(/;

/** A field or a place at the end of a line, and a field at the beginning of the next: of one event. */
const FIELD_END = /(?:\s\w+=\S+|\([^()]*\)|:)\s*$/;
const FIELD = /^\s*[a-z]\w*=\S/;
const FIELD_TAIL = 120;

const VALUE_BEGUN = /(?:=(?:0x)?|\s0x)[\da-f]*$/;
/** Digits by themselves, before another field or the end; those of a hexadecimal value may all be letters. */
const HEX_DIGITS = /^\s*[\da-f]+(?=\s+\w+=|\s*$)/;
const BARE_DIGITS = /^\s*[\da-f]*\d[\da-f]*(?=\s+\w+=|\s*$)/;

/** True where a blank between two lines would leave digits behind a value: they are of it. */
function cutsValue(before: string, text: string): boolean {
  const begun = VALUE_BEGUN.exec(before.slice(-FIELD_TAIL))?.[0];
  if (begun === undefined) return false;
  return (begun.includes('x') ? HEX_DIGITS : BARE_DIGITS).test(text.slice(0, FIELD_TAIL));
}

/** An event's time, and its name behind it. */
const EVENT_BEGUN = /\d\.\d+: +\w/;

/** `width` is that of the line before when it was broken, marks included. */
function goesOn(before: string, width: number, text: string, how: Break): boolean {
  // A column that puts blanks into a value is not the one at which it was cut.
  const putsBlank = how.at === 'blank' || width < how.column || text.startsWith(' ');
  if (putsBlank && cutsValue(before, text)) return false;
  // Nor is one that puts several into an event, which has them only in the columns before it.
  if (how.at === 'column' && how.column - width > 1 && EVENT_BEGUN.test(before)) return false;
  if (asksForMore(before)) return true;
  if (how.at === 'blank' && FIELD_END.test(before.slice(-FIELD_TAIL)) && FIELD.test(text)) return true;
  if (how.at === 'column') return width <= how.column && width >= how.column - SHORT_MAX;
  const length = width - before.length + before.trimEnd().length;
  if (before.endsWith(' ') || (length <= how.column && length + 1 + firstWord(text) > how.column))
    return true;
  // A word that is too long for the column stands beyond it, and the line ends with it.
  return length > how.column && before.trimEnd().lastIndexOf(' ') + width - before.length < how.column;
}

/**
 * Blanks that stand before nearly every line that goes on from an event; from any line, where none does. Only
 * what follows the lines for which `isFull` counts.
 */
function commonIndent(
  texts: readonly string[],
  roles: Uint8Array,
  isFull: (index: number) => boolean = () => true,
): number {
  const ofEvents: number[] = [];
  const ofAll: number[] = [];
  let isOfEvent = false;
  for (let i = 1; i < texts.length; i++) {
    const role = roles[i - 1];
    isOfEvent = role === Role.Event || role === Role.Head || (isOfEvent && role === Role.Rest);
    if (!goesOnFrom(roles, i) || !isFull(i - 1)) continue;
    ofAll.push(blanksBefore(texts[i]!));
    if (isOfEvent) ofEvents.push(blanksBefore(texts[i]!));
  }
  const indents = ofEvents.length > 0 ? ofEvents : ofAll;
  if (indents.length === 0) return 0;
  if (indents.length < INDENTED_MIN) {
    // Few may begin with blanks of their own, where the text has such.
    const isOne = indents.every((one) => one === indents[0]);
    return isOne && !texts.some((text) => /\S {2,}\S/.test(text)) ? indents[0]! : 0;
  }
  indents.sort((a, b) => a - b);
  const usual = indents[Math.floor(indents.length * NOT_INDENTED_SHARE)]!;
  // One blank is the text's own, where some have none: it was cut before it.
  return usual > 1 ? usual : indents[0]!;
}
const INDENTED_MIN = 3;
/** Of the lines that may go on from another, the share that may be something else. */
const NOT_INDENTED_SHARE = 0.05;

const blanksBefore = (text: string): number => /^ */.exec(text)![0].length;

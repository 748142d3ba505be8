/**
 * Events that were put together and have less in them than others of their name: something of them stands
 * elsewhere, or in a form that no reader knows. None stands with fewer fields: each is taken out.
 */
import { headOf } from '../events/slots.js';
import type { EventTable } from '../events/table.js';
import { isUnderstood } from '../events/understood.js';
import { FREE_TEXT } from './ends.js';
import type { Reading } from './repair.js';
import { FAMILIES, isEventStart, standsAlone } from './shapes.js';

/** Stands in place of such an event: readers know it for a mark of something left out. */
const CUT = '[cut]';
/** So many events of a name that were not read. */
const UNKNOWN_FORM = 3;
/** Lists of fields of one name that are looked at: an event has few forms. */
const FORMS_MAX = 64;
/** What the names of system calls begin with. */
const CALL = 'sys_';
const FIELD = /(?:^|[\s(,])([a-z_]\w*)=/gi;
/** No event that is put together is longer. */
const EVENT_MAX = 4000;

/** One row, and what was read of it. */
interface Row {
  readonly name: string;
  readonly isUnderstood: boolean;
  /** The slots that were read, a bit each. */
  readonly slots: number;
  /** Names of its fields, a blank behind each. */
  readonly fields: string;
  /** Its line of the mended text, from 0. */
  readonly line: number;
}

/** What events of one name have. */
class Named {
  private understood = 0;
  private unread = 0;
  /** True where one that stands on a line of its own was not understood. */
  private isUnknown = false;
  /** The slots that any of them has. */
  private slots = 0;
  /** How many have these fields, and what was read of them. */
  private readonly having = new Map<string, { count: number; slots: number }>();

  add({ fields, isUnderstood, slots }: Row, isSeam: boolean): void {
    const having = this.having.get(fields) ?? { count: 0, slots: 0 };
    if (this.having.size < FORMS_MAX) this.having.set(fields, having);
    having.count++;
    having.slots |= slots;
    this.slots |= slots;
    if (isUnderstood) this.understood++;
    else {
      this.unread++;
      this.isUnknown ||= !isSeam;
    }
  }

  /** True for an event of which others have more, or that was not read where others were. */
  hasMoreThan({ name, fields, isUnderstood, slots }: Row): boolean {
    // All calls of one name have the same arguments.
    if (name.startsWith(CALL) ? (this.slots & ~slots) !== 0 : slots === 0 && this.slots !== 0) return true;
    // All with the same fields have a form that is not known.
    const areAlike = this.having.size === 1 && fields !== '' && this.unread >= UNKNOWN_FORM;
    if (!isUnderstood && (this.understood > 0 || !(areAlike || this.isUnknown))) return true;
    const mine = this.having.get(fields)?.count ?? 1;
    for (const [others, { count, slots: read }] of this.having) {
      // A line that was joined with another one has more, too.
      const isUsual = count > mine || (count === mine && (read & ~slots) !== 0);
      if (isUsual && (isPartOf(fields, others) || hasOneLonger(fields, others))) return true;
    }
    return false;
  }
}

/** True where the words are some of the others, in their order, and not all. */
function isPartOf(words: string, others: string): boolean {
  if (others.length <= words.length) return false;
  let rest = words.split(' ');
  for (const word of others.split(' ')) if (word === rest[0]) rest = rest.slice(1);
  return rest.length === 0;
}

/** True where one word alone differs, and goes on where the other ends: what stood before a rest is in it. */
function hasOneLonger(words: string, others: string): boolean {
  const all = others.split(' ');
  const mine = words.split(' ');
  if (mine.length !== all.length) return false;
  const other = mine.findIndex((word, i) => word !== all[i]);
  if (other < 0) return false;
  const isAlone = mine.every((word, i) => i === other || word === all[i]);
  return isAlone && mine[other]!.startsWith(all[other]!) && all[other] !== '';
}

/**
 * The reading without the events that have less in them than others, and those of which one of `equals`,
 * which are as good, has other values; the same where all are certain.
 */
export function withoutFewer(reading: Reading, table: EventTable, equals: readonly Reading[]): Reading {
  const { bytes, lineOf } = reading;
  if (!lineOf) return reading;
  const texts = new TextDecoder().decode(bytes).split('\n');
  const rows = rowsOf(table, texts);
  const named = new Map<string, Named>();
  const seams = rows.map(({ line }) => isSeam(texts, lineOf, line));
  rows.forEach((row, i) => {
    const known = named.get(row.name) ?? new Named();
    named.set(row.name, known);
    known.add(row, seams[i]!);
  });
  const others = equals.map(textsByLine);
  const isOther = ({ line }: Row): boolean =>
    others.some((other) => haveOtherValues(texts[line]!, other.get(lineOf[line]!)));
  const short = rows.filter((row, i) => seams[i]! && (named.get(row.name)!.hasMoreThan(row) || isOther(row)));
  if (short.length === 0) return reading;
  for (const { line } of short) texts[line] = CUT;
  return { ...reading, bytes: new TextEncoder().encode(texts.join('\n')) };
}

/** The lines of a reading by those of the file. */
function textsByLine({ bytes, lineOf }: Reading): ReadonlyMap<number, string> {
  const texts = new TextDecoder().decode(bytes).split('\n');
  return new Map(
    texts.flatMap((text, i) => (lineOf?.[i] === undefined ? [] : [[lineOf[i]!, text] as const])),
  );
}

/** True for the same text where a blank in one alone makes two numbers of one. */
function haveOtherValues(text: string, other: string | undefined): boolean {
  if (other === undefined || text === other) return false;
  let differ = false;
  let j = 0;
  for (let i = 0; i < text.length; i++) {
    const isBlank = text[i] === ' ';
    if (isBlank === (other[j] === ' ')) {
      if (!isBlank && text[i] !== other[j]) return false;
      if (isBlank) {
        while (text[i + 1] === ' ') i++;
        while (other[j + 1] === ' ') j++;
      }
      j++;
      continue;
    }
    if (isBlank ? isWithinNumber(other, j) : isWithinNumber(text, i)) differ = true;
    if (isBlank) {
      while (text[i + 1] === ' ') i++;
    } else {
      while (other[j] === ' ') j++;
      i--;
    }
  }
  return differ && other.slice(j).trim() === '';
}

/** True where the text has digits of one number on either side of a place. */
function isWithinNumber(text: string, at: number): boolean {
  const begun = /\w*$/.exec(text.slice(Math.max(0, at - NUMBER_LENGTH), at))![0];
  const ends = /^\w*/.exec(text.slice(at, at + NUMBER_LENGTH))![0];
  return begun !== '' && ends !== '' && NUMBER.test(begun + ends);
}
const NUMBER = /^(?:0x[\da-f]+|[\da-f]*\d[\da-f]*)$/;
const NUMBER_LENGTH = 20;

function rowsOf(table: EventTable, texts: readonly string[]): readonly Row[] {
  const rows: Row[] = [];
  /** Names of which some were not read. */
  const unread = new Set(table.unread.map(({ row }) => table.name(row)));
  for (const segment of table.segments) {
    for (let i = 0; i < segment.length; i++) {
      const line = segment.lineOf(i) - 1;
      const kind = segment.kind[i]!;
      const mask = headOf(segment, segment.payload[i]!);
      const name = table.name(rows.length);
      rows.push({
        name,
        slots: mask,
        isUnderstood: isUnderstood(kind, mask) && (mask !== 0 || !unread.has(name)),
        fields: fieldsIn(texts[line] ?? ''),
        line,
      });
    }
  }
  return rows;
}

function fieldsIn(text: string): string {
  const event = text.slice(0, EVENT_MAX);
  if (FREE_TEXT.test(event)) return '';
  return [...event.matchAll(FIELD)].map((found) => `${found[1]} `).join('');
}

/** True for a line that was several in the file, or has something behind it that is none of the trace. */
function isSeam(texts: readonly string[], lineOf: Int32Array, line: number): boolean {
  const here = lineOf[line];
  const next = lineOf[line + 1];
  if (here === undefined) return false;
  if (next === undefined || next - here > 1) return true;
  const behind = texts[line + 1] ?? '';
  if (behind.trim() === '' || standsAlone(behind)) return false;
  return !FAMILIES.some((family) => isEventStart(family, behind));
}

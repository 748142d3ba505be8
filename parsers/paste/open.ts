/** Decides whether a text is a paste, reads it as mended, and puts its events on the file's own lines. */
import { Ascii } from '../base/ascii.js';
import { sameBytes } from '../base/bytes.js';
import { MemorySource, type ByteSource } from '../base/source.js';
import {
  UNKNOWN_CPU,
  UNKNOWN_TID,
  TableBuilder,
  withIssue,
  withMarks,
  type EventTable,
} from '../events/table.js';
import type { Segment } from '../events/segment.js';
import { READ_MASK } from '../events/slots.js';
import { parseFrames } from '../events/frames.js';
import type { Issue, IssueCode } from '../events/issues.js';
import { KIND_UNKNOWN } from '../events/kinds.js';
import { foreignLines } from '../events/textFit.js';
import { withTable, type OpenTrace } from '../reader.js';
import { decodeText, encodingOf } from '../mail/decode.js';
import { mapLines, splitLines, type PlacedLines } from '../mail/lines.js';
import { withoutFewer } from './fewer.js';
import { withMissing } from './missing.js';
import { readingsOf, type Reading } from './repair.js';

/** A larger text is no paste: it would be kept in memory several times. */
export const PASTE_BYTES_MAX = 64 << 20;
/** The half of a payload's mask that tells what was read. */
const decoder = new TextDecoder();
/** Other parts that a message names. */
const PARTS_NAMED = 3;
/** Lines that are no part of the trace, by thousand events, above which a text is worth mending. */
const FOREIGN_PER_THOUSAND = 5;

/** True for a text whose first lines would be others when mended: an unmangled trace stays as it is. */
export function looksPasted(head: Uint8Array): boolean {
  if (isBinary(head)) return false;
  const end = head.lastIndexOf(Ascii.Newline) + 1;
  const whole = end === 0 ? head : head.subarray(0, end);
  return readingsOf(whole).some(({ bytes, part }) => part !== '' || !sameText(bytes, whole));
}

/** Zeros that are no UTF-16, and no argument of a probe: `c='\0'`. */
function isBinary(head: Uint8Array): boolean {
  if (encodingOf(head) !== 'utf-8') return false;
  for (let p = head.indexOf(0); p >= 0; p = head.indexOf(0, p + 1))
    if (head[p - 1] !== Ascii.Quote || head[p + 1] !== Ascii.Quote) return true;
  return false;
}

/** The readings, of two that say the same of the same text the first. */
function withoutSame(readings: readonly Reading[]): readonly Reading[] {
  const kept: Reading[] = [];
  for (const one of readings) {
    const isSame = (before: Reading): boolean =>
      before.part === one.part &&
      before.isPartial === one.isPartial &&
      (before.isUnwrapped || !one.isUnwrapped) &&
      (!before.isJoinedAgain || one.isJoinedAgain === true) &&
      sameBytes(before.bytes, one.bytes);
    if (!kept.some(isSame)) kept.push(one);
  }
  return kept;
}

/** An editor of Windows puts one in front: it is of no task's name. */
function hasByteOrderMark(bytes: Uint8Array): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
}

/** The same but for CR LF at the ends of lines, and the last one's being there. */
function sameText(mended: Uint8Array, original: Uint8Array): boolean {
  let i = 0;
  for (let p = 0; p < original.length; p++) {
    const next = original[p + 1];
    if (original[p] === Ascii.CarriageReturn && (next === Ascii.Newline || next === undefined)) continue;
    if (original[p] !== mended[i++]) return false;
  }
  return i === mended.length || (i === mended.length - 1 && mended[i] === Ascii.Newline);
}

/** True for a trace of which so many lines were not understood that mending may help. */
export function leavesLinesOver({ table }: OpenTrace): boolean {
  return foreignLines(table) * 1000 > table.length * FOREIGN_PER_THOUSAND;
}

/**
 * The paste as that reading of it in which most is understood; undefined where none is better than
 * `before`, which is how it reads as it stands; `withOthers` says which of its lines another format reads.
 */
export function readPasted(
  source: ByteSource,
  before: OpenTrace | undefined,
  read: (source: ByteSource) => OpenTrace | undefined,
  withOthers: (before: OpenTrace) => OpenTrace = (open) => open,
): OpenTrace | undefined {
  const bytes = source.read(0, source.size).slice();
  if (isBinary(bytes)) return undefined;
  let best: Tried | undefined;
  const readings = withoutSame(readingsOf(bytes));
  const isClipped = readings.some((reading) => reading.isClipped);
  // As it stands, the text has the same events in part.
  const areDoubted = readings.every((reading) => reading.isDoubted || reading.isCounted);
  const isMarked = hasByteOrderMark(bytes);
  let most = before && !isClipped && !areDoubted ? understood(before, source) : 0;
  let neatest = -Infinity;
  const others: string[] = [];
  /** Readings that are as good as the best. */
  let equals: Reading[] = [];
  for (const reading of readings) {
    if (reading.part === '' && sameText(reading.bytes, bytes)) continue;
    const content = new MemorySource(reading.bytes);
    const open = read(content);
    if (!open || open.table.length === 0) continue;
    const now = understood(open, content);
    if (reading.part !== '') others.push(reading.part);
    // As much as before is no gain, unless what stood in front of the events is gone, or columns are.
    const isNeater = (): boolean =>
      !before || isClipped || areDoubted || isMarked || hasFewerForeign(open.table, before, withOthers);
    const isWorth = (): boolean =>
      best !== undefined || reading.isUnwrapped || reading.isPartial === true || isNeater();
    if (now < most || (now === most && (reading.isJoinedAgain || !isWorth()))) continue;
    const neat = neatness(open.table);
    if (now === most && neat <= neatest) {
      if (neat === neatest) equals.push(reading);
      continue;
    }
    equals = [];
    most = now;
    neatest = neat;
    best = { reading, open, content };
  }
  if (!best) {
    if (!before) return undefined;
    return isClipped || areDoubted ? nothingWhole(before) : withMissingOf(withOthers(before), bytes);
  }
  const taken = certain(best, equals, read);
  if (!taken) return nothingWhole(before ?? best.open);
  const { reading, open, content } = taken;
  const left = others.filter((part) => part !== reading.part);
  const placed = reading.lineOf ? onLinesOf(open.table, reading.lineOf) : open.table;
  const whole = reading.lineOf ? withMissing(placed, linesOf(bytes, reading)) : placed;
  const table = reading.isPartial ? withoutClock(whole) : whole;
  const said = left.length > 0 ? withIssue(table, partsIssue(reading.part, left)) : table;
  const places = reading.lineOf
    ? { mended: content, mendedLines: reading.lineOf }
    : { plain: open.plain ?? content };
  return withTable(open, said, places);
}

/** A reading, and what it says. */
interface Tried {
  readonly reading: Reading;
  readonly open: OpenTrace;
  readonly content: ByteSource;
}

/** The same without the events that are not whole, or have other values in a reading that is as good. */
function certain(
  tried: Tried,
  equals: readonly Reading[],
  read: (source: ByteSource) => OpenTrace | undefined,
): Tried | undefined {
  const reading = withoutFewer(tried.reading, tried.open.table, equals);
  if (reading === tried.reading) return tried;
  const content = new MemorySource(reading.bytes);
  const open = read(content);
  return open && open.table.length > 0 ? { reading, open, content } : undefined;
}

/** A trace as it stands, where it has events that were not read; undefined where it has none. */
function withMissingOf(open: OpenTrace, bytes: Uint8Array): OpenTrace | undefined {
  const table = withMissing(open.table, splitLines(decodeText(bytes)));
  return table === open.table ? undefined : withTable(open, table);
}

/** The file's lines, up to the last of a part's. */
function linesOf(bytes: Uint8Array, { part, lineOf }: Reading): PlacedLines {
  const lines = splitLines(decodeText(bytes));
  if (part === '') return lines;
  const [first = 1, last = first] = [lineOf?.[0], lineOf?.[lineOf.length - 1]];
  return mapLines(lines, (text, i) => (i + 1 < first || i + 1 > last ? undefined : text));
}

/** True where fewer lines are foreign, and none that another format reads was taken away for it. */
function hasFewerForeign(
  mended: EventTable,
  before: OpenTrace,
  withOthers: (before: OpenTrace) => OpenTrace,
): boolean {
  if (foreignLines(mended) >= foreignLines(before.table)) return false;
  return !withOthers(before).table.issues.some(({ code }) => code === 'other-format');
}

/** A trace of which no event was copied whole. */
function nothingWhole(before: OpenTrace): OpenTrace {
  const builder = new TableBuilder();
  builder.meta.timeUnit = 'none';
  builder.issues.add('empty', 0, 1, 'no event is there whole');
  return withTable(before, builder.finish());
}

/**
 * Says that no CPU is known, where none is; the clock is not perf's, whose columns the text was read in.
 */
function withoutClock(table: EventTable): EventTable {
  const { length, meta, issues } = table;
  const ofNobody = { ...meta, clock: 'unknown', producer: '' } as const;
  if (table.segments.some(({ cpu, length }) => cpu.subarray(0, length).some((one) => one !== UNKNOWN_CPU)))
    return withMarks(table, { meta: ofNobody });
  const issue: Issue = {
    code: 'no-cpu',
    offset: 0,
    line: length > 0 ? table.line(0) : 0,
    count: 1,
    detail: '',
  };
  return withMarks(table, { meta: ofNobody, issues: [...issues, issue] });
}

/** Says which part of a mail was read, and which others have events too. */
function partsIssue(taken: string, left: readonly string[]): Issue {
  const named = `${left.slice(0, PARTS_NAMED).join(', ')}${left.length > PARTS_NAMED ? ', …' : ''}`;
  const detail = `read: ${taken}; not read: ${named}`;
  return { code: 'other-parts', offset: 0, line: 0, count: left.length, detail };
}

/**
 * How much was understood: events of the vocabulary, who did them, where and when, the values read, and the
 * frames of stacks.
 */
function understood(open: OpenTrace, content: ByteSource): number {
  const { table, plain = content } = open;
  let sum = 0;
  for (const { offset, endOffset } of table.stacks)
    sum += parseFrames(decoder.decode(plain.read(offset, endOffset - offset))).length;
  // A log's own dates may look like QEMU's: of these it is not told which are the events'.
  const onCpu = table.meta.timeUnit === 'none' ? 1 : 2;
  for (const segment of table.segments) {
    for (let i = 0; i < segment.length; i++) {
      if (segment.kind[i] === KIND_UNKNOWN) continue;
      if (segment.cpu[i] !== UNKNOWN_CPU) sum += onCpu;
      if (segment.tid[i] !== UNKNOWN_TID) sum++;
      sum += 1 + bits(segment.pool[segment.payload[i]!]! & READ_MASK);
    }
  }
  return sum;
}

/**
 * Of readings in which as much is understood, that is right which has the most events that can be read; then
 * that which tears the fewest, and has kept what the recorder said was lost; then that which has the fewest
 * names for them.
 */
function neatness(table: EventTable): number {
  // A piece of a line may look like an event without a time, which is none where others have one.
  const hasPieces = table.meta.timeUnit !== 'none' && table.issues.some(({ code }) => code === 'untimed');
  if (hasPieces) return -Number.MAX_VALUE;
  const torn = table.losses.length - 2 * saidLosses(table);
  const unread = table.unread.reduce((sum, { count }) => sum + count, 0);
  return table.length - unread - (torn + kindsOfNames(table) / NAMES_MAX) / (PASTE_BYTES_MAX + 1);
}

/** Losses that the recorder itself tells: a reading that has them has kept a header, or a line of its own. */
function saidLosses(table: EventTable): number {
  return table.issues.reduce((sum, { code, count }) => sum + (SAID_LOSSES.includes(code) ? count : 0), 0);
}
const SAID_LOSSES: readonly IssueCode[] = ['fewer-entries', 'overwritten', 'buffer-started', 'lost-events'];

/** How many names its events have: one that was broken, or joined with what stands behind it, is one more. */
function kindsOfNames(table: EventTable): number {
  const names = new Set<string>();
  for (let row = 0; row < table.length && names.size < NAMES_MAX; row++) names.add(table.name(row));
  return names.size;
}
const NAMES_MAX = 1 << 16;

function bits(mask: number): number {
  let count = 0;
  for (let rest = mask; rest !== 0; rest &= rest - 1) count++;
  return count;
}

/** The table with the lines of the file that was mended, in place of those of the mended text. */
function onLinesOf(table: EventTable, lineOf: Int32Array): EventTable {
  const line = (mended: number): number =>
    mended <= 0 ? mended : (lineOf[Math.min(mended, lineOf.length) - 1] ?? mended);
  for (const segment of table.segments) relocate(segment, line);
  const moved = <T extends { readonly line: number }>(each: T): T => ({ ...each, line: line(each.line) });
  return withMarks(table, {
    issues: table.issues.map(moved),
    losses: table.losses.map(moved),
    stacks: table.stacks.map(moved),
  });
}

function relocate(segment: Segment, line: (mended: number) => number): void {
  for (let i = 0; i < segment.length; i++) segment.line[i] = line(segment.lineOf(i));
}

/**
 * A text trace as people hand it on, made into the lines that the recorder printed: decoded, taken out of
 * the mail, without the marks in front, and put together where it was broken. Nothing is made up: a line
 * that cannot be mended stays as it is, and the readers say so.
 */
import { decodeText, plainLines } from '../mail/decode.js';
import { uncount } from './counts.js';
import { isSoftBroken, undoubted } from './doubt.js';
import { inPerfColumns, isInPerfColumns, withPerfSyscalls } from './columns.js';
import { breaksOf, goesOnFrom, join, rolesByMarks, rolesOf } from './join.js';
import { unprefix } from './prefix.js';
import { mapLines, splitLines, type PlacedLines } from '../mail/lines.js';
import { looksLikeMail, mailParts, unescapeQuoted } from '../mail/mail.js';
import { ENDS_OF_SOURCE, splitEscaped, uncontinue, unfill, unmarkEnds, unremark } from './ends.js';
import { unfront, unfrontAll } from './fronts.js';
import { unjson } from './json.js';
import { reflow } from './reflow.js';
import { halveBlanks, unclip, unnumber, unpage, unspace, unstair } from './spacing.js';
import { looksLikeHtml, unhtml } from './html.js';
import { beginsByMarks, dedent, unfence, unmark, unmarkEvents } from './marks.js';
import { unquote, unquoteAll } from './quotes.js';
import { untable } from './tables.js';
import {
  FAMILIES,
  familyOf,
  isBrokenHead,
  isEventStart,
  isFrameOfPerf,
  isTaskAlone,
  standsAlone,
  type Family,
} from './shapes.js';

/** One reading of a paste: the bytes of a trace's text, and the file's line for each of its lines. */
export interface Reading {
  readonly bytes: Uint8Array;
  /** File lines (1-based) by line of `bytes` (0-based); undefined where `bytes` is a file of its own. */
  readonly lineOf: Int32Array | undefined;
  /** What part of the file it is, for messages; '' for the whole. */
  readonly part: string;
  /** Whether some columns were left out of its lines, which are in those of `perf script` then. */
  readonly isPartial?: boolean;
  /** Whether lines were not copied whole: the text as it stands has events with less in them. */
  readonly isClipped?: boolean;
  /** Whether events were taken out that may not be whole. */
  readonly isDoubted?: boolean;
  /** Whether counts of `uniq -c` were taken off: as the text stands, these may look like threads' numbers. */
  readonly isCounted?: boolean;
  /** Whether lines that had been put together were once more: to be taken where more is understood alone. */
  readonly isJoinedAgain?: boolean;
  /** Whether anything was taken off its lines, or decoded: more than lines put together. */
  readonly isUnwrapped: boolean;
}

/** All readings of a paste that are worth a look; the one in which most is understood is right. */
export function readingsOf(bytes: Uint8Array): readonly Reading[] {
  const raw = splitLines(decodeText(bytes));
  const lines = plainLines(raw);
  if (!looksLikeMail(lines.texts)) return readingsOfText(lines, raw.texts, '');
  return mailParts(lines).flatMap((part): readonly Reading[] => {
    const name = part.name === '' ? `part at line ${part.line}` : part.name;
    if (part.bytes) return [{ bytes: part.bytes, lineOf: undefined, part: name, isUnwrapped: true }];
    if (!part.text) return [];
    const text = plainLines(part.text);
    return readingsOfText(part.type === 'text/html' ? unhtml(text) : text, [], name);
  });
}

/** Readings of a text, which was `raw` before its characters were made plain. */
function readingsOfText(text: PlacedLines, raw: readonly string[], part: string): readonly Reading[] {
  const isHtml = looksLikeHtml(text.texts);
  // What was put before every line of a page's source may stand within its tags and entities.
  const source = isHtml ? unmark(uncount(unquoteAll(text))) : unescapeMarked(unstair(text));
  const asCopied = splitEscaped(unjson(isHtml ? unhtml(source) : source));
  const clipped = unclip(asCopied);
  const lines = unpage(clipped);
  const readings = readingsOfLines(lines, raw, part, isHtml ? widthsInSource(source) : undefined);
  const isClipped = clipped !== asCopied;
  // As it stands, such a text has values cut short.
  const isDoubted = source.texts.some((line) => line.endsWith('=') && isSoftBroken(line));
  if (!isClipped && !isDoubted) return readings;
  return readings.map((reading) => ({
    ...reading,
    ...(isClipped ? { isClipped } : {}),
    ...(isDoubted ? { isDoubted } : {}),
  }));
}

/** The source of a mail with something in front of every line, its escapes read: its breaks are within it. */
function unescapeMarked(text: PlacedLines): PlacedLines {
  const isBroken = (line: string): boolean => /=\W{0,8}$/.test(line.slice(-SOFT_TAIL));
  if (!text.texts.some((line) => line.includes('=3D')) || !text.texts.some(isBroken)) return text;
  let bare = uncount(text);
  for (let turn = 0; turn < FRONTS_MAX; turn++) bare = unfrontAll(unmark(bare));
  bare = unmarkEnds(bare, ENDS_OF_SOURCE);
  return bare === text ? text : unescapeQuoted(bare);
}
const SOFT_TAIL = 16;
/** What was put before every line, one before another, at most. */
const FRONTS_MAX = 3;

/** A line of HTML before it was read. */
interface SourceLine {
  readonly length: number;
  /** Blanks at its end, which may be taken off later. */
  readonly blanks: number;
}
type SourceLines = ReadonlyMap<number, SourceLine>;

/** How long the lines of HTML were before it was read, by their number in the file. */
function widthsInSource({ texts, lines }: PlacedLines): SourceLines {
  return new Map(
    lines.map((line, i) => {
      const blanks = /(?:\s|&nbsp;){0,200}$/.exec(texts[i]!.slice(-SOURCE_TAIL))![0];
      return [line, { length: texts[i]!.length, blanks: blanks.replace(/&nbsp;/g, ' ').length }];
    }),
  );
}
const SOURCE_TAIL = 1200;

/** `source`: widths of the lines of HTML, by their number in the file; undefined for what is none. */
function readingsOfLines(
  whole: PlacedLines,
  raw: readonly string[],
  part: string,
  source: SourceLines | undefined,
): readonly Reading[] {
  const halved = halveBlanks(whole);
  const single = uncount(halved);
  const spaced = uncount(unnumber(unspace(unquote(unfront(single)))));
  const rows = untable(unfence(dedent(halveBlanks(unescapeQuoted(spaced)))));
  const readings = rows.flatMap((lines) =>
    readingsOfSpaced(spaced, uncount(unfill(unmarkEnds(lines))), raw, part, source),
  );
  return single === halved ? readings : readings.map((reading) => ({ ...reading, isCounted: true }));
}

/** `marked` are the lines of `spaced` without fences, borders and ends. */
function readingsOfSpaced(
  spaced: PlacedLines,
  marked: PlacedLines,
  raw: readonly string[],
  part: string,
  source: SourceLines | undefined,
): readonly Reading[] {
  const isHtml = source !== undefined;
  const flowed = reflow(marked);
  const first = readingsOfMarked(marked, widthsOf(marked, spaced), raw, part, isHtml);
  const isBroken = first.length > 1;
  const readings = [
    ...first,
    ...(flowed ? readingsOfMarked(flowed, widthsOf(flowed), [], part, isHtml) : []),
    // It may have been broken as HTML, or before it was put into it.
    ...(source && isBroken
      ? readingsOfMarked(marked, widthsFrom(source, marked), raw, part, isHtml, true)
      : []),
  ];
  const begins = beginsByMarks(marked.texts);
  if (begins === undefined) return readings;
  const roles = rolesByMarks(marked.texts, begins);
  const widths = widthsOf(marked);
  const joined = breaksOf(marked, roles, widths).map((how) => join(marked, roles, widths, how));
  return [
    ...readings,
    ...joined.flatMap((lines) => readingsOfMarked(lines, widthsOf(lines), raw, part, isHtml)),
  ];
}

/** How long lines were, with the indentation that they had `before`. */
function widthsOf(lines: PlacedLines, before?: PlacedLines): Int32Array {
  const whole = new Map(before?.lines.map((line, i) => [line, before.texts[i]!]));
  return Int32Array.from(lines.texts, (text, i) => {
    const was = whole.get(lines.lines[i]!);
    return was !== undefined && was.trimStart() === text.trimStart() ? was.length : text.length;
  });
}

/** How long the lines were in HTML: of those that were one line there, the last has its end. */
function widthsFrom(source: SourceLines, { texts, lines }: PlacedLines): Int32Array {
  return Int32Array.from(texts, (text, i) => {
    const was = lines[i] === lines[i + 1] ? undefined : source.get(lines[i]!);
    return was ? was.length - Math.max(0, was.blanks - (text.length - text.trimEnd().length)) : text.length;
  });
}

/**
 * Readings of a text that may have marks of a log in front of its lines, and broken ones. `wide` are the
 * widths of the lines before anything was taken off; `isOfAll` where this is so for every line.
 */
function readingsOfMarked(
  marked: PlacedLines,
  wide: Int32Array,
  raw: readonly string[],
  part: string,
  isHtml: boolean,
  isOfAll = false,
): readonly Reading[] {
  const prefixed = dedent(unmark(unprefix(unmark(marked))));
  const family = familyBehindMarks(prefixed);
  if (family === undefined) return [readingOf(prefixed, part, isHtml)];
  const isOfTrace = (line: string, isMarked: boolean): boolean =>
    isEventStart(family, line) ||
    isBrokenHead(family, line) ||
    standsAlone(line) ||
    (isMarked && (line.trim() === '' || isTaskAlone(family, line)));
  const bare = unmarkEvents(prefixed, isOfTrace);
  const roles = rolesOf(bare, prefixed, family);
  const plain = uncontinue(prefixed, (i) => goesOnFrom(roles, i));
  // Where rests have marks, too, the lines were broken before they had any: these are no part of a width.
  const before = !isOfAll && areRestsMarked(marked, prefixed, roles) ? widthsOf(prefixed) : wide;
  const widths = before.map((width, i) => {
    return width - (prefixed.texts[i]!.length - plain.texts[i]!.length);
  });
  const isUnwrapped = isHtml || bare.texts.some((line, i) => isEventStart(family, line) && line !== raw[i]);
  const isPartial = COLUMNS[family] === inPerfColumns;
  const isOfPerf = isPartial && bare.texts.some(isInPerfColumns);
  const columns = isOfPerf ? asItIs : (COLUMNS[family] ?? ofKernel(bare.texts));
  // A mark without a blank behind it may have taken one of those before a task's name.
  const isPadded = bare.texts.some((line) => line.startsWith(' ') && isEventStart(family, line));
  const padded = family === 'perf' && isUnwrapped && isPadded ? inTaskColumn(bare.texts) : asItIs;
  const breaks = breaksOf(plain, roles, widths);
  const spaced = family === 'perf' && breaks.length > 0 ? oneBlankBeforeEvent : asItIs;
  const hasFrames = isUnwrapped || bare.texts.some(hasLostBlanks);
  const framed = (hasFrames && FRAMES[family]) || asItIs;
  const inColumns = (line: string): string => {
    if (isEventStart(family, line))
      return spaced(padded(columns(withoutTabs(oneBlankInCalls(unremark(line))))));
    return framed(withoutRemark(line.replace(AT_THE_LEFT, '')));
  };
  const finish = isPartial && !isOfPerf ? partial : (reading: Reading): Reading => reading;
  const certain = (events: PlacedLines): Reading => {
    const whole = undoubted(events, (line) => isEventStart(family, line));
    const reading = finish(readingOf(mapLines(whole, inColumns), part, isUnwrapped));
    return whole === events ? reading : { ...reading, isDoubted: true };
  };
  if (breaks.length === 0) return [certain(bare)];
  const wholeOf = (joined: PlacedLines): Reading => certain(unmarkEvents(joined, isOfTrace));
  // A width counts from where the line began, marks included: they are taken off once it is whole.
  const once = breaks.map((how) => join(plain, roles, widths, how));
  const twice = once.flatMap((joined) => joinAgain(joined, family, isOfTrace));
  return [...once.map(wholeOf), ...twice.map((joined) => ({ ...wholeOf(joined), isJoinedAgain: true }))];
}

/** True where something was taken off nearly all lines that go on from another. */
function areRestsMarked(marked: PlacedLines, bare: PlacedLines, roles: Uint8Array): boolean {
  let rests = 0;
  let having = 0;
  bare.texts.forEach((text, i) => {
    if (!goesOnFrom(roles, i)) return;
    rests++;
    if (marked.texts[i]!.trim().length > text.trim().length) having++;
  });
  return rests > 0 && having >= rests * NEARLY_ALL;
}
const NEARLY_ALL = 0.9;

/** Lines that were put together, and then what had been broken before: a reply wraps what came wrapped. */
function joinAgain(
  joined: PlacedLines,
  family: Family,
  isOfTrace: (line: string, isMarked: boolean) => boolean,
): readonly PlacedLines[] {
  const roles = rolesOf(unmarkEvents(joined, isOfTrace), joined, family);
  const widths = widthsOf(joined);
  return breaksOf(joined, roles, widths).map((how) => join(joined, roles, widths, how));
}

function asItIs(line: string): string {
  return line;
}

/** How the lines of a family are put into the columns that a reader expects. */
const COLUMNS: Readonly<Partial<Record<Family, (line: string) => string>>> = {
  perf: (line) => withPerfSyscalls(withoutFlags(flagsBehindCpu(line))),
  qemu: likeQemu,
  stamped: likeQemu,
  partial: inPerfColumns,
  named: inPerfColumns,
};

/** QEMU's events have no column before their name or stamp, nor between their words. */
function likeQemu(line: string): string {
  return line.trimStart().replace(/(\S) {4,}(?=\S)/g, '$1 ');
}

/** What `perf script` prints first: its reader knows its lines by it, whatever their columns. */
const PERF_HEADER = '# ========\n# captured on    : unknown\n';
const PERF_HEADER_LINES = 2;

/** Lines in the columns of `perf script` as a text of it. */
function partial({ bytes, lineOf, ...reading }: Reading): Reading {
  const header = new TextEncoder().encode(PERF_HEADER);
  const whole = new Uint8Array(header.length + bytes.length);
  whole.set(header);
  whole.set(bytes, header.length);
  const lines = new Int32Array(PERF_HEADER_LINES + lineOf!.length).fill(1);
  lines.set(lineOf!, PERF_HEADER_LINES);
  return { ...reading, bytes: whole, lineOf: lines, isPartial: true };
}

/** The family of the events, which may stand behind marks of one line's own. */
function familyBehindMarks(lines: PlacedLines): Family | undefined {
  const direct = familyOf(lines.texts);
  if (direct !== undefined && BY_TASK.includes(direct)) return direct;
  // The rest of a name looks like an event of QEMU's log without a stamp.
  const isRest = direct === 'qemu' && familyBehind(lines, ['stamped']) !== undefined;
  return familyBehind(lines, BY_TASK) ?? (isRest ? 'stamped' : direct) ?? familyBehind(lines, FAMILIES);
}

/** Families whose lines begin with a task, which marks in front may be taken for a part of. */
const BY_TASK: readonly Family[] = ['ftrace', 'perf'];

function familyBehind(lines: PlacedLines, families: readonly Family[]): Family | undefined {
  const isOfOne = (line: string, isMarked: boolean): boolean =>
    families.some(
      (family) =>
        isEventStart(family, line) || isBrokenHead(family, line) || (isMarked && isTaskAlone(family, line)),
    );
  const family = familyOf(unmarkEvents(lines, isOfOne).texts, lines.texts);
  return family !== undefined && families.includes(family) ? family : undefined;
}

/** A line whose columns were put apart by tabs, with blanks: no recorder prints a tab before a time. */
function withoutTabs(text: string): string {
  if (!text.includes('\t')) return text;
  return text
    .replace(/^.{0,120}?[\d)]:(?=\s)/, (head) => head.replace(/\t/g, ' '))
    .replace(/:[ \t]*\t[ \t]*/g, ': ');
}

const FLAGS_FIRST = /^(\s*\S.{0,24}?\s\d+)\s+([.\w]{4,5})\s+(\[\d{3,}\])\s+(\d+\.\d{6,9}:\s)/;

/** The columns of a line in the order that readers expect: the CPU stands before the flags. */
function flagsBehindCpu(text: string): string {
  const found = FLAGS_FIRST.exec(text);
  if (!found || /^\d+$/.test(found[2]!)) return text;
  return `${found[1]} ${found[3]} ${found[4]}${text.slice(found[0].length)}`;
}

/** The name of a buffer and one blank before a task: together they are too long for a task's name. */
const BUFFER = /^\s*([\w.-]{1,64}: \S.{0,15}?)-\d{1,7}\s+(?:\(\s*[\d-]+\)\s+)?\[\d{3,}\]/;
const COMM_MAX = 15;

/** How lines of ftrace and trace-cmd are put into columns: behind the name of a buffer stand two blanks. */
function ofKernel(texts: readonly string[]): (line: string) => string {
  const hasBuffers = texts.some((text) => (BUFFER.exec(text)?.[1]?.length ?? 0) > COMM_MAX);
  const inOrder = (line: string): string => secondsInColumn(flagsBehindCpu(line));
  if (!hasBuffers) return inOrder;
  return (line) => inOrder(line.replace(/^(\s*[\w.-]{1,64}:) (?=\S)/, '$1  '));
}

/**
 * A line that was broken before its time has lost the blanks of that column: with more digits from one event
 * on, its event would stand elsewhere than before.
 */
function secondsInColumn(line: string): string {
  return line.replace(
    SHORT_SECONDS,
    (_, before: string, seconds: string) => `${before}${seconds.padStart(SECONDS_WIDTH)}`,
  );
}
const SHORT_SECONDS = /^(.{0,64}\](?: +[.\w#]{4,8})? )(\d{1,4})(?=\.\d{6,9}: )/;
/** Of the kernel, trace_print_context(): `%5lu.%06lu: `. */
const SECONDS_WIDTH = 5;

const FLAGS_LAST =
  /^(\s*\S.{0,24}?\s\d+(?:\/\d+)?\s+\[\d{3,}\])\s+(?=\S*[.#])[.\w#]{4,6}\s+(?=\d+\.\d{6,9}:\s)/;

/** A line of perf's without the flags that another tool prints behind the CPU. */
function withoutFlags(text: string): string {
  return text.replace(FLAGS_LAST, '$1 ');
}

const PERF_TASK = /^\s*(\S.{0,14}?)(\s+)(\d+)(?=(?:\/\d+)?\s+\[\d{3,}\])/;

/**
 * A line of perf's with its task's name in the column that perf prints it in. Tasks' numbers end in a column,
 * too: blanks beyond those that other lines have before it are the name's own.
 */
function inTaskColumn(texts: readonly string[]): (text: string) => string {
  const widths = new Map<number, number>();
  for (const text of texts) {
    const found = PERF_TASK.exec(text);
    if (!found) continue;
    const width = found[2]!.length + found[3]!.length;
    widths.set(width, (widths.get(width) ?? 0) + 1);
  }
  const enough = texts.length * FEW;
  const least = Math.min(...[...widths].flatMap(([width, count]) => (count >= enough ? [width] : [])));
  return (text) =>
    text.replace(PERF_TASK, (_, comm: string, gap: string, tid: string) => {
      const own = Math.min(Math.max(0, gap.length + tid.length - least), gap.length - 1);
      return `${`${comm}${gap.slice(0, own)}`.padStart(COMM_COLUMN)}${gap.slice(own)}${tid}`;
    });
}
const COMM_COLUMN = 16;
/** Of a text's lines, the share that is no exception. */
const FEW = 0.05;

/**
 * True for the heading of a stack in the kernel's own text, as trace-cmd prints no blank before a frame, and
 * for a frame of perf's that has lost its own.
 */
function hasLostBlanks(text: string): boolean {
  if (/: <(?:user )?stack trace>$/.test(text)) return true;
  if (/^[\t ]*\t[\t ]*\t/.test(text)) return isFrameOfPerf(text);
  const address = /^(?:\t *)?[0-9a-f]{1,16} /.exec(text)?.[0];
  return address !== undefined && address.length < FRAME_COLUMN && isFrameOfPerf(text);
}
/** Where perf ends a frame's address, behind a tab. */
const FRAME_COLUMN = 18;

/** How the frames of a family are printed, where something stood before them, or blanks were taken away. */
const FRAMES: Readonly<Partial<Record<Family, (line: string) => string>>> = {
  // Before an address that no file is known for, the kernel itself prints two blanks.
  ftrace: (line) => line.replace(/^(?! => {1,2}(?=\S))\s*=>\s+(?=\S)/, ' => '),
  perf: (line) => {
    const frame = isFrameOfPerf(line) ? /^\s*([0-9a-f]{1,16})\s+(.*)$/.exec(line) : null;
    return frame ? `\t${frame[1]!.padStart(COMM_COLUMN)} ${frame[2]!}` : line;
  },
};

/** Blanks before what recorders print at the left. */
const AT_THE_LEFT = /^\s+(?=#|$|cpus=\d+$|version = \d|CPU:\s?\d)/;

/** A frame of ftrace without what somebody wrote behind it. */
function withoutRemark(line: string): string {
  return line.length < FRAME_LENGTH && /^\s*=>\s/.test(line) ? unremark(line) : line;
}
const FRAME_LENGTH = 400;

/**
 * A system call or a function's with one blank between its parts, as everywhere: where it was broken, more
 * came.
 */
function oneBlankInCalls(text: string): string {
  const call = SYSCALL.test(text) ? text.replace(/([\w)][:,]) {2,}(?=[\w-])/g, '$1 ') : text;
  return call.replace(CALLED, '$1 ').replace(/ <- {2,}(?=\w)/, ' <- ');
}
/** `function <-caller`, behind a time. */
const CALLED = /(\d: +[\w.]+) {2,}(?=<-\w)/;
const SYSCALL = /(?:[\d)]: +|\/\* +|^\s*)sys_\w+\(/;

/** The column in which perf ends the names of its events is lost where lines are broken at blanks. */
function oneBlankBeforeEvent(text: string): string {
  return text.replace(/^(.{0,80}?\d\.\d{6,9}:)\s+/, '$1 ');
}

function readingOf(lines: PlacedLines, part: string, isUnwrapped: boolean): Reading {
  return {
    bytes: new TextEncoder().encode(`${lines.texts.join('\n')}\n`),
    lineOf: Int32Array.from(lines.lines),
    part,
    isUnwrapped,
  };
}

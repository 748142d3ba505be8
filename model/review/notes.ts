/**
 * Remarks of a reviewer as a text that is the reply itself: a few fields, then for each patch its quoted
 * hunks, with remarks unquoted below the line that they are about. Read against another version of the
 * series, each remark goes to the line with the same text in the same function; what finds no place there is
 * kept, first.
 */
import { readDiffs } from '../../parsers/patch/diff.js';
import { HUNKS_MAX, type FileDiff, type Hunk, type Patch, type Series } from '../../parsers/patch/patch.js';
import { fileHead, hunkHead, subjectOf, writtenLine } from './quoting.js';
import { unmarked } from './prose.js';
import { escapeControls, headerText } from './safeText.js';
import { functionsByWalk } from './walk.js';

/** Indexes; -1 for all of a patch, of a file, or for the head of a hunk. */
export interface RemarkPlace {
  readonly patch: number;
  readonly file: number;
  readonly hunk: number;
  readonly line: number;
}

export interface OwnRemark {
  /** Undefined for what is about nothing of the series: a greeting, or a line that is no longer there. */
  readonly place: RemarkPlace | undefined;
  /** The line that is no longer there, '' for a greeting. */
  readonly quote: string;
  /** Never empty; no line is blank at either end. */
  readonly texts: readonly string[];
}

/** A recording that remarks name lines of. */
export interface NamedTrace {
  readonly role: 'without' | 'with';
  readonly name: string;
  /** Of its SHA-256, or ''. */
  readonly digest: string;
}

export interface ReviewNotes {
  readonly traces: readonly NamedTrace[];
  /** Functions of which nothing is to be said, as `path:name`. */
  readonly quiet: readonly string[];
  /** In the order of the series. */
  readonly remarks: readonly OwnRemark[];
  /** The series is the one that they were written on. */
  readonly isSameDiff: boolean;
}

export const NO_NOTES: ReviewNotes = { traces: [], quiet: [], remarks: [], isSameDiff: true };

const FIRST_FIELD = 'Shimtrace-Review: 1';
const LOST = '[no place] ';
/** Digits of a digest that tell recordings apart. */
const DIGEST_DIGITS = 12;

/** Whether a text is a review's, by its first line. */
export const isNotes = (text: string): boolean => text.startsWith(FIRST_FIELD);

/** Lines of a remark as it can stand in a reply: none may be taken for a quotation or the end of a mail. */
export function remarkTexts(text: string): readonly string[] {
  const lines = text.split(/\r?\n/).map((line) => unmarked(escapeControls(line).trimEnd()));
  while (lines.length > 0 && lines[0] === '') lines.shift();
  while (lines.length > 0 && lines[lines.length - 1] === '') lines.pop();
  return lines;
}

/** Adds to what is said at a place already. */
export function withRemark(notes: ReviewNotes, place: RemarkPlace | undefined, text: string): ReviewNotes {
  const texts = remarkTexts(text);
  return texts.length === 0
    ? notes
    : { ...notes, remarks: merged([...notes.remarks, { place, quote: '', texts }]) };
}

/** In place of what is said there; nothing at all where the text is blank. */
export function replacedRemark(notes: ReviewNotes, place: RemarkPlace, text: string): ReviewNotes {
  const others = notes.remarks.filter((remark) => !isAt(remark, place));
  return withRemark({ ...notes, remarks: others }, place, text);
}

const isAt = ({ place }: OwnRemark, other: RemarkPlace): boolean =>
  place !== undefined && keyOf(place) === keyOf(other);

const keyOf = ({ patch, file, hunk, line }: RemarkPlace): string => `${patch} ${file} ${hunk} ${line}`;

/** One remark for each place, in their order; those without one first. */
function merged(remarks: readonly OwnRemark[]): readonly OwnRemark[] {
  const byKey = new Map<string, OwnRemark>();
  for (const remark of remarks) {
    const key = remark.place ? keyOf(remark.place) : `lost ${remark.quote}`;
    const before = byKey.get(key);
    byKey.set(key, before ? { ...before, texts: [...before.texts, '', ...remark.texts] } : remark);
  }
  return [...byKey.values()].sort((a, b) => compare(a, b));
}

function compare(a: OwnRemark, b: OwnRemark): number {
  if (!a.place || !b.place) {
    if (a.place || b.place) return a.place ? 1 : -1;
    // A greeting comes before what was lost.
    return Number(a.quote !== '') - Number(b.quote !== '');
  }
  return (
    a.place.patch - b.place.patch ||
    a.place.file - b.place.file ||
    a.place.hunk - b.place.hunk ||
    a.place.line - b.place.line
  );
}

/** What the text of a review looks like; empty notes too have their fields. */
export function printNotes(notes: ReviewNotes, series: Series): string {
  const lines = [
    FIRST_FIELD,
    `Patch: ${headerText(series.patches[0]?.messageId || '-')} ${diffDigest(series)}`,
    ...notes.traces.map(({ role, name, digest }) =>
      `Trace: ${role} ${encodeURIComponent(name)} ${digest.slice(0, DIGEST_DIGITS)}`.trimEnd(),
    ),
    ...notes.quiet.map((key) => `Quiet: ${headerText(key)}`),
  ];
  const say = (texts: readonly string[]): void => {
    lines.push('', ...texts, '');
  };
  for (const { place, quote, texts } of notes.remarks) {
    if (place) continue;
    if (quote !== '') lines.push('', `> ${LOST}${quote}`.trimEnd());
    say(texts);
  }
  series.patches.forEach((patch, p) => {
    const own = notes.remarks.filter((remark) => remark.place?.patch === p);
    if (own.length > 0) printPatch(patch, own, lines, say);
  });
  const text = lines.join('\n').replace(/\n{3,}(?=>)/g, '\n\n');
  return `${text.trimEnd()}\n`;
}

function printPatch(
  patch: Patch,
  own: readonly OwnRemark[],
  lines: string[],
  say: (texts: readonly string[]) => void,
): void {
  const keyOf = (file: number, hunk: number, line: number): string => `${file} ${hunk} ${line}`;
  const byPlace = new Map<string, OwnRemark[]>();
  for (const remark of own) {
    if (!remark.place) continue;
    const key = keyOf(remark.place.file, remark.place.hunk, remark.place.line);
    const there = byPlace.get(key);
    if (there) there.push(remark);
    else byPlace.set(key, [remark]);
  }
  const sayAt = (file: number, hunk: number, line: number): void => {
    for (const { texts } of byPlace.get(keyOf(file, hunk, line)) ?? []) say(texts);
  };
  const quote = (text: string): void => {
    lines.push(`> ${escapeControls(text)}`.trimEnd());
  };
  lines.push('');
  quote(headerText(subjectOf(patch)));
  sayAt(-1, -1, -1);
  patch.files.forEach((file, f) => {
    const inFile = own.filter((remark) => remark.place?.file === f);
    if (inFile.length === 0) return;
    fileHead(file).forEach(quote);
    sayAt(f, -1, -1);
    file.hunks.forEach((hunk, h) => {
      if (!inFile.some((remark) => remark.place?.hunk === h)) return;
      quote(hunkHead(hunk));
      sayAt(f, h, -1);
      hunk.lines.forEach((line, i) => {
        quote(writtenLine(line));
        sayAt(f, h, i);
      });
    });
  });
}

const FNV_PRIME = 0x01000193;
const FNV_START = 0x811c9dc5;

/** Changes where any line of the diff does, and not where lines move: 8 hexadecimal digits. */
function diffDigest({ patches }: Series): string {
  let sum = FNV_START;
  const add = (text: string): void => {
    for (let i = 0; i < text.length; i++) sum = Math.imul(sum ^ text.charCodeAt(i), FNV_PRIME);
    sum = Math.imul(sum ^ 0x0a, FNV_PRIME);
  };
  for (const { files } of patches)
    for (const file of files) {
      fileHead(file).forEach(add);
      for (const { lines } of file.hunks) for (const line of lines) add(writtenLine(line));
    }
  return (sum >>> 0).toString(16).padStart(8, '0');
}

/** Its fields: the lines up to the first that is empty. */
function headOf(text: string): readonly string[] {
  const all = text.split(/\r?\n/);
  return isNotes(text) ? all.slice(0, Math.max(1, all.indexOf(''))) : [];
}

/** What a person has written, on the series as it is now. Nothing of it is dropped. */
export function readNotes(text: string, series: Series): ReviewNotes {
  const fields = headOf(text);
  const values = (name: string): readonly string[] =>
    fields.flatMap((field) => (field.startsWith(`${name}: `) ? [field.slice(name.length + 2)] : []));
  return {
    traces: namedTraces(text),
    quiet: values('Quiet'),
    remarks: merged(new Placer(series).place(written(text.split(/\r?\n/).slice(fields.length)))),
    isSameDiff: values('Patch')[0]?.split(' ')[1] === diffDigest(series),
  };
}

/** The recordings that the fields of a text name, in their order. */
export function namedTraces(text: string): readonly NamedTrace[] {
  return headOf(text).flatMap((field) => (field.startsWith('Trace: ') ? traceOf(field.slice(7)) : []));
}

function traceOf(value: string): readonly NamedTrace[] {
  const [, role, name, digest] = /^(without|with) (\S+)(?: ([0-9a-f]+))?$/.exec(value) ?? [];
  if (role === undefined || name === undefined) return [];
  return [{ role: role as NamedTrace['role'], name: decoded(name), digest: digest ?? '' }];
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch (error) {
    // A name that somebody typed, with a sign of its own.
    if (error instanceof URIError) return name;
    throw error;
  }
}

/** A remark as it stands in the text: below what, in which part of which quotation. */
interface Written {
  readonly texts: readonly string[];
  /** The quoted line above it, '' where there is none. */
  readonly quote: string;
  /** The subject that was quoted last, and the diff that is quoted below it. */
  readonly subject: string;
  readonly files: readonly FileDiff[];
  /** Line of the quotation that it is below of, 1-based; 0 where there is none. */
  readonly about: number;
}

const SUBJECT = /^\[PATCH/;

function written(lines: readonly string[]): readonly Written[] {
  const out: Written[] = [];
  let subject = '';
  let quoted: { texts: string[]; lines: number[] } = { texts: [], lines: [] };
  let open: { readonly texts: string[]; readonly about: number; readonly quote: string } | undefined;
  let part: (typeof open & object)[] = [];
  const closePart = (): void => {
    const { files } = readDiffs(quoted, true, HUNKS_MAX);
    for (const { texts, about, quote } of part) {
      const own = remarkTexts(texts.join('\n'));
      if (own.length > 0) out.push({ texts: own, quote, subject, files, about });
    }
    part = [];
    quoted = { texts: [], lines: [] };
  };
  lines.forEach((line, i) => {
    if (!line.startsWith('>')) {
      if (!open) {
        const last = quoted.texts.length - 1;
        open = { texts: [], about: quoted.lines[last] ?? 0, quote: quoted.texts[last] ?? '' };
        part.push(open);
      }
      open.texts.push(line);
      return;
    }
    open = undefined;
    const text = line.replace(/^> ?/, '');
    if (SUBJECT.test(text) || text.startsWith(LOST)) {
      closePart();
      subject = SUBJECT.test(text) ? text : '';
    }
    quoted.texts.push(text);
    quoted.lines.push(i + 1);
  });
  closePart();
  return out;
}

/** A line of the series that a remark may be about. */
interface Candidate {
  readonly place: RemarkPlace;
  readonly text: string;
  readonly kind: string;
  readonly before: string;
  readonly head: string;
  readonly owner: string | undefined;
  /** How many lines of its hunk before it have the same text. */
  readonly nth: number;
  readonly subject: string;
}

/** What a line has in common with the one that a remark was written on; the first weighs most. */
const SAME_SUBJECT = 16;
const SAME_KIND = 8;
const SAME_HEAD = 4;
const SAME_OWNER = 2;
const SAME_BEFORE = 1;
/** Of lines that say nothing of their own there are many: more than their text must be the same. */
const TELLING = /\w{2}/;

class Placer {
  private readonly byText = new Map<string, Candidate[]>();
  private readonly quoted = new Map<Hunk, readonly Candidate[]>();
  private readonly subjects: readonly string[];

  constructor(private readonly series: Series) {
    this.subjects = series.patches.map((patch) => headerText(subjectOf(patch)));
    series.patches.forEach((patch, p) => {
      patch.files.forEach((file, f) => {
        file.hunks.forEach((hunk, h) => {
          for (const each of candidatesOf(
            hunk,
            { patch: p, file: f, hunk: h, line: -1 },
            this.subjects[p]!,
          )) {
            const key = textKey(pathOf(file), each.text);
            const known = this.byText.get(key);
            if (known) known.push(each);
            else this.byText.set(key, [each]);
          }
        });
      });
    });
  }

  place(all: readonly Written[]): readonly OwnRemark[] {
    return all.map((each) => {
      const place = each.about === 0 ? undefined : this.placeOf(each);
      // A remark without its line was on one all the same; a greeting is below none.
      const quote = place || each.about === 0 ? '' : each.quote.replace(LOST, '') || '(blank line)';
      return { place, quote, texts: each.texts };
    });
  }

  private placeOf(remark: Written): RemarkPlace | undefined {
    const { quote, files, about } = remark;
    if (quote.startsWith(LOST)) return undefined;
    if (SUBJECT.test(quote)) return this.patchOf(quote);
    for (const file of files) {
      for (const hunk of file.hunks) {
        if (hunk.line === about) return this.placeOfHead(remark.subject, file, hunk);
        const line = hunk.lines.findIndex((each) => each.line === about);
        if (line >= 0) return this.placeOfLine(remark.subject, file, hunk, line);
      }
    }
    return this.placeOfFile(remark);
  }

  /** By its subject, whatever version and number it has. */
  private patchOf(subject: string): RemarkPlace | undefined {
    const exact = this.subjects.indexOf(subject);
    const plain = plainSubject(subject);
    const patch = exact >= 0 ? exact : this.subjects.findIndex((each) => plainSubject(each) === plain);
    return patch < 0 ? undefined : { patch, file: -1, hunk: -1, line: -1 };
  }

  private placeOfFile({ quote, subject }: Written): RemarkPlace | undefined {
    const path = /^(?:---|\+\+\+) [ab]\/(.+)$/.exec(quote)?.[1];
    if (path === undefined) return undefined;
    const found = this.series.patches.flatMap(({ files }, patch) =>
      files.flatMap((file, f) =>
        pathOf(file) === path || file.oldPath === path ? [{ patch, file: f }] : [],
      ),
    );
    const own = found.find(({ patch }) => subjectScore(this.subjects[patch]!, subject) > 0) ?? found[0];
    return own && { ...own, hunk: -1, line: -1 };
  }

  private placeOfHead(subject: string, file: FileDiff, hunk: Hunk): RemarkPlace | undefined {
    const head = hunkHead(hunk);
    const found = this.series.patches.flatMap(({ files }, patch) =>
      files.flatMap((each, f) =>
        pathOf(each) !== pathOf(file)
          ? []
          : each.hunks.map((other, h) => ({ place: { patch, file: f, hunk: h, line: -1 }, other })),
      ),
    );
    const score = ({ place, other }: (typeof found)[number]): number =>
      subjectScore(this.subjects[place.patch]!, subject) +
      (hunkHead(other) === head ? SAME_KIND + SAME_HEAD : 0) +
      (other.heading === hunk.heading ? SAME_OWNER : 0);
    const same = found.filter(({ other }) => hunkHead(other) === head || other.heading === hunk.heading);
    return best(same, score)?.place;
  }

  /** The lines of a quoted hunk, made once for all remarks on it: a hunk is quoted below one subject. */
  private quotedLines(subject: string, hunk: Hunk): readonly Candidate[] {
    const known = this.quoted.get(hunk);
    if (known) return known;
    const made = candidatesOf(hunk, { patch: -1, file: -1, hunk: -1, line: -1 }, subject);
    this.quoted.set(hunk, made);
    return made;
  }

  private placeOfLine(subject: string, file: FileDiff, hunk: Hunk, line: number): RemarkPlace | undefined {
    const wanted = this.quotedLines(subject, hunk)[line]!;
    const all = this.byText.get(textKey(pathOf(file), wanted.text)) ?? [];
    const score = (each: Candidate): number =>
      subjectScore(each.subject, subject) +
      (each.kind === wanted.kind ? SAME_KIND : 0) +
      (each.head === wanted.head ? SAME_HEAD : 0) +
      (each.owner === wanted.owner ? SAME_OWNER : 0) +
      (each.before === wanted.before ? SAME_BEFORE : 0) -
      // Of lines of one hunk that are all the same, the one that stands as far down.
      Math.min(1, Math.abs(each.nth - wanted.nth)) / 2;
    const told = TELLING.test(wanted.text)
      ? all
      : all.filter(
          (each) =>
            each.head === wanted.head || (each.owner === wanted.owner && each.before === wanted.before),
        );
    return best(told, score)?.place;
  }
}

const pathOf = ({ newPath, oldPath }: FileDiff): string => newPath ?? oldPath ?? '';
const textKey = (path: string, text: string): string => `${path}\0${text}`;
const plainSubject = (subject: string): string => subject.replace(/^\[[^\]]*\] /, '');

/** Another version of a patch has its subject behind other numbers. */
function subjectScore(one: string, other: string): number {
  if (one === other) return SAME_SUBJECT + SAME_BEFORE;
  return plainSubject(one) === plainSubject(other) ? SAME_SUBJECT : 0;
}

function best<T>(all: readonly T[], score: (each: T) => number): T | undefined {
  let found: T | undefined;
  let most = -Infinity;
  for (const each of all) {
    const points = score(each);
    if (points <= most) continue;
    most = points;
    found = each;
  }
  return found;
}

/** Lines of a hunk as they stand in a quotation. */
function candidatesOf(hunk: Hunk, place: RemarkPlace, subject: string): readonly Candidate[] {
  const owners = functionsByWalk(hunk);
  const head = hunkHead(hunk);
  const seen = new Map<string, number>();
  let before = '';
  return hunk.lines.map(({ kind, text: raw }, line) => {
    const text = escapeControls(raw).trimEnd();
    const key = kind + text;
    const nth = seen.get(key) ?? 0;
    seen.set(key, nth + 1);
    const each = {
      place: { ...place, line },
      text,
      kind,
      before,
      head,
      owner: owners[line],
      nth,
      subject,
    };
    before = text;
    return each;
  });
}

/** A line of a remark that stands for an event of a recording: ` [M2.p.txt:702 G9@702]`. */
const EVIDENCE = /^ \[(\S+):(\d+)(?: (\S+))?\]$/;

export function evidenceLine(name: string, line: number, finding: string | undefined): string {
  return ` [${encodeURIComponent(name)}:${line}${finding === undefined ? '' : ` ${finding}`}]`;
}

export function evidenceOfLine(text: string): { readonly name: string; readonly line: number } | undefined {
  const [, name, line] = EVIDENCE.exec(text) ?? [];
  return name === undefined ? undefined : { name: decoded(name), line: Number(line) };
}

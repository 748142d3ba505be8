/**
 * The functions that a series changes: from the files before and after where a tree has them, else by its
 * hunks.
 */
import { onceOf } from '../../parsers/base/onceOf.js';
import type { FileDiff, Hunk, HunkLine, Series } from '../../parsers/patch/patch.js';
import type { FileImages, SeriesImages } from './images.js';
import { scanC, type CFile, type CFunction } from './scanC.js';
import { functionsByWalk } from './walk.js';

/**
 * `moved`: the same body in another place. `related`: not changed itself; it uses a macro, struct or table of
 * the same file that is.
 */
export type Touch = 'changed' | 'added' | 'removed' | 'moved' | 'related';

/** Where in the series, as indexes. */
export interface HunkPlace {
  readonly patch: number;
  readonly file: number;
  readonly hunk: number;
}

export function isSamePlace(a: HunkPlace, b: HunkPlace): boolean {
  return a.patch === b.patch && a.file === b.file && a.hunk === b.hunk;
}

export interface TouchedFunction {
  readonly name: string;
  /** Path after the patch; before it, for what is gone. */
  readonly path: string;
  readonly touch: Touch;
  /** In their order; what is related has those of the lines that it uses. */
  readonly hunks: readonly HunkPlace[];
  /** False where the hunk alone was looked at. */
  readonly isExact: boolean;
}

export interface TouchedSeries {
  readonly functions: readonly TouchedFunction[];
  /** Names by patch, file, hunk and line; undefined outside of functions. */
  readonly owners: readonly (readonly (readonly (readonly (string | undefined)[])[])[])[];
  /** Hunks of C files with a changed line that is in no function. */
  readonly outside: readonly HunkPlace[];
  /** Indexes of the patches that are asked for; undefined: all. */
  readonly patches?: readonly number[];
}

interface Draft {
  name: string;
  path: string;
  touch: Touch;
  readonly hunks: HunkPlace[];
  isExact: boolean;
}

/** Functions related to one changed line outside of functions, at most. */
const RELATED_MAX = 20;

/** `images` are undefined where there is no tree. */
export function touchedBy(series: Series, images?: SeriesImages): TouchedSeries {
  const drafts = new Map<string, Draft>();
  const outside: HunkPlace[] = [];
  const owners = series.patches.map((patch, p) =>
    patch.files.map((file, f) => {
      const pair = images?.files[p]?.[f];
      const scans = pair && isC(file) ? scansOf(pair) : undefined;
      return file.hunks.map((hunk, h) => {
        if (!isC(file)) return hunk.lines.map(() => undefined);
        const place = { patch: p, file: f, hunk: h };
        const names = scans ? functionsByImage(hunk, scans, pair!.places[h]!) : functionsByWalk(hunk);
        if (addHunk(drafts, file, hunk, names, place, scans)) outside.push(place);
        if (scans) addRelated(drafts, file, hunk, names, place, scans);
        return names;
      });
    }),
  );
  return { functions: withMoves([...drafts.values()]), owners, outside };
}

const isC = ({ oldPath, newPath }: FileDiff): boolean => /\.[ch]$/.test(newPath ?? oldPath ?? '');

interface Scans {
  readonly images: FileImages;
  readonly after: CFile;
  readonly namesBefore: ReadonlySet<string>;
  readonly namesAfter: ReadonlySet<string>;
  /** Functions by line, 0-based; undefined outside. */
  readonly beforeByLine: readonly (CFunction | undefined)[];
  readonly afterByLine: readonly (CFunction | undefined)[];
}

const NO_LINES: readonly string[] = [];

/** A file that many patches of a series change is scanned once for each of its images. */
const scanOf = onceOf((lines: readonly string[]): CFile => scanC(lines.join('\n'), false));

function scansOf(images: FileImages): Scans {
  const beforeLines = images.before ?? NO_LINES;
  const afterLines = images.after ?? NO_LINES;
  const before = scanOf(beforeLines);
  const after = scanOf(afterLines);
  return {
    images,
    after,
    namesBefore: namesIn(before),
    namesAfter: namesIn(after),
    beforeByLine: byLine(before, beforeLines.length),
    afterByLine: byLine(after, afterLines.length),
  };
}

function namesIn({ functions }: CFile): ReadonlySet<string> {
  return new Set(functions.map((each) => each.name));
}

function byLine({ functions }: CFile, count: number): readonly (CFunction | undefined)[] {
  const out: (CFunction | undefined)[] = Array<undefined>(count).fill(undefined);
  for (const each of functions) out.fill(each, each.headLine - 1, each.endLine);
  return out;
}

function functionsByImage(
  hunk: Hunk,
  { beforeByLine, afterByLine }: Scans,
  [before, after]: readonly [number, number],
): readonly (string | undefined)[] {
  let oldLine = before;
  let newLine = after;
  return hunk.lines.map(({ kind }) => {
    const found = kind === '-' ? beforeByLine[oldLine] : afterByLine[newLine];
    if (kind !== '+') oldLine++;
    if (kind !== '-') newLine++;
    return found?.name;
  });
}

/** Adds what the hunk's changed lines are in; true where one of them is in no function. */
function addHunk(
  drafts: Map<string, Draft>,
  file: FileDiff,
  hunk: Hunk,
  names: readonly (string | undefined)[],
  place: HunkPlace,
  scans: Scans | undefined,
): boolean {
  const { lines } = hunk;
  const own = linesByName(lines, names);
  const isChanged = (i: number): boolean => lines[i]!.kind !== ' ';
  for (const name of new Set(names.filter((_, i) => isChanged(i)))) {
    if (name === undefined) continue;
    add(drafts, name, file, place, touchOf(name, own.get(name)!, scans), scans !== undefined);
  }
  return lines.some(({ text }, i) => isChanged(i) && names[i] === undefined && text.trim() !== '');
}

/** Lines of a hunk by the function that they are in. */
function linesByName(
  lines: readonly HunkLine[],
  names: readonly (string | undefined)[],
): ReadonlyMap<string, readonly HunkLine[]> {
  const out = new Map<string, HunkLine[]>();
  lines.forEach((line, i) => {
    const name = names[i];
    if (name === undefined) return;
    const known = out.get(name);
    if (known) known.push(line);
    else out.set(name, [line]);
  });
  return out;
}

/** What is done to a function, by the lines of one hunk that are in it. */
function touchOf(name: string, own: readonly HunkLine[], scans: Scans | undefined): Touch {
  if (scans) {
    if (!scans.namesBefore.has(name)) return 'added';
    return scans.namesAfter.has(name) ? 'changed' : 'removed';
  }
  // Without the files: whole where its head stands in the hunk, and all of its lines are of one kind.
  const hasHead = own.some((line) =>
    new RegExp(`^[A-Za-z_].*\\b${name}\\s*\\(|^${name}\\s*\\(`).test(line.text),
  );
  if (hasHead && own.every((line) => line.kind === '+')) return 'added';
  return hasHead && own.every((line) => line.kind === '-') ? 'removed' : 'changed';
}

function add(
  drafts: Map<string, Draft>,
  name: string,
  file: FileDiff,
  place: HunkPlace,
  touch: Touch,
  isExact: boolean,
): void {
  const path = (touch === 'removed' ? file.oldPath : file.newPath) ?? file.oldPath ?? '';
  const key = `${path}\0${name}`;
  const known = drafts.get(key);
  if (!known) {
    drafts.set(key, { name, path, touch, hunks: [place], isExact });
    return;
  }
  const last = known.hunks[known.hunks.length - 1]!;
  if (!isSamePlace(last, place)) known.hunks.push(place);
  known.touch = together(known.touch, touch);
  known.isExact &&= isExact;
}

/** What two patches of a series do to a function, one after the other. */
function together(before: Touch, now: Touch): Touch {
  if (before === now || now === 'related') return before;
  if (before === 'related' || now === 'removed') return now;
  if (before === 'added') return 'added';
  return before === 'removed' && now === 'added' ? 'changed' : now;
}

/** Functions that use what is changed outside of functions: a macro, a struct, a table. */
function addRelated(
  drafts: Map<string, Draft>,
  file: FileDiff,
  hunk: Hunk,
  names: readonly (string | undefined)[],
  place: HunkPlace,
  { images, after }: Scans,
): void {
  const lines = images.after;
  if (!lines) return;
  let newLine = images.places[place.hunk]![1];
  const seen = new Set<string>();
  hunk.lines.forEach(({ kind, text }, i) => {
    const at = kind === '-' ? -1 : newLine++;
    if (kind === ' ' || names[i] !== undefined || text.trim() === '') return;
    const name = kind === '-' ? macroOf(text) : definedAt(lines, at);
    if (name === undefined || seen.has(name)) return;
    seen.add(name);
    for (const user of usersOf(name, lines, after)) add(drafts, user, file, place, 'related', true);
  });
}

const macroOf = (text: string): string | undefined => /^#\s*define\s+(\w+)/.exec(text)?.[1];

/** Lines that a macro or a table may be long. */
const DEFINITION_LINES_MAX = 400;

/** The name of the macro, struct or table that the line is in. */
function definedAt(lines: readonly string[], at: number): string | undefined {
  for (let i = at; i >= 0 && i > at - DEFINITION_LINES_MAX; i--) {
    const text = lines[i]!;
    const macro = macroOf(text);
    if (macro !== undefined) return macro;
    const table =
      /^[A-Za-z_][^=;()]*?\b(\w+)(?:\[[^\]]*\])?\s*=/.exec(text) ??
      /^(?:struct|union|enum)\s+(\w+)\s*\{/.exec(text);
    if (table) return table[1];
    if (i < at && (/^[}\w]/.test(text) || (text.trim() === '' && !lines[i + 1]?.endsWith('\\'))))
      return undefined;
  }
  return undefined;
}

const usersByWord = new WeakMap<CFile, ReadonlyMap<string, readonly string[]>>();

/** Functions that have the name in them. A patch may define many names: all are looked for at once. */
function usersOf(name: string, lines: readonly string[], file: CFile): readonly string[] {
  let users = usersByWord.get(file);
  if (!users) {
    users = usersOfWords(lines, file);
    usersByWord.set(file, users);
  }
  return users.get(name) ?? [];
}

function usersOfWords(
  lines: readonly string[],
  { functions }: CFile,
): ReadonlyMap<string, readonly string[]> {
  const out = new Map<string, string[]>();
  for (const each of functions) {
    const text = lines.slice(each.headLine - 1, each.endLine).join('\n');
    for (const word of new Set(text.match(/\w+/g))) {
      const users = out.get(word);
      if (!users) out.set(word, [each.name]);
      else if (users.length < RELATED_MAX) users.push(each.name);
    }
  }
  return out;
}

/** What was removed from one file and added to another under the same name has moved. */
function withMoves(drafts: readonly Draft[]): readonly TouchedFunction[] {
  const removed = new Set(drafts.filter((d) => d.touch === 'removed').map((d) => d.name));
  const added = new Set(drafts.filter((d) => d.touch === 'added').map((d) => d.name));
  return drafts
    .filter((draft) => !(draft.touch === 'removed' && added.has(draft.name)))
    .map((draft) =>
      draft.touch === 'added' && removed.has(draft.name) ? { ...draft, touch: 'moved' } : draft,
    );
}

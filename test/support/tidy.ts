/**
 * Checks of the sources' shape: each takes a file's name and text and returns what is wrong, one line each.
 */
import { SOURCE_FOLDERS } from './files.js';
import { withoutComments, lineAt } from './imports.js';
import { piecesOf, type Piece } from './literals.js';

const FILE_LINES_MAX = 600;
/** A file that is one table, without a function in it, is looked things up in, not read. */
const TABLE_LINES_MAX = 1500;
const FUNCTION_LINES_MAX = 100;
const LINE_MAX = 110;
/** A choice or a function within a template: what is worth a name of its own in a long one. */
const CHOICE_WITHIN = /\$\{[^}]*(?:=>|(?<!\?)\?(?![?.]))/;
/** A line that is one long literal may have this much code around it: a name, a call that takes it. */
const AROUND_LITERAL_MAX = 40;

/** A ban with what to use in its place. */
interface Ban {
  readonly pattern: RegExp;
  readonly instead: string;
  readonly where: (file: string) => boolean;
  /** Look at comments too. */
  readonly comments?: boolean;
}

const isSource = (file: string): boolean => /\.(?:ts|mjs|cjs|css)$/.test(file);
const isCore = (file: string): boolean =>
  /^(?:parsers|model|recorder)\//.test(file) && file.endsWith('.ts') && !file.endsWith('.test.ts');
const isProse = (file: string): boolean =>
  isSource(file) || /\.(?:md|json|sh)$/.test(file) || file.startsWith('.ci/');

const word = (...letters: string[]): string => letters.join('');

export const BANS: readonly Ban[] = [
  {
    pattern: new RegExp(`\\b(?:${word('TO', 'DO')}|${word('FIX', 'ME')}|${word('X', 'XX')})\\b`),
    instead: 'do it, or write an issue',
    where: isSource,
    comments: true,
  },
  {
    pattern: new RegExp(`\\b(?:describe|it|suite|test)\\.${word('sk', 'ip')}\\(`),
    instead: 'a test that runs',
    where: isSource,
  },
  {
    pattern: new RegExp(`\\b(?:describe|it|suite|test)\\.${word('on', 'ly')}\\(`),
    instead: 'all tests',
    where: isSource,
  },
  {
    pattern: /\bcatch\s*(?:\([^)]*\))?\s*\{\s*\}/,
    instead: 'handle the error or let it pass',
    where: isSource,
  },
  { pattern: /\bconsole\./, instead: 'return what there is to say', where: isCore },
  { pattern: /\bparseFloat\(/, instead: 'integer digits', where: isCore },
  {
    pattern: /\b(?:Date\.now|new Date|Math\.random|performance\.now)\b/,
    instead: 'a value that the shell passes in: the core has no clock and no randomness',
    where: isCore,
  },
  { pattern: /@ts-(?:ignore|nocheck)/, instead: 'a type', where: isSource, comments: true },
  {
    pattern: /(?<![\w.])\/(?:home|root|Users)\/\w/,
    instead: 'a path that every machine has',
    where: isProse,
    comments: true,
  },
  {
    pattern: new RegExp(`(?<![\\w.-])/(?:${word('wo', 'rk')}|${word('t', 'mp')})/`),
    instead: 'os.tmpdir() or a relative path',
    where: isProse,
    comments: true,
  },
  {
    pattern: new RegExp(`registry\\.${word('npm', 'js')}`),
    instead: 'the name of the package',
    where: isProse,
    comments: true,
  },
];

/** Files whose text is data, not ours. */
const isData = (file: string): boolean =>
  file.startsWith('sample-traces/') || file.endsWith('package-lock.json');

export function tidyText(file: string, text: string): readonly string[] {
  if (isData(file)) return [];
  const out: string[] = [];
  const code = isSource(file) && !file.endsWith('.css') ? withoutComments(text) : text;
  for (const ban of BANS) {
    if (!ban.where(file)) continue;
    const match = ban.pattern.exec(ban.comments ? text : code);
    if (match)
      out.push(`${file}:${lineAt(text, match.index)}: ${JSON.stringify(match[0])}: use ${ban.instead}`);
  }
  if (isSource(file)) {
    const lines = text.split('\n').length - 1;
    const linesMax = functionSpans(text.split('\n')).length === 0 ? TABLE_LINES_MAX : FILE_LINES_MAX;
    if (lines > linesMax) out.push(`${file}: ${lines} lines, at most ${linesMax}: one concept per file`);
    out.push(...longFunctions(file, text), ...longLines(file, text));
  }
  return out;
}

/**
 * Lines that are too long. One literal cannot be broken by the formatter, and a text that is looked for reads
 * best in one piece: a line may be as long as it makes it. An address in a comment cannot be broken either.
 */
function longLines(file: string, text: string): readonly string[] {
  if (!/\.(?:ts|mjs|cjs)$/.test(file)) return [];
  const out: string[] = [];
  let pieces: readonly Piece[] | undefined;
  let from = 0;
  text.split('\n').forEach((line, i) => {
    if (line.length > LINE_MAX) {
      pieces ??= piecesOf(text);
      if (!isOneLiteral(text, from, from + line.length, pieces))
        out.push(`${file}:${i + 1}: ${line.length} characters, at most ${LINE_MAX}`);
    }
    from += line.length + 1;
  });
  return out;
}

/** True for the line [from, until) of a text that is one literal, or a line of one, or an address. */
function isOneLiteral(text: string, from: number, until: number, pieces: readonly Piece[]): boolean {
  const onLine = pieces.filter((piece) => piece.from < until && piece.to > from);
  const [longest] = [...onLine].sort((a, b) => b.to - b.from - (a.to - a.from));
  if (!longest) return false;
  if (longest.kind === 'comment') return /^\s*(?:\/\/|\*|\/\*\*)\s*\S+$/.test(text.slice(from, until));
  const isLineOfMany = text.slice(longest.from, longest.to).includes('\n');
  if (isLineOfMany) return true;
  const around = text.slice(from, longest.from).trim().length + text.slice(longest.to, until).trim().length;
  return (
    onLine.length === 1 &&
    around <= AROUND_LITERAL_MAX &&
    !CHOICE_WITHIN.test(text.slice(longest.from, longest.to))
  );
}

const FUNCTION_START = /^(\s*)(?:export\s+)?(?:default\s+)?(?:async\s+)?function\b.*\{\s*$/;
const METHOD_START =
  /^(\s+)(?!(?:if|for|while|switch|return|else|do|try)\b)(?:(?:public|private|protected|static|override|async|readonly|get|set)\s+)*[\w#]+\s*(?:<[^>]*>)?\([^=]*\{\s*$/;
const ARROW_START = /^(\s*).*=>\s*\{\s*$/;

interface Span {
  readonly from: number;
  readonly to: number;
}

/**
 * Functions, methods and arrows from the line that opens them to the brace that
 * closes them at the same indentation. What a function holds of other functions is
 * theirs: a list of small handlers is not a long function.
 */
function longFunctions(file: string, text: string): readonly string[] {
  if (!/\.(?:ts|mjs)$/.test(file) || file.endsWith('.test.ts')) return [];
  const spans = functionSpans(text.split('\n'));
  return spans.flatMap((span) => {
    const own = span.to - span.from + 1 - nestedLines(span, spans);
    return own > FUNCTION_LINES_MAX
      ? [`${file}:${span.from + 1}: a function of ${own} lines, at most ${FUNCTION_LINES_MAX}`]
      : [];
  });
}

function functionSpans(lines: readonly string[]): readonly Span[] {
  const out: Span[] = [];
  for (let i = 0; i < lines.length; i++) {
    const match =
      FUNCTION_START.exec(lines[i]!) ?? METHOD_START.exec(lines[i]!) ?? ARROW_START.exec(lines[i]!);
    if (!match) continue;
    const close = `${match[1] ?? ''}}`;
    const to = lines.findIndex((line, at) => at > i && line.startsWith(close));
    if (to >= 0) out.push({ from: i, to });
  }
  return out;
}

/** Lines of the functions directly within a span. */
function nestedLines(span: Span, spans: readonly Span[]): number {
  let sum = 0;
  let after = span.from;
  for (const inner of spans) {
    if (inner.from <= after || inner.to >= span.to) continue;
    sum += inner.to - inner.from + 1;
    after = inner.to;
  }
  return sum;
}

/** Relative links of a Markdown page, without their fragments. */
export function markdownLinks(text: string): readonly string[] {
  const prose = text.replace(/```[\s\S]*?```/g, '').replace(/`[^`\n]*`/g, '');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map((m) => m[1]!)
    .filter((link) => !/^(?:[a-z]+:|#)/.test(link))
    .map((link) => link.replace(/#.*$/, ''));
}

const TOP_FOLDERS = [...SOURCE_FOLDERS, 'docs'];
const NAMED_FILE = new RegExp(`\`((?:${TOP_FOLDERS.join('|')})/[\\w./-]*)\``, 'g');

/** Files and folders that a Markdown page names between backticks, from the top of the project. */
export function namedFiles(text: string): readonly string[] {
  return [...text.matchAll(NAMED_FILE)].map((m) => m[1]!);
}

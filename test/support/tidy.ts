/** Checks of the sources' shape: each takes a file's name and text and returns what is wrong, one line each. */
import { withoutComments, lineAt } from './imports.js';

const FILE_LINES_MAX = 500;
const FUNCTION_LINES_MAX = 70;

/** A ban with what to use in its place. */
interface Ban {
  readonly pattern: RegExp;
  readonly instead: string;
  readonly where: (file: string) => boolean;
  /** Look at comments too. */
  readonly comments?: boolean;
}

const isSource = (file: string): boolean => /\.(?:ts|mjs|cjs|css)$/.test(file);
const isCore = (file: string): boolean => /^(?:parsers|model)\//.test(file) && file.endsWith('.ts') && !file.endsWith('.test.ts');
const isProse = (file: string): boolean => isSource(file) || /\.(?:md|json|sh)$/.test(file) || file.startsWith('.ci/');

const word = (...letters: string[]): string => letters.join('');

export const BANS: readonly Ban[] = [
  { pattern: new RegExp(`\\b(?:${word('TO', 'DO')}|${word('FIX', 'ME')}|${word('X', 'XX')})\\b`), instead: 'do it, or write an issue', where: isSource, comments: true },
  { pattern: new RegExp(`\\b(?:describe|it|suite|test)\\.${word('sk', 'ip')}\\(`), instead: 'a test that runs', where: isSource },
  { pattern: new RegExp(`\\b(?:describe|it|suite|test)\\.${word('on', 'ly')}\\(`), instead: 'all tests', where: isSource },
  { pattern: /\bcatch\s*(?:\([^)]*\))?\s*\{\s*\}/, instead: 'handle the error or let it pass', where: isSource },
  { pattern: /\bconsole\./, instead: 'return what there is to say', where: isCore },
  { pattern: /\bparseFloat\(/, instead: 'integer digits', where: isCore },
  { pattern: /\b(?:Date\.now|new Date|Math\.random|performance\.now)\b/, instead: 'a value that the shell passes in: the core has no clock and no randomness', where: isCore },
  { pattern: /@ts-(?:ignore|nocheck)/, instead: 'a type', where: isSource, comments: true },
  { pattern: /(?<![\w.])\/(?:home|root|Users)\/\w/, instead: 'a path that every machine has', where: isProse, comments: true },
  { pattern: new RegExp(`(?<![\\w.-])/(?:${word('wo', 'rk')}|${word('t', 'mp')})/`), instead: 'os.tmpdir() or a relative path', where: isProse, comments: true },
  { pattern: new RegExp(`registry\\.${word('npm', 'js')}`), instead: 'the name of the package', where: isProse, comments: true },
];

/** Files whose text is data, not ours. */
const isData = (file: string): boolean => file.startsWith('sample-traces/') || file === 'package-lock.json';

export function tidyText(file: string, text: string): readonly string[] {
  if (isData(file)) return [];
  const out: string[] = [];
  const code = isSource(file) && !file.endsWith('.css') ? withoutComments(text) : text;
  for (const ban of BANS) {
    if (!ban.where(file)) continue;
    const match = ban.pattern.exec(ban.comments ? text : code);
    if (match) out.push(`${file}:${lineAt(text, match.index)}: ${JSON.stringify(match[0])}: use ${ban.instead}`);
  }
  if (isSource(file)) {
    const lines = text.split('\n').length - 1;
    if (lines > FILE_LINES_MAX) out.push(`${file}: ${lines} lines, at most ${FILE_LINES_MAX}: one concept per file`);
    out.push(...longFunctions(file, text));
  }
  return out;
}

const FUNCTION_START = /^(\s*)(?:export\s+)?(?:default\s+)?(?:async\s+)?function\b.*\{\s*$/;
const METHOD_START = /^( {2})(?!(?:if|for|while|switch|return|else|do|try)\b)(?:(?:public|private|protected|static|override|async|readonly|get|set)\s+)*[\w#]+\s*(?:<[^>]*>)?\(.*\{\s*$/;

/** Functions and methods from the line that opens them to the brace that closes them at the same indentation. */
function longFunctions(file: string, text: string): readonly string[] {
  if (!/\.(?:ts|mjs)$/.test(file) || file.endsWith('.test.ts')) return [];
  const lines = text.split('\n');
  const out: string[] = [];
  for (let i = 0; i < lines.length; i++) {
    const match = FUNCTION_START.exec(lines[i]!) ?? METHOD_START.exec(lines[i]!);
    if (!match) continue;
    const end = lines.indexOf(`${match[1] ?? ''}}`, i + 1);
    if (end >= 0 && end - i + 1 > FUNCTION_LINES_MAX) out.push(`${file}:${i + 1}: a function of ${end - i + 1} lines, at most ${FUNCTION_LINES_MAX}`);
  }
  return out;
}

/** Relative links of a Markdown page, without their fragments. */
export function markdownLinks(text: string): readonly string[] {
  const prose = text.replace(/```[\s\S]*?```/g, '').replace(/`[^`\n]*`/g, '');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map((m) => m[1]!).filter((link) => !/^(?:[a-z]+:|#)/.test(link)).map((link) => link.replace(/#.*$/, ''));
}

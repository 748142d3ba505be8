/** Strings, templates, regular expressions and comments of a source, found without a compiler. */

export interface Piece {
  readonly kind: 'string' | 'template' | 'regexp' | 'comment';
  /** Its first character, and one past its last. */
  readonly from: number;
  readonly to: number;
}

/** What a slash after it begins is a regular expression; after anything else it divides. */
const BEFORE_REGEXP = /(?:^|[([{,;=:!&|?+\-*%<>~^]|=>|\b(?:return|typeof|case|in|of|do|else|void|throw))\s*$/;

/**
 * All pieces in the order in which they begin; what stands within a template's `${}` comes after the
 * template.
 */
export function piecesOf(source: string): readonly Piece[] {
  const out: Piece[] = [];
  scan(source, 0, out, false);
  return out.sort((a, b) => a.from - b.from);
}

/** What stands for a literal in the code before a slash. */
const LITERAL = '"';
/** Longer than any word of {@link BEFORE_REGEXP} with blanks around it. */
const TAIL_MAX = 40;

/** Scans code from `at` to the end, or within a template to the brace that ends the code. Returns where. */
function scan(source: string, at: number, out: Piece[], inTemplate: boolean): number {
  let depth = 0;
  /** The last of the code before `i`, without comments. */
  let tail = '';
  let i = at;
  while (i < source.length) {
    const c = source[i]!;
    if (inTemplate && c === '}' && depth === 0) return i;
    const kind = kindAt(source, i, tail);
    if (kind === undefined) {
      if (c === '{') depth++;
      if (c === '}') depth--;
      tail = `${tail}${c}`.slice(-TAIL_MAX);
      i++;
      continue;
    }
    const to = kind === 'template' ? templateEnd(source, i, out) : endOf(source, i, kind);
    out.push({ kind, from: i, to });
    if (kind !== 'comment') tail = LITERAL;
    i = to;
  }
  return i;
}

/** What begins at `i`; undefined for code, of which `tail` is the last before it. */
function kindAt(source: string, i: number, tail: string): Piece['kind'] | undefined {
  const c = source[i]!;
  if (c === "'" || c === '"') return 'string';
  if (c === '`') return 'template';
  if (c !== '/') return undefined;
  const next = source[i + 1];
  if (next === '/' || next === '*') return 'comment';
  return BEFORE_REGEXP.test(tail) ? 'regexp' : undefined;
}

function endOf(source: string, from: number, kind: 'string' | 'regexp' | 'comment'): number {
  if (kind === 'string') return quoteEnd(source, from, source[from]!);
  if (kind === 'regexp') return regexpEnd(source, from);
  const stop = source[from + 1] === '*' ? '*/' : '\n';
  const end = source.indexOf(stop, from + 2);
  if (end < 0) return source.length;
  return stop === '\n' ? end : end + stop.length;
}

function quoteEnd(source: string, from: number, quote: string): number {
  for (let i = from + 1; i < source.length; i++) {
    if (source[i] === '\\') i++;
    else if (source[i] === quote) return i + 1;
    else if (source[i] === '\n') return i;
  }
  return source.length;
}

function regexpEnd(source: string, from: number): number {
  let inClass = false;
  for (let i = from + 1; i < source.length && source[i] !== '\n'; i++) {
    if (source[i] === '\\') i++;
    else if (source[i] === '[') inClass = true;
    else if (source[i] === ']') inClass = false;
    else if (source[i] === '/' && !inClass) return i + 1 + /^[a-z]*/.exec(source.slice(i + 1))![0].length;
  }
  return from + 1;
}

function templateEnd(source: string, from: number, out: Piece[]): number {
  for (let i = from + 1; i < source.length; i++) {
    if (source[i] === '\\') i++;
    else if (source[i] === '`') return i + 1;
    else if (source[i] === '$' && source[i + 1] === '{') i = scan(source, i + 2, out, true);
  }
  return source.length;
}

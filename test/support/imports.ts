/**
 * The modules that a TypeScript file names, found without a compiler (TypeScript 7 offers no API): comments
 * are blanked first, then every form that can reach another module is looked for.
 */

export interface Import {
  /** The module as written; `` `…` `` for one that is computed at run time. */
  readonly specifier: string;
  readonly line: number;
}

export const COMPUTED = '`…`';

const FORMS: readonly RegExp[] = [
  // import x from 'm', import type { T } from 'm', export * from 'm', export { x } from 'm'
  /(?<!['"`])\bfrom\s*(['"])(.*?)\1/g,
  // import 'm'
  /\bimport\s*(['"])(.*?)\1/g,
  // import('m'), import('m').T, require('m'), require.resolve('m'), import x = require('m')
  /\b(?:import|require(?:\.resolve)?)\s*\(\s*(['"`])([^'"`$]*?)\1/g,
  // jest-like and worker forms that take a module: new URL('m', import.meta.url)
  /\bnew\s+URL\s*\(\s*(['"`])([^'"`$]*?)\1\s*,\s*import\.meta\.url/g,
];
const COMPUTED_FORM = /\b(?:import|require)\s*\(\s*(?!['"]|`[^`$]*`|\s)/g;
const REFERENCE = /^\s*\/\/\/\s*<reference\s+(?:path|types|lib)\s*=\s*(['"])(.*?)\1/gm;

/** Every module that the source names, in the order of the forms. */
export function importsOf(source: string): readonly Import[] {
  const code = withoutComments(source);
  const out: Import[] = [];
  for (const form of FORMS)
    for (const match of code.matchAll(form))
      out.push({ specifier: match[2]!, line: lineAt(source, match.index) });
  for (const match of code.matchAll(COMPUTED_FORM))
    out.push({ specifier: COMPUTED, line: lineAt(source, match.index) });
  for (const match of source.matchAll(REFERENCE))
    out.push({ specifier: match[2]!, line: lineAt(source, match.index) });
  return out;
}

export function lineAt(source: string, index: number): number {
  let line = 1;
  for (let i = source.indexOf('\n'); i >= 0 && i < index; i = source.indexOf('\n', i + 1)) line++;
  return line;
}

/**
 * The source with comments blanked, every other character in its
 * place. Strings keep what looks like a comment.
 */
export function withoutComments(source: string): string {
  let out = '';
  let i = 0;
  while (i < source.length) {
    const c = source[i]!;
    const two = source.slice(i, i + 2);
    let end = i + 1;
    if (two === '//') end = until(source, i, '\n');
    else if (two === '/*')
      end = Math.min(
        source.length,
        source.indexOf('*/', i + 2) < 0 ? source.length : source.indexOf('*/', i + 2) + 2,
      );
    else if (c === "'" || c === '"' || c === '`') {
      end = stringEnd(source, i, c);
      out += source.slice(i, end);
      i = end;
      continue;
    }
    const piece = source.slice(i, end);
    out += end - i > 1 ? piece.replace(/[^\n]/g, ' ') : piece;
    i = end;
  }
  return out;
}

function until(source: string, from: number, stop: string): number {
  const at = source.indexOf(stop, from);
  return at < 0 ? source.length : at;
}

/**
 * One past the closing quote. A quote that stands in a regular expression ends with its line at the latest.
 */
function stringEnd(source: string, from: number, quote: string): number {
  for (let i = from + 1; i < source.length; i++) {
    if (source[i] === '\\') i++;
    else if (source[i] === quote) return i + 1;
    else if (source[i] === '\n' && quote !== '`') return i;
  }
  return source.length;
}

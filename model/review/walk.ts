/**
 * The functions of a hunk without the file that it is of: its lines are walked from the heading on, which is
 * the function above the hunk, and may be another than that which the changed lines are in.
 */
import type { Hunk } from '../../parsers/patch/patch.js';
import { scanC } from './scanC.js';

/** For each line of the hunk its function; undefined outside of any, or where it is not known. */
export function functionsByWalk(hunk: Hunk): readonly (string | undefined)[] {
  const out: (string | undefined)[] = hunk.lines.map(() => undefined);
  if (hunk.fault === 'wrapped') return out.fill(nameOfHead(hunk.heading));
  for (const other of ['+', '-'] as const) {
    const indexes = hunk.lines.flatMap((line, i) => (line.kind === other ? [] : [i]));
    const owners = walk(
      indexes.map((i) => hunk.lines[i]!.text),
      nameOfHead(hunk.heading),
    );
    // The post-image is walked last: what both have is where it is after the patch.
    indexes.forEach((i, k) => {
      out[i] = owners[k];
    });
  }
  return out;
}

/** The function that a head at file level names, with or without its end. */
function nameOfHead(head: string): string | undefined {
  if (!/[A-Za-z_]\w*\s*\(/.test(head)) return undefined;
  return scanC(`${head}\n{\n}\n`).functions[0]?.name;
}

const DATA = '';

/** Lines of one image of a hunk, each with its function. */
function walk(texts: readonly string[], heading: string | undefined): readonly (string | undefined)[] {
  const owners: (string | undefined)[] = texts.map(() => undefined);
  /** What the line is in; DATA for a struct or a table, undefined at file level. */
  let current = startsWithin(texts) ? (heading ?? DATA) : undefined;
  let isOfHeading = current !== undefined;
  /** Where the head of a function may have begun. */
  let head = -1;
  const close = (until: number): void => {
    const name = nameOfHead(
      texts
        .slice(head, until)
        .join('\n')
        .replace(/\{\s*$/, ''),
    );
    current = name ?? DATA;
    isOfHeading = false;
    for (let k = head; k < until; k++) owners[k] = name;
    head = -1;
  };
  texts.forEach((text, i) => {
    if (current !== undefined) {
      if (isOfHeading && isFileLevel(text)) {
        // What looked like the inside of the heading's function was none: nobody knows what it was.
        owners.fill(undefined, 0, i);
        current = undefined;
      } else {
        owners[i] = current === DATA ? undefined : current;
        if (text.startsWith('}')) current = undefined;
        return;
      }
    }
    if (isNothing(text)) {
      if (text.trim() === '') head = -1;
      return;
    }
    if (text.startsWith('{')) {
      if (head < 0) head = i;
      close(i);
      owners[i] = current === DATA ? undefined : current;
      return;
    }
    if (head < 0 && /^[A-Za-z_]/.test(text)) head = i;
    if (/[;}]\s*$/.test(text)) head = -1;
    else if (/\{\s*$/.test(text) && head >= 0) close(i + 1);
  });
  // A head without its body: all of what the hunk shows of a function.
  if (head >= 0 && current === undefined) close(texts.length);
  return owners;
}

/** Whether a hunk begins within a function or a table: its first telling line is indented, or ends one. */
function startsWithin(texts: readonly string[]): boolean {
  const first = texts.find((text) => !isNothing(text));
  return first !== undefined && !isFileLevel(first);
}

/** Blank lines, directives and comments are anywhere. */
function isNothing(text: string): boolean {
  return text.trim() === '' || /^(?:#|\/\*|\/\/|\s+\*(?:\s|\/|$))/.test(text);
}

/** A word at the start of a line that is no label. */
function isFileLevel(text: string): boolean {
  return /^[A-Za-z_]/.test(text) && !/^\w+:(?!:)/.test(text);
}

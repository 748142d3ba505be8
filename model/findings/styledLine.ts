/** Lines of a report for people: which parts stand out, and how a long line goes on below itself. */
import { visibleLine } from '../../parsers/base/visible.js';

/** What a part of a line is, for whoever gives it a colour. */
export type Style = 'place' | 'error' | 'warning' | 'good' | 'strong' | 'faint';

export interface Styled {
  readonly style: Style;
  readonly text: string;
}

/** A line in its parts, in their order. */
export type StyledLine = readonly (string | Styled)[];

/** What the reader's side can show. */
export interface Look {
  /** Columns to stay within; undefined where lines may have any length. */
  readonly columns?: number;
  /** Gives a text its colour; undefined where there are none. */
  readonly paint?: (style: Style, text: string) => string;
}

/** Narrower than this, words are not kept together: a wrapped line would be a column of single words. */
const LEAST_COLUMNS = 40;

/**
 * The line as text, without a newline at its end: everything unseen in it made visible first, so that the
 * only escapes are those of `paint`. What goes on below starts `hang` columns further right.
 */
export function styledText(line: StyledLine, { columns, paint }: Look, hang = 0): string {
  const parts = line.map((part) => {
    const { style, text } = typeof part === 'string' ? { style: undefined, text: part } : part;
    return { style, text: visibleLine(text) };
  });
  const painted = (style: Style | undefined, text: string): string =>
    style === undefined || text === '' || paint === undefined ? text : paint(style, text);
  if (columns === undefined || columns < LEAST_COLUMNS)
    return parts.map(({ style, text }) => painted(style, text)).join('');
  const indent = ' '.repeat(hang);
  let column = 0;
  let isAfterBlank = false;
  let out = '';
  for (const { style, text } of parts) {
    let pending = '';
    // Words with the blanks before them: a break takes the place of these blanks.
    for (const word of text.match(/\s*\S+|\s+$/gu) ?? []) {
      const canBreak = column > hang && (isAfterBlank || /^\s/u.test(word));
      const isFull = canBreak && column + word.length > columns;
      const shown = isFull ? word.trimStart() : word;
      if (isFull) {
        out += `${painted(style, pending)}\n${indent}`;
        pending = '';
      }
      column = (isFull ? hang : column) + shown.length;
      isAfterBlank = /\s$/u.test(word);
      pending += shown;
    }
    out += painted(style, pending);
  }
  return out;
}

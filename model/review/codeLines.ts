/** Lines of a file after a patch at which debug information can put a probe. */
import type { Series } from '../../parsers/patch/patch.js';
import type { SeriesImages } from './images.js';
import type { TouchedFunction, TouchedSeries } from './touched.js';

export interface CodeLinesInput {
  readonly series: Series;
  readonly images: SeriesImages | undefined;
  readonly touched: TouchedSeries;
}

/**
 * For each hunk that changes the function, the first line of code that it adds to it, or else that follows;
 * 1-based in the file after the patch, as far as the hunks' heads or the tree tell. What is gone has none.
 */
export function codeLinesOf(
  { series, images, touched }: CodeLinesInput,
  f: TouchedFunction,
): readonly number[] {
  if (f.touch === 'removed' || f.touch === 'related') return [];
  const found = f.hunks.flatMap(({ patch, file, hunk }) => {
    const { lines, newStart } = series.patches[patch]!.files[file]!.hunks[hunk]!;
    const owners = touched.owners[patch]![file]![hunk]!;
    const first = images?.files[patch]?.[file]?.places[hunk]?.[1];
    let line = first === undefined ? newStart : first + 1;
    let isBehindChange = false;
    let follows = 0;
    for (const [i, { kind, text }] of lines.entries()) {
      const isOwn = owners[i] === f.name;
      if (kind !== ' ' && isOwn) isBehindChange = true;
      if (isOwn && isBehindChange && kind !== '-' && isCode(text)) {
        if (kind === '+') return [line];
        if (follows === 0) follows = line;
      }
      if (kind !== '-') line++;
    }
    return follows > 0 ? [follows] : [];
  });
  return [...new Set(found)];
}

/** An indented line that does something: no brace, label, comment, directive or bare declaration. */
function isCode(text: string): boolean {
  if (!/^\s+\S/.test(text) || /^\s*(?:[{}#*]|\/[/*]|\w+:\s*$|case\b|default\s*:|else\s*\{?$)/.test(text))
    return false;
  return /[=(]|\b(?:return|goto|break|continue)\b|\+\+|--/.test(text);
}

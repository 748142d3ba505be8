/** Lines of a text on their way from a paste to a trace, each with the line of the file that it began on. */
export interface PlacedLines {
  readonly texts: string[];
  /** 1-based line of the file, for each text; never less than the one before. */
  readonly lines: number[];
}

/** So many times as many CR as LF are ends of lines themselves. */
const CR_ENDS_LINES = 10;

/** Cuts a text at its line ends: LF, CR LF, or CR where there is hardly a LF. */
export function splitLines(text: string): PlacedLines {
  const texts = text.split(endsWithCr(text) ? /\r\n?|\n/ : '\n');
  if (texts[texts.length - 1] === '') texts.pop();
  return {
    texts: texts.map((line) => (line.endsWith('\r') ? line.replace(/\r+$/, '') : line)),
    lines: texts.map((_, i) => i + 1),
  };
}

function endsWithCr(text: string): boolean {
  const feeds = countOf(text, '\n');
  return countOf(text, '\r') > CR_ENDS_LINES * feeds;
}

function countOf(text: string, character: string): number {
  let count = 0;
  for (let at = text.indexOf(character); at >= 0; at = text.indexOf(character, at + 1)) count++;
  return count;
}

/** The same lines with other texts; a text that is undefined takes its line away. */
export function mapLines(
  from: PlacedLines,
  to: (text: string, index: number) => string | undefined,
): PlacedLines {
  const texts: string[] = [];
  const lines: number[] = [];
  from.texts.forEach((text, i) => {
    const changed = to(text, i);
    if (changed === undefined) return;
    texts.push(changed);
    lines.push(from.lines[i]!);
  });
  return { texts, lines };
}

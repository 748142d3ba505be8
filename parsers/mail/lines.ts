/** Lines of a text on their way from a paste to a trace, each with the line of the file that it began on. */
export interface PlacedLines {
  readonly texts: string[];
  /** 1-based line of the file, for each text; never less than the one before. */
  readonly lines: number[];
}

/** Cuts a text at its line ends: LF, CR LF, or CR where there is no LF at all. */
export function splitLines(text: string): PlacedLines {
  const texts = text.includes('\n') ? text.split('\n') : text.split('\r');
  if (texts[texts.length - 1] === '') texts.pop();
  return {
    texts: texts.map((line) => (line.endsWith('\r') ? line.replace(/\r+$/, '') : line)),
    lines: texts.map((_, i) => i + 1),
  };
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

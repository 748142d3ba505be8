/**
 * Changes to the text of a trace, in words: what a sample is made into to see a case that no sample has.
 * Lines are those of the sample, also where lines before them were taken out or put in.
 */
import {
  aboutPagesBeside,
  apart,
  LESS,
  linesOf,
  ofEitherVm,
  onLocalClock,
  twice,
  withGapBefore,
  withLost,
  type Change,
  type Line,
} from './lessEvidence.js';

/** `line 12 lost`; what may follow `line 12` is in ON_LINES. */
const ON_LINE = /^line (\d+)(?: (.*)|: (.*) => (.*))$/;

const WHOLE: Readonly<Record<string, Change>> = {
  ...LESS,
  'on a local clock': onLocalClock,
  'each thread on its own CPU': apart,
  'another process does the same': twice,
  'a second VM in the process': ofEitherVm,
};

const ON_LINES: Readonly<Record<string, (lines: readonly Line[], index: number) => readonly Line[]>> = {
  lost: (lines, i) => withLost(lines, i) ?? without(lines, i),
  'after a loss': withGapBefore,
  'not there': without,
  twice: (lines, i) => [...lines.slice(0, i + 1), { ...lines[i]!, number: 0 }, ...lines.slice(i + 1)],
  'before the one above': exchanged,
};

/** The text of a trace with changes made to it, one after the other; one that does not apply throws. */
export function edited(text: string, edits: readonly string[]): string {
  let lines = linesOf(text);
  for (const edit of edits) lines = changed(lines, edit);
  return lines.map((line) => line.text).join('\n');
}

function changed(lines: readonly Line[], edit: string): readonly Line[] {
  const whole = WHOLE[edit];
  if (whole) return whole(lines);
  if (edit.startsWith('without ')) {
    const name = edit.slice('without '.length);
    return lines.map((line) => (line.name === name ? blank(line) : line));
  }
  const [, number, what, from, to] = ON_LINE.exec(edit) ?? [];
  const index = lines.findIndex((line) => line.number === Number(number));
  if (index < 0) throw new Error(`no such line: ${edit}`);
  if (from !== undefined) return replaced(lines, index, from, to!);
  const argument = /^without (.+)$/.exec(what!)?.[1];
  if (argument) return replaced(lines, index, ` ${argument}`, '');
  const beside = /^about pages (-?\d+) beside$/.exec(what!);
  if (beside) return aboutPagesBeside(lines, index, Number(beside[1]));
  const onLine = ON_LINES[what!];
  if (!onLine) throw new Error(`no such change: ${edit}`);
  return onLine(lines, index);
}

const blank = (line: Line): Line => ({ ...line, text: '#', name: '', cpu: -1 });

function without(lines: readonly Line[], index: number): readonly Line[] {
  return lines.map((line, i) => (i === index ? blank(line) : line));
}

/** The event says something else. */
function replaced(lines: readonly Line[], index: number, from: string, to: string): readonly Line[] {
  const line = lines[index]!;
  if (!line.text.includes(from)) throw new Error(`line ${line.number} has no ${from}`);
  return lines.map((one, i) => (i === index ? { ...line, text: line.text.replace(from, () => to) } : one));
}

const TIME = / \d+\.\d+: /;

/** Two events change places; the times stay where they are. */
function exchanged(lines: readonly Line[], index: number): readonly Line[] {
  const above = lines[index - 1];
  const line = lines[index]!;
  if (!above || above.name === '' || line.name === '')
    throw new Error(`line ${line.number} has no event above`);
  const at = (text: string, like: string): string => text.replace(TIME, () => TIME.exec(like)![0]);
  const first = { ...line, text: at(line.text, above.text) };
  const second = { ...above, text: at(above.text, line.text) };
  return [...lines.slice(0, index - 1), first, second, ...lines.slice(index + 1)];
}

/**
 * What a text looks like where bytes were taken out and nothing says so. Between two whole lines there is
 * nothing to see; nor is there where the beginning of one line and the end of another make a line like any
 * other of the text.
 */
import type { Recording } from './cuts.js';

/** Nothing shows: all lines that are left are lines of the recording. */
export const SEAM_BETWEEN_LINES = 'between whole lines';
/** The line at the seam is written like some line of the recording, numbers aside. */
export const SEAM_REGULAR = 'a line like any other';
/** The line at the seam is like none. */
export const SEAM_TORN = 'torn';

export type Seam = typeof SEAM_BETWEEN_LINES | typeof SEAM_REGULAR | typeof SEAM_TORN;

const NEWLINE = 0x0a;
/** What stands before an event, as far as it has a width of its own: all up to the time's last digit. */
const HEAD = /^.*?\d: /;
const NUMBER = /(?:0x)?[0-9a-f]*\d[0-9a-f]*|\b[a-f]+\b/g;
const FRACTION = /\.(\d{6,9}): /;

/** How a line is written: where its event begins, the digits behind the second, its text without numbers. */
function shapeOf(line: string): string {
  const head = HEAD.exec(line)?.[0] ?? '';
  const decimals = FRACTION.exec(head)?.[1]?.length ?? 0;
  return `${head.length} ${decimals} ${line.slice(head.length).replace(NUMBER, 'N')}`;
}

/** Tells the seams of one recording. */
export class Seams {
  private readonly shapes: ReadonlySet<string>;
  private readonly starts: ReadonlySet<number>;

  constructor(private readonly of: Recording) {
    const text = Buffer.from(of.bytes).toString('latin1');
    this.shapes = new Set(text.split('\n').map(shapeOf));
    this.starts = new Set([...of.lineStarts, of.bytes.length]);
  }

  /** What is to be seen where the bytes [from, until) were taken out. */
  at(from: number, until: number): Seam {
    if (this.starts.has(from) && this.starts.has(until)) return SEAM_BETWEEN_LINES;
    const line = this.lineAt(from, until);
    // Also where one newline was taken for another.
    if (this.isLine(from, until, line)) return SEAM_BETWEEN_LINES;
    return this.shapes.has(shapeOf(line)) ? SEAM_REGULAR : SEAM_TORN;
  }

  private lineAt(from: number, until: number): string {
    const { bytes } = this.of;
    const start = bytes.lastIndexOf(NEWLINE, from - 1) + 1;
    const newline = bytes.indexOf(NEWLINE, until);
    const end = newline < 0 ? bytes.length : newline;
    const latin1 = (a: number, b: number): string => Buffer.from(bytes.subarray(a, b)).toString('latin1');
    return latin1(start, from) + latin1(until, end);
  }

  /** True when the line at the seam is the line that began there, or the one that ended there, as it was. */
  private isLine(from: number, until: number, line: string): boolean {
    const { bytes } = this.of;
    const start = bytes.lastIndexOf(NEWLINE, from - 1) + 1;
    const whole = Buffer.from(bytes.subarray(start, bytes.indexOf(NEWLINE, start))).toString('latin1');
    const lastStart = bytes.lastIndexOf(NEWLINE, until - 1) + 1;
    const newline = bytes.indexOf(NEWLINE, lastStart);
    const last = Buffer.from(bytes.subarray(lastStart, newline < 0 ? bytes.length : newline)).toString(
      'latin1',
    );
    return line === whole || line === last;
  }
}

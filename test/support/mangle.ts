/** What mail clients, notes, loggers and editors do to a text trace, one step each, and chains of steps. */
import type { Arbitrary } from 'fast-check';
import fc from 'fast-check';

/** A step: lines in, lines out; the last step may give other bytes than those of the lines. */
export interface Step {
  readonly name: string;
  readonly lines: (lines: readonly string[]) => string[];
}

/** Breaks lines at blanks, as mail clients do: the blank goes, and what follows may be indented. */
export function wrapAtBlanks(column: number, indent = 0, keepBlank = false): Step {
  return {
    name: `wrap ${column}${indent ? ` indent ${indent}` : ''}${keepBlank ? ' flowed' : ''}`,
    lines: (lines) =>
      lines.flatMap((line) => {
        const out: string[] = [];
        let rest = line;
        while (rest.length > column) {
          const lead = /^ */.exec(rest)![0].length;
          let at = rest.lastIndexOf(' ', column);
          if (at <= lead) at = rest.indexOf(' ', Math.max(column, lead));
          if (at < 0) break;
          out.push(keepBlank ? rest.slice(0, at + 1) : rest.slice(0, at).trimEnd());
          rest = ' '.repeat(indent) + rest.slice(at + 1).trimStart();
        }
        out.push(rest);
        return out;
      }),
  };
}

/** Cuts lines at a column, within words, as a terminal or `fold` does. */
export function cutAtColumn(column: number, trim = false): Step {
  return {
    name: `fold ${column}${trim ? ' trimmed' : ''}`,
    lines: (lines) =>
      lines.flatMap((line) => {
        const out: string[] = [];
        for (let at = 0; at === 0 || at < line.length; at += column) out.push(line.slice(at, at + column));
        return trim ? out.map((piece) => piece.trimEnd()) : out;
      }),
  };
}

export const quote = (mark: string): Step => ({
  name: `quote ${JSON.stringify(mark)}`,
  lines: (lines) => lines.map((line) => `${mark}${line}`),
});

/** Quotation whose depth changes within the text. */
export const quoteUnevenly: Step = {
  name: 'quote unevenly',
  lines: (lines) => lines.map((line, i) => `${['> ', '>> ', '> > '][Math.floor(i / 7) % 3]}${line}`),
};
export const grepNumbers: Step = {
  name: 'grep -n',
  lines: (lines) => lines.map((line, i) => `${i + 1}:${line}`),
};
export const catNumbers: Step = {
  name: 'cat -n',
  lines: (lines) => lines.map((line, i) => `${String(i + 1).padStart(6)}\t${line}`),
};
export const grepNames: Step = {
  name: 'grep -Hn',
  lines: (lines) => lines.map((line, i) => `logs/trace.txt:${i + 1}:${line}`),
};
export const daemon: Step = {
  name: 'log daemon',
  lines: (lines) => lines.map((line) => `Nov 22 10:00:07 host-1 tracer[812]: ${line}`),
};
export const dated: Step = {
  name: 'date',
  lines: (lines) => lines.map((line) => `2026-11-22 10:00:07.123456 ${line}`),
};
export const printk: Step = {
  name: 'printk',
  lines: (lines) => lines.map((line) => `[   12.345678] ${line}`),
};
export const diffMarks: Step = { name: 'diff', lines: (lines) => lines.map((line) => `+${line}`) };
export const fenced: Step = { name: 'fence', lines: (lines) => ['Seen:', '', '```', ...lines, '```'] };
export const listed: Step = { name: 'list', lines: (lines) => lines.map((line) => `- ${line}`) };
export const tabled: Step = {
  name: 'table',
  lines: (lines) => ['| line |', '|---|', ...lines.map((line) => `| ${line.replace(/\|/g, '\\|')} |`)],
};
export const coloured: Step = {
  name: 'colours',
  lines: (lines) => lines.map((line) => line.replace(/(\w+:) /, '\x1b[1;31m$1\x1b[0m ')),
};
export const carriage: Step = { name: 'CR', lines: (lines) => lines.map((line) => `${line}\r`) };
export const oddBlanks: Step = {
  name: 'nbsp',
  lines: (lines) => lines.map((line) => line.replace(/ /g, '\u00a0')),
};
const escapeHtml = (line: string): string =>
  line.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
export const html: Step = {
  name: 'html',
  lines: (lines) => ['<html><body><pre>', ...lines.map(escapeHtml), '</pre></body></html>'],
};
export const htmlBreaks: Step = {
  name: '<br>',
  lines: (lines) => lines.map((line) => `${escapeHtml(line).replace(/ /g, '&nbsp;')}<br>`),
};

const HEADER = [
  'From: A. Tester <a@example.org>',
  'To: list@example.org',
  'Subject: a trace',
  'MIME-Version: 1.0',
];

export const mailed: Step = { name: 'mail', lines: (lines) => [...HEADER, '', 'Hello,', '', ...lines] };
export const quotedPrintable: Step = {
  name: 'quoted-printable',
  lines: (lines) => [
    ...HEADER,
    'Content-Type: text/plain; charset="utf-8"',
    'Content-Transfer-Encoding: quoted-printable',
    '',
    ...lines.flatMap(encodeQuotedPrintable),
  ],
};
function encodeQuotedPrintable(line: string): string[] {
  const bytes = new TextEncoder().encode(line);
  const out: string[] = [];
  let now = '';
  bytes.forEach((byte, i) => {
    const plain = (byte > 0x20 && byte < 0x7f && byte !== 0x3d) || (byte === 0x20 && i + 1 < bytes.length);
    const piece = plain ? String.fromCharCode(byte) : `=${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    if (now.length + piece.length > 75) {
      out.push(`${now}=`);
      now = '';
    }
    now += piece;
  });
  out.push(now);
  return out;
}
export const base64: Step = {
  name: 'base64',
  lines: (lines) => [
    ...HEADER,
    'Content-Type: multipart/mixed; boundary="=-=edge"',
    '',
    '--=-=edge',
    'Content-Type: text/plain',
    '',
    'The trace is attached.',
    '--=-=edge',
    'Content-Type: application/octet-stream; name="trace.txt"',
    'Content-Disposition: attachment; filename="trace.txt"',
    'Content-Transfer-Encoding: base64',
    '',
    ...(Buffer.from(`${lines.join('\n')}\n`)
      .toString('base64')
      .match(/.{1,76}/g) ?? []),
    '--=-=edge--',
  ],
};

export function mangle(text: string, steps: readonly Step[]): string {
  const lines = text.replace(/\n$/, '').split('\n');
  return `${steps.reduce<readonly string[]>((now, step) => step.lines(now), lines).join('\n')}\n`;
}

const inFront: Arbitrary<readonly Step[]> = fc.constantFrom(
  [],
  [],
  [grepNumbers],
  [catNumbers],
  [grepNames],
  [daemon],
  [dated],
  [printk],
  [diffMarks],
  [listed],
);
/** Breaks lines at a column of `from` to 100. */
function broken(from: number): Arbitrary<readonly Step[]> {
  const column = fc.integer({ min: from, max: 100 });
  return fc.oneof(
    fc.constant([]),
    fc
      .tuple(column, fc.constantFrom(0, 1, 4), fc.boolean())
      .map(([at, indent, flowed]) => [wrapAtBlanks(at, flowed ? 0 : indent, flowed)]),
    fc.tuple(column, fc.boolean()).map(([at, trim]) => [cutAtColumn(at, trim)]),
  );
}
const around: Arbitrary<readonly Step[]> = fc.constantFrom(
  [],
  [quote('> ')],
  [quote('>')],
  [quote('>> ')],
  [quoteUnevenly],
  [quote('    ')],
  [fenced],
  [tabled],
  [html],
  [htmlBreaks],
);
const outside: Arbitrary<readonly Step[]> = fc.constantFrom(
  [],
  [],
  [coloured],
  [carriage],
  [oddBlanks],
  [mailed],
  [quotedPrintable],
  [base64],
);

/** Columns that the widest mark leaves to the task, which is not looked for in pieces. */
const MARKED_COLUMN_MIN = 84;

/** Chains of steps in the order in which they happen to a text. */
export const mangling: Arbitrary<readonly Step[]> = inFront
  .chain((marks) =>
    fc.tuple(fc.constant(marks), broken(marks.length > 0 ? MARKED_COLUMN_MIN : 60), around, outside),
  )
  .map((groups) => groups.flat())
  .filter((steps) => steps.length > 0);

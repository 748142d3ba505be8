/**
 * The text of a `.shimsql`: SQL that any tool runs, with marks between its cells. `-- trace: run.txt` in its
 * first line names the trace, `-- from:`, `-- to:` and `-- gfn:` below it the events that are asked about;
 * `-- %%` begins a cell of SQL, `-- %% markdown` one of text, whose lines are comments.
 */
import { PART_NAMES, type AskedPart } from '../../model/tables/part.js';

export interface NotebookCell {
  readonly kind: 'sql' | 'markdown';
  readonly text: string;
}

export interface NotebookText {
  /** The trace that is asked, relative to the notebook; '' where none is named. */
  readonly trace: string;
  readonly part: AskedPart;
  readonly cells: readonly NotebookCell[];
}

const TRACE = /^-- trace: (.*)$/;
const PART = new RegExp(`^-- (${PART_NAMES.join('|')}): (.*)$`);
const MARK = /^-- %%( markdown)?\s*$/;
/** A line of a cell that looks like a mark has a sign more. */
const LOOKS_LIKE_MARK = /^-- %%/;
const ESCAPED_MARK = /^-- %%%/;
const COMMENT = /^--(?: |$)/;

export function parseNotebook(text: string): NotebookText {
  const lines = text.replace(/\r\n/g, '\n').split('\n');
  if (lines[lines.length - 1] === '') lines.pop();
  const trace = TRACE.exec(lines[0] ?? '')?.[1];
  if (trace !== undefined) lines.shift();
  const part: Partial<Record<keyof AskedPart, string>> = {};
  for (let said = PART.exec(lines[0] ?? ''); said; said = PART.exec(lines[0] ?? '')) {
    part[said[1] as keyof AskedPart] = said[2]!.trim();
    lines.shift();
  }
  const cells: { kind: NotebookCell['kind']; lines: string[] }[] = [];
  for (const line of lines) {
    const mark = MARK.exec(line);
    if (mark) cells.push({ kind: mark[1] === undefined ? 'sql' : 'markdown', lines: [] });
    // What stands before the first mark is a cell, but for the blank line behind the trace.
    else if (cells.length > 0) cells[cells.length - 1]!.lines.push(line);
    else if (line.trim() !== '') cells.push({ kind: 'sql', lines: [line] });
  }
  return {
    trace: trace ?? '',
    part,
    cells: cells.map(({ kind, lines: own }) => ({ kind, text: textOf(kind, own) })),
  };
}

/** The lines of a cell up to the blank one before the next mark. */
function textOf(kind: NotebookCell['kind'], lines: readonly string[]): string {
  const end = lines[lines.length - 1] === '' ? lines.length - 1 : lines.length;
  return lines
    .slice(0, end)
    .map((line) => (kind === 'markdown' ? line.replace(COMMENT, '') : line.replace(ESCAPED_MARK, '-- %%')))
    .join('\n');
}

export function notebookText({ trace, part, cells }: NotebookText): string {
  const said = PART_NAMES.map((name) => [name, part[name] ?? ''] as const);
  const head = [['trace', trace] as const, ...said]
    .filter(([, text]) => text !== '')
    .map(([name, text]) => `-- ${name}: ${text.replace(/[\r\n]/g, ' ')}\n`);
  return (head.length === 0 ? '' : `${head.join('')}\n`) + cells.map(cellText).join('\n');
}

function cellText({ kind, text }: NotebookCell): string {
  const lines = text.replace(/\r\n/g, '\n').split('\n');
  if (kind === 'sql')
    return `-- %%\n${lines.map((line) => line.replace(LOOKS_LIKE_MARK, '-- %%%')).join('\n')}\n`;
  return `-- %% markdown\n${lines.map((line) => (line === '' ? '--' : `-- ${line}`)).join('\n')}\n`;
}

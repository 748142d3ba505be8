/** `shimtrace timeline`: the life of pages as intervals, or the state of pages at a place in the trace. */
import path from 'node:path';
import type { EventTable } from '../../parsers/events/table.js';
import type { Analysis } from '../../model/analysis.js';
import { intervalsOf, type PageId, type PageInterval } from '../../model/pages/intervals.js';
import { eachPiece, intervalAtRow, type RangePiece } from '../../model/pages/query.js';
import { describeDimension, describeState, hex, isUnknown } from '../../model/pages/state.js';
import { visibleLine } from '../../parsers/base/visible.js';
import { placeOf, timeText } from '../../model/findings/report.js';
import { loadKept } from '../keptWhole.js';
import { formatOption } from '../args.js';
import type { Command } from '../command.js';
import { EXIT, InputError, UsageError } from '../errors.js';
import { rowAtPlace, RUN_OPTIONS, type LoadedRun } from '../bundle.js';
import { loadOptions, LOAD_OPTIONS, type LoadedTrace } from '../load.js';
import type { Output } from '../output.js';
import { SELECT_OPTIONS, selectPages } from '../select.js';

const FORMATS = ['table', 'json', 'csv'] as const;
type Format = (typeof FORMATS)[number];

export const timeline: Command = {
  name: 'timeline',
  summary: 'print the life of pages as intervals, or their state at one place',
  usage: 'FILE... [--gfn RANGE] [--inode INODE[:RANGE]] [--vm VM] [--at LINE|TIME]',
  options: {
    ...SELECT_OPTIONS,
    at: {
      type: 'string',
      value: 'LINE|TIME',
      help:
        'the state after the event on this line (of several files: FILE:LINE), ' +
        'or (with a decimal point) after the last event up to this time',
    },
    format: formatOption(FORMATS),
    ...LOAD_OPTIONS,
    ...RUN_OPTIONS,
  },
  details: [
    'Without --gfn, --inode or --vm every page that the trace says something about is printed. ' +
      'Pages whose life is the',
    'same are one range. A page of a guest_memfd is shown under its guest frame while a memslot binds the two.',
  ].join('\n'),
  run(args, output) {
    const format = args.choice('format', FORMATS, 'table');
    const trace = loadKept(args, args.positionals, timeline.usage, loadOptions(args), output);
    const at = args.text('at');
    const row = at === undefined ? undefined : rowOfPlace(trace, at);
    const printer = new Printer(trace, format, output);
    for (const { id, count } of selectPages(trace.analysis, args)) {
      const pieces = eachPiece(trace.analysis, id, count);
      for (const piece of mergeAlike(trace.analysis, id, pieces))
        printer.piece({ ...id, page: piece.first }, piece.count, row);
    }
    printer.end();
    return EXIT.clean;
  },
};

/** Row of `--at`, in a trace of one file or of several. */
function rowOfPlace(trace: LoadedTrace & LoadedRun, at: string): number {
  const isTime = /^\d+\./.test(at);
  return trace.bundle && !isTime ? rowInFile(trace, at) : rowOf(trace.table, at);
}

/** Row of `--at FILE:LINE`, or the last before it. */
function rowInFile(trace: LoadedRun, at: string): number {
  const row = rowAtPlace(trace, at);
  if (row === undefined)
    throw new UsageError(`--at takes FILE:LINE, or a time in seconds such as 62.263697; not '${at}'`);
  return Math.min(row, trace.open.table.length - 1);
}

const NS_PER_SECOND = 1_000_000_000n;
/** Digits of a second's fraction. */
const NS_DIGITS = 9;

/**
 * Row of `--at`: of a line's event (or the last before it), or with a decimal point of the last up to a time.
 */
export function rowOf(table: EventTable, at: string): number {
  if (/^\d+$/.test(at)) {
    const line = Number(at);
    const isText = table.hasLines;
    const row = isText ? table.rowAtLine(line) : line - 1;
    if (row < table.length && row >= 0) return isText && table.line(row) > line ? row - 1 : row;
    if (isText && table.length > 0) return table.length - 1;
    throw new InputError(`--at ${at}: the trace has ${table.length} events`);
  }
  const match = /^(\d+)\.(\d{1,9})s?$/.exec(at);
  if (!match)
    throw new UsageError(
      `--at takes a line such as 1234, or a time in seconds such as 62.263697; not '${at}'`,
    );
  if (table.meta.timeUnit !== 'ns')
    throw new InputError(
      `--at ${at}: the times of this trace are not in seconds (${table.meta.timeUnit}); give a line`,
    );
  const wanted = BigInt(match[1]!) * NS_PER_SECOND + BigInt(match[2]!.padEnd(NS_DIGITS, '0'));
  // As the rows have their times: since the trace's first.
  const sinceStart = Number(wanted - table.meta.t0);
  let row = table.length - 1;
  while (row >= 0 && table.ts(row) > sinceStart) row--;
  return row;
}

/**
 * Joins neighbours of one history: operations that came page by page leave cuts that no longer mean anything.
 */
function* mergeAlike(analysis: Analysis, id: PageId, pieces: Iterable<RangePiece>): Generator<RangePiece> {
  const lifeOf = (piece: RangePiece): string => lifeText(analysis, { ...id, page: piece.first });
  let held: RangePiece | undefined;
  let life: string | undefined;
  for (const piece of pieces) {
    if (!held) {
      held = piece;
      continue;
    }
    life ??= lifeOf(held);
    const next = lifeOf(piece);
    if (next === life) {
      held = { first: held.first, count: held.count + piece.count };
      continue;
    }
    yield held;
    held = piece;
    life = next;
  }
  if (held) yield held;
}

/** The same text for pages of which the same is known at all times. */
function lifeText(analysis: Analysis, page: PageId): string {
  let text = '';
  for (const { fromRow, state } of intervalsOf(analysis, page))
    text += `${fromRow} ${describeState(state)}\n`;
  return text;
}

const CSV_COLUMNS = [
  'unit',
  'vm',
  'inode',
  'first',
  'count',
  'fromLine',
  'fromTime',
  'untilLine',
  'untilTime',
  'attribute',
  'conversion',
  'mappings',
  'sptes',
  'references',
  'pfn',
  'poison',
  'event',
] as const;
const FLUSH_CHARS = 1 << 16;

/** Prints pieces as they come: a whole trace of single pages is more than memory should hold as text. */
class Printer {
  private buffer = '';
  private intervals = 0;

  constructor(
    private readonly trace: LoadedTrace & LoadedRun,
    private readonly format: Format,
    private readonly output: Output,
  ) {
    if (format === 'csv') this.put(`${CSV_COLUMNS.join(',')}\n`);
    if (format === 'json') this.put(jsonHead(trace));
  }

  /** All intervals of a piece that say anything, or the one that holds `row`. */
  piece(page: PageId, count: number, row: number | undefined): void {
    const { analysis } = this.trace;
    const shown = row === undefined ? intervalsOf(analysis, page) : [intervalAtRow(analysis, page, row)];
    let unknown: PageInterval[] = [];
    let isTitled = false;
    for (const interval of shown) {
      // A page of which nothing is ever known is only worth a line when somebody asks for its state.
      if (!isTitled && row === undefined && isUnknown(interval.state)) {
        unknown.push(interval);
        continue;
      }
      if (!isTitled && this.format === 'table')
        this.put(`${this.intervals > 0 ? '\n' : ''}${this.title(page, count)}\n`);
      isTitled = true;
      for (const before of unknown) this.interval(page, count, before);
      unknown = [];
      this.interval(page, count, interval);
    }
  }

  end(): void {
    if (this.format === 'json') this.put(`${this.intervals > 0 ? '\n  ' : ''}]\n}\n`);
    if (this.format === 'table' && this.intervals === 0)
      this.put('The trace says nothing about these pages.\n');
    this.flush();
  }

  private interval(page: PageId, count: number, interval: PageInterval): void {
    if (this.format === 'table') this.put(this.tableLine(interval));
    else if (this.format === 'csv') this.put(this.csvLine(page, count, interval));
    else
      this.put(`${this.intervals > 0 ? ',' : ''}\n    ${JSON.stringify(this.json(page, count, interval))}`);
    this.intervals++;
  }

  private title(page: PageId, count: number): string {
    const last = count > 1 ? `..${hex(page.page + count - 1)} (${count} pages)` : '';
    return `${this.owner(page)} ${page.unit} ${hex(page.page)}${last}`;
  }

  private owner(page: PageId): string {
    const { vms, inodes } = this.trace.analysis;
    return (page.unit === 'gfn' ? vms[page.subject]?.label : inodes[page.subject]?.label) ?? '?';
  }

  private tableLine(interval: PageInterval): string {
    const { table } = this.trace;
    const from = interval.fromRow < 0 ? 'start' : this.place(interval.fromRow);
    const until = interval.untilRow >= table.length ? 'end' : this.place(interval.untilRow);
    const time = interval.fromRow < 0 ? '' : timeText(table, interval.fromRow);
    const event = interval.fromRow < 0 ? '' : `  <- ${visibleLine(table.name(interval.fromRow))}`;
    const span = `${from.padStart(8)} .. ${until.padEnd(8)} ${time.padStart(16)}`;
    return `  ${span}  ${describeState(interval.state)}${event}\n`;
  }

  /** Line of a row, behind its file's name where there are several. */
  private place(row: number): string {
    const { line } = placeOf(this.trace.table, row);
    return this.trace.pathOf ? `${path.basename(this.trace.pathOf(row))}:${line}` : String(line);
  }

  private csvLine(page: PageId, count: number, { fromRow, untilRow, state }: PageInterval): string {
    const { table } = this.trace;
    const { vm, inode } = this.names(page);
    const ended = untilRow >= table.length;
    const cells = [
      page.unit,
      vm ?? '',
      inode ?? '',
      hex(page.page),
      count,
      fromRow < 0 ? '' : this.place(fromRow),
      timeText(table, fromRow),
      ended ? '' : this.place(untilRow),
      ended ? '' : timeText(table, untilRow),
      state.attribute,
      describeDimension(state, 'conversion'),
      state.mappingsKnown ? state.mappings.length : '',
      describeDimension(state, 'sptes'),
      state.referencesKnown ? state.references.length : '',
      state.pfnKnown && state.pfn >= 0 ? hex(state.pfn) : '',
      state.poisoned ? 1 : 0,
      fromRow < 0 ? '' : table.name(fromRow),
    ];
    return `${cells.map((cell) => csvCell(String(cell))).join(',')}\n`;
  }

  private names(page: PageId): { readonly vm: string | null; readonly inode: string | null } {
    const { vms, inodes } = this.trace.analysis;
    const ino = page.unit === 'pgoff' ? inodes[page.subject]?.ino : undefined;
    return {
      vm: page.unit === 'gfn' ? (vms[page.subject]?.label ?? null) : null,
      inode: ino === undefined ? null : String(ino),
    };
  }

  private json(page: PageId, count: number, { fromRow, untilRow, state }: PageInterval): object {
    const { analysis } = this.trace;
    return {
      unit: page.unit,
      ...this.names(page),
      first: page.page,
      count,
      from: this.placeJson(fromRow),
      until: this.placeJson(untilRow),
      state: {
        attribute: state.attribute,
        conversions: state.conversions.map((c) => ({
          conversion: c.conversion,
          to: c.toPrivate ? 'private' : 'shared',
          phase: describeDimension({ ...state, conversions: [c] }, 'conversion'),
        })),
        mappings: state.mappings.length,
        mappingsKnown: state.mappingsKnown,
        mappedBy: [...new Set(state.mappings.map((m) => m.holder))],
        sptes: state.sptes.map((s) => ({
          vm: analysis.vms[s.vm]?.label ?? null,
          gfn: s.gfn,
          level: s.level,
          pfn: s.pfn < 0 ? null : hex(s.pfn),
        })),
        sptesKnown: state.sptesKnown,
        references: state.references.map((r) => ({
          kind: r.kind,
          tid: r.tid,
          line: placeOf(this.trace.table, r.row).line,
        })),
        referencesKnown: state.referencesKnown,
        pfn: state.pfnKnown && state.pfn >= 0 ? hex(state.pfn) : null,
        poisoned: state.poisoned,
        text: describeState(state),
      },
    };
  }

  /** null: before the first event, or never ended. */
  private placeJson(row: number): object | null {
    const { table } = this.trace;
    if (row < 0 || row >= table.length) return null;
    return {
      ...(this.trace.pathOf && { path: this.trace.pathOf(row) }),
      ...placeOf(table, row),
      timeNs: table.meta.timeUnit === 'none' ? null : String(table.absoluteTime(row)),
      event: table.name(row),
    };
  }

  private put(text: string): void {
    this.buffer += text;
    if (this.buffer.length >= FLUSH_CHARS) this.flush();
  }

  private flush(): void {
    if (this.buffer !== '') this.output.out(this.buffer);
    this.buffer = '';
  }
}

function jsonHead({ path: name, files }: LoadedRun): string {
  const members = [
    '"schema": "shimtrace.timeline/1"',
    `"path": ${JSON.stringify(name)}`,
    ...(files ? [`"files": ${JSON.stringify(files)}`] : []),
    '"intervals": [',
  ];
  return `{\n  ${members.join(',\n  ')}`;
}

function csvCell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
}

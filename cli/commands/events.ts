/** `shimtrace events`: prints the events of a trace, in its order. */
import fs from 'node:fs';
import { globMatches } from '../../model/expr/glob.js';
import {
  eventJson,
  eventLine,
  eventTsv,
  extraJson,
  extraLines,
  extraTsv,
  type EventExtras,
} from '../../model/findings/listing.js';
import { frameFilter, type RowFilter } from '../../model/tables/partRows.js';
import type { EventTable } from '../../parsers/events/table.js';
import type { EventText, OpenTrace } from '../../parsers/reader.js';
import { stacksOf } from '../../parsers/stacks.js';
import { wordsOf } from '../../parsers/events/words/fieldWords.js';
import { vendorOfTrace } from '../../parsers/told.js';
import type { Args } from '../args.js';
import { formatOption } from '../args.js';
import { codecs, listingThread } from '../codecs.js';
import type { Command } from '../command.js';
import { EXIT, UsageError } from '../errors.js';
import { EventLines } from '../eventLines.js';
import { openOne, PLACE_OPTIONS, placeFilters, RUN_OPTIONS, type LoadedRun } from '../bundle.js';
import { judgeOpen, loadOptions, LOAD_OPTIONS } from '../load.js';
import { listSlices } from '../listing/listSlices.js';
import type { Output } from '../output.js';
import { parseRange } from '../select.js';
import { besideOf } from '../sidecar.js';

const FORMATS = ['text', 'tsv', 'json'] as const;
type Format = (typeof FORMATS)[number];
/** What of an event a format needs to have described; undefined for all of it. */
const PARTS = { text: 'text', tsv: 'fields', json: undefined } as const;
/** Printed at a time. */
const FLUSH_CHARS = 1 << 16;

export const events: Command = {
  name: 'events',
  summary: 'print the events of a trace',
  usage: 'FILE...',
  options: {
    ...LOAD_OPTIONS,
    ...RUN_OPTIONS,
    format: formatOption(FORMATS),
    ...PLACE_OPTIONS,
    cpu: { type: 'string', multiple: true, value: 'N', help: 'only events of this CPU; repeatable' },
    tid: { type: 'string', multiple: true, value: 'N', help: 'only events of this thread; repeatable' },
    event: {
      type: 'string',
      multiple: true,
      value: 'GLOB',
      help: 'only events of such names, with or without their system; repeatable',
    },
    gfn: {
      type: 'string',
      value: 'RANGE',
      help: 'only events about these guest frames: 0x100000, 0x100000-0x10000f or 0x100000+16',
    },
    words: {
      type: 'boolean',
      help: 'say below each event what its numbers mean: fault codes, exits, SPTEs, flags, errors, ioctls',
    },
    stacks: { type: 'boolean', help: 'print below each event the stacks that were recorded with it' },
  },
  details: [
    'A line of tsv: time in nanoseconds (or ticks), CPU, thread, task, system:name of the event, ' +
      'then one field=value each, with tabs',
    "between them. Values are printed as the trace's own formats print them; what is not known is empty.",
  ].join('\n'),
  listsByItself: isPlainListing,
  run(args, output) {
    if (isPlainListing(args) && listsFile(args.positionals[0]!, output)) return EXIT.clean;
    const trace = openOne(args, args.positionals, events.usage, output);
    try {
      const format = args.choice('format', FORMATS, 'text');
      const wanted = wantedRows(trace, args, output);
      const extras = extrasOf(trace.open, args);
      const isPlain = format === 'text' && !extras && !trace.pathOf;
      if (isPlain) printLines(trace.open, wanted, output);
      else print(trace, wanted, format, extras, output);
    } finally {
      trace.close();
    }
    return EXIT.clean;
  },
};

/** True where nothing is asked for but the lines of one trace. */
function isPlainListing({ positionals, given }: Args): boolean {
  return (
    positionals.length === 1 &&
    given.every(([name, value]) => name === 'no-cache' || (name === 'format' && value === 'text'))
  );
}

/** Lists a large trace.dat without a table; false of any other, of which nothing is printed. */
function listsFile(path: string, output: Output): boolean {
  const worker = listingThread(path);
  if (
    !worker ||
    !output.bytes ||
    besideOf(path)
      .slice(1)
      .some((file) => fs.existsSync(file))
  )
    return false;
  const fd = fs.openSync(path, 'r');
  try {
    return listSlices(path, fd, codecs(path), output.bytes, { worker });
  } finally {
    fs.closeSync(fd);
  }
}

type Extras = (row: number, event: EventText) => EventExtras;

/** What is asked for besides the events themselves; undefined where nothing is. */
function extrasOf(open: OpenTrace, args: Args): Extras | undefined {
  const { table } = open;
  const words = args.flag('words');
  const stacks = args.flag('stacks');
  if (!words && !stacks) return undefined;
  const vendor = words ? vendorOfTrace(open) : 'unknown';
  return (row, event) => ({
    ...(words && { words: wordsOf(table, row, event, vendor) }),
    ...(stacks && { stacks: stacksOf(open, row) }),
  });
}

function print(
  { path, files, pathOf, open }: LoadedRun,
  wanted: RowFilter,
  format: Format,
  extras: Extras | undefined,
  output: Output,
): void {
  const { table } = open;
  const json = format === 'json';
  const line = format === 'text' ? eventLine : eventTsv;
  // Words are told of all fields, and of the text.
  const part = extras ? undefined : PARTS[format];
  let text = json ? jsonHead(path, files) : '';
  let count = 0;
  for (let row = 0; row < table.length; row++) {
    if (!wanted(row)) continue;
    const event = open.describe(row, part);
    const more = extras?.(row, event) ?? {};
    const file = pathOf?.(row);
    if (json) {
      const entry = { ...(pathOf && { path: file }), ...eventJson(table, row, event), ...extraJson(more) };
      text += `${count > 0 ? ',' : ''}\n    ${JSON.stringify(entry)}`;
    } else if (format === 'tsv') text += withFile(line(table, row, event) + extraTsv(more), format, file);
    else text += withFile(line(table, row, event), format, file) + belowEvent(more);
    count++;
    if (text.length < FLUSH_CHARS) continue;
    output.out(text);
    text = '';
  }
  output.out(json ? `${text}${count > 0 ? '\n  ' : ''}]\n}\n` : text);
}

/** The plain listing. */
function printLines(open: OpenTrace, wanted: RowFilter, output: Output): void {
  const lines = new EventLines(open, output);
  for (let row = 0; row < open.table.length; row++) if (wanted(row)) lines.print(row);
  lines.flush();
}

function belowEvent(extras: EventExtras): string {
  return extraLines(extras)
    .map((line) => `${line}\n`)
    .join('');
}

function jsonHead(path: string, files: readonly string[] | undefined): string {
  const members = [
    '"schema": "shimtrace.events/1"',
    `"path": ${JSON.stringify(path)}`,
    ...(files ? [`"files": ${JSON.stringify(files)}`] : []),
    '"events": [',
  ];
  return `{\n  ${members.join(',\n  ')}`;
}

/**
 * Of several files each line says its own:
 * before it where a person reads it, as the last of the fields in tsv.
 */
function withFile(line: string, format: Format, file: string | undefined): string {
  if (file === undefined) return `${line}\n`;
  return format === 'text' ? `${file}: ${line}\n` : `${line}\ttrace=${file.replace(/[\t\r\n]/g, ' ')}\n`;
}

function wantedRows(trace: LoadedRun, args: Args, output: Output): RowFilter {
  const { table } = trace.open;
  const filters: RowFilter[] = [];
  const cpus = numbers(args, 'cpu');
  if (cpus.size > 0) filters.push((row) => cpus.has(table.cpu(row)));
  const tids = numbers(args, 'tid');
  if (tids.size > 0) filters.push((row) => tids.has(table.tid(row)));
  const names = args.list('event');
  if (names.length > 0) filters.push(nameFilter(table, names));
  filters.push(...placeFilters(trace, args));
  const gfn = args.text('gfn');
  if (gfn !== undefined) filters.push(gfnFilter(trace, gfn, args, output));
  return (row) => filters.every((filter) => filter(row));
}

function numbers(args: Args, name: string): ReadonlySet<number> {
  return new Set(
    args.list(name).map((text) => {
      if (!/^\d+$/.test(text)) throw new UsageError(`--${name} takes a number, not '${text}'`);
      return Number(text);
    }),
  );
}

/** By the names' ids: each name is matched once. */
function nameFilter(table: EventTable, patterns: readonly string[]): RowFilter {
  const known = new Map<number, boolean>();
  const matches = (name: string): boolean => {
    const bare = name.slice(name.indexOf(':') + 1);
    return patterns.some((pattern) => globMatches(pattern, name) || globMatches(pattern, bare));
  };
  return (row) => {
    const id = table.nameId(row);
    const before = known.get(id);
    if (before !== undefined) return before;
    const is = matches(table.names.text(id));
    known.set(id, is);
    return is;
  };
}

/** Which frames an event is about is known only to the model. */
function gfnFilter(trace: LoadedRun, text: string, args: Args, output: Output): RowFilter {
  const span = parseRange('--gfn', text);
  return frameFilter(trace.open.table, judgeOpen(trace, loadOptions(args), output), span);
}

/** `shimtrace life`: who took references to a frame and who put them, from where, and which was never put. */
import { livesOfFrames, type FrameLife } from '../../model/answers/life.js';
import { framesOfState, lifeEventText, lifeVerdicts, structPageNote } from '../../model/answers/lifeText.js';
import { extraLines } from '../../model/findings/listing.js';
import { placeOf, timeText } from '../../model/findings/report.js';
import { intervalsOf } from '../../model/pages/intervals.js';
import { hex } from '../../model/pages/state.js';
import { frameText, type Stack } from '../../parsers/events/frames.js';
import { stacksOf } from '../../parsers/stacks.js';
import type { Args } from '../args.js';
import { nameOf, RUN_OPTIONS, type LoadedRun } from '../bundle.js';
import { formatOption } from '../args.js';
import type { Command } from '../command.js';
import { EXIT, UsageError } from '../errors.js';
import { openKept } from '../keptWhole.js';
import { judged, loadOptions, LOAD_OPTIONS } from '../load.js';
import type { Output } from '../output.js';
import { parseRange, selectPages, SELECT_OPTIONS } from '../select.js';
import { plural } from '../../parsers/base/plural.js';

const FORMATS = ['text', 'json'] as const;
/** Frames whose lives are told at a time. */
const FRAMES_MAX = 64;

export const life: Command = {
  name: 'life',
  summary: 'print the life of a frame: every reference taken and put, by whom and from where',
  usage: 'FILE... --pfn PFN | --gfn RANGE | --inode INODE:RANGE',
  options: {
    pfn: {
      type: 'string',
      value: 'RANGE',
      help: 'frames: 0x9f83a8, 0x100-0x10f (both included) or 0x100+16',
    },
    ...SELECT_OPTIONS,
    gfn: { ...SELECT_OPTIONS['gfn']!, help: 'the frames that these guest frames had' },
    stacks: { type: 'boolean', help: 'print below each event the whole of its stack' },
    format: formatOption(FORMATS),
    ...LOAD_OPTIONS,
    ...RUN_OPTIONS,
  },
  details: [
    'Of each frame: changes of its reference count (page_ref:*), with the count after each, the task, and the first',
    'function of its stack beyond those that only count; its allocation, its way through the page cache, the SPTEs that',
    'map it. A reference is said never to have been put only where its put would have been seen: the frame was allocated',
    'in the trace, nothing was lost since, all tracepoints are there, and the count agrees with the events.',
  ].join('\n'),
  run(args, output) {
    const format = args.choice('format', FORMATS, 'text');
    const trace = openKept(args, args.positionals, life.usage, loadOptions(args), output);
    try {
      const frames = framesAsked(trace, args, output);
      const lives = livesOfFrames(trace.open.table, frames, (row) => stacksOf(trace.open, row));
      output.out(format === 'json' ? json(trace, lives) : text(trace, lives, args.flag('stacks')));
    } finally {
      trace.close();
    }
    return EXIT.clean;
  },
};

type OpenedRun = ReturnType<typeof openKept>;

/** The frames that are asked about, by themselves or as those that pages had. */
function framesAsked(trace: OpenedRun, args: Args, output: Output): readonly number[] {
  const pfn = args.text('pfn');
  const pages = args.text('gfn') !== undefined || args.text('inode') !== undefined;
  if ((pfn !== undefined) === pages) throw new UsageError('life takes --pfn, or --gfn or --inode');
  const frames = pfn === undefined ? framesOfPages(trace, args, output) : framesOf(pfn);
  if (frames.length > FRAMES_MAX)
    throw new UsageError(`life tells of at most ${FRAMES_MAX} frames at a time, not of ${frames.length}`);
  return frames;
}

function framesOf(text: string): readonly number[] {
  const { first, count } = parseRange('--pfn', text);
  if (count > FRAMES_MAX) throw new UsageError(`--pfn takes at most ${FRAMES_MAX} frames, not ${count}`);
  return Array.from({ length: count }, (_, i) => first + i);
}

/** Frames that pages had, in the order in which they had them. */
function framesOfPages(trace: OpenedRun, args: Args, output: Output): readonly number[] {
  const analysis = trace.analysis ?? judged(trace, loadOptions(args), output).analysis;
  const frames = new Set<number>();
  for (const { id, count } of selectPages(analysis, args))
    for (let i = 0; i < count && frames.size <= FRAMES_MAX; i++)
      for (const { state } of intervalsOf(analysis, { ...id, page: id.page + i }))
        for (const frame of framesOfState(state)) frames.add(frame);
  return [...frames];
}

function text(trace: LoadedRun, lives: readonly FrameLife[], withStacks: boolean): string {
  const { table } = trace.open;
  const blocks = lives.map((each) => {
    const lines = [`${nameOf(trace)}: pfn ${hex(each.pfn)}: ${plural(each.events.length, 'event')}`];
    for (const event of each.events) {
      const place = String(placeOf(table, event.row).line).padStart(8);
      const time = timeText(table, event.row).padStart(16);
      const file = trace.pathOf ? `${trace.pathOf(event.row)}:` : '';
      lines.push(`  ${file}${place} ${time}  ${lifeEventText(table, event)}`);
      if (withStacks) lines.push(...extraLines({ stacks: stacksOf(trace.open, event.row) }));
    }
    const said = [...lifeVerdicts(table, each), ...structPageNote(each)];
    lines.push(...said.map((statement) => `  ${statement.text}`));
    return `${lines.join('\n')}\n`;
  });
  return blocks.length === 0 ? 'The trace knows no frame of these pages.\n' : blocks.join('\n');
}

function json(trace: LoadedRun, lives: readonly FrameLife[]): string {
  const { table } = trace.open;
  const place = (row: number): object => ({
    ...(trace.pathOf && { path: trace.pathOf(row) }),
    ...placeOf(table, row),
    timeNs: table.meta.timeUnit === 'none' ? null : String(table.absoluteTime(row)),
  });
  const doc = {
    schema: 'shimtrace.life/1',
    path: trace.path,
    ...(trace.files && { files: trace.files }),
    frames: lives.map((each) => ({
      pfn: hex(each.pfn),
      events: each.events.map(({ row, what, by, count, caller }) => ({
        ...place(row),
        event: table.name(row),
        what,
        change: by ?? null,
        count: count ?? null,
        tid: table.tid(row) < 0 ? null : table.tid(row),
        comm: table.comm(row),
        caller: caller === '' ? null : caller,
        stacks: stacksOf(trace.open, row).map(stackJson),
      })),
      neverPut: each.held.map(({ row, isPin, references }) => ({ ...place(row), isPin, references })),
      neverPutOf: each.heldOf.map(({ references, candidates }) => ({
        references,
        candidates: candidates.map(({ row, isPin, references: n }) => ({
          ...place(row),
          isPin,
          references: n,
        })),
      })),
      structPages: {
        events: each.byStructPage,
        tied: each.structPages.isProved,
        reason: each.structPages.reason,
      },
      undecided: each.whyNot === '' ? null : each.whyNot,
    })),
  };
  return `${JSON.stringify(doc, undefined, 2)}\n`;
}

function stackJson({ user, frames }: Stack): object {
  return { user, frames: frames.map(frameText) };
}

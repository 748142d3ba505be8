/**
 * trace.dat of trace-cmd, versions 6 and 7, uncompressed or compressed with zlib or zstd, of either byte
 * order and word size. Every field is found by the format files in the trace itself.
 */
import type { ByteSource } from '../base/source.js';
import { HOST_IS_LITTLE } from '../base/words.js';
import { CLOCKS, TableBuilder, type EventTable } from '../events/table.js';
import { ShownRows } from '../events/shownRows.js';
import { Kallsyms } from '../tep/kallsyms.js';
import { PrintkFormats } from '../tep/printk.js';
import type { TraceContext } from '../tep/record.js';
import type { EventText, OpenTrace, ReadOptions, TraceFormat } from '../reader.js';
import { ChunkIndex } from './chunks.js';
import { hasKnownVersion, hasMagic, readFile } from './file.js';
import { KernelRows } from './kernelRows.js';
import { markOverruns, markShort, markUnread } from './loss.js';
import { CPU_LIMIT, type TraceDatFile } from './model.js';
import { PlanBook } from './recordPlans.js';
import { mergeStreams, openRecordings } from './read.js';
import { Threads } from './threads.js';
import { sessionOf } from './session.js';
import { TimeSlices } from './slices.js';
import { TraceDat } from './trace.js';
import { unseenIn } from './unseen.js';

export { TraceDat } from './trace.js';

const ID = 'trace.dat';
/** Clocks that count something else than nanoseconds. */
const TICK_CLOCKS: readonly string[] = ['uptime', 'counter', 'x86-tsc', 'ppc-tb'];

/** The format; `text` reads the text of latency traces, which are ftrace text inside a trace.dat. */
export function traceDatWith(text?: TraceFormat): TraceFormat {
  return {
    id: ID,
    sniff,
    read: (source, options) => read(source, options, text),
    again,
  };
}

export const traceDat: TraceFormat = traceDatWith();

/** Certain of the versions that are read; of another version as far as that no other format has its magic. */
function sniff(head: Uint8Array): number {
  if (!hasMagic(head)) return 0;
  return hasKnownVersion(head) ? 1 : 0.5;
}

function read(source: ByteSource, options: ReadOptions, text: TraceFormat | undefined): OpenTrace {
  const builder = new TableBuilder(true);
  builder.meta.format = ID;
  const file = readFile(source, options, builder.issues);
  if (!file) return unreadable(builder);
  if (file.buffers.every((b) => b.cpus.every((c) => c.size === 0)) && file.texts.length > 0)
    return readText(source, options, file, text, builder);
  if (!file.hasTypeLen) {
    builder.issues.add('unsupported-version', 0, 0, 'record headers of a kernel before 2.6.32');
    return unreadable(builder);
  }
  // A damaged header may have named recordings that were not found.
  const headerDamaged = builder.issues.list.length > 0;
  const context = contextOf(file);
  const plans = new PlanBook(file, context, builder.names, builder.issues);
  const threads = new Threads(file.cmdlines, file.options.savedTgids, builder.comms);
  const recordings = openRecordings(source, file, options, builder, isForKernel(file, plans));
  describeTrace(file, builder, threads.hasTgids);
  builder.meta.t0 = recordings.clock.t0;
  builder.meta.unseen = unseenIn(file.formats);
  const { onlooker } = options;
  const markLosses = (rows: TableBuilder): void => {
    markUnread(headerDamaged ? [-1] : recordings.unread, rows);
    markOverruns(file.options.cpuStats, recordings.streams, rows);
  };
  const finish = (rows: TableBuilder): TraceDat =>
    new TraceDat(rows.finish(), file, plans, recordings.chunks, source, options);
  const show = (soFar: TableBuilder): void => {
    markLosses(soFar);
    onlooker!.show(finish(soFar));
  };
  const shown = onlooker && new ShownRows(builder, () => recordings.done() / source.size, show);
  let isLimited = false;
  try {
    const { kernel } = recordings;
    isLimited = builder.isLimited(options.cancel, () => {
      if (kernel) new KernelRows(kernel, recordings, plans, threads, builder, options, shown).run();
      else mergeStreams(recordings, plans, threads, builder, options, shown);
    });
  } finally {
    recordings.close();
  }
  markLosses(builder);
  if (!options.cancel.cancelled && !isLimited) {
    const all = markShort(file.options.cpuStats, recordings.streams, builder);
    if (all !== undefined)
      builder.meta.said = [`complete: all ${all} events that its ring buffers counted are here`];
  }
  if (builder.length === 0) builder.issues.add('empty', 0, 0);
  return finish(builder);
}

/** True where records have what the kernel of records takes for granted. */
function isForKernel({ bigEndian, page, buffers }: TraceDatFile, plans: PlanBook): boolean {
  const isAligned = page.dataOffset % 4 === 0 && buffers.every(({ pageSize }) => pageSize % 4 === 0);
  return HOST_IS_LITTLE && !bigEndian && plans.isUsualHeader && isAligned;
}

/**
 * The trace cut by time for a listing; undefined where it takes a reader from the start, or is so short that
 * this is no slower.
 */
export function slicesOf(
  source: ByteSource,
  options: ReadOptions,
  sliceBytes?: number,
): TimeSlices | undefined {
  const builder = new TableBuilder();
  const file = readFile(source, options, builder.issues);
  if (!file?.hasTypeLen || builder.issues.list.length > 0) return undefined;
  const { names, comms, meta, issues } = builder;
  const plans = new PlanBook(file, contextOf(file), names, issues);
  const threads = new Threads(file.cmdlines, file.options.savedTgids, comms);
  describeTrace(file, builder, threads.hasTgids);
  return TimeSlices.of({ file, meta, plans, threads, names, comms }, source, options, sliceBytes);
}

/** What describes its events is read, and none of its records. */
function again(
  source: ByteSource,
  options: ReadOptions,
  table: EventTable,
  places: readonly Float64Array[],
): OpenTrace | undefined {
  const { names, issues } = new TableBuilder();
  const file = readFile(source, options, issues);
  const chunks = places[0] && ChunkIndex.ofWords(places[0], source.size);
  if (!file?.hasTypeLen || !chunks) return undefined;
  const plans = new PlanBook(file, contextOf(file), names, issues);
  return new TraceDat(table, file, plans, chunks, source, options);
}

/** Symbols and printk formats are parsed at the first event that needs them. */
function contextOf(file: TraceDatFile): TraceContext {
  let symbols: Kallsyms | undefined;
  let printk: PrintkFormats | undefined;
  return {
    bigEndian: file.bigEndian,
    longSize: file.page.commitSize,
    symbols: () => (symbols ??= file.kallsyms && new Kallsyms(file.kallsyms)),
    printk: () => (printk ??= file.printk === '' ? undefined : new PrintkFormats(file.printk)),
  };
}

function describeTrace(file: TraceDatFile, builder: TableBuilder, hasTgid: boolean): void {
  const { meta } = builder;
  const clocks = new Set(
    file.buffers.filter((b) => b.cpus.some((c) => c.size > 0)).map((b) => b.clock || file.options.clock),
  );
  if (clocks.size > 1) builder.issues.add('unaligned-clocks', 0, 0, `instances on ${[...clocks].join(', ')}`);
  const clock = clocks.size > 1 ? '' : ([...clocks][0] ?? file.options.clock);
  // A TSC that the file can convert is recorded as x86-tsc, whatever name the user gave.
  const name = clock === 'tsc2nsec' ? 'x86-tsc' : clock;
  meta.clock = CLOCKS.find((known) => known === name) ?? 'unknown';
  meta.timeUnit = TICK_CLOCKS.includes(name) && !file.options.tsc2nsec ? 'ticks' : 'ns';
  const recorded = file.buffers.reduce((most, b) => Math.max(most, ...b.cpus.map((c) => c.cpu + 1)), 0);
  meta.cpus = Math.max(file.options.cpuCount, Math.min(recorded, CPU_LIMIT));
  meta.kernel = kernelOf(file.options.uname);
  meta.producer = producerOf(file.options.version);
  meta.hasTgid = hasTgid;
  const { dateNs, offsetNs } = file.options;
  if (offsetNs !== 0n) meta.addedNs = offsetNs;
  if (dateNs !== undefined) meta.wallOffsetNs = dateNs - offsetNs;
  meta.host = hostOf(file.options.uname);
  meta.session = sessionOf(file);
}

/** `Linux host 7.2.13 x86_64`: the machine's name is the second word. */
function hostOf(uname: string): string {
  const words = uname.split(/\s+/);
  return words.length >= 3 ? words[1]! : '';
}

/** trace-cmd writes its version alone, others their name before it. */
const producerOf = (version: string): string =>
  /^[a-z]+ \d/i.test(version) ? version : `trace-cmd ${version}`.trim();

/** `Linux host 7.2.13 x86_64`: the release is the third word. */
function kernelOf(uname: string): string {
  const words = uname.split(/\s+/);
  return words.length >= 3 ? words[2]! : '';
}

function readText(
  source: ByteSource,
  options: ReadOptions,
  file: TraceDatFile,
  text: TraceFormat | undefined,
  builder: TableBuilder,
): OpenTrace {
  const part = file.texts[0]!;
  if (!text) {
    builder.issues.add('unsupported-version', part.offset, 0, 'a latency trace');
    return unreadable(builder);
  }
  const window: ByteSource = {
    size: part.size,
    read: (offset, length) =>
      source.read(part.offset + offset, Math.max(0, Math.min(length, part.size - offset))),
  };
  return text.read(window, options);
}

/** A table without rows; its issues say why. */
function unreadable(builder: TableBuilder): OpenTrace {
  const describe = (): EventText => ({ name: '', fields: [], text: '' });
  return { table: builder.finish(), describe };
}

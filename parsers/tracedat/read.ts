/**
 * From the recordings of all CPUs and instances to rows: merged by time, decoded by the plans, in one pass.
 */
import type { ByteSource } from '../base/source.js';
import type { TableBuilder } from '../events/table.js';
import { fillSlots, fillSlotsByWords, keepsWhatItNeeds } from '../tep/plan.js';
import { stackAddresses } from '../tep/stack.js';
import { earliest, runnerUp } from '../order/merge.js';
import type { ReadOptions } from '../reader.js';
import type { ShownRows } from '../events/shownRows.js';
import { ChunkIndex, Pieces, scanChunks } from './chunks.js';
import { TickClock } from './clock.js';
import type { RecordKernel } from './kernelExports.js';
import { KernelPieces, kernelWithRoom, roomFor } from './kernelPieces.js';
import type { TraceDatFile } from './model.js';
import type { EventPlan, PlanBook } from './recordPlans.js';
import { CpuStream, firstStamp } from './stream.js';
import type { Threads } from './threads.js';

/** A smaller file is read before a kernel has started; tests set it lower. */
export const KERNEL_LIMIT = { bytesMin: 1 << 20 };
/** Rows between two looks at the cancel token. */
export const POLL_ROWS = 1 << 14;

export interface Recordings {
  readonly streams: CpuStream[];
  /** The kernel that has their pieces in its memory; undefined where there is none for them. */
  readonly kernel: RecordKernel | undefined;
  /** Bytes of the file that were read. */
  done(): number;
  readonly clock: TickClock;
  readonly chunks: ChunkIndex;
  /** CPUs of whose recordings nothing could be read. */
  readonly unread: readonly number[];
  close(): void;
}

/**
 * Opens every recording; the earliest first page is what all times count from. `close` ends what runs
 * elsewhere. `isUsual`: records have what the kernel of records takes for granted.
 */
export function openRecordings(
  source: ByteSource,
  file: TraceDatFile,
  options: ReadOptions,
  builder: TableBuilder,
  isUsual: boolean,
): Recordings {
  const chunks = new ChunkIndex();
  const opened: { pieces: Pieces; cpu: number; pageSize: number }[] = [];
  const unread: number[] = [];
  let base: bigint | undefined;
  const wanted = file.buffers.flatMap((buffer) =>
    buffer.cpus.filter((c) => c.size > 0).map((recording) => ({ buffer, recording })),
  );
  const isLarge = source.size >= KERNEL_LIMIT.bytesMin;
  const unzstdAhead = file.compression === 'zstd' ? options.unzstdAhead : undefined;
  const areAsked = unzstdAhead !== undefined || (isUsual && isLarge && options.recordKernel !== undefined);
  const lanes = wanted.map(({ buffer, recording }) =>
    buffer.compressed && areAsked ? scanChunks(source, recording, file.bigEndian) : [],
  );
  const ahead = lanes.some((lane) => lane.length > 0) ? unzstdAhead?.(lanes) : undefined;
  for (let lane = 0; lane < wanted.length; lane++) {
    const { buffer, recording } = wanted[lane]!;
    const from = ahead && { from: ahead, lane };
    const pieces = new Pieces(
      source,
      buffer,
      recording,
      file.compression,
      file.bigEndian,
      chunks,
      options,
      builder.issues,
      lanes[lane]!,
      from,
    );
    if (!pieces.next()) {
      // Nothing of this CPU is left: it may miss events anywhere.
      if (pieces.lost) unread.push(recording.cpu);
      continue;
    }
    const stamp = firstStamp(pieces.bytes, file.bigEndian);
    if (stamp !== undefined && stamp > 0n && (base === undefined || stamp < base)) base = stamp;
    opened.push({ pieces, cpu: recording.cpu, pageSize: buffer.pageSize });
  }
  const start = base ?? 0n;
  const hi = Number(start >> 32n);
  const lo = Number(start & 0xffffffffn);
  const clock = new TickClock(start, file.options);
  const largest = Math.max(...opened.map(({ pieces }) => pieces.largest));
  const isForKernel = clock.isIdentity && isUsual && opened.length > 0 && isLarge;
  const kernel = isForKernel ? kernelWithRoom(opened.length, largest, options) : undefined;
  const streams = opened.map(({ cpu, pieces, pageSize }, i) => {
    const own = kernel ? new KernelPieces(pieces, kernel, i * roomFor(largest), largest) : pieces;
    return new CpuStream(cpu, own, pageSize, file.page, !file.bigEndian, hi, lo, builder.issues);
  });
  return {
    ...{ streams, kernel, clock, chunks, unread },
    done: () => opened.reduce((sum, { pieces }) => sum + pieces.done, 0),
    close: () => ahead?.close(),
  };
}

/** Adds the rows of all streams in order. */
export function mergeStreams(
  recordings: Recordings,
  plans: PlanBook,
  threads: Threads,
  builder: TableBuilder,
  options: ReadOptions,
  shown: ShownRows | undefined,
): void {
  const { clock } = recordings;
  const live = recordings.streams.filter((s) => s.advance() || endStream(s, builder));
  let sincePoll = 0;
  while (live.length > 0) {
    const chosen = earliest(live);
    const stream = live[chosen]!;
    const next = runnerUp(live, chosen);
    const until = next < 0 ? Infinity : live[next]!.ts;
    let more = true;
    do {
      addRecord(stream, plans, threads, builder, clock);
      more = stream.advance();
      if (++sincePoll >= POLL_ROWS) {
        sincePoll = 0;
        if (options.cancel.cancelled) return;
        options.progress?.(recordings.done());
        shown?.look();
      }
    } while (more && (stream.ts < until || (stream.ts === until && chosen < next)));
    if (!more) {
      endStream(stream, builder);
      live.splice(chosen, 1);
    }
  }
}

/** Events that are missing behind the last one of a recording. Always false, so that it can end a filter. */
export function endStream(stream: CpuStream, builder: TableBuilder): false {
  if (stream.missing >= 0) addMissing(stream, builder, stream.at + stream.bytes.length);
  return false;
}

function addMissing(stream: CpuStream, builder: TableBuilder, at: number): void {
  const count = stream.missing;
  stream.missing = -1;
  builder.addLoss(stream.cpu, count, at, 0);
  builder.issues.add(
    'lost-events',
    at,
    0,
    count > 0 ? `CPU ${stream.cpu}: ${count} events` : `CPU ${stream.cpu}`,
  );
}

/** Adds the row of a stream's current record. */
export function addRecord(
  stream: CpuStream,
  plans: PlanBook,
  threads: Threads,
  builder: TableBuilder,
  clock: TickClock,
): void {
  const { view, start, end } = stream;
  const little = !plans.context.bigEndian;
  if (stream.missing >= 0) addMissing(stream, builder, stream.at + start);
  // A record without room for the fields that every event has is not one.
  const typeEnd = start + plans.typeOffset + plans.typeSize;
  if (typeEnd > end) {
    builder.issues.add('bad-record', stream.at + start, 0, `${end - start} bytes`);
    return;
  }
  const byWords = stream.words.length > 0 && (start & 3) === 0;
  // Where type and pid lie as in every kernel yet, they are the low half of the first word and the second.
  const usual = byWords && plans.isUsualHeader && start + 8 <= end;
  const id = usual ? stream.words[start >> 2]! & 0xffff : plans.idIn(view, start, little);
  const plan = plans.plan(id);
  if (usual || start + plans.pidOffset + 4 <= end) {
    const tid = usual ? stream.words[(start >> 2) + 1]! | 0 : view.getInt32(start + plans.pidOffset, little);
    if (tid !== stream.lastTid) {
      stream.lastTid = tid;
      stream.lastComm = threads.comm(tid);
      stream.lastTgid = threads.tgid(tid);
    }
  }
  if (plan.addressOffset >= 0) choosePlan(plan, plans, view, start + plan.addressOffset, end, little);
  const nested = plan.markers?.find(stream);
  // The columns are filled here, and not by a call, which would box the time and the place.
  const segment = builder.room();
  const i = segment.length++;
  const ts = clock.isIdentity ? stream.ts : clock.convert(stream.ts, stream.cpu);
  const name = nested ? nested.plan.name : plan.nameId;
  segment.ts[i] = ts;
  segment.putAt(i, stream.at + start);
  if (ts < stream.lastTs) builder.issues.add('clock-back', stream.at + start, 0, `CPU ${stream.cpu}`);
  stream.lastTs = ts;
  segment.cpu[i] = stream.cpu;
  segment.tid[i] = stream.lastTid;
  segment.putTgid(i, stream.lastTgid);
  if (stream.lastComm > segment.idMax || name > segment.idMax) segment.widenIds();
  segment.comm[i] = stream.lastComm;
  segment.kind[i] = nested ? nested.plan.kind : plan.kind;
  segment.name[i] = name;
  const row = builder.length - 1;
  if (nested) plan.markers!.fill(builder, stream, nested);
  if (plan.words > 0) {
    const p = segment.reserve(plan.words);
    segment.payload[i] = p;
    const fits = byWords && plan.words4.length > 0 && end - start >= plan.span;
    if (fits) fillSlotsByWords(stream.words, start >> 2, plan.words4, plan.mask, segment.pool, p);
    else fillSlots(view, start, end, little, plan.steps, segment.pool, p);
    if (!(fits && plan.isSure) && !keepsWhatItNeeds(plan, segment.pool, p)) builder.noteUnread();
    segment.pack(p);
  } else if (!plan.isSure) builder.noteUnread();
  if (stream.firstRow < 0) stream.firstRow = row;
  if (plan.isStack) addStack(stream, plan, plans, builder);
  else stream.lastRow = row;
}

/** Switches a probe's plan when its record comes from another place than the last one's. */
export function choosePlan(
  plan: EventPlan,
  plans: PlanBook,
  view: DataView,
  at: number,
  end: number,
  little: boolean,
): void {
  if (at + plan.addressSize > end) return;
  const wide = plan.addressSize === 8;
  // Signed, so that they are small integers and no number is boxed.
  const lo = view.getInt32(wide && !little ? at + 4 : at, little);
  const hi = wide ? view.getInt32(little ? at + 4 : at, little) : 0;
  if (lo !== plan.addressLo || hi !== plan.addressHi) plans.forProbe(plan, hi, lo);
}

/** The addresses of a stack event belong to the event before it on the same CPU. */
function addStack(stream: CpuStream, plan: EventPlan, plans: PlanBook, builder: TableBuilder): void {
  if (!plan.format || stream.lastRow < 0) return;
  const addresses = stackAddresses(plan.format, plans.context, stream);
  const user = plan.format.name === 'user_stack';
  builder.stacks.push({
    row: stream.lastRow,
    user,
    offset: stream.at + stream.start,
    endOffset: stream.at + stream.end,
    line: 0,
    addresses,
  });
}

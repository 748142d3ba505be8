/**
 * The options of a trace.dat, which v6 and v7 share. Producer: trace-cmd lib/trace-cmd/trace-output.c, and
 * the man page trace-cmd.dat.v7(5) of trace-cmd 3.
 */
import { ByteReader, textUntilNul } from '../base/bytes.js';
import type { GuestInfo } from '../events/table.js';
import { CPU_LIMIT, type CpuStat, type TimeShift, type TraceOptions } from './model.js';

export const OPTION = {
  DONE: 0,
  DATE: 1,
  CPUSTAT: 2,
  BUFFER: 3,
  TRACECLOCK: 4,
  UNAME: 5,
  HOOK: 6,
  OFFSET: 7,
  CPUCOUNT: 8,
  VERSION: 9,
  PROCMAPS: 10,
  TRACEID: 11,
  TIME_SHIFT: 12,
  GUEST: 13,
  TSC2NSEC: 14,
  STRINGS: 15,
  HEADER_INFO: 16,
  FTRACE_EVENTS: 17,
  EVENT_FORMATS: 18,
  KALLSYMS: 19,
  PRINTK: 20,
  CMDLINES: 21,
  BUFFER_TEXT: 22,
  SAVED_TGIDS: 32,
} as const;

/** Samples of one clock correction table; a longer one is damage. */
const SAMPLE_LIMIT = 100_000;
const GUEST_LIMIT = 1024;

export function emptyOptions(): TraceOptions {
  return {
    clock: '',
    uname: '',
    version: '',
    cpuCount: 0,
    traceId: undefined,
    offsetNs: 0n,
    dateNs: undefined,
    tsc2nsec: undefined,
    peerTraceId: undefined,
    timeShiftFlags: 0,
    timeShifts: [],
    guests: [],
    cpuStats: [],
    savedTgids: '',
  };
}

/**
 * Applies one option; options that say nothing of events (hooks, process maps, unknown ids) are passed over.
 * False when damaged.
 */
export function applyOption(
  id: number,
  data: Uint8Array,
  bigEndian: boolean,
  options: TraceOptions,
): boolean {
  const reader = new ByteReader(data, bigEndian);
  const text = (): string => textUntilNul(data, 0, data.length);
  switch (id) {
    // The date's offset is in microseconds.
    case OPTION.DATE:
      options.dateNs = parseInteger(text()) * 1000n;
      options.offsetNs += options.dateNs;
      break;
    case OPTION.OFFSET:
      options.offsetNs += parseInteger(text());
      break;
    case OPTION.CPUSTAT:
      options.cpuStats.push(...parseCpuStats(text()));
      break;
    case OPTION.TRACECLOCK:
      options.clock = /\[([^\]]+)\]/.exec(text())?.[1] ?? text().trim();
      break;
    case OPTION.UNAME:
      options.uname = text().trim();
      break;
    case OPTION.VERSION:
      options.version = text().trim();
      break;
    case OPTION.CPUCOUNT:
      // A fork of trace-cmd for graphics traces stores saved_tgids under this number; a count has four bytes.
      if (data.length > 8) options.savedTgids += text();
      else options.cpuCount = Math.min(reader.u32(), CPU_LIMIT);
      break;
    case OPTION.SAVED_TGIDS:
      options.savedTgids += text();
      break;
    case OPTION.TRACEID:
      options.traceId = reader.u64();
      break;
    case OPTION.TIME_SHIFT:
      readTimeShifts(reader, options);
      break;
    case OPTION.GUEST:
      readGuest(reader, options);
      break;
    case OPTION.TSC2NSEC: {
      const mult = BigInt(reader.u32());
      const shift = BigInt(reader.u32());
      const offset = reader.u64();
      if (reader.ok && mult > 0n && shift < 64n) options.tsc2nsec = { mult, shift, offset };
      break;
    }
    default:
      break;
  }
  return reader.ok;
}

/** An integer as strtoll reads one: sign, 0x, decimal; 0 when there is none. */
function parseInteger(text: string): bigint {
  const match = /^\s*([-+]?)(0[xX][0-9a-fA-F]{1,16}|\d{1,20})/.exec(text);
  if (!match) return 0n;
  const value = BigInt(match[2]!);
  return match[1] === '-' ? -value : value;
}

function parseCpuStats(text: string): CpuStat[] {
  const out: CpuStat[] = [];
  for (const part of text.split(/^CPU:/m).slice(1)) {
    const told = (label: string): number =>
      Number(new RegExp(`^${label}:\\s*(\\d{1,15})`, 'm').exec(part)?.[1] ?? -1);
    const of = (label: string): number => Math.max(0, told(label));
    const [entries, read] = [told('entries'), told('read events')];
    out.push({
      cpu: Number(/^\s*(\d{1,6})/.exec(part)?.[1] ?? 0),
      overrun: of('overrun'),
      commitOverrun: of('commit overrun'),
      dropped: of('dropped events'),
      kept: entries < 0 || read < 0 ? -1 : entries + read,
    });
  }
  return out;
}

function readTimeShifts(reader: ByteReader, options: TraceOptions): void {
  options.peerTraceId = reader.u64();
  options.timeShiftFlags = reader.u32();
  const cpus = reader.u32();
  if (cpus > CPU_LIMIT) {
    reader.ok = false;
    return;
  }
  const tables: { times: bigint[]; offsets: bigint[]; scalings: bigint[] }[] = [];
  for (let cpu = 0; cpu < cpus && reader.ok; cpu++) {
    const count = reader.u32();
    if (count > SAMPLE_LIMIT || !reader.need(count * 24)) {
      reader.ok = false;
      return;
    }
    const column = (): bigint[] => Array.from({ length: count }, () => reader.u64());
    tables.push({ times: column(), offsets: column(), scalings: column() });
  }
  // Files of trace-cmd before 3.0 end here: their scalings are whole numbers.
  const fractions = tables.map((t) =>
    reader.left >= t.times.length * 8 ? t.times.map(() => reader.u64()) : t.times.map(() => 0n),
  );
  options.timeShifts = tables.map((t, i) => sortByTime(t.times, t.offsets, t.scalings, fractions[i]!));
}

/** Samples in order of time, the first of several at one time. */
function sortByTime(times: bigint[], offsets: bigint[], scalings: bigint[], fractions: bigint[]): TimeShift {
  // Of equal times the sort, which is stable, keeps the order.
  const order = times.map((_, i) => i).sort((a, b) => compareBig(times[a]!, times[b]!));
  const kept = order.filter((i, k) => k === 0 || times[i] !== times[order[k - 1]!]);
  return {
    times: kept.map((i) => times[i]!),
    offsets: kept.map((i) => BigInt.asIntN(64, offsets[i]!)),
    scalings: kept.map((i) => scalings[i]!),
    fractions: kept.map((i) => fractions[i]! & 63n),
  };
}

function compareBig(a: bigint, b: bigint): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** A host that could not tell which thread runs a CPU, as over a network, writes -1. */
const NO_TID = 0xffffffff;

function readGuest(reader: ByteReader, options: TraceOptions): void {
  const name = reader.cstring();
  const traceId = reader.u64();
  const count = reader.u32();
  const vcpuTids = new Map<number, number>();
  if (count > CPU_LIMIT || !reader.need(count * 8)) {
    reader.ok = false;
    return;
  }
  for (let i = 0; i < count; i++) {
    const cpu = reader.u32();
    const tid = reader.u32();
    if (tid !== NO_TID) vcpuTids.set(cpu, tid);
  }
  const guest: GuestInfo = { name, traceId, vcpuTids };
  if (reader.ok && options.guests.length < GUEST_LIMIT) options.guests.push(guest);
}

/**
 * Whether two traces hold the same events: one buffer as text and as trace.dat, one file under two names, a
 * part of it cut out. Taken together, each would count twice, and the model would see conversions and
 * references that never were. Told by a sample of rows, each looked for in the other trace: an event of the
 * same name on the same CPU and thread, at the same time as far as the coarser clock tells, with the same
 * arguments. Two buffers of one machine may hold events of one name a moment apart, but not most of them with
 * all of that alike.
 */
import { firstIndex } from '../base/search.js';
import { kindSlots } from '../events/kinds.js';
import { UNKNOWN_CPU, UNKNOWN_TID, type EventTable } from '../events/table.js';

/** Rows of a trace that are looked for in the other. */
const SAMPLES = 512;
/** Rows from a place of the sample on that are looked at for one whose name the other trace has. */
const LOOKED_AT = 64;
/** Events at one time that are compared with one row. */
const CANDIDATES = 4096;
/** So many found are enough to tell by one trace alone; fewer tell when they are all, both ways. */
const FOUND_MIN = 8;
const FOUND_ALONE_MIN = 2;
/**
 * Lines that a copy left out or cut, or an argument that one format prints otherwise, are no other events.
 */
const SHARE = 0.9;

/** A trace and its place on a clock that both have. */
export interface OnClock {
  readonly table: EventTable;
  /** Time of its ts 0 on that clock, in nanoseconds (or ticks). */
  readonly start: bigint;
}

/** True when most of what either holds in the other's time is the same as the other holds. */
export function holdSameEvents(a: OnClock, b: OnClock): boolean {
  if (a.table.length === 0 || b.table.length === 0) return false;
  const [forth, back] = [sample(a, b), sample(b, a)];
  for (const { tried, found } of [forth, back]) if (found >= FOUND_MIN && found >= SHARE * tried) return true;
  return [forth, back].every(({ tried, found }) => found >= FOUND_ALONE_MIN && found === tried);
}

interface Sampled {
  /** Rows of one trace, of names that both have, in the time of both. */
  readonly tried: number;
  /** Those of them that the other trace has too. */
  readonly found: number;
}

function sample(a: OnClock, b: OnClock): Sampled {
  const shift = Number(a.start - b.start);
  const tolerance = Math.max(a.table.meta.resolution, b.table.meta.resolution);
  const names = sharedNames(a.table, b.table);
  const first = rowAt(a.table, b.table.ts(0) - shift - tolerance);
  const end = rowAt(a.table, b.table.ts(b.table.length - 1) - shift + tolerance + 1);
  const step = Math.max(1, (end - first) / SAMPLES);
  let tried = 0;
  let found = 0;
  for (let at = first; at < end; at += step) {
    const from = Math.floor(at);
    const until = Math.min(end, Math.floor(at + step), from + LOOKED_AT);
    let row = from;
    while (row < until && names[a.table.nameId(row)]! === '') row++;
    if (row >= until) continue;
    tried++;
    if (isIn(a.table, row, names[a.table.nameId(row)]!, a.table.ts(row) + shift, tolerance, b.table)) found++;
  }
  return { tried, found };
}

/** The name without its system by the ids of `a`; '' where `b` has no event of that name. */
function sharedNames(a: EventTable, b: EventTable): readonly string[] {
  const known = new Set(Array.from({ length: b.names.size }, (_, id) => eventName(b.names.text(id))));
  return Array.from({ length: a.names.size }, (_, id) => {
    const name = eventName(a.names.text(id));
    return known.has(name) ? name : '';
  });
}

/** Texts leave out the system that a binary trace tells. */
function eventName(name: string): string {
  return name.slice(name.lastIndexOf(':') + 1);
}

function rowAt(table: EventTable, ts: number): number {
  return firstIndex(table.length, (row) => table.ts(row) >= ts);
}

/** True when `b` has this row of `a`, which is at `ts` of b's times. */
function isIn(
  a: EventTable,
  row: number,
  name: string,
  ts: number,
  tolerance: number,
  b: EventTable,
): boolean {
  const first = rowAt(b, ts - tolerance);
  const end = Math.min(b.length, first + CANDIDATES);
  for (let other = first; other < end && b.ts(other) <= ts + tolerance; other++) {
    if (samePlace(a, row, b, other) && eventName(b.name(other)) === name && sameArguments(a, row, b, other))
      return true;
  }
  return false;
}

function samePlace(a: EventTable, row: number, b: EventTable, other: number): boolean {
  const [cpu, otherCpu, tid, otherTid] = [a.cpu(row), b.cpu(other), a.tid(row), b.tid(other)];
  return (
    (cpu === otherCpu || cpu === UNKNOWN_CPU || otherCpu === UNKNOWN_CPU) &&
    (tid === otherTid || tid === UNKNOWN_TID || otherTid === UNKNOWN_TID)
  );
}

/**
 * No argument that both tell differs. Two formats may read one event as of two kinds: then nothing is
 * compared.
 */
function sameArguments(a: EventTable, row: number, b: EventTable, other: number): boolean {
  const kind = a.kind(row);
  return (
    kind !== b.kind(other) ||
    kindSlots(kind).every(
      (_, slot) => !a.has(row, slot) || !b.has(other, slot) || a.big(row, slot) === b.big(other, slot),
    )
  );
}

/** Jumps: from what a person types, or from an event, to a place in a timeline. */
import type { FindReply, Place } from './asks.js';
import { eventRef } from './details.js';
import { Op } from '../ops/oplog.js';
import { rangeOwner } from '../pages/space.js';
import { inodeSpace, PlaceCutter, unitOf } from './places.js';
import type { RowSet } from './rows.js';
import { hex } from '../pages/state.js';
import type { Timeline } from './timeline.js';

/** What can be typed, for someone who typed something else. */
const WAYS = 'a time, line, gfn (0x100000), gpa:0x…, pfn:0x…, inode:pgoff, tid:…, rule or finding';
const NUMBER = '(0x[0-9a-f]+|\\d+)';
const FORMS: readonly {
  readonly form: RegExp;
  readonly find: (t: Timeline, set: RowSet, m: RegExpMatchArray, fromTime: number) => FindReply;
}[] = [
  {
    form: /^(?:line\s*|:)(\d+)$/,
    find: (t, set, m) => toRow(t, set, lineRow(t, Number(m[1])), `line ${m[1]}`),
  },
  {
    form: new RegExp(`^gpa:\\s*${NUMBER}$`),
    find: (t, set, m) => toFrame(set, Math.floor(Number(m[1]) / t.analysis.pageBytes)),
  },
  { form: /^tid:\s*(\d+)$/, find: (t, set, m, from) => toThread(t, set, Number(m[1]), from) },
  { form: new RegExp(`^pfn:\\s*${NUMBER}$`), find: (t, set, m, from) => toPfn(t, set, Number(m[1]), from) },
  { form: /^(?:gfn:\s*)?(0x[0-9a-f]+)$/, find: (_t, set, m) => toFrame(set, Number(m[1])) },
  { form: /^gfn:\s*(\d+)$/, find: (_t, set, m) => toFrame(set, Number(m[1])) },
  {
    form: new RegExp(`^(?:ino(?:de)?\\s*)?${NUMBER}:${NUMBER}$`),
    find: (t, set, m) => toFilePage(t, set, Number(m[1]), Number(m[2])),
  },
  { form: /^(\d+)(?:\.(\d+))?\s*s?$/, find: (t, set, m) => toTime(t, set, m[1]!, m[2] ?? '') },
];

/**
 * Time (`12.345678` as the trace prints it), `line 90` or `:90`, `0x1000` or `gfn:`, `gpa:`, `pfn:`,
 * `inode:pgoff`, `tid:275`, or a rule or finding id.
 */
export function find(timeline: Timeline, set: RowSet, text: string, fromTime: number): FindReply {
  const trimmed = text.trim();
  const lower = trimmed.toLowerCase();
  for (const { form, find: go } of FORMS) {
    const match = lower.match(form);
    if (match) return go(timeline, set, match, fromTime);
  }
  const named = timeline.analysis.findings.filter((f) => f.id === trimmed || f.rule.toLowerCase() === lower);
  const next = named.find((f) => timeline.axis.time(f.at) > fromTime) ?? named[0];
  if (next) return toRow(timeline, set, next.at, `${next.rule}: ${next.message}`);
  return {
    place: null,
    message: `${trimmed}: not ${WAYS}`,
  };
}

/** Where an event is: its time, its thread's lane, and the first shown row that it touches. */
export function locate(timeline: Timeline, set: RowSet, row: number): Place {
  const { ops, findings } = timeline.analysis;
  const base = {
    event: row < timeline.table.length ? eventRef(timeline, row) : null,
    time: timeline.axis.time(row),
    row,
    lane: timeline.lanes.laneOfRow(row),
    line: row < timeline.table.length ? timeline.table.line(row) : 0,
  };
  for (const placed of timeline.index.placedFindings) {
    const found = findings[placed.finding]!.at === row ? set.find(placed.a0) : undefined;
    if (found) return { ...base, group: found.group, groupRow: found.row };
  }
  const cutter = new PlaceCutter(timeline.analysis);
  for (let i = ops.firstAtRow(row); i < ops.length && ops.row(i) === row; i++) {
    const op = ops.op(i);
    const unit = unitOf(timeline.analysis, op, ops.subject(i));
    if (unit === undefined) continue;
    const owner = rangeOwner(timeline.analysis, op, ops.subject(i));
    const pieces = cutter.cut(unit, owner, ops.first(i), ops.count(i), row);
    for (let p = 0; p < pieces; p++) {
      const piece = cutter.pieces[p]!;
      const atom = timeline.index.atoms.holding(piece.space, piece.first);
      const found = atom < 0 ? undefined : set.find(atom, unit === 'gfn' ? owner : -1);
      if (found) return { ...base, group: found.group, groupRow: found.row };
    }
  }
  return { ...base, group: -1, groupRow: -1 };
}

function lineRow(timeline: Timeline, line: number): number {
  return timeline.table.rowAtLine(line);
}

function toRow(timeline: Timeline, set: RowSet, row: number, what: string): FindReply {
  if (row >= timeline.table.length) return { place: null, message: `${what}: the trace ends before it` };
  return { place: locate(timeline, set, row), message: what };
}

function place(group: number, groupRow: number): Place {
  return { time: NaN, row: -1, group, groupRow, lane: -1, line: 0, event: null };
}

function toFrame(set: RowSet, gfn: number): FindReply {
  for (let group = 0; group < set.groups.length; group++) {
    if (set.groups[group]!.unit !== 'gfn') continue;
    const row = set.rowOfPage(group, gfn);
    if (row >= 0)
      return { place: place(group, row), message: `gfn ${hex(gfn)} of ${set.groups[group]!.label}` };
  }
  return { place: null, message: `gfn ${hex(gfn)}: no row shows it` };
}

function toFilePage(timeline: Timeline, set: RowSet, ino: number, pgoff: number): FindReply {
  const { inodes } = timeline.analysis;
  if (!inodes.some((inode) => inode.ino === ino))
    return { place: null, message: `inode ${ino}: not in this trace` };
  const message = `page ${hex(pgoff)} of inode ${ino}`;
  // A number may have been given to several files, one after another.
  for (let i = 0; i < inodes.length; i++) {
    const atom = inodes[i]!.ino === ino ? timeline.index.atoms.holding(inodeSpace(i), pgoff) : -1;
    const found = atom < 0 ? undefined : set.find(atom);
    if (found) return { place: place(found.group, found.row), message };
  }
  return { place: null, message: `${message}: no row shows it` };
}

/** The first time at or after `fromTime`, else the first at all, at which a frame was put somewhere. */
function toPfn(timeline: Timeline, set: RowSet, pfn: number, fromTime: number): FindReply {
  const { ops } = timeline.analysis;
  let first = -1;
  for (let i = 0; i < ops.length; i++) {
    const op = ops.op(i);
    if (
      (op !== Op.SpteSet && op !== Op.Alloc) ||
      pfn < ops.value(i) ||
      pfn >= ops.value(i) + ops.count(i) ||
      ops.value(i) < 0
    )
      continue;
    if (first < 0) first = ops.row(i);
    if (timeline.axis.time(ops.row(i)) > fromTime) return toRow(timeline, set, ops.row(i), `pfn ${hex(pfn)}`);
  }
  return first < 0
    ? { place: null, message: `pfn ${hex(pfn)}: not in this trace` }
    : toRow(timeline, set, first, `pfn ${hex(pfn)}`);
}

/** The first event of a thread at or after `fromTime`, else its first at all. */
function toThread(timeline: Timeline, set: RowSet, tid: number, fromTime: number): FindReply {
  const lane = timeline.lanes.laneOfTid(tid);
  let first = -1;
  for (let row = 0; lane >= 0 && row < timeline.table.length; row++) {
    if (timeline.table.tid(row) !== tid) continue;
    if (first < 0) first = row;
    if (timeline.axis.time(row) >= fromTime) return toRow(timeline, set, row, `thread ${tid}`);
  }
  return first < 0
    ? { place: null, message: `thread ${tid}: not in this trace` }
    : toRow(timeline, set, first, `thread ${tid}`);
}

/** Seconds as the trace prints them (absolute), or a bare count where the clock has no seconds. */
function toTime(timeline: Timeline, set: RowSet, whole: string, fraction: string): FindReply {
  const { meta } = timeline.table;
  const absolute =
    meta.timeUnit === 'ns'
      ? BigInt(whole) * 1_000_000_000n + BigInt(fraction.padEnd(9, '0').slice(0, 9))
      : BigInt(whole);
  const time = meta.timeUnit === 'none' ? Number(whole) : Number(absolute - meta.t0);
  const row = Math.min(timeline.axis.rowAt(time), timeline.table.length - 1);
  if (row < 0 || time < timeline.axis.start || time > timeline.axis.end)
    return { place: null, message: 'This time is outside the trace' };
  return {
    place: { ...locate(timeline, set, row), time },
    message: `time ${whole}${fraction === '' ? '' : `.${fraction}`}`,
  };
}

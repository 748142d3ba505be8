/**
 * Tracks of a Perfetto trace, and what stands on them: slices that nest, instants, counters, and arrows
 * between them. What it writes is packets of one sequence, in any order of time.
 */
import { TWO_32 } from '../../parsers/base/words.js';
import type { EventTable } from '../../parsers/events/table.js';
import { withoutNul } from './ftrace.js';
import { PACKET, TRACE_PACKET } from '../../parsers/perfetto/protos.js';
import { Wire } from './wire.js';

/** trace/track_event/track_descriptor.proto */
const TRACK = {
  uuid: 1,
  name: 2,
  parent: 5,
  counter: 8,
  ordering: 11,
  rank: 12,
  description: 14,
  merge: 15,
} as const;
const COUNTER = { unit: 3 } as const;
const COUNT = 2;
const ORDER_EXPLICIT = 3;
const MERGE_NONE = 2;
/** trace/track_event/track_event.proto */
const EVENT = { annotation: 4, type: 9, track: 11, category: 22, name: 23, counter: 30, flow: 47 } as const;
const TYPE = { begin: 1, end: 2, instant: 3, counter: 4 } as const;
/** trace/track_event/debug_annotation.proto */
const NOTE = { int: 4, text: 6, name: 10, entries: 11, items: 12 } as const;

const SEQUENCE = 1;
const SEQUENCE_CLEARED = 1;

/** What is said of a slice or an instant besides its name. */
export type Note = number | string | readonly Note[] | { readonly [name: string]: Note };
export type Notes = Readonly<Record<string, Note>>;

export interface Mark {
  readonly name: string;
  readonly category?: string;
  readonly notes?: Notes;
  /** Numbers of arrows that begin, go through or end here. */
  readonly flows?: readonly number[];
}

export class TrackWriter {
  private readonly wire = new Wire();
  private readonly low: number;
  private readonly high: number;
  private lastUuid = 0;
  private readonly ranks = new Map<number, number>();
  private isFirst = true;

  constructor(table: EventTable) {
    const { t0 } = table.meta;
    this.low = Number(t0 & 0xffff_ffffn);
    this.high = Number(BigInt.asIntN(32, t0 >> 32n));
  }

  /** A new track below `parent`, after those that are there; 0 for none. Returns what others name it by. */
  track(
    name: string,
    parent: number,
    more: { readonly isCounter?: boolean; readonly description?: string } = {},
  ): number {
    const { wire } = this;
    const uuid = ++this.lastUuid;
    const packet = wire.begin(TRACE_PACKET);
    const track = wire.begin(PACKET.trackDescriptor);
    wire.uint(TRACK.uuid, uuid);
    wire.text(TRACK.name, withoutNul(name));
    if (parent !== 0) wire.uint(TRACK.parent, parent);
    if (more.isCounter) {
      const counter = wire.begin(TRACK.counter);
      wire.uint(COUNTER.unit, COUNT);
      wire.end(counter);
    } else wire.uint(TRACK.ordering, ORDER_EXPLICIT);
    const rank = this.ranks.get(parent) ?? 0;
    this.ranks.set(parent, rank + 1);
    wire.int(TRACK.rank, rank);
    if (more.description !== undefined) wire.text(TRACK.description, more.description);
    wire.uint(TRACK.merge, MERGE_NONE);
    wire.end(track);
    wire.uint(PACKET.sequenceId, SEQUENCE);
    wire.end(packet);
    return uuid;
  }

  begin(track: number, ts: number, mark: Mark): void {
    this.event(TYPE.begin, track, ts, mark);
  }

  end(track: number, ts: number): void {
    this.event(TYPE.end, track, ts);
  }

  instant(track: number, ts: number, mark: Mark): void {
    this.event(TYPE.instant, track, ts, mark);
  }

  counter(track: number, ts: number, value: number): void {
    this.event(TYPE.counter, track, ts, undefined, value);
  }

  /** What was written since the last call; valid until something is written again. */
  take(): Uint8Array {
    return this.wire.take();
  }

  get length(): number {
    return this.wire.length;
  }

  private event(type: number, track: number, ts: number, mark?: Mark, counter?: number): void {
    const { wire } = this;
    const packet = wire.begin(TRACE_PACKET);
    const sum = this.low + ts;
    const carry = Math.floor(sum / TWO_32);
    wire.uint64(PACKET.timestamp, sum - carry * TWO_32, this.high + carry);
    const event = wire.begin(PACKET.trackEvent);
    wire.uint(EVENT.type, type);
    wire.uint(EVENT.track, track);
    if (mark) {
      wire.text(EVENT.name, withoutNul(mark.name));
      wire.text(EVENT.category, mark.category ?? 'shimtrace');
      for (const [name, note] of Object.entries(mark.notes ?? {})) this.note(EVENT.annotation, name, note);
      for (const flow of mark.flows ?? []) wire.fixed64(EVENT.flow, flow, 0);
    }
    if (counter !== undefined) wire.int(EVENT.counter, counter);
    wire.end(event);
    wire.uint(PACKET.sequenceId, SEQUENCE);
    if (this.isFirst) wire.uint(PACKET.sequenceFlags, SEQUENCE_CLEARED);
    this.isFirst = false;
    wire.end(packet);
  }

  private note(field: number, name: string | undefined, note: Note): void {
    const { wire } = this;
    const mark = wire.begin(field);
    if (name !== undefined) wire.text(NOTE.name, name);
    if (typeof note === 'number') wire.int(NOTE.int, note);
    else if (typeof note === 'string') wire.text(NOTE.text, withoutNul(note));
    else if (Array.isArray(note))
      for (const item of note as readonly Note[]) this.note(NOTE.items, undefined, item);
    else for (const [key, value] of Object.entries(note)) this.note(NOTE.entries, key, value);
    wire.end(mark);
  }
}

/**
 * One CPU's events in order, bundle after bundle. Nothing is allocated for an event; the current one is in
 * the fields.
 */
import { BYTES, VARINT, WireReader } from '../base/protobuf.js';
import { TWO_32 } from '../base/words.js';
import type { IssueLog } from '../events/issues.js';
import type { Content } from './content.js';
import { LOST_BEFORE, TORN, type CpuBundles } from './bundles.js';
import { BUNDLE, COMPACT, FTRACE } from './protos.js';

const NO_BYTES = new Uint8Array(0);

/** What streams of the same CPU know together. */
export class CpuState {
  /** The thread that runs, as far as compact events tell; -1 where it is not known. */
  running = -1;
  /** Row of its first event, -1 before that. */
  firstRow = -1;
  /** Events of it were lost where the stream says so. */
  hasLoss = false;

  constructor(
    readonly cpu: number,
    /** Of another machine than the one that is judged. */
    readonly isGuest: boolean,
  ) {}
}

export class EventStream {
  ts = 0;
  /** Where the event's field begins, in the trace. */
  at = 0;
  /** FtraceEvent's field, and its content: bytes[start, end). */
  id = 0;
  start = 0;
  end = 0;
  tid = -1;
  bytes: Uint8Array = NO_BYTES;
  /** Place of the first of them. */
  base = 0;
  /** Events are missing before the current one, or behind the last. */
  isMissing = false;
  /** Identity of the last thread, so that a run of one thread's events looks it up once. */
  lastTid = NaN;
  lastComm = 0;
  lastTgid = -1;
  lastVersion = -1;
  lastTs = -Infinity;
  private next = 0;
  private isTorn = false;
  private baseHi = 0;
  private baseLo = 0;
  private readonly events = new WireReader(NO_BYTES);
  private readonly event = new WireReader(NO_BYTES);

  constructor(
    readonly bundles: CpuBundles,
    readonly state: CpuState,
    private readonly content: Content,
    private readonly t0: bigint,
    private readonly issues: IssueLog,
  ) {}

  /** Steps to the next event; false at the end. */
  advance(): boolean {
    for (;;) {
      while (this.events.next())
        if (this.events.field === BUNDLE.event && this.events.type === BYTES && this.read()) return true;
      if (!this.open()) return false;
    }
  }

  /** Steps to the next bundle. */
  private open(): boolean {
    const { bundles } = this;
    if (this.isTorn) this.isMissing = true;
    if (this.next >= bundles.at.length) {
      this.isTorn = false;
      if (bundles.lostAtEnd) this.isMissing = true;
      return false;
    }
    const i = this.next++;
    const flags = bundles.flags[i]!;
    this.base = bundles.at[i]!;
    this.bytes = this.content.read(this.base, bundles.size[i]!).slice();
    this.isTorn = (flags & TORN) !== 0 || this.bytes.length < bundles.size[i]!;
    if ((flags & LOST_BEFORE) !== 0) this.isMissing = true;
    const start = this.t0 - bundles.shift[i]!;
    this.baseHi = Number(start >> 32n);
    this.baseLo = Number(start & 0xffff_ffffn);
    this.events.reset(this.bytes, 0, this.bytes.length);
    return true;
  }

  /** Reads the event that the bundle's reader stands on; false where it is none. */
  private read(): boolean {
    const { events, event } = this;
    event.reset(this.bytes, events.start, events.end);
    let hasTime = false;
    this.id = 0;
    this.tid = -1;
    while (event.next()) {
      if (event.type === VARINT) {
        if (event.field === FTRACE.timestamp) {
          this.ts = (event.high - this.baseHi) * TWO_32 + (event.low - this.baseLo);
          hasTime = true;
        } else if (event.field === FTRACE.pid) this.tid = event.low | 0;
      } else if (event.type === BYTES && this.id === 0) {
        this.id = event.field;
        this.start = event.start;
        this.end = event.end;
      }
    }
    if (hasTime && this.id > 0) {
      this.at = this.base + events.fieldAt;
      return true;
    }
    const what = hasTime ? 'an event of no kind' : 'an event without a time';
    this.issues.add('bad-record', this.base + events.fieldAt, 0, `CPU ${this.state.cpu}: ${what}`);
    this.isMissing = true;
    return false;
  }
}

/** Time of the first event of bundles, undefined where there is none that has one. */
export function firstTime(bundles: CpuBundles, content: Content): bigint | undefined {
  for (let i = 0; i < bundles.at.length; i++) {
    const bytes = content.read(bundles.at[i]!, bundles.size[i]!);
    const time = bundleTime(new WireReader(bytes));
    if (time !== undefined) return time + bundles.shift[i]!;
  }
  return undefined;
}

/** The earlier one of its first event's and its first compact event's. */
function bundleTime(events: WireReader): bigint | undefined {
  let first: bigint | undefined;
  let hasEvent = false;
  while (events.next()) {
    if (events.type !== BYTES) continue;
    let time: bigint | undefined;
    if (events.field === BUNDLE.compactSched) time = compactTime(events.message());
    else if (events.field === BUNDLE.event && !hasEvent) time = eventTime(events.message());
    if (time === undefined) continue;
    hasEvent ||= events.field === BUNDLE.event;
    if (first === undefined || time < first) first = time;
  }
  return first;
}

function eventTime(event: WireReader): bigint | undefined {
  while (event.next()) if (event.field === FTRACE.timestamp && event.type === VARINT) return event.unsigned;
  return undefined;
}

function compactTime(compact: WireReader): bigint | undefined {
  let first: bigint | undefined;
  while (compact.next()) {
    const isTimes = compact.field === COMPACT.switchTime || compact.field === COMPACT.wakingTime;
    if (!isTimes || compact.type !== BYTES) continue;
    const times = compact.message();
    if (times.varint() && (first === undefined || times.unsigned < first)) first = times.unsigned;
  }
  return first;
}

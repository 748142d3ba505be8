/** The rows of our own export: their order and meaning are told, times and names stand in their events. */
import { KIND_COUNT, KIND_UNKNOWN, kindSlots } from '../events/kinds.js';
import { payloadWords } from '../events/slots.js';
import { UNKNOWN_CPU, UNKNOWN_TID, type TableBuilder } from '../events/table.js';
import { isUnderstood } from '../events/understood.js';
import type { ReadOptions } from '../reader.js';
import type { Content } from './content.js';
import { applyLosses, OWN_FLAGS, OwnRowReader, type OwnFacts, type OwnPart } from './own.js';
import type { PlanBook } from './plans.js';
import type { Scan } from './scan.js';
import { CpuState, EventStream } from './streams.js';

/** Rows between two looks at the cancel token. */
const POLL_ROWS = 1 << 16;

/** Kinds by whether they need nothing of their slots. */
const NEEDS_NOTHING = Uint8Array.from({ length: KIND_COUNT }, (_, kind) => (isUnderstood(kind, 0) ? 1 : 0));

export class OwnRows {
  private readonly streams = new Map<number, EventStream>();
  private readonly comms: number[];
  private readonly rows = new OwnRowReader();

  constructor(
    scan: Scan,
    private readonly own: OwnPart,
    private readonly facts: OwnFacts,
    private readonly content: Content,
    private readonly plans: PlanBook,
    private readonly builder: TableBuilder,
    private readonly options: ReadOptions,
  ) {
    this.comms = own.texts.map((text) => builder.comms.internString(text));
    for (const bundles of scan.cpus.values()) {
      const state = new CpuState(bundles.cpu, false);
      const stream = new EventStream(bundles, state, content, builder.meta.t0, builder.issues);
      if (!this.streams.has(bundles.cpu)) this.streams.set(bundles.cpu, stream);
    }
  }

  /** Adds all rows. What is not there of them is lost at the end. */
  run(size: number): void {
    const { own, builder, facts } = this;
    let isWhole = false;
    const isLimited = builder.isLimited(this.options.cancel, () => {
      isWhole = own.at.every((_, i) => this.packet(i, size));
    });
    applyLosses(facts, builder);
    if (this.options.cancel.cancelled || isLimited) return;
    if (isWhole && builder.length === facts.rows) return;
    if (!builder.issues.has('torn-tail'))
      builder.issues.add('bad-record', 0, 0, `${builder.length} of ${facts.rows} events are here`);
    builder.addLoss(-1, Math.max(0, facts.rows - builder.length), 0, 0);
  }

  private packet(i: number, size: number): boolean {
    const { rows, own, options, builder } = this;
    rows.open(this.content.read(own.at[i]!, own.size[i]!).slice());
    while (rows.next()) {
      if (builder.length >= this.facts.rows || !this.row()) return false;
      if (builder.length % POLL_ROWS !== 0) continue;
      if (options.cancel.cancelled) return false;
      options.progress?.(Math.floor((size + Math.min(size, own.at[i]!)) / 2));
    }
    return true;
  }

  /** False where the row's event is not there. */
  private row(): boolean {
    const { rows, builder, facts, own } = this;
    const stream = this.streams.get(rows.cpu === UNKNOWN_CPU ? facts.spareCpu : rows.cpu);
    if (!stream?.advance()) return false;
    const plan = this.plans.plan(stream.bundles.sequence, stream.id, stream.at);
    const kind = own.kinds[rows.kind - 1];
    const segment = builder.room();
    const i = segment.length++;
    segment.ts[i] = stream.ts;
    segment.at[i] = stream.at;
    segment.cpu[i] = rows.cpu;
    segment.tid[i] = (rows.flags & OWN_FLAGS.noTid) !== 0 ? UNKNOWN_TID : stream.tid;
    segment.putTgid(i, rows.tgid);
    segment.comm[i] = this.comms[rows.comm] ?? builder.comms.internString('');
    segment.kind[i] = kind?.kind ?? KIND_UNKNOWN;
    segment.name[i] = plan.nameId;
    const isKnown = kind !== undefined && kind.kind !== KIND_UNKNOWN;
    if ((rows.flags & OWN_FLAGS.payload) === 0) {
      if (isKnown && NEEDS_NOTHING[kind.kind] === 0) builder.noteUnread();
      return true;
    }
    if (!isKnown) {
      rows.payload([], undefined, 0);
      return true;
    }
    const at = segment.reserve(payloadWords(kindSlots(kind.kind).length));
    segment.payload[i] = at;
    segment.pool[at] = rows.payload(kind.slots, segment.pool, at);
    if (!isUnderstood(kind.kind, segment.pool[at]!)) builder.noteUnread();
    return true;
  }
}

/**
 * What a trace needs besides its events to be read back as it was: facts, and the order and meaning of its
 * rows. Perfetto passes over these packets.
 */
import { KIND_UNKNOWN, kindName, kindSlots } from '../../parsers/events/kinds.js';
import type { EventTable } from '../../parsers/events/table.js';
import type { Segment } from '../../parsers/events/segment.js';
import { headOf, highWord, lowWord } from '../../parsers/events/slots.js';
import { OWN, OWN_FLAGS, OWN_KIND, OWN_VERSION, type OwnFacts } from '../../parsers/perfetto/own.js';
import { PACKET, TRACE_PACKET } from '../../parsers/perfetto/protos.js';
import type { Wire } from './wire.js';

/** What is said again when the trace is read. */
const SAID_AGAIN = 'unread-arguments';

export class OwnRowsWriter {
  private readonly comms = new Map<number, number>();
  private readonly kinds = new Map<number, number>();

  constructor(
    private readonly table: EventTable,
    private readonly spareCpu: number,
  ) {}

  facts(wire: Wire): void {
    const packet = wire.begin(TRACE_PACKET);
    const own = wire.begin(PACKET.shimtrace);
    wire.text(OWN.facts, JSON.stringify(factsOf(this.table, this.spareCpu)));
    wire.end(own);
    wire.end(packet);
  }

  /** The rows [from, until) of a segment. */
  rows(wire: Wire, segment: Segment, from: number, until: number): void {
    const packet = wire.begin(TRACE_PACKET);
    const own = wire.begin(PACKET.shimtrace);
    for (let i = from; i < until; i++) {
      this.nameComm(wire, segment.comm[i]!);
      this.nameKind(wire, segment.kind[i]!);
    }
    const rows = wire.begin(OWN.rows);
    for (let i = from; i < until; i++) this.row(wire, segment, i);
    wire.end(rows);
    wire.end(own);
    wire.end(packet);
  }

  private row(wire: Wire, segment: Segment, i: number): void {
    const payload = segment.payload[i]!;
    const tgid = segment.tgid[i]!;
    let flags = segment.tid[i]! < 0 ? OWN_FLAGS.noTid : 0;
    if (tgid >= 0) flags |= OWN_FLAGS.tgid;
    if (payload !== 0) flags |= OWN_FLAGS.payload;
    wire.bare(segment.cpu[i]!);
    wire.bare(flags);
    wire.bare(this.comms.get(segment.comm[i]!)!);
    wire.bare(this.kinds.get(segment.kind[i]!) ?? 0);
    if (tgid >= 0) wire.bare(tgid);
    if (payload === 0) return;
    const mask = headOf(segment, payload);
    wire.bare(mask);
    const slots = kindSlots(segment.kind[i]!).length;
    for (let slot = 0; slot < slots; slot++)
      if (((mask >>> slot) & 0x10001) !== 0)
        wire.bare64(lowWord(segment, payload, slot), highWord(segment, payload, slot));
  }

  private nameComm(wire: Wire, comm: number): void {
    if (this.comms.has(comm)) return;
    this.comms.set(comm, this.comms.size);
    wire.text(OWN.text, this.table.comms.text(comm));
  }

  /** Kinds count from 1, for 0 is none. */
  private nameKind(wire: Wire, kind: number): void {
    if (kind === KIND_UNKNOWN || this.kinds.has(kind)) return;
    this.kinds.set(kind, this.kinds.size + 1);
    const message = wire.begin(OWN.kind);
    wire.text(OWN_KIND.name, kindName(kind));
    for (const slot of kindSlots(kind)) wire.text(OWN_KIND.slot, slot);
    wire.end(message);
  }
}

function factsOf({ meta, length, losses, issues }: EventTable, spareCpu: number): OwnFacts {
  const { clock, timeUnit, resolution, cpus, kernel, producer, hasTgid, host, onlyTasks, allTasks, said } =
    meta;
  return {
    version: OWN_VERSION,
    rows: length,
    t0: String(meta.t0),
    spareCpu,
    meta: {
      ...{ clock, timeUnit, resolution, cpus, kernel, producer, hasTgid, host, onlyTasks, allTasks, said },
      wallOffsetNs: meta.wallOffsetNs === undefined ? undefined : String(meta.wallOffsetNs),
      addedNs: meta.addedNs === undefined ? undefined : String(meta.addedNs),
    },
    symbols: meta.symbols && [...meta.symbols],
    enabled: meta.enabledEvents && [...meta.enabledEvents],
    unseen: meta.unseen && [...meta.unseen].map(([kind, { isRecorded, why }]) => [kind, isRecorded, why]),
    losses: losses.map(({ row, cpu, count, fromStart }) => [row, cpu, count, fromStart]),
    issues: issues
      .filter(({ code }) => code !== SAID_AGAIN)
      .map(({ code, detail, count }) => [code, detail, count]),
  };
}

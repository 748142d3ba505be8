/**
 * What our own export adds to a trace, for Perfetto knows neither what events mean nor what is not known of
 * them: a packet of facts, and before each run of bundles one with the rows in their order. A row's fields
 * are varints, one after another: CPU, flags, thread's name, kind, then thread group and payload, if any.
 */
import { BYTES, WireReader } from '../base/protobuf.js';
import { ISSUE_KINDS, type IssueCode } from '../events/issues.js';
import { KIND_COUNT, KIND_UNKNOWN, kindName, kindSlots } from '../events/kinds.js';
import { CLOCKS, UNKNOWN_CPU, type TableBuilder, type TraceMeta, type UnseenKind } from '../events/table.js';
import type { EventKind } from '../events/vocabulary.js';

/** Fields of the packet. */
export const OWN = { facts: 1, text: 2, kind: 3, rows: 4 } as const;
export const OWN_KIND = { name: 1, slot: 2 } as const;
export const OWN_FLAGS = { noTid: 1, tgid: 2, payload: 4 } as const;
export const OWN_VERSION = 1;

/** Bits of a mask. */
const MASK_BITS = 16;

/** A kind as the file has it: ours, and where each of its slots is in ours. */
export interface OwnKind {
  readonly kind: number;
  readonly slots: readonly number[];
}

/** What is told of the table, as JSON. */
export interface OwnFacts {
  readonly version: number;
  readonly rows: number;
  readonly t0: string;
  /** The CPU of events of which none is known. */
  readonly spareCpu: number;
  readonly meta: Readonly<Record<string, unknown>>;
  readonly symbols: readonly string[] | undefined;
  readonly enabled: readonly string[] | undefined;
  readonly unseen: readonly (readonly [kind: string, isRecorded: boolean, why: string])[] | undefined;
  /** Row, CPU, count, from the start. */
  readonly losses: readonly (readonly [number, number, number, boolean])[];
  readonly issues: readonly (readonly [code: string, detail: string, count: number])[];
}

export class OwnPart {
  facts: OwnFacts | undefined;
  /** Thread names and kinds by their numbers in the file. */
  readonly texts: string[] = [];
  readonly kinds: OwnKind[] = [];
  /** Where rows lie in the trace, and how many bytes. */
  readonly at: number[] = [];
  readonly size: number[] = [];

  add(reader: WireReader, base: number): void {
    while (reader.next()) {
      if (reader.type !== BYTES) continue;
      if (reader.field === OWN.facts) this.facts ??= readFacts(reader.text);
      else if (reader.field === OWN.text) this.texts.push(reader.text);
      else if (reader.field === OWN.kind) this.kinds.push(readKind(reader.message()));
      else if (reader.field === OWN.rows) {
        this.at.push(base + reader.start);
        this.size.push(reader.end - reader.start);
      }
    }
  }
}

/** Undefined for what another version wrote, or for what is damaged. */
function readFacts(text: string): OwnFacts | undefined {
  let facts: unknown;
  try {
    facts = JSON.parse(text);
  } catch {
    return undefined;
  }
  return isFacts(facts) ? facts : undefined;
}

function isFacts(value: unknown): value is OwnFacts {
  if (typeof value !== 'object' || value === null) return false;
  const facts = value as Partial<Record<keyof OwnFacts, unknown>>;
  const isCount = (n: unknown): boolean => Number.isSafeInteger(n) && (n as number) >= 0;
  return (
    facts.version === OWN_VERSION &&
    isCount(facts.rows) &&
    isCount(facts.spareCpu) &&
    typeof facts.t0 === 'string' &&
    /^-?\d{1,20}$/.test(facts.t0) &&
    typeof facts.meta === 'object' &&
    facts.meta !== null &&
    [facts.symbols, facts.enabled].every((list) => list === undefined || isTexts(list)) &&
    (facts.unseen === undefined || isTuples(facts.unseen, ['string', 'boolean', 'string'])) &&
    isTuples(facts.losses, ['number', 'number', 'number', 'boolean']) &&
    isTuples(facts.issues, ['string', 'string', 'number'])
  );
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((text) => typeof text === 'string');
}

function isTuples(value: unknown, types: readonly string[]): boolean {
  return (
    Array.isArray(value) &&
    value.every((tuple) => Array.isArray(tuple) && types.every((type, i) => typeof tuple[i] === type))
  );
}

const KINDS: ReadonlyMap<string, number> = new Map(
  Array.from({ length: KIND_COUNT }, (_, kind) => [kindName(kind), kind] as const),
);

function readKind(reader: WireReader): OwnKind {
  let name = '';
  const slots: string[] = [];
  while (reader.next()) {
    if (reader.type !== BYTES) continue;
    if (reader.field === OWN_KIND.name) name = reader.text;
    else if (reader.field === OWN_KIND.slot && slots.length < MASK_BITS) slots.push(reader.text);
  }
  const kind = KINDS.get(name) ?? KIND_UNKNOWN;
  return { kind, slots: slots.map((slot) => kindSlots(kind).indexOf(slot)) };
}

/** What the facts say of the trace, into a table. */
export function applyFacts(facts: OwnFacts, builder: TableBuilder): void {
  const { meta } = builder;
  const told = facts.meta;
  const text = (name: string): string | undefined => {
    const value = told[name];
    return typeof value === 'string' ? value : undefined;
  };
  meta.t0 = BigInt(facts.t0);
  meta.clock = CLOCKS.find((clock) => clock === text('clock')) ?? 'unknown';
  meta.timeUnit = (['ns', 'ticks', 'none'] as const).find((unit) => unit === text('timeUnit')) ?? 'none';
  meta.kernel = text('kernel') ?? '';
  meta.producer = text('producer') ?? '';
  meta.hasTgid = told['hasTgid'] === true;
  meta.resolution = boundedCount(told['resolution'], Number.MAX_SAFE_INTEGER) || 1;
  meta.cpus = boundedCount(told['cpus'], UNKNOWN_CPU);
  if (text('host') !== undefined) meta.host = text('host')!;
  if (told['onlyTasks'] === true) meta.onlyTasks = true;
  if (told['allTasks'] === true) meta.allTasks = true;
  if (isTexts(told['said'])) meta.said = told['said'] as string[];
  for (const name of ['wallOffsetNs', 'addedNs'] as const) {
    const value = text(name);
    if (value !== undefined && /^-?\d{1,20}$/.test(value)) meta[name] = BigInt(value);
  }
  applySets(facts, meta);
  for (const [code, detail, count] of facts.issues)
    if (Object.hasOwn(ISSUE_KINDS, code))
      builder.issues.add(code as IssueCode, 0, 0, detail, boundedCount(count, Number.MAX_SAFE_INTEGER) || 1);
}

/** A whole number from 0 to `most`; 0 for what is none. */
function boundedCount(value: unknown, most: number): number {
  return typeof value === 'number' && value >= 0 ? Math.trunc(Math.min(value, most)) : 0;
}

function applySets({ symbols, enabled, unseen }: OwnFacts, meta: TraceMeta): void {
  if (symbols) meta.symbols = new Set(symbols);
  if (enabled) meta.enabledEvents = new Set(enabled);
  if (!unseen) return;
  const known = unseen.filter(([kind]) => KINDS.has(kind));
  meta.unseen = new Map(
    known.map(([kind, isRecorded, why]): [EventKind, UnseenKind] => [kind as EventKind, { isRecorded, why }]),
  );
}

/** The losses that the facts tell, each before a row that there is. */
export function applyLosses(facts: OwnFacts, builder: TableBuilder): void {
  for (const [row, cpu, count, fromStart] of facts.losses)
    builder.losses.push({
      row: boundedCount(row, builder.length),
      cpu: boundedCount(cpu + 1, UNKNOWN_CPU) - 1,
      count: boundedCount(count, Number.MAX_SAFE_INTEGER),
      offset: 0,
      line: 0,
      fromStart,
    });
}

/** Walks over the rows of a packet. */
export class OwnRowReader {
  cpu = 0;
  flags = 0;
  comm = 0;
  tgid = -1;
  /** Number of the kind in the file, one more than that. */
  kind = 0;
  private readonly reader = new WireReader(new Uint8Array(0));

  open(bytes: Uint8Array): void {
    this.reader.reset(bytes, 0, bytes.length);
  }

  /** Steps to the next row, up to its payload, which must then be read; false at the end. */
  next(): boolean {
    const { reader } = this;
    if (reader.at >= reader.limit) return false;
    this.cpu = this.number();
    this.flags = this.number();
    this.comm = this.number();
    this.kind = this.number();
    this.tgid = (this.flags & OWN_FLAGS.tgid) === 0 ? -1 : this.number() | 0;
    return true;
  }

  /** The payload into pool[at], by the kind's slots; without a pool it is passed over. Gives the mask. */
  payload(slots: readonly number[], pool: Uint32Array | undefined, at: number): number {
    const written = this.number();
    let mask = 0;
    for (let i = 0; i < MASK_BITS; i++) {
      const bit = (written >>> i) & 1;
      const failed = (written >>> (i + MASK_BITS)) & 1;
      if (bit === 0 && failed === 0) continue;
      if (!this.reader.varint()) break;
      const slot = slots[i] ?? -1;
      if (slot < 0 || !pool) continue;
      mask |= (bit << slot) | (failed << (slot + MASK_BITS));
      pool[at + 1 + 2 * slot] = this.reader.low;
      pool[at + 2 + 2 * slot] = this.reader.high;
    }
    return mask;
  }

  private number(): number {
    return this.reader.varint() ? this.reader.low : 0;
  }
}

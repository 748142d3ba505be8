/**
 * Recordings put together into one table: one after another, or interleaved, with what names a thing changed.
 */
import { kindSlots } from '../../parsers/events/kinds.js';
import { Survey } from '../../model/world/survey.js';
import { copyUnpacked } from '../../parsers/events/slots.js';
import { TableBuilder, type EventTable } from '../../parsers/events/table.js';
import { SEGMENT_ROWS } from '../../parsers/events/segment.js';

/** A recording, and how far its times are moved. */
export interface Take {
  readonly table: EventTable;
  readonly shift: number;
  /** Its tasks, kernel pointers and frames are others; what two of a machine can have in common stays. */
  readonly isOther?: boolean;
  /** Its names are those of another recording, from {@link namesLike}. */
  readonly like?: Names;
  /** Names of events that it lacks, as if they had not been enabled. */
  readonly without?: ReadonlySet<string>;
}

/** Numbers that name something, with those that take their place. */
interface Names {
  readonly tids: ReadonlyMap<number, number>;
  readonly tgids: ReadonlyMap<number, number>;
  readonly kvms: ReadonlyMap<bigint, bigint>;
  readonly inos: ReadonlyMap<bigint, bigint>;
}

/** Every name of one recording, by the name that comes at the same place in another's order of first use. */
export function namesLike(own: EventTable, other: EventTable): Names {
  const [a, b] = [namesOf(own), namesOf(other)];
  const pairs = <T>(from: ReadonlySet<T>, to: ReadonlySet<T>): ReadonlyMap<T, T> => {
    const theirs = [...to];
    return new Map([...from].slice(0, theirs.length).map((name, i) => [name, theirs[i]!]));
  };
  return {
    tids: pairs(a.tids, b.tids),
    tgids: pairs(a.tgids, b.tgids),
    kvms: pairs(a.kvms, b.kvms),
    inos: pairs(a.inos, b.inos),
  };
}

/** Every name of a recording as one that it does not have, another for each `life`. */
export function namesOfLife(own: EventTable, life: number): Names {
  const { tids, tgids, kvms, inos } = namesOf(own);
  const renamed = <T>(names: ReadonlySet<T>, rename: (name: T) => T): ReadonlyMap<T, T> =>
    new Map([...names].map((name) => [name, rename(name)]));
  return {
    tids: renamed(tids, (tid) => tid + life * OTHER_TASKS),
    tgids: renamed(tgids, (tgid) => tgid + life * OTHER_TASKS),
    kvms: renamed(kvms, (kvm) => kvm + BigInt(life) * OTHER_VM),
    inos: renamed(inos, (ino) => ino + BigInt(life) * OTHER_FILE),
  };
}

/** Tasks, VMs and files of a recording that have to do with guest_memfd, in the order of their first use. */
function namesOf(
  table: EventTable,
): Record<'tids' | 'tgids', Set<number>> & Record<'kvms' | 'inos', Set<bigint>> {
  const out = {
    tids: new Set<number>(),
    tgids: new Set<number>(),
    kvms: new Set<bigint>(),
    inos: new Set<bigint>(),
  };
  const memfds = new Survey(table).memfdInodes;
  for (let row = 0; row < table.length; row++) {
    const slots = kindSlots(table.kind(row));
    const kvm = table.big(row, slots.indexOf('kvm'));
    const ino = table.big(row, slots.indexOf('ino'));
    if (ino !== undefined && memfds.has(Number(ino))) out.inos.add(ino);
    if (kvm === undefined || kvm === 0n) continue;
    out.kvms.add(kvm);
    out.tids.add(table.tid(row));
    if (table.tgid(row) >= 0) out.tgids.add(table.tgid(row));
  }
  return out;
}

/** Puts other names into a payload. */
function renameLike(names: Names, kind: number, pool: Uint32Array, start: number): void {
  kindSlots(kind).forEach((slot, i) => {
    const map = { kvm: names.kvms, ino: names.inos }[slot];
    if (!map || (pool[start]! & (1 << i)) === 0) return;
    const at = start + 1 + 2 * i;
    const value = map.get((BigInt(pool[at + 1]!) << 32n) | BigInt(pool[at]!));
    if (value === undefined) return;
    pool[at] = Number(value & 0xffffffffn);
    pool[at + 1] = Number(value >> 32n);
  });
}

/** Slots that hold kernel pointers, of which two of a machine are never alike. */
const POINTERS: ReadonlySet<string> = new Set([
  'kvm',
  'file',
  'folio',
  'page',
  'mapping',
  'mm',
  'notifier',
  'bio',
  'pgt',
  'page0',
]);
const FRAMES: ReadonlySet<string> = new Set(['pfn']);
/** Addresses of frames, in bytes. */
const ADDRESSES: ReadonlySet<string> = new Set(['phys']);
/** What pKVM calls its VMs. */
const HANDLES: ReadonlySet<string> = new Set(['handle']);
const SPTES: ReadonlySet<string> = new Set(['old', 'new', 'spte']);
/** Added to task numbers, which are fewer. */
const OTHER_TASKS = 1 << 23;
/** A VM's structure is smaller; a recording has fewer files. */
const OTHER_VM = 1n << 20n;
const OTHER_FILE = 1n << 20n;
/** A bit that no pointer has in its high word, no frame's number, and no SPTE or address in its high word. */
const OTHER_POINTER = 1 << 13;
const OTHER_FRAME = 1 << 26;
const OTHER_SPTE = 1 << (26 + 12 - 32);
const OTHER_HANDLE = 1 << 20;

/** Makes the names in a payload those of another machine's part. */
function rename(kind: number, pool: Uint32Array, start: number): void {
  kindSlots(kind).forEach((slot, i) => {
    if ((pool[start]! & (1 << i)) === 0) return;
    const at = start + 1 + 2 * i;
    if (FRAMES.has(slot)) pool[at]! ^= OTHER_FRAME;
    else if (HANDLES.has(slot)) pool[at]! ^= OTHER_HANDLE;
    else if (ADDRESSES.has(slot)) pool[at + 1]! ^= OTHER_SPTE;
    else if (pool[at + 1] === 0 && pool[at] === 0) return;
    else if (POINTERS.has(slot)) pool[at + 1]! ^= OTHER_POINTER;
    else if (SPTES.has(slot) && isMapping(pool[at]!)) pool[at + 1]! ^= OTHER_SPTE;
  });
}

/** SPTE_MMU_PRESENT_MASK. */
function isMapping(lo: number): boolean {
  return (lo & (1 << 11)) !== 0;
}

/** Copies rows of takes into one table, with the losses that stand before them. */
class Joiner {
  readonly builder = new TableBuilder();
  private readonly names: Uint32Array[];
  private readonly comms: Uint32Array[];
  private readonly nextLoss: number[];

  constructor(private readonly takes: readonly Take[]) {
    const { builder } = this;
    Object.assign(builder.meta, takes[0]!.table.meta);
    this.names = takes.map(({ table }) =>
      Uint32Array.from({ length: table.names.size }, (_, id) =>
        builder.names.internString(table.names.text(id)),
      ),
    );
    this.comms = takes.map(({ table }) =>
      Uint32Array.from({ length: table.comms.size }, (_, id) =>
        builder.comms.internString(table.comms.text(id)),
      ),
    );
    this.nextLoss = takes.map(() => 0);
  }

  /** Losses of a take before its row. */
  losses(which: number, row: number): void {
    const { losses } = this.takes[which]!.table;
    for (let i = this.nextLoss[which]!; i < losses.length && losses[i]!.row <= row; i++) {
      this.builder.losses.push({ ...losses[i]!, row: this.builder.length });
      this.nextLoss[which] = i + 1;
    }
  }

  copy(which: number, row: number): void {
    this.losses(which, row);
    const { table, shift, isOther, without, like } = this.takes[which]!;
    if (without?.has(table.name(row))) return;
    const { builder } = this;
    const seg = table.segments[Math.floor(row / SEGMENT_ROWS)]!;
    const i = row % SEGMENT_ROWS;
    const kind = seg.kind[i]!;
    const task = (n: number, names: ReadonlyMap<number, number> | undefined): number =>
      isOther && n > 0 ? n + OTHER_TASKS : (names?.get(n) ?? n);
    builder.addRow(
      seg.ts[i]! + shift,
      seg.cpu[i]!,
      task(seg.tid[i]!, like?.tids),
      task(seg.tgid[i]!, like?.tgids),
      this.comms[which]![seg.comm[i]!]!,
      kind,
      this.names[which]![seg.name[i]!]!,
      seg.atOf(i),
      builder.length + 1,
    );
    const from = seg.payload[i]!;
    if (from === 0) return;
    const start = builder.payload(kind);
    const { pool } = builder.current;
    copyUnpacked(seg, from, kindSlots(kind).length, pool, start);
    if (isOther) rename(kind, pool, start);
    if (like) renameLike(like, kind, pool, start);
  }
}

/** Takes one after another. */
export function oneAfterAnother(takes: readonly Take[]): EventTable {
  const joiner = new Joiner(takes);
  takes.forEach(({ table }, which) => {
    for (let row = 0; row < table.length; row++) joiner.copy(which, row);
    joiner.losses(which, table.length);
  });
  return joiner.builder.finish();
}

/** Two takes at the same time, merged by their times, and the rows that those of each became. */
export function interleaved(a: Take, b: Take): { table: EventTable; rows: readonly Int32Array[] } {
  const takes = [a, b];
  const joiner = new Joiner(takes);
  const rows = takes.map(({ table }) => new Int32Array(table.length));
  const next = [0, 0];
  const timeOf = (which: number): number => {
    const { table, shift } = takes[which]!;
    return next[which]! < table.length ? table.ts(next[which]!) + shift : Infinity;
  };
  for (let left = a.table.length + b.table.length; left > 0; left--) {
    const which = timeOf(0) <= timeOf(1) ? 0 : 1;
    const row = next[which]!++;
    rows[which]![row] = joiner.builder.length;
    joiner.copy(which, row);
  }
  for (const which of [0, 1]) joiner.losses(which, takes[which]!.table.length);
  return { table: joiner.builder.finish(), rows };
}

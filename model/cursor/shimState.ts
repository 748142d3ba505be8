/**
 * The state of the shim after some prefix of the page operations, as range-compressed maps, and how one
 * operation changes it. Everything goes through one primitive, {@link StepMap.assign}, whose sink records
 * what was overwritten: that record is all that going backward needs.
 */
import { Attr, Op, type OpLog } from '../ops/oplog.js';
import { ABSENT, StepMap, type OverwriteSink } from './stepMap.js';
import {
  MapKind,
  type MapRegistry,
  frameAt,
  packFrame,
  packSlot,
  slotOf,
  type Holder,
  type MapKindCode,
} from './mapRegistry.js';

/** Wider than any range of pages: 2^52 bytes of guest memory are 2^40 frames. */
const WHOLE = 2 ** 51;

/**
 * Facts that a loss of events makes unknown. Slots, conversions and poison outlive it: they are not undone
 * silently.
 */
const LOST_KINDS: readonly MapKindCode[] = [
  MapKind.GfnAttr,
  MapKind.PageAttr,
  MapKind.Spte,
  MapKind.Cache,
  MapKind.InvRange,
  MapKind.Mapping,
  MapKind.Ref,
  MapKind.Vma,
  MapKind.InvCount,
];

export class ShimState {
  /** By registry id; a map that never held anything may be missing. */
  readonly maps: (StepMap | undefined)[] = [];

  constructor(readonly registry: MapRegistry) {}

  /** The map, made when it is new. */
  map(id: number): StepMap {
    const known = this.maps[id];
    if (known) return known;
    const map = new StepMap(id);
    this.maps[id] = map;
    return map;
  }

  /** The map of a kind, subject and holder, undefined when it holds nothing. */
  find(kind: MapKindCode, subject: number, holder = -1): StepMap | undefined {
    return this.maps[this.registry.id(kind, subject, holder)];
  }

  /** Value of a map at a key, ABSENT when there is none. */
  value(kind: MapKindCode, subject: number, key: number, holder = -1): number {
    return this.find(kind, subject, holder)?.get(key) ?? ABSENT;
  }

  /** Applies operation `i`. True when it changed anything; what it overwrote goes to `sink`, in order. */
  apply(ops: OpLog, i: number, sink: OverwriteSink | undefined): boolean {
    const op = ops.op(i);
    const subject = ops.subject(i);
    const first = ops.first(i);
    const end = Math.min(WHOLE, first + ops.count(i));
    const value = ops.value(i);
    const aux = ops.aux(i);
    switch (op) {
      case Op.Phase:
        return this.set(MapKind.Phase, -1, subject, subject + 1, value, sink);
      case Op.InvEnd:
        return this.endInvalidation(subject, value, sink);
      case Op.Loss:
        return this.lose(ops.row(i), sink);
      case Op.InvStart: {
        const counted = this.set(MapKind.InvCount, -1, subject, subject + 1, Math.max(value, 0), sink);
        return (first < end && this.set(MapKind.InvRange, subject, first, end, 1, sink)) || counted;
      }
    }
    if (!(first < end)) return false;
    switch (op) {
      case Op.GfnAttr:
        return this.set(MapKind.GfnAttr, subject, first, end, value === Attr.Unknown ? ABSENT : value, sink);
      case Op.PageAttr:
        return this.set(MapKind.PageAttr, subject, first, end, value === Attr.Unknown ? ABSENT : value, sink);
      case Op.MapAdd:
        return this.hold(MapKind.Mapping, subject, first, end, value, aux, sink);
      case Op.MapRemove:
        return this.release(MapKind.Mapping, subject, first, end, value, aux, sink);
      case Op.VmaAdd:
        return this.hold(MapKind.Vma, subject, first, end, value, aux, sink);
      case Op.VmaRemove:
        return this.release(MapKind.Vma, subject, first, end, value, aux, sink);
      case Op.SpteSet:
        return this.set(MapKind.Spte, subject, first, end, packFrame(value, first, aux), sink);
      case Op.SpteZap:
        return this.zap(subject, first, end, value, sink);
      case Op.RefGet:
        return this.get(subject, first, end, value, aux, sink);
      case Op.RefPut:
        return this.put(subject, first, end, value, aux, sink);
      case Op.Alloc:
        return this.set(MapKind.Cache, subject, first, end, packFrame(value, first, 0), sink);
      case Op.Free:
        return this.set(MapKind.Cache, subject, first, end, ABSENT, sink);
      case Op.InvRange:
        return this.set(MapKind.InvRange, subject, first, end, 1, sink);
      case Op.SlotAdd:
        return this.set(MapKind.Slot, subject, first, end, packSlot(value, aux), sink);
      case Op.SlotRemove:
        return this.removeSlot(subject, first, end, value, sink);
      case Op.Poison:
        return this.set(MapKind.Poison, subject, first, end, 1, sink);
      default:
        // Faults, holes and unmap calls are events, not facts that last: what they change comes as operations
        // of its own.
        return false;
    }
  }

  private set(
    kind: MapKindCode,
    subject: number,
    first: number,
    end: number,
    value: number,
    sink: OverwriteSink | undefined,
  ): boolean {
    return this.map(this.registry.id(kind, subject)).assign(first, end, value, sink);
  }

  private hold(
    kind: MapKindCode,
    subject: number,
    first: number,
    end: number,
    a: number,
    b: number,
    sink: OverwriteSink | undefined,
  ): boolean {
    return this.map(this.registry.id(kind, subject, this.registry.holderId(a, b))).assign(
      first,
      end,
      1,
      sink,
    );
  }

  /**
   * Takes a range from its holder. Where that one has none of it, the event still took it from someone: a
   * thread that converts removes other processes' mappings too. So from the one with the same address, else
   * from the oldest.
   */
  private release(
    kind: MapKindCode,
    subject: number,
    first: number,
    end: number,
    a: number,
    b: number,
    sink: OverwriteSink | undefined,
  ): boolean {
    if (this.find(kind, subject, this.registry.holderId(a, b))?.assign(first, end, ABSENT, sink)) return true;
    const likeness = (holder: Holder): number => {
      if (a >= 0 && holder.a === a && (b <= 0 || holder.b <= 0)) return 2;
      return b > 0 && holder.b === b ? 1 : 0;
    };
    for (const wanted of [2, 1, 0]) {
      for (const id of this.registry.ofSubject(kind, subject)) {
        const map = this.maps[id];
        if (
          !map ||
          map.ranges === 0 ||
          likeness(this.registry.holder(this.registry.names[id]!.holder)) !== wanted
        )
          continue;
        if (map.assign(first, end, ABSENT, sink)) return true;
      }
    }
    return false;
  }

  /** A zap takes away the SPTE it names by its frame; the other root's SPTE at the same gfn stays. */
  private zap(vm: number, first: number, end: number, pfn: number, sink: OverwriteSink | undefined): boolean {
    const map = this.find(MapKind.Spte, vm);
    if (!map) return false;
    if (pfn < 1) return map.assign(first, end, ABSENT, sink);
    const gone: number[] = [];
    map.visit(first, end, (from, until, packed) => {
      const frame = frameAt(packed, from);
      if (frame < 0 || frame === pfn + (from - first)) gone.push(from, until);
    });
    for (let g = 0; g < gone.length; g += 2) map.assign(gone[g]!, gone[g + 1]!, ABSENT, sink);
    return gone.length > 0;
  }

  private get(
    inode: number,
    first: number,
    end: number,
    kind: number,
    tid: number,
    sink: OverwriteSink | undefined,
  ): boolean {
    const map = this.map(this.registry.id(MapKind.Ref, inode, this.registry.holderId(kind, tid)));
    const runs: number[] = [];
    map.visit(first, end, (from, until, count) => void runs.push(from, until, count));
    if (runs.length === 0) return map.assign(first, end, 1, sink);
    map.assign(first, end, 1, sink);
    for (let r = 0; r < runs.length; r += 3) map.assign(runs[r]!, runs[r + 1]!, runs[r + 2]! + 1, sink);
    return true;
  }

  /**
   * A put by another thread than the one that got (a completion interrupt) takes from the oldest holder of
   * that kind.
   */
  private put(
    inode: number,
    first: number,
    end: number,
    kind: number,
    tid: number,
    sink: OverwriteSink | undefined,
  ): boolean {
    const own = this.find(MapKind.Ref, inode, this.registry.holderId(kind, tid));
    if (own && dropOne(own, first, end, sink)) return true;
    for (const id of this.registry.ofSubject(MapKind.Ref, inode)) {
      const map = this.maps[id];
      if (!map || this.registry.holder(this.registry.names[id]!.holder).a !== kind) continue;
      if (dropOne(map, first, end, sink)) return true;
    }
    return false;
  }

  private endInvalidation(vm: number, inProgress: number, sink: OverwriteSink | undefined): boolean {
    this.set(MapKind.InvCount, -1, vm, vm + 1, Math.max(inProgress, 0), sink);
    const seq = this.value(MapKind.InvSeq, -1, vm);
    this.set(MapKind.InvSeq, -1, vm, vm + 1, seq === ABSENT ? 1 : seq + 1, sink);
    if (inProgress <= 0) this.find(MapKind.InvRange, vm)?.assign(-WHOLE, WHOLE, ABSENT, sink);
    return true;
  }

  private removeSlot(
    vm: number,
    first: number,
    end: number,
    slot: number,
    sink: OverwriteSink | undefined,
  ): boolean {
    const map = this.find(MapKind.Slot, vm);
    if (!map) return false;
    const gone: number[] = [];
    map.visit(first, end, (from, until, packed) => {
      if (slot < 0 || slotOf(packed) === slot) gone.push(from, until);
    });
    for (let g = 0; g < gone.length; g += 2) map.assign(gone[g]!, gone[g + 1]!, ABSENT, sink);
    return gone.length > 0;
  }

  private lose(row: number, sink: OverwriteSink | undefined): boolean {
    for (const kind of LOST_KINDS) {
      for (const id of this.registry.ofKind(kind)) this.maps[id]?.assign(-WHOLE, WHOLE, ABSENT, sink);
    }
    const losses = this.value(MapKind.Loss, -1, 1);
    this.set(MapKind.Loss, -1, 0, 1, row, sink);
    this.set(MapKind.Loss, -1, 1, 2, losses === ABSENT ? 1 : losses + 1, sink);
    return true;
  }
}

/** One reference less on each page of the range that has one. */
function dropOne(map: StepMap, first: number, end: number, sink: OverwriteSink | undefined): boolean {
  const runs: number[] = [];
  map.visit(first, end, (from, until, count) => void runs.push(from, until, count));
  for (let r = 0; r < runs.length; r += 3) {
    const left = runs[r + 2]! - 1;
    map.assign(runs[r]!, runs[r + 1]!, left <= 0 ? ABSENT : left, sink);
  }
  return runs.length > 0;
}

/** True when both hold the same facts; maps that hold nothing do not count. */
export function sameState(a: ShimState, b: ShimState): boolean {
  return describeState(a) === describeState(b);
}

/** The whole state as text, one range per line, sorted: for tests and for comparing. */
export function describeState(state: ShimState): string {
  const lines: string[] = [];
  state.maps.forEach((map, id) => {
    if (!map || map.ranges === 0) return;
    const name = state.registry.names[id]!;
    const holder = name.holder < 0 ? undefined : state.registry.holder(name.holder);
    const label = `${name.kind} ${name.subject} ${holder ? `${holder.a}/${holder.b}` : '-'}`;
    map.visit(
      -Infinity,
      Infinity,
      (first, end, value) => void lines.push(`${label} [${first},${end}) ${value}`),
    );
  });
  return lines.sort().join('\n');
}

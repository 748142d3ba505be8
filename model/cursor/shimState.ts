/**
 * The state of the shim after some prefix of the page operations, as range-compressed maps. What an operation
 * does to pages is in pages/fold.ts; what it does around them (slots, VMAs, invalidations) is here.
 * Everything goes through one primitive, {@link StepMap.assign}, whose sink records what was overwritten:
 * that record is all that going backward needs.
 */
import { Attr, Op, OP_BLOCK_LENGTH, OP_BLOCK_SHIFT, type OpCode, type OpLog } from '../ops/oplog.js';
import {
  comesFirst,
  fold,
  isSureMapping,
  mappingFit,
  NO_FIT,
  referenceFit,
  type PageFacts,
} from '../pages/fold.js';
import type { Space } from '../pages/space.js';
import { ABSENT, StepMap, type OverwriteSink } from './stepMap.js';
import {
  MapKind,
  frameAt,
  packFrame,
  packSlot,
  slotOf,
  type Holder,
  type MapKindCode,
  type MapRegistry,
} from './mapRegistry.js';

/** Wider than any range of pages: 2^52 bytes of guest memory are 2^40 frames. */
const WHOLE = 2 ** 51;

/**
 * Facts that a loss of events makes unknown. Slots and poison outlive it: they are not undone silently. So
 * does the phase that a conversion was seen in last.
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

export class ShimState implements PageFacts {
  /** By registry id; a map that never held anything may be missing. */
  readonly maps: (StepMap | undefined)[] = [];
  /**
   * Of the operation that is being applied: who is told what it overwrites, and whether it changed anything.
   */
  private sink: OverwriteSink | undefined;
  private changed = false;

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
    // The block is found once for all columns: a far jump applies thousands of operations.
    const block = ops.blocks[i >>> OP_BLOCK_SHIFT]!;
    const at = i & (OP_BLOCK_LENGTH - 1);
    const op = block.op[at]! as OpCode;
    const subject = block.subject[at]!;
    const first = block.first[at]!;
    const end = Math.min(WHOLE, first + block.count[at]!);
    const value = block.value[at]!;
    const aux = block.aux[at]!;
    this.sink = sink;
    this.changed = false;
    if (!this.applyAround(op, subject, first, end, value, aux))
      fold(this, op, subject, first, end, block.row[at]!, value, aux);
    return this.changed;
  }

  /** What happens around pages; false for an operation on pages themselves. */
  private applyAround(
    op: OpCode,
    subject: number,
    first: number,
    end: number,
    value: number,
    aux: number,
  ): boolean {
    switch (op) {
      case Op.InvStart:
        this.set(MapKind.InvCount, -1, subject, subject + 1, Math.max(value, 0));
        this.set(MapKind.InvRange, subject, first, end, 1);
        return true;
      case Op.InvRange:
        this.set(MapKind.InvRange, subject, first, end, 1);
        return true;
      case Op.InvEnd:
        this.endInvalidation(subject, value);
        return true;
      case Op.SlotAdd:
        this.set(MapKind.Slot, subject, first, end, packSlot(value, aux));
        return true;
      case Op.SlotRemove:
        this.removeSlot(subject, first, end, value);
        return true;
      case Op.VmaAdd:
        this.assign(this.held(MapKind.Vma, subject, value, aux), first, end, 1);
        return true;
      case Op.VmaRemove:
        this.removeVma(subject, first, end, value, aux);
        return true;
      default:
        return false;
    }
  }

  setAttribute(space: Space, subject: number, first: number, end: number, value: number): void {
    const kind = space === 'gfn' ? MapKind.GfnAttr : MapKind.PageAttr;
    this.set(kind, subject, first, end, value === Attr.Unknown ? ABSENT : value);
  }

  setSpte(vm: number, first: number, end: number, pfn: number, level: number): void {
    this.set(MapKind.Spte, vm, first, end, packFrame(pfn, first, level));
  }

  zapSpte(vm: number, first: number, end: number, pfn: number): void {
    this.clearWhere(this.find(MapKind.Spte, vm), first, end, (packed, from) => {
      const frame = frameAt(packed, from);
      return pfn < 0 || frame < 0 || frame === pfn + (from - first);
    });
  }

  doubtSptes(vm: number, first: number, end: number): void {
    this.clearEach(MapKind.Spte, vm, first, end);
  }

  addMapping(inode: number, first: number, end: number, holder: number, address: number): void {
    const map = this.held(MapKind.Mapping, inode, holder, address);
    if (isSureMapping(holder, address)) this.assign(map, first, end, 1);
    else this.addOne(map, first, end);
  }

  removeMapping(inode: number, first: number, end: number, holder: number, address: number): void {
    this.takeOne(MapKind.Mapping, inode, first, end, holder, address);
  }

  clearMappings(inode: number, first: number, end: number): void {
    this.clearEach(MapKind.Mapping, inode, first, end);
  }

  addReference(inode: number, first: number, end: number, kind: number, tid: number): void {
    this.addOne(this.held(MapKind.Ref, inode, kind, tid), first, end);
  }

  removeReference(inode: number, first: number, end: number, kind: number, tid: number): void {
    this.takeOne(MapKind.Ref, inode, first, end, kind, tid);
  }

  clearReferences(inode: number, first: number, end: number): void {
    this.clearEach(MapKind.Ref, inode, first, end);
  }

  enterCache(inode: number, first: number, end: number, pfn: number): void {
    this.set(MapKind.Cache, inode, first, end, packFrame(pfn, first, 0));
  }

  leaveCache(inode: number, first: number, end: number): void {
    this.clear(this.find(MapKind.Cache, inode), first, end);
  }

  setPoison(inode: number, first: number, end: number, poisoned: boolean): void {
    if (poisoned) this.set(MapKind.Poison, inode, first, end, 1);
    else this.clearEach(MapKind.Poison, inode, first, end);
  }

  enterPhase(conversion: number, phase: number): void {
    this.set(MapKind.Phase, -1, conversion, conversion + 1, phase);
  }

  lose(row: number): void {
    for (const kind of LOST_KINDS)
      for (const id of this.registry.ofKind(kind)) this.clear(this.maps[id], -WHOLE, WHOLE);
    const losses = this.value(MapKind.Loss, -1, 1);
    this.set(MapKind.Loss, -1, 0, 1, row);
    this.set(MapKind.Loss, -1, 1, 2, losses === ABSENT ? 1 : losses + 1);
  }

  private assign(map: StepMap, first: number, end: number, value: number): void {
    if (first < end && map.assign(first, end, value, this.sink)) this.changed = true;
  }

  private set(kind: MapKindCode, subject: number, first: number, end: number, value: number): void {
    this.assign(this.map(this.registry.id(kind, subject)), first, end, value);
  }

  private clear(map: StepMap | undefined, first: number, end: number): void {
    if (map && map.ranges > 0) this.assign(map, first, end, ABSENT);
  }

  /** Takes away the pieces of [first, end) whose value and first page are meant. */
  private clearWhere(
    map: StepMap | undefined,
    first: number,
    end: number,
    meant: (value: number, from: number) => boolean,
  ): void {
    if (!map) return;
    if (end - first === 1) {
      const value = map.get(first);
      if (value !== ABSENT && meant(value, first)) this.assign(map, first, end, ABSENT);
      return;
    }
    for (const piece of piecesOf(map, first, end))
      if (meant(piece.value, piece.first)) this.assign(map, piece.first, piece.end, ABSENT);
  }

  /** The map of what a holder has, made when it is new. */
  private held(kind: MapKindCode, inode: number, a: number, b: number): StepMap {
    return this.map(this.registry.id(kind, inode, this.registry.holderId(a, b)));
  }

  /** Clears a range in every map of a kind and inode. */
  private clearEach(kind: MapKindCode, inode: number, first: number, end: number): void {
    // Most traces have no holders at all, and a page is allocated often.
    if (this.registry.ofKind(kind).length === 0) return;
    const single = end - first === 1;
    for (const id of this.registry.ofSubject(kind, inode)) {
      const map = this.maps[id];
      if (map && map.ranges > 0 && !(single && map.get(first) === ABSENT))
        this.assign(map, first, end, ABSENT);
    }
  }

  /** One more on each page of the range. */
  private addOne(map: StepMap, first: number, end: number): void {
    if (end - first === 1) {
      this.assign(map, first, end, Math.max(0, map.get(first)) + 1);
      return;
    }
    const pieces = piecesOf(map, first, end);
    this.assign(map, first, end, 1);
    for (const piece of pieces) this.assign(map, piece.first, piece.end, piece.value + 1);
  }

  /**
   * Takes one from each page of the range: from the named holder where that has one, else from who fits best.
   */
  private takeOne(
    kind: typeof MapKind.Mapping | typeof MapKind.Ref,
    inode: number,
    first: number,
    end: number,
    a: number,
    b: number,
  ): void {
    const named = this.held(kind, inode, a, b);
    const had = end - first === 1 ? named.get(first) : ABSENT;
    if (had !== ABSENT) {
      this.assign(named, first, end, oneLess(had));
      return;
    }
    let open = this.takeFrom(named, [{ first, end }]);
    if (open.length === 0) return;
    for (const map of this.othersThatFit(kind, inode, named, { a, b })) {
      open = this.takeFrom(map, open);
      if (open.length === 0) return;
    }
  }

  /** One less on each page that has one; what of the ranges has none. */
  private takeFrom(map: StepMap, ranges: readonly Range[]): readonly Range[] {
    if (map.ranges === 0) return ranges;
    const left: Range[] = [];
    for (const range of ranges) {
      let at = range.first;
      for (const { first, end, value } of piecesOf(map, range.first, range.end)) {
        if (first > at) left.push({ first: at, end: first });
        at = end;
        this.assign(map, first, end, oneLess(value));
      }
      if (at < range.end) left.push({ first: at, end: range.end });
    }
    return left;
  }

  /** Maps of the other holders that an event can mean, those that fit best first. */
  private othersThatFit(
    kind: typeof MapKind.Mapping | typeof MapKind.Ref,
    inode: number,
    named: StepMap,
    { a, b }: Holder,
  ): readonly StepMap[] {
    const { registry } = this;
    const fitOf = kind === MapKind.Mapping ? mappingFit : referenceFit;
    const others: { readonly map: StepMap; readonly holder: Holder; readonly fit: number }[] = [];
    for (const id of registry.ofSubject(kind, inode)) {
      const map = this.maps[id];
      if (!map || map === named || map.ranges === 0) continue;
      const holder = registry.holder(registry.names[id]!.holder);
      const fit = fitOf(holder.a, holder.b, a, b);
      if (fit > NO_FIT) others.push({ map, holder, fit });
    }
    // Ids go by age.
    const tie = (x: Holder, y: Holder): number => {
      if (kind === MapKind.Ref) return 0;
      return comesFirst(x.a, x.b, y.a, y.b) ? -1 : 1;
    };
    return others.sort((x, y) => y.fit - x.fit || tie(x.holder, y.holder)).map(({ map }) => map);
  }

  private endInvalidation(vm: number, inProgress: number): void {
    this.set(MapKind.InvCount, -1, vm, vm + 1, Math.max(inProgress, 0));
    const seq = this.value(MapKind.InvSeq, -1, vm);
    this.set(MapKind.InvSeq, -1, vm, vm + 1, seq === ABSENT ? 1 : seq + 1);
    if (inProgress <= 0) this.clear(this.find(MapKind.InvRange, vm), -WHOLE, WHOLE);
  }

  private removeSlot(vm: number, first: number, end: number, slot: number): void {
    this.clearWhere(this.find(MapKind.Slot, vm), first, end, (packed) => slot < 0 || slotOf(packed) === slot);
  }

  /**
   * Takes pages from a VMA: from the one that is named, else from the first that fits and has any of them.
   */
  private removeVma(inode: number, first: number, end: number, tgid: number, address: number): void {
    const { registry } = this;
    this.clear(this.find(MapKind.Vma, inode, registry.holderId(tgid, address)), first, end);
    for (const fit of [2, 1, 0]) {
      for (const id of registry.ofSubject(MapKind.Vma, inode)) {
        if (this.changed) return;
        const holder = registry.holder(registry.names[id]!.holder);
        if (mappingFit(holder.a, holder.b, tgid, address) === fit) this.clear(this.maps[id], first, end);
      }
    }
  }
}

function oneLess(count: number): number {
  return count > 1 ? count - 1 : ABSENT;
}

interface Range {
  readonly first: number;
  readonly end: number;
}

/** The ranges with a value that meet [first, end), clipped to it: for who changes the map meanwhile. */
function piecesOf(map: StepMap, first: number, end: number): (Range & { readonly value: number })[] {
  const pieces: (Range & { readonly value: number })[] = [];
  map.visit(first, end, (from, until, value) => {
    pieces.push({ first: from, end: until, value });
    return undefined;
  });
  return pieces;
}

/** True when both hold the same facts; maps that hold nothing do not count. */
export function sameState(a: ShimState, b: ShimState): boolean {
  return stateText(a) === stateText(b);
}

/** All maps as text, one range per line, sorted: for tests and for comparing. */
export function stateText(state: ShimState): string {
  const lines: string[] = [];
  state.maps.forEach((map, id) => {
    if (!map || map.ranges === 0) return;
    const name = state.registry.names[id]!;
    const holder = name.holder < 0 ? undefined : state.registry.holder(name.holder);
    const label = `${name.kind} ${name.subject} ${holder ? `${holder.a}/${holder.b}` : '-'}`;
    for (const { first, end, value } of piecesOf(map, -Infinity, Infinity))
      lines.push(`${label} [${first},${end}) ${value}`);
  });
  return lines.sort().join('\n');
}

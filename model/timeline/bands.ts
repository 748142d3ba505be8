/**
 * Bands: what held for which pages from when until when, as rectangles of (atoms, rows) with a value, one
 * layer each for attribute, SPTE level, user mappings and references. A layer's rectangles never overlap, and
 * a rectangle is cut only along the page axis, so each still begins where its state began.
 */
import { BitSet } from './bits.js';

/** Rectangle i is at index `i & (BAND_BLOCK - 1)` of block `i >>> BAND_SHIFT`. */
const BAND_SHIFT = 14;
export const BAND_BLOCK = 1 << BAND_SHIFT;
/** Greater than every atom and every row. */
const BEYOND = 0xffffffff;
/** Until of a rectangle that is still open. */
export const OPEN = BEYOND;
/** Counts of mappings and references saturate here. */
const VALUE_MAX = 255;

/** A run of rectangles as columns, with the box around them. */
export interface BandBlock {
  length: number;
  /** Atoms [a0, a1). */
  readonly a0: Uint32Array;
  readonly a1: Uint32Array;
  /** Rows [from, until): the state was entered by the event `from`, and left by the event `until`. */
  readonly from: Uint32Array;
  readonly until: Uint32Array;
  readonly value: Uint8Array;
  minAtom: number;
  maxAtom: number;
  minRow: number;
  maxRow: number;
}

export class BandStore {
  readonly blocks: BandBlock[] = [];
  length = 0;

  push(a0: number, a1: number, from: number, until: number, value: number): number {
    const i = this.length & (BAND_BLOCK - 1);
    if (i === 0) {
      this.blocks.push({
        length: 0,
        a0: new Uint32Array(BAND_BLOCK),
        a1: new Uint32Array(BAND_BLOCK),
        from: new Uint32Array(BAND_BLOCK),
        until: new Uint32Array(BAND_BLOCK),
        value: new Uint8Array(BAND_BLOCK),
        minAtom: 0,
        maxAtom: 0,
        minRow: 0,
        maxRow: 0,
      });
    }
    const b = this.blocks[this.blocks.length - 1]!;
    b.a0[i] = a0;
    b.a1[i] = a1;
    b.from[i] = from;
    b.until[i] = until;
    b.value[i] = value;
    b.length++;
    return this.length++;
  }

  block(i: number): BandBlock {
    return this.blocks[i >>> BAND_SHIFT]!;
  }

  /** For rectangles that begin and end at one row: keeps that row once. */
  mergeEnds(): void {
    for (const [i, b] of this.blocks.entries()) this.blocks[i] = { ...b, until: b.from };
  }

  /** Ends what is open at `endRow`, and draws the box around each block. */
  finish(endRow: number): void {
    for (const b of this.blocks) {
      let minAtom = BEYOND;
      let maxAtom = 0;
      let minRow = BEYOND;
      let maxRow = 0;
      for (let i = 0; i < b.length; i++) {
        if (b.until[i] === OPEN) b.until[i] = endRow;
        minAtom = Math.min(minAtom, b.a0[i]!);
        maxAtom = Math.max(maxAtom, b.a1[i]!);
        minRow = Math.min(minRow, b.from[i]!);
        maxRow = Math.max(maxRow, b.until[i]!);
      }
      b.minAtom = minAtom;
      b.maxAtom = maxAtom;
      b.minRow = minRow;
      b.maxRow = maxRow;
    }
  }
}

/** What holds now: open rectangles by their first atom. Assigning to a range costs what it replaces. */
export class BandSweep {
  private readonly starts: BitSet;
  private readonly open: Int32Array;
  store = new BandStore();

  constructor(atomCount: number) {
    this.starts = new BitSet(atomCount + 1);
    this.open = new Int32Array(atomCount + 1);
  }

  /** Nothing is open, and what follows goes to a store of its own; the old one is the caller's. */
  restart(): void {
    this.starts.clearAll();
    this.store = new BandStore();
  }

  /** The range has `value` from `row` on; a piece that has exactly this value already goes on. */
  assign(a0: number, a1: number, value: number, row: number): void {
    if (this.starts.next(a0) === a0) {
      const r = this.open[a0]!;
      const b = this.store.block(r);
      const i = r & (BAND_BLOCK - 1);
      if (b.a1[i] === a1 && b.value[i] === value) return;
    }
    this.carve(a0, a1, row);
    this.put(a0, a1, row, value);
  }

  /** Nothing holds for the range from `row` on. */
  carve(a0: number, a1: number, row: number): void {
    this.split(a0);
    this.split(a1);
    for (let s = this.starts.next(a0); s >= 0 && s < a1; s = this.starts.next(s + 1)) this.end(s, row);
  }

  /** Nothing holds for anything from `row` on. */
  clearAll(row: number): void {
    for (let s = this.starts.next(0); s >= 0; s = this.starts.next(s + 1)) this.end(s, row);
  }

  /** Adds to the count that the range has; what has none counts 0, and no count falls below it. */
  add(a0: number, a1: number, delta: number, row: number): void {
    this.split(a0);
    this.split(a1);
    let lastFrom = -1;
    let lastUntil = -1;
    let lastValue = 0;
    for (let at = a0; at < a1; ) {
      const s = this.starts.next(at);
      let until = s < 0 || s >= a1 ? a1 : s;
      let value = 0;
      if (s === at) {
        const r = this.open[s]!;
        until = this.store.block(r).a1[r & (BAND_BLOCK - 1)]!;
        value = this.store.block(r).value[r & (BAND_BLOCK - 1)]!;
        this.end(s, row);
      }
      value = Math.min(VALUE_MAX, Math.max(0, value + delta));
      if (lastUntil === at && lastValue === value) lastUntil = until;
      else {
        if (lastFrom >= 0 && lastValue > 0) this.put(lastFrom, lastUntil, row, lastValue);
        lastFrom = at;
        lastUntil = until;
        lastValue = value;
      }
      at = until;
    }
    if (lastFrom >= 0 && lastValue > 0) this.put(lastFrom, lastUntil, row, lastValue);
  }

  /** Calls back with what is open, in atom order. */
  eachOpen(see: (a0: number, a1: number, value: number) => void): void {
    for (let s = this.starts.next(0); s >= 0; s = this.starts.next(s + 1)) {
      const r = this.open[s]!;
      const b = this.store.block(r);
      see(s, b.a1[r & (BAND_BLOCK - 1)]!, b.value[r & (BAND_BLOCK - 1)]!);
    }
  }

  private put(a0: number, a1: number, row: number, value: number): void {
    this.open[a0] = this.store.push(a0, a1, row, OPEN, value);
    this.starts.set(a0);
  }

  private end(start: number, row: number): void {
    const r = this.open[start]!;
    this.store.block(r).until[r & (BAND_BLOCK - 1)] = row;
    this.starts.clear(start);
  }

  /** Cuts the open rectangle that has `atom` inside, along the page axis. */
  private split(atom: number): void {
    if (atom === 0) return;
    const s = this.starts.previous(atom - 1);
    if (s < 0) return;
    const r = this.open[s]!;
    const b = this.store.block(r);
    const i = r & (BAND_BLOCK - 1);
    const a1 = b.a1[i]!;
    if (a1 <= atom) return;
    b.a1[i] = atom;
    this.open[atom] = this.store.push(atom, a1, b.from[i]!, OPEN, b.value[i]!);
    this.starts.set(atom);
  }
}

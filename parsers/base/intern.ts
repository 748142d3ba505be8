/**
 * Byte slices to small ids: comms, event and symbol names. One open-addressed table over one byte arena, so
 * that the hot path neither decodes nor allocates; strings are made only when something is shown.
 */
import { assert } from './assert.js';

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;
/** A power of two. */
const SLOTS_AT_FIRST = 1 << 8;
const ARENA_AT_FIRST = 1 << 12;

const decoder = new TextDecoder('utf-8');
const encoder = new TextEncoder();

/** Slices one after another, and where each ends. */
export interface Slices {
  readonly bytes: Uint8Array;
  readonly ends: Uint32Array;
}

export class Interner {
  private slots = new Int32Array(SLOTS_AT_FIRST).fill(-1);
  private hashes: number[] = [];
  private starts: number[] = [];
  private ends: number[] = [];
  private arena = new Uint8Array(ARENA_AT_FIRST);
  private used = 0;
  private readonly strings: (string | undefined)[] = [];

  /** Number of distinct slices seen; ids are 0..size-1 in order of first appearance. */
  get size(): number {
    return this.starts.length;
  }

  /** The slices one after another, and where each ends: it can be written down, and read by {@link of}. */
  get slices(): Slices {
    return { bytes: this.arena.subarray(0, this.used), ends: Uint32Array.from(this.ends) };
  }

  /** A copy of the slices from id `first` on, for {@link goOn}. */
  slicesFrom(first: number): Slices {
    const start = this.starts[first] ?? this.used;
    const ends = Uint32Array.from(this.ends.slice(first), (end) => end - start);
    return { bytes: this.arena.slice(start, this.used), ends };
  }

  /** The ids of slices that were written down; undefined where they are none, or not distinct. */
  static of(bytes: Uint8Array, ends: Uint32Array): Interner | undefined {
    const interner = new Interner();
    return interner.goOn({ bytes, ends }) ? interner : undefined;
  }

  /** Adds slices, which get the next ids; false, with some of them added, where they are none, or known. */
  goOn({ bytes, ends }: Slices): boolean {
    let start = 0;
    for (const end of ends) {
      const id = this.size;
      if (end < start || end > bytes.length || this.intern(bytes, start, end) !== id) return false;
      start = end;
    }
    return true;
  }

  /** Id of bytes[start, end), adding it when new. */
  intern(bytes: Uint8Array, start: number, end: number): number {
    // FNV over four bytes at a time: names are short, and a multiplication a byte would cost more than all
    // the rest.
    let h = FNV_OFFSET;
    let i = start;
    for (; i + 4 <= end; i += 4) {
      const word = bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
      h = Math.imul(h ^ word, FNV_PRIME);
      h ^= h >>> 15;
    }
    for (; i < end; i++) h = Math.imul(h ^ bytes[i]!, FNV_PRIME);
    h = (h ^ (h >>> 13)) >>> 0;
    const mask = this.slots.length - 1;
    let slot = h & mask;
    for (let id = this.slots[slot]!; id >= 0; id = this.slots[slot]!) {
      if (this.hashes[id] === h && this.equals(id, bytes, start, end)) return id;
      slot = (slot + 1) & mask;
    }
    const id = this.add(h, bytes, start, end);
    if (this.starts.length * 2 > this.slots.length) this.rehash();
    else this.slots[slot] = id;
    return id;
  }

  internString(text: string): number {
    const bytes = encoder.encode(text);
    return this.intern(bytes, 0, bytes.length);
  }

  /** True when slice `id` has exactly these bytes. */
  equals(id: number, bytes: Uint8Array, start: number, end: number): boolean {
    const s = this.starts[id]!;
    const n = this.ends[id]! - s;
    if (n !== end - start) return false;
    for (let i = 0; i < n; i++) if (this.arena[s + i] !== bytes[start + i]) return false;
    return true;
  }

  /** The slice as text; invalid UTF-8 becomes U+FFFD. */
  text(id: number): string {
    assert(id >= 0 && id < this.size, `intern id ${id} of ${this.size}`);
    const known = this.strings[id];
    if (known !== undefined) return known;
    const text = decoder.decode(this.arena.subarray(this.starts[id]!, this.ends[id]!));
    this.strings[id] = text;
    return text;
  }

  private add(h: number, bytes: Uint8Array, start: number, end: number): number {
    const n = end - start;
    if (this.used + n > this.arena.length) {
      const bigger = new Uint8Array(Math.max(this.arena.length * 2, this.used + n));
      bigger.set(this.arena.subarray(0, this.used));
      this.arena = bigger;
    }
    this.arena.set(bytes.subarray(start, end), this.used);
    const id = this.starts.length;
    this.hashes.push(h);
    this.starts.push(this.used);
    this.used += n;
    this.ends.push(this.used);
    return id;
  }

  private rehash(): void {
    const mask = this.slots.length * 2 - 1;
    this.slots = new Int32Array(mask + 1).fill(-1);
    for (let id = 0; id < this.hashes.length; id++) {
      let slot = this.hashes[id]! & mask;
      while (this.slots[slot]! >= 0) slot = (slot + 1) & mask;
      this.slots[slot] = id;
    }
  }
}

/**
 * Atoms: the largest page ranges that no operation ever tells apart. They are what rows are made of, so that
 * 64 GiB converted at once are one atom, and every later structure is sized by what happened, not by the
 * guest's memory.
 *
 * Boundaries are collected as bits in chunks of pages, which makes both collecting them and finding the atom
 * of a page a few array reads. A space whose boundaries scatter over more chunks than the limit keeps new
 * ones at chunk granularity: its picture is coarser there, and memory stays bounded whatever a trace claims.
 */
import { assert } from '../../parsers/base/assert.js';
import { BIT_MASK, lowestBit, WORD_BITS, WORD_SHIFT } from './bits.js';

const CHUNK_SHIFT = 15;
const CHUNK_PAGES = 1 << CHUNK_SHIFT;
const CHUNK_WORDS = CHUNK_PAGES / WORD_BITS;
/** Chunks with a bit map, over all spaces: 4 KiB each. */
const CHUNKS_MAX = 1 << 15;

interface SpaceBits {
  readonly chunks: Map<number, Uint32Array>;
}

/** Collects boundaries; {@link finish} numbers the atoms. */
export class AtomBuilder {
  private readonly spaces: SpaceBits[] = [];
  private chunkCount = 0;
  private lastSpace = -1;
  private lastKey = -1;
  private lastChunk: Uint32Array | undefined;

  constructor(spaceCount: number) {
    for (let i = 0; i < spaceCount; i++) this.spaces.push({ chunks: new Map() });
  }

  /** Marks `[first, first + count)` of a space as told apart from what is beside it. */
  add(space: number, first: number, count: number): void {
    this.bound(space, first);
    this.bound(space, first + count);
  }

  private bound(space: number, page: number): void {
    const key = Math.floor(page / CHUNK_PAGES);
    if (space !== this.lastSpace || key !== this.lastKey) {
      this.lastSpace = space;
      this.lastKey = key;
      this.lastChunk = this.chunk(space, key);
    }
    const bit = this.lastChunk!.length === 1 ? 0 : page - key * CHUNK_PAGES;
    this.lastChunk![bit >>> WORD_SHIFT]! |= 1 << (bit & BIT_MASK);
  }

  private chunk(space: number, key: number): Uint32Array {
    const { chunks } = this.spaces[space]!;
    let bits = chunks.get(key);
    if (!bits) {
      // Past the limit a chunk has one bit, for its first page.
      bits = new Uint32Array(this.chunkCount < CHUNKS_MAX ? CHUNK_WORDS : 1);
      this.chunkCount++;
      chunks.set(key, bits);
    }
    return bits;
  }

  /** `mirrored` are spaces whose atoms there are once more, in spaces of their own behind the others. */
  finish(mirrored: readonly number[] = []): Atoms {
    return new Atoms([...this.spaces, ...mirrored.map((s) => this.spaces[s]!)].map((s) => s.chunks));
  }
}

/** Page numbers: four bytes each where they fit, as they do below 16 TiB of guest memory. */
export type PageNumbers = Uint32Array | Float64Array;

interface RankedChunk {
  readonly bits: Uint32Array;
  /** Atoms before each word. */
  readonly ranks: Uint32Array;
}

/**
 * Numbered atoms: those of a space are consecutive, in page order; the last of a space has no end and nothing
 * in it.
 */
export class Atoms {
  /** First page of each atom. */
  readonly start: PageNumbers;
  /** First atom of each space, and the total at the end. */
  readonly spaceStart: Uint32Array;
  private readonly ranked: Map<number, RankedChunk>[] = [];
  private readonly keys: Float64Array[] = [];
  private lastSpace = -1;
  private lastKey = -1;
  private lastChunk: RankedChunk | undefined;

  constructor(spaces: readonly Map<number, Uint32Array>[]) {
    let total = 0;
    for (const chunks of spaces) for (const bits of chunks.values()) total += countBits(bits);
    let lastKey = 0;
    for (const chunks of spaces) for (const key of chunks.keys()) lastKey = Math.max(lastKey, key);
    this.start = (lastKey + 1) * CHUNK_PAGES <= 2 ** 32 ? new Uint32Array(total) : new Float64Array(total);
    this.spaceStart = new Uint32Array(spaces.length + 1);
    let atom = 0;
    for (let s = 0; s < spaces.length; s++) {
      this.spaceStart[s] = atom;
      const keys = Float64Array.from(spaces[s]!.keys()).sort();
      const ranked = new Map<number, RankedChunk>();
      for (const key of keys) {
        const bits = spaces[s]!.get(key)!;
        const ranks = new Uint32Array(bits.length);
        atom = this.number(bits, ranks, key * CHUNK_PAGES, atom);
        ranked.set(key, { bits, ranks });
      }
      this.ranked.push(ranked);
      this.keys.push(keys);
    }
    this.spaceStart[spaces.length] = atom;
    assert(atom === total, 'atoms numbered');
  }

  get length(): number {
    return this.start.length;
  }

  private number(bits: Uint32Array, ranks: Uint32Array, firstPage: number, firstAtom: number): number {
    let atom = firstAtom;
    for (let w = 0; w < bits.length; w++) {
      ranks[w] = atom;
      for (let rest = bits[w]!; rest !== 0; rest &= rest - 1) {
        this.start[atom++] = firstPage + w * WORD_BITS + lowestBit(rest);
      }
    }
    return atom;
  }

  /** First atom of a space that starts at or after a page; for a boundary, the atom that it starts. */
  at(space: number, page: number): number {
    const key = Math.floor(page / CHUNK_PAGES);
    if (space !== this.lastSpace || key !== this.lastKey) {
      this.lastSpace = space;
      this.lastKey = key;
      this.lastChunk = this.ranked[space]!.get(key);
    }
    const chunk = this.lastChunk;
    if (!chunk) return this.afterKey(space, key);
    if (chunk.bits.length === 1) return chunk.ranks[0]!;
    const bit = page - key * CHUNK_PAGES;
    const below = chunk.bits[bit >>> WORD_SHIFT]! & ((1 << (bit & BIT_MASK)) - 1);
    return chunk.ranks[bit >>> WORD_SHIFT]! + popCount(below);
  }

  /** The atom that holds a page, -1 when the page lies before the space's first boundary. */
  holding(space: number, page: number): number {
    const from = this.spaceStart[space]!;
    const until = this.spaceStart[space + 1]!;
    let lo = from - 1;
    let hi = until - 1;
    while (lo < hi) {
      const mid = (lo + hi + 1) >> 1;
      if (this.start[mid]! <= page) lo = mid;
      else hi = mid - 1;
    }
    return lo < from ? -1 : lo;
  }

  /** The space of an atom. */
  spaceOf(atom: number): number {
    let lo = 0;
    let hi = this.spaceStart.length - 2;
    while (lo < hi) {
      const mid = (lo + hi + 1) >> 1;
      if (this.spaceStart[mid]! <= atom) lo = mid;
      else hi = mid - 1;
    }
    return lo;
  }

  /** Atom of the first boundary in a chunk after `key`. */
  private afterKey(space: number, key: number): number {
    const keys = this.keys[space]!;
    let lo = 0;
    let hi = keys.length;
    while (lo < hi) {
      const mid = (lo + hi) >>> 1;
      if (keys[mid]! <= key) lo = mid + 1;
      else hi = mid;
    }
    return lo === keys.length ? this.spaceStart[space + 1]! : this.ranked[space]!.get(keys[lo]!)!.ranks[0]!;
  }
}

function popCount(word: number): number {
  let x = word - ((word >>> 1) & 0x55555555);
  x = (x & 0x33333333) + ((x >>> 2) & 0x33333333);
  return Math.imul((x + (x >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

function countBits(bits: Uint32Array): number {
  let n = 0;
  for (let i = 0; i < bits.length; i++) n += popCount(bits[i]!);
  return n;
}

/** Damage to bytes, by a seed: the same seed makes the same damage. */

/** Numbers in [0, 1) from a seed (mulberry32). */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const EDGES = [
  0, 1, 7, 8, 9, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff,
] as const;

/**
 * The bytes cut short, with bits flipped, or with a length-like number written somewhere; in
 * the first `head` bytes half of the time.
 */
export function mutate(bytes: Uint8Array, seed: number, head: number): Uint8Array {
  const next = random(seed);
  const place = (): number =>
    Math.floor(next() * (next() < 0.5 ? Math.min(head, bytes.length) : bytes.length));
  const how = next();
  if (how < 0.25) return bytes.slice(0, Math.floor(next() * bytes.length));
  const out = bytes.slice();
  const count = 1 + Math.floor(next() * 8);
  for (let i = 0; i < count; i++) {
    if (how < 0.6) out[place()]! ^= 1 << Math.floor(next() * 8);
    else writeEdge(out, place() & ~1, EDGES[Math.floor(next() * EDGES.length)]!, 2 << Math.floor(next() * 3));
  }
  return out;
}

function writeEdge(out: Uint8Array, at: number, value: number, size: number): void {
  // A number of eight bytes is minus one where its lower half is: a length that lies most.
  const upper = value === 0xffffffff ? 0xff : 0;
  for (let i = 0; i < size && at + i < out.length; i++)
    out[at + i] = i < 4 ? (value >>> (8 * i)) & 0xff : upper;
}

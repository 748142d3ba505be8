/** Copies of what objects hold, down to the last: what goes on with a copy leaves the original as it is. */
import { assert } from './assert.js';

/**
 * A copy of `root` and of all that it leads to, in which everything leads where it does in the original. What
 * stands first in a pair of `given` is not copied: the second takes its place. Functions and objects of the
 * host other than arrays, maps, sets and typed arrays cannot be copied, and must not be met.
 */
export function copyOf<T extends object>(root: T, given: Iterable<readonly [object, object]> = []): T {
  const copier = new Copier(given);
  const copy = copier.of(root) as T;
  copier.fill();
  return copy;
}

class Copier {
  private readonly copies: Map<object, object>;
  /** Copies that are empty yet, with their originals: chains of objects may be longer than any stack. */
  private readonly empty: [from: object, to: object][] = [];

  constructor(given: Iterable<readonly [object, object]>) {
    this.copies = new Map(given);
  }

  of(value: unknown): unknown {
    assert(typeof value !== 'function', 'a function cannot be copied');
    if (typeof value !== 'object' || value === null) return value;
    const known = this.copies.get(value);
    if (known) return known;
    const copy = this.made(value);
    this.copies.set(value, copy);
    return copy;
  }

  private made(value: object): object {
    if (value instanceof ArrayBuffer) return value.slice(0);
    if (ArrayBuffer.isView(value)) return this.view(value as Uint8Array);
    const copy = emptyLike(value);
    this.empty.push([value, copy]);
    return copy;
  }

  /** Columns are cut off one piece of memory: so are their copies. */
  private view(view: Uint8Array): object {
    if (isShared(view.buffer)) return view;
    const type = view.constructor as Uint8ArrayConstructor;
    return new type(this.of(view.buffer) as ArrayBuffer, view.byteOffset, view.length);
  }

  fill(): void {
    for (let next = this.empty.pop(); next; next = this.empty.pop()) this.fillOne(...next);
  }

  private fillOne(from: object, to: object): void {
    if (Array.isArray(from)) {
      // Leaves the holes that are there.
      from.forEach((value, i) => {
        (to as unknown[])[i] = this.of(value);
      });
    } else if (from instanceof Map) {
      for (const [key, value] of from) (to as Map<unknown, unknown>).set(this.of(key), this.of(value));
    } else if (from instanceof Set) {
      for (const value of from) (to as Set<unknown>).add(this.of(value));
    } else {
      for (const [key, value] of Object.entries(from)) (to as Record<string, unknown>)[key] = this.of(value);
    }
  }
}

/** True for memory that threads share: a copy has the same view of it, by which it may be known. */
function isShared(buffer: ArrayBufferLike): boolean {
  return typeof SharedArrayBuffer === 'function' && buffer instanceof SharedArrayBuffer;
}

function emptyLike(value: object): object {
  if (Array.isArray(value)) return new Array<unknown>(value.length);
  if (value instanceof Map) return new Map();
  if (value instanceof Set) return new Set();
  return Object.create(Object.getPrototypeOf(value) as object) as object;
}

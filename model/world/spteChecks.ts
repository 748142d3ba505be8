/** Checks that wait for what comes of SPTEs, in columns: a page that is judged so often has one. */
import type { SpteWaiter } from './spte.js';

const FIRST_CHECKS = 8;

export class SpteChecks {
  private readonly waiters: SpteWaiter[] = [];
  /** By the number of an SPTE's record: the first of its checks, 0 for none. */
  private heads = new Int32Array(0);
  private waiterOf = new Uint8Array(0);
  private numbers = new Uint32Array(0);
  /** The next one of the same SPTE, or of those that are free; 0 for none. */
  private nexts = new Int32Array(0);
  /** Check 0 stands for none. */
  private used = 1;
  private free = 0;
  private count = 0;

  add(record: number, waiter: SpteWaiter, number: number): void {
    if (record >= this.heads.length) this.heads = grown(this.heads, new Int32Array(2 * record));
    const at = this.allot();
    this.waiterOf[at] = this.indexOf(waiter);
    this.numbers[at] = number;
    this.nexts[at] = 0;
    this.count++;
    let last = this.heads[record]!;
    if (last === 0) this.heads[record] = at;
    else {
      while (this.nexts[last] !== 0) last = this.nexts[last]!;
      this.nexts[last] = at;
    }
  }

  /** Tells those of a record what came of it, and takes them out. */
  settle(record: number, wasPresent: boolean, row: number): void {
    this.takeOut(record, (waiter, number) => waiter.settled(number, wasPresent, row));
  }

  /** Takes those of a record out, of which nothing is known. */
  drop(record: number): void {
    this.takeOut(record, () => undefined);
  }

  has(record: number): boolean {
    return this.count > 0 && this.heads[record]! > 0;
  }

  clear(): void {
    this.heads = new Int32Array(0);
    this.used = 1;
    this.free = 0;
    this.count = 0;
  }

  private takeOut(record: number, tell: (waiter: SpteWaiter, number: number) => void): void {
    if (!this.has(record)) return;
    let at = this.heads[record]!;
    this.heads[record] = 0;
    while (at !== 0) {
      const next = this.nexts[at]!;
      this.nexts[at] = this.free;
      this.free = at;
      this.count--;
      tell(this.waiters[this.waiterOf[at]!]!, this.numbers[at]!);
      at = next;
    }
  }

  private indexOf(waiter: SpteWaiter): number {
    const known = this.waiters.indexOf(waiter);
    return known >= 0 ? known : this.waiters.push(waiter) - 1;
  }

  private allot(): number {
    const at = this.free;
    if (at !== 0) {
      this.free = this.nexts[at]!;
      return at;
    }
    if (this.used >= this.numbers.length) {
      const size = Math.max(FIRST_CHECKS, 2 * this.numbers.length);
      this.waiterOf = grown(this.waiterOf, new Uint8Array(size));
      this.numbers = grown(this.numbers, new Uint32Array(size));
      this.nexts = grown(this.nexts, new Int32Array(size));
    }
    return this.used++;
  }
}

function grown<T extends { set(from: T): void }>(from: T, to: T): T {
  to.set(from);
  return to;
}

/**
 * The event under the replay's hand: one mutable object for the whole run, so that no event costs an
 * allocation.
 */
import type { Gfn, Pfn, Pgoff } from '../../parsers/base/units.js';
import { FAILED_SHIFT, hasFailed, wordsBelow } from '../../parsers/events/slots.js';
import { SEGMENT_ROWS, type Segment } from '../../parsers/events/segment.js';

const TWO_TO_32 = 2 ** 32;
const MAX_UINT32 = 0xffffffff;
/**
 * The part of a pointer's high word that tells kernel addresses apart: bits 32 to 51, up to where those of
 * arm64 with 52 bits differ. What lies above is one for all structures of a kernel.
 */
const POINTER_HIGH = 0xfffff;
const POINTER_TOP_SHIFT = 20;

const NO_POOL: Uint32Array = new Uint32Array(1);

export class Ev {
  row = 0;
  tid = -1;
  tgid = -1;
  /** The words of the slot that was looked up last, as signed numbers, which engines need not box. */
  low = 0;
  high = 0;
  private seg: Segment | undefined;
  /** The payloads of that segment, and whether they are packed. */
  private pool = NO_POOL;
  private isPacked = false;
  private i = 0;
  private p = 0;

  get ts(): number {
    return this.seg!.ts[this.i]!;
  }
  get cpu(): number {
    return this.seg!.cpu[this.i]!;
  }

  /** Points at row `i` of `seg`, which is the table's segment number `segmentIndex`. */
  point(seg: Segment, segmentIndex: number, i: number): void {
    if (seg !== this.seg) {
      this.seg = seg;
      this.pool = seg.pool;
      this.isPacked = seg.isPacked;
    }
    this.row = segmentIndex * SEGMENT_ROWS + i;
    this.i = i;
    this.tid = seg.tid[i]!;
    this.tgid = seg.tgid[i]!;
    this.p = seg.payload[i]!;
  }

  /** Slot as an unsigned number, -1 when absent; exact below 2^53. */
  num(slot: number): number {
    const { pool, p } = this;
    const head = pool[p]!;
    if ((head & (1 << slot)) === 0) return -1;
    if (!this.isPacked) return this.unpacked(slot);
    const at = p + 1 + wordsBelow(head, slot);
    return (head & (1 << (slot + FAILED_SHIFT))) === 0 ? pool[at]! : pool[at + 1]! * TWO_TO_32 + pool[at]!;
  }

  /** The same of a slot that is there, where payloads are not packed. */
  private unpacked(slot: number): number {
    const at = this.p + 1 + 2 * slot;
    return this.pool[at + 1]! * TWO_TO_32 + this.pool[at]!;
  }

  /** The same of a slot that holds a guest frame, a page of a file or a host frame; -1 when absent. */
  gfn(slot: number): Gfn {
    return this.num(slot) as Gfn;
  }
  pgoff(slot: number): Pgoff {
    return this.num(slot) as Pgoff;
  }
  pfn(slot: number): Pfn {
    return this.num(slot) as Pfn;
  }

  has(slot: number): boolean {
    return (this.pool[this.p]! & (1 << slot)) !== 0;
  }

  /** True for a slot that the event has, but that holds no data: the kernel could not fetch it. */
  failed(slot: number): boolean {
    return hasFailed(this.seg!, this.p, slot);
  }

  /**
   * Slot as a signed number, `absent` when not there. A 32-bit return that a probe printed unsigned is
   * sign-extended.
   */
  signed(slot: number, absent: number): number {
    if (!this.has(slot)) return absent;
    const high = this.hi(slot) | 0;
    const low = this.lo(slot);
    // A return of 32 bits that was printed unsigned.
    return high === 0 ? low | 0 : high * TWO_TO_32 + low;
  }

  /** Low and high words of a slot; both 0 when absent. */
  lo(slot: number): number {
    const { pool, p } = this;
    const head = pool[p]!;
    if ((head & (1 << slot)) === 0) return 0;
    return pool[p + 1 + (this.isPacked ? wordsBelow(head, slot) : 2 * slot)]!;
  }
  hi(slot: number): number {
    const { pool, p } = this;
    const head = pool[p]!;
    if ((head & (1 << slot)) === 0) return 0;
    if (!this.isPacked) return pool[p + 2 + 2 * slot]!;
    return (head & (1 << (slot + FAILED_SHIFT))) === 0 ? 0 : pool[p + 2 + wordsBelow(head, slot)]!;
  }

  /** Looks a slot up for both of its words, as {@link low} and {@link high}; false where it is absent. */
  look(slot: number): boolean {
    const { pool, p } = this;
    const head = pool[p]!;
    this.low = 0;
    this.high = 0;
    if ((head & (1 << slot)) === 0) return false;
    const at = p + 1 + (this.isPacked ? wordsBelow(head, slot) : 2 * slot);
    this.low = pool[at]! | 0;
    if (!this.isPacked || (head & (1 << (slot + FAILED_SHIFT))) !== 0) this.high = pool[at + 1]! | 0;
    return true;
  }

  /** True for what has its high word full of ones: ~0, an error pointer, a negative number. */
  isHuge(slot: number): boolean {
    return this.hi(slot) === MAX_UINT32;
  }

  /**
   * A kernel pointer as a number that identifies it: the low 52 bits, which is all that differs between
   * addresses of one kernel. -1 when absent, also for NULL.
   */
  pointer(slot: number): number {
    if (!this.look(slot)) return -1;
    const key = (this.high & POINTER_HIGH) * TWO_TO_32 + (this.low >>> 0);
    return key === 0 ? -1 : key;
  }

  /** The bits of a pointer above those of {@link pointer}; 0xfff for most kernels' addresses. */
  pointerTop(slot: number): number {
    return this.hi(slot) >>> POINTER_TOP_SHIFT;
  }
}

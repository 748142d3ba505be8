/** Columns of rows that a kernel in WebAssembly made at once, and how they come to stand in a table. */
import type { Segment } from './segment.js';

interface Value {
  readonly value: number;
}

/** Where a kernel has its columns, each with room for ROWS. */
interface Places {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly ROWS: Value;
  readonly TS: Value;
  readonly TID: Value;
  readonly TGID: Value;
  readonly COMM: Value;
  readonly NAME: Value;
  readonly PAYLOAD: Value;
  readonly CPU: Value;
  readonly KIND: Value;
  readonly POOL: Value;
}

/** What ids of names and tasks are in a kernel. */
type Ids = typeof Uint16Array | typeof Uint32Array;

/** All columns but those of the rows' places, which kernels have in their own ways. */
export class RunColumns {
  readonly pool: Uint32Array;
  private readonly ts: Float64Array;
  private readonly tid: Int32Array;
  private readonly tgid: Int32Array;
  private readonly comm: Uint16Array | Uint32Array;
  private readonly name: Uint16Array | Uint32Array;
  private readonly payload: Uint32Array;
  private readonly cpu: Uint16Array;
  private readonly kind: Uint8Array;

  /** The pool ends with the memory where it has no `poolWords`. */
  constructor(kernel: Places, ids: Ids, poolWords?: number) {
    const { buffer } = kernel.memory;
    const rows = kernel.ROWS.value;
    this.ts = new Float64Array(buffer, kernel.TS.value, rows);
    this.tid = new Int32Array(buffer, kernel.TID.value, rows);
    this.tgid = new Int32Array(buffer, kernel.TGID.value, rows);
    this.comm = new ids(buffer, kernel.COMM.value, rows);
    this.name = new ids(buffer, kernel.NAME.value, rows);
    this.payload = new Uint32Array(buffer, kernel.PAYLOAD.value, rows);
    this.cpu = new Uint16Array(buffer, kernel.CPU.value, rows);
    this.kind = new Uint8Array(buffer, kernel.KIND.value, rows);
    this.pool = new Uint32Array(buffer, kernel.POOL.value, poolWords);
  }

  /**
   * The first rows, and so many words of their payloads, become the last ones of a segment that has room for
   * them; their places are put there before.
   */
  appendTo(segment: Segment, rows: number, words: number): void {
    const to = segment.length;
    segment.ts.set(this.ts.subarray(0, rows), to);
    segment.tid.set(this.tid.subarray(0, rows), to);
    segment.putTgids(to, this.tgid.subarray(0, rows));
    segment.comm.set(this.comm.subarray(0, rows), to);
    segment.name.set(this.name.subarray(0, rows), to);
    segment.payload.set(this.payload.subarray(0, rows), to);
    segment.cpu.set(this.cpu.subarray(0, rows), to);
    segment.kind.set(this.kind.subarray(0, rows), to);
    const start = segment.reserve(words);
    segment.pool.set(this.pool.subarray(0, words), start);
    segment.length += rows;
  }
}

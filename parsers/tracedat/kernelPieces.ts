/** Pieces of recordings in the memory of the kernel of records. */
import type { ReadOptions } from '../reader.js';
import { startRecordKernel, type RecordKernel } from './kernelExports.js';
import type { PageSource } from './stream.js';

const WASM_PAGE_BYTES = 1 << 16;
/** Where a piece may begin; as much may be looked at behind one. */
const ALIGNED = 16;
/** Room for all pieces, at most. */
const ROOM_MAX = 64 << 20;

/** Bytes of the kernel's memory that a piece takes. */
export const roomFor = (bytes: number): number => (Math.ceil(bytes / ALIGNED) + 1) * ALIGNED;

/** A kernel with room for a piece of each lane; undefined where there is none, or that is too much. */
export function kernelWithRoom(
  lanes: number,
  largest: number,
  { recordKernel }: ReadOptions,
): RecordKernel | undefined {
  const bytes = lanes * roomFor(largest);
  const code = bytes <= ROOM_MAX ? recordKernel?.() : undefined;
  if (!code) return undefined;
  const kernel = startRecordKernel(code);
  if (lanes > kernel.LANES_MAX.value) return undefined;
  const missing = kernel.PIECES.value + bytes - kernel.memory.buffer.byteLength;
  if (missing > 0) kernel.memory.grow(Math.ceil(missing / WASM_PAGE_BYTES));
  return kernel;
}

export class KernelPieces implements PageSource {
  bytes: Uint8Array = new Uint8Array(0);
  private readonly room: Uint8Array;

  /** `from` bytes behind the first piece's place there is room for `largest`. */
  constructor(
    private readonly pieces: PageSource,
    kernel: RecordKernel,
    from: number,
    largest: number,
  ) {
    this.room = new Uint8Array(kernel.memory.buffer, kernel.PIECES.value + from, largest);
    this.take();
  }

  get at(): number {
    return this.pieces.at;
  }
  get lost(): boolean {
    return this.pieces.lost;
  }
  set lost(lost: boolean) {
    this.pieces.lost = lost;
  }

  next(): boolean {
    const found = this.pieces.next();
    if (found) this.take();
    return found;
  }

  private take(): void {
    const { bytes } = this.pieces;
    this.room.set(bytes);
    this.bytes = this.room.subarray(0, bytes.length);
  }
}

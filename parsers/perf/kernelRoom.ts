/** Room for pieces of the stream in the memory of the kernel of samples. */
import type { SampleKernel } from './kernelExports.js';

const WASM_PAGE_BYTES = 1 << 16;
/** A record that lies across two pieces, what a decompressor gives, and what is read of a file at once. */
const PIECE_BYTES = [1 << 12, 1 << 17, 1 << 20] as const;
/** A smaller file is read before a kernel has started; tests set it lower. */
export const KERNEL_LIMIT = { bytesMin: 1 << 20 };
/** As much waits for its turn at most as there may be without rounds (rows.ts). */
const ROOM_MAX = 256 << 20;
/** What compressed records hold, for each byte of the file. */
const TIMES_AS_LARGE = 16;

/** Makes the kernel's memory as large as it ever will be; false where the host does not give as much. */
export function hasRoom({ memory, PIECES }: SampleKernel, fileBytes: number): boolean {
  const bytes = Math.min(ROOM_MAX, Math.max(PIECE_BYTES[2], TIMES_AS_LARGE * fileBytes));
  const missing = PIECES.value + bytes - memory.buffer.byteLength;
  try {
    if (missing > 0) memory.grow(Math.ceil(missing / WASM_PAGE_BYTES));
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
  return true;
}

export class KernelRoom {
  readonly buffer: ArrayBuffer;
  private fresh: number;
  private readonly spare = PIECE_BYTES.map((): number[] => []);

  constructor({ memory, PIECES }: SampleKernel) {
    this.buffer = memory.buffer;
    this.fresh = PIECES.value;
  }

  /** A copy of a piece; undefined where there is no room. */
  copy(bytes: Uint8Array): Uint8Array | undefined {
    const size = PIECE_BYTES.findIndex((piece) => piece >= bytes.length);
    const place = size < 0 ? -1 : this.placeOf(size);
    if (place < 0) return undefined;
    const copy = new Uint8Array(this.buffer, place, bytes.length);
    copy.set(bytes);
    return copy;
  }

  giveBack({ length, byteOffset }: Uint8Array): void {
    this.spare[PIECE_BYTES.findIndex((piece) => piece >= length)]!.push(byteOffset);
  }

  private placeOf(size: number): number {
    const spare = this.spare[size]!.pop();
    if (spare !== undefined) return spare;
    const place = this.fresh;
    if (place + PIECE_BYTES[size]! > this.buffer.byteLength) return -1;
    this.fresh += PIECE_BYTES[size]!;
    return place;
  }
}

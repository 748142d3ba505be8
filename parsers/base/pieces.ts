/**
 * Bytes that lie elsewhere and are read in pieces, as somebody asks for a number in one of them. Numbers are
 * as this machine has them in its memory, each at a multiple of its own width.
 */

/** A power of two, and a multiple of every number's width. */
export const PIECE_BYTES = 4096;

const IS_LITTLE = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

export type NumberForm = 'f64' | 'i32' | 'u32' | 'i16' | 'u16' | 'u8';

export class Pieces {
  private readonly kept = new Map<number, DataView>();

  /** `read` gives a piece by its number, the last one shorter; undefined where it is damaged or not there. */
  constructor(private readonly read: (piece: number) => Uint8Array | undefined) {}

  /** How many were read. */
  get count(): number {
    return this.kept.size;
  }

  /** The number that begins at a byte; undefined where there is none. */
  number(form: NumberForm, at: number): number | undefined {
    const view = this.view(Math.floor(at / PIECE_BYTES));
    const within = at % PIECE_BYTES;
    if (!view || within + WIDTHS[form] > view.byteLength) return undefined;
    switch (form) {
      case 'f64':
        return view.getFloat64(within, IS_LITTLE);
      case 'i32':
        return view.getInt32(within, IS_LITTLE);
      case 'u32':
        return view.getUint32(within, IS_LITTLE);
      case 'i16':
        return view.getInt16(within, IS_LITTLE);
      case 'u16':
        return view.getUint16(within, IS_LITTLE);
      case 'u8':
        return view.getUint8(within);
    }
  }

  /** Bytes from one on; undefined where some are not there. */
  bytes(at: number, length: number): Uint8Array | undefined {
    const out = new Uint8Array(length);
    for (let done = 0; done < length; ) {
      const view = this.view(Math.floor((at + done) / PIECE_BYTES));
      const within = (at + done) % PIECE_BYTES;
      const count = Math.min(length - done, (view?.byteLength ?? 0) - within);
      if (!view || count <= 0) return undefined;
      out.set(new Uint8Array(view.buffer, view.byteOffset + within, count), done);
      done += count;
    }
    return out;
  }

  /** All of it is elsewhere by now. */
  forget(): void {
    this.kept.clear();
  }

  private view(piece: number): DataView | undefined {
    const known = this.kept.get(piece);
    if (known) return known;
    const bytes = this.read(piece);
    const view = bytes && new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (view) this.kept.set(piece, view);
    return view;
  }
}

export const WIDTHS: Readonly<Record<NumberForm, number>> = {
  ...{ f64: 8, i32: 4, u32: 4 },
  ...{ i16: 2, u16: 2, u8: 1 },
};

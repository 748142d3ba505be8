/** Where all of a content can be put, to be read at any place without being made again. */
export interface Spool {
  /** Puts bytes behind those that are there; false where there is no room for them. */
  add(bytes: Uint8Array): boolean;
  /** Bytes of it, fewer at its end; valid until the next are read. Undefined where they cannot be read. */
  read(offset: number, length: number): Uint8Array | undefined;
  close(): void;
}

/** Opens one, for so many bytes where that is known; undefined where there can be none. */
export type OpenSpool = (bytes?: number) => Spool | undefined;

/** Pieces that are put into a spool one after another, and may be read before all of them are there. */
export class Spooling {
  /** So many bytes are there. */
  bytes = 0;
  private isOver = false;

  constructor(
    private readonly spool: Spool,
    private readonly pieces: Iterator<Uint8Array>,
    /** So many bytes are wanted, as many as there were; Infinity where that is not known. */
    private readonly most = Infinity,
  ) {}

  /** True where all of it is there. */
  get isWhole(): boolean {
    return this.isOver;
  }

  /**
   * Puts one more piece there; false where that was the last, undefined where there is no room for it, or
   * less than was wanted.
   */
  more(): boolean | undefined {
    if (this.isOver) return false;
    const bytes = pieceOf(this.pieces)?.subarray(0, this.most - this.bytes);
    // There was more of it when it was read: the file has changed, or cannot be read any more.
    if (!bytes && this.bytes < this.most && this.most < Infinity) return undefined;
    if (bytes && !this.spool.add(bytes)) return undefined;
    this.bytes += bytes?.length ?? 0;
    this.isOver = bytes === undefined || this.bytes >= this.most;
    if (this.isOver) this.pieces.return?.();
    return !this.isOver;
  }

  /** Puts all of it there, in steps; false, and closed, where there is no room or it is wanted no more. */
  *rest(isWanted: () => boolean): Generator<undefined, boolean> {
    let more: boolean | undefined = true;
    while (more === true && isWanted()) {
      more = this.more();
      if (more === true) yield;
    }
    if (more === false && isWanted()) return true;
    this.close();
    return false;
  }

  /** As the spool does; what is not there yet is put there first, undefined where it has no room for that. */
  read(offset: number, length: number): Uint8Array | undefined {
    for (let more: boolean | undefined = true; more !== false && this.bytes < offset + length; ) {
      more = this.more();
      if (more === undefined) return undefined;
    }
    return this.spool.read(offset, length);
  }

  close(): void {
    this.isOver = true;
    this.pieces.return?.();
    this.spool.close();
  }
}

/** The next piece; undefined at the end, as where it is damaged, which was said when it was read. */
function pieceOf(pieces: Iterator<Uint8Array>): Uint8Array | undefined {
  try {
    const { done, value } = pieces.next();
    return done === true ? undefined : value;
  } catch {
    return undefined;
  }
}

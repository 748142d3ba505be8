/** Bits of pieces of bytes, the highest of a byte first. */

const EMPTY = new Uint8Array(0);

export class BitReader {
  private readonly pieces: Iterator<Uint8Array>;
  private piece: Uint8Array = EMPTY;
  private at = 0;
  private held = 0;
  private heldBits = 0;

  constructor(pieces: Iterable<Uint8Array>) {
    this.pieces = pieces[Symbol.iterator]();
  }

  /** The next `count` bits, at most 24. Throws at the end of the input. */
  read(count: number): number {
    while (this.heldBits < count) {
      if (this.at === this.piece.length && !this.pull())
        throw new Error('the compressed file ends too early');
      this.held = (this.held << 8) | this.piece[this.at++]!;
      this.heldBits += 8;
    }
    this.heldBits -= count;
    return (this.held >>> this.heldBits) & ((1 << count) - 1);
  }

  /** Drops the bits up to the next whole byte. */
  align(): void {
    this.heldBits -= this.heldBits & 7;
  }

  /** True when no bit is left. */
  atEnd(): boolean {
    return this.heldBits === 0 && this.at === this.piece.length && !this.pull();
  }

  private pull(): boolean {
    for (;;) {
      const next = this.pieces.next();
      if (next.done) return false;
      if (next.value.length === 0) continue;
      this.piece = next.value;
      this.at = 0;
      return true;
    }
  }
}

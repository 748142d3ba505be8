/**
 * What holds of line after line of a text, as a number: an odd line is none of them, unless more like it
 * follow.
 */

/** Lines that agree before one that does not is odd. */
const ENOUGH = 4;
/** Odd lines one after another that are believed: the text is another from there on. */
const BELIEVED = 3;

export class TextHabit {
  /** What holds of the lines so far. */
  value = NaN;
  private agreed = 0;
  private oddOnes = 0;

  /** True once enough lines agree, and the last one did. */
  get isSure(): boolean {
    return this.agreed >= ENOUGH && this.oddOnes === 0;
  }

  /** What follows may be another text. */
  forget(): void {
    this.agreed = 0;
  }

  /** True when the next line, of which `value` holds, is odd. */
  isOdd(value: number): boolean {
    if (value === this.value) {
      if (this.agreed < ENOUGH) this.agreed++;
      this.oddOnes = 0;
      return false;
    }
    this.oddOnes++;
    if (this.agreed >= ENOUGH && this.oddOnes < BELIEVED) return true;
    this.value = value;
    this.agreed = 1;
    this.oddOnes = 0;
    return false;
  }
}

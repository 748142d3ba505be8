/** What a print format puts, as the host lays it down: a count of steps, and what each is. */

export const enum Value {
  None,
  Hex,
  Decimal,
  /** A text that is kept, by what it is made of. */
  Kept,
}

/** A program; its steps follow it. */
@unmanaged
export class Program {
  /** Bytes that a line of it takes at most, without its head. */
  most: u32;
  steps: u32;
}

export const PROGRAM_BYTES: usize = 8;

/** A literal text and the value behind it: words of 32 bits, as WriterStep has them (../../tep/writer.ts). */
@unmanaged
export class Step {
  text: usize;
  textLength: u32;
  value: u32;
  offset: u32;
  size: u32;
  isSigned: u32;
  leftShift: u32;
  cut: i32;
  isSignedText: u32;
  width: i32;
  hasZeros: u32;
  prefix: i32;
  /** Of a text that is kept: the table, and two words of the record, each with where its field ends. */
  kept: usize;
  lowOffset: u32;
  lowSize: u32;
  lowLimit: u32;
  lowMask: u32;
  highOffset: u32;
  highSize: u32;
  highLimit: u32;
  highMask: u32;
}

export const STEP_BYTES: usize = 88;

/** An entry of a table of kept texts: two words, where the text is, and its length; 0 where there is none. */
@unmanaged
export class Kept {
  low: u32;
  high: u32;
  text: usize;
  length: u32;
}

export const KEPT_BYTES: usize = 16;
export const KEPT_COUNT: u32 = 256;

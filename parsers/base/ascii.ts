/**
 * Names for the bytes of printed text. An enum of constants, because the bundler puts its values in place:
 * names of other files that it keeps cost the reader of ftrace text 5 %.
 */
export const enum Ascii {
  Tab = 0x09,
  Newline = 0x0a,
  CarriageReturn = 0x0d,
  Blank = 0x20,
  DoubleQuote = 0x22,
  Hash = 0x23,
  Dollar = 0x24,
  Quote = 0x27,
  OpenParen = 0x28,
  CloseParen = 0x29,
  Star = 0x2a,
  Plus = 0x2b,
  Comma = 0x2c,
  Dash = 0x2d,
  Dot = 0x2e,
  Slash = 0x2f,
  Digit0 = 0x30,
  Digit8 = 0x38,
  Digit9 = 0x39,
  Colon = 0x3a,
  Less = 0x3c,
  Equals = 0x3d,
  Greater = 0x3e,
  At = 0x40,
  UpperA = 0x41,
  UpperC = 0x43,
  UpperP = 0x50,
  UpperT = 0x54,
  UpperZ = 0x5a,
  OpenBracket = 0x5b,
  Backslash = 0x5c,
  CloseBracket = 0x5d,
  Underscore = 0x5f,
  LowerA = 0x61,
  LowerF = 0x66,
  LowerS = 0x73,
  LowerU = 0x75,
  LowerX = 0x78,
  LowerZ = 0x7a,
  OpenBrace = 0x7b,
  Bar = 0x7c,
  CloseBrace = 0x7d,
  /** The last; what is above is part of a character of UTF-8, or none. */
  Max = 0x7f,
}

/** A letter's byte with this bit set is its lower case. */
export const enum Letter {
  LowerBit = 0x20,
}

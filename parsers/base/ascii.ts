/** Bytes of text by name. */
export const TAB = 0x09;
export const NEWLINE = 0x0a;
export const BLANK = 0x20;
export const DOUBLE_QUOTE = 0x22;
export const QUOTE = 0x27;
export const OPEN_PAREN = 0x28;
export const CLOSE_PAREN = 0x29;
export const COMMA = 0x2c;
export const MINUS = 0x2d;
export const DOT = 0x2e;
export const DIGIT_0 = 0x30;
export const DIGIT_9 = 0x39;
export const COLON = 0x3a;
export const EQUALS = 0x3d;
export const OPEN_BRACKET = 0x5b;
export const CLOSE_BRACKET = 0x5d;
export const UNDERSCORE = 0x5f;
export const LOWER_A = 0x61;
export const LOWER_F = 0x66;
export const LOWER_X = 0x78;
export const LOWER_Z = 0x7a;
export const OPEN_BRACE = 0x7b;
export const CLOSE_BRACE = 0x7d;

/** `byte | LOWER_BIT` is the lower case of a letter. */
export const LOWER_BIT = 0x20;

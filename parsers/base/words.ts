/** 64-bit values as two words of 32 bits, and the words of the host. */

/** What the high word counts: `high * TWO_32 + low` is exact below 2^53. */
export const TWO_32 = 4294967296;

/** True where typed arrays of words read memory as a little-endian trace has it. */
export const HOST_IS_LITTLE = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

/**
 * Lines of traces printed with options/raw or options/hex: numbers in place of events, which cannot be read
 * back.
 */
import { Ascii } from '../base/ascii.js';
import { isDigit } from '../base/text.js';

export const REFUSED_NONE = '';
export type Refused = typeof REFUSED_NONE | 'raw-format' | 'hex-format';

/** options/raw: `2245 1 331037597708 type: 1528`. */
const RAW = /^\d+ \d+ \d+ (?:type: \d+|# |\S)/;
/** options/hex: `000008c5 00000001 0000004d1360e00c type: 1528`. */
const HEX = /^[0-9a-f]{8} [0-9a-f]{8} [0-9a-f]{16}(?: |$)/;
const decoder = new TextDecoder();

/** Which option printed this line, if one did. */
export function refusedFormat(bytes: Uint8Array, start: number, end: number): Refused {
  const c = bytes[start]!;
  if (!isDigit(c) && (c < Ascii.LowerA || c > Ascii.LowerF)) return REFUSED_NONE;
  const text = decoder.decode(bytes.subarray(start, end));
  if (HEX.test(text)) return 'hex-format';
  return RAW.test(text) && text.includes('type: ') ? 'raw-format' : REFUSED_NONE;
}
